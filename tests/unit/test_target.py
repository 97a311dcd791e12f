"""What a stack's values say about the server that its models are for."""

from typing import Any

import pytest

from triton_stack.check.target import pool_target
from triton_stack.check.view import Target
from triton_stack.spec.versions import (
    DEFAULT_TRITON,
    SERVER_NUMBERS,
    TritonVersion,
    parse_triton_version,
    version_of_tag,
)

ANOTHER = TritonVersion(25, 3)


@pytest.mark.parametrize("text", ["26.08", "2.72", "2.72.0"])
def test_a_release_is_named_by_its_month_or_by_the_servers_own_number(text: str) -> None:
    assert parse_triton_version(text) == TritonVersion(26, 8)


@pytest.mark.parametrize("text", ["", "26", "26.8", "26.13", "26.00", "26.08-py3", "2.999.0", "v2.72.0", "2.72.0.0"])
def test_what_names_no_release_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match=r"for example 26\.08"):
        parse_triton_version(text)


def test_the_servers_numbers_rise_with_the_months() -> None:
    assert len(SERVER_NUMBERS) == 26
    numbers = sorted(SERVER_NUMBERS, key=lambda number: [int(part) for part in number.split(".")])
    assert [SERVER_NUMBERS[number] for number in numbers] == sorted(set(SERVER_NUMBERS.values()))


@pytest.mark.parametrize("tag", ["24.10", "24.10-py3", "24.10-vllm-python-py3", "24.10.1", "2.51.0", "2.51.0-cpu"])
def test_a_tag_that_begins_with_a_release_says_it(tag: str) -> None:
    assert version_of_tag(tag) == TritonVersion(24, 10)


@pytest.mark.parametrize("tag", ["latest", "", "v24.10", "24.101", "24.1", "24.13-py3", "2.999.0", "2.5", "12.51.0"])
def test_a_tag_that_names_no_release_says_nothing(tag: str) -> None:
    assert version_of_tag(tag) is None


def test_without_values_the_target_is_the_charts_own() -> None:
    assert pool_target({}, "default") == Target(DEFAULT_TRITON, 1, f"nvidia/tritonserver:{DEFAULT_TRITON}-py3", {})


def test_a_pools_own_keys_win_over_the_defaults() -> None:
    values = {
        "poolDefaults": {"gpu": {"count": 2}, "image": {"repository": "mine/triton", "tag": "25.03-py3"}},
        "pools": {"large": {"gpu": {"count": 8}}, "cpu": {"gpu": {"count": 0}, "image": {"tag": "25.04-py3"}}},
    }
    assert pool_target(values, "large") == Target(TritonVersion(25, 3), 8, "mine/triton:25.03-py3", {})
    assert pool_target(values, "cpu") == Target(TritonVersion(25, 4), 0, "mine/triton:25.04-py3", {})


def test_the_pools_flags_are_told() -> None:
    values = {"poolDefaults": {"server": {"extraArgs": {"disable-auto-complete-config": True}}}}
    assert pool_target({}, "default").auto_complete
    assert not pool_target(values, "default").auto_complete


def test_the_declared_version_wins_over_the_tag_and_the_callers_over_both() -> None:
    values = {"poolDefaults": {"tritonVersion": "24.12", "image": {"tag": "26.01-py3"}}}
    assert pool_target(values, "default").triton == TritonVersion(24, 12)
    assert pool_target(values, "default", ANOTHER).triton == ANOTHER


WRONG: list[dict[str, Any]] = [
    {"poolDefaults": None, "pools": None},
    {"poolDefaults": [], "pools": {"default": 3}},
    {"poolDefaults": {"gpu": None, "image": None}},
    {"poolDefaults": {"gpu": {"count": "many"}, "image": {"tag": []}, "tritonVersion": {}}},
]


@pytest.mark.parametrize("values", WRONG)
def test_values_of_the_wrong_type_are_no_crash_for_they_have_their_own_findings(values: dict[str, Any]) -> None:
    assert pool_target(values, "default").triton == DEFAULT_TRITON
