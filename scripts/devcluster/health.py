"""Waiting until a cluster does what it should: nodes, accounts, names, Services across nodes."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from devcluster import images, shell
from devcluster.errors import Problem
from devcluster.recipe import FILES

PROBE = "devcluster-probe"


@dataclass(frozen=True)
class Kubectl:
    """kubectl, bound to one kubeconfig."""

    program: Path
    kubeconfig: Path

    def call(self, *arguments: str | Path, timeout: float = 15) -> str:
        """Runs kubectl and returns what it printed."""
        words = [self.program, "--kubeconfig", self.kubeconfig, f"--request-timeout={timeout:.0f}s", *arguments]
        return shell.run(words, timeout=timeout + 5)


def ready_nodes(kubectl: Kubectl) -> list[str]:
    """Returns the names of the nodes that are Ready and that pods can be placed on."""
    answer = json.loads(kubectl.call("get", "nodes", "-o", "json", timeout=5))
    return [
        node["metadata"]["name"]
        for node in answer["items"]
        if any(c["type"] == "Ready" and c["status"] == "True" for c in node["status"].get("conditions", []))
        and not any(taint["effect"] == "NoSchedule" for taint in node["spec"].get("taints", []))
    ]


def is_healthy(kubectl: Kubectl, count: int) -> bool:
    """Tells whether the API answers, all nodes are Ready and CoreDNS runs."""
    try:
        return len(ready_nodes(kubectl)) == count and _dns_is_ready(kubectl)
    except (shell.CommandFailed, ValueError, KeyError):
        return False


def open_control_plane(kubectl: Kubectl) -> None:
    """Lets pods run on the control plane too: the cluster is small, and pods shall spread over all nodes."""
    taint = "node-role.kubernetes.io/control-plane"
    for name in kubectl.call("get", "nodes", "-l", taint, "-o", "name").split():
        taints = kubectl.call("get", name, "-o", "jsonpath={.spec.taints[*].key}").split()
        if taint in taints:
            kubectl.call("taint", *name.split("/"), f"{taint}:NoSchedule-")


def wait_until_ready(kubectl: Kubectl, count: int, seconds: float = 90) -> None:
    """Waits for the nodes, the default ServiceAccount and CoreDNS, then tries names and Services on every node.

    Raises:
        Problem: Not so within the time; the message says what was missing last.
    """
    until = time.monotonic() + seconds
    _wait(lambda: len(ready_nodes(kubectl)) == count, until, f"{count} nodes to be Ready")
    _wait(lambda: bool(kubectl.call("get", "serviceaccount", "default", "-o", "name")), until, "ServiceAccount default")
    _wait(lambda: _dns_is_ready(kubectl), until, "CoreDNS to be ready")
    manifest = kubectl.kubeconfig.with_name(f".{kubectl.kubeconfig.name}.probe.yaml")
    manifest.write_text((FILES / "cluster/probe.yaml").read_text().replace("RCLONE_IMAGE", images.RCLONE))
    try:
        kubectl.call("apply", "-f", manifest)
        _wait(lambda: len(_probe_pods(kubectl)) == count, until, "a ready probe pod on every node")
        for node, pod in _probe_pods(kubectl).items():
            _wait(
                lambda pod=pod: len(_nodes_seen_from(kubectl, pod, count)) == count,  # type: ignore[misc]
                until,
                f"a Service by its name to reach pods on all nodes from {node}",
            )
    finally:
        manifest.unlink(missing_ok=True)
        kubectl.call("delete", "namespace", PROBE, "--ignore-not-found", "--wait=false")


def _dns_is_ready(kubectl: Kubectl) -> bool:
    status = json.loads(kubectl.call("get", "deployment", "coredns", "-n", "kube-system", "-o", "json"))["status"]
    return bool(0 < status.get("replicas", 0) == status.get("readyReplicas", 0))


def _probe_pods(kubectl: Kubectl) -> dict[str, str]:
    """Returns the ready probe pods by node."""
    pods = json.loads(kubectl.call("get", "pods", "-n", PROBE, "-o", "json"))["items"]
    return {
        pod["spec"]["nodeName"]: pod["metadata"]["name"]
        for pod in pods
        if any(s.get("ready") for s in pod["status"].get("containerStatuses", []))
    }


def _nodes_seen_from(kubectl: Kubectl, pod: str, count: int) -> set[str]:
    # kube-proxy picks endpoints at random: 10 tries a node miss one of two nodes once in a million
    fetch = f"timeout 2 wget -q -O - http://probe.{PROBE}.svc.cluster.local/node"
    command = f"for i in $(seq {10 * count}); do {fetch}; done"
    return set(kubectl.call("exec", "-n", PROBE, pod, "--", "sh", "-c", command, timeout=60).split())


def _wait(holds: Callable[[], bool], until: float, what: str) -> None:
    """Asks again and again; an error counts as no, and the last one is told when time is up."""
    last = "it did not happen"
    while True:
        try:
            if holds():
                return
        except shell.CommandFailed as error:
            last = error.output.strip().splitlines()[-1] if error.output.strip() else str(error)
        except (ValueError, KeyError) as error:
            last = repr(error)
        if time.monotonic() > until:
            raise Problem(f"the cluster did not become usable: waited in vain for {what}: {last}")
        time.sleep(0.3)
