"""Rules that hold a config against the tensors of its ONNX file (TS413 to TS417), as Triton's backend for it does."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from triton_stack.check.backends import completes_itself, resolve
from triton_stack.check.registry import Problem, rule
from triton_stack.check.version_policy import versions
from triton_stack.check.view import ModelView, OnnxModel, OnnxTensor
from triton_stack.spec.findings import KeyPath, Severity, suggest

_ORT = "onnxruntime backend, onnxruntime.cc: "


class _Pair(NamedTuple):
    """A tensor of the config, and the tensor of that name in the file."""

    key: KeyPath
    declared: Any
    tensor: OnnxTensor
    path: str


def _files(model: ModelView) -> Iterator[tuple[str, OnnxModel]]:
    """Yield path and content of the ONNX file of each version that is served."""
    config = model.config
    if model.folder is None or not model.folder.onnx or config.cc_model_filenames:
        return
    resolved = resolve(model)
    if resolved is None or resolved.backend != "onnxruntime":
        return
    name = config.default_model_filename or "model.onnx"
    for version in _served(config, versions(model.folder)):
        for path in (f"{version}/{name}", f"{version}/{name}/model.onnx"):
            if path in model.folder.onnx:
                yield path, model.folder.onnx[path]


def _served(config: Any, there: list[str]) -> list[str]:
    policy = config.version_policy
    if policy.HasField("specific"):
        return [version for version in there if int(version) in policy.specific.versions]
    if policy.HasField("all") or (config.HasField("version_policy") and not policy.HasField("latest")):
        return there
    count = policy.latest.num_versions if policy.HasField("latest") else 1
    return there[len(there) - count :] if count else []


def _pairs(model: ModelView) -> Iterator[_Pair]:
    for path, file in _files(model):
        for kind, tensors in (("input", file.inputs), ("output", file.outputs)):
            known = {tensor.name: tensor for tensor in tensors}
            for index, declared in enumerate(getattr(model.config, kind)):
                if declared.name in known:
                    yield _Pair((kind, index), declared, known[declared.name], path)


@rule(
    "TS413",
    "tensor that the ONNX file does not have",
    example="input: [{name: image, data_type: FP32, dims: [3]}], where the file's input is called pixel_values",
    fix="input: [{name: pixel_values, data_type: FP32, dims: [3]}]",
    source=_ORT + "ModelInstanceState::ValidateInputs and ValidateOutputs",
)
def onnx_names(model: ModelView) -> Iterator[Problem]:
    """The backend looks up each input and output of the config in the file, and refuses a missing one."""
    for path, file in _files(model):
        if file.problem:
            continue
        for kind, tensors in (("input", file.inputs), ("output", file.outputs)):
            names = [tensor.name for tensor in tensors]
            for index, declared in enumerate(getattr(model.config, kind)):
                if declared.name and declared.name not in names:
                    fix = suggest(declared.name, names) or f"{kind}s of the file: {', '.join(names) or 'none'}"
                    yield Problem((kind, index, "name"), f'{path} has no {kind} "{declared.name}"', fix)


@rule(
    "TS414",
    "type or dims other than the ONNX file's",
    example="input: [{name: x, data_type: INT64, dims: [4]}], where the file has FP32 of 4",
    fix="input: [{name: x, data_type: FP32, dims: [4]}]",
    source=_ORT + "ModelInstanceState::ValidateInputs; onnxruntime_utils.cc: CompareDimsSupported",
)
def onnx_tensors(model: ModelView) -> Iterator[Problem]:
    """The backend refuses another type, number of dims or fixed size, and a batch where the file has none."""
    for pair in _pairs(model):
        tensor = pair.tensor
        wanted = tensor.data_type.removeprefix("TYPE_")
        if tensor.data_type and pair.declared.data_type and tensor.data_type != _type_name(pair.declared):
            found = _type_name(pair.declared).removeprefix("TYPE_")
            message = f'"{tensor.name}" is {found} here, and {wanted} in {pair.path}'
            yield Problem((*pair.key, "data_type"), message, f"data_type: {wanted}")
        yield from _dims_problem(pair, model.config.max_batch_size)
    if not model.config.input and not model.config.output and completes_itself(model):
        yield from _completed_batch(model)


def _dims_problem(pair: _Pair, max_batch_size: int) -> Iterator[Problem]:
    tensor = pair.tensor
    # Without a shape in the file, ONNX Runtime may infer an output's; it takes such an input for a scalar.
    if not tensor.is_tensor or (tensor.shape is None and pair.key[0] == "output"):
        return
    reshaped = pair.declared.HasField("reshape")
    dims = list(pair.declared.reshape.shape if reshaped else pair.declared.dims)
    key = (*pair.key, "reshape", "shape") if reshaped else (*pair.key, "dims")
    if not dims and not reshaped:
        return
    full = list(tensor.dims)
    if not full:
        if any(size != 1 for size in dims):
            yield Problem(key, f'"{tensor.name}" is a scalar in {pair.path}, and {dims} here', "dims: [1]")
        return
    if getattr(pair.declared, "allow_ragged_batch", False):
        return
    if max_batch_size > 0:
        if full[0] != -1:
            message = f'"{tensor.name}" has no batch dimension: its shape in {pair.path} is {_shape(tensor)}'
            yield Problem(
                key, message, f"max_batch_size: 0, and dims: {full}; or export it with an open first dimension"
            )
            return
        full = full[1:]
    fits = len(full) == len(dims) and all(size in (-1, given) for size, given in zip(full, dims, strict=True))
    if not fits:
        batch = " with the batch first" if max_batch_size > 0 else ""
        message = f'"{tensor.name}" has {dims} here; its shape in {pair.path} is {_shape(tensor)}{batch}'
        yield Problem(key, message, f"dims: {full}" if full else "dims: [1], and reshape: {shape: []}")


def _completed_batch(model: ModelView) -> Iterator[Problem]:
    if model.config.max_batch_size <= 0:
        return
    for path, file in _files(model):
        for tensor in (*file.inputs, *file.outputs):
            if tensor.is_tensor and tensor.shape is not None and tensor.dims[:1] != (-1,):
                shape = _shape(tensor)
                message = f'"{tensor.name}" has no batch dimension: its shape in {path} is {shape}'
                yield Problem(
                    ("max_batch_size",), message, "max_batch_size: 0, or export it with an open first dimension"
                )
                return


@rule(
    "TS415",
    "ONNX file that the backend cannot serve",
    example="source names a folder whose 1/model.onnx gives a sequence of maps, as scikit-learn's classifiers do",
    fix="convert the model without ZipMap (zipmap=False), so that every output is a tensor",
    source=_ORT + "AutoCompleteConfig; onnxruntime_utils.cc: InputOutputInitializerInfos",
)
def onnx_is_served(model: ModelView) -> Iterator[Problem]:
    """ONNX Runtime must be able to read the file, and Triton knows tensors alone, of types that it has."""
    for path, file in _files(model):
        if file.problem:
            yield Problem(model.folder_key, f"{path}: {file.problem}", "replace it by the whole file")
        for tensor in (*file.inputs, *file.outputs):
            if not tensor.is_tensor:
                fix = "export the model with tensors alone; scikit-learn's converter has zipmap=False for that"
                yield Problem(model.folder_key, f'"{tensor.name}" in {path} is a {tensor.kind}, no tensor', fix)
        outputs = [output.name for output in model.config.output]
        for tensor in (*file.inputs, *(item for item in file.outputs if not outputs or item.name in outputs)):
            if tensor.is_tensor and not tensor.data_type:
                message = f'"{tensor.name}" in {path} is a {tensor.kind}, which the backend does not take'
                yield Problem(model.folder_key, message, "export the model with another type for it, as float16")


@rule(
    "TS416",
    "output size that the ONNX file leaves open",
    Severity.WARNING,
    example="output: [{name: y, data_type: FP32, dims: [10]}], where the file's size has a name and no number",
    fix="output: [{name: y, data_type: FP32, dims: [-1]}]",
    source="onnxruntime backend, onnxruntime_utils.cc: CompareDimsSupported with compare_exact",
)
def onnx_open_outputs(model: ModelView) -> Iterator[Problem]:
    """An output's dims must be the file's own, open ones too: it loads only if ONNX Runtime infers the very size."""
    for pair in _pairs(model):
        skip = 1 if model.config.max_batch_size > 0 else 0
        full = list(pair.tensor.dims)[skip:]
        dims = list(pair.declared.dims)
        if pair.key[0] == "input" or pair.declared.HasField("reshape") or len(full) != len(dims):
            continue
        for index, (size, given) in enumerate(zip(full, dims, strict=True)):
            if size == -1 and given != -1:
                message = f'"{pair.tensor.name}" has size {given} here, which {pair.path} leaves open'
                yield Problem((*pair.key, "dims", index), message, "write -1")


@rule(
    "TS417",
    "input of the ONNX file that the config leaves out",
    example="input: [{name: ids, data_type: INT64, dims: [-1]}], where the file has an input mask too",
    fix="input: [{name: ids, data_type: INT64, dims: [-1]}, {name: mask, data_type: INT64, dims: [-1]}]",
    source=_ORT + "ModelInstanceState::ValidateInputs, configuration expects inputs",
)
def onnx_inputs_are_given(model: ModelView) -> Iterator[Problem]:
    """The backend wants every input of the file; optional are those alone for which the file has a default."""
    config = model.config
    if not config.input:
        return
    elsewhere = {name for item in config.batch_input for name in item.target_name}
    elsewhere |= {item.name for item in config.sequence_batching.control_input}
    elsewhere |= {item.input_name for item in config.sequence_batching.state}
    given = {item.name: (index, item) for index, item in enumerate(config.input)}
    for path, file in _files(model):
        for tensor in file.inputs:
            if tensor.name in given:
                yield from _optional_problem(tensor, *given[tensor.name], path)
            elif tensor.name not in elsewhere and not tensor.has_default:
                yield Problem(
                    ("input",), f'{path} has an input "{tensor.name}", which is left out', f"add {tensor.name}"
                )


def _optional_problem(tensor: OnnxTensor, index: int, declared: Any, path: str) -> Iterator[Problem]:
    if declared.optional and not tensor.has_default:
        message = f'"{tensor.name}" is optional here, and {path} has no default for it'
        yield Problem(("input", index, "optional"), message, "remove optional")
    if tensor.has_default and not declared.optional:
        message = f'"{tensor.name}" has a default in {path}, and the backend takes it as an optional input alone'
        yield Problem(("input", index), message, "add optional: true, or leave the input out")


def _shape(tensor: OnnxTensor) -> str:
    return f"[{', '.join(str(size) if size != '' else '?' for size in tensor.shape or ())}]"


def _type_name(declared: Any) -> str:
    values = declared.DESCRIPTOR.fields_by_name["data_type"].enum_type.values_by_number
    return str(values[declared.data_type].name) if declared.data_type in values else ""
