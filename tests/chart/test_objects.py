"""What options render in the objects around a Deployment."""

from typing import Any

import pytest

from tests.support.render import MINIMAL, container, one, pod_spec, pool, rendered, texts
from triton_stack.spec.overlay import overlay


def test_one_registry_prefix_holds_for_every_image() -> None:
    objects = rendered({"imageRegistry": "mirror.example.org/cache/"})
    images = [c["image"] for c in pod_spec(objects)["containers"] + pod_spec(objects)["initContainers"]]
    images.append(one(objects, "Pod")["spec"]["containers"][0]["image"])
    assert images == [
        "mirror.example.org/cache/nvidia/tritonserver:26.08-py3",
        "mirror.example.org/cache/rclone/rclone:1.75.2",
        "mirror.example.org/cache/nvidia/tritonserver:26.08-py3",
    ]


def test_a_parent_charts_registry_is_used_and_the_own_one_wins() -> None:
    shared = {"global": {"imageRegistry": "parent.example.org"}}
    assert container(rendered(shared))["image"].startswith("parent.example.org/nvidia/")
    assert container(rendered({**shared, "imageRegistry": "own.example.org"}))["image"].startswith(
        "own.example.org/nvidia/"
    )


def test_a_digest_wins_over_the_tag() -> None:
    digest = "sha256:" + "c" * 64
    assert container(rendered(pool(image={"digest": digest})))["image"] == f"nvcr.io/nvidia/tritonserver@{digest}"


def test_pull_secrets_of_chart_and_parent_are_joined_in_every_pod() -> None:
    objects = rendered(
        {"imagePullSecrets": [{"name": "a"}], "global": {"imagePullSecrets": [{"name": "b"}, {"name": "a"}]}}
    )
    assert pod_spec(objects)["imagePullSecrets"] == [{"name": "a"}, {"name": "b"}]
    assert one(objects, "Pod")["spec"]["imagePullSecrets"] == [{"name": "a"}, {"name": "b"}]


def test_the_service_takes_every_field_of_a_load_balancer() -> None:
    service = {
        "type": "LoadBalancer",
        "annotations": {"a": "b"},
        "spec": {
            "loadBalancerClass": "x/y",
            "loadBalancerSourceRanges": ["10.0.0.0/8"],
            "externalTrafficPolicy": "Local",
        },
    }
    rendered_service = one(rendered(pool(service=service)), "Service", "-default")
    assert rendered_service["metadata"]["annotations"] == {"a": "b"}
    assert rendered_service["spec"]["type"] == "LoadBalancer"
    assert service["spec"].items() <= rendered_service["spec"].items()


def test_node_ports_are_fixed_only_where_given() -> None:
    ports = one(rendered(pool(service={"type": "NodePort", "nodePorts": {"http": 30080}})), "Service", "-default")[
        "spec"
    ]["ports"]
    assert [port.get("nodePort") for port in ports] == [30080, None]


def test_the_headless_service_alone_offers_metrics() -> None:
    objects = rendered()
    ports = {
        suffix: [p["name"] for p in one(objects, "Service", suffix)["spec"]["ports"]]
        for suffix in ("-default", "-headless")
    }
    assert ports == {"-default": ["http", "grpc"], "-headless": ["http", "grpc", "metrics"]}


def test_the_service_monitor_selects_the_headless_services_of_this_release() -> None:
    objects = rendered({"serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}}})
    monitor = one(objects, "ServiceMonitor")
    assert monitor["metadata"]["labels"]["release"] == "prometheus"
    wanted = monitor["spec"]["selector"]["matchLabels"].items()
    selected = [
        s["metadata"]["name"] for s in objects if s["kind"] == "Service" and wanted <= s["metadata"]["labels"].items()
    ]
    assert selected == ["demo-triton-stack-default-headless"]


@pytest.mark.parametrize("kind", ["ServiceMonitor", "HorizontalPodAutoscaler", "PersistentVolumeClaim"])
def test_optional_objects_are_off_by_default(kind: str) -> None:
    assert [item for item in rendered() if item["kind"] == kind] == []


def test_the_autoscaler_targets_its_pools_deployment() -> None:
    objects = rendered(
        pool(
            autoscaling={
                "enabled": True,
                "minReplicas": 2,
                "maxReplicas": 5,
                "behavior": {"scaleDown": {"stabilizationWindowSeconds": 60}},
            }
        )
    )
    spec = one(objects, "HorizontalPodAutoscaler")["spec"]
    assert spec["scaleTargetRef"]["name"] == one(objects, "Deployment")["metadata"]["name"]
    assert (spec["minReplicas"], spec["maxReplicas"]) == (2, 5)
    assert [metric["resource"]["name"] for metric in spec["metrics"]] == ["cpu"]
    assert spec["behavior"] == {"scaleDown": {"stabilizationWindowSeconds": 60}}


def test_a_metric_can_replace_the_default_one() -> None:
    queue = {
        "type": "Pods",
        "pods": {"metric": {"name": "queue"}, "target": {"type": "AverageValue", "averageValue": "2"}},
    }
    objects = rendered(pool(autoscaling={"enabled": True, "metrics": {"cpu": None, "queue": queue}}))
    assert one(objects, "HorizontalPodAutoscaler")["spec"]["metrics"] == [queue]


@pytest.mark.parametrize(
    ("account", "name"),
    [
        ({}, "demo-triton-stack"),
        ({"name": "x"}, "x"),
        ({"create": False}, "default"),
        ({"create": False, "name": "x"}, "x"),
    ],
)
def test_pods_use_the_service_account_that_the_values_name(account: dict[str, Any], name: str) -> None:
    objects = rendered({"serviceAccount": account})
    assert pod_spec(objects)["serviceAccountName"] == name
    created = [item["metadata"]["name"] for item in objects if item["kind"] == "ServiceAccount"]
    assert created == [name for _ in range(account.get("create", True))]


def test_proxies_and_authorities_reach_every_container() -> None:
    objects = rendered({"proxy": {"httpsProxy": "http://p:1"}, "caBundle": {"configMapName": "authorities"}})
    for name in ("triton", "fetch-models"):
        environment = {e["name"]: e.get("value") for e in container(objects, name)["env"]}
        assert environment["HTTPS_PROXY"] == "http://p:1"
        assert environment["SSL_CERT_FILE"] == "/etc/triton-stack-ca/ca.crt"
        assert {"name": "ca-bundle", "mountPath": "/etc/triton-stack-ca", "readOnly": True} in container(objects, name)[
            "volumeMounts"
        ]


def test_common_labels_and_annotations_reach_every_object() -> None:
    objects = rendered({"commonLabels": {"team": "vision"}, "commonAnnotations": {"owner": "x"}})
    assert len(objects) == 7
    assert [i["metadata"]["name"] for i in objects if i["metadata"]["labels"].get("team") != "vision"] == []
    assert [i["metadata"]["name"] for i in objects if i["metadata"]["annotations"].get("owner") != "x"] == []


def test_a_users_label_cannot_replace_the_charts() -> None:
    labels = one(rendered(pool(labels={"app.kubernetes.io/instance": "x"})), "Deployment")["metadata"]["labels"]
    assert labels["app.kubernetes.io/instance"] == "demo"


def test_extra_objects_are_templates_as_map_and_as_text() -> None:
    objects = rendered(
        {
            "extraObjects": {
                "a": {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "{{ .Release.Name }}-a"}},
                "b": 'apiVersion: v1\nkind: Secret\nmetadata: {name: "{{ .Release.Namespace }}-b"}',
                "c": None,
            }
        }
    )
    assert [i["metadata"]["name"] for i in objects if i["kind"] == "Secret"] == ["demo-a", "apps-b"]


def test_the_test_pod_is_no_endpoint_of_the_service() -> None:
    objects = rendered()
    selector = one(objects, "Service", "-default")["spec"]["selector"]
    assert not selector.items() <= one(objects, "Pod")["metadata"]["labels"].items()


def test_a_release_that_carries_the_charts_name_is_not_named_twice() -> None:
    names = {item["metadata"]["name"] for item in rendered(name="triton-stack")}
    assert "triton-stack-default" in names


def test_names_can_be_overridden() -> None:
    assert one(rendered({"fullnameOverride": "serving"}), "Deployment")["metadata"]["name"] == "serving-default"
    assert one(rendered({"nameOverride": "serving"}), "Deployment")["metadata"]["name"] == "demo-serving-default"


def notes(values: dict[str, Any]) -> str:
    return texts(overlay(MINIMAL, values))["triton-stack/templates/NOTES.txt"]


def test_the_notes_name_what_was_installed() -> None:
    text = notes({"models": {"m": {"sample": '{"inputs": []}'}}})
    assert "deployment/demo-triton-stack-default" in text
    assert "/v2/models/m/infer" in text
    assert "helm test demo --namespace apps" in text
    assert "{{" not in text.replace("{{index .data", "")


def test_the_notes_do_not_offer_an_inference_without_a_sample() -> None:
    assert "/infer" not in notes({})
