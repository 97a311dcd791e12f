"""Random model specs: any field of ModelConfig that the descriptor has, with any value that it can hold."""

from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from hypothesis import strategies as st

from triton_stack.spec.descriptor import enum_choices, is_map, is_repeated, model_config_descriptor
from triton_stack.spec.fields import INT_RANGES

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
FEW = {"max_size": 2}


def scalars(field: FieldDescriptor) -> st.SearchStrategy[Any]:
    kind = field.cpp_type
    if kind == FieldDescriptor.CPPTYPE_ENUM:
        assert field.enum_type is not None
        return st.sampled_from([*enum_choices(field.enum_type), *field.enum_type.values_by_name])
    if kind == FieldDescriptor.CPPTYPE_STRING:
        return TEXT
    if kind == FieldDescriptor.CPPTYPE_BOOL:
        return st.booleans()
    if kind in (FieldDescriptor.CPPTYPE_FLOAT, FieldDescriptor.CPPTYPE_DOUBLE):
        width = 32 if kind == FieldDescriptor.CPPTYPE_FLOAT else 64
        return st.floats(allow_nan=False, allow_infinity=False, width=width)
    low, high = INT_RANGES[kind]
    return st.integers(low, high)


def values(field: FieldDescriptor, depth: int) -> st.SearchStrategy[Any]:
    if is_map(field):
        assert field.message_type is not None
        entry = field.message_type.fields_by_name
        return st.dictionaries(scalars(entry["key"]).map(str), single(entry["value"], depth), **FEW)
    return st.lists(single(field, depth), **FEW) if is_repeated(field) else single(field, depth)


def single(field: FieldDescriptor, depth: int) -> st.SearchStrategy[Any]:
    return messages(field.message_type, depth + 1) if field.message_type is not None else scalars(field)


@st.composite
def messages(draw: st.DrawFn, descriptor: Descriptor, depth: int) -> dict[str, Any]:
    chosen = (
        draw(st.lists(st.sampled_from(list(descriptor.fields)), max_size=4 if depth < 4 else 1, unique=True))
        if descriptor.fields
        else []
    )
    taken: set[str] = set()
    result = {}
    for field in chosen:
        oneof = field.containing_oneof
        if oneof is not None and oneof.name in taken:
            continue
        if oneof is not None:
            taken.add(oneof.name)
        result[field.name] = draw(values(field, depth))
    return result


SPECS = messages(model_config_descriptor(), 0)
