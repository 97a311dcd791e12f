"""What the rules look at: one model, as plain data. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from triton_stack.spec.base import Document
from triton_stack.spec.findings import KeyPath
from triton_stack.spec.model import ModelSpec
from triton_stack.spec.versions import DEFAULT_TRITON, TritonVersion


@dataclass(frozen=True, slots=True)
class OnnxTensor:
    """An input or output of an ONNX file.

    ``data_type`` is Triton's (``TYPE_FP32``), empty for what is no tensor or has a type that Triton does not know;
    ``kind`` is what the file calls it. ``shape`` has a number for a fixed size, a text for a named one, empty for one
    without a name; None where the file gives no shape. ``has_default``: it need not be given.
    """

    name: str
    kind: str
    data_type: str
    is_tensor: bool
    shape: tuple[int | str, ...] | None
    has_default: bool = False

    @property
    def dims(self) -> tuple[int, ...]:
        """The shape as Triton has it: -1 for a size that is open, nothing where there is no shape."""
        return tuple(size if isinstance(size, int) else -1 for size in self.shape or ())


@dataclass(frozen=True, slots=True)
class OnnxModel:
    """What an ONNX file says of its tensors.

    ``external`` are the files beside it that hold its weights; ``problem`` says why it cannot be read.
    """

    inputs: tuple[OnnxTensor, ...] = ()
    outputs: tuple[OnnxTensor, ...] = ()
    external: frozenset[str] = frozenset()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Folder:
    """Everything below a folder, as paths relative to it.

    ``files`` has sizes in bytes; ``broken`` are entries that cannot be read, dangling links and other odd things;
    ``python`` has the text of each ``<version>/model.py``, ``onnx`` the tensors of each ONNX file of a version, where
    the library onnx is installed.
    """

    files: Mapping[str, int]
    directories: frozenset[str] = frozenset()
    broken: frozenset[str] = frozenset()
    python: Mapping[str, bytes] = field(default_factory=dict)
    onnx: Mapping[str, OnnxModel] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Target:
    """Where models are to run.

    Args:
        triton: the server's version.
        gpus: of one pod of the model's pool; None when it is not known.
        image: of that pool, registry left out, as ``nvidia/tritonserver:26.08-vllm-python-py3``; empty when not known.
        flags: of tritonserver that the pool sets, by name without dashes; None when they are not known.
    """

    triton: TritonVersion = DEFAULT_TRITON
    gpus: int | None = None
    image: str = ""
    flags: Mapping[str, object] | None = None

    @property
    def auto_complete(self) -> bool:
        """Backends fill in what a config leaves out, unless the server is told not to."""
        flag = (self.flags or {}).get("disable-auto-complete-config", False)
        return str(flag).lower() not in ("true", "1")


DEFAULT_TARGET = Target()


@dataclass(frozen=True, slots=True)
class ModelView:
    """One model to judge.

    Args:
        document: the file with the keys: a spec or a config.pbtxt.
        config: the ModelConfig message; None for a folder without config.pbtxt.
        expected_name: what the name must be: the folder in a repository, the file's stem in a stack.
        folder: the model's files, None when they are not at hand.
        spec: the model spec, None for a bare config.pbtxt.
        models: all models of its stack or repository by name, itself included; None when they are not known.
        target: where it is to run.
    """

    document: Document
    config: Any
    expected_name: str | None = None
    folder: Folder | None = None
    spec: ModelSpec | None = None
    models: "Mapping[str, ModelView] | None" = None
    target: Target = DEFAULT_TARGET

    @property
    def folder_key(self) -> KeyPath:
        """The key to name when a file of the model is wrong."""
        return ("source",) if self.spec is not None else ()
