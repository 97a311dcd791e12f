"""Rules that depend on the pool's pods, on files' sizes, or on several models."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from tests.support.rule_cases import ENSEMBLE, STEP, TENSOR, Model
from triton_stack.check import ModelView, check_model, check_stack
from triton_stack.check.view import Target

VLLM_TAG = "nvidia/tritonserver:26.08-vllm-python-py3"
FULL_TAG = "nvidia/tritonserver:26.08-py3"


def codes(config: Mapping[str, Any], target: Target) -> list[tuple[str, str]]:
    view = replace(Model(config).view("m"), target=target)
    return [(finding.code, finding.key) for finding in check_model(view)]


def groups(**group: Any) -> dict[str, Any]:
    return {"instance_group": [group]}


@pytest.mark.parametrize(
    ("group", "gpus", "key"),
    [
        ({"kind": "GPU"}, 0, "instance_group[0].kind"),
        ({"kind": "GPU", "gpus": [0, 1]}, 1, "instance_group[0].gpus[1]"),
        ({"gpus": [0]}, 0, "instance_group[0].gpus[0]"),
        ({"kind": "GPU", "gpus": [-1]}, None, "instance_group[0].gpus[0]"),
    ],
)
def test_gpus_that_the_pod_does_not_have_are_refused(group: dict[str, Any], gpus: int | None, key: str) -> None:
    assert codes(groups(**group), Target(gpus=gpus)) == [("TS512", key)]


@pytest.mark.parametrize(
    ("group", "gpus"), [({"kind": "GPU"}, 1), ({"kind": "GPU", "gpus": [0, 1]}, 2), ({"kind": "GPU"}, None), ({}, 0)]
)
def test_gpus_that_the_pod_has_are_accepted(group: dict[str, Any], gpus: int | None) -> None:
    assert codes(groups(**group), Target(gpus=gpus)) == []


LIMITED = groups(kind="CPU", rate_limiter={"resources": [{"name": "R1", "count": 1}]})
CACHED = {"response_cache": {"enable": True}}


@pytest.mark.parametrize(
    ("config", "flags", "found"),
    [
        (LIMITED, {}, [("TS514", "instance_group[0].rate_limiter")]),
        (LIMITED, {"rate-limit": "off"}, [("TS514", "instance_group[0].rate_limiter")]),
        (LIMITED, {"rate-limit": "execution_count"}, []),
        (LIMITED, None, []),
        (CACHED, {}, [("TS515", "response_cache")]),
        (CACHED, {"cache-config": "local,size=1048576"}, []),
        (CACHED, None, []),
    ],
)
def test_what_the_server_has_to_be_told_is_missed(
    config: dict[str, Any], flags: dict[str, object] | None, found: list[tuple[str, str]]
) -> None:
    assert codes(config, Target(flags=flags)) == found


def resource(count: int = 1, **keys: Any) -> dict[str, Any]:
    return groups(kind="CPU", rate_limiter={"resources": [{"name": "R1", "count": count, **keys}]})


RATE_LIMIT = {"rate-limit": "execution_count"}
R1 = "instance_group[0].rate_limiter.resources[0]"


@pytest.mark.parametrize(("limit", "found"), [(["R1:2"], [("TS518", f"{R1}.count")]), ("R1:3:0", []), (None, [])])
def test_a_resource_of_which_the_server_has_too_few_is_refused(limit: Any, found: list[tuple[str, str]]) -> None:
    flags = {**RATE_LIMIT, "rate-limit-resource": limit}
    assert codes(resource(3), Target(flags=flags)) == found


@pytest.mark.parametrize(("other", "found"), [({"global": True}, ["TS517"]), ({}, [])])
def test_a_resource_is_the_servers_or_a_devices_in_all_models(other: dict[str, Any], found: list[str]) -> None:
    target = Target(flags=RATE_LIMIT)
    views = [replace(Model(resource(**keys)).view(name), target=target) for name, keys in (("a", {}), ("b", other))]
    assert [finding.code for finding in check_stack(views)] == found


@pytest.mark.parametrize(
    ("backend", "image"), [("vllm", FULL_TAG), ("tensorrtllm", VLLM_TAG), ("onnxruntime", VLLM_TAG)]
)
def test_a_backend_that_the_image_does_not_have_is_refused(backend: str, image: str) -> None:
    config = {"backend": backend, "max_batch_size": 0, "instance_group": None}
    assert ("TS531", "backend") in codes(config, Target(image=image))


@pytest.mark.parametrize(
    ("backend", "image"), [("vllm", VLLM_TAG), ("python", VLLM_TAG), ("vllm", "mine/triton:1"), ("vllm", "")]
)
def test_a_backend_that_the_image_may_have_is_accepted(backend: str, image: str) -> None:
    config = {"backend": backend, "max_batch_size": 0, "instance_group": None}
    assert "TS531" not in {code for code, _ in codes(config, Target(image=image))}


def test_a_server_that_completes_nothing_needs_whole_tensors() -> None:
    config = {"backend": "onnxruntime", "input": [{"name": "A", "data_type": "FP32"}]}
    complete, bare = Target(flags={}), Target(flags={"disable-auto-complete-config": True})
    assert ("TS201", "input[0].dims") in codes(config, bare)
    assert ("TS201", "input[0].dims") not in codes(config, complete)


def warm(size: int) -> ModelView:
    inputs = {"INPUT": {"data_type": "FP32", "dims": [4], "input_data_file": "x"}}
    return Model(
        {"model_warmup": [{"name": "w", "batch_size": 1, "inputs": inputs}]}, {"warmup/x": "." * size}, ("warmup",)
    ).view("m")


def test_a_warm_up_file_that_is_too_short_is_refused() -> None:
    key = "model_warmup[0].inputs.INPUT.input_data_file"
    assert [(finding.code, finding.key) for finding in check_model(warm(15))] == [("TS542", key)]


def test_a_warm_up_file_of_the_right_size_is_accepted() -> None:
    assert check_model(warm(16)) == []


def begun(size: int) -> ModelView:
    initial = {"name": "s", "data_type": "FP32", "dims": [4], "data_file": "x"}
    state = {"input_name": "I", "output_name": "O", "data_type": "FP32", "dims": [4], "initial_state": [initial]}
    files = {"initial_state/x": "." * size}
    return Model({"sequence_batching": {"state": [state]}}, files, ("initial_state",)).view("m")


def test_a_file_of_an_initial_state_that_is_too_short_is_refused() -> None:
    key = "sequence_batching.state[0].initial_state[0].data_file"
    assert [(finding.code, finding.key) for finding in check_model(begun(15))] == [("TS336", key)]


def test_a_file_of_an_initial_state_of_the_right_size_is_accepted() -> None:
    assert check_model(begun(16)) == []


def decoupled_flows(joined: str) -> list[str]:
    """Two decoupled models, whose answers meet in one step or not."""
    two = Model({"input": [{"name": "INPUT", **TENSOR}, {"name": "SECOND", **TENSOR}]}).view("two")
    decoupled = Model({"model_transaction_policy": {"decoupled": True}}).view("stream")
    steps = [
        {**STEP, "model_name": "stream", "output_map": {"OUTPUT": "C"}},
        {**STEP, "model_name": "stream", "output_map": {"OUTPUT": "D"}},
        {**STEP, "model_name": "two", "input_map": {"INPUT": "C", "SECOND": joined}},
    ]
    outputs = [{"name": "B", **TENSOR}, {"name": "D", **TENSOR}]
    ensemble = Model({**ENSEMBLE, "output": outputs, "ensemble_scheduling": {"step": steps}}).view("m")
    return [finding.code for finding in check_stack([two, decoupled, ensemble])]


def test_answers_of_two_decoupled_models_do_not_meet() -> None:
    assert decoupled_flows("D") == ["TS528"]


def test_answers_of_one_decoupled_model_may_meet() -> None:
    assert decoupled_flows("C") == []


def test_an_ensemble_may_be_a_step_of_another() -> None:
    inner = Model(ENSEMBLE).view("inner")
    step = {**STEP, "model_name": "inner", "input_map": {"A": "A"}, "output_map": {"B": "B"}}
    outer = Model({**ENSEMBLE, "ensemble_scheduling": {"step": [step]}}).view("outer")
    assert check_stack([Model().view("step"), inner, outer]) == []


def test_ensembles_do_not_run_each_other() -> None:
    def around(other: str) -> Model:
        step = {**STEP, "model_name": other, "input_map": {"A": "A"}, "output_map": {"B": "B"}}
        return Model({**ENSEMBLE, "ensemble_scheduling": {"step": [step]}})

    found = check_stack([around("b").view("a"), around("a").view("b")])
    assert [finding.code for finding in found] == ["TS526", "TS526"]
