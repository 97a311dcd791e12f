"""The values of one pool: a Deployment, its Services and its autoscaler."""

from typing import Annotated, Any, Literal

from pydantic import Field

from triton_stack.spec.chart_base import (
    Annotations,
    Form,
    LabelKey,
    Labels,
    ObjectName,
    Quantity,
    Registry,
    ShortName,
    ValuesModel,
)
from triton_stack.spec.versions import DEFAULT_TRITON

PoolName = Annotated[
    str,
    Form(r"^[a-z0-9]([a-z0-9-]{0,28}[a-z0-9])?$", "a pool's name: at most 30 lower-case letters, digits, dashes"),
]
Port = Annotated[int, Field(ge=1, le=65535)]
NodePort = Annotated[int, Field(ge=0, le=65535)]
Seconds = Annotated[int, Field(ge=0)]
PositiveSeconds = Annotated[int, Field(ge=1)]
Scalar = str | int | float | bool
KubernetesObject = dict[str, Any]
EnvironmentName = Annotated[
    str, Form(r"^[-._a-zA-Z][-._a-zA-Z0-9]*$", "the name of a variable: letters, digits, _, - and .; no digit first")
]
MountPath = Annotated[str, Form(r"^/[^:]*$", "an absolute path without colons")]
Count = Annotated[int, Field(ge=0)]
IntOrPercent = Annotated[int | str, Form(r"^[0-9]+%$", "a whole number, or a percentage as 25%", number="integer")]
ImageDigest = Annotated[str, Form(r"^(sha256:[0-9a-f]{64})?$", "sha256: and 64 lower-case hexadecimal digits")]

CPU_METRIC: dict[str, KubernetesObject | None] = {
    "cpu": {
        "type": "Resource",
        "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}},
    }
}
SPREAD_OVER_NODES: dict[str, KubernetesObject | None] = {
    "kubernetes.io/hostname": {"maxSkew": 1, "whenUnsatisfiable": "ScheduleAnyway"}
}


class Image(ValuesModel):
    """A container image."""

    registry: Registry = Field("", description="Registry. `imageRegistry` and `global.imageRegistry` replace it.")
    repository: Annotated[
        str,
        Form(
            r"^([a-z0-9]+([._/-]+[a-z0-9]+)*)?$",
            "a repository in lower case; registry, tag and digest have keys of their own",
        ),
    ] = Field("", description="Repository in the registry.")
    tag: Annotated[str, Form(r"^([A-Za-z0-9_][A-Za-z0-9._-]*)?$", "an image's tag", 128)] = Field(
        "", description="Tag."
    )
    digest: ImageDigest = Field("", description="Digest, `sha256:...`. Wins over the tag.")
    pull_policy: Literal["Always", "IfNotPresent", "Never"] = Field("IfNotPresent", description="Pull policy.")


class Resources(ValuesModel):
    """Resources of a container."""

    requests: dict[LabelKey, Quantity | None] = Field(
        default_factory=dict, description="What the container is sure to get, by resource."
    )
    limits: dict[LabelKey, Quantity | None] = Field(
        default_factory=dict, description="What the container may take at most, by resource."
    )


class Gpu(ValuesModel):
    """GPUs of one pod."""

    resource: LabelKey = Field(
        "nvidia.com/gpu", description="Resource that the device plugin offers, for example `nvidia.com/mig-1g.10gb`."
    )
    count: Count = Field(1, description="GPUs for each pod. 0: none.")


class Server(ValuesModel):
    """tritonserver's flags."""

    extra_args: dict[str, Scalar | list[Scalar] | None] = Field(
        default_factory=dict,
        description="Any flag of tritonserver by its name without dashes. A list repeats the flag, null removes a flag "
        "that the chart sets; your value wins. Flags that belong to another key of these values, and flags and values "
        "that the server would not start with, are refused.",
    )
    lock_apis: bool = Field(
        True,
        description="Lock the model-repository, shared-memory, trace and logging APIs over HTTP and gRPC with a key "
        "that only who may read the pods knows: the pod's uid, in the header `triton-stack-key`.",
    )


class Ports(ValuesModel):
    """Ports of the container and of the Services."""

    http: Port = Field(8000, description="HTTP.")
    grpc: Port = Field(8001, description="gRPC.")
    metrics: Port = Field(8002, description="Prometheus metrics. Only on the headless Service.")


class NodePorts(ValuesModel):
    """Fixed node ports, for `type: NodePort` and `LoadBalancer`."""

    http: NodePort = Field(0, description="Node port of HTTP. 0: Kubernetes chooses.")
    grpc: NodePort = Field(0, description="Node port of gRPC. 0: Kubernetes chooses.")


class Service(ValuesModel):
    """The Service of HTTP and gRPC clients."""

    type: Literal["ClusterIP", "NodePort", "LoadBalancer"] = Field("ClusterIP", description="Type of the Service.")
    labels: Labels = Field(default_factory=dict, description="Labels of the Service.")
    annotations: Annotations = Field(default_factory=dict, description="Annotations, for example of a load balancer.")
    node_ports: NodePorts = Field(default_factory=NodePorts, description="Fixed node ports.")
    spec: KubernetesObject = Field(
        default_factory=dict,
        description="Further fields of the Service's spec: loadBalancerClass, loadBalancerSourceRanges, "
        "externalTrafficPolicy, sessionAffinity, ipFamilyPolicy, trafficDistribution and so on.",
    )


class HeadlessService(ValuesModel):
    """The headless Service: one address for each pod, for gRPC clients that balance, and for metrics."""

    labels: Labels = Field(default_factory=dict, description="Labels of the headless Service.")
    annotations: Annotations = Field(default_factory=dict, description="Annotations of the headless Service.")


class Probe(ValuesModel):
    """Times of a probe."""

    period_seconds: PositiveSeconds = Field(10, description="Time between two probes.")
    timeout_seconds: PositiveSeconds = Field(5, description="Time limit of one probe.")
    failure_threshold: Annotated[int, Field(ge=1)] = Field(3, description="Failures in a row that count.")


class ReadinessProbe(Probe):
    """When a pod gets requests."""

    models: Literal["all", "any"] = Field(
        "all",
        description="`all`: ready when every declared model is; a rollout with a bad model stops and the old pods go "
        "on. `any`: ready when one is; the good models are served at once, whatever else fails.",
    )


class Drain(ValuesModel):
    """How a pod ends without losing a request. The times must fit together."""

    pre_stop_seconds: PositiveSeconds = Field(
        15,
        description="The pod serves on for this time after it was told to end, while it leaves the Services and gRPC "
        "clients move on.",
    )
    grpc_max_connection_age_seconds: PositiveSeconds | None = Field(
        8,
        description="Age at which the server asks a gRPC connection to move to another pod. With its grace it must end "
        "within preStopSeconds, else requests are lost. Null: never, for pools without gRPC clients.",
    )
    grpc_max_connection_age_grace_seconds: PositiveSeconds = Field(
        5, description="Time for running gRPC requests of a connection that reached its age."
    )
    exit_timeout_seconds: PositiveSeconds = Field(
        30, description="Time for running requests and open HTTP connections after the pre-stop time."
    )
    termination_grace_period_seconds: PositiveSeconds = Field(
        60, description="Kubernetes kills the pod after this time. At least preStopSeconds + exitTimeoutSeconds + 5."
    )


class Rollout(ValuesModel):
    """How pods are replaced."""

    max_surge: IntOrPercent = Field(1, description="Pods beyond the wanted number during a rollout.")
    max_unavailable: IntOrPercent = Field(0, description="Pods that may be missing during a rollout.")
    progress_deadline_seconds: PositiveSeconds = Field(
        1800, description="Time without progress after which Kubernetes calls the rollout failed."
    )
    revision_history_limit: Count = Field(10, description="Old ReplicaSets that are kept.")
    min_ready_seconds: Seconds = Field(0, description="Time a new pod must be ready before it counts.")


class Autoscaling(ValuesModel):
    """A HorizontalPodAutoscaler (autoscaling/v2). The Deployment then has no replicas field."""

    enabled: bool = Field(False, description="Create a HorizontalPodAutoscaler.")
    min_replicas: Annotated[int, Field(ge=1)] = Field(1, description="Fewest pods.")
    max_replicas: Annotated[int, Field(ge=1)] = Field(4, description="Most pods.")
    metrics: dict[str, KubernetesObject | None] = Field(
        default_factory=lambda: dict(CPU_METRIC),
        description="Metrics (MetricSpec), by any name. Null removes one.",
    )
    behavior: KubernetesObject = Field(default_factory=dict, description="Scaling behaviour.")
    labels: Labels = Field(default_factory=dict, description="Labels of the autoscaler.")
    annotations: Annotations = Field(default_factory=dict, description="Annotations of the autoscaler.")


class EmptyDir(ValuesModel):
    """An emptyDir volume."""

    medium: Literal["", "Memory"] = Field(
        "", description="Empty: the node's disk. `Memory`: counts as the pod's memory."
    )
    size_limit: Quantity | None = Field(None, description="Size at which Kubernetes evicts the pod. Null: no limit.")


class SharedMemory(ValuesModel):
    """/dev/shm, through which the python backend passes tensors."""

    size_limit: Quantity = Field(
        "256Mi",
        description="Size of /dev/shm, which counts as memory. Each python instance takes 1 MiB at load and grows with "
        "its tensors.",
    )


class Fetch(ValuesModel):
    """The init container that downloads bundles."""

    image: Image = Field(
        default_factory=lambda: Image(registry="docker.io", repository="rclone/rclone", tag="1.75.2"),
        description="An image with rclone and a POSIX shell.",
    )
    resources: Resources = Field(
        default_factory=lambda: Resources(requests={"cpu": "100m", "memory": "128Mi"}, limits={"memory": "512Mi"}),
        description="Resources of the init container.",
    )
    transfers: Annotated[int, Field(ge=1, le=64)] = Field(4, description="Files downloaded side by side.")


class Pool(ValuesModel):
    """Identical pods that serve the same models."""

    replicas: Count = Field(1, description="Number of pods. Not used where `autoscaling.enabled` is true.")
    image: Image = Field(
        default_factory=lambda: Image(
            registry="nvcr.io", repository="nvidia/tritonserver", tag=f"{DEFAULT_TRITON}-py3"
        ),
        description="Triton's image.",
    )
    triton_version: Annotated[
        str,
        Form(
            r"^([0-9][0-9]\.(0[1-9]|1[0-2]))?$", f'a release of Triton as its container names it, as "{DEFAULT_TRITON}"'
        ),
    ] = Field(
        "",
        description="Release of Triton in the image, `YY.MM`. Empty: what the image's tag begins with, `26.08-py3` or "
        "the server's own `2.72.0`; an image with another tag must say it here. Flags it does not know are refused.",
    )
    gpu: Gpu = Field(default_factory=Gpu, description="GPUs of one pod.")
    resources: Resources = Field(
        default_factory=lambda: Resources(requests={"cpu": "1", "memory": "2Gi"}),
        description="Resources of the Triton container; the GPUs are added.",
    )
    server: Server = Field(default_factory=Server, description="tritonserver's flags.")
    ports: Ports = Field(default_factory=Ports, description="Ports of the container and of the Services.")
    service: Service = Field(default_factory=Service, description="The Service of HTTP and gRPC clients.")
    headless_service: HeadlessService = Field(
        default_factory=HeadlessService,
        description="The headless Service, for gRPC clients that balance, and for metrics.",
    )
    startup_probe: Probe = Field(
        default_factory=lambda: Probe.model_validate({"periodSeconds": 5, "failureThreshold": 240}),
        description="Time for the models to load: periodSeconds x failureThreshold, 20 minutes by default. Downloads "
        "happen before it.",
    )
    liveness_probe: Probe = Field(
        default_factory=lambda: Probe.model_validate({"timeoutSeconds": 10, "failureThreshold": 6}),
        description="When Kubernetes restarts the container: only when the server process does not answer.",
    )
    readiness_probe: ReadinessProbe = Field(
        default_factory=lambda: ReadinessProbe.model_validate({"periodSeconds": 5}),
        description="When a pod gets requests.",
    )
    drain: Drain = Field(default_factory=Drain, description="How a pod ends without losing a request.")
    rollout: Rollout = Field(default_factory=Rollout, description="How pods are replaced.")
    autoscaling: Autoscaling = Field(default_factory=Autoscaling, description="A HorizontalPodAutoscaler.")
    fetch: Fetch = Field(default_factory=Fetch, description="The init container that downloads bundles.")
    model_volume: EmptyDir = Field(default_factory=EmptyDir, description="The emptyDir that downloaded models go to.")
    shared_memory: SharedMemory = Field(default_factory=SharedMemory, description="/dev/shm.")
    temporary_volume: EmptyDir = Field(
        default_factory=lambda: EmptyDir.model_validate({"sizeLimit": "1Gi"}),
        description="/tmp, the one writable folder of the server.",
    )
    env: dict[EnvironmentName, Scalar | KubernetesObject | None] = Field(
        default_factory=dict,
        description="Environment of the Triton container, by name: a value, or `{valueFrom: ...}`.",
    )
    env_from: dict[str, KubernetesObject | None] = Field(
        default_factory=dict, description="Sources of environment (EnvFromSource), by any name."
    )
    volumes: dict[ShortName, KubernetesObject | None] = Field(
        default_factory=dict, description="Volumes of any kind, by name: `{NAME: {configMap: {name: x}}}`."
    )
    volume_mounts: dict[MountPath, KubernetesObject | None] = Field(
        default_factory=dict,
        description="Mounts in the Triton container, by path: `{/etc/x: {name: VOLUME, readOnly: true}}`.",
    )
    sidecars: dict[ShortName, KubernetesObject | None] = Field(
        default_factory=dict, description="Further containers, by name (Container without its name)."
    )
    init_containers: dict[ShortName, KubernetesObject | None] = Field(
        default_factory=dict,
        description="Further init containers, by name; they run after the chart's own, in the order of names.",
    )
    labels: Labels = Field(default_factory=dict, description="Labels of the Deployment.")
    annotations: Annotations = Field(default_factory=dict, description="Annotations of the Deployment.")
    pod_labels: Labels = Field(default_factory=dict, description="Labels of the pods.")
    pod_annotations: Annotations = Field(default_factory=dict, description="Annotations of the pods.")
    node_selector: Labels = Field(default_factory=dict, description="Labels that a node must have.")
    tolerations: list[KubernetesObject] = Field(default_factory=list, description="Taints that the pods tolerate.")
    affinity: KubernetesObject = Field(default_factory=dict, description="Affinity of the pods.")
    topology_spread: dict[str, KubernetesObject | None] = Field(
        default_factory=lambda: dict(SPREAD_OVER_NODES),
        description="Topology spread constraints, by topology key; the label selector is filled in. Null removes one.",
    )
    priority_class_name: ObjectName = Field("", description="Priority class of the pods.")
    runtime_class_name: ObjectName = Field("", description="Runtime class of the pods, for example `nvidia`.")
    scheduler_name: ObjectName = Field("", description="Scheduler of the pods.")
    pod_security_context: KubernetesObject = Field(
        default_factory=lambda: {
            "runAsNonRoot": True,
            "runAsUser": 1000,
            "runAsGroup": 1000,
            "fsGroup": 1000,
            "fsGroupChangePolicy": "OnRootMismatch",
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        description="Security context of the pods. To let the platform choose the uid (OpenShift), set runAsUser, "
        "runAsGroup and fsGroup to null.",
    )
    security_context: KubernetesObject = Field(
        default_factory=lambda: {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        description="Security context of every container of the chart.",
    )
    pod_overlay: KubernetesObject = Field(
        default_factory=dict,
        description="Merged over the rendered pod spec, last of all: for whatever has no key here. Lists replace.",
    )
    container_overlays: dict[str, KubernetesObject] = Field(
        default_factory=dict,
        description="Merged over a rendered container, by its name: `triton`, `fetch-models`, `verify-models`.",
    )
