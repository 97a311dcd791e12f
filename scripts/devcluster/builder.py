"""Makes the parts that are missing: looks them up in the cache, builds the rest side by side."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

from devcluster import engine as engines
from devcluster import graph
from devcluster.cache import Cache
from devcluster.engine import Engine
from devcluster.errors import Problem
from devcluster.progress import Steps
from devcluster.recipe import Recipe, Step, all_recipes, explain
from devcluster.shell import CommandFailed

ENGINE = "container engine"


class Builder:
    """Gives access to finished parts, and makes them."""

    def __init__(self, cache: Cache, steps: Steps) -> None:
        self.cache = cache
        self.steps = steps
        self._engine: Engine | None = None
        self._engine_lock = threading.Lock()

    def find_engine(self) -> Engine | None:
        """Returns the container engine if this machine has one that fits; never installs one."""
        with self._engine_lock:
            if self._engine is None:
                self._engine = engines.find(self.cache.folder)
            return self._engine

    def engine(self) -> Engine:
        """Returns the container engine; installs one where none is."""
        found = self.find_engine()
        if found:
            return found
        engines.require_root()
        log = self.cache.log("engine")
        with self.steps.step(ENGINE, "installs podman from Debian packages", 30), self.cache.lock("engine"):
            try:
                self._engine = engines.install(self.cache.folder, log)
            except CommandFailed as error:
                raise explain(ENGINE, "Debian packages", error) from None
        return self._engine

    def _install_engine(self) -> None:
        self.engine()

    def find(self, recipe: Recipe) -> Path | None:
        """Returns the finished part's cache entry, or None when it (or its image) is missing or damaged."""
        if recipe.image:
            engine = self.find_engine()
            if not engine or not engine.has_image(recipe.image):
                return None
        return self.cache.find(recipe.key)

    def missing(self, wanted: Sequence[Recipe]) -> list[Recipe]:
        """Returns what must be built, needs first. The needs of a finished part are not looked at."""
        if any(recipe.repository for recipe in all_recipes(wanted)):
            self.find_engine()
        found: dict[str, Recipe] = {}
        for recipe in wanted:
            if recipe.part not in found and not self.find(recipe):
                for needed in (*self.missing(recipe.needs), recipe):
                    found.setdefault(needed.part, needed)
        return list(found.values())

    def make(self, wanted: Sequence[Recipe]) -> dict[str, Path]:
        """Builds what is missing and returns the cache entry of each wanted part.

        Raises:
            Problem: A part cannot be built; the message says why.
        """
        missing = self.missing(wanted)
        if missing:
            self.cache.tidy()
            self.cache.check_room()
            tasks = [self._task(recipe) for recipe in missing]
            if any(recipe.repository for recipe in missing) and not self.find_engine():
                engines.require_root()
                tasks.append(graph.Task(ENGINE, 30, (), self._install_engine))
            graph.run(tasks)
        return {recipe.part: self._entry(recipe) for recipe in wanted}

    def _entry(self, recipe: Recipe) -> Path:
        return self.cache.folder / "entries" / recipe.key

    def _task(self, recipe: Recipe) -> graph.Task:
        needs = tuple(needed.part for needed in recipe.needs)
        if recipe.repository:
            needs = (*needs, ENGINE)
        return graph.Task(recipe.part, recipe.seconds, needs, lambda: self._build(recipe))

    def _build(self, recipe: Recipe) -> None:
        with self.cache.lock(recipe.part):
            if self.find(recipe):
                return  # another run made it while this one waited
            log = self.cache.log(recipe.key)
            log.unlink(missing_ok=True)
            with (
                self.steps.step(recipe.part, recipe.does, recipe.seconds),
                self.cache.build(recipe.key) as out,
                self.cache.scratch() as scratch,
            ):
                step = Step(
                    out=out,
                    scratch=scratch,
                    image=recipe.image,
                    log=log,
                    entries={needed.part: self._entry(needed) for needed in recipe.needs},
                    images={needed.part: needed.image for needed in recipe.needs},
                    engine=self.engine() if recipe.repository else None,
                )
                try:
                    recipe.build(step)
                except CommandFailed as error:
                    raise explain(recipe.part, recipe.registry, error) from None
                if recipe.image:
                    (out / "image").write_text(recipe.image + "\n")


def part_named(recipes: Sequence[Recipe], name: str) -> Recipe:
    """Returns the recipe of that name.

    Raises:
        Problem: There is none.
    """
    for recipe in recipes:
        if recipe.part == name:
            return recipe
    raise Problem(f"no part named {name!r}", f"parts: {', '.join(recipe.part for recipe in recipes)}")
