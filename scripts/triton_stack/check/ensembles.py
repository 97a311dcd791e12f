"""Rules on ensembles: their keys, and the models that their steps name (TS505 to TS507, TS526, TS527)."""

from collections.abc import Iterator, Mapping
from typing import Any

from triton_stack.check.backends import ENSEMBLE
from triton_stack.check.registry import Problem, rule
from triton_stack.check.version_policy import served_versions
from triton_stack.check.view import ModelView
from triton_stack.spec.findings import KeyPath, suggest

CONFIG = "Triton core, model_config_utils.cc: ValidateEnsembleSchedulingConfig"
STEP_PATH: KeyPath = ("ensemble_scheduling", "step")
# A step of the examples: `step` is a model of one input INPUT and one output OUTPUT, both FP32 [4].
STEP = "{model_name: step, model_version: -1, input_map: {INPUT: A}, output_map: {OUTPUT: B}}"


def example_of(steps: str) -> str:
    """Return an ensemble from A to B with the given steps, as a piece of a spec."""
    return (
        "platform: ensemble\n"
        "input: [{name: A, data_type: FP32, dims: [4]}]\n"
        "output: [{name: B, data_type: FP32, dims: [4]}]\n"
        f"ensemble_scheduling: {{step: [{steps}]}}"
    )


FIXED = example_of(STEP)


def steps(model: ModelView) -> Iterator[tuple[KeyPath, Any]]:
    """Yield key path and message of each step."""
    for index, step in enumerate(model.config.ensemble_scheduling.step):
        yield (*STEP_PATH, index), step


@rule(
    "TS505",
    "ensemble with keys that only other models have",
    example=f"backend: python\n{example_of(STEP)}",
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
    example=example_of(STEP.replace("model_version: -1, ", "")),
    fix=FIXED,
    source="Triton core, model_repository_manager.cc: CheckNode",
)
def step_version(model: ModelView) -> Iterator[Problem]:
    """Left out, it means version 0, not the latest."""
    for path, step in steps(model):
        other = (model.models or {}).get(step.model_name)
        served = served_versions(other) if other is not None else None
        if step.model_version == 0 and 0 not in (served or ()):
            message = f'step "{step.model_name}" asks for version 0'
            yield Problem((*path, "model_version"), message, "write model_version: -1 for the latest")


@rule(
    "TS507",
    "ensemble step that is incomplete or not there",
    example=example_of(STEP.replace("model_name: step", "model_name: stepp")),
    fix=FIXED,
    source="Triton core, model_config_utils.cc: BuildEnsembleGraph",
)
def step_is_complete(model: ModelView) -> Iterator[Problem]:
    """Each step names a model that is served too, and maps its tensors."""
    if model.config.HasField("ensemble_scheduling") and not model.config.ensemble_scheduling.step:
        yield Problem(STEP_PATH, "the ensemble has no step", "add its steps")
    for path, step in steps(model):
        for key in ("model_name", "input_map", "output_map"):
            if not getattr(step, key):
                yield Problem((*path, key), f"the step has no {key}", f"add {key}")
        if step.model_name and model.models is not None and step.model_name not in model.models:
            known = sorted(model.models.keys() - {model.config.name})
            fix = suggest(step.model_name, known) or "add that model"
            yield Problem((*path, "model_name"), f'there is no model "{step.model_name}"', fix)


def known_steps(model: ModelView) -> Iterator[tuple[KeyPath, Any, ModelView]]:
    """Yield each step whose model is at hand, with that model."""
    for path, step in steps(model):
        other = (model.models or {}).get(step.model_name)
        if other is not None and other.config is not None and other is not model:
            yield path, step, other


@rule(
    "TS526",
    "ensembles that run each other in a circle",
    example=example_of(STEP.replace("model_name: step,", "model_name: m,")),
    fix=FIXED,
    source="Triton core, model_repository_manager.cc: CircularDependencyCheck",
)
def no_circle(model: ModelView) -> Iterator[Problem]:
    """An ensemble may be a step of another one, but not of itself; a circle further down ends the server."""
    name = str(model.config.name or model.expected_name)
    for path, step in steps(model):
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
    example=example_of(STEP.replace("-1", "7")),
    fix=FIXED,
    source="Triton core, model_repository_manager.cc: CheckNode",
)
def step_version_is_served(model: ModelView) -> Iterator[Problem]:
    """The step's model must have that version, and serve it by its version policy."""
    for path, step, other in known_steps(model):
        served_there = served_versions(other)
        # 0 is what is meant when the key is left out, and has a rule of its own.
        if step.model_version in (-1, 0) or (step.model_version > 0 and served_there is None):
            continue
        if step.model_version not in (served_there or ()):
            served = ", ".join(str(version) for version in served_there or ()) or "none"
            message = f'model "{step.model_name}" does not serve version {step.model_version}'
            yield Problem((*path, "model_version"), message, f"served: {served}; -1 for the latest")
