"""Debian bookworm, the file system that the other images start from."""

from __future__ import annotations

import shutil
from pathlib import Path

from devcluster import debian
from devcluster.recipe import Recipe, Step
from devcluster.recipes.pulled import pulled

RELEASE = "bookworm"
REGISTRY_IMAGE = f"docker.io/library/debian:{RELEASE}-slim"
_REPOSITORY = "localhost/triton-stack/debian"


def built() -> Recipe:
    """Returns the recipe that makes the base by debootstrap."""
    return Recipe(
        part="base",
        does=f"bootstraps Debian {RELEASE}",
        seconds=30,
        build=_debootstrap,
        inputs=(RELEASE,),
        sources=(Path(__file__),),
        repository=_REPOSITORY,
        registry="Debian packages",
    )


def from_registry(reference: str) -> Recipe:
    """Returns the recipe that takes the base from an image registry."""
    return pulled("base", reference, _REPOSITORY, seconds=20)


def _debootstrap(step: Step) -> None:
    if not shutil.which("debootstrap"):
        debian.install(("debootstrap", "debian-archive-keyring"), step.log, purpose="base file system builder")
    root = step.scratch / "root"
    # In a mount namespace of its own: what it mounts is gone when it ends, even when it is killed.
    step.run("unshare", "--mount", "debootstrap", "--variant=minbase", RELEASE, root)
    shutil.rmtree(root / "var/cache/apt/archives")
    archive = step.scratch / "root.tar"
    step.run("tar", "-C", root, "-cf", archive, ".")
    step.container_engine.call("import", archive, step.image, log=step.log)
