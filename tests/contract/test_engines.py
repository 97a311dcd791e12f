"""The chart renders alike by the engine of the tests and by the helm command, alone and as a subchart."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.support.helm import helm
from tests.support.render import CHART, StrictLoader, render
from tests.support.scenarios import scenarios


def by_command(chart: Path, values: Path) -> list[object]:
    words = [helm(), "template", "demo", str(chart), "--namespace", "apps", "-f", str(values)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True)
    return [document for document in yaml.load_all(done.stdout, Loader=StrictLoader) if document]


def by_name(objects: list[object]) -> dict[str, object]:
    found = {f"{item['kind']} {item['metadata']['name']}": item for item in objects}  # type: ignore[index]
    assert len(found) == len(objects) > 5
    return found


@pytest.mark.parametrize("scenario", scenarios())
def test_the_helm_command_renders_what_the_tests_engine_renders(scenario: str, tmp_path: Path) -> None:
    values = scenarios()[scenario]
    path = tmp_path / "values.yaml"
    path.write_text(yaml.safe_dump(values))
    assert by_name(by_command(CHART, path)) == by_name(list(render(values)))


def test_the_chart_works_as_a_subchart(tmp_path: Path) -> None:
    parent = tmp_path / "parent"
    shutil.copytree(CHART, parent / "charts" / "triton-stack")
    (parent / "Chart.yaml").write_text("apiVersion: v2\nname: parent\nversion: 1.0.0\n")
    values = {"global": {"imageRegistry": "mirror.example.org"}, "triton-stack": scenarios()["minimal"]}
    (parent / "values.yaml").write_text(yaml.safe_dump(values))
    alone = {"global": {"imageRegistry": "mirror.example.org"}, **scenarios()["minimal"]}
    assert by_name(by_command(parent, parent / "values.yaml")) == by_name(list(render(alone)))


def test_helm_lint_finds_nothing_in_a_scenario_with_everything(tmp_path: Path) -> None:
    path = tmp_path / "values.yaml"
    path.write_text(yaml.safe_dump(scenarios()["everything"]))
    done = subprocess.run(
        [helm(), "lint", "--strict", str(CHART), "-f", str(path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "0 chart(s) failed" in done.stdout, done.stdout
    assert not re.search(r"\[(WARNING|ERROR)\]", done.stdout), done.stdout
