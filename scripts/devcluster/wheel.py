"""A single pinned wheel from PyPI, by pip's own settings."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

from devcluster.errors import Problem


def download(requirement: str, sha256: str, folder: Path) -> Path:
    """Downloads a wheel into a folder and returns its path.

    Args:
        requirement: NAME==VERSION.
        sha256: Of the wheel.
        folder: Where it goes.

    Raises:
        Problem: pip cannot download it, or it is another file than the pinned one.
    """
    words = ("--quiet", "--no-deps", "--only-binary=:all:", "--dest", str(folder), requirement)
    command = [sys.executable, "-m", "pip", "download", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or ["pip failed"])[-1]
        raise Problem(f"pip cannot download {requirement}: {reason}", "check that PyPI is reached")
    wheel = next(folder.glob("*.whl"))
    with wheel.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != sha256:
        raise Problem(f"the wheel of {requirement} has sha256 {found}, expected {sha256}", "check pip's index")
    return wheel
