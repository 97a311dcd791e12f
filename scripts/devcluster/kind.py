"""Clusters as kind and the container engine know them: which there are, whose they are, what state they are in."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devcluster import shell
from devcluster.engine import Engine
from devcluster.errors import Problem

LABEL = "io.x-k8s.kind.cluster"
ROLE_LABEL = "io.x-k8s.kind.role"
MARK = "/etc/triton-stack-devcluster"
"""A mount of /dev/null at this path marks a node as ours: kind has no labels for containers, and the mark is there
from the container's first moment, also when an interrupted `kind create` leaves half a cluster."""

POD_SUBNET = "10.244.0.0/16"
SERVICE_SUBNET = "10.96.0.0/16"


@dataclass(frozen=True)
class Port:
    """A port of this machine, on 127.0.0.1, that leads to a NodePort of the cluster."""

    host: int
    node: int

    @classmethod
    def parse(cls, text: str) -> Port:
        """Reads HOST:NODEPORT.

        Raises:
            Problem: Not two numbers, or out of range.
        """
        match = re.fullmatch(r"(\d{1,5}):(\d{1,5})", text)
        if match and 1 <= int(match[1]) <= 65535 and 30000 <= int(match[2]) <= 32767:
            return cls(int(match[1]), int(match[2]))
        raise Problem(
            f"--port {text!r} is not HOST:NODEPORT",
            "HOST is a free port of this machine (1-65535), NODEPORT the Service's nodePort (30000-32767): 18000:30080",
        )


@dataclass(frozen=True)
class Node:
    """A node's container."""

    name: str
    role: str
    running: bool
    ours: bool
    image: str
    ports: tuple[Port, ...]


def nodes(engine: Engine, cluster: str = "") -> dict[str, list[Node]]:
    """Returns the nodes of kind's clusters on this engine, by cluster; of one cluster if it is named."""
    found: dict[str, list[Node]] = {}
    for container in engine.containers(f"{LABEL}={cluster}" if cluster else LABEL):
        name = container["Config"]["Labels"][LABEL]
        found.setdefault(name, []).append(_node(container))
    return found


def _node(container: dict[str, Any]) -> Node:
    config, bindings = container["Config"], container["HostConfig"].get("PortBindings") or {}
    ports = {
        Port(int(binding["HostPort"]), int(inner.split("/")[0]))
        for inner, outer in bindings.items()
        for binding in outer or []
        if 30000 <= int(inner.split("/")[0]) <= 32767
    }
    return Node(
        name=container["Name"].lstrip("/"),
        role=config["Labels"].get(ROLE_LABEL, ""),
        running=container["State"]["Status"] == "running",
        ours=any(mount.get("Destination") == MARK for mount in container.get("Mounts") or []),
        image=container.get("ImageName") or config.get("Image") or "",
        ports=tuple(sorted(ports, key=lambda port: port.host)),
    )


def config(count: int, ports: Sequence[Port]) -> str:
    """Returns kind's configuration, as JSON, which is YAML too."""
    mark = {"hostPath": "/dev/null", "containerPath": MARK}
    members: list[dict[str, Any]] = [
        {"role": "control-plane" if index == 0 else "worker", "extraMounts": [mark]} for index in range(count)
    ]
    members[0]["extraPortMappings"] = [
        {"containerPort": port.node, "hostPort": port.host, "listenAddress": "127.0.0.1"} for port in ports
    ]
    return json.dumps(
        {
            "kind": "Cluster",
            "apiVersion": "kind.x-k8s.io/v1alpha4",
            "networking": {"apiServerAddress": "127.0.0.1", "podSubnet": POD_SUBNET, "serviceSubnet": SERVICE_SUBNET},
            "nodes": members,
        },
        indent=1,
    )


@dataclass(frozen=True)
class Kind:
    """The kind program, bound to an engine."""

    program: Path
    engine: Engine

    def call(self, *arguments: str | Path, log: Path | None = None, kubeconfig: Path | None = None) -> str:
        """Runs kind. It never sees the user's kubeconfig.

        Args:
            arguments: kind's arguments.
            log: Where its output goes.
            kubeconfig: File that it may write.
        """
        env = {**self.engine.env, "KUBECONFIG": str(kubeconfig or os.devnull)}
        return shell.run([self.program, *arguments], env=env, log=log)
