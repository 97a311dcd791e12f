"""An image that is taken from an image registry instead of being built."""

from __future__ import annotations

from pathlib import Path

from devcluster.recipe import Recipe, Step


def pulled(part: str, reference: str, repository: str, seconds: int) -> Recipe:
    """Returns the recipe that pulls a reference and tags it as the part's image.

    Args:
        part: The part that it stands for.
        reference: What is pulled.
        repository: Repository of the part's image in the engine's store.
        seconds: How long it usually takes.
    """

    def build(step: Step) -> None:
        step.container_engine.pull(reference, log=step.log)
        step.container_engine.call("tag", reference, step.image, log=step.log)

    return Recipe(
        part=part,
        does=f"pulls {reference.split('@')[0]}",
        seconds=seconds,
        build=build,
        inputs=(reference,),
        sources=(Path(__file__),),
        repository=repository,
        registry="container images",
    )
