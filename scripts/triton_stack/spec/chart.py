"""The chart's values: the one source of values.yaml, values.schema.json and their reference.

The fields of a pool are in pool.py; the rules between fields are in chart_rules.py.
Key names are Helm's lowerCamelCase; the Python names are the same in snake_case.
"""

from functools import cache
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from triton_stack.spec.chart_base import (
    Annotations,
    DataKey,
    Duration,
    Form,
    Labels,
    ObjectName,
    Quantity,
    Registry,
    ValuesModel,
)
from triton_stack.spec.names import MODEL_NAME
from triton_stack.spec.overlay import overlay
from triton_stack.spec.pool import ImageDigest, Pool, PoolName, Resources

ModelName = Annotated[
    str, Form(f"^{MODEL_NAME.pattern}$", "a model's name: at most 200 letters, digits, dashes, dots and _", 200)
]
AccessMode = Literal["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"]


class Model(ValuesModel):
    """One Triton model that a pool serves."""

    pool: PoolName = Field("default", description="Name of the pool that serves the model.")
    digest: ImageDigest = Field(
        "",
        description="Digest of the model's bundle, as `triton-stack publish` prints it. Needed for "
        "`modelRepository.type: objectStore`; every downloaded file is checked against it.",
    )
    config: str = Field(
        "",
        description="Finished config.pbtxt, as `triton-stack generate` writes it. Empty: the bundle's or the "
        "claim's own config.pbtxt is used.",
    )
    sample: str = Field(
        "",
        description="JSON body of one small valid inference request (KServe v2). `helm test` sends it.",
    )


class PullSecret(ValuesModel):
    """A Secret with which images are pulled."""

    name: ObjectName = Field("", description="Name of the Secret.")


class Credentials(ValuesModel):
    """Keys of the object store, by reference to a Secret."""

    secret_name: ObjectName = Field(
        "",
        description="Secret with the access keys. Empty: the pod's workload identity (the AWS default chain) is used.",
    )
    access_key_id_key: DataKey = Field("access-key-id", description="Key of the Secret that holds the access key id.")
    secret_access_key_key: DataKey = Field(
        "secret-access-key", description="Key of the Secret that holds the secret access key."
    )


class ObjectStore(ValuesModel):
    """An S3 or S3-compatible store that holds bundles."""

    url: Annotated[
        str, Form(r"^(s3://[a-z0-9][a-z0-9.-]+(/[A-Za-z0-9_.=/-]*)?)?$", "bucket and prefix, as s3://BUCKET/PREFIX")
    ] = Field("", description="Bucket and prefix, `s3://BUCKET/PREFIX`, as given to `triton-stack publish --to`.")
    endpoint: Annotated[str, Form(r"^(https?://.+)?$", "an address with http:// or https://")] = Field(
        "", description="Address of an S3-compatible server, `http(s)://HOST[:PORT]`. Empty: AWS."
    )
    region: str = Field("us-east-1", description="Region of the bucket.")
    path_style: bool = Field(False, description="Address buckets by path. Most S3-compatible servers need it.")
    credentials: Credentials = Field(default_factory=Credentials, description="Keys of the store, by reference.")


class Pvc(ValuesModel):
    """A claim whose root, or a folder of it, is a Triton model repository. Mounted read-only."""

    existing_claim: ObjectName = Field("", description="Name of an existing claim. Empty: the chart creates one.")
    sub_path: Annotated[
        str, Form(r"^([^/.][^/]*(/[^/.][^/]*)*)?$", "a relative path without dots at the beginning of its parts")
    ] = Field("", description="Folder in the volume that is the model repository. Empty: its root.")
    access_modes: list[AccessMode] = Field(
        default_factory=lambda: list[AccessMode](["ReadWriteMany"]),
        description="Access modes of the claim: those to ask for, or those that the existing claim has. With "
        "ReadWriteOnce alone, more than one pod is refused.",
    )
    single_node: bool = Field(
        False,
        description="Allow several pods on a ReadWriteOnce claim. Right only where they all run on one node.",
    )
    size: Quantity = Field("20Gi", description="Size of the created claim.")
    storage_class_name: ObjectName | None = Field(
        None, description="Storage class of the created claim. Null: the cluster's default class."
    )
    volume_name: ObjectName = Field("", description="PersistentVolume that the created claim binds to.")
    labels: Labels = Field(default_factory=dict, description="Labels of the created claim.")
    annotations: Annotations = Field(default_factory=dict, description="Annotations of the created claim.")
    retain: bool = Field(True, description="Keep the created claim, and the models in it, after `helm uninstall`.")


class ModelRepository(ValuesModel):
    """Where pods get their models from."""

    type: Literal["objectStore", "pvc"] = Field(
        "objectStore",
        description="`objectStore`: an init container downloads and verifies bundles. `pvc`: a claim is mounted.",
    )
    object_store: ObjectStore = Field(default_factory=ObjectStore, description="For `type: objectStore`.")
    pvc: Pvc = Field(default_factory=Pvc, description="For `type: pvc`.")


class ServiceAccount(ValuesModel):
    """The pods' identity."""

    create: bool = Field(True, description="Create a ServiceAccount for the pods.")
    name: ObjectName = Field("", description="Its name. Empty: the release's name, or `default` where none is created.")
    labels: Labels = Field(default_factory=dict, description="Labels of the ServiceAccount.")
    annotations: Annotations = Field(
        default_factory=dict, description="Annotations of the ServiceAccount, for example of a workload identity."
    )
    automount_token: bool = Field(
        False, description="Mount the Kubernetes API token into the pods. Triton does not need it."
    )


class ServiceMonitor(ValuesModel):
    """Scraping by the Prometheus operator."""

    enabled: bool = Field(
        False, description="Create a ServiceMonitor. The cluster must have the Prometheus operator's CRDs."
    )
    interval: Duration = Field("15s", description="Time between two scrapes.")
    scrape_timeout: Duration = Field("10s", description="Time limit of one scrape.")
    labels: Labels = Field(default_factory=dict, description="Labels by which your Prometheus selects the monitor.")
    annotations: Annotations = Field(default_factory=dict, description="Annotations of the ServiceMonitor.")
    relabelings: list[dict[str, Any]] = Field(default_factory=list, description="Relabelings of targets.")
    metric_relabelings: list[dict[str, Any]] = Field(default_factory=list, description="Relabelings of samples.")


class Proxy(ValuesModel):
    """Proxy of outgoing traffic, as environment of the containers that fetch and serve models."""

    http_proxy: str = Field("", description="HTTP_PROXY.")
    https_proxy: str = Field("", description="HTTPS_PROXY.")
    no_proxy: str = Field("", description="NO_PROXY. Name the cluster's own domains and the store's endpoint.")


class CaBundle(ValuesModel):
    """Certificate authorities to trust, for the containers that fetch and serve models."""

    config_map_name: ObjectName = Field("", description="ConfigMap that holds the bundle.")
    secret_name: ObjectName = Field("", description="Secret that holds the bundle, instead of a ConfigMap.")
    key: DataKey = Field("ca.crt", description="Key of the ConfigMap or Secret: a PEM file.")


class Test(ValuesModel):
    """The pod of `helm test`."""

    resources: Resources = Field(
        default_factory=lambda: Resources(requests={"cpu": "50m", "memory": "64Mi"}, limits={"memory": "128Mi"}),
        description="Resources of the test container.",
    )
    labels: Labels = Field(default_factory=dict, description="Labels of the test pod.")
    annotations: Annotations = Field(default_factory=dict, description="Annotations of the test pod.")


@cache
def _pool_defaults() -> dict[str, Any]:
    return Pool().model_dump(by_alias=True)


class Values(ValuesModel):
    """All values of the chart triton-stack."""

    name_override: ObjectName = Field("", description="Replaces the chart's name in object names.")
    fullname_override: ObjectName = Field("", description="Replaces release and chart name in object names.")
    image_registry: Registry = Field(
        "",
        description="Registry, with an optional path, that replaces the registry of every image, sidecars excepted. "
        "Empty: `global.imageRegistry`, else each image's own.",
    )
    image_pull_secrets: list[PullSecret] = Field(
        default_factory=list,
        description="Pull secrets of every pod, `[{name: SECRET}]`; those of `global.imagePullSecrets` are added.",
    )
    common_labels: Labels = Field(
        default_factory=dict, description="Labels of every object and of the pods. Never part of a selector."
    )
    common_annotations: Annotations = Field(
        default_factory=dict, description="Annotations of every object, but not of the pods."
    )
    models: dict[ModelName, Model] = Field(
        default_factory=dict,
        description="The models, by name. `triton-stack generate` writes one values file for each.",
    )
    model_repository: ModelRepository = Field(
        default_factory=ModelRepository, description="Where pods get their models from."
    )
    pools: dict[PoolName, Pool | None] = Field(
        default_factory=lambda: dict[str, Pool | None]({"default": Pool()}),
        description="The pools, by name: identical pods that serve the same models. A pool is `poolDefaults` with the "
        "keys given here laid over it; maps merge, lists replace each other. A null removes a pool.",
    )
    pool_defaults: Pool = Field(default_factory=Pool, description="What holds for every pool.")
    service_account: ServiceAccount = Field(default_factory=ServiceAccount, description="The pods' identity.")
    service_monitor: ServiceMonitor = Field(
        default_factory=ServiceMonitor, description="Scraping by the Prometheus operator."
    )
    proxy: Proxy = Field(
        default_factory=Proxy,
        description="Proxy of outgoing traffic, as environment of the containers that fetch and serve models.",
    )
    ca_bundle: CaBundle = Field(
        default_factory=CaBundle,
        description="Certificate authorities to trust, mounted into the containers that fetch and serve models. They "
        "replace the image's own list.",
    )
    test: Test = Field(default_factory=Test, description="The pod of `helm test`.")
    extra_objects: dict[str, Any] = Field(
        default_factory=dict,
        description="Further objects, by any name: a map or a text, rendered as a template.",
    )
    global_: dict[str, Any] = Field(
        default_factory=dict,
        alias="global",
        description="Values shared with a parent chart. Read: `imageRegistry`, `imagePullSecrets`.",
    )

    @model_validator(mode="before")
    @classmethod
    def _values_are_laid_over_the_charts_own(cls, data: Any) -> Any:
        """Helm lays a user's values over the chart's own, in which `pools` has `default: {}`; a null removes it."""
        if not isinstance(data, dict):
            return data
        return overlay({"poolDefaults": _pool_defaults(), "pools": {"default": {}}}, data)

    @model_validator(mode="after")
    def _fields_fit_together(self) -> "Values":
        from triton_stack.spec.chart_rules import findings

        found = list(findings(self))
        if found:
            lines = "\n".join(f"{'.'.join(path)}: {message}" for path, message in found)
            raise PydanticCustomError("values", "{lines}", {"lines": lines, "findings": found})
        return self
