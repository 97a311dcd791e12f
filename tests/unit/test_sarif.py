"""The findings as a code host reads them: SARIF 2.1.0, with places, levels and fingerprints that stay."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import triton_stack

CONFIG = 'name: "x"\nbackend: "python"\nmax_batch_size: -1\n'


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "models of mine").mkdir()
    (tmp_path / "models of mine" / "config.pbtxt").write_text(CONFIG)
    monkeypatch.chdir(tmp_path / "models of mine")
    return tmp_path


def run_of(*paths: object) -> dict[str, Any]:
    done = triton_stack("check", *paths, "-o", "sarif")
    log = json.loads(done.out)
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-schema-2.1.0.json")
    (run,) = log["runs"]
    return dict(run)


def test_each_result_has_what_a_code_host_needs(checkout: Path) -> None:
    run = run_of("config.pbtxt")
    rules = run["tool"]["driver"]["rules"]
    assert run["tool"]["driver"]["name"] == "triton-stack"
    assert run["results"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("error", "warning", "note")
        assert result["message"]["text"]
        (location,) = result["locations"]
        assert location["physicalLocation"]["region"]["startLine"] >= 1
        assert result["partialFingerprints"]["primaryLocationLineHash"]


def test_each_rule_describes_itself(checkout: Path) -> None:
    rules = run_of("config.pbtxt")["tool"]["driver"]["rules"]
    assert rules
    for rule in rules:
        assert rule["shortDescription"]["text"]
        assert rule["fullDescription"]["text"]
        assert rule["help"]["text"]
        assert rule["defaultConfiguration"]["level"] in ("error", "warning")
    assert len({rule["id"] for rule in rules}) == len(rules)


def place(run: dict[str, Any], code: str) -> dict[str, Any]:
    (result,) = (result for result in run["results"] if result["ruleId"] == code)
    return dict(result["locations"][0]["physicalLocation"])


def test_a_file_of_the_checkout_is_named_from_its_root(checkout: Path) -> None:
    found = place(run_of("config.pbtxt"), "TS301")
    assert found["artifactLocation"] == {"uri": "models%20of%20mine/config.pbtxt", "uriBaseId": "%SRCROOT%"}
    assert found["region"] == {"startLine": 3, "startColumn": 1}


def test_a_file_elsewhere_has_its_whole_address(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other") / "config.pbtxt"
    other.write_text(CONFIG)
    assert place(run_of(other), "TS301")["artifactLocation"] == {"uri": other.as_uri()}


def fingerprints(run: dict[str, Any]) -> list[str]:
    return [result["partialFingerprints"]["primaryLocationLineHash"] for result in run["results"]]


def test_a_fingerprint_stays_when_lines_are_put_above(checkout: Path) -> None:
    before = fingerprints(run_of("config.pbtxt"))
    Path("config.pbtxt").write_text(f"# a comment\n\n{CONFIG}")
    run = run_of("config.pbtxt")
    assert fingerprints(run) == before
    assert place(run, "TS301")["region"]["startLine"] == 5


def test_two_findings_have_two_fingerprints(checkout: Path) -> None:
    Path("config.pbtxt").write_text(CONFIG + "input { dims: [ 0 ] }\ninput { dims: [ 0 ] }\n")
    found = fingerprints(run_of("config.pbtxt"))
    assert len(found) > 4
    assert len(set(found)) == len(found)


def test_nothing_found_is_an_empty_list_of_results(checkout: Path) -> None:
    Path("config.pbtxt").write_text('name: "x"\nbackend: "python"\n')
    run = run_of("config.pbtxt")
    assert (run["results"], run["tool"]["driver"]["rules"]) == ([], [])


def test_errors_end_with_1_and_warnings_with_0(checkout: Path) -> None:
    assert triton_stack("check", "config.pbtxt", "-o", "sarif").code == 1
    Path("config.pbtxt").write_text('name: "x"\n')
    assert triton_stack("check", "config.pbtxt", "-o", "sarif").code == 0
