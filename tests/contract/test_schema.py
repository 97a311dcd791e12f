"""The generated schema keeps to what every Helm reads, and says something about each key."""

import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest

from tests.support.render import CHART

SCHEMA: dict[str, Any] = json.loads((CHART / "values.schema.json").read_text())


def nodes(node: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    yield path, node
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in children:
        yield from nodes(value, f"{path}/{key}")


def properties() -> list[tuple[str, dict[str, Any]]]:
    found = [
        (f"{path}/{key}", schema)
        for path, node in nodes(SCHEMA)
        if isinstance(node, dict) and isinstance(node.get("properties"), dict)
        for key, schema in node["properties"].items()
    ]
    assert len(found) > 100
    return found


def test_the_schema_is_valid_draft_07() -> None:
    assert SCHEMA["$schema"] == "http://json-schema.org/draft-07/schema#"
    jsonschema_rs.meta.validate(SCHEMA)


def test_the_check_of_the_schema_sees_a_broken_one() -> None:
    with pytest.raises(jsonschema_rs.ValidationError):
        jsonschema_rs.meta.validate({**SCHEMA, "properties": {"x": {"type": "nonsense"}}})


def test_every_reference_stays_in_the_file() -> None:
    references = [node["$ref"] for _, node in nodes(SCHEMA) if isinstance(node, dict) and "$ref" in node]
    assert references
    assert [ref for ref in references if not ref.startswith("#/$defs/")] == []


def test_nothing_stands_beside_a_reference_because_draft_07_ignores_it() -> None:
    beside = [path for path, node in nodes(SCHEMA) if isinstance(node, dict) and "$ref" in node and len(node) > 1]
    assert beside == []


def test_every_object_with_known_keys_is_closed() -> None:
    objects = [
        (path, node)
        for path, node in nodes(SCHEMA)
        if isinstance(node, dict) and isinstance(node.get("properties"), dict)
    ]
    assert len(objects) > 20
    assert [path for path, node in objects if node.get("additionalProperties") is not False] == []


def test_every_key_has_a_description() -> None:
    assert [path for path, schema in properties() if not schema.get("description")] == []


def test_nothing_is_required_so_that_null_can_remove_a_default() -> None:
    assert [
        path for path, node in nodes(SCHEMA) if isinstance(node, dict) and isinstance(node.get("required"), list)
    ] == []


def test_the_chart_can_be_a_subchart_because_global_is_open() -> None:
    assert SCHEMA["properties"]["global"]["additionalProperties"] is True


def test_patterns_count_no_long_runs_which_make_every_render_dear() -> None:
    """Helm compiles each pattern at each render: counts up to 253 made it take twice as long; maxLength is free."""
    patterns = [key for _, node in nodes(SCHEMA) if isinstance(node, dict) for key in node.get("patternProperties", {})]
    patterns += [str(node["pattern"]) for _, node in nodes(SCHEMA) if isinstance(node, dict) and "pattern" in node]
    assert len(patterns) > 40
    assert [
        text for text in patterns for count in re.findall(r",(\d+)\}", text) if int(count) > 30 and count != "64"
    ] == []
