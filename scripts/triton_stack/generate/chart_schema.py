"""The chart's values.schema.json, from the typed values: draft-07, self-contained, closed.

Helm 3 before 3.18 knows draft-07 only, and there keywords beside `$ref` are ignored, so none stand there.
"""

import json
from typing import Any

from triton_stack.generate.chart_values import MARK
from triton_stack.spec.chart import Values


def values_schema() -> str:
    """The text of values.schema.json."""
    schema = Values.model_json_schema(by_alias=True)
    # Without this the chart could not be a subchart: Helm hands `global` to every chart.
    assert "global" in schema["properties"]
    ordered = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$comment": MARK,
        "title": "Values of the chart triton-stack",
        **clean(schema, schema["$defs"]),
    }
    return json.dumps(ordered, indent=2, ensure_ascii=False) + "\n"


def clean(node: Any, definitions: dict[str, Any]) -> Any:
    """Drop what draft-07 ignores beside `$ref`, and the titles that only repeat the key."""
    if isinstance(node, list):
        return [clean(item, definitions) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        # A `$ref` alone in allOf keeps the description beside it, which editors show. Pydantic leaves the description
        # out where it is the referenced model's own.
        description = node.get("description") or definitions[node["$ref"].rpartition("/")[2]]["description"]
        return {"description": description, "allOf": [{"$ref": node["$ref"]}]}
    if "patternProperties" in node:
        # Without this a key of the wrong form would be let through unseen.
        node = {**node, "additionalProperties": False}
    return {
        key: {name: clean(part, definitions) for name, part in value.items()}
        if key in ("properties", "patternProperties", "$defs")
        else clean(value, definitions)
        for key, value in node.items()
        if not (key == "title" and isinstance(value, str)) and key != "default"
    }
