"""Debian packages for the machine itself."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Sequence
from pathlib import Path

from devcluster import shell
from devcluster.errors import Problem

_one_at_a_time = threading.Lock()
_ENV = {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
_APT = ("apt-get", "--quiet", "--option", "DPkg::Lock::Timeout=300")


def install(packages: Sequence[str], log: Path, *, purpose: str) -> None:
    """Installs packages that are not there yet, without their recommendations.

    Args:
        packages: Package names.
        log: Output of apt-get.
        purpose: What they are for, to be named in the message when they cannot be installed.

    Raises:
        Problem: Not root, or not a Debian or Ubuntu.
        CommandFailed: apt-get failed.
    """
    if os.geteuid() != 0:
        raise Problem(
            f"root is needed to install the {purpose}",
            f"run the command again as root, or have these packages installed: {' '.join(packages)}",
        )
    if not shutil.which("apt-get"):
        raise Problem(
            f"this machine has no apt-get to install the {purpose}",
            "install and start Docker (or podman with runc); then run the command again",
        )
    with _one_at_a_time:
        words = [*_APT, "install", "--yes", "--no-install-recommends", *packages]
        try:
            shell.run(words, env=_ENV, log=log)
        except shell.CommandFailed:
            # the package lists may be missing or old
            shell.run([*_APT, "update"], env=_ENV, log=log)
            shell.run(words, env=_ENV, log=log)
