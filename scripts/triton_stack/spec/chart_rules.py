"""Rules between the chart's values.

`templates/_validate.tpl` holds the same rules for those who use Helm alone; the table in
tests/contract/bad_values.yaml binds the two: both must refuse its values with the same key.
"""

import json
import re
from collections.abc import Iterator
from itertools import combinations
from typing import TYPE_CHECKING

from pydantic import ValidationError

from triton_stack.spec.overlay import overlay
from triton_stack.spec.pool import Pool

if TYPE_CHECKING:
    from triton_stack.spec.chart import Values

# Pods need some time after Triton's own time limit to end before Kubernetes kills them.
EXIT_MARGIN_SECONDS = 5
# gRPC adds up to 10 % of jitter to a connection's age.
CONNECTION_AGE_JITTER = 1.1

FLAG_OWNERS = {
    "model-repository": "modelRepository",
    "model-control-mode": "models",
    "load-model": "models",
    "http-port": "ports.http",
    "grpc-port": "ports.grpc",
    "metrics-port": "ports.metrics",
    "exit-timeout-secs": "drain.exitTimeoutSeconds",
    "grpc-max-connection-age": "drain.grpcMaxConnectionAgeSeconds",
    "grpc-max-connection-age-grace": "drain.grpcMaxConnectionAgeGraceSeconds",
}
SERVICE_FIELD_ADVICE = {
    "ports": "set ports instead",
    "selector": "the chart selects its own pods; remove it",
    "type": "set service.type instead",
}
CHART_VOLUMES = ("ca-bundle", "models", "scripts", "shared-memory", "temporary")
CHART_MOUNTS = ("/dev/shm", "/models", "/tmp", "/triton-stack")
CHART_CONTAINERS = ("fetch-models", "triton", "verify-models")
SELECTOR_LABELS = ("app.kubernetes.io/instance", "app.kubernetes.io/name", "triton-stack.io/pool")


def merged_pool(values: "Values", name: str) -> Pool:
    """Lay the keys of `pools.<name>` over `poolDefaults`, as the templates do.

    Raises:
        ValidationError: the merged pool is not a valid pool.
    """
    overrides = values.pools[name]
    assert overrides is not None
    return Pool.model_validate(
        overlay(
            values.pool_defaults.model_dump(by_alias=True),
            overrides.model_dump(by_alias=True, exclude_unset=True),
        )
    )


def findings(values: "Values") -> list[str]:
    """What does not fit together, one line each, beginning with the key."""
    names = [name for name, pool in values.pools.items() if pool is not None]
    found = list(_model_findings(values, names))
    found += _common_labels_findings(values)
    if not names:
        found.append("pools: no pool is left; give at least one, for example `pools: {default: {}}`")
    pods = 0
    for name in names:
        try:
            pool = merged_pool(values, name)
        except ValidationError as error:
            found += [f"pools.{name}: {part['msg']}" for part in error.errors()]
            continue
        pods += pool.autoscaling.max_replicas if pool.autoscaling.enabled else pool.replicas
        found += _pool_findings(values, name, pool)
    return found + list(_claim_findings(values, pods))


def _model_findings(values: "Values", pools: list[str]) -> Iterator[str]:
    repository = values.model_repository
    if values.ca_bundle.config_map_name and values.ca_bundle.secret_name:
        yield "caBundle.secretName: set either caBundle.configMapName or caBundle.secretName, not both"
    if repository.type == "objectStore" and not repository.object_store.url:
        yield "modelRepository.objectStore.url: needed for modelRepository.type objectStore; give s3://BUCKET/PREFIX"
    for name, model in values.models.items():
        key = f"models.{name}"
        if model.pool not in pools:
            yield f'{key}.pool: there is no pool "{model.pool}"; the pools are: {", ".join(sorted(pools))}'
        if model.sample and not _is_json_object(model.sample):
            yield f"{key}.sample: not a JSON object; give the body of an inference request"
        if repository.type == "objectStore":
            if not model.digest and not re.search(r'platform\s*:\s*"ensemble"', model.config):
                yield f"{key}.digest: needed for modelRepository.type objectStore; `triton-stack publish` prints it"
        else:
            for field in ("config", "digest"):
                if getattr(model, field):
                    yield (
                        f"{key}.{field}: not used with modelRepository.type pvc, where the claim's own files count; "
                        "remove it"
                    )


def _is_json_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def _common_labels_findings(values: "Values") -> Iterator[str]:
    for label in SELECTOR_LABELS:
        if label in values.common_labels:
            yield f"commonLabels.{label}: this label selects the pods and is set by the chart; remove it"


def _pool_findings(values: "Values", name: str, pool: Pool) -> Iterator[str]:
    key = f"pools.{name}"
    if not any(model.pool == name for model in values.models.values()):
        yield (
            f"models: no model is declared for pool {name}; add one under models, or remove the pool with `{key}: null`"
        )
    yield from _drain_findings(key, pool)
    yield from _scaling_findings(key, pool)
    ports = pool.ports.model_dump()
    for first, second in combinations(ports, 2):
        if ports[first] == ports[second]:
            yield f"{key}.ports.{second}: {ports[second]} is the port of {first} too; each needs its own"
    for flag in pool.server.extra_args:
        if flag in FLAG_OWNERS:
            yield f"{key}.server.extraArgs.{flag}: set {FLAG_OWNERS[flag]} instead"
    for field, advice in SERVICE_FIELD_ADVICE.items():
        if field in pool.service.spec:
            yield f"{key}.service.spec.{field}: {advice}"
    if pool.service.type == "ClusterIP" and any(pool.service.node_ports.model_dump().values()):
        yield f"{key}.service.nodePorts: not used with service.type ClusterIP; set service.type NodePort"
    yield from _name_findings(key, pool)


def _claim_findings(values: "Values", pods: int) -> Iterator[str]:
    repository = values.model_repository
    shared = {"ReadOnlyMany", "ReadWriteMany"} & set(repository.pvc.access_modes)
    if repository.type == "pvc" and pods > 1 and not shared and not repository.pvc.single_node:
        yield (
            f"modelRepository.pvc.accessModes: the pools have up to {pods} pods, and a ReadWriteOnce claim can be "
            "mounted on one node only; use a ReadOnlyMany or ReadWriteMany claim, or, where all pods run on one node, "
            "set modelRepository.pvc.singleNode: true"
        )


def _drain_findings(key: str, pool: Pool) -> Iterator[str]:
    drain = pool.drain
    age, grace = drain.grpc_max_connection_age_seconds, drain.grpc_max_connection_age_grace_seconds
    if age is not None and age * CONNECTION_AGE_JITTER + grace > drain.pre_stop_seconds:
        yield (
            f"{key}.drain.grpcMaxConnectionAgeSeconds: {age} s (+10 %) and {grace} s of grace are longer than "
            f"preStopSeconds ({drain.pre_stop_seconds}), so gRPC requests would be lost; raise preStopSeconds or "
            "lower the age"
        )
    needed = drain.pre_stop_seconds + drain.exit_timeout_seconds + EXIT_MARGIN_SECONDS
    if needed > drain.termination_grace_period_seconds:
        yield (
            f"{key}.drain.terminationGracePeriodSeconds: {drain.termination_grace_period_seconds} s are too short; "
            f"preStopSeconds + exitTimeoutSeconds + {EXIT_MARGIN_SECONDS} need {needed}"
        )


def _scaling_findings(key: str, pool: Pool) -> Iterator[str]:
    if pool.rollout.max_surge in (0, "0%") and pool.rollout.max_unavailable in (0, "0%"):
        yield f"{key}.rollout.maxUnavailable: 0 together with maxSurge 0 lets no pod be replaced; raise one of them"
    scaling = pool.autoscaling
    if not scaling.enabled:
        return
    if scaling.min_replicas > scaling.max_replicas:
        yield f"{key}.autoscaling.minReplicas: {scaling.min_replicas} is more than maxReplicas ({scaling.max_replicas})"
    if not any(scaling.metrics.values()):
        yield f"{key}.autoscaling.metrics: no metric is left; give at least one"


def _name_findings(key: str, pool: Pool) -> Iterator[str]:
    for label in SELECTOR_LABELS:
        if label in pool.pod_labels:
            yield f"{key}.podLabels.{label}: this label selects the pods and is set by the chart; remove it"
    for field, names, reserved in (
        ("sidecars", pool.sidecars, CHART_CONTAINERS),
        ("initContainers", pool.init_containers, CHART_CONTAINERS),
        ("volumes", pool.volumes, CHART_VOLUMES),
    ):
        for name in names:
            if name in reserved:
                yield f"{key}.{field}.{name}: the chart has one of this name; choose another"
    for path in pool.volume_mounts:
        if path.rstrip("/") in CHART_MOUNTS:
            yield f"{key}.volumeMounts.{path}: the chart mounts its own volume there; choose another path"
    for name in pool.container_overlays:
        if name not in CHART_CONTAINERS:
            yield (
                f'{key}.containerOverlays.{name}: the chart has no container "{name}"; '
                f"there are: {', '.join(CHART_CONTAINERS)}"
            )
