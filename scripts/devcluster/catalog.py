"""Which recipes a run uses: what the machine has and fits is used, the rest is built."""

from __future__ import annotations

import re
import shutil
import socket
from dataclasses import dataclass
from pathlib import Path

from devcluster import shell
from devcluster.recipe import Recipe
from devcluster.recipes import base, helm, kind, kubernetes, node, node_base, rclone, triton
from devcluster.recipes import go as golang

BUILD = "build"
AUTO = "auto"


@dataclass(frozen=True)
class Sources:
    """Where the node image and the base of the other images come from.

    Attributes:
        node: Reference of a kindest/node image to pull; empty to build one.
        base: Reference of a Debian bookworm image to pull; empty to build one.
    """

    node: str = ""
    base: str = ""


PUBLIC = Sources(node.REGISTRY_IMAGE, base.REGISTRY_IMAGE)
"""Both from the public image registry."""


def sources(node_image: str = AUTO, base_image: str = AUTO) -> Sources:
    """Decides between building and pulling.

    Args:
        node_image: "auto" pulls where the public image registry is reached, "build" never pulls, else a reference.
        base_image: The same for the base of the other images.
    """
    reached = AUTO in (node_image, base_image) and image_registry_reached()

    def choose(wanted: str, public: str) -> str:
        if wanted == AUTO:
            return public if reached else ""
        return "" if wanted == BUILD else wanted

    return Sources(choose(node_image, PUBLIC.node), choose(base_image, PUBLIC.base))


def image_registry_reached(timeout: float = 3.0) -> bool:
    """Tells whether the public image registry answers as one, within some seconds."""
    import http.client

    connection = http.client.HTTPSConnection("registry-1.docker.io", timeout=timeout)
    try:
        connection.request("GET", "/v2/")
        answer = connection.getresponse()
        return answer.status in (200, 401) and "registry" in (answer.getheader("Docker-Distribution-Api-Version") or "")
    except (OSError, http.client.HTTPException, socket.gaierror):
        return False
    finally:
        connection.close()


class Catalog:
    """All recipes of this run, by what they are for."""

    def __init__(self, chosen: Sources) -> None:
        go = golang.toolchain()
        self.sources = chosen
        self.base = base.from_registry(chosen.base) if chosen.base else base.built()
        self.triton = triton.triton(self.base)
        self.rclone = rclone.rclone(self.base)
        self.programs = {
            "kubernetes": kubernetes.kubernetes(go),
            "etcd": kubernetes.etcd(go),
            "coredns": kubernetes.coredns(go),
            "pause": kubernetes.pause(go),
        }
        self.node_base = node_base.node_base(self.base)
        self.node = (
            node.from_registry(chosen.node)
            if chosen.node
            else node.built(self.programs, self.node_base, self.triton, self.rclone)
        )
        self.tools: dict[str, Path | Recipe] = {
            "kind": _on_path("kind", ["version"], (0, 30)) or kind.kind(go),
            "kubectl": _on_path("kubectl", ["version", "--client"], (1, 33), (1, 35)) or self.programs["kubernetes"],
            "helm": _on_path("helm", ["version", "--short"], (3, 18)) or helm.helm(),
        }

    @property
    def images(self) -> list[Recipe]:
        """What a cluster is made of: the node image and the two images that pods use."""
        return [self.node, self.triton, self.rclone]

    @property
    def tool_recipes(self) -> list[Recipe]:
        """Recipes of the tools that the machine does not have."""
        return [tool for tool in self.tools.values() if isinstance(tool, Recipe)]


def _on_path(
    program: str, arguments: list[str], least: tuple[int, int], most: tuple[int, int] | None = None
) -> Path | None:
    """Returns the program in PATH if its version, major and minor, is in the range (both ends included)."""
    found = shutil.which(program)
    if not found:
        return None
    try:
        answer = re.search(r"v?(\d+)\.(\d+)\.\d+", shell.run([found, *arguments], timeout=10))
    except shell.CommandFailed:
        return None
    if not answer:
        return None
    version = (int(answer[1]), int(answer[2]))
    return Path(found) if least <= version and (most is None or version <= most) else None
