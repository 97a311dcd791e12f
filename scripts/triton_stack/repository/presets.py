"""Presets: for each backend the spec that is right for it, written out for the user to see and edit."""

import json
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from triton_stack.check.view import OnnxModel, OnnxTensor
from triton_stack.repository.onnx_file import ONNX_MISSING, can_read_onnx, read_onnx
from triton_stack.repository.preset_backends import Backend
from triton_stack.repository.python_file import read_python_model
from triton_stack.spec.names import FIL_FILES


class PresetError(Exception):
    """The model's file cannot be used; the message says why."""


# A batch that most models gain from, and that fits most GPUs.
_BATCH = 8
# What a sample may have: its request goes into a ConfigMap.
_SAMPLE_ELEMENTS = 200_000
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
# Names that tf2onnx and PyTorch's older exporter make up for a size without a name, another one for each tensor.
_MADE_UP_SIZE = re.compile(r"unk__\d+|.+_dim_\d+")
_YAML_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"})


@dataclass(frozen=True, slots=True)
class Preset:
    """What the preset of a backend lays out.

    Attributes:
        name: of the model, when the user gives none.
        file: what a version holds; empty where it is a folder of any files, or nothing.
        example: a file of this package that stands there when the user gives none.
        image_tag: of the container that has the backend, where that is not the usual one.
        needs_file: a version must hold something.
    """

    name: str
    file: str = ""
    example: str = ""
    image_tag: str = ""
    needs_file: bool = True


PRESETS = {
    Backend.PYTHON: Preset("double", "model.py", example="double.py.in"),
    Backend.ONNXRUNTIME: Preset("onnx_model", "model.onnx"),
    Backend.TENSORRT: Preset("tensorrt_model", "model.plan"),
    Backend.PYTORCH: Preset("pytorch_model", "model.pt"),
    Backend.TORCH_AOTI: Preset("aoti_model", "model.pt2"),
    Backend.VLLM: Preset("vllm_model", "model.json", example="vllm.json", image_tag="26.08-vllm-python-py3"),
    # The newest release that has this container.
    Backend.TENSORRTLLM: Preset("tensorrt_llm", image_tag="26.07-trtllm-python-py3"),
    Backend.OPENVINO: Preset("openvino_model", "model.xml"),
    Backend.FIL: Preset("fil_model", "xgboost.json"),
    Backend.DALI: Preset("dali_model", "model.dali"),
    Backend.ENSEMBLE: Preset("pipeline", needs_file=False),
}


@dataclass(frozen=True, slots=True)
class NewModel:
    """A model to lay out.

    Attributes:
        name: its name.
        spec: the text of its spec.
        files: what a version holds, by path in it: a file of the user's, or content.
        missing: a file that the user must still put there; empty when nothing is missing.
        notes: what the user should know.
    """

    name: str
    spec: str
    files: dict[str, Path | bytes]
    missing: str = ""
    notes: tuple[str, ...] = ()


@dataclass
class _Facts:
    """What a template is told beside the name."""

    inputs: list[dict[str, Any]] = field(default_factory=list)
    outputs: list[dict[str, Any]] = field(default_factory=list)
    max_batch_size: int | None = None
    dynamic_batching: bool = False
    decoupled: bool = False
    own_file: bool = False
    read: bool = True
    left: str = ""
    sample: str = ""
    open_sizes: str = ""
    file: str = ""
    model_type: str = ""
    notes: list[str] = field(default_factory=list)


def new_model(backend: Backend, name: str, model: Path | None, listed: Callable[[Path], Sequence[str]]) -> NewModel:
    """Write the spec of a model, and say what its version holds.

    Args:
        backend: whose preset.
        name: of the model.
        model: its file or folder, None when there is none yet.
        listed: gives the paths of all files of a folder.

    Raises:
        PresetError: the file cannot be used.
        OSError: it cannot be read.
    """
    preset = PRESETS[backend]
    if backend is Backend.ENSEMBLE and model is not None:
        raise PresetError("an ensemble has no files of its own: leave out --model")
    file = FIL_FILES[_fil_type(model)] if backend is Backend.FIL else preset.file
    files = _version_files(backend, file, model, listed) if model is not None else {}
    facts = _facts(backend, files.get(file), file)
    if model is None and preset.example:
        files = {file: example_file(preset.example)}
    missing = (file or "the engine's files") if preset.needs_file and not files else ""
    return NewModel(
        name, _render(f"specs/{backend}.yaml.j2", name=name, **vars(facts)), files, missing, (*facts.notes,)
    )


def stack_text(backend: Backend) -> str:
    """Write stack.yaml of a new stack whose first model has this backend."""
    return _render("stack.yaml.j2", image_tag=PRESETS[backend].image_tag)


def example_file(name: str) -> bytes:
    """Return a file of this package."""
    from importlib.resources import files

    return (files("triton_stack.repository") / "scaffold_files" / name).read_bytes()


def _fil_type(model: Path | None) -> str:
    """Tell FIL's word for the format, by the file's ending."""
    endings = {Path(file).suffix: word for word, file in FIL_FILES.items() if word}
    if model is None or model.is_dir():
        return "xgboost_json"
    if model.suffix not in endings:
        raise PresetError(f"{model} is no file of FIL's: it must end in {', '.join(sorted(endings))}")
    return endings[model.suffix]


def _version_files(
    backend: Backend, file: str, model: Path, listed: Callable[[Path], Sequence[str]]
) -> dict[str, Path | bytes]:
    """Return the files of a version: those of a folder, or one file under its default name with what belongs to it."""
    if model.is_dir():
        paths = listed(model)
        if not paths or (file and file not in paths):
            raise PresetError(f"{model} has no {file or 'files'}: give the folder that is to be a version")
        return {path: model / path for path in paths}
    if not model.is_file():
        raise PresetError(f"{model} does not exist" if not model.exists() else f"{model} is neither file nor folder")
    if not file:
        raise PresetError(f'backend "{backend}" loads a folder: give the one that holds {model.name}')
    if Path(file).suffix != model.suffix:
        raise PresetError(f'{model} does not fit backend "{backend}", which loads {file}')
    files: dict[str, Path | bytes] = {file: model}
    if backend is Backend.OPENVINO and (weights := model.with_suffix(".bin")).is_file():
        files["model.bin"] = weights
    if backend is Backend.ONNXRUNTIME and can_read_onnx():
        for name in sorted(read_onnx(model).external):
            # Weights beside the model keep their name, by which it finds them.
            if Path(name).is_absolute() or ".." in Path(name).parts or not (model.parent / name).is_file():
                raise PresetError(f'{model} keeps weights in "{name}", which is not beside it')
            files[name] = model.parent / name
    return files


def _facts(backend: Backend, content: Path | bytes | None, file: str) -> _Facts:
    if backend is Backend.ONNXRUNTIME and isinstance(content, Path):
        return _onnx_facts(content)
    if backend is Backend.PYTHON:
        return _python_facts(content) if isinstance(content, Path) else _double_facts()
    if backend is Backend.FIL:
        return _Facts(file=file, model_type=next(word for word, name in FIL_FILES.items() if word and name == file))
    return _Facts()


def _double_facts() -> _Facts:
    tensor = {"data_type": "FP32", "dims": [4]}
    facts = _Facts([{"name": "INPUT", **tensor}], [{"name": "OUTPUT", **tensor}], _BATCH, dynamic_batching=True)
    facts.sample = "{INPUT: [1, 2, 3, 4]}"
    return facts


def _python_facts(path: Path) -> _Facts:
    found = read_python_model(path.read_bytes())
    facts = _Facts(own_file=True, read=found.completes, left=found.left)
    if found.left:
        facts.notes.append(f"tensors are left to the server: auto_complete_config of {path.name} has {found.left}")
    elif not found.completes:
        example = _double_facts()
        facts.inputs, facts.outputs, facts.max_batch_size = example.inputs, example.outputs, 0
        facts.notes.append(f"{path.name} does not say its tensors: edit input, output and max_batch_size of the spec")
    else:
        facts.inputs = [_python_tensor(item) for item in found.inputs]
        facts.outputs = [_python_tensor(item) for item in found.outputs]
        facts.max_batch_size = found.max_batch_size
        facts.dynamic_batching, facts.decoupled = found.dynamic_batching, found.decoupled
        # A request that asks for one answer does not reach a decoupled model.
        if not found.decoupled:
            _set_sample(facts, [(str(item.get("name")), _sizes(item)) for item in found.inputs])
    return facts


def _python_tensor(item: dict[str, Any]) -> dict[str, Any]:
    known = ("name", "data_type", "dims", "optional", "allow_ragged_batch")
    keys: dict[str, Any] = {key: item[key] for key in known if key in item}
    return {**keys, "data_type": str(item.get("data_type", "")).removeprefix("TYPE_")}


def _sizes(item: dict[str, Any]) -> list[int]:
    dims = item.get("dims")
    return [size for size in dims if isinstance(size, int)] if isinstance(dims, list) else []


def _onnx_facts(path: Path) -> _Facts:
    if not can_read_onnx():
        return _Facts(notes=[ONNX_MISSING])
    found = read_onnx(path)
    if problem := _onnx_problem(found):
        raise PresetError(f"{path}: {problem}")
    inputs = [tensor for tensor in found.inputs if not tensor.has_default]
    batch = _BATCH if _is_batch([*inputs, *found.outputs]) else 0
    facts = _Facts(max_batch_size=batch)
    facts.inputs = [_onnx_tensor(tensor, batch) for tensor in inputs]
    facts.outputs = [_onnx_tensor(tensor, batch) for tensor in found.outputs]
    _set_sample(facts, [(item["name"], item["dims"]) for item in facts.inputs])
    return facts


def _onnx_problem(model: OnnxModel) -> str:
    if model.problem:
        return model.problem
    if not model.inputs or not model.outputs:
        return "it has no input, or no output"
    for tensor in (*model.inputs, *model.outputs):
        if not tensor.is_tensor:
            return f'"{tensor.name}" is a {tensor.kind}; Triton takes tensors alone (scikit-learn: zipmap=False)'
        if not tensor.data_type:
            return f'"{tensor.name}" is a {tensor.kind}, which Triton does not take: export it with another type'
        if tensor.shape is None:
            return f'"{tensor.name}" has no shape: write the file through onnx.shape_inference.infer_shapes_path'
    return ""


def _is_batch(tensors: Sequence[OnnxTensor]) -> bool:
    """The first dimension is a batch where it is open in every tensor, and has one name at most."""
    first = [tensor.shape[0] if tensor.shape else 0 for tensor in tensors]
    names = {size for size in first if size and not _MADE_UP_SIZE.fullmatch(str(size))}
    return all(isinstance(size, str) for size in first) and len(names) < 2


def _onnx_tensor(tensor: OnnxTensor, batch: int) -> dict[str, Any]:
    dims = list(tensor.dims)[1:] if batch else list(tensor.dims)
    described: dict[str, Any] = {"name": tensor.name, "data_type": tensor.data_type.removeprefix("TYPE_")}
    # A size that is not there: Triton writes a scalar as [1], and tells the backend to take the batch alone.
    described["dims"] = dims or [1]
    if not dims and batch:
        described["reshape"] = {"shape": []}
    return described


def _set_sample(facts: _Facts, inputs: list[tuple[str, list[int]]]) -> None:
    """Write a sample of zeros where every size is known and a JSON request can carry it, or how one would begin."""
    types = {item["name"]: item["data_type"] for item in facts.inputs}
    if not inputs or any(types.get(name) in ("FP16", "BF16") for name, _ in inputs):
        return
    shapes = {name: [1 if size < 0 else size for size in dims] for name, dims in inputs}
    if sum(math.prod(sizes) for sizes in shapes.values()) > _SAMPLE_ELEMENTS:
        return
    text = _flow({name: {"zeros": sizes} for name, sizes in shapes.items()})
    if any(size < 0 for _, dims in inputs for size in dims):
        facts.open_sizes = text
    else:
        facts.sample = text


def _render(template: str, **variables: Any) -> str:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("triton_stack.repository", "scaffold_files"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        # The output is YAML, not HTML.
        autoescape=False,
    )
    environment.filters["tensors"] = _tensor_lines
    return environment.get_template(template).render(**variables)


def _tensor_lines(tensors: list[dict[str, Any]]) -> str:
    lines = [_flow(tensor) for tensor in tensors]
    return f"[{lines[0]}]" if len(lines) == 1 else "".join(f"\n  - {line}" for line in lines) or "[]"


def _flow(value: Any) -> str:
    """Write a value as a line of YAML, as a person would: quotes where they are needed alone."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_flow(str(key))}: {_flow(item)}' for key, item in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(_flow(item) for item in value)}]"
    if isinstance(value, str) and _PLAIN_NAME.fullmatch(value) and value.lower() not in _YAML_WORDS:
        return value
    # Specs are templates of Jinja2: a brace in a name is written as its number.
    return json.dumps(value, ensure_ascii=False).replace("{", "\\x7b")
