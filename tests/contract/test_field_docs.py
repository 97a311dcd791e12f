"""Every field of Triton's ModelConfig has its text, and no text is without its field."""

from triton_stack.spec.field_docs import all_messages, field_docs, field_since, type_name
from triton_stack.spec.versions import FIELD_SINCE


def names() -> set[str]:
    found = {f"{type_name(message)}.{field.name}" for message in all_messages() for field in message.fields}
    assert len(found) > 140
    return found


def values() -> set[str]:
    enums = [field.enum_type for message in all_messages() for field in message.fields if field.enum_type is not None]
    assert len(enums) > 10
    return {f"{type_name(enum)}.{value.name}" for enum in enums for value in enum.values}


def test_every_field_has_its_text() -> None:
    assert names() - field_docs().keys() == set()


def test_every_text_has_its_field_or_value() -> None:
    assert field_docs().keys() - names() - values() == set()


def test_every_value_has_its_text_but_types_that_say_all() -> None:
    without = values() - field_docs().keys()
    assert {name.partition(".")[0] for name in without} == {"DataType"}


def test_every_text_is_a_sentence_that_stays_short() -> None:
    wrong = [text for text in field_docs().values() if not text.endswith(".") or len(text) > 240 or "|" in text]
    assert wrong == []


def test_every_release_that_brought_a_field_is_that_of_a_field() -> None:
    since = {
        (type_name(message), field.name)
        for message in all_messages()
        for field in message.fields
        if field_since(message, field)
    }
    assert since == FIELD_SINCE.keys()
