"""Findings in a config.pbtxt carry the line of their key."""

import pytest

from triton_stack.pbtxt import parse_config
from triton_stack.pbtxt.positions import locate_fields
from triton_stack.spec.findings import Finding, FindingsError

TEXT = """\
# a comment with dims: [ 9 ]
name: "m { dims: 1"
input [
  {
    name: "A"
    dims: [ 1, 2 ]
  },
  { name: "B" data_type: TYPE_FP32 }
]
output { name: "C" }
output { name: "D" reshape { shape: [ ] } }
dynamic_batching { preferred_batch_size: 4 }
"""


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (("name",), (2, 1)),
        (("input",), (3, 1)),
        (("input", 0, "dims"), (6, 5)),
        (("input", 1, "data_type"), (8, 15)),
        (("output", 0, "name"), (10, 10)),
        (("output", 1, "reshape", "shape"), (11, 30)),
        (("dynamic_batching", "preferred_batch_size"), (12, 20)),
    ],
)
def test_a_field_is_found_where_it_stands(path: tuple[str | int, ...], place: tuple[int, int]) -> None:
    assert parse_config(TEXT, "config.pbtxt").name == "m { dims: 1"
    assert locate_fields(TEXT)[path] == place


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ('name: "m"\nmax_batchsize: 1\n', 2, 1, 'unknown field "max_batchsize"'),
        ("input { data_type: TYPE_FP23 }", 1, 20, "TYPE_FP23"),
        ("max_batch_size: 99999999999", 1, 17, "99999999999"),
        ('name: "m"\ninput {', 2, 7, "Expected"),
    ],
)
def test_text_that_protobuf_refuses_is_told_with_line_and_column(text: str, line: int, column: int, words: str) -> None:
    with pytest.raises(FindingsError) as caught:
        parse_config(text, "config.pbtxt")
    (finding,) = caught.value.findings
    assert (finding.code, finding.line, finding.column) == ("TS008", line, column)
    assert words in finding.message


MAPS = """\
parameters { key: "x" value { string_value: "1" } }
parameters [
  { key: 'y.z', value: { string_value: "2" } },
  { value { string_value: "3" } key: "w" }
]
model_warmup [ {
  inputs { key: "A" value: { data_type: TYPE_FP32 dims: 4
      dims: [ 5, -6 ] } }
} ]
ensemble_scheduling { step [ {
  model_name: "s" input_map { key: "X" value: "a" } input_map: < key: "Y", value: "b" >
} ] }
instance_group { gpus: [ 0,
  1 ] }
instance_group { gpus: 7 gpus: - 8 }
"""


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (("parameters", "x"), (1, 1)),
        (("parameters", "x", "string_value"), (1, 31)),
        (("parameters", "y.z"), (3, 3)),
        (("parameters", "y.z", "string_value"), (3, 26)),
        (("parameters", "w", "string_value"), (4, 13)),
        (("model_warmup", 0), (6, 16)),
        (("model_warmup", 0, "inputs", "A"), (7, 3)),
        (("model_warmup", 0, "inputs", "A", "dims"), (7, 51)),
        (("model_warmup", 0, "inputs", "A", "dims", 0), (7, 57)),
        (("model_warmup", 0, "inputs", "A", "dims", 2), (8, 18)),
        (("ensemble_scheduling", "step", 0, "model_name"), (11, 3)),
        (("ensemble_scheduling", "step", 0, "input_map", "X"), (11, 19)),
        (("ensemble_scheduling", "step", 0, "input_map", "Y"), (11, 53)),
        (("instance_group", 0, "gpus", 1), (14, 3)),
        (("instance_group", 1), (15, 1)),
        (("instance_group", 1, "gpus", 1), (15, 32)),
    ],
)
def test_map_entries_and_list_items_are_found_by_the_keys_of_findings(
    path: tuple[str | int, ...], place: tuple[int, int]
) -> None:
    assert parse_config(MAPS, "config.pbtxt").parameters["y.z"].string_value == "2"
    assert locate_fields(MAPS)[path] == place


def test_a_map_key_that_is_a_number_is_found_as_findings_write_it() -> None:
    text = "dynamic_batching { priority_queue_policy { key: 3 value { max_queue_size: 1 } } }"
    assert locate_fields(text)["dynamic_batching", "priority_queue_policy", "3", "max_queue_size"] == (1, 59)


def test_of_a_map_key_given_twice_the_last_is_found_as_the_server_reads_it() -> None:
    text = 'metric_tags { key: "a" value: "1" }\nmetric_tags { key: "a" value: "2" }\n'
    assert parse_config(text, "c").metric_tags["a"] == "2"
    assert locate_fields(text)["metric_tags", "a"] == (2, 1)


def refused(text: str) -> Finding:
    with pytest.raises(FindingsError) as caught:
        parse_config(text, "config.pbtxt")
    (finding,) = caught.value.findings
    return finding


def test_a_field_given_twice_is_told_at_the_second() -> None:
    finding = refused('name: "a"\nbackend: "python"\nname: "b"\n')
    assert (finding.line, finding.key, finding.message) == (3, "name", '"name" is given twice')


def test_a_field_that_no_release_has_is_told_with_the_nearest() -> None:
    finding = refused("input {\n  data_typ: TYPE_FP32\n}\n")
    assert (finding.line, finding.key) == (2, "input[0].data_typ")
    assert "no release of Triton up to" in finding.message
    assert finding.fix == 'did you mean "data_type"?'


def test_a_word_that_an_enum_lacks_is_told_with_the_nearest() -> None:
    finding = refused("input {\n  data_type: TYPE_FP23\n}\n")
    assert (finding.line, finding.key, finding.message) == (2, "input[0].data_type", "there is no TYPE_FP23")
    assert finding.fix == 'did you mean "TYPE_FP32"?'


@pytest.mark.parametrize(
    ("text", "line", "column", "placeholder"),
    [
        ('name: "m"\nmax_batch_size: ${triton_max_batch_size}\n', 2, 17, "${triton_max_batch_size}"),
        ("input { dims: [ 1, ${n} ] }", 1, 20, "${n}"),
        ("max_batch_size: {{ batch }}", 1, 17, "{{ batch }}"),
        ("max_batch_size: <MAX BATCH>", 1, 17, "<MAX BATCH>"),
        ("max_batch_size: $SIZE", 1, 17, "$SIZE"),
        ("{% if gpu %}\ninstance_group { kind: KIND_GPU }\n", 1, 1, "{% if gpu %}"),
    ],
)
def test_a_placeholder_is_named_with_its_place(text: str, line: int, column: int, placeholder: str) -> None:
    finding = refused(text)
    assert (finding.code, finding.line, finding.column) == ("TS012", line, column)
    assert finding.message == f"placeholder {placeholder} was never filled"


def test_all_placeholders_are_named_at_once() -> None:
    with pytest.raises(FindingsError) as caught:
        parse_config('backend: "${in_a_text}" # ${in_a_comment}\nmax_batch_size: ${a}\ninput { dims: ${b} }', "c")
    assert [(finding.code, finding.line) for finding in caught.value.findings] == [("TS012", 2), ("TS012", 3)]


def test_angle_brackets_around_a_message_are_no_placeholder() -> None:
    assert parse_config("input: < name: 'A' dims: [ 1 ] >", "c").input[0].name == "A"
