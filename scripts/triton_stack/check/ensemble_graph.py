"""Rules on the tensors between an ensemble's steps, whatever the steps' models are (TS520 to TS522)."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from triton_stack.check.ensembles import CONFIG, FIXED, STEP, example_of, steps
from triton_stack.check.registry import Problem, rule
from triton_stack.check.view import ModelView
from triton_stack.spec.findings import suggest

# A model that may have a second input.
_TWO = STEP.replace("model_name: step,", "model_name: two,")


@dataclass(slots=True)
class _Tensor:
    """A tensor of the graph: what writes it waits for `before`; `after` wait for it."""

    written: bool = False
    ready: bool = False
    before: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)


def _graph(config: Any) -> dict[str, _Tensor]:
    """Follow the data from the ensemble's inputs, as the server does."""
    graph: dict[str, _Tensor] = {}
    for step in config.ensemble_scheduling.step:
        for output in step.output_map.values():
            graph.setdefault(output, _Tensor()).written = True
        for source in step.input_map.values():
            graph.setdefault(source, _Tensor())
            for output in step.output_map.values():
                graph[output].before.append(source)
                graph[source].after.append(output)
    ready = deque(tensor.name for tensor in config.input if tensor.name in graph)
    for name in ready:
        graph[name].ready = True
    while ready:
        for name in graph[ready.popleft()].after:
            if not graph[name].ready and all(graph[source].ready for source in graph[name].before):
                graph[name].ready = True
                ready.append(name)
    return graph


@rule(
    "TS520",
    "ensemble tensor that goes nowhere",
    example=example_of(STEP.replace("INPUT: A", "INPUT: C")),
    fix=FIXED,
    source=CONFIG,
)
def tensors_are_used(model: ModelView) -> Iterator[Problem]:
    """Every input goes into a step, and every tensor of a step into another step or into an output."""
    config = model.config
    if not config.ensemble_scheduling.step:
        return
    graph = _graph(config)
    for index, tensor in enumerate(config.input):
        if tensor.name not in graph:
            fix = suggest(tensor.name, graph) or "map it into a step's input_map, or remove it"
            yield Problem(("input", index, "name"), f'no step takes the ensemble\'s input "{tensor.name}"', fix)
    outputs = {tensor.name for tensor in config.output}
    for path, step in steps(model):
        for name, tensor in step.output_map.items():
            if tensor not in outputs and not graph[tensor].after:
                key = (*path, "output_map", name)
                yield Problem(key, f'nothing takes tensor "{tensor}"', "remove it, or make it an output")


@rule(
    "TS521",
    "ensemble tensor that is never written",
    example=example_of(
        STEP.replace("INPUT: A", "INPUT: A, SECOND: X").replace("model_name: step,", "model_name: two,")
    ),
    fix=FIXED,
    source=CONFIG,
)
def tensors_are_written(model: ModelView) -> Iterator[Problem]:
    """Every tensor comes from the ensemble's inputs, step by step; one of a circle never does."""
    config = model.config
    if not config.ensemble_scheduling.step:
        return
    graph = _graph(config)
    for index, tensor in enumerate(config.output):
        if tensor.name not in graph:
            fix = suggest(tensor.name, graph) or "map it from a step's output_map"
            yield Problem(("output", index, "name"), f'no step writes the ensemble\'s output "{tensor.name}"', fix)
    inputs = {tensor.name for tensor in config.input}
    for path, step in steps(model):
        for name, tensor in step.input_map.items():
            if graph[tensor].ready:
                continue
            key = (*path, "input_map", name)
            if not graph[tensor].written:
                written = sorted(inputs | {item for item, node in graph.items() if node.written})
                fix = suggest(tensor, written) or f"tensors there: {', '.join(written) or 'none'}"
                yield Problem(key, f'nothing writes tensor "{tensor}"', fix)
            else:
                fix = "break the circle, or mend the step before"
                yield Problem(key, f'tensor "{tensor}" waits for itself, or for one that is never written', fix)


@rule(
    "TS522",
    "ensemble tensor that is written twice",
    example=example_of(f"{STEP}, {STEP}"),
    fix=FIXED,
    source="Triton core, model_config_utils.cc: BuildEnsembleGraph",
)
def tensors_are_written_once(model: ModelView) -> Iterator[Problem]:
    """A tensor has one value: two outputs cannot have the same name."""
    seen: set[str] = set()
    for path, step in steps(model):
        for name, tensor in sorted(step.output_map.items()):
            if tensor in seen:
                fix = "give it another name"
                yield Problem((*path, "output_map", name), f'tensor "{tensor}" is written twice', fix)
            seen.add(tensor)
