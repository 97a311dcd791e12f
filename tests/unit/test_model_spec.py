"""A model spec: Triton's fields with presence kept, errors with their place and fix."""

import json

import pytest

from triton_stack.pbtxt import config_text, parse_config
from triton_stack.spec.descriptor import enum_choices, model_config_descriptor
from triton_stack.spec.findings import Finding, FindingsError
from triton_stack.spec.model import parse_model_spec


def refused(text: str) -> list[Finding]:
    with pytest.raises(FindingsError) as caught:
        parse_model_spec(text, "m.yaml")
    assert caught.value.findings
    return caught.value.findings


def place(finding: Finding) -> tuple[str, str, int | None, int | None]:
    return finding.code, finding.key, finding.line, finding.column


def test_an_unknown_key_is_named_with_its_line_and_the_nearest_key() -> None:
    (finding,) = refused("name: m\nbackend: python\nmax_batchsize: 4\n")
    assert place(finding) == ("TS003", "max_batchsize", 3, 1)
    assert finding.fix == 'did you mean "max_batch_size"?'


def test_an_unknown_key_deep_inside_is_named_with_its_path() -> None:
    (finding,) = refused("name: m\ninput:\n  - name: A\n    datatype: FP32\n")
    assert place(finding) == ("TS003", "input[0].datatype", 4, 5)
    assert finding.fix == 'did you mean "data_type"?'


def test_all_errors_of_a_spec_are_reported_at_once() -> None:
    found = refused("nam: m\nmax_batch_size: x\npool: 3\n")
    assert [finding.key for finding in found] == ["nam", "max_batch_size", "pool"]


def test_a_wrong_enum_value_offers_the_nearest() -> None:
    (finding,) = refused("name: m\ninput: [{name: A, data_type: FP23, dims: [1]}]")
    assert (finding.code, finding.key) == ("TS005", "input[0].data_type")
    assert finding.fix == 'did you mean "FP32"?'


def test_the_protocols_word_for_texts_is_translated() -> None:
    (finding,) = refused("name: m\ninput: [{name: A, data_type: BYTES, dims: [1]}]")
    assert finding.fix == 'did you mean "STRING"?'


@pytest.mark.parametrize("written", ["FP32", "TYPE_FP32"])
def test_long_and_short_forms_are_the_same(written: str) -> None:
    spec = parse_model_spec(f"{{name: m, input: [{{name: A, data_type: {written}, dims: [1]}}]}}", "m.yaml")
    assert spec.tree["input"][0]["data_type"] == "TYPE_FP32"


def test_short_forms_come_from_the_enums_own_prefix() -> None:
    fields = model_config_descriptor().fields_by_name
    data_type = fields["input"].message_type.fields_by_name["data_type"].enum_type
    kind = fields["instance_group"].message_type.fields_by_name["kind"].enum_type
    assert enum_choices(data_type)[:3] == ["INVALID", "BOOL", "UINT8"]
    assert enum_choices(kind) == ["AUTO", "GPU", "CPU", "MODEL"]


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("parameters: {A: {string_value: 1}}", 'quote it: "1"'),
        ("parameters: {A: {string_value: true}}", 'quote it: "true"'),
        ("parameters: {A: x}", 'write {string_value: "x"}'),
        ("parameters: {1.5: {string_value: x}}", 'quote it: "1.5"'),
        ("dynamic_batching:", "write {} for an empty message, or remove the key"),
        ("input: {name: A}", "write it as [ ... ]"),
    ],
)
def test_a_value_of_the_wrong_type_comes_with_its_fix(text: str, fix: str) -> None:
    (finding,) = refused(f"name: m\n{text}")
    assert (finding.code, finding.fix, finding.line) == ("TS004", fix, 2)


@pytest.mark.parametrize("value", ["2147483648", "-2147483649", "1.5", "true", '"1"'])
def test_a_number_that_int32_cannot_hold_is_refused(value: str) -> None:
    (finding,) = refused(f"name: m\nmax_batch_size: {value}")
    assert finding.key == "max_batch_size"


def test_64_bit_numbers_keep_every_digit() -> None:
    text = "{name: m, version_policy: {specific: {versions: [9223372036854775807]}}}"
    assert list(parse_model_spec(text, "m").config.version_policy.specific.versions) == [2**63 - 1]


def test_two_schedulers_exclude_each_other() -> None:
    (finding,) = refused("name: m\ndynamic_batching: {}\nsequence_batching: {}\n")
    assert place(finding) == ("TS007", "sequence_batching", 3, 1)


def test_a_key_given_twice_is_refused_at_the_second() -> None:
    (finding,) = refused("name: m\nbackend: a\nbackend: b\n")
    assert place(finding) == ("TS002", "backend", 3, 1)


def test_a_missing_name_is_refused() -> None:
    (finding,) = refused("backend: python")
    assert (finding.code, finding.key) == ("TS006", "name")


@pytest.mark.parametrize("key", ["dynamic_batching", "response_cache", "model_transaction_policy", "optimization"])
def test_an_empty_message_is_not_lost(key: str) -> None:
    spec = parse_model_spec(json.dumps({"name": "m", key: {}}), "m")
    read_back = parse_config(config_text(spec, "m"), "m")
    assert read_back.HasField(key)


def test_an_empty_reshape_is_not_lost() -> None:
    text = "{name: m, input: [{name: A, data_type: FP32, dims: [1], reshape: {}}]}"
    assert parse_config(config_text(parse_model_spec(text, "m"), "m"), "m").input[0].HasField("reshape")


def test_a_zero_that_was_written_is_written_again() -> None:
    text = config_text(parse_model_spec("{name: m, max_batch_size: 0}", "m"), "m")
    assert "max_batch_size: 0\n" in text


def test_a_zero_that_was_not_written_is_not_invented() -> None:
    assert "max_batch_size" not in config_text(parse_model_spec("{name: m}", "m"), "m")


def test_the_text_is_as_a_person_would_write_it() -> None:
    spec = parse_model_spec(
        """
output: [{dims: [384], name: EMBEDDING, data_type: FP32}]
input:
  - {name: TEXT, data_type: STRING, dims: [1]}
  - {name: IMAGE, data_type: FP32, dims: [3, -1], reshape: {}}
parameters: {B: {string_value: "é"}, A: {string_value: "a\\nb"}}
max_batch_size: 16
dynamic_batching: {}
name: m
instance_group: [{count: 1, kind: CPU}]
""",
        "m.yaml",
    )
    assert config_text(spec, "models/m.yaml") == (
        """\
# Generated by triton-stack from models/m.yaml: edit the spec, not this file.
name: "m"
max_batch_size: 16
input [
  {
    name: "TEXT"
    data_type: TYPE_STRING
    dims: [ 1 ]
  },
  {
    name: "IMAGE"
    data_type: TYPE_FP32
    dims: [ 3, -1 ]
    reshape { }
  }
]
output {
  name: "EMBEDDING"
  data_type: TYPE_FP32
  dims: [ 384 ]
}
dynamic_batching { }
instance_group {
  kind: KIND_CPU
  count: 1
}
parameters [
  {
    key: "A"
    value { string_value: "a\\nb" }
  },
  {
    key: "B"
    value { string_value: "é" }
  }
]
"""
    )
