"""Where a release serves its models: found by the chart's labels, versions asked from the pods themselves."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from kubernetes import client, config
from kubernetes.client.exceptions import ApiException
from kubernetes.config.config_exception import ConfigException
from urllib3.exceptions import HTTPError

POOL_LABEL = "triton-stack.io/pool"
REQUEST_SECONDS = 10


class FleetError(Exception):
    """The release cannot be read; the message is for the user and says what to do."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One version of one model.

    ``version`` is empty and ``ready`` false when no pod serves the model; ``url`` is the model version's KServe v2 URL;
    ``curl`` is a line that works where ``url`` is reached; ``reached_by`` says how to reach it from elsewhere.
    """

    model: str
    version: str
    pool: str
    ready: bool
    url: str
    curl: str
    reached_by: str


def find_endpoints(namespace: str, release: str, url: str = "", kubeconfig: str = "") -> list[Endpoint]:
    """List each model and version of a release.

    Args:
        namespace: of the release; empty for the kubeconfig's own.
        release: its name.
        url: base URL under which its Service is reached; found from the Service when empty.
        kubeconfig: file to use instead of KUBECONFIG and ~/.kube/config.

    Raises:
        FleetError: the cluster cannot be reached or read, or has no such release.
    """
    try:
        return list(_endpoints(_connect(kubeconfig), namespace or _own_namespace(kubeconfig), release, url))
    except ApiException as error:
        raise FleetError(_api_message(error)) from None
    except HTTPError as error:
        pool = getattr(error, "pool", None)
        where = f" at {pool.host}:{pool.port}" if pool else ""
        raise FleetError(f"the cluster cannot be reached{where}: is it up, and is the kubeconfig right?") from None


def _connect(kubeconfig: str) -> Any:
    load: Any = config.load_config
    try:
        load(config_file=kubeconfig) if kubeconfig else load()
    except (ConfigException, OSError) as error:
        raise FleetError(f"no usable kubeconfig: {error}; set KUBECONFIG or give --kubeconfig") from None
    settings = client.Configuration.get_default_copy()
    settings.retries = 1
    return client.CoreV1Api(client.ApiClient(settings))


def _own_namespace(kubeconfig: str) -> str:
    contexts: Any = config.list_kube_config_contexts
    try:
        _, active = contexts(config_file=kubeconfig or None)
        return str(active["context"].get("namespace", "default"))
    except (ConfigException, TypeError, KeyError):
        return "default"


def _endpoints(api: Any, namespace: str, release: str, url: str) -> Iterator[Endpoint]:
    selector = f"app.kubernetes.io/instance={release},{POOL_LABEL}"
    samples = _items(api.list_namespaced_config_map, namespace, f"{selector},app.kubernetes.io/component=samples")
    if not samples:
        raise FleetError(
            f'there is no release "{release}" of the chart triton-stack in namespace "{namespace}"; '
            "helm list -A shows what is there"
        )
    services = _items(api.list_namespaced_service, namespace, f"{selector},app.kubernetes.io/component=server")
    pods = _items(api.list_namespaced_pod, namespace, f"{selector},app.kubernetes.io/component=server")
    for sample in sorted(samples, key=_pool):
        pool = _pool(sample)
        service = next((item for item in services if _pool(item) == pool and item.spec.cluster_ip != "None"), None)
        base, reached_by = (url.rstrip("/"), "") if url else _base_url(api, namespace, service)
        addresses = [_proxied(item) for item in pods if _pool(item) == pool and _is_running(item)]
        data = sample.data or {}
        for model in sorted(data.get("models", "").split()):
            body = data.get(f"{model}.json", "").strip()
            for version, ready in _versions(api, namespace, addresses, model):
                path = f"{base}/v2/models/{quote(model)}" + (f"/versions/{version}" if version else "")
                yield Endpoint(model, version, pool, ready, path, curl_line(path, body), reached_by)


def curl_line(url: str, body: str) -> str:
    """Return a command that sends the sample, or asks for the model's metadata when there is none."""
    if not body:
        return f"curl -fsS {url}"
    quoted = body.replace("'", "'\\''")
    return f"curl -fsS {url}/infer -H 'Content-Type: application/json' -d '{quoted}'"


def _versions(api: Any, namespace: str, pods: list[str], model: str) -> list[tuple[str, bool]]:
    """Ask the pods, one after another, until one knows the model; (version, True) each, or one ("", False)."""
    for pod in pods:
        try:
            answer = api.connect_get_namespaced_pod_proxy_with_path(
                pod,
                namespace,
                f"v2/models/{quote(model)}",
                _preload_content=False,
                _request_timeout=REQUEST_SECONDS,
            )
            found = json.loads(answer.data).get("versions") or []
        except (ApiException, HTTPError, ValueError, AttributeError):
            continue
        if found:
            return [(str(version), True) for version in found]
    return [("", False)]


def _base_url(api: Any, namespace: str, service: Any) -> tuple[str, str]:
    """Return the Service's URL, and how to reach it from outside the cluster ("" when it is reached)."""
    if service is None:
        raise FleetError("the release has no Service; was it removed by hand?")
    name = service.metadata.name
    port = next((item for item in service.spec.ports if item.name == "http"), service.spec.ports[0])
    if service.spec.type == "LoadBalancer":
        for ingress in service.status.load_balancer.ingress or []:
            return f"http://{ingress.hostname or ingress.ip}:{port.port}", ""
    if service.spec.type == "NodePort":
        nodes = api.list_node(_request_timeout=REQUEST_SECONDS).items
        addresses = [item.address for node in nodes for item in node.status.addresses if item.type == "InternalIP"]
        if addresses:
            return f"http://{addresses[0]}:{port.node_port}", ""
    forward = f"kubectl -n {namespace} port-forward service/{name} 8000:{port.port}, and --url http://127.0.0.1:8000"
    return f"http://{name}.{namespace}.svc:{port.port}", forward


def _items(call: Any, namespace: str, selector: str) -> list[Any]:
    return list(call(namespace, label_selector=selector, _request_timeout=REQUEST_SECONDS).items)


def _pool(item: Any) -> str:
    return str(item.metadata.labels[POOL_LABEL])


def _proxied(pod: Any) -> str:
    """Return NAME:PORT; for pods, unlike for Services, the API server's proxy knows ports by number only."""
    ports = [port for container in pod.spec.containers for port in container.ports or [] if port.name == "http"]
    return f"{pod.metadata.name}:{ports[0].container_port}"


def _is_running(pod: Any) -> bool:
    return pod.status.phase == "Running" and pod.metadata.deletion_timestamp is None


def _api_message(error: ApiException) -> str:
    try:
        reason = json.loads(error.body or "{}").get("message", error.reason)
    except (ValueError, AttributeError):
        reason = error.reason
    hint = "; does your user have the rights?" if error.status in (401, 403) else ""
    return f"the cluster answered {error.status}: {reason}{hint}"
