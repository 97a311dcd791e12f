"""One default release, one table of flags: chart, package and rendered pods say the same."""

from typing import Any

import pytest
import yaml

from tests.support.render import CHART, container, pool, render, rendered
from tests.support.scenarios import scenarios
from triton_stack.check.target import pool_target
from triton_stack.spec.pool import Pool
from triton_stack.spec.server_flags import FLAGS, FlagKind, fits
from triton_stack.spec.server_rules import FLAG_ADVICE
from triton_stack.spec.versions import DEFAULT_TRITON, NEWEST_TRITON, OLDEST_TRITON, SERVER_NUMBERS, version_of_tag


def flags(objects: list[dict[str, Any]]) -> dict[str, str | None]:
    """Flags of tritonserver, with the last value of each; None for a switch."""
    found: dict[str, str | None] = {}
    for argument in container(objects)["args"][1:]:
        name, given, value = argument.removeprefix("--").partition("=")
        found[name] = value if given else None
    return found


def test_the_charts_version_and_image_are_the_default_release() -> None:
    server = yaml.safe_load((CHART / "Chart.yaml").read_text())["appVersion"]
    assert version_of_tag(server) == version_of_tag(Pool().image.tag) == DEFAULT_TRITON


def test_the_default_release_is_among_those_that_are_known() -> None:
    assert OLDEST_TRITON < DEFAULT_TRITON <= NEWEST_TRITON
    assert len(set(SERVER_NUMBERS.values())) == len(SERVER_NUMBERS)


def test_the_chart_sets_only_flags_that_the_oldest_server_knows() -> None:
    own = flags(rendered())
    assert len(own) > 8
    assert [name for name in own if FLAGS[name].since > OLDEST_TRITON] == []


def test_every_flag_of_every_scenario_is_known_to_its_server() -> None:
    seen = 0
    for values in scenarios().values():
        for deployment in (item for item in render(values) if item["kind"] == "Deployment"):
            name = deployment["metadata"]["labels"]["triton-stack.io/pool"]
            triton = pool_target(values, name).triton
            for flag, value in flags([deployment]).items():
                seen += 1
                assert FLAGS[flag].since <= triton
                assert fits(FLAGS[flag].kind, "true" if value is None else value)
    assert seen > 50


def test_every_flag_that_another_key_sets_is_a_flag() -> None:
    assert FLAG_ADVICE.keys() <= FLAGS.keys()


@pytest.mark.parametrize(("value", "present"), [(True, True), ("true", True), (False, False), (None, False)])
def test_a_switch_has_no_value_for_a_value_ends_the_server(value: object, present: bool) -> None:
    switch = next(name for name, flag in FLAGS.items() if flag.kind is FlagKind.SWITCH)
    found = flags(rendered(pool(server={"extraArgs": {switch: value}})))
    assert (switch in found) == present
    assert found.get(switch) is None
