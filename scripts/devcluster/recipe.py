"""What a part is made of, and the hash that names the result."""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from devcluster import shell
from devcluster.engine import Engine
from devcluster.errors import Problem

FILES = Path(__file__).parent / "files"
"""Data files of the recipes: Dockerfiles, Go programs, node files."""


@dataclass(frozen=True)
class Recipe:
    """How to make one part.

    Attributes:
        part: Name of the part.
        does: What the build does, as a phrase that starts with a verb.
        seconds: Usual time on 2 cores with cold caches.
        build: Fills `Step.out`, or makes the image `Step.image`.
        inputs: Versions, flags and addresses that decide the result.
        sources: Files and folders whose content decides the result; the recipe's own module is one of them.
        needs: Parts that the build reads.
        repository: Name of the container image that the build makes; empty for a part that is files.
        registry: Package registry that the build downloads from, for the message when it is not reached.
    """

    part: str
    does: str
    seconds: int
    build: Callable[[Step], None]
    inputs: tuple[str, ...] = ()
    sources: tuple[Path, ...] = ()
    needs: tuple[Recipe, ...] = ()
    repository: str = ""
    registry: str = ""

    @property
    def digest(self) -> str:
        """First 12 hex digits of the recipe's sha256: own inputs and sources, and the digests of what it needs."""
        total = hashlib.sha256()
        for text in (self.part, self.repository, platform.machine(), *self.inputs, *(n.digest for n in self.needs)):
            total.update(text.encode() + b"\0")
        for source in self.sources:
            for path in [source, *sorted(source.rglob("*"))]:
                if path.is_file() and "__pycache__" not in path.parts:
                    mode = "x" if os.access(path, os.X_OK) else "-"
                    total.update(f"{path.relative_to(source.parent)} {mode}".encode() + b"\0")
                    total.update(hashlib.sha256(path.read_bytes()).digest())
        return total.hexdigest()[:12]

    @property
    def key(self) -> str:
        """Name of the cache entry."""
        return f"{self.part}-{self.digest}"

    @property
    def image(self) -> str:
        """Full name of the image in the engine's store; empty for a part that is files."""
        return f"{self.repository}:{self.digest}" if self.repository else ""


@dataclass(frozen=True)
class Step:
    """What a build gets.

    Attributes:
        out: Folder that becomes the cache entry.
        scratch: Folder that is removed after the build.
        image: Name to give to the image that is made, if the part is one.
        log: File for the output of programs.
        entries: Cache entries of the needed parts, by part.
        images: Image names of the needed parts, by part.
        engine: The container engine, for parts that are images.
        env: Variables for programs.
    """

    out: Path
    scratch: Path
    image: str
    log: Path
    entries: Mapping[str, Path] = field(default_factory=dict)
    images: Mapping[str, str] = field(default_factory=dict)
    engine: Engine | None = None

    def run(self, *command: str | Path, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> None:
        """Runs a program with its output in the log."""
        shell.run(command, env=env, cwd=cwd, log=self.log)

    @property
    def container_engine(self) -> Engine:
        """The container engine; only for recipes with a repository."""
        assert self.engine is not None, "a recipe without a repository asked for the container engine"
        return self.engine


_UNREACHED = (
    "could not resolve",
    "temporary failure",
    "name resolution",
    "no such host",
    "connection refused",
    "connection timed out",
    "connection reset",
    "network is unreachable",
    "i/o timeout",
    "unable to connect",
    "failed to fetch",
    "couldn't download",
    "max retries",
    "failed to establish a new connection",
    "no matching distribution",
    "proxyconnect",
    "certificate verify failed",
    "x509:",
    "unable to locate package",
)
_SETTINGS = {
    "Debian packages": "check the network, the proxy and the mirror in apt's sources",
    "Go modules": "check the network and the proxy, or set GOPROXY to a Go module proxy that you reach",
    "container images": "check the network, the proxy and the image's name; with `--node-image build` none is needed",
    "PyPI": "check the network and the proxy, or set PIP_INDEX_URL to a Python package index that you reach",
}


def explain(recipe_part: str, registry: str, error: shell.CommandFailed) -> Problem:
    """Turns a failed program into a message that says what is missing and what to do."""
    lines = [line.strip() for line in error.output.splitlines() if line.strip()]
    log = f"\nfull output: {error.log}" if error.log else ""
    for line in lines:
        if registry and any(sign in line.lower() for sign in _UNREACHED):
            return Problem(f"{recipe_part}: cannot get {registry}: {line}", f"{_SETTINGS[registry]}{log}")
    shown = "\n".join(f"  | {line}" for line in lines[-8:])
    return Problem(
        f"{recipe_part}: `{' '.join(error.command[:3])}` failed with exit code {error.code}\n{shown}",
        f"the next run starts this part anew{log}",
    )


def all_recipes(wanted: Sequence[Recipe]) -> list[Recipe]:
    """Returns the recipes and all that they need, each once, needs first."""
    found: dict[str, Recipe] = {}
    for recipe in wanted:
        for needed in (*all_recipes(recipe.needs), recipe):
            found.setdefault(needed.part, needed)
    return list(found.values())
