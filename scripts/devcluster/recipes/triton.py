"""Triton Inference Server for CPUs, from PyPI's nvidia-pytriton wheel."""

from __future__ import annotations

import shutil
from pathlib import Path

from devcluster import images
from devcluster.recipe import FILES, Recipe, Step
from devcluster.recipes import pypi


def triton(debian: Recipe) -> Recipe:
    """Returns the recipe of the Triton CPU image."""
    return Recipe(
        part="triton",
        does=f"makes the Triton {images.TRITON_VERSION} CPU image",
        seconds=60,
        build=_build,
        inputs=(images.TRITON_VERSION,),
        sources=(Path(__file__), Path(pypi.__file__), FILES / "triton"),
        needs=(debian,),
        repository=images.TRITON_CPU_REPOSITORY,
        registry="PyPI",
    )


def _build(step: Step) -> None:
    packages = step.scratch / "packages"
    pypi.install(step, "triton", packages)
    server = step.scratch / "tritonserver"
    wheel = packages / "pytriton/tritonserver"
    server.mkdir()
    for name in ("bin", "backends", "caches"):
        (wheel / name).rename(server / name)
    (packages / "nvidia_pytriton.libs").rename(server / "lib")
    stub = server / "backends/python/triton_python_backend_stub"
    (wheel / f"python_backend_stubs/{pypi.PYTHON_OF_IMAGE}/triton_python_backend_stub").rename(stub)
    for program in (stub, server / "bin/tritonserver"):
        program.chmod(0o755)
    shutil.rmtree(packages / "pytriton")
    for leftover in packages.glob("nvidia_pytriton*"):
        shutil.rmtree(leftover)
    for name in ("Dockerfile", "nvidia_entrypoint.sh"):
        shutil.copy(FILES / "triton" / name, step.scratch)
    arguments = {"BASE": step.images["base"], "TRITON_VERSION": images.TRITON_VERSION}
    step.container_engine.build(step.scratch, step.image, log=step.log, arguments=arguments)
