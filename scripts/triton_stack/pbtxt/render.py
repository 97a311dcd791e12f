"""From checked fields to config.pbtxt as a person would write it. No I/O."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.text_encoding import CEscape
from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from triton_stack.spec.descriptor import is_map, is_repeated, model_config_descriptor
from triton_stack.spec.fields import Tree
from triton_stack.spec.names import GENERATED_MARK


@dataclass(frozen=True, slots=True)
class Node:
    """One field to print: ``values`` of a scalar, or ``blocks``, one list of nodes for each message."""

    name: str
    values: tuple[str, ...] = ()
    blocks: tuple[tuple["Node", ...], ...] = ()
    repeated: bool = False


def render_config(tree: Tree, source: str) -> str:
    """Write a ModelConfig: Triton's field order, a head comment that names the spec, the same text each time.

    Args:
        tree: checked fields, as ``spec.fields.read_fields`` gives them.
        source: the spec's name for the head comment.
    """
    nodes = _nodes(tree, model_config_descriptor())
    printable = "".join(character if character.isprintable() else "?" for character in source)
    return _template().render(nodes=nodes, mark=GENERATED_MARK, source=printable)


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("triton_stack.pbtxt", "."),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        # The output is protobuf text, not HTML; strings are escaped by protobuf's own rules.
        autoescape=False,
    )
    return environment.get_template("config.pbtxt.j2")


def _nodes(tree: Tree, descriptor: Descriptor | None) -> tuple[Node, ...]:
    return tuple(
        _node(field, tree[field.name]) for field in (descriptor.fields if descriptor else ()) if field.name in tree
    )


def _node(field: FieldDescriptor, value: Any) -> Node:
    if is_map(field):
        entries = field.message_type
        blocks = tuple(_nodes({"key": key, "value": item}, entries) for key, item in sorted(value.items()))
        return Node(field.name, blocks=blocks, repeated=True)
    items = value if is_repeated(field) else [value]
    if field.message_type is not None:
        blocks = tuple(_nodes(item, field.message_type) for item in items)
        return Node(field.name, blocks=blocks, repeated=is_repeated(field))
    return Node(field.name, values=tuple(_scalar(field, item) for item in items), repeated=is_repeated(field))


def _scalar(field: FieldDescriptor, value: Any) -> str:
    if field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
        text = str(value)
        # Unprintable characters are written as escapes: the text travels through YAML values and terminals.
        return f'"{CEscape(text.encode(), as_utf8=text.isprintable())}"'
    if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
        return "true" if value else "false"
    return repr(value) if isinstance(value, float) else str(value)
