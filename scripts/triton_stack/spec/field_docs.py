"""A text for each field of Triton's ModelConfig, kept beside in field_docs.yaml. Reads its own data only."""

from functools import cache
from importlib.resources import files

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor

from triton_stack.spec.base import parse_yaml
from triton_stack.spec.descriptor import is_map, model_config_descriptor
from triton_stack.spec.versions import FIELD_SINCE, TritonVersion

FILE = "field_docs.yaml"


@cache
def field_docs() -> dict[str, str]:
    """Return the texts by ``Message.field``, and by ``Enum.VALUE`` for the values that have one."""
    texts: dict[str, str] = parse_yaml(files(__package__).joinpath(FILE).read_bytes(), FILE).data
    return texts


def type_name(described: Descriptor | EnumDescriptor) -> str:
    """Return the name of a message or an enumeration without its package: ``ModelInput.Format``."""
    return str(described.full_name).removeprefix(f"{described.file.package}.")


def field_text(message: Descriptor, field: FieldDescriptor) -> str:
    """Return what a field does."""
    return field_docs()[f"{type_name(message)}.{field.name}"]


def value_text(enum: EnumDescriptor, value: str) -> str:
    """Return what a value of an enumeration means, or nothing where its name says it."""
    return field_docs().get(f"{type_name(enum)}.{value}", "")


def field_since(message: Descriptor, field: FieldDescriptor) -> TritonVersion | None:
    """Return the release that brought a field; None for one that every supported release has."""
    return FIELD_SINCE.get((type_name(message), field.name))


@cache
def all_messages() -> tuple[Descriptor, ...]:
    """Return ModelConfig and every message within it, each before those that its fields hold."""
    found: dict[str, Descriptor] = {}

    def visit(message: Descriptor) -> None:
        if message.full_name in found:
            return
        found[message.full_name] = message
        for field in message.fields:
            held = field.message_type
            if held is not None and is_map(field):
                held = held.fields_by_name["value"].message_type
            if held is not None:
                visit(held)

    visit(model_config_descriptor())
    return tuple(found.values())
