"""The schemas that editors use agree with what the command itself accepts and refuses."""

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.command import triton_stack
from tests.support.model_specs import SPECS, TEXT
from tests.support.scenarios import scenarios
from triton_stack.generate.spec_schema import model_spec_schema, stack_schema
from triton_stack.spec.environment import Environment
from triton_stack.spec.findings import FindingsError
from triton_stack.spec.model import parse_model_spec
from triton_stack.spec.stack import parse_stack

ROOT = Path(__file__).parents[2]
MODEL_SPEC = jsonschema_rs.Draft7Validator(json.loads(model_spec_schema()))
STACK = jsonschema_rs.Draft7Validator(json.loads(stack_schema()))
TENSOR = "{name: A, data_type: FP32, dims: [1]}"


def spec_is_read(text: str) -> bool:
    try:
        parse_model_spec(text, "m.yaml")
    except FindingsError:
        return False
    return True


def stack_is_read(text: str) -> bool:
    try:
        parse_stack(text, "stack.yaml", Environment())
    except FindingsError:
        return False
    return True


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(SPECS, TEXT)
def test_the_schema_accepts_every_spec_that_can_be_read(data: dict[str, Any], name: str) -> None:
    spec = {**data, "name": name}
    assert spec_is_read(json.dumps(spec))
    assert MODEL_SPEC.is_valid(spec), list(MODEL_SPEC.iter_errors(spec))


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(SPECS, st.data())
def test_the_schema_and_the_command_judge_a_changed_value_alike(spec: dict[str, Any], data: st.DataObject) -> None:
    spec = {**spec, "name": "m"}
    places = list(walk(spec))
    holder, key = data.draw(st.sampled_from(places))
    # Not 1.0, a whole number to JSON schema, and no empty mapping, which is what editors see of a template.
    holder[key] = data.draw(st.sampled_from([None, True, 1.5, -1, 2**64, "x", "FP32", [], [[]], {"x": 1}, [{"x": 1}]]))
    assert MODEL_SPEC.is_valid(spec) == spec_is_read(json.dumps(spec))


def walk(node: Any) -> Any:
    """Every place in a tree: what holds it, and its key or index."""
    items = list(node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else [])
    for key, item in items:
        yield node, key
        yield from walk(item)


@pytest.mark.parametrize(
    ("accepted", "refused"),
    [
        ("name: m", "{}"),
        ("name: m\nbackend: python", "name: m\nbackends: python"),
        (f"name: m\ninput: [{TENSOR}]", f"name: m\ninput: {TENSOR}"),
        ("name: m\ninput: [{optional: true}]", "name: m\ninput: [{optional: 'true'}]"),
        ("name: m\ninput: [{format: NCHW}]", "name: m\ninput: [{format: nchw}]"),
        ("name: m\ninstance_group: [{kind: GPU}]", "name: m\ninstance_group: [{kind: TPU}]"),
        ("name: m\ninstance_group: [{kind: KIND_GPU}]", "name: m\ninstance_group: [{kind: kind_gpu}]"),
        ("name: m\nmax_batch_size: 2147483647", "name: m\nmax_batch_size: 2147483648"),
        ("name: m\nmax_batch_size: 1", "name: m\nmax_batch_size: '1'"),
        (
            "name: m\nversion_policy: {latest: {num_versions: 0}}",
            "name: m\nversion_policy: {latest: {num_versions: -1}}",
        ),
        ("name: m\nversion_policy: {all: {}}", "name: m\nversion_policy: {all: {}, latest: {}}"),
        ("name: m\nversion_policy: {all: {}}", "name: m\nversion_policy: {all: }"),
        ("name: m\ndynamic_batching: {}", "name: m\ndynamic_batching: {}\nsequence_batching: {}"),
        ("name: m\nparameters: {a: {string_value: b}}", "name: m\nparameters: {a: b}"),
        ("name: m\nmetric_tags: {a: b}", "name: m\nmetric_tags: {a: 1}"),
        (
            "name: m\ndynamic_batching: {priority_queue_policy: {1: {}}}",
            "name: m\ndynamic_batching: {priority_queue_policy: {high: {}}}",
        ),
        (
            f"name: m\ninput: [{TENSOR}]\nsample: {{A: [1]}}\nmodel_warmup: sample",
            f"name: m\ninput: [{TENSOR}]\nsample: {{A: [1]}}\nmodel_warmup: samples",
        ),
        ("name: m\npool: gpu", "name: m\npool: [gpu]"),
        ("name: m\nsource: ../files/m", "name: m\nsource: [../files/m]"),
    ],
)
def test_the_schema_and_the_command_refuse_the_same(accepted: str, refused: str) -> None:
    judged = [(MODEL_SPEC.is_valid(as_json(text)), spec_is_read(text)) for text in (accepted, refused)]
    assert judged == [(True, True), (False, False)]


@pytest.mark.parametrize(
    ("accepted", "refused"),
    [
        ("name: s", "{}"),
        ("name: s-1", "name: S"),
        ("name: s\nvalues: {poolDefaults: {replicas: 2}}", "name: s\nvalue: {poolDefaults: {replicas: 2}}"),
        ("name: s\nvariables: {a: 1}", "name: s\nvariables: [a]"),
        ("name: s\nvariables: {a: 1}", "name: s\nvariables: {1a: 1}"),
        ("name: s\nenvironments: {dev: {a: 1}, prod: }", "name: s\nenvironments: {dev: 1}"),
        ("name: s\nenvironments: {dev: {a: 1}}", "name: s\nenvironments: {Dev: {a: 1}}"),
    ],
)
def test_the_schema_of_a_stack_and_the_command_refuse_the_same(accepted: str, refused: str) -> None:
    judged = [(STACK.is_valid(as_json(text)), stack_is_read(text)) for text in (accepted, refused)]
    assert judged == [(True, True), (False, False)]


def test_the_demo_follows_both_schemas() -> None:
    stack = ROOT / "scripts" / "demo" / "stack"
    specs = list((stack / "models").glob("*.yaml"))
    assert specs
    assert [list(MODEL_SPEC.iter_errors(yaml.safe_load(spec.read_text()))) for spec in specs] == [[]] * len(specs)
    assert list(STACK.iter_errors(yaml.safe_load((stack / "stack.yaml").read_text()))) == []


@pytest.mark.parametrize("scenario", scenarios())
def test_the_values_of_a_stack_are_those_of_the_chart(scenario: str) -> None:
    stack = {"name": "s", "values": scenarios()[scenario]}
    assert list(STACK.iter_errors(stack)) == []
    assert not STACK.is_valid({"name": "s", "values": {**stack["values"], "unknown": 1}})


def as_json(text: str) -> Any:
    """A YAML text as editors hand it to a schema: all keys are texts."""
    return json.loads(json.dumps(yaml.safe_load(text)))


# What the YAML extension of VS Code makes of `{{ name }}`: a mapping whose only key is no text.
TEMPLATE: dict[str, Any] = {}


@pytest.mark.parametrize(
    "spec",
    [
        {"name": TEMPLATE},
        {"name": "m-{{ environment }}"},
        {"name": "m", "max_batch_size": TEMPLATE},
        {"name": "m", "input": [{"data_type": TEMPLATE, "dims": [TEMPLATE], "optional": TEMPLATE}], "output": TEMPLATE},
        {"name": "m", "input": [{"data_type": "{{ type }}", "dims": TEMPLATE}]},
        {"name": "m", "parameters": TEMPLATE, "model_warmup": TEMPLATE, "pool": TEMPLATE, "sample": TEMPLATE},
    ],
)
def test_a_template_may_stand_for_any_value(spec: dict[str, Any]) -> None:
    assert list(MODEL_SPEC.iter_errors(spec)) == []


def test_a_template_may_stand_for_any_value_of_the_chart() -> None:
    values = {"poolDefaults": {"replicas": TEMPLATE, "gpu": TEMPLATE, "image": {"tag": TEMPLATE}}, "pools": TEMPLATE}
    assert list(STACK.iter_errors({"name": "s", "values": values})) == []


def test_a_quoted_template_is_no_number_as_what_it_makes_is_a_text() -> None:
    assert not MODEL_SPEC.is_valid({"name": "m", "max_batch_size": "{{ size }}"})


@pytest.mark.parametrize("schema", [model_spec_schema, stack_schema], ids=["model spec", "stack"])
def test_every_key_says_what_it_is(schema: Any) -> None:
    root = json.loads(schema())
    described = [
        (where, key, part.get("description", ""))
        for where, definition in {"the file": root, **root["$defs"]}.items()
        for key, part in definition.get("properties", {}).items()
    ]
    assert len(described) > 80
    assert [(where, key) for where, key, text in described if not text] == []


@pytest.mark.parametrize("kind", ["model-spec", "stack"])
def test_the_command_prints_the_schema_that_is_committed(kind: str) -> None:
    done = triton_stack("schema", kind)
    assert done.code == 0
    assert done.out == (ROOT / "docs" / "reference" / f"{kind}.schema.json").read_text()


def test_a_schema_that_is_not_there_is_wrong_use() -> None:
    done = triton_stack("schema", "values")
    assert done.code == 2
