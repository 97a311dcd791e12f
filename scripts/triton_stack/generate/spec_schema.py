"""JSON schemas (draft-07) that editors complete, explain and check a user's files by: model specs and stack.yaml.

They say of one file what can be said key by key; `triton-stack check` says the rest. Both files may be templates, and
YAML takes a template's `{{ name }}` for a mapping within a mapping, so such a thing may stand for any value.
"""

import json
from typing import Any

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor

from triton_stack.generate.chart_schema import clean, values_schema
from triton_stack.generate.chart_values import MARK
from triton_stack.spec.descriptor import enum_choices, is_map, is_repeated, model_config_descriptor
from triton_stack.spec.field_docs import all_messages, field_since, field_text, type_name, value_text
from triton_stack.spec.fields import FLOAT_MAX, INT_RANGES
from triton_stack.spec.model import WARMUP_FROM_SAMPLE, OwnKeys
from triton_stack.spec.stack import Stack

DRAFT = "http://json-schema.org/draft-07/schema#"
Schema = dict[str, Any]

# What editors show above the description of a key.
_KINDS = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "array": "list",
    "object": "mapping",
    "null": "nothing",
}
_OF_SCHEMAS = ("properties", "patternProperties", "$defs", "dependencies")
_OF_SCHEMA = ("additionalProperties", "items", "propertyNames")

# Editors see the mapping, without its key that is a mapping itself; nothing that has a plain key passes.
_TEMPLATE: Schema = {"title": "template", "type": "object", "maxProperties": 1, "additionalProperties": False}
_TEXT_TEMPLATE: Schema = {**_TEMPLATE, "type": ["object", "string"], "pattern": r"\{\{.*\}\}"}


def model_spec_schema() -> str:
    """The text of the schema of models/*.yaml."""
    root = model_config_descriptor()
    message = _message(root)
    properties = message["properties"] | clean(OwnKeys.model_json_schema(), {})["properties"]
    written_out = properties["model_warmup"]
    properties["model_warmup"] = {
        "description": written_out.pop("description"),
        "anyOf": [{"const": WARMUP_FROM_SAMPLE}, written_out],
    }
    return _text(
        "Model spec of triton-stack",
        {**message, "properties": properties, "required": ["name"]},
        {type_name(inner): _message(inner) for inner in all_messages() if inner is not root},
    )


def stack_schema() -> str:
    """The text of the schema of stack.yaml; its values are those of the chart."""
    values = json.loads(values_schema())
    stack = Stack.model_json_schema(by_alias=True)
    definitions = values.pop("$defs") | stack.pop("$defs", {})
    own = clean(stack, definitions)
    own["properties"]["values"] = {"description": own["properties"]["values"]["description"], "$ref": "#/$defs/Values"}
    chart = {key: value for key, value in values.items() if key in ("type", "properties", "additionalProperties")}
    return _text("stack.yaml of triton-stack", own, {"Values": chart, **definitions})


def _text(title: str, root: Schema, definitions: dict[str, Schema]) -> str:
    templates = {"template": _TEMPLATE, "textTemplate": _TEXT_TEMPLATE}
    whole = {
        "$schema": DRAFT,
        "$comment": MARK,
        "title": title,
        **_inner(root),
        "$defs": {**{name: {"title": name, **_open(schema)} for name, schema in definitions.items()}, **templates},
    }
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def _message(message: Descriptor) -> Schema:
    schema: Schema = {
        "type": "object",
        "additionalProperties": False,
        "properties": {field.name: _field(message, field) for field in message.fields},
    }
    # Of each group, a key that is there forbids the others, at their place.
    excluded = {
        field.name: {"properties": {other.name: False for other in oneof.fields if other is not field}}
        for oneof in message.oneofs
        for field in oneof.fields
        if len(oneof.fields) > 1
    }
    return {**schema, "dependencies": excluded} if excluded else schema


def _field(message: Descriptor, field: FieldDescriptor) -> Schema:
    since = field_since(message, field)
    description = field_text(message, field) + (f" Since Triton {since}." if since else "")
    if is_map(field):
        assert field.message_type is not None
        entry = field.message_type.fields_by_name
        keys = {"propertyNames": {"pattern": "^[0-9]+$"}} if entry["key"].cpp_type in INT_RANGES else {}
        return {"description": description, "type": "object", **keys, "additionalProperties": _value(entry["value"])}
    if is_repeated(field):
        return {"description": description, "type": "array", "items": _value(field)}
    return {"description": description, **_value(field)}


def _value(field: FieldDescriptor) -> Schema:
    if field.message_type is not None:
        return {"$ref": f"#/$defs/{type_name(field.message_type)}"}
    if field.enum_type is not None:
        return _enum(field.enum_type)
    if field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
        return {"type": "string"}
    if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
        return {"type": "boolean"}
    if field.cpp_type == FieldDescriptor.CPPTYPE_FLOAT:
        return {"type": "number", "minimum": -FLOAT_MAX, "maximum": FLOAT_MAX}
    if field.cpp_type == FieldDescriptor.CPPTYPE_DOUBLE:
        return {"type": "number"}
    low, high = INT_RANGES[field.cpp_type]
    return {"type": "integer", "minimum": low, "maximum": high}


def _enum(enum: EnumDescriptor) -> Schema:
    texts = [value_text(enum, value.name) for value in enum.values]
    # The short forms come first, as editors offer them; the long ones are another way to write the same.
    short, long = enum_choices(enum), [value.name for value in enum.values]
    both = dict(zip(short + long, texts + texts, strict=True))
    return {"enum": list(both), "enumDescriptions": list(both.values())}


def _inner(schema: Schema) -> Schema:
    """Let templates stand for what is within a schema."""
    result = dict(schema)
    for key in _OF_SCHEMAS:
        if key in schema:
            result[key] = {name: _open(part) if isinstance(part, dict) else part for name, part in schema[key].items()}
    for key in _OF_SCHEMA:
        if isinstance(schema.get(key), dict):
            result[key] = _open(schema[key]) if key != "propertyNames" else schema[key]
    return result


def _open(schema: Schema) -> Schema:
    """Let a template stand for a value too; mappings need nothing for that, as they take the template for one key."""
    if "allOf" in schema:
        # Editors show the description beside a reference; validators of draft-07 do not look at it.
        return {"description": schema["description"], **schema["allOf"][0]}
    choices = [_inner(choice) for choice in schema.get("anyOf", [schema])]
    kinds = [_kind(choice) for choice in choices]
    if kinds == ["object"]:
        return choices[0]
    texts = {"string", "word"} & set(kinds)
    named = [{"title": _KINDS.get(kind, kind), **choice} for kind, choice in zip(kinds, choices, strict=True)]
    for choice in named:
        choice.pop("description", None)
    result: Schema = {"description": _description(schema)} if _description(schema) else {}
    return {**result, "anyOf": [*named, {"$ref": f"#/$defs/{'textTemplate' if texts else 'template'}"}]}


def _kind(schema: Schema) -> str:
    if "enum" in schema or "const" in schema:
        return "word"
    return str(schema.get("type", "object"))


def _description(schema: Schema) -> str:
    choices = [schema, *schema.get("anyOf", [])]
    return next((str(choice["description"]) for choice in choices if "description" in choice), "")
