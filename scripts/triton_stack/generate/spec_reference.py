"""The reference of model specs: docs/reference/model-spec.md."""

from collections.abc import Iterator, Sequence

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor

from triton_stack.generate.chart_values import MARK
from triton_stack.spec.descriptor import enum_choices, enum_prefix, is_map, is_repeated, model_config_descriptor
from triton_stack.spec.field_docs import all_messages, field_since, field_text, type_name, value_text
from triton_stack.spec.model import WARMUP_FROM_SAMPLE, OwnKeys

HEAD = """# Keys of a model spec

A spec, `models/<name>.yaml`, has Triton's own ModelConfig fields under their own names, and a few keys of ours. Of all
of them, only `name` must be there. Editors complete and explain the keys by the [schema](model-spec.schema.json), which
`triton-stack schema model-spec` prints.

What Triton writes as `key { a: 1 }` is a mapping, `key: {a: 1}`; a repeated field is a list; a map has its keys as they
are, `parameters: {key: {string_value: "1"}}`. Words of Triton can be written short, `FP32` for `TYPE_FP32`. A key that
is there counts, also when it is 0 or `{}`. Of the keys of a table that bear the same letter, as ᵃ, one can be there.

Releases older than the one under "since" refuse the key; where there is none, every supported release knows it.
"""
SAMPLE = """
`sample` has the data of each input as nested lists that follow its dims, `sample: {TEXT: [hello]}`;
`{zeros: [3, 224, 224]}` stands for a tensor of that shape with zeros, or with empty texts.
"""
_LETTERS = "ᵃᵇᶜᵈᵉ"
_SCALARS = {
    FieldDescriptor.CPPTYPE_INT32: "whole number",
    FieldDescriptor.CPPTYPE_INT64: "whole number",
    FieldDescriptor.CPPTYPE_UINT32: "whole number, 0 or more",
    FieldDescriptor.CPPTYPE_UINT64: "whole number, 0 or more",
    FieldDescriptor.CPPTYPE_FLOAT: "number",
    FieldDescriptor.CPPTYPE_DOUBLE: "number",
    FieldDescriptor.CPPTYPE_BOOL: "true or false",
    FieldDescriptor.CPPTYPE_STRING: "text",
}


def spec_reference() -> str:
    """The text of the reference."""
    root = model_config_descriptor()
    inner = [message for message in all_messages() if message is not root and message.fields]
    parts = [
        f"<!-- {MARK} -->\n{HEAD}",
        _table("Ours", [("key", "default", "what it is"), *_own_rows()]) + SAMPLE,
        _table("ModelConfig", [("key", "type", "since", "what it does"), *_rows(root)]),
        *(_table(type_name(message), [("key", "type", "since", "what it does"), *_rows(message)]) for message in inner),
        "## Words\n\nThe short form of each. The long one has before it what stands in brackets; both are right.\n",
        *(_words(enum) for enum in _enums()),
    ]
    return "\n".join(parts)


def _table(title: str, rows: Sequence[tuple[str, ...]], level: str = "##") -> str:
    head, *others = rows
    lines = [f"{level} {title}", "", _row(head), f"|{'---|' * len(head)}", *(_row(row) for row in others)]
    return "\n".join(lines) + "\n"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _own_rows() -> Iterator[tuple[str, str, str]]:
    properties = OwnKeys.model_json_schema()["properties"]
    for name, described in properties.items():
        choices = [described, *described.get("anyOf", [])]
        text = next(choice["description"] for choice in choices if "description" in choice)
        default = described.get("default")
        yield f"`{name}`", f"`{default}`" if default is not None else "", text


def _rows(message: Descriptor) -> Iterator[tuple[str, str, str, str]]:
    groups = [oneof for oneof in message.oneofs if len(oneof.fields) > 1]
    for field in message.fields:
        letter = next((_LETTERS[index] for index, oneof in enumerate(groups) if field in oneof.fields), "")
        since = field_since(message, field)
        sample = f", or `{WARMUP_FROM_SAMPLE}`" if field.full_name == f"{message.full_name}.model_warmup" else ""
        yield f"`{field.name}`{letter}", _type(field) + sample, str(since or ""), field_text(message, field)


def _type(field: FieldDescriptor) -> str:
    if is_map(field):
        assert field.message_type is not None
        entry = field.message_type.fields_by_name
        return f"map: {_single(entry['key'])} to {_single(entry['value'])}"
    return f"list of {_single(field)}" if is_repeated(field) else _single(field)


def _single(field: FieldDescriptor) -> str:
    described: Descriptor | EnumDescriptor | None = field.message_type or field.enum_type
    if described is None:
        return _SCALARS[field.cpp_type]
    if field.message_type is not None and not field.message_type.fields:
        return "`{}`"
    return f"[{type_name(described)}](#{type_name(described).replace('.', '').lower()})"


def _enums() -> list[EnumDescriptor]:
    fields = [field for message in all_messages() for field in message.fields]
    return list(
        {field.enum_type.full_name: field.enum_type for field in fields if field.enum_type is not None}.values()
    )


def _words(enum: EnumDescriptor) -> str:
    prefix = f" [{enum_prefix(enum)}]" if enum_prefix(enum) else ""
    rows = [
        (f"`{short}`", value_text(enum, value.name))
        for short, value in zip(enum_choices(enum), enum.values, strict=True)
    ]
    return _table(type_name(enum), [("word" + prefix, "meaning"), *rows], "###")
