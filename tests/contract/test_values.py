"""The typed values, the schema and the templates refuse and accept the same values."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from helm_python.errors import HelmError
from pydantic import ValidationError

from tests.support.command import triton_stack
from tests.support.render import MINIMAL, render
from tests.support.rule_cases import CASES
from tests.support.scenarios import scenarios
from triton_stack.generate.committed import committed_files, stale
from triton_stack.spec.chart import Values
from triton_stack.spec.overlay import overlay

HERE = Path(__file__).parent
BAD = yaml.safe_load((HERE / "bad_values.yaml").read_text())


def name(case: dict[str, Any]) -> str:
    return str(case["name"])


def python_message(values: dict[str, Any]) -> str:
    with pytest.raises(ValidationError) as caught:
        Values.model_validate(values)
    return "\n".join(f"{'.'.join(map(str, part['loc']))}: {part['msg']}" for part in caught.value.errors())


def names_key(message: str, key: str) -> bool:
    """Whether a message of Helm's names a key, in the form of our templates or in that of the schema.

    A rule is about a pool as it is in the end, so a template says `pools.default` also for a key of poolDefaults.
    """
    lines = [line.strip().removeprefix("- ").replace("~1", "/") for line in message.splitlines()]
    merged = re.sub("^poolDefaults", "pools.default", key)
    if any(line.startswith((f"{key}: ", f"{merged}: ")) for line in lines):
        return True
    parts = key.replace("[", ".").replace("]", "").split(".")
    # Names may hold dots, so the last part may be any end of the key.
    ends = [(parts[:size], ".".join(parts[size:])) for size in range(len(parts))]
    wrong = [f"at '{pointer([*above, last])}': " for above, last in ends]
    unknown = [f"at '{pointer(above)}': additional properties '{last}' not allowed" for above, last in ends]
    return any(line.startswith(tuple(wrong + unknown)) for line in lines)


def pointer(parts: list[str]) -> str:
    return "".join(f"/{part}" for part in parts)


@pytest.mark.parametrize("case", BAD, ids=name)
def test_the_chart_refuses_the_bad_values_and_names_the_key(case: dict[str, Any]) -> None:
    with pytest.raises(HelmError) as caught:
        render(overlay(MINIMAL, case["bad"]))
    assert names_key(str(caught.value), case["key"]), str(caught.value)


@pytest.mark.parametrize("case", BAD, ids=name)
def test_check_refuses_the_bad_values_with_file_line_and_the_exact_key(case: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "values.yaml"
    file.write_text(yaml.safe_dump(overlay(MINIMAL, case["bad"]), sort_keys=False))
    result = triton_stack("check", file, "-o", "json")
    assert result.code == 1
    at_key = [finding for finding in json.loads(result.out) if finding["key"] == case["key"]]
    assert len(at_key) == 1, result.out
    assert at_key[0]["file"] == str(file)
    assert nearest_written(case["key"], file.read_text().splitlines()[at_key[0]["line"] - 1])


def nearest_written(key: str, line: str) -> bool:
    """Whether a line holds the key's last part, or one above it where the key itself is not written."""
    return key.endswith("]") or line.strip().removeprefix("- ").partition(":")[0].strip("'\"") in key


@pytest.mark.parametrize("case", BAD, ids=name)
def test_python_and_chart_accept_the_nearest_good_values(case: dict[str, Any], tmp_path: Path) -> None:
    values = overlay(MINIMAL, case["good"])
    Values.model_validate(values)
    assert render(values)
    file = tmp_path / "values.yaml"
    file.write_text(yaml.safe_dump(values))
    assert triton_stack("check", file).code == 0


def test_the_tables_of_bad_values_and_bad_specs_have_a_hundred_rows() -> None:
    names = [case["name"] for case in BAD]
    assert len(names) == len(set(names)) > 100
    assert len(names) + len({(case.label, case.code) for case in CASES}) > 150


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
