"""Rules on the tensors of an ensemble against those of its steps' models (TS523 to TS525, TS528)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from triton_stack.check.backends import completes_itself
from triton_stack.check.ensembles import FIXED, STEP, example_of, known_steps
from triton_stack.check.registry import Problem, rule
from triton_stack.check.view import ModelView
from triton_stack.spec.descriptor import enum_name
from triton_stack.spec.findings import KeyPath, suggest

STEPS = "Triton core, ensemble_utils.cc: ValidateEnsembleConfig"
MAPPING = "Triton core, ensemble_utils.cc: ValidateTensorMapping"


@rule(
    "TS523",
    "ensemble step that maps other tensors than its model has",
    example=example_of(STEP.replace("INPUT: A", "INPUTS: A")),
    fix=FIXED,
    source=MAPPING,
)
def step_tensors(model: ModelView) -> Iterator[Problem]:
    """The maps' keys are tensors of the step's model, and each input of it that is not optional is mapped."""
    for path, step, other in known_steps(model):
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
    example=example_of(STEP).replace("A, data_type: FP32", "A, data_type: INT64"),
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
    for path, step, other in known_steps(model):
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
    example=f"max_batch_size: 9\n{example_of(STEP)}",
    fix=f"max_batch_size: 8\n{FIXED}",
    source=STEPS,
)
def step_batch(model: ModelView) -> Iterator[Problem]:
    """A batch goes through all steps at once; a step without batching takes it as a dimension of its own."""
    size = model.config.max_batch_size
    for path, step, other in known_steps(model):
        limit = other.config.max_batch_size
        if 0 < limit < size and not (limit == 0 and completes_itself(other)):
            message = f'max_batch_size is {size}, but model "{step.model_name}" takes {limit}'
            yield Problem((*path, "model_name"), message, f"max_batch_size: {limit}, or raise that of the step")


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
    waiting = list(known_steps(model))
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
