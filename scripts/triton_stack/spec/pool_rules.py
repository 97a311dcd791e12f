"""Rules between the values of one pool; those of tritonserver and its flags are in server_rules.py.

`templates/_validate-pool.tpl` holds the same rules; the table in tests/contract/bad_values.yaml binds the two.
"""

from collections.abc import Iterator
from itertools import combinations
from typing import Any

from triton_stack.spec.pool import Pool
from triton_stack.spec.server_rules import Found, server_findings

# Pods need some time after Triton's own time limit to end before Kubernetes kills them.
EXIT_MARGIN_SECONDS = 5
# gRPC adds up to 10 % of jitter to a connection's age.
CONNECTION_AGE_JITTER = 1.1

SERVICE_FIELD_ADVICE = {
    "ports": "set ports instead",
    "selector": "the chart selects its own pods; remove it",
    "type": "set service.type instead",
}
# Fields of a Service that Kubernetes refuses for other types.
SERVICE_FIELD_TYPES = {
    "allocateLoadBalancerNodePorts": ("LoadBalancer",),
    "externalTrafficPolicy": ("NodePort", "LoadBalancer"),
    "healthCheckNodePort": ("LoadBalancer",),
    "loadBalancerClass": ("LoadBalancer",),
}
CHART_VOLUMES = ("ca-bundle", "models", "scripts", "shared-memory", "temporary")
CHART_MOUNTS = ("/dev/shm", "/models", "/tmp", "/triton-stack", "/etc/triton-stack-ca")
CHART_CONTAINERS = ("fetch-models", "triton", "verify-models")
SELECTOR_LABELS = ("app.kubernetes.io/instance", "app.kubernetes.io/name", "triton-stack.io/pool")


def pool_findings(pool: Pool) -> Iterator[Found]:
    """What does not fit together in a pool: the key's path below the pool, and what to say about it."""
    yield from server_findings(pool)
    yield from _image_findings(pool)
    yield from _drain_findings(pool)
    yield from _rollout_findings(pool)
    yield from _scaling_findings(pool)
    yield from _network_findings(pool)
    yield from _name_findings(pool)
    yield from _mount_findings(pool)
    yield from _security_findings(pool)


def _image_findings(pool: Pool) -> Iterator[Found]:
    for path, image in ((("image",), pool.image), (("fetch", "image"), pool.fetch.image)):
        if not image.repository:
            yield (*path, "repository"), "needed"
        if not image.tag and not image.digest:
            yield (*path, "tag"), "needed where there is no digest"


def _drain_findings(pool: Pool) -> Iterator[Found]:
    drain = pool.drain
    age, grace = drain.grpc_max_connection_age_seconds, drain.grpc_max_connection_age_grace_seconds
    if age is not None and age * CONNECTION_AGE_JITTER + grace > drain.pre_stop_seconds:
        yield (
            ("drain", "grpcMaxConnectionAgeSeconds"),
            f"{age} s (+10 %) and {grace} s of grace are longer than preStopSeconds ({drain.pre_stop_seconds}), so "
            "gRPC requests would be lost; raise preStopSeconds or lower the age",
        )
    needed = drain.pre_stop_seconds + drain.exit_timeout_seconds + EXIT_MARGIN_SECONDS
    if needed > drain.termination_grace_period_seconds:
        yield (
            ("drain", "terminationGracePeriodSeconds"),
            f"{drain.termination_grace_period_seconds} s are too short; preStopSeconds + exitTimeoutSeconds + "
            f"{EXIT_MARGIN_SECONDS} need {needed}",
        )


def _rollout_findings(pool: Pool) -> Iterator[Found]:
    deadline = pool.rollout.progress_deadline_seconds
    if deadline <= pool.rollout.min_ready_seconds:
        yield (
            ("rollout", "minReadySeconds"),
            f"{pool.rollout.min_ready_seconds} s must be shorter than progressDeadlineSeconds ({deadline})",
        )
    if pool.rollout.max_surge in (0, "0%") and pool.rollout.max_unavailable in (0, "0%"):
        yield ("rollout", "maxUnavailable"), "0 together with maxSurge 0 lets no pod be replaced; raise one of them"


def _scaling_findings(pool: Pool) -> Iterator[Found]:
    for part in ("requests", "limits"):
        if pool.gpu.resource in getattr(pool.resources, part):
            yield ("resources", part, pool.gpu.resource), "set gpu.count instead"
    scaling = pool.autoscaling
    if not scaling.enabled:
        return
    if scaling.min_replicas > scaling.max_replicas:
        yield (
            ("autoscaling", "minReplicas"),
            f"{scaling.min_replicas} is more than maxReplicas ({scaling.max_replicas})",
        )
    if not any(scaling.metrics.values()):
        yield ("autoscaling", "metrics"), "no metric is left; give at least one"
    for name, metric in scaling.metrics.items():
        resource = _map(_map(metric).get("resource"))
        wanted = str(resource.get("name"))
        by_share = _map(resource.get("target")).get("type") == "Utilization"
        if by_share and not (pool.resources.requests.get(wanted) or pool.resources.limits.get(wanted)):
            yield (
                ("resources", "requests", str(wanted)),
                f"needed by autoscaling.metrics.{name}, which is a share of it",
            )


def _network_findings(pool: Pool) -> Iterator[Found]:
    ports = pool.ports.model_dump()
    for first, second in combinations(ports, 2):
        if ports[first] == ports[second]:
            yield ("ports", second), f"{ports[second]} is the port of {first} too; each needs its own"
    service = pool.service
    if service.type == "ClusterIP" and any(service.node_ports.model_dump().values()):
        yield ("service", "nodePorts"), "not used with service.type ClusterIP; set service.type NodePort"
    if service.node_ports.http and service.node_ports.http == service.node_ports.grpc:
        yield ("service", "nodePorts", "grpc"), f"{service.node_ports.grpc} is the node port of http too"
    for field in service.spec:
        types = SERVICE_FIELD_TYPES.get(field, (service.type,))
        if field in SERVICE_FIELD_ADVICE:
            yield ("service", "spec", field), SERVICE_FIELD_ADVICE[field]
        if service.type not in types:
            yield ("service", "spec", field), f"not allowed with service.type {service.type}; for {' or '.join(types)}"


def _name_findings(pool: Pool) -> Iterator[Found]:
    for label in SELECTOR_LABELS:
        if label in pool.pod_labels:
            yield ("podLabels", label), "this label selects the pods and is set by the chart; remove it"
    for field, names, reserved in (
        ("sidecars", pool.sidecars, CHART_CONTAINERS),
        ("initContainers", pool.init_containers, CHART_CONTAINERS),
        ("volumes", pool.volumes, CHART_VOLUMES),
        ("env", pool.env, ("POD_UID",)),
    ):
        for name in names:
            if name in reserved:
                yield (field, name), "the chart has one of this name; choose another"
    for name in pool.sidecars.keys() & pool.init_containers.keys():
        if pool.sidecars[name] and pool.init_containers[name]:
            yield ("sidecars", name), "an init container has this name too; choose another"
    for field, containers in (("sidecars", pool.sidecars), ("initContainers", pool.init_containers)):
        for name, container in containers.items():
            if container and not container.get("image"):
                yield (field, name, "image"), "needed"
    for name in pool.container_overlays:
        if name not in CHART_CONTAINERS:
            yield (
                ("containerOverlays", name),
                f'the chart has no container "{name}"; there are: {", ".join(CHART_CONTAINERS)}',
            )


def _mount_findings(pool: Pool) -> Iterator[Found]:
    volumes = {name for name, volume in pool.volumes.items() if volume}
    for path, mount in pool.volume_mounts.items():
        bare = path.rstrip("/")
        if bare in CHART_MOUNTS:
            yield ("volumeMounts", path), "the chart mounts its own volume there; choose another path"
        if not mount:
            continue
        if bare != path and pool.volume_mounts.get(bare):
            yield ("volumeMounts", path), f"{bare} is the same path; keep one of the two"
        name = mount.get("name", "")
        # An overlay of the whole pod may bring volumes of its own.
        if name not in volumes.union(CHART_VOLUMES) and "volumes" not in pool.pod_overlay:
            yield ("volumeMounts", path, "name"), f'there is no volume "{name}"; add it under volumes'


def _security_findings(pool: Pool) -> Iterator[Found]:
    pod, container = pool.pod_security_context, pool.security_context
    if pod.get("runAsNonRoot") and pod.get("runAsUser") == 0:
        yield ("podSecurityContext", "runAsUser"), "0 is root, which runAsNonRoot forbids; set another user"
    if container.get("privileged") and container.get("allowPrivilegeEscalation") is False:
        yield (
            ("securityContext", "privileged"),
            "Kubernetes refuses true together with allowPrivilegeEscalation false; remove it",
        )


def _map(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
