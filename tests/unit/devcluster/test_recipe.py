"""The recipe's hash changes with all that decides the result, and with nothing else."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from devcluster.catalog import Catalog, Sources
from devcluster.recipe import Recipe, all_recipes


def nothing(_: object) -> None:
    """A build that makes an empty entry."""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    (folder / "sub").mkdir(parents=True)
    (folder / "Dockerfile").write_text("FROM scratch\n")
    (folder / "sub/script").write_text("#!/bin/sh\n")
    return folder


@pytest.fixture
def recipe(source: Path) -> Recipe:
    need = Recipe("need", "needs", 1, nothing, inputs=("1",))
    return Recipe("part", "makes", 1, nothing, inputs=("1.0", "flag"), sources=(source,), needs=(need,))


def edit(source: Path) -> None:
    (source / "sub/script").write_text("#!/bin/bash\n")


def add(source: Path) -> None:
    (source / "new").write_text("")


def rename(source: Path) -> None:
    (source / "sub/script").rename(source / "sub/other")


def make_executable(source: Path) -> None:
    (source / "sub/script").chmod(0o755)


@pytest.mark.parametrize("change", [edit, add, rename, make_executable])
def test_the_digest_changes_with_the_source_files(recipe: Recipe, source: Path, change: Callable[[Path], None]) -> None:
    before = recipe.digest
    change(source)
    assert recipe.digest != before


def test_the_digest_changes_with_a_version(recipe: Recipe) -> None:
    assert replace(recipe, inputs=("1.1", "flag")).digest != recipe.digest


def test_the_digest_changes_with_a_version_of_what_it_needs(recipe: Recipe) -> None:
    newer = replace(recipe.needs[0], inputs=("2",))
    assert replace(recipe, needs=(newer,)).digest != recipe.digest


def test_the_digest_keeps_inputs_apart(recipe: Recipe) -> None:
    assert replace(recipe, inputs=("1.0f", "lag")).digest != recipe.digest


def test_the_digest_stays_when_files_only_get_new_times(recipe: Recipe, source: Path) -> None:
    before = recipe.digest
    (source / "Dockerfile").touch()
    (source / "__pycache__").mkdir()
    (source / "__pycache__/x.pyc").write_text("x")
    assert recipe.digest == before


def test_the_key_is_the_part_and_the_digest(recipe: Recipe) -> None:
    assert recipe.key == f"part-{recipe.digest}"


def test_needs_come_before_what_needs_them_each_once() -> None:
    recipes = all_recipes(Catalog(Sources()).images)
    names = [recipe.part for recipe in recipes]
    assert len(names) == len(set(names))
    assert "kubernetes" in names
    for recipe in recipes:
        assert all(names.index(need.part) < names.index(recipe.part) for need in recipe.needs)


def test_a_pulled_node_image_needs_no_kubernetes_build() -> None:
    catalog = Catalog(Sources(node="127.0.0.1:5000/kindest/node:v1.34.4"))
    assert "kubernetes" not in [recipe.part for recipe in all_recipes(catalog.images)]
