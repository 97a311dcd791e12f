"""Debian with what every node runs; apart from the node image, so that a new Kubernetes does not install it anew."""

from __future__ import annotations

from pathlib import Path

from devcluster.recipe import FILES, Recipe, Step


def node_base(debian: Recipe) -> Recipe:
    """Returns the recipe of Debian with systemd, containerd and the network tools."""

    def build(step: Step) -> None:
        step.container_engine.build(
            FILES / "node-base", step.image, log=step.log, arguments={"BASE": step.images["base"]}
        )

    return Recipe(
        part="node-base",
        does="installs systemd, containerd and network tools into an image",
        seconds=50,
        build=build,
        sources=(Path(__file__), FILES / "node-base"),
        needs=(debian,),
        repository="localhost/triton-stack/node-base",
        registry="Debian packages",
    )
