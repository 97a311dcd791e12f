"""A sample: one small valid request of a model, written without the batch dimension. No I/O.

``sample: {TEXT: [hello world]}`` gives the data of each input as nested lists that follow its dims;
``{zeros: [3, 224, 224]}`` stands for a big tensor of zeros (of empty texts for STRING).
"""

import json
import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from triton_stack.spec.base import Document
from triton_stack.spec.findings import Finding, FindingsError, KeyPath

# The words of the KServe v2 protocol are Triton's config words without the prefix, but for texts.
_PROTOCOL_NAMES = {"TYPE_STRING": "BYTES"}

_INT_BITS = {"INT8": 8, "INT16": 16, "INT32": 32, "INT64": 64}
_STRUCT_CODES = {
    "BOOL": "?", "UINT8": "B", "UINT16": "H", "UINT32": "I", "UINT64": "Q",
    "INT8": "b", "INT16": "h", "INT32": "i", "INT64": "q", "FP32": "f", "FP64": "d",
}  # fmt: skip
MAX_ELEMENTS = 10_000_000


@dataclass(frozen=True, slots=True)
class Tensor:
    """One input's data: ``shape`` without the batch dimension, ``data`` flat in row-major order, None for all zeros."""

    name: str
    data_type: str
    shape: tuple[int, ...]
    data: tuple[Any, ...] | None

    def elements(self) -> list[Any]:
        """Return the flat data, zeros written out."""
        if self.data is not None:
            return list(self.data)
        zero: Any = "" if self.data_type == "TYPE_STRING" else False if self.data_type == "TYPE_BOOL" else 0
        return [zero] * math.prod(self.shape)

    def raw(self) -> bytes:
        """Return the bytes that Triton reads from a warm-up data file: little endian, each text after its length."""
        if self.data_type == "TYPE_STRING":
            encoded = [str(item).encode() for item in self.elements()]
            return b"".join(struct.pack("<I", len(item)) + item for item in encoded)
        elements = self.elements()
        return struct.pack(f"<{len(elements)}{_STRUCT_CODES[self.data_type.removeprefix('TYPE_')]}", *elements)


def read_sample(sample: dict[str, Any], inputs: list[dict[str, Any]], document: Document) -> list[Tensor]:
    """Check the sample against the model's inputs (as in ModelConfig.input) and give its tensors, in their order.

    Raises:
        FindingsError: TS601 unknown input, TS602 input left out, TS603 data that does not fit type or dims,
            TS604 a type that a JSON request cannot carry.
    """
    findings: list[Finding] = []
    tensors: list[Tensor] = []
    by_name = {str(item.get("name")): item for item in inputs}
    for name in sample:
        if name not in by_name:
            known = ", ".join(by_name) or "none"
            findings.append(
                document.finding(
                    "TS601", f'sample has "{name}", which is no input', ("sample", str(name)), f"inputs: {known}"
                )
            )
    for name, declared in by_name.items():
        if name not in sample:
            if not declared.get("optional"):
                findings.append(
                    document.finding("TS602", f'sample leaves out input "{name}"', ("sample",), f"add {name}")
                )
            continue
        try:
            tensors.append(_tensor(name, sample[name], declared, document))
        except FindingsError as error:
            findings += error.findings
    if findings:
        raise FindingsError(findings)
    return tensors


def _tensor(name: str, value: Any, declared: dict[str, Any], document: Document) -> Tensor:
    path: KeyPath = ("sample", name)
    data_type = str(declared.get("data_type", ""))
    dims = [int(size) for size in declared.get("dims", [])]

    def refuse(code: str, message: str, key: KeyPath = path, fix: str = "") -> FindingsError:
        return FindingsError([document.finding(code, message, key, fix)])

    short = data_type.removeprefix("TYPE_")
    if short not in _STRUCT_CODES and short != "STRING":
        fix = "leave out the sample: Triton takes this type in binary requests only"
        raise refuse("TS604", f'a JSON request cannot carry {short or "no type"} (input "{name}")', path, fix)
    if isinstance(value, dict):
        shape = value.get("zeros")
        if set(value) != {"zeros"} or not isinstance(shape, list) or not all(type(n) is int and n > 0 for n in shape):
            raise refuse("TS603", f'"{name}" must be nested lists or {{zeros: [sizes]}}', path)
        if math.prod(shape) > MAX_ELEMENTS:
            raise refuse("TS603", f'"{name}" has {math.prod(shape)} elements', path, f"at most {MAX_ELEMENTS}")
        flat: tuple[Any, ...] | None = None
        found = tuple(shape)
    else:
        found, items = _flatten(value, path, document)
        for key, item in items:
            wrong = _misfit(item, short)
            if wrong:
                raise refuse("TS603", f"{item!r:.80} is no {short}: {wrong}", key)
        flat = tuple(float(item) if short.startswith("FP") else item for _, item in items)
    if len(found) != len(dims) or any(dim not in (-1, size) for dim, size in zip(dims, found, strict=True)):
        fix = f"it must follow dims {dims}, without the batch dimension"
        raise refuse("TS603", f'"{name}" has shape {list(found)}, but its dims are {dims}', path, fix)
    return Tensor(name, data_type, found, flat)


def _flatten(value: Any, path: KeyPath, document: Document) -> tuple[tuple[int, ...], list[tuple[KeyPath, Any]]]:
    """Return the shape of nested lists and their items, each with its key path."""
    shape: list[int] = []
    items: list[tuple[KeyPath, Any]] = [(path, value)]
    while any(isinstance(item, list) for _, item in items):
        sizes = {len(item) if isinstance(item, list) else -1 for _, item in items}
        if len(sizes) > 1 or -1 in sizes:
            raise FindingsError([document.finding("TS603", "lists on one level must have the same length", path)])
        shape.append(sizes.pop())
        items = [((*key, index), child) for key, item in items for index, child in enumerate(item)]
    return tuple(shape), items


def _misfit(item: Any, short: str) -> str:
    if short == "STRING":
        return "" if isinstance(item, str) else "quote it"
    if short == "BOOL":
        return "" if isinstance(item, bool) else "write true or false"
    if isinstance(item, bool) or not isinstance(item, int | float):
        return "write a number"
    if short.startswith("FP"):
        limit = 3.4028234663852886e38 if short == "FP32" else math.inf
        return "" if abs(item) <= limit and math.isfinite(item) else "write a finite number in its range"
    if not isinstance(item, int):
        return "write a whole number"
    low, high = int_range(short)
    return "" if low <= item <= high else f"allowed: {low} to {high}"


def int_range(short: str) -> tuple[int, int]:
    """Return the least and greatest value of an integer type (``INT8``, ``UINT64``...)."""
    bits = _INT_BITS[short.removeprefix("U")]
    return (0, 2**bits - 1) if short.startswith("U") else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def request_body(tensors: list[Tensor], max_batch_size: int) -> str:
    """Write the sample as the body of a KServe v2 HTTP inference request: compact JSON, one item in the batch."""
    return json.dumps(
        {"inputs": list(_request_inputs(tensors, max_batch_size))}, separators=(",", ":"), ensure_ascii=False
    )


def _request_inputs(tensors: list[Tensor], max_batch_size: int) -> Iterator[dict[str, Any]]:
    for tensor in tensors:
        yield {
            "name": tensor.name,
            "shape": [1, *tensor.shape] if max_batch_size > 0 else list(tensor.shape),
            "datatype": _PROTOCOL_NAMES.get(tensor.data_type, tensor.data_type.removeprefix("TYPE_")),
            "data": tensor.elements(),
        }
