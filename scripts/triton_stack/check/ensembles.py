"""Rules on ensembles: the graph by itself, and each step against the model that it runs (TS505 to TS507, TS52x)."""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from triton_stack.check.backends import ENSEMBLE, completes_itself
from triton_stack.check.layout import served_versions
from triton_stack.check.registry import Problem, rule
from triton_stack.check.view import ModelView
from triton_stack.spec.descriptor import enum_name
from triton_stack.spec.findings import KeyPath, suggest

CONFIG = "Triton core, model_config_utils.cc: ValidateEnsembleSchedulingConfig"
STEPS = "Triton core, ensemble_utils.cc: ValidateEnsembleConfig"
MAPPING = "Triton core, ensemble_utils.cc: ValidateTensorMapping"
STEP_PATH: KeyPath = ("ensemble_scheduling", "step")
# A step of the examples: `step` is a model of one input INPUT and one output OUTPUT, both FP32 [4].
_STEP = "{model_name: step, model_version: -1, input_map: {INPUT: A}, output_map: {OUTPUT: B}}"


def _example(steps: str) -> str:
    return (
        "platform: ensemble\n"
        "input: [{name: A, data_type: FP32, dims: [4]}]\n"
        "output: [{name: B, data_type: FP32, dims: [4]}]\n"
        f"ensemble_scheduling: {{step: [{steps}]}}"
    )


FIXED = _example(_STEP)


def _steps(model: ModelView) -> Iterator[tuple[KeyPath, Any]]:
    for index, step in enumerate(model.config.ensemble_scheduling.step):
        yield (*STEP_PATH, index), step


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
    "TS505",
    "ensemble with keys that only other models have",
    example=f"backend: python\n{_example(_STEP)}",
    fix=FIXED,
    source=CONFIG,
)
def ensemble_keys(model: ModelView) -> Iterator[Problem]:
    """An ensemble runs nothing itself: Triton wants its platform, and no backend, instances, warm-up, optimization."""
    config = model.config
    if config.platform == ENSEMBLE and not config.HasField("ensemble_scheduling"):
        yield Problem(("ensemble_scheduling",), "an ensemble needs ensemble_scheduling", "add its steps")
    if not config.HasField("ensemble_scheduling"):
        return
    if config.platform != ENSEMBLE:
        yield Problem(("platform",), 'a model with ensemble_scheduling needs platform "ensemble"', "platform: ensemble")
    if config.backend:
        yield Problem(("backend",), "an ensemble has no backend", "remove backend")
    for key in ("instance_group", "model_warmup"):
        if getattr(config, key):
            yield Problem((key,), f"an ensemble has no {key}", f"remove {key}")
    if config.HasField("optimization"):
        yield Problem(("optimization",), "an ensemble has no optimization", "remove optimization")


@rule(
    "TS506",
    "ensemble step without model_version",
    example=_example(_STEP.replace("model_version: -1, ", "")),
    fix=FIXED,
    source="Triton core, model_repository_manager.cc: CheckNode",
)
def step_version(model: ModelView) -> Iterator[Problem]:
    """Left out, it means version 0, not the latest."""
    for path, step in _steps(model):
        other = (model.models or {}).get(step.model_name)
        served = served_versions(other) if other is not None else None
        if step.model_version == 0 and 0 not in (served or ()):
            message = f'step "{step.model_name}" asks for version 0'
            yield Problem((*path, "model_version"), message, "write model_version: -1 for the latest")


@rule(
    "TS507",
    "ensemble step that is incomplete or not there",
    example=_example(_STEP.replace("model_name: step", "model_name: stepp")),
    fix=FIXED,
    source="Triton core, model_config_utils.cc: BuildEnsembleGraph",
)
def step_is_complete(model: ModelView) -> Iterator[Problem]:
    """Each step names a model that is served too, and maps its tensors."""
    if model.config.HasField("ensemble_scheduling") and not model.config.ensemble_scheduling.step:
        yield Problem(STEP_PATH, "the ensemble has no step", "add its steps")
    for path, step in _steps(model):
        for key in ("model_name", "input_map", "output_map"):
            if not getattr(step, key):
                yield Problem((*path, key), f"the step has no {key}", f"add {key}")
        if step.model_name and model.models is not None and step.model_name not in model.models:
            known = sorted(model.models.keys() - {model.config.name})
            fix = suggest(step.model_name, known) or "add that model"
            yield Problem((*path, "model_name"), f'there is no model "{step.model_name}"', fix)


@rule(
    "TS520",
    "ensemble tensor that goes nowhere",
    example=_example(_STEP.replace("INPUT: A", "INPUT: C")),
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
    for path, step in _steps(model):
        for name, tensor in step.output_map.items():
            if tensor not in outputs and not graph[tensor].after:
                key = (*path, "output_map", name)
                yield Problem(key, f'nothing takes tensor "{tensor}"', "remove it, or make it an output")


@rule(
    "TS521",
    "ensemble tensor that is never written",
    example=_example(_STEP.replace("INPUT: A", "INPUT: A, SECOND: X").replace("model_name: step,", "model_name: two,")),
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
    for path, step in _steps(model):
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
    example=_example(f"{_STEP}, {_STEP}"),
    fix=FIXED,
    source="Triton core, model_config_utils.cc: BuildEnsembleGraph",
)
def tensors_are_written_once(model: ModelView) -> Iterator[Problem]:
    """A tensor has one value: two outputs cannot have the same name."""
    seen: set[str] = set()
    for path, step in _steps(model):
        for name, tensor in sorted(step.output_map.items()):
            if tensor in seen:
                fix = "give it another name"
                yield Problem((*path, "output_map", name), f'tensor "{tensor}" is written twice', fix)
            seen.add(tensor)


def _known_steps(model: ModelView) -> Iterator[tuple[KeyPath, Any, ModelView]]:
    for path, step in _steps(model):
        other = (model.models or {}).get(step.model_name)
        if other is not None and other.config is not None and other is not model:
            yield path, step, other


@rule(
    "TS523",
    "ensemble step that maps other tensors than its model has",
    example=_example(_STEP.replace("INPUT: A", "INPUTS: A")),
    fix=FIXED,
    source=MAPPING,
)
def step_tensors(model: ModelView) -> Iterator[Problem]:
    """The maps' keys are tensors of the step's model, and each input of it that is not optional is mapped."""
    for path, step, other in _known_steps(model):
        for kind, mapped in (("input", step.input_map), ("output", step.output_map)):
            listed = getattr(other.config, kind)
            if not listed and completes_itself(other):
                continue
            names = [tensor.name for tensor in listed]
            for name in mapped:
                if name not in names:
                    fix = suggest(name, names) or f"it has: {', '.join(names) or 'none'}"
                    message = f'model "{step.model_name}" has no {kind} "{name}"'
                    yield Problem((*path, f"{kind}_map", name), message, fix)
        for tensor in other.config.input:
            if tensor.name not in step.input_map and not tensor.optional:
                message = f'input "{tensor.name}" of model "{step.model_name}" is not mapped'
                yield Problem((*path, "input_map"), message, f"add {tensor.name}")


@dataclass(frozen=True, slots=True)
class _Shape:
    """Type and sizes of a tensor, and who says so."""

    owner: str
    data_type: str
    dims: tuple[int, ...]
    batched: bool

    def fits(self, other: "_Shape") -> bool:
        """Sizes fit with or without the batch dimension, as a batched step may follow one that is not."""
        return _same(self.dims, other.dims) or _same(self.whole, other.whole)

    @property
    def whole(self) -> tuple[int, ...]:
        return (-1, *self.dims) if self.batched else self.dims


def _same(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return len(one) == len(other) and all(-1 in (a, b) or a == b for a, b in zip(one, other, strict=True))


def _shape(owner: str, tensor: Any, batched: bool, reshaped: bool) -> _Shape:
    dims = tensor.reshape.shape if reshaped and tensor.HasField("reshape") else tensor.dims
    return _Shape(owner, enum_name(tensor, "data_type"), tuple(dims), batched)


@rule(
    "TS524",
    "ensemble tensors that do not fit together",
    example=_example(_STEP).replace("A, data_type: FP32", "A, data_type: INT64"),
    fix=FIXED,
    source=MAPPING,
)
def shapes_fit(model: ModelView) -> Iterator[Problem]:
    """One tensor has one type, and sizes that fit, at both of its ends; -1 fits any size."""
    config = model.config
    batched = config.max_batch_size > 0
    known: dict[str, _Shape] = {}
    for tensor in (*config.input, *config.output):
        known.setdefault(tensor.name, _shape("the ensemble", tensor, batched, True))
    for path, step, other in _known_steps(model):
        for kind, mapped in (("input", step.input_map), ("output", step.output_map)):
            declared = {tensor.name: tensor for tensor in getattr(other.config, kind)}
            for name, ensemble_tensor in mapped.items():
                if name not in declared or not (declared[name].data_type and len(declared[name].dims)):
                    continue
                owner = f'model "{step.model_name}"'
                found = _shape(owner, declared[name], other.config.max_batch_size > 0, False)
                wanted = known.setdefault(ensemble_tensor, found)
                yield from _misfit((*path, f"{kind}_map", name), ensemble_tensor, wanted, found)


def _misfit(key: KeyPath, name: str, wanted: _Shape, found: _Shape) -> Iterator[Problem]:
    if not wanted.data_type or wanted.data_type == "TYPE_INVALID":
        return
    if wanted.data_type != found.data_type:
        message = f'tensor "{name}" is {found.data_type} in {found.owner}, and {wanted.data_type} in {wanted.owner}'
        yield Problem(key, message, "make the types equal")
    elif wanted.dims and not wanted.fits(found):
        sizes = f"{list(found.whole)} in {found.owner}, and {list(wanted.whole)} in {wanted.owner}"
        yield Problem(key, f'tensor "{name}" has sizes {sizes}, the batch included', "make them fit; -1 fits any size")


@rule(
    "TS525",
    "ensemble with a greater batch than a step takes",
    example=f"max_batch_size: 9\n{_example(_STEP)}",
    fix=f"max_batch_size: 8\n{FIXED}",
    source=STEPS,
)
def step_batch(model: ModelView) -> Iterator[Problem]:
    """A batch goes through all steps at once; a step without batching takes it as a dimension of its own."""
    size = model.config.max_batch_size
    for path, step, other in _known_steps(model):
        limit = other.config.max_batch_size
        if 0 < limit < size and not (limit == 0 and completes_itself(other)):
            message = f'max_batch_size is {size}, but model "{step.model_name}" takes {limit}'
            yield Problem((*path, "model_name"), message, f"max_batch_size: {limit}, or raise that of the step")


@rule(
    "TS526",
    "ensembles that run each other in a circle",
    example=_example(_STEP.replace("model_name: step,", "model_name: m,")),
    fix=FIXED,
    source="Triton core, model_repository_manager.cc: CircularDependencyCheck",
)
def no_circle(model: ModelView) -> Iterator[Problem]:
    """An ensemble may be a step of another one, but not of itself; a circle further down ends the server."""
    name = str(model.config.name or model.expected_name)
    for path, step in _steps(model):
        circle = _circle((name, step.model_name), model.models or {})
        if circle:
            message = f"these ensembles run each other: {' > '.join(circle)}"
            yield Problem((*path, "model_name"), message, "break the circle")


def _circle(way: tuple[str, ...], models: Mapping[str, ModelView]) -> tuple[str, ...]:
    """Follow the steps of the last model; return the way to one that is on it already, empty when there is none."""
    if way[-1] in way[:-1]:
        return way
    other = models.get(way[-1])
    steps = other.config.ensemble_scheduling.step if other is not None and other.config is not None else ()
    for name in dict.fromkeys(step.model_name for step in steps):
        if circle := _circle((*way, name), models):
            return circle
    return ()


@rule(
    "TS527",
    "ensemble step of a version that its model does not serve",
    example=_example(_STEP.replace("-1", "7")),
    fix=FIXED,
    source="Triton core, model_repository_manager.cc: CheckNode",
)
def step_version_is_served(model: ModelView) -> Iterator[Problem]:
    """The step's model must have that version, and serve it by its version policy."""
    for path, step, other in _known_steps(model):
        served_there = served_versions(other)
        # 0 is what is meant when the key is left out, and has a rule of its own.
        if step.model_version in (-1, 0) or (step.model_version > 0 and served_there is None):
            continue
        if step.model_version not in (served_there or ()):
            served = ", ".join(str(version) for version in served_there or ()) or "none"
            message = f'model "{step.model_name}" does not serve version {step.model_version}'
            yield Problem((*path, "model_version"), message, f"served: {served}; -1 for the latest")


@rule(
    "TS528",
    "ensemble step that takes answers of two decoupled models",
    example="an ensemble with two decoupled models whose answers both go into one step",
    fix="lead each decoupled model's answers through steps of their own",
    source=STEPS,
)
def decoupled_flows(model: ModelView) -> Iterator[Problem]:
    """Each decoupled model gives any number of answers, so Triton cannot tell which belong together."""
    origin: dict[str, int] = {tensor.name: 0 for tensor in model.config.input}
    waiting = list(_known_steps(model))
    label = 0
    while waiting:
        runnable = [item for item in waiting if all(name in origin for name in item[1].input_map.values())]
        if not runnable:
            return
        for item in runnable:
            waiting.remove(item)
            path, step, other = item
            sources = {origin[name] for name in step.input_map.values()}
            if len(sources) > 1:
                message = f'step "{step.model_name}" takes inputs that come from different decoupled models'
                yield Problem((*path, "input_map"), message, "take them from one")
            label += 1 if other.config.model_transaction_policy.decoupled else 0
            result = label if other.config.model_transaction_policy.decoupled else max(sources, default=0)
            origin |= dict.fromkeys(step.output_map.values(), result)
