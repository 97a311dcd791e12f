"""Every code can be explained, and the explanation is true: its example is found by it, the fix by nothing."""

from typing import Any

import pytest

from tests.support.rule_examples import laid_over_the_base, piece
from triton_stack.check import RULES, check_model
from triton_stack.check.codes import READING, Code, all_codes
from triton_stack.spec.base import parse_yaml
from triton_stack.spec.findings import FindingsError
from triton_stack.spec.model import parse_model_spec

# Their examples are text that no mapping can hold.
BROKEN_TEXT = ("TS001", "TS002")


def found(keys: dict[str, Any]) -> set[str]:
    name = str(keys.get("name", "m"))
    try:
        return {finding.code for finding in check_model(laid_over_the_base(keys).view(name))}
    except FindingsError as error:
        return {finding.code for finding in error.findings}


RULE_PIECES = [rule.code for rule in RULES.values() if piece(rule.example) is not None]
READING_PIECES = [code.code for code in READING if piece(code.example) is not None and code.code not in BROKEN_TEXT]


@pytest.mark.parametrize("code", all_codes().values(), ids=lambda code: code.code)
def test_a_code_has_all_that_explain_shows(code: Code) -> None:
    assert "" not in (code.title, code.reason, code.example, code.fix, code.source)


def test_no_code_is_given_twice() -> None:
    assert len(all_codes()) == len(RULES) + len(READING)


def test_most_codes_are_explained_by_a_piece_of_a_spec() -> None:
    assert len(RULE_PIECES) + len(READING_PIECES) > len(all_codes()) / 2


@pytest.mark.parametrize("code", [*RULE_PIECES, *READING_PIECES])
def test_the_example_is_found_by_its_code(code: str) -> None:
    keys = piece(all_codes()[code].example)
    assert keys is not None
    assert code in found(keys)


@pytest.mark.parametrize("code", [*RULE_PIECES, *READING_PIECES])
def test_nothing_is_found_in_the_fix(code: str) -> None:
    keys = piece(all_codes()[code].fix)
    assert keys is not None
    assert found(keys) == set()


@pytest.mark.parametrize("code", BROKEN_TEXT)
def test_the_example_of_broken_text_is_found(code: str) -> None:
    entry = all_codes()[code]
    with pytest.raises(FindingsError) as caught:
        parse_yaml(entry.example, "m.yaml")
    assert [finding.code for finding in caught.value.findings] == [code]
    assert parse_model_spec(f"name: m\n{entry.fix}", "m.yaml").name == "m"
