"""Files from PyPI, pinned by hash in files/<name>/requirements.txt."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

from devcluster.recipe import FILES, Step

PYTHON_OF_IMAGE = "3.11"
"""Python of Debian bookworm, which runs in the images; the machine's own may be another."""


def install(step: Step, name: str, target: Path) -> None:
    """Installs the pinned packages into a folder as the image's Python wants them, whatever Python runs here."""
    platforms = [f"--platform=manylinux_2_{minor}_x86_64" for minor in (36, 35, 34, 31, 28, 27, 24, 17, 12, 5)]
    words = ["--only-binary=:all:", "--python-version", PYTHON_OF_IMAGE, *platforms, "--platform=manylinux2014_x86_64"]
    _pip(
        step, "install", *words, "--no-compile", "--target", target, "--requirement", FILES / name / "requirements.txt"
    )


def unpack(step: Step, name: str, target: Path) -> None:
    """Downloads the pinned wheel and unpacks it, without installing it."""
    _pip(
        step,
        "download",
        "--only-binary=:all:",
        "--dest",
        step.scratch,
        "--requirement",
        FILES / name / "requirements.txt",
    )
    for wheel in step.scratch.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            for member in archive.infolist():
                path = Path(archive.extract(member, target))
                mode = member.external_attr >> 16
                if path.is_file() and mode & 0o111:
                    path.chmod(0o755)


def _pip(step: Step, command: str, *words: str | Path) -> None:
    quiet = ("--quiet", "--no-input", "--disable-pip-version-check", "--no-cache-dir")
    step.run(sys.executable, "-m", "pip", command, *quiet, "--no-deps", "--require-hashes", *words)
