"""Rules on warm-up (TS508, TS509, TS511, TS54x)."""

from collections.abc import Iterator
from typing import Any

from triton_stack.check.backends import completes_itself
from triton_stack.check.registry import Problem, rule
from triton_stack.check.tensors import byte_size
from triton_stack.check.view import ModelView
from triton_stack.spec.descriptor import enum_name
from triton_stack.spec.findings import KeyPath, Severity, suggest

WARMUP = "Triton core, backend_model_instance.cc: GenerateWarmupData"
NORMALIZE = "Triton core, infer_request.cc: Normalize"
_ZEROS = "{data_type: FP32, dims: [4], zero_data: true}"


def _example(inputs: str, batch_size: int = 1) -> str:
    return f"model_warmup: [{{name: w, batch_size: {batch_size}, inputs: {inputs}}}]"


FIXED = _example(f"{{INPUT: {_ZEROS}}}")


def runs(model: ModelView) -> Iterator[tuple[KeyPath, Any]]:
    """Yield the warm-ups that Triton makes: those with a batch size, of a model with an active instance."""
    groups = model.config.instance_group
    if groups and all(group.passive for group in groups):
        return
    for index, item in enumerate(model.config.model_warmup):
        if item.batch_size > 0:
            yield ("model_warmup", index), item


@rule(
    "TS508",
    "warm-up that does not fit the model",
    example=_example("{}"),
    fix=FIXED,
    source=NORMALIZE,
)
def warmup(model: ModelView) -> Iterator[Problem]:
    """A warm-up is a request: it gives as many inputs as the model needs."""
    needed = [tensor.name for tensor in model.config.input if not tensor.optional]
    for path, item in runs(model):
        given = {tensor.name for tensor in model.config.input} & item.inputs.keys()
        if len(given) < len(needed):
            missing = ", ".join(name for name in needed if name not in given) or "one of two with the same name"
            yield Problem((*path, "inputs"), f"the warm-up leaves out inputs: {missing}", f"add {missing}")


@rule(
    "TS544",
    "warm-up that leaves out an input and gives an optional one",
    Severity.WARNING,
    example="input:\n"
    "  - {name: INPUT, data_type: FP32, dims: [4]}\n"
    "  - {name: B, data_type: FP32, dims: [4], optional: true}\n" + _example(f"{{B: {_ZEROS}}}"),
    fix=FIXED,
    source=NORMALIZE,
)
def warmup_gives_needed_inputs(model: ModelView) -> Iterator[Problem]:
    """Triton counts the inputs only; the backend then runs without the one that is missing."""
    inputs = model.config.input
    needed = [tensor.name for tensor in inputs if not tensor.optional]
    for path, item in runs(model):
        given = {tensor.name for tensor in inputs} & item.inputs.keys()
        for name in needed:
            if name not in given and len(given) >= len(needed):
                yield Problem((*path, "inputs"), f'the warm-up leaves out input "{name}"', f"add {name}")


@rule(
    "TS540",
    "warm-up tensor without data or exact sizes",
    example=_example("{INPUT: {data_type: FP32, dims: [4]}}"),
    fix=FIXED,
    source=WARMUP,
)
def warmup_data(model: ModelView) -> Iterator[Problem]:
    """Each tensor says where its data comes from, and its sizes are all known."""
    for path, item in runs(model):
        for name, tensor in item.inputs.items():
            key: KeyPath = (*path, "inputs", name)
            if -1 in tensor.dims or (tensor.input_data_file and byte_size(tensor) < 0):
                yield Problem((*key, "dims"), "a warm-up tensor needs exact sizes", "replace -1")
            if tensor.WhichOneof("input_data_type") is None:
                fix = "add zero_data: true, random_data: true or input_data_file"
                yield Problem(key, f'warm-up input "{name}" has no data', fix)


@rule(
    "TS541",
    "warm-up tensor of another type or shape than the input",
    example=_example("{INPUT: {data_type: FP32, dims: [5], zero_data: true}}"),
    fix=FIXED,
    source=NORMALIZE,
)
def warmup_tensors(model: ModelView) -> Iterator[Problem]:
    """The tensor is one item of a batch: it follows the input's data_type and dims."""
    # Of two inputs with one name, the first counts.
    inputs = {tensor.name: tensor for tensor in reversed(model.config.input)}
    for path, item in runs(model):
        for name, tensor in item.inputs.items():
            declared = inputs.get(name)
            if declared is None or not declared.data_type:
                continue
            key: KeyPath = (*path, "inputs", name)
            wanted = enum_name(declared, "data_type")
            if tensor.data_type != declared.data_type:
                message = f'warm-up input "{name}" is {enum_name(tensor, "data_type")}, the input {wanted}'
                yield Problem((*key, "data_type"), message, f"data_type: {wanted.removeprefix('TYPE_')}")
            dims, sizes = list(declared.dims), list(tensor.dims)
            if dims and (
                len(dims) != len(sizes) or any(dim not in (-1, size) for dim, size in zip(dims, sizes, strict=True))
            ):
                message = f'warm-up input "{name}" has dims {sizes}, the input {dims}'
                yield Problem((*key, "dims"), message, "make them fit, without the batch dimension")


@rule(
    "TS542",
    "warm-up data file that is too short",
    example="a warm-up input FP32 [4] whose file in warmup/ has 8 bytes",
    fix="a file of 16 bytes: four bytes for each number",
    source=WARMUP,
)
def warmup_file_size(model: ModelView) -> Iterator[Problem]:
    """The file holds the tensor's bytes, little endian, without a header."""
    files = dict(model.folder.files) if model.folder else {}
    files |= {path: len(content) for path, content in (model.spec.warmup_files if model.spec else {}).items()}
    for path, item in runs(model):
        for name, tensor in item.inputs.items():
            size = files.get(f"warmup/{tensor.input_data_file}") if tensor.input_data_file else None
            needed = byte_size(tensor)
            if size is not None and size < needed:
                message = f'"warmup/{tensor.input_data_file}" has {size} bytes, the tensor needs {needed}'
                yield Problem((*path, "inputs", name, "input_data_file"), message, "write the whole tensor")


@rule(
    "TS509",
    "warm-up that Triton skips",
    Severity.WARNING,
    example=_example(f"{{INPUT: {_ZEROS}}}", 0),
    fix=FIXED,
    source=WARMUP,
)
def warmup_runs(model: ModelView) -> Iterator[Problem]:
    """A warm-up with batch_size 0 is never run, also for a model without batching."""
    for index, item in enumerate(model.config.model_warmup):
        if item.batch_size == 0:
            yield Problem(("model_warmup", index), "a warm-up without batch_size is never run", "write batch_size: 1")


@rule(
    "TS511",
    "warm-up of an input that the model does not have",
    Severity.WARNING,
    example=_example(f"{{INPUT: {_ZEROS}, NO: {_ZEROS}}}"),
    fix=FIXED,
    source=WARMUP,
)
def warmup_inputs(model: ModelView) -> Iterator[Problem]:
    """Triton takes it for a control tensor of the sequence batcher, and says nothing."""
    config = model.config
    names = [tensor.name for tensor in config.input]
    if not names and completes_itself(model):
        return
    controls = {item.name for item in config.sequence_batching.control_input}
    controls |= {state.input_name for state in config.sequence_batching.state}
    for index, item in enumerate(config.model_warmup):
        for name in item.inputs:
            if name not in names and name not in controls:
                fix = suggest(name, names) or f"inputs: {', '.join(names) or 'none'}"
                yield Problem(("model_warmup", index, "inputs", name), f'the model has no input "{name}"', fix)


@rule(
    "TS545",
    "warm-up with a greater batch than the model takes",
    example=_example(f"{{INPUT: {_ZEROS}}}", 9),
    fix=_example(f"{{INPUT: {_ZEROS}}}", 8),
    source="backends: the batch that they execute is above max_batch_size",
)
def warmup_batch(model: ModelView) -> Iterator[Problem]:
    """Triton hands the whole batch to the backend, and that refuses it."""
    limit = model.config.max_batch_size
    for path, item in runs(model):
        if item.batch_size > limit > 0:
            message = f"batch_size is {item.batch_size}, max_batch_size {limit}"
            yield Problem((*path, "batch_size"), message, f"use 1 to {limit}")
