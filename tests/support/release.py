"""A Helm release of the chart in a namespace of the test's own."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from demo import pods
from demo.shell import Shell
from tests.support.waiting import wait_until
from triton_stack.spec.overlay import overlay

ROOT = Path(__file__).parents[2]

# Most tests need no clients to be drained; a short end lets the next test begin.
SHORT_DRAIN = {
    "preStopSeconds": 1,
    "grpcMaxConnectionAgeSeconds": None,
    "exitTimeoutSeconds": 4,
    "terminationGracePeriodSeconds": 10,
}


# A node port can be held once in a cluster, so only the tests that ask for it keep that of the profile.
NO_NODE_PORT = {"poolDefaults": {"service": {"type": "ClusterIP", "nodePorts": {"http": 0, "grpc": 0}}}}


@dataclass
class Release:
    """A release, by name; nothing is installed before `helm`."""

    shell: Shell
    chart: Path
    profile: Path
    folder: Path
    name: str = "serving"
    node_port: bool = False

    @property
    def object_name(self) -> str:
        """Name of the default pool's objects."""
        return f"{self.name}-triton-stack-default"

    def helm(self, *files: Path, values: dict[str, Any] | None = None, check: bool = True, wait: str = "") -> str:
        """Output of `helm upgrade --install` with the cluster's profile, the files and the values, in this order."""
        last = self.folder / f"{self.name}.yaml"
        last.write_text(yaml.safe_dump(overlay({} if self.node_port else NO_NODE_PORT, values or {})))
        words = [word for path in (self.profile, *files, last) for word in ("-f", str(path))]
        waiting = ["--wait", "--timeout", wait] if wait else []
        return self.shell.helm("upgrade", "--install", self.name, str(self.chart), *words, *waiting, check=check)

    def uninstall(self) -> None:
        """Remove the release."""
        self.shell.helm("uninstall", self.name, "--ignore-not-found", "--wait", "--timeout", "2m")

    def pods(self) -> list[dict[str, Any]]:
        """All Triton pods of the release that are not ending."""
        selector = f"app.kubernetes.io/instance={self.name},app.kubernetes.io/component=server"
        items = json.loads(self.shell.kubectl("get", "pods", "-l", selector, "-o", "json"))["items"]
        return [pod for pod in items if not pod["metadata"].get("deletionTimestamp")]

    def ready_pods(self) -> list[dict[str, Any]]:
        """The pods among them that are ready."""
        return pods.ready_pods(self.shell, self.name)

    def wait_ready(self, count: int, seconds: float = 90) -> list[dict[str, Any]]:
        """The ready pods, once there are `count`."""
        return wait_until(
            f"{count} ready pods of {self.name}", self.ready_pods, lambda found: len(found) == count, seconds
        )

    def wait_init_failure(self) -> str:
        """What the init container said when it stopped a pod; Kubernetes shows it in `kubectl describe pod`."""

        def messages() -> list[str]:
            found = []
            for pod in self.pods():
                for status in pod["status"].get("initContainerStatuses", []):
                    for state in (status["state"], status.get("lastState", {})):
                        if "terminated" in state and state["terminated"]["exitCode"] != 0:
                            found.append(str(state["terminated"].get("message", "")))
            return found

        return wait_until("an init container that stopped its pod", messages, bool)[0]

    def wait_unready_message(self) -> str:
        """The message of a readiness probe that failed on a model."""

        def messages() -> list[str]:
            events = json.loads(
                self.shell.kubectl("get", "events", "--field-selector", "reason=Unhealthy", "-o", "json")
            )
            return [e["message"] for e in events["items"] if "Readiness probe failed: model" in e["message"]]

        return wait_until("a readiness probe that names a model", messages, bool)[0]

    def infer(self, model: str, body: str) -> dict[str, Any]:
        """Answer of an inference through the Service, asked by way of the API server."""
        path = (
            f"/api/v1/namespaces/{self.shell.namespace}/services/{self.object_name}:http/proxy/v2/models/{model}/infer"
        )
        answer: dict[str, Any] = json.loads(self.shell.run("kubectl", "create", "--raw", path, "-f", "-", text=body))
        return answer
