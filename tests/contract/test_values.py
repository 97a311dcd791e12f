"""The typed values, the schema and the templates refuse and accept the same values."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from helm_python.errors import HelmError
from pydantic import ValidationError

from tests.support.render import MINIMAL, render
from tests.support.scenarios import scenarios
from triton_stack.generate.committed import committed_files, stale
from triton_stack.spec.chart import Values
from triton_stack.spec.overlay import overlay

HERE = Path(__file__).parent
BAD = yaml.safe_load((HERE / "bad_values.yaml").read_text())
UNKNOWN = yaml.safe_load((HERE / "unknown_values.yaml").read_text())


def name(case: dict[str, Any]) -> str:
    return str(case["name"])


def python_message(values: dict[str, Any]) -> str:
    with pytest.raises(ValidationError) as caught:
        Values.model_validate(values)
    return "\n".join(f"{'.'.join(map(str, part['loc']))}: {part['msg']}" for part in caught.value.errors())


@pytest.mark.parametrize("case", BAD, ids=name)
def test_python_and_chart_refuse_the_same_bad_values_with_the_same_key(case: dict[str, Any]) -> None:
    values = overlay(MINIMAL, case["bad"])
    assert case["key"] in python_message(values)
    with pytest.raises(HelmError) as caught:
        render(values)
    assert case["key"] in str(caught.value)


@pytest.mark.parametrize("case", BAD, ids=name)
def test_python_and_chart_accept_the_nearest_good_values(case: dict[str, Any]) -> None:
    values = overlay(MINIMAL, case["good"])
    Values.model_validate(values)
    assert render(values)


@pytest.mark.parametrize("case", UNKNOWN, ids=name)
def test_python_and_schema_refuse_what_is_unknown_or_of_the_wrong_kind(case: dict[str, Any]) -> None:
    values = overlay(MINIMAL, case["bad"])
    assert case["key"] in python_message(values)
    with pytest.raises(HelmError) as caught:
        render(values)
    assert case["key"] in str(caught.value)


def test_every_rule_is_named_once_in_the_table() -> None:
    names = [case["name"] for case in BAD + UNKNOWN]
    assert len(names) == len(set(names)) > 40


@pytest.mark.parametrize("scenario", scenarios())
def test_python_accepts_every_scenario(scenario: str) -> None:
    Values.model_validate(scenarios()[scenario])


def test_the_charts_own_values_are_valid_but_for_what_a_user_must_give() -> None:
    defaults = yaml.safe_load((HERE.parents[1] / "charts/triton-stack/values.yaml").read_text())
    message = python_message(defaults)
    assert "modelRepository.objectStore.url" in message
    assert "models: no model is declared" in message
    assert len(message.splitlines()) == 2


def test_generated_files_are_fresh() -> None:
    assert stale(HERE.parents[1]) == []


def test_a_stale_generated_file_is_noticed(tmp_path: Path) -> None:
    for path, text in committed_files().items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    assert stale(tmp_path) == []
    (tmp_path / "charts/triton-stack/values.yaml").write_text("replicas: 1\n")
    assert stale(tmp_path) == ["charts/triton-stack/values.yaml"]
