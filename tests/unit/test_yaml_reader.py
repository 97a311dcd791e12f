"""Reading YAML: what each scalar means, where things stand, and what is refused at which place."""

import json
from typing import Any

import pytest
import yaml

from triton_stack.spec.yaml_reader import YamlProblem, read_yaml

OURS, HELMS = (1, 2), (1, 1)


def value(text: str, version: tuple[int, int] = OURS) -> Any:
    return read_yaml(f"key: {text}", version).data["key"]


@pytest.fixture(params=["libyaml", "pure Python"])
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "pure Python":
        monkeypatch.setattr(yaml, "__with_libyaml__", False)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *[("true", True), ("FALSE", False), ("~", None), ("Null", None), ("", None)],
        *[("1", 1), ("-1", -1), ("+1", 1), ("0x1F", 31), ("0o17", 15), ("0b11", 3), ("1_000", 1000), ("017", 17)],
        *[("1.5", 1.5), ("1e3", 1000.0), (".5", 0.5), ("-.inf", float("-inf")), ("1:30", "1:30")],
        *[("on", "on"), ("y", "y"), ("No", "No"), ("2001-01-01", "2001-01-01"), ("=", "="), ("_1", "_1"), ("0x", "0x")],
        *[('"1"', "1"), ("'true'", "true"), ("!!str 1", "1"), ("!!int '1'", 1), ("!!float 1", 1.0), ("! 1", "1")],
        *[("!!bool 'yes'", True), ("!!null x", None), ("|\n  a\n  b\n", "a\nb\n")],
    ],
)
def test_a_scalar_of_our_own_files_means_what_yaml_1_2_says(text: str, expected: object, parser: None) -> None:
    assert value(text) == expected
    assert type(value(text)) is type(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("on", True), ("y", True), ("No", False), ("017", 15), ("-017", -15), ("08", 8.0), ("1:30", "1:30"), ("10", 10)],
)
def test_a_scalar_of_chart_values_means_what_helm_reads(text: str, expected: object) -> None:
    assert value(text, HELMS) == expected


@pytest.mark.parametrize("text", ["!x 1", "!!binary aGk=", "!!int x", "!!int ''", "!!bool maybe", "<<", "9" * 5000])
def test_a_scalar_that_means_nothing_is_refused_at_its_place(text: str, parser: None) -> None:
    with pytest.raises(YamlProblem) as caught:
        value(text)
    assert (caught.value.line, caught.value.column) == (1, 6)


def test_json_with_characters_beyond_16_bits_is_read(parser: None) -> None:
    data = {"a": "😀", "b": ["\U0010ffff", "é"]}
    read = read_yaml(json.dumps(data), OURS)
    assert read.data == data
    assert read.positions["b", 1] == (1, 45)


def test_positions_are_those_of_keys_and_items(parser: None) -> None:
    read = read_yaml("a:\n  - x\n  - {b: 1}\nc: 😀\n", OURS)
    assert read.positions == {
        (): (1, 1),
        ("a",): (1, 1),
        ("a", 0): (2, 5),
        ("a", 1): (3, 5),
        ("a", 1, "b"): (3, 6),
        ("c",): (4, 1),
    }


def test_a_merged_mapping_gives_what_is_not_written_itself(parser: None) -> None:
    read = read_yaml("a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc: {<<: [*a, *b], x: 3}\n", OURS)
    assert read.data["c"] == {"x": 3, "y": 1, "z": 2}
    assert read.duplicates == []


def test_a_key_given_twice_is_told_with_its_path(parser: None) -> None:
    assert read_yaml("a: {b: 1, b: 2}", OURS).duplicates == [("a", "b")]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a: [1,\n2", (2, 2)),
        ("a: 'x", (1, 6)),
        ("a: 1\n  b: 2", (2, 4)),
        ("a: *x", (1, 4)),
        ("a: 1\n---\nb: 2", (2, 1)),
        ("? [a]\n: b", (1, 3)),
        ("a: é\nb: \x07", (2, 4)),
        ("a: {<<: 3}", (1, 9)),
        ("[" * 101, (1, 101)),
    ],
)
def test_what_is_not_yaml_is_refused_at_its_place(text: str, place: tuple[int, int]) -> None:
    with pytest.raises(YamlProblem) as caught:
        read_yaml(text, OURS)
    assert (caught.value.line, caught.value.column) == place


@pytest.mark.parametrize("text", ["a: &a {b: *a}", "a: &a {<<: *a}", "a: &a [*a, *a]"])
def test_an_alias_that_holds_itself_is_refused(text: str) -> None:
    with pytest.raises(YamlProblem, match=r"nested too deeply|too many"):
        read_yaml(text, OURS)


def test_a_hundred_levels_are_read() -> None:
    assert read_yaml("[" * 100 + "]" * 100, OURS).data


def test_an_empty_text_is_nothing(parser: None) -> None:
    assert [read_yaml(text, OURS).data for text in ("", "# only a comment\n", "---\n", "\ufeff")] == [None] * 4
