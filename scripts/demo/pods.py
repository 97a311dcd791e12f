"""What the pods of a release say of themselves."""

import json
import re
from typing import Any

from demo.shell import Shell


def ready_pods(shell: Shell, release: str) -> list[dict[str, Any]]:
    """The release's Triton pods that are ready and not ending, as Kubernetes objects, by name."""
    selector = f"app.kubernetes.io/instance={release},app.kubernetes.io/component=server"
    items = json.loads(shell.kubectl("get", "pods", "-l", selector, "-o", "json"))["items"]
    return sorted(
        (
            pod
            for pod in items
            if not pod["metadata"].get("deletionTimestamp")
            and any(c["type"] == "Ready" and c["status"] == "True" for c in pod["status"].get("conditions", []))
        ),
        key=lambda pod: str(pod["metadata"]["name"]),
    )


def served(shell: Shell, pods: list[dict[str, Any]], model: str) -> dict[str, int]:
    """Requests that each pod has answered for a model, by the pod's name."""
    return {pod["metadata"]["name"]: _served(shell, pod["metadata"]["name"], model) for pod in pods}


def _served(shell: Shell, pod: str, model: str) -> int:
    # Through the API server, so that no port of the pod needs to be opened.
    path = f"/api/v1/namespaces/{shell.namespace}/pods/{pod}:8002/proxy/metrics"
    metrics = shell.run("kubectl", "get", "--raw", path)
    pattern = rf'^nv_inference_request_success{{model="{re.escape(model)}".*}} (\S+)$'
    return sum(int(float(count)) for count in re.findall(pattern, metrics, re.MULTILINE))
