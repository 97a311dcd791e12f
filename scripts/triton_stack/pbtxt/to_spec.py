"""From a ModelConfig message, and the text it was read from, to a model spec as a person would write it. No I/O."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.json_format import MessageToDict

from triton_stack.pbtxt.comments import Comments, find_comments
from triton_stack.pbtxt.positions import walk
from triton_stack.pbtxt.scan import scan
from triton_stack.spec.descriptor import enum_prefix, enum_value, is_map, is_repeated, model_config_descriptor
from triton_stack.spec.findings import KeyPath

LOOSE_COMMENTS = "Comments of config.pbtxt that stood at no field:"
# A mapping or a list of mappings stays on one line up to here.
WIDTH = 100

_PLAIN = re.compile(r"(\.\.?/)*[A-Za-z_][A-Za-z0-9_./-]*")
# What readers of YAML 1.1 or 1.2 take for a boolean, null or number.
_WORDS = re.compile(r"(?i)(y|n|yes|no|on|off|true|false|null|nan|inf|\.nan|\.inf)")
_INTEGERS = {
    FieldDescriptor.CPPTYPE_INT32,
    FieldDescriptor.CPPTYPE_INT64,
    FieldDescriptor.CPPTYPE_UINT32,
    FieldDescriptor.CPPTYPE_UINT64,
}


@dataclass(frozen=True, slots=True)
class SpecText:
    """A model spec, and how many comments of the config.pbtxt stand at its head because they spoke of no key."""

    text: str
    gathered: int


def spec_text(message: Any, text: str, head: list[str] | None = None, own: Mapping[str, str] | None = None) -> SpecText:
    """Write a message as a model spec: Triton's names and order, short forms, comments at their keys.

    What was written in the text stays, a default that it gives too (``max_batch_size: 0``).

    Args:
        message: the ModelConfig; it may have more than the text (a name, a backend).
        text: the config.pbtxt that it was read from.
        head: lines of a comment above all.
        own: further keys of the spec that are ours, written last.
    """
    scanned = scan(text)
    comments = find_comments(scanned)
    written = {path for path, _, _ in walk(scanned.fields)}
    tree = _tree(message, MessageToDict(message, preserving_proto_field_name=True), written, ())
    writer = _Writer(comments)
    writer.mapping(tree, model_config_descriptor(), (), "")
    lines = [_comment(line) for line in head or []]
    own_head = list(comments.head)
    loose = comments.loose + writer.left_over()
    if loose:
        own_head += [*([""] if own_head else []), LOOSE_COMMENTS, *loose]
    if lines and own_head:
        lines.append("#")
    lines += [_comment(line) for line in own_head]
    # Parted by an empty line: else it would be read as a comment on the first key.
    lines += [""] if comments.head or loose or lines else []
    lines += writer.lines
    lines += [f"{key}: {scalar(value)}" for key, value in (own or {}).items()]
    return SpecText("\n".join(lines) + "\n", len(loose))


def scalar(value: object) -> str:
    """Write a scalar so that YAML reads the same value."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _float(value)
    if not isinstance(value, str):
        return str(value)
    if _PLAIN.fullmatch(value) and not _WORDS.fullmatch(value):
        return value
    return f'"{"".join(_character(character) for character in value)}"'


def _character(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    if character.isprintable():
        return character
    named = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}.get(character)
    code = ord(character)
    return named or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}")


def _float(value: float) -> str:
    if not math.isfinite(value):
        # Reading the spec refuses it, at its key.
        return ".nan" if math.isnan(value) else ".inf" if value > 0 else "-.inf"
    mantissa, mark, exponent = repr(value).partition("e")
    # With a point: a reader of YAML 1.1 takes 1e-07 for a text.
    return f"{mantissa if '.' in mantissa else mantissa + '.0'}{mark}{exponent}"


def _comment(text: str) -> str:
    """Write one comment line; a comment of a file may hold characters that YAML has not."""
    printable = "".join(character if character.isprintable() or character == "\t" else "?" for character in text)
    return f"# {printable}" if printable else "#"


def _tree(message: Any, data: dict[str, Any], written: set[KeyPath], path: KeyPath) -> dict[str, Any]:
    """Return the message as plain data in Triton's order, with the defaults that were written."""
    tree: dict[str, Any] = {}
    for described in message.DESCRIPTOR.fields:
        child: KeyPath = (*path, described.name)
        if described.name in data:
            tree[described.name] = _field(
                getattr(message, described.name), data[described.name], described, written, child
            )
        elif child in written and not is_map(described):
            if is_repeated(described):
                tree[described.name] = []
            elif described.message_type is None and described.containing_oneof is None:
                tree[described.name] = _scalar(_default(described), described)
    return tree


def _field(value: Any, data: Any, described: FieldDescriptor, written: set[KeyPath], path: KeyPath) -> Any:
    if is_map(described):
        assert described.message_type is not None
        keys, values = (described.message_type.fields_by_name[name] for name in ("key", "value"))
        return {
            _scalar(key, keys): _single(value[_map_key(key, keys)], data[key], values, written, (*path, key))
            for key in sorted(data, key=lambda key: _map_key(key, keys))
        }
    if is_repeated(described):
        return [
            _single(item, item_data, described, written, (*path, index))
            for index, (item, item_data) in enumerate(zip(value, data, strict=True))
        ]
    return _single(value, data, described, written, path)


def _single(value: Any, data: Any, described: FieldDescriptor, written: set[KeyPath], path: KeyPath) -> Any:
    if described.message_type is not None:
        return _tree(value, data, written, path)
    return _scalar(data, described)


def _map_key(key: str, described: FieldDescriptor) -> Any:
    return int(key) if described.cpp_type in _INTEGERS else key


def _default(described: FieldDescriptor) -> Any:
    if described.enum_type is not None:
        return described.enum_type.values_by_number[described.default_value].name
    return described.default_value


def _scalar(data: Any, described: FieldDescriptor) -> Any:
    """Return a scalar of protobuf's JSON form as plain data."""
    if described.enum_type is not None:
        short = str(data).removeprefix(enum_prefix(described.enum_type))
        return short if enum_value(described.enum_type, short) == data else data
    if described.cpp_type in _INTEGERS:
        return int(data)
    if described.cpp_type in (FieldDescriptor.CPPTYPE_FLOAT, FieldDescriptor.CPPTYPE_DOUBLE):
        return float(data)
    return data


@dataclass(slots=True)
class _Writer:
    """Writes lines of YAML, each key with its comments."""

    comments: Comments
    lines: list[str] = field(default_factory=list)
    used: set[tuple[str, KeyPath]] = field(default_factory=set)

    def left_over(self) -> list[str]:
        """Return the comments whose key was not written, or not on a line of its own."""
        return [
            text
            for kind, by_key in (("above", self.comments.above), ("beside", self.comments.beside))
            for path, texts in by_key.items()
            if (kind, path) not in self.used
            for text in texts
        ]

    def mapping(self, tree: dict[Any, Any], descriptor: Descriptor | None, path: KeyPath, indent: str) -> None:
        for key, value in tree.items():
            child: KeyPath = (*path, str(key))
            described = descriptor.fields_by_name[key] if descriptor is not None else None
            self._entry(f"{indent}{scalar(key)}:", value, described, child, indent)

    def _entry(self, start: str, value: Any, described: FieldDescriptor | None, path: KeyPath, indent: str) -> None:
        """Write one key of a mapping with its value."""
        beside = self._around(path, indent)
        flow = self._flow(value, path)
        if flow is not None and (len(start) + len(flow) < WIDTH or not value or isinstance(value, str | int | float)):
            self.lines.append(f"{start} {flow}{beside}")
        elif isinstance(value, str):
            self.lines.append(f"{start} {_block_head(value)}{beside}")
            self.lines += [f"{indent}  {line}" if line else "" for line in value.removesuffix("\n").split("\n")]
        elif isinstance(value, dict):
            self.lines.append(f"{start}{beside}")
            self.mapping(value, _message_of(described), path, f"{indent}  ")
        else:
            self.lines.append(f"{start}{beside}")
            for index, item in enumerate(value):
                self._item(item, described, (*path, index), f"{indent}  ")

    def _item(self, value: Any, described: FieldDescriptor | None, path: KeyPath, indent: str) -> None:
        beside = self._around(path, indent)
        flow = self._flow(value, path)
        if flow is not None and (len(indent) + len(flow) < WIDTH or not value or not isinstance(value, dict)):
            self.lines.append(f"{indent}- {flow}{beside}")
            return
        if beside:
            # The item's first line has a key, which may have a comment of its own.
            self.lines.append(f"{indent}{beside.strip()}")
        first = len(self.lines)
        self.mapping(value, _message_of(described), path, f"{indent}  ")
        at = next(number for number in range(first, len(self.lines)) if not self.lines[number].lstrip().startswith("#"))
        self.lines[first:at] = [f"{indent}{line.lstrip()}" for line in self.lines[first:at]]
        self.lines[at] = f"{indent}- {self.lines[at].lstrip()}"

    def _around(self, path: KeyPath, indent: str) -> str:
        """Write the comments above a key; return those beside it."""
        above, beside = self._take("above", path), self._take("beside", path)
        if len(beside) > 1:
            # One key stood on several lines.
            above, beside = above + beside, []
        self.lines += [f"{indent}{_comment(text)}" for text in above]
        return f"  {_comment(beside[0])}" if beside else ""

    def _take(self, kind: str, path: KeyPath) -> list[str]:
        self.used.add((kind, path))
        by_key = self.comments.above if kind == "above" else self.comments.beside
        return list(by_key.get(path, ()))

    def _flow(self, value: Any, path: KeyPath, depth: int = 0) -> str | None:
        """Return a value on one line; None when it needs several: for its comments, its depth, its line breaks."""
        if depth and (path in self.comments.above or path in self.comments.beside):
            return None
        if isinstance(value, str) and _is_block(value):
            return None
        if not isinstance(value, dict | list):
            return scalar(value)
        items = value.items() if isinstance(value, dict) else enumerate(value)
        if isinstance(value, list) and depth == 0 and any(isinstance(item, dict) for item in value):
            return None
        if isinstance(value, dict) and depth == 2 and value:
            return None
        parts = []
        for key, item in items:
            child: KeyPath = (*path, str(key) if isinstance(value, dict) else key)
            # A text in a list stays on its line.
            in_list = isinstance(value, list) and isinstance(item, str)
            text = scalar(item) if in_list else self._flow(item, child, depth + 1)
            if text is None:
                return None
            parts.append(f"{scalar(key)}: {text}" if isinstance(value, dict) else text)
        inner = ", ".join(parts)
        return f"{{{inner}}}" if isinstance(value, dict) else f"[{inner}]"


def _message_of(described: FieldDescriptor | None) -> Descriptor | None:
    """Return the type of a field's message; None for a map, whose keys are the user's."""
    if described is None or described.message_type is None or is_map(described):
        return None
    return described.message_type


def _is_block(text: str) -> bool:
    """Tell whether a text of several lines can stand as a literal block, every character as it is."""
    lines = text.removesuffix("\n").split("\n")
    return (
        len(lines) > 1
        and bool(lines[0])
        and not lines[0].startswith(" ")
        and bool(lines[-1])
        and all(line.isprintable() and line == line.rstrip() for line in lines)
    )


def _block_head(text: str) -> str:
    return "|" if text.endswith("\n") else "|-"
