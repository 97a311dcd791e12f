"""The tensors of an ONNX file, read without its weights: a file of any size costs kilobytes of memory."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from triton_stack.check.view import OnnxModel, OnnxTensor

ONNX_MISSING = 'the library onnx reads the model file: pip install "triton-stack[onnx]"'

# Types of ONNX's TensorProto that Triton has too; BFLOAT16 is Triton's BF16, but its backend for ONNX does not take it.
_TRITON_TYPES = {
    "FLOAT": "TYPE_FP32",
    "UINT8": "TYPE_UINT8",
    "INT8": "TYPE_INT8",
    "UINT16": "TYPE_UINT16",
    "INT16": "TYPE_INT16",
    "INT32": "TYPE_INT32",
    "INT64": "TYPE_INT64",
    "STRING": "TYPE_STRING",
    "BOOL": "TYPE_BOOL",
    "FLOAT16": "TYPE_FP16",
    "DOUBLE": "TYPE_FP64",
    "UINT32": "TYPE_UINT32",
    "UINT64": "TYPE_UINT64",
}
# Numbers of protobuf's wire format, and of the fields that are looked at.
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_MODEL_IR_VERSION, _MODEL_GRAPH = 1, 7
_GRAPH_INITIALIZER, _GRAPH_INPUT, _GRAPH_OUTPUT, _GRAPH_SPARSE = 5, 11, 12, 15
_TENSOR_NAME, _TENSOR_EXTERNAL = 8, 13
_SPARSE_VALUES = 1
_ENTRY_KEY, _ENTRY_VALUE = 1, 2
# Inputs with an initializer can be given in a request from this version of the format on.
_IR_WITH_DEFAULTS = 4
_MAX_VARINT = 10
# A tensor's description has some hundred bytes.
_MAX_DESCRIPTION = 1 << 20
_LFS_POINTER = b"version https://git-lfs"


class _BrokenError(Exception):
    """The bytes are no protobuf message."""


def can_read_onnx() -> bool:
    """Tell whether the library onnx is installed; it is not loaded for that."""
    return importlib.util.find_spec("onnx") is not None


def read_onnx(path: Path) -> OnnxModel:
    """Read the inputs and outputs of an ONNX file; the weights are stepped over.

    Raises:
        OSError: the file cannot be read.
        ImportError: the library onnx is not installed.
    """
    from google.protobuf.message import DecodeError

    with path.open("rb") as stream:
        if stream.read(len(_LFS_POINTER)) == _LFS_POINTER:
            return OnnxModel(problem="it is a pointer of Git LFS, not the model: run git lfs pull")
        try:
            return _Reader(stream).model()
        except (_BrokenError, DecodeError, UnicodeDecodeError):
            return OnnxModel(problem="it is no ONNX file, or was cut off")


class _Reader:
    """Steps through the fields of a message in a file, and reads only those that describe tensors."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._size = stream.seek(0, 2)

    def model(self) -> OnnxModel:
        ir_version = 0
        parts: dict[int, list[bytes]] = {_GRAPH_INPUT: [], _GRAPH_OUTPUT: []}
        initializers: set[str] = set()
        external: set[str] = set()
        graphs = 0
        for number, wire, value in self._fields(0, self._size):
            if number == _MODEL_IR_VERSION and wire == _VARINT:
                ir_version = value
            if number == _MODEL_GRAPH and wire == _BYTES:
                graphs += 1
                self._graph(value, parts, initializers, external)
        if not graphs:
            return OnnxModel(problem="it holds no graph")
        inputs = [_tensor(part) for part in parts[_GRAPH_INPUT]]
        # Before that version every initializer stood among the inputs too, and is none.
        defaults = initializers if ir_version >= _IR_WITH_DEFAULTS else set()
        return OnnxModel(
            tuple(
                OnnxTensor(*tensor, has_default=tensor[0] in defaults)
                for tensor in inputs
                if tensor[0] not in initializers or tensor[0] in defaults
            ),
            tuple(OnnxTensor(*_tensor(part)) for part in parts[_GRAPH_OUTPUT]),
            frozenset(external),
        )

    def _graph(self, end: int, parts: dict[int, list[bytes]], initializers: set[str], external: set[str]) -> None:
        for number, wire, value in self._fields(self._stream.tell(), end):
            if wire != _BYTES:
                continue
            if number in parts:
                parts[number].append(self._bytes(value))
            elif number == _GRAPH_INITIALIZER:
                self._initializer(value, initializers, external)
            elif number == _GRAPH_SPARSE:
                for inner, inner_wire, inner_value in self._fields(self._stream.tell(), value):
                    if inner == _SPARSE_VALUES and inner_wire == _BYTES:
                        self._initializer(inner_value, initializers, external)

    def _initializer(self, end: int, initializers: set[str], external: set[str]) -> None:
        for number, wire, value in self._fields(self._stream.tell(), end):
            if number == _TENSOR_NAME and wire == _BYTES:
                initializers.add(self._bytes(value).decode())
            if number == _TENSOR_EXTERNAL and wire == _BYTES:
                entry: dict[int, str] = {}
                for inner, inner_wire, inner_value in self._fields(self._stream.tell(), value):
                    if inner_wire == _BYTES:
                        entry[inner] = self._bytes(inner_value).decode()
                if entry.get(_ENTRY_KEY) == "location":
                    external.add(entry.get(_ENTRY_VALUE, ""))

    def _fields(self, start: int, end: int) -> Iterator[tuple[int, int, int]]:
        """Yield number, wire type and value of each field.

        The value of bytes is the place where they end; the stream stands where they begin.
        """
        position = start
        while position < end:
            self._stream.seek(position)
            tag = self._varint()
            number, wire = tag >> 3, tag & 7
            value = 0
            if wire == _VARINT:
                value = self._varint()
                position = self._stream.tell()
            elif wire == _BYTES:
                length = self._varint()
                position = value = self._stream.tell() + length
            elif wire in (_FIXED64, _FIXED32):
                position = self._stream.tell() + (8 if wire == _FIXED64 else 4)
            else:
                raise _BrokenError
            if position > end or not number:
                raise _BrokenError
            yield number, wire, value

    def _bytes(self, end: int) -> bytes:
        length = end - self._stream.tell()
        if length > _MAX_DESCRIPTION:
            raise _BrokenError
        return self._stream.read(length)

    def _varint(self) -> int:
        value = 0
        for index in range(_MAX_VARINT):
            byte = self._stream.read(1)
            if not byte:
                raise _BrokenError
            value |= (byte[0] & 0x7F) << (7 * index)
            if byte[0] < 0x80:
                return value
        raise _BrokenError


def _tensor(part: bytes) -> tuple[str, str, str, bool, tuple[int | str, ...] | None]:
    """Return name, kind, Triton's type, whether it is a tensor, and shape of a ValueInfoProto."""
    import onnx

    info = onnx.ValueInfoProto.FromString(part)
    kind = str(info.type.WhichOneof("value") or "value without a type").removesuffix("_type")
    if kind != "tensor":
        return info.name, kind, "", False, None
    tensor = info.type.tensor_type
    word = _type_word(tensor.elem_type)
    shape = tuple(_size(dim) for dim in tensor.shape.dim) if tensor.HasField("shape") else None
    return info.name, f"tensor of {word}", _TRITON_TYPES.get(word, ""), True, shape


def _type_word(number: int) -> str:
    import onnx

    names: Any = onnx.TensorProto.DataType
    return str(names.Name(number)) if number in names.values() else f"type {number}"


def _size(dim: Any) -> int | str:
    if dim.WhichOneof("value") == "dim_value" and dim.dim_value >= 0:
        return int(dim.dim_value)
    return str(dim.dim_param)
