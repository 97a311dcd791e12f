"""What the declared Triton does not know yet is found at its key, and accepted from its release on."""

import json
from dataclasses import replace
from typing import Any

import pytest

from triton_stack.check import ModelView, check_model
from triton_stack.check.view import Target
from triton_stack.pbtxt import parse_config
from triton_stack.pbtxt.positions import locate_fields
from triton_stack.spec.base import Document
from triton_stack.spec.model import parse_model_spec
from triton_stack.spec.versions import TritonVersion, parse_triton_version

METRICS = {"metric_control": [{"metric_identifier": {"family": "nv_x"}, "histogram_options": {"buckets": [1]}}]}
STEP = {"model_name": "a", "model_version": -1, "input_map": {"X": "X"}, "output_map": {"Y": "Y"}}
CASES: list[tuple[str, dict[str, Any], str, str, str]] = [
    ("TS121", {"backend": "python", "model_metrics": METRICS}, "model_metrics", "24.10", "24.11"),
    ("TS121", {"backend": "python", "model_metrics": {}}, "model_metrics", "24.10", "24.11"),
    (
        "TS121",
        {"platform": "ensemble", "ensemble_scheduling": {"step": [STEP], "max_inflight_requests": 4}},
        "ensemble_scheduling.max_inflight_requests",
        "25.10",
        "25.11",
    ),
    (
        "TS121",
        {"platform": "ensemble", "ensemble_scheduling": {"step": [STEP], "max_inflight_requests": 0}},
        "ensemble_scheduling.max_inflight_requests",
        "25.10",
        "25.11",
    ),
    ("TS122", {"platform": "torch_aoti"}, "platform", "26.02", "26.03"),
]


def view(keys: dict[str, Any], triton: TritonVersion) -> ModelView:
    spec = parse_model_spec(json.dumps({"name": "m", **keys}), "m.yaml")
    return ModelView(spec.document, spec.config, "m", None, spec, target=Target(triton))


def found(model: ModelView) -> list[tuple[str, str, str]]:
    return [
        (finding.code, finding.key, finding.message)
        for finding in check_model(model)
        if finding.code in ("TS121", "TS122")
    ]


@pytest.mark.parametrize(("code", "keys", "key", "old", "since"), CASES)
def test_what_came_later_is_refused_with_its_release(
    code: str, keys: dict[str, Any], key: str, old: str, since: str
) -> None:
    [(its_code, its_key, message)] = found(view(keys, parse_triton_version(old)))
    assert (its_code, its_key) == (code, key)
    assert f"Triton {old} does not know" in message
    assert f"it came with {since}" in message


@pytest.mark.parametrize(("code", "keys", "key", "old", "since"), CASES)
def test_from_its_release_on_it_is_accepted(code: str, keys: dict[str, Any], key: str, old: str, since: str) -> None:
    assert found(view(keys, parse_triton_version(since))) == []


def test_a_config_file_is_judged_too_and_the_line_is_said() -> None:
    text = b'name: "m"\nbackend: "python"\nmodel_metrics { }\n'
    document = Document("config.pbtxt", None, locate_fields(text))
    model = ModelView(document, parse_config(text, "config.pbtxt"), "m", target=Target(TritonVersion(24, 10)))
    [finding] = [finding for finding in check_model(model) if finding.code == "TS121"]
    assert (finding.key, finding.line) == ("model_metrics", 3)


def test_names_that_users_choose_are_not_taken_for_fields() -> None:
    keys = {"backend": "python", "parameters": {"model_metrics": {"string_value": "x"}}}
    oldest = view(keys, TritonVersion(24, 10))
    assert found(oldest) == []
    assert found(replace(oldest, target=Target(TritonVersion(26, 11)))) == []
