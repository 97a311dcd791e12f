"""Rules on inputs and outputs (TS2xx)."""

import math
from collections import Counter
from collections.abc import Iterator
from typing import Any

from triton_stack.check.backends import TENSORRT_PLAN, completes_itself, resolve
from triton_stack.check.registry import Problem, rule
from triton_stack.check.view import ModelView
from triton_stack.spec.descriptor import enum_name
from triton_stack.spec.findings import KeyPath

FORMAT_DIMS = 3
# Bytes of one element; a STRING counts as its file says.
SIZES = {"BOOL": 1, "UINT8": 1, "INT8": 1, "UINT16": 2, "INT16": 2, "FP16": 2, "BF16": 2} | {
    "UINT32": 4, "INT32": 4, "FP32": 4, "UINT64": 8, "INT64": 8, "FP64": 8,
}  # fmt: skip


def tensors(model: ModelView) -> Iterator[tuple[KeyPath, Any]]:
    """Yield key path and message of each input and output."""
    for kind in ("input", "output"):
        for index, tensor in enumerate(getattr(model.config, kind)):
            yield (kind, index), tensor


def byte_size(tensor: Any) -> int:
    """Return the bytes of a tensor with exact sizes; 0 for a STRING, whose file says its length."""
    return int(math.prod(tensor.dims)) * SIZES.get(enum_name(tensor, "data_type").removeprefix("TYPE_"), 0)


@rule(
    "TS201",
    "tensor without name, data_type or dims",
    example=("input:\n  - name: INPUT\n    data_type: FP32"),
    fix=("input:\n  - name: INPUT\n    data_type: FP32\n    dims: [3, 224, 224]"),
    source="Triton core, model_config_utils.cc: ValidateIOShape",
)
def tensor_is_complete(model: ModelView) -> Iterator[Problem]:
    """Triton refuses such a tensor, unless its backend completes the config from the model file."""
    for key, tensor in tensors(model):
        if not tensor.name:
            yield Problem((*key, "name"), "the tensor has no name", "add name")
        if completes_itself(model):
            continue
        if not tensor.data_type:
            yield Problem((*key, "data_type"), f'tensor "{tensor.name}" has no data_type', "add data_type, as FP32")
        if not tensor.dims:
            fix = "add dims without the batch dimension, as [3, 224, 224]; -1 for any size"
            yield Problem((*key, "dims"), f'tensor "{tensor.name}" has no dims', fix)


@rule(
    "TS202",
    "size that is neither positive nor -1",
    example=("input:\n  - name: INPUT\n    data_type: FP32\n    dims: [0]"),
    fix=("input:\n  - name: INPUT\n    data_type: FP32\n    dims: [-1]"),
    source="Triton core, model_config_utils.cc: ValidateIOShape",
)
def dims_are_sizes(model: ModelView) -> Iterator[Problem]:
    """Triton refuses other sizes; -1 stands for any."""
    for key, tensor in tensors(model):
        for field, sizes in (("dims", tensor.dims), ("reshape", tensor.reshape.shape)):
            path: KeyPath = (*key, field) if field == "dims" else (*key, "reshape", "shape")
            for index, size in enumerate(sizes):
                if size == 0 or size < -1:
                    message = f'tensor "{tensor.name}" has size {size} in {path[-1]}'
                    yield Problem((*path, index), message, "use 1 or more, or -1 for any size")


@rule(
    "TS203",
    "tensor name given twice",
    example=("output:\n  - {name: OUTPUT, data_type: FP32, dims: [4]}\n  - {name: OUTPUT, data_type: FP32, dims: [1]}"),
    fix=("output:\n  - {name: OUTPUT, data_type: FP32, dims: [4]}\n  - {name: SCORE, data_type: FP32, dims: [1]}"),
    source="Triton core, infer_request.cc: InferenceRequest::Normalize",
)
def tensor_names_differ(model: ModelView) -> Iterator[Problem]:
    """Triton loads such a model, but no request can be served."""
    for kind in ("input", "output"):
        listed = getattr(model.config, kind)
        count = Counter(tensor.name for tensor in listed)
        for index, tensor in enumerate(listed):
            if count[tensor.name] > 1 and tensor.name:
                yield Problem(
                    (kind, index, "name"), f'{kind} "{tensor.name}" is given {count[tensor.name]} times', "rename one"
                )


@rule(
    "TS204",
    "reshape that changes the number of elements",
    example=("input:\n  - name: INPUT\n    data_type: FP32\n    dims: [4]\n    reshape: {shape: [3]}"),
    fix=("input:\n  - name: INPUT\n    data_type: FP32\n    dims: [4]\n    reshape: {shape: [2, 2]}"),
    source="Triton core, model_config_utils.cc: ValidateIOShape",
)
def reshape_keeps_elements(model: ModelView) -> Iterator[Problem]:
    """Triton refuses it; an empty shape stands for one element, and only a model with batching may have it."""
    for key, tensor in tensors(model):
        if not tensor.HasField("reshape"):
            continue
        path: KeyPath = (*key, "reshape")
        dims, shape = list(tensor.dims), list(tensor.reshape.shape)
        if not shape and model.config.max_batch_size <= 0:
            yield Problem(
                path, f'tensor "{tensor.name}": an empty reshape needs max_batch_size of 1 or more', "give the shape"
            )
        elif dims and _elements(dims) != _elements(shape):
            counts = f"dims {dims} have {_say(_elements(dims))} elements, reshape {shape} has {_say(_elements(shape))}"
            message = f'tensor "{tensor.name}": {counts}'
            yield Problem(path, message, "make the two equal")


def _elements(sizes: list[int]) -> list[int]:
    """Count the elements of each part between two sizes of -1: Triton compares those."""
    counts = [1]
    for size in sizes:
        counts = [*counts, 1] if size == -1 else [*counts[:-1], counts[-1] * size]
    return counts


def _say(counts: list[int]) -> str:
    return " x any x ".join(str(count) for count in counts)


@rule(
    "TS205",
    "image format on a tensor that is no image",
    example=("input:\n  - name: INPUT\n    data_type: FP32\n    format: NHWC\n    dims: [224, 224]"),
    fix=("input:\n  - name: INPUT\n    data_type: FP32\n    format: NHWC\n    dims: [224, 224, 3]"),
    source="Triton core, model_config_utils.cc: ValidateModelInput",
)
def format_has_three_dims(model: ModelView) -> Iterator[Problem]:
    """Triton wants three dims for NHWC and NCHW, the batch dimension not counted."""
    for key, tensor in tensors(model):
        if key[0] == "input" and tensor.format and len(tensor.dims) != FORMAT_DIMS:
            message = f'input "{tensor.name}" has a format and {len(tensor.dims)} dims'
            yield Problem((*key, "format"), message, "give three dims, or remove format")


@rule(
    "TS206",
    "tensor of a kind that only TensorRT has",
    example="input: [{name: INPUT, data_type: FP32, dims: [4], is_shape_tensor: true}]",
    fix="input: [{name: INPUT, data_type: FP32, dims: [4]}]",
    source="Triton core, model_config_utils.cc: ValidateModelInput, ValidateNonLinearFormatIO",
)
def only_in_tensorrt(model: ModelView) -> Iterator[Problem]:
    """Shape tensors, and formats that are not linear, which have three dims, exist in TensorRT plans alone."""
    resolved = resolve(model)
    if resolved is None:
        return
    is_plan = resolved.platform == TENSORRT_PLAN
    for key, tensor in tensors(model):
        for field in ("is_shape_tensor", "is_non_linear_format_io"):
            if getattr(tensor, field) and not is_plan:
                message = f'tensor "{tensor.name}" has {field}, and the model is no TensorRT plan'
                yield Problem((*key, field), message, f"remove {field}")
        if tensor.is_non_linear_format_io and is_plan and len(tensor.dims) != FORMAT_DIMS:
            message = f'tensor "{tensor.name}" is not linear and has {len(tensor.dims)} dims'
            yield Problem((*key, "dims"), message, "give three dims, or remove is_non_linear_format_io")
