"""What options of a pool render in its Deployment."""

from typing import Any

import pytest

from tests.support.render import DIGEST, container, one, pod_spec, pool, render, rendered
from tests.support.scenarios import scenarios


def args(values: dict[str, Any] | None = None) -> list[str]:
    return list(container(rendered(values))["args"])


def test_minimal_values_render_exactly_these_objects() -> None:
    kinds = {(item["kind"], item["metadata"]["name"]) for item in rendered()}
    assert kinds == {
        ("Deployment", "demo-triton-stack-default"),
        ("Service", "demo-triton-stack-default"),
        ("Service", "demo-triton-stack-default-headless"),
        ("ConfigMap", "demo-triton-stack-scripts"),
        ("ConfigMap", "demo-triton-stack-default-samples"),
        ("ServiceAccount", "demo-triton-stack"),
        ("Pod", "demo-triton-stack-default-test"),
    }


def test_a_pools_keys_are_laid_over_the_defaults() -> None:
    objects = render(scenarios()["pools"])
    default, large = (
        one(objects, "Deployment", suffix)["spec"]["template"]["spec"] for suffix in ("-default", "-large")
    )
    assert default["containers"][0]["resources"]["limits"] == {"nvidia.com/gpu": 1}
    assert large["containers"][0]["resources"]["limits"] == {"nvidia.com/mig-3g.40gb": 4}
    sizes = [
        volume["emptyDir"]["sizeLimit"]
        for spec in (default, large)
        for volume in spec["volumes"]
        if volume["name"] == "shared-memory"
    ]
    assert sizes == ["512Mi", "512Mi"]


def test_false_and_zero_in_a_pool_win_over_the_defaults() -> None:
    objects = rendered(
        {
            "poolDefaults": {"replicas": 3, "server": {"lockApis": True}},
            "pools": {"default": {"replicas": 0, "server": {"lockApis": False}}},
        }
    )
    assert one(objects, "Deployment")["spec"]["replicas"] == 0
    assert not [flag for flag in container(objects)["args"] if "restricted" in flag]


def test_each_pool_loads_its_own_models_only() -> None:
    objects = render(scenarios()["pools"])
    loads = {
        suffix: [
            flag
            for flag in one(objects, "Deployment", suffix)["spec"]["template"]["spec"]["containers"][0]["args"]
            if flag.startswith("--load-model")
        ]
        for suffix in ("-default", "-large")
    }
    assert loads == {"-default": ["--load-model=embed"], "-large": ["--load-model=chain", "--load-model=detect"]}


def test_one_bad_model_cannot_stop_the_server() -> None:
    assert {"--model-control-mode=explicit", "--exit-on-error=false", "--strict-readiness=false"} <= set(args())


def test_replicas_are_left_to_the_autoscaler() -> None:
    spec = one(rendered(pool(autoscaling={"enabled": True})), "Deployment")["spec"]
    assert "replicas" not in spec


def test_replicas_are_rendered_without_an_autoscaler() -> None:
    assert one(rendered(pool(replicas=0)), "Deployment")["spec"]["replicas"] == 0


def test_gpus_are_requested_and_limited() -> None:
    resources = container(rendered(pool(gpu={"count": 2}, resources={"limits": {"memory": "8Gi"}})))["resources"]
    assert resources["requests"]["nvidia.com/gpu"] == 2
    assert resources["limits"] == {"memory": "8Gi", "nvidia.com/gpu": 2}


def test_no_gpu_is_requested_for_a_count_of_zero() -> None:
    assert container(rendered(pool(gpu={"count": 0})))["resources"] == {"requests": {"cpu": "1", "memory": "2Gi"}}


def test_a_flag_of_the_user_wins_over_the_charts() -> None:
    flags = args(pool(server={"extraArgs": {"strict-readiness": True}}))
    assert [flag for flag in flags if "strict-readiness" in flag] == ["--strict-readiness=true"]


def test_a_null_flag_removes_the_charts() -> None:
    assert not [flag for flag in args(pool(server={"extraArgs": {"exit-on-error": None}})) if "exit-on-error" in flag]


def test_a_list_repeats_a_flag() -> None:
    flags = args(pool(server={"extraArgs": {"backend-config": ["python,a=1", "onnxruntime,b=2"]}}))
    assert [flag for flag in flags if "backend" in flag] == [
        "--backend-config=python,a=1",
        "--backend-config=onnxruntime,b=2",
    ]


def test_large_numbers_are_not_written_with_an_exponent() -> None:
    flags = args(pool(server={"extraArgs": {"pinned-memory-pool-byte-size": 268435456}}))
    assert "--pinned-memory-pool-byte-size=268435456" in flags


def test_fractions_stay_fractions() -> None:
    assert "--model-load-gpu-limit=0.5" in args(pool(server={"extraArgs": {"model-load-gpu-limit": 0.5}}))


def test_each_port_stands_in_one_place() -> None:
    objects = rendered(pool(ports={"http": 9000, "grpc": 9001, "metrics": 9002}))
    assert {"--http-port=9000", "--grpc-port=9001", "--metrics-port=9002"} <= set(container(objects)["args"])
    assert {p["name"]: p["containerPort"] for p in container(objects)["ports"]} == {
        "http": 9000,
        "grpc": 9001,
        "metrics": 9002,
    }
    assert {p["name"]: p["port"] for p in one(objects, "Service", "-headless")["spec"]["ports"]} == {
        "http": 9000,
        "grpc": 9001,
        "metrics": 9002,
    }
    assert "9000" in container(objects)["readinessProbe"]["exec"]["command"]
    assert one(objects, "Pod")["spec"]["containers"][0]["command"][-1].endswith(":9000")


def test_the_drain_block_reaches_pod_and_server() -> None:
    drain = {
        "preStopSeconds": 20,
        "grpcMaxConnectionAgeSeconds": 10,
        "grpcMaxConnectionAgeGraceSeconds": 6,
        "exitTimeoutSeconds": 40,
        "terminationGracePeriodSeconds": 70,
    }
    objects = rendered(pool(drain=drain))
    assert container(objects)["lifecycle"] == {"preStop": {"sleep": {"seconds": 20}}}
    assert pod_spec(objects)["terminationGracePeriodSeconds"] == 70
    assert {"--exit-timeout-secs=40", "--grpc-max-connection-age=10000", "--grpc-max-connection-age-grace=6000"} <= set(
        container(objects)["args"]
    )


def test_a_null_connection_age_leaves_the_flags_out() -> None:
    assert not [flag for flag in args(pool(drain={"grpcMaxConnectionAgeSeconds": None})) if "connection-age" in flag]


def test_the_apis_that_change_the_server_are_locked_over_both_protocols() -> None:
    locked = [flag for flag in args() if flag.startswith(("--http-restricted-api", "--grpc-restricted-protocol"))]
    assert [flag.split("=", 1)[1] for flag in locked] == [
        "model-repository,shared-memory,trace,logging:triton-stack-key=$(POD_UID)"
    ] * 2
    environment = {entry["name"]: entry for entry in container(rendered())["env"]}
    assert environment["POD_UID"]["valueFrom"]["fieldRef"]["fieldPath"] == "metadata.uid"


def test_environment_takes_values_and_sources() -> None:
    secret = {"secretKeyRef": {"name": "token", "key": "token"}}
    environment = {
        e["name"]: e
        for e in container(rendered(pool(env={"A": 1, "B": True, "C": {"valueFrom": secret}, "D": None})))["env"]
    }
    assert environment["A"] == {"name": "A", "value": "1"}
    assert environment["B"] == {"name": "B", "value": "true"}
    assert environment["C"] == {"name": "C", "valueFrom": secret}
    assert "D" not in environment


def test_a_users_environment_wins_over_the_charts() -> None:
    environment = [e for e in container(rendered(pool(env={"HOME": "/data"})))["env"] if e["name"] == "HOME"]
    assert environment == [{"name": "HOME", "value": "/data"}]


def test_volumes_of_any_kind_are_mounted() -> None:
    objects = rendered(
        pool(
            volumes={"data": {"nfs": {"server": "x", "path": "/"}}},
            volumeMounts={"/data": {"name": "data", "readOnly": True}},
        )
    )
    assert {"name": "data", "nfs": {"server": "x", "path": "/"}} in pod_spec(objects)["volumes"]
    assert {"name": "data", "mountPath": "/data", "readOnly": True} in container(objects)["volumeMounts"]


def test_sidecars_and_init_containers_stand_beside_the_charts_own() -> None:
    spec = pod_spec(rendered(pool(sidecars={"logs": {"image": "l:1"}}, initContainers={"warm": {"image": "w:1"}})))
    assert [c["name"] for c in spec["containers"]] == ["triton", "logs"]
    assert [c["name"] for c in spec["initContainers"]] == ["fetch-models", "warm"]


def test_the_key_names_what_a_map_holds_even_where_the_name_is_repeated() -> None:
    volumes = {"data": {"name": "data", "emptyDir": {}}}
    mounts = {"/data": {"mountPath": "/data", "name": "data"}}
    objects = rendered(pool(sidecars={"logs": {"name": "logs", "image": "l:1"}}, volumes=volumes, volumeMounts=mounts))
    assert {"name": "logs", "image": "l:1"} in pod_spec(objects)["containers"]
    assert {"name": "data", "emptyDir": {}} in pod_spec(objects)["volumes"]
    assert {"name": "data", "mountPath": "/data"} in container(objects)["volumeMounts"]


def test_an_overlay_reaches_what_has_no_key() -> None:
    objects = rendered(
        pool(
            podOverlay={"dnsPolicy": "Default", "tolerations": [{"operator": "Exists"}]},
            containerOverlays={"triton": {"livenessProbe": {"initialDelaySeconds": 9}}},
        )
    )
    assert pod_spec(objects)["dnsPolicy"] == "Default"
    assert container(objects)["livenessProbe"]["initialDelaySeconds"] == 9
    assert container(objects)["livenessProbe"]["httpGet"]["path"] == "/v2/health/live"


def test_the_platform_may_choose_the_uid() -> None:
    context = pod_spec(render(scenarios()["platform-chooses-uid"]))["securityContext"]
    assert context == {
        "runAsNonRoot": True,
        "fsGroupChangePolicy": "OnRootMismatch",
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def test_one_pool_alone_may_let_the_platform_choose_the_uid() -> None:
    context = pod_spec(rendered({"pools": {"default": {"podSecurityContext": {"runAsUser": None}}}}))["securityContext"]
    assert context["runAsUser"] is None


def test_shared_memory_is_in_memory_and_bounded() -> None:
    volume = next(
        v
        for v in pod_spec(rendered(pool(sharedMemory={"sizeLimit": "2Gi"})))["volumes"]
        if v["name"] == "shared-memory"
    )
    assert volume["emptyDir"] == {"medium": "Memory", "sizeLimit": "2Gi"}
    assert {"name": "shared-memory", "mountPath": "/dev/shm"} in container(rendered())["volumeMounts"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("nodeSelector", {"gpu": "a100"}),
        ("tolerations", [{"operator": "Exists"}]),
        ("affinity", {"nodeAffinity": {}}),
        ("priorityClassName", "serving"),
        ("runtimeClassName", "nvidia"),
        ("schedulerName", "volcano"),
    ],
)
def test_scheduling_keys_reach_the_pod_and_are_absent_by_default(key: str, value: Any) -> None:
    assert pod_spec(rendered(pool(**{key: value})))[key] == value
    assert key not in pod_spec(rendered())


def test_pods_are_spread_over_nodes_where_possible() -> None:
    constraints = pod_spec(rendered())["topologySpreadConstraints"]
    assert [(c["topologyKey"], c["whenUnsatisfiable"]) for c in constraints] == [
        ("kubernetes.io/hostname", "ScheduleAnyway")
    ]
    assert constraints[0]["labelSelector"]["matchLabels"]["triton-stack.io/pool"] == "default"


def test_a_null_removes_the_spreading() -> None:
    assert "topologySpreadConstraints" not in pod_spec(rendered(pool(topologySpread={"kubernetes.io/hostname": None})))


def test_the_rollout_block_reaches_the_deployment() -> None:
    rollout = {
        "maxSurge": "25%",
        "maxUnavailable": 1,
        "progressDeadlineSeconds": 60,
        "revisionHistoryLimit": 2,
        "minReadySeconds": 3,
    }
    spec = one(rendered(pool(rollout=rollout)), "Deployment")["spec"]
    assert spec["strategy"]["rollingUpdate"] == {"maxSurge": "25%", "maxUnavailable": 1}
    assert (spec["progressDeadlineSeconds"], spec["revisionHistoryLimit"], spec["minReadySeconds"]) == (60, 2, 3)


def template(values: dict[str, Any]) -> Any:
    return one(rendered(values), "Deployment")["spec"]["template"]


@pytest.mark.parametrize(
    "values",
    [
        pool(service={"annotations": {"a": "b"}}),
        pool(labels={"a": "b"}, annotations={"a": "b"}),
        pool(replicas=5),
        pool(rollout={"progressDeadlineSeconds": 9}),
        {"commonAnnotations": {"a": "b"}},
        {"serviceMonitor": {"enabled": True}},
        {"serviceAccount": {"annotations": {"a": "b"}}},
        {"models": {"m": {"sample": '{"inputs": []}'}}},
    ],
    ids=str,
)
def test_a_change_that_does_not_concern_the_pod_never_restarts_it(values: dict[str, Any]) -> None:
    assert template(values) == template({})


def test_another_pool_never_restarts_this_one() -> None:
    values = {"models": {"other": {"pool": "b", "digest": DIGEST}}, "pools": {"b": {}}}
    assert one(rendered(values), "Deployment", "-default")["spec"]["template"] == template({})


@pytest.mark.parametrize(
    "values",
    [
        {"models": {"m": {"digest": "sha256:" + "b" * 64}}},
        {"models": {"m": {"config": 'name: "m"'}}},
        {"models": {"n": {"digest": DIGEST}}},
        pool(image={"tag": "26.09-py3"}),
        pool(server={"extraArgs": {"log-verbose": 1}}),
    ],
    ids=str,
)
def test_a_change_of_models_image_or_flags_is_a_rollout(values: dict[str, Any]) -> None:
    assert template(values) != template({})
