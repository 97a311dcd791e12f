"""What holds for every object of every scenario."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from tests.support.render import render, texts
from tests.support.scenarios import scenarios
from tests.support.strict_schemas import KUBERNETES_VERSIONS, problems

Object = dict[str, Any]
SELECTOR = {"app.kubernetes.io/name", "app.kubernetes.io/instance", "triton-stack.io/pool"}
RECOMMENDED = {
    "app.kubernetes.io/name",
    "app.kubernetes.io/instance",
    "app.kubernetes.io/managed-by",
    "app.kubernetes.io/version",
    "app.kubernetes.io/component",
    "app.kubernetes.io/part-of",
    "helm.sh/chart",
}


@cache
def objects() -> list[tuple[str, Object]]:
    """Every object of every scenario but the users' own, with a name for messages."""
    found = [
        (f"{scenario}: {item['kind']} {item['metadata']['name']}", item)
        for scenario, values in scenarios().items()
        for item in render(values)
        if item["metadata"].get("labels")
    ]
    assert len(found) > 60
    return found


def pod_specs() -> Iterator[tuple[str, Object]]:
    for name, item in objects():
        if item["kind"] == "Deployment":
            yield name, item["spec"]["template"]["spec"]
        if item["kind"] == "Pod":
            yield name, item["spec"]


def containers() -> list[tuple[str, Object]]:
    """The chart's own containers; users answer for theirs."""
    found = [
        (f"{name}: {container['name']}", container)
        for name, spec in pod_specs()
        for container in spec["containers"] + spec.get("initContainers", [])
        if container["name"] in ("triton", "fetch-models", "verify-models", "test")
    ]
    assert len(found) > 20
    return found


@pytest.mark.parametrize("version", KUBERNETES_VERSIONS)
def test_every_object_is_valid_for_kubernetes(version: str) -> None:
    assert [problem for _, item in objects() for problem in problems(item, version)] == []


def test_an_unknown_field_is_seen_as_a_problem() -> None:
    deployment = next(item for _, item in objects() if item["kind"] == "Deployment")
    spec = deployment["spec"]
    wrong = {**deployment, "spec": {**spec, "replica": 2}}
    assert "replica" in problems(wrong)[0]


def test_every_object_has_the_recommended_labels() -> None:
    missing = [(name, RECOMMENDED - item["metadata"]["labels"].keys()) for name, item in objects()]
    assert [entry for entry in missing if entry[1]] == []


def test_label_values_are_valid() -> None:
    valid = re.compile(r"^([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$")
    wrong = [(name, v) for name, item in objects() for v in item["metadata"]["labels"].values() if not valid.match(v)]
    assert wrong == []


def test_selectors_hold_only_what_never_changes() -> None:
    selectors = [
        (name, item["spec"]["selector"].get("matchLabels", item["spec"]["selector"]))
        for name, item in objects()
        if item["kind"] in ("Deployment", "Service")
    ]
    assert selectors
    assert [name for name, selector in selectors if set(selector) != SELECTOR] == []


def test_pods_have_the_labels_that_select_them() -> None:
    deployments = [(name, item["spec"]) for name, item in objects() if item["kind"] == "Deployment"]
    assert deployments
    wrong = [
        name
        for name, spec in deployments
        if not spec["selector"]["matchLabels"].items() <= spec["template"]["metadata"]["labels"].items()
    ]
    assert wrong == []


def test_no_version_of_the_chart_reaches_a_pod() -> None:
    templates = [
        (name, item["spec"]["template"]["metadata"]) for name, item in objects() if item["kind"] == "Deployment"
    ]
    assert templates
    wrong = [name for name, meta in templates if {"helm.sh/chart", "app.kubernetes.io/version"} & meta["labels"].keys()]
    assert wrong == []


def test_names_are_at_most_63_characters_and_distinct() -> None:
    for scenario, values in scenarios().items():
        names = [(item["kind"], item["metadata"]["name"]) for item in render(values, name="r" * 53)]
        assert names, scenario
        assert [entry for entry in names if len(entry[1]) > 63] == []
        assert len(names) == len(set(names)), scenario


def test_two_releases_in_one_namespace_share_no_name() -> None:
    for scenario, values in scenarios().items():
        mine, theirs = (
            {(i["kind"], i["metadata"]["name"]) for i in render(values, name=name)} for name in ("one", "two")
        )
        shared_by_the_user = {("ServiceAccount", "triton")}
        assert mine, scenario
        assert mine & theirs - shared_by_the_user == set(), scenario


def test_two_long_releases_that_differ_at_the_end_share_no_name() -> None:
    for scenario, values in scenarios().items():
        mine, theirs = ({i["metadata"]["name"] for i in render(values, name="r" * 52 + end)} for end in "ab")
        assert mine & theirs - {"triton"} == set(), scenario


def test_containers_run_restricted() -> None:
    offenders = [
        (name, context)
        for name, context in ((name, container["securityContext"]) for name, container in containers())
        if context["allowPrivilegeEscalation"]
        or not context["readOnlyRootFilesystem"]
        or context["capabilities"]["drop"] != ["ALL"]
    ]
    assert offenders == []


def test_pods_run_restricted() -> None:
    specs = list(pod_specs())
    assert specs
    offenders = [
        name
        for name, spec in specs
        if spec["securityContext"].get("runAsNonRoot") is not True
        or spec["securityContext"].get("seccompProfile") != {"type": "RuntimeDefault"}
        or spec.get("hostNetwork")
        or spec.get("hostPID")
    ]
    assert offenders == []


def test_no_pod_has_an_api_token_unless_asked() -> None:
    tokens = [
        (name, spec["automountServiceAccountToken"]) for name, spec in pod_specs() if not name.startswith("everything")
    ]
    assert tokens
    assert [name for name, token in tokens if token] == []


def test_environment_has_no_duplicate_names() -> None:
    wrong = []
    for name, container in containers():
        names = [entry["name"] for entry in container.get("env", [])]
        wrong += [(name, entry) for entry in names if names.count(entry) > 1]
    assert wrong == []


def test_every_container_asks_for_resources() -> None:
    assert [name for name, container in containers() if not container["resources"].get("requests")] == []


def test_every_mounted_volume_exists() -> None:
    wrong = []
    for name, spec in pod_specs():
        volumes = {volume["name"] for volume in spec["volumes"]}
        for container in spec["containers"] + spec.get("initContainers", []):
            wrong += [
                (name, mount["name"]) for mount in container.get("volumeMounts", []) if mount["name"] not in volumes
            ]
    assert wrong == []


def test_no_secret_stands_in_a_manifest() -> None:
    assert [name for name, item in objects() if item["kind"] == "Secret"] == []
    keys = [
        (name, entry)
        for name, container in containers()
        for entry in container.get("env", [])
        if entry["name"].startswith("AWS_") and entry["name"].endswith(("KEY", "KEY_ID"))
    ]
    assert keys
    assert [name for name, entry in keys if "secretKeyRef" not in entry["valueFrom"]] == []


def test_the_metrics_port_never_reaches_a_load_balancer() -> None:
    services = [(name, item["spec"]) for name, item in objects() if item["kind"] == "Service"]
    assert services
    public = [
        name
        for name, spec in services
        if spec.get("clusterIP") != "None" and "metrics" in [p["name"] for p in spec["ports"]]
    ]
    assert public == []
    assert [name for name, spec in services if spec.get("clusterIP") == "None" and spec["type"] != "ClusterIP"] == []


def test_rendering_is_byte_stable() -> None:
    for scenario, values in scenarios().items():
        assert texts(values) == texts(values), scenario


def test_no_optional_object_depends_on_the_cluster() -> None:
    """GitOps renders offline, where Capabilities and lookup know nothing."""
    from tests.support.render import CHART

    templates = sorted((CHART / "templates").iterdir())
    assert templates
    assert [path.name for path in templates if re.search(r"\.Capabilities|lookup ", path.read_text())] == []


def test_templates_stay_small() -> None:
    from tests.support.render import CHART

    lengths = {path.name: len(path.read_text().splitlines()) for path in (CHART / "templates").iterdir()}
    assert lengths
    assert {name: length for name, length in lengths.items() if length > 170} == {}
