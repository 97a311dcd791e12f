"""Triton's ModelConfig as Triton declares it: message class, fields in its order, enum short forms. No I/O but its own data.

The schema is the serialized descriptor of NVIDIA's model_config.proto (triton-inference-server/common, BSD-3-Clause),
in a descriptor pool of its own so that it never clashes with the one that tritonclient registers.
"""

import os
from functools import cache
from importlib.resources import files
from typing import Any, cast

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass


@cache
def model_config_descriptor() -> Descriptor:
    """Return the descriptor of ``inference.ModelConfig``."""
    pool = DescriptorPool()
    pool.AddSerializedFile(files(__package__).joinpath("model_config.binpb").read_bytes())
    return cast(Descriptor, pool.FindMessageTypeByName("inference.ModelConfig"))


def new_model_config() -> Any:
    """Return an empty ModelConfig message (typed Any: its fields come from the descriptor, not from stubs)."""
    message: Message = GetMessageClass(model_config_descriptor())()
    return message


def is_repeated(field: FieldDescriptor) -> bool:
    """Tell whether the field holds a list (or a map); protobuf 7 deprecates the older spelling."""
    repeated = getattr(field, "is_repeated", None)
    return bool(field.label == field.LABEL_REPEATED if repeated is None else repeated)


def is_map(field: FieldDescriptor) -> bool:
    """Tell whether the field is declared as ``map<K, V>``."""
    return field.message_type is not None and bool(field.message_type.GetOptions().map_entry)


@cache
def enum_prefix(enum: EnumDescriptor) -> str:
    """Return what all values of an enum start with (``TYPE_``), or nothing: a short form is a value without it."""
    names = [value.name for value in enum.values]
    common = os.path.commonprefix(names) if len(names) > 1 else ""
    return common[: common.rfind("_") + 1]


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
