"""From a user's mapping to checked fields of a protobuf message, led by the message's descriptor alone. No I/O."""

import math
from collections.abc import Callable
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from triton_stack.spec.base import Document
from triton_stack.spec.descriptor import enum_choices, enum_value, is_map, is_repeated
from triton_stack.spec.findings import Finding, FindingsError, KeyPath, suggest

INT_RANGES = {
    FieldDescriptor.CPPTYPE_INT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_INT64: (-(2**63), 2**63 - 1),
    FieldDescriptor.CPPTYPE_UINT32: (0, 2**32 - 1),
    FieldDescriptor.CPPTYPE_UINT64: (0, 2**64 - 1),
}
FLOAT_MAX = 3.4028234663852886e38
_NAMES = {dict: "a mapping", list: "a list", str: "a text", bool: "a boolean", int: "a number", float: "a number"}

Tree = dict[str, Any]


def read_fields(data: object, descriptor: Descriptor, document: Document, own: frozenset[str] = frozenset()) -> Tree:
    """Check a mapping against a message type and write every value in Triton's long form.

    The result has the shape of protobuf's JSON (map keys are texts), with fields in Triton's order. What the user wrote
    stays, zero values and empty messages too: that is what tells ``reshape: {}`` from no reshape.

    Args:
        data: what stands in the file, at its root.
        descriptor: the message type.
        document: for the places of findings.
        own: root keys that are not Triton's; skipped here, and offered as did-you-mean.

    Raises:
        FindingsError: TS003 unknown key, TS004 wrong type, TS005 value not allowed, TS007 keys that exclude each other.
    """
    reader = _Reader(document)
    tree = reader.message(data, descriptor, (), own)
    if reader.findings:
        raise FindingsError(reader.findings)
    return tree


class _Reader:
    def __init__(self, document: Document) -> None:
        self._document = document
        self.findings: list[Finding] = []

    def _report(self, code: str, message: str, path: KeyPath, fix: str = "") -> None:
        self.findings.append(self._document.finding(code, message, path, fix))

    def _wrong_type(self, wanted: str, value: object, path: KeyPath, fix: str = "") -> None:
        if value is None:
            found, fix = "nothing", fix or "write {} for an empty message, or remove the key"
        else:
            found = _NAMES.get(type(value), type(value).__name__)
            if not isinstance(value, dict | list):
                found += f" ({value!r:.80})"
        self._report("TS004", f'"{path[-1] if path else "the file"}" must be {wanted}, found {found}', path, fix)

    def message(self, data: object, descriptor: Descriptor, path: KeyPath, own: frozenset[str] = frozenset()) -> Tree:
        if not isinstance(data, dict):
            self._wrong_type("a mapping", data, path, _text_format_hint(data, descriptor))
            return {}
        known = [field.name for field in descriptor.fields]
        for key in data:
            if key not in known and key not in own:
                fix = suggest(key, [*known, *own]) or f"allowed here: {', '.join([*known, *sorted(own)])}"
                self._report("TS003", f'unknown key "{key}"', (*path, str(key)), fix)
        for oneof in descriptor.oneofs:
            given = [field.name for field in oneof.fields if field.name in data]
            if len(given) > 1:
                text = " and ".join(f'"{name}"' for name in given)
                self._report("TS007", f"{text} exclude each other", (*path, given[1]), "keep one")
        return {
            field.name: self._field(data[field.name], field, (*path, field.name))
            for field in descriptor.fields
            if field.name in data
        }

    def _field(self, value: object, field: FieldDescriptor, path: KeyPath) -> Any:
        if is_map(field):
            return self._map(value, field, path)
        if not is_repeated(field):
            return self._single(value, field, path)
        if not isinstance(value, list):
            self._wrong_type("a list", value, path, "write it as [ ... ]")
            return []
        return [self._single(item, field, (*path, index)) for index, item in enumerate(value)]

    def _map(self, value: object, field: FieldDescriptor, path: KeyPath) -> Tree:
        if not isinstance(value, dict):
            self._wrong_type("a mapping", value, path)
            return {}
        assert field.message_type is not None
        entry = field.message_type.fields_by_name
        result: Tree = {}
        for key, item in value.items():
            child = (*path, str(key))
            # JSON writes every key as a text, and so do people.
            if entry["key"].cpp_type in INT_RANGES and isinstance(key, str) and key.isdecimal():
                key = int(key)
            checked = self._single(key, entry["key"], child)
            result[str(checked)] = self._single(item, entry["value"], child)
        return result

    def _single(self, value: object, field: FieldDescriptor, path: KeyPath) -> Any:
        if field.message_type is not None:
            return self.message(value, field.message_type, path)
        readers: dict[int, Callable[[Any, FieldDescriptor, KeyPath], Any]] = {
            FieldDescriptor.CPPTYPE_ENUM: self._enum,
            FieldDescriptor.CPPTYPE_STRING: self._string,
            FieldDescriptor.CPPTYPE_BOOL: self._bool,
            FieldDescriptor.CPPTYPE_FLOAT: self._float,
            FieldDescriptor.CPPTYPE_DOUBLE: self._float,
        }
        return readers.get(field.cpp_type, self._int)(value, field, path)

    def _enum(self, value: object, field: FieldDescriptor, path: KeyPath) -> str:
        assert field.enum_type is not None
        long_form = enum_value(field.enum_type, value) if isinstance(value, str) else None
        if long_form is None:
            choices = enum_choices(field.enum_type)
            fix = suggest(value, choices) or f"allowed: {', '.join(choices)}"
            # KServe's v2 protocol says BYTES where Triton's config says STRING.
            fix = 'did you mean "STRING"?' if value == "BYTES" and "STRING" in choices else fix
            self._report("TS005", f'"{path[-1]}" cannot be {value!r:.80}', path, fix)
            return ""
        return long_form

    def _string(self, value: object, field: FieldDescriptor, path: KeyPath) -> str:
        if not isinstance(value, str):
            scalar = isinstance(value, bool | int | float)
            shown = str(value).lower() if isinstance(value, bool) else str(value)
            self._wrong_type("a text", value, path, f'quote it: "{shown}"' if scalar else "")
            return ""
        try:
            value.encode()
        except UnicodeEncodeError:
            self._report("TS005", f'"{path[-1]}" holds a character that UTF-8 cannot write', path)
            return ""
        return value

    def _bool(self, value: object, field: FieldDescriptor, path: KeyPath) -> bool:
        if not isinstance(value, bool):
            self._wrong_type("true or false", value, path)
            return False
        return value

    def _int(self, value: object, field: FieldDescriptor, path: KeyPath) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            self._wrong_type("a whole number", value, path)
            return 0
        low, high = INT_RANGES[field.cpp_type]
        if not low <= value <= high:
            self._report("TS005", f'"{path[-1]}" cannot be {value}', path, f"allowed: {low} to {high}")
            return 0
        return value

    def _float(self, value: object, field: FieldDescriptor, path: KeyPath) -> float:
        if not isinstance(value, int | float) or isinstance(value, bool):
            self._wrong_type("a number", value, path)
            return 0.0
        limit = FLOAT_MAX if field.cpp_type == FieldDescriptor.CPPTYPE_FLOAT else math.inf
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number) or abs(number) > limit:
            self._report("TS005", f'"{path[-1]}" cannot be {value}', path, "write a finite number")
            return 0.0
        return number


def _text_format_hint(data: object, descriptor: Descriptor) -> str:
    """Help with a scalar in place of a message that has one field, as ``parameters: {a: b}``."""
    if len(descriptor.fields) == 1 and isinstance(data, str | int | float | bool):
        shown = f'"{data}"' if descriptor.fields[0].cpp_type == FieldDescriptor.CPPTYPE_STRING else data
        return f"write {{{descriptor.fields[0].name}: {shown}}}"
    return ""
