"""Triton's ModelConfig as Triton declares it: message class, field order, enum short forms. Reads its own data only.

The schema is the serialized descriptor of NVIDIA's model_config.proto (triton-inference-server/common, BSD-3-Clause),
in a descriptor pool of its own so that it never clashes with the one that tritonclient registers.
"""

from functools import cache
from importlib.resources import files
from itertools import takewhile
from typing import Any

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass


@cache
def model_config_descriptor() -> Descriptor:
    """Return the descriptor of ``inference.ModelConfig``."""
    pool = DescriptorPool()
    pool.AddSerializedFile(files(__package__).joinpath("model_config.binpb").read_bytes())
    return pool.FindMessageTypeByName("inference.ModelConfig")


def new_model_config() -> Any:
    """Return an empty ModelConfig message (typed Any: its fields come from the descriptor, not from stubs)."""
    message: Message = GetMessageClass(model_config_descriptor())()
    return message


def is_repeated(field: FieldDescriptor) -> bool:
    """Tell whether the field holds a list (or a map); protobuf before 6 has no is_repeated, after 6 no label."""
    described: Any = field
    if hasattr(described, "is_repeated"):
        return bool(described.is_repeated)
    return bool(described.label == described.LABEL_REPEATED)


def is_map(field: FieldDescriptor) -> bool:
    """Tell whether the field is declared as ``map<K, V>``."""
    return field.message_type is not None and bool(field.message_type.GetOptions().map_entry)


@cache
def enum_prefix(enum: EnumDescriptor) -> str:
    """Return what all values of an enum start with (``TYPE_``), or nothing: a short form is a value without it."""
    words = [value.name.split("_") for value in enum.values]
    if len(words) < 2:
        return ""
    # The last word is the value's own, also where all values begin alike.
    common = takewhile(lambda column: len(set(column)) == 1, zip(*(item[:-1] for item in words), strict=False))
    return "".join(f"{column[0]}_" for column in common)


def enum_value(enum: EnumDescriptor, text: str) -> str | None:
    """Return Triton's name for a long (``TYPE_FP32``) or short (``FP32``) form, None when it is neither."""
    for candidate in (text, enum_prefix(enum) + text):
        if candidate in enum.values_by_name:
            return candidate
    return None


def enum_choices(enum: EnumDescriptor) -> list[str]:
    """Return the short forms, in Triton's order."""
    prefix = enum_prefix(enum)
    return [value.name.removeprefix(prefix) for value in enum.values]


def enum_name(message: Any, field: str) -> str:
    """Return Triton's name of an enum field's value, or its number for one that Triton does not name."""
    number = getattr(message, field)
    found = message.DESCRIPTOR.fields_by_name[field].enum_type.values_by_number.get(number)
    return str(found.name) if found is not None else str(number)
