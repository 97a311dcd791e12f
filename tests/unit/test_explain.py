"""``explain`` tells what a code means; an unknown one is wrong use."""

import json

from tests.support.command import triton_stack
from triton_stack.check.codes import all_codes


def test_a_code_is_explained_with_reason_example_fix_and_source() -> None:
    done = triton_stack("explain", "TS302")
    entry = all_codes()["TS302"]
    assert done.code == 0
    assert done.out.startswith("TS302 (error): preferred batch size that cannot be\n")
    for part in (entry.reason, entry.source, *entry.example.splitlines(), *entry.fix.splitlines()):
        assert part in done.out


def test_a_code_may_be_written_small() -> None:
    assert triton_stack("explain", "ts302").out == triton_stack("explain", "TS302").out


def test_a_code_as_json_has_all_its_parts() -> None:
    data = json.loads(triton_stack("explain", "TS009", "-o", "json").out)
    assert list(data) == ["code", "severity", "title", "reason", "example", "fix", "source"]


def test_without_a_code_all_are_listed() -> None:
    lines = triton_stack("explain").out.splitlines()
    assert [line.split()[0] for line in lines] == list(all_codes())


def test_all_codes_as_json_are_a_list() -> None:
    data = json.loads(triton_stack("explain", "-o", "json").out)
    assert [entry["code"] for entry in data] == list(all_codes())


def test_an_unknown_code_is_wrong_use_and_the_nearest_is_offered() -> None:
    done = triton_stack("explain", "TS3O2")
    assert (done.code, done.out) == (2, "")
    assert 'there is no code "TS3O2": did you mean "TS' in done.err
