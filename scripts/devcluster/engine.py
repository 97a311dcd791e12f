"""The container engine: a Docker or podman that can run nodes, found or installed."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from devcluster import debian, shell
from devcluster.errors import Problem

PODMAN_PACKAGES = (
    "podman",
    "runc",
    "containernetworking-plugins",
    "golang-github-containernetworking-plugin-dnsname",
    "uidmap",
    "iptables",
)


@dataclass(frozen=True)
class Engine:
    """A container engine that works here.

    Attributes:
        program: docker or podman.
        env: Variables for every call of it, and for kind.
    """

    program: str
    env: Mapping[str, str] = field(default_factory=dict)

    def call(self, *arguments: str | Path, log: Path | None = None, timeout: float | None = None) -> str:
        """Runs the engine's command and returns what it printed."""
        return shell.run([self.program, *arguments], env=self.env, log=log, timeout=timeout)

    def has_image(self, image: str) -> bool:
        """Tells whether the image is in the engine's store."""
        with contextlib.suppress(shell.CommandFailed):
            self.call("image", "inspect", "--format", "{{.Id}}", image)
            return True
        return False

    def build(
        self, context: Path, image: str, *, log: Path, arguments: Mapping[str, str] | None = None, target: str = ""
    ) -> None:
        """Builds an image from a folder with a Dockerfile; its RUN lines share this machine's network."""
        words: list[str | Path] = ["build", "--quiet", "--network", "host", "--tag", image]
        for name, value in (arguments or {}).items():
            words += ["--build-arg", f"{name}={value}"]
        if target:
            words += ["--target", target]
        self.call(*words, context, log=log)

    def pull(self, reference: str, *, log: Path | None = None) -> None:
        """Pulls an image; from a registry on this machine's loopback address also by plain HTTP."""
        plain = self.program == "podman" and reference.startswith(("127.0.0.1:", "localhost:"))
        self.call("pull", "--quiet", *(["--tls-verify=false"] if plain else []), reference, log=log)

    def save(self, images: Sequence[str], archive: Path, *, log: Path | None = None) -> None:
        """Writes images into one archive that docker, podman and containerd read."""
        self.call(*self.save_words(images), "--output", archive, log=log)

    def save_words(self, images: Sequence[str]) -> list[str]:
        """Returns the command that prints an archive of the images."""
        if self.program == "podman":
            return ["save", "--multi-image-archive", "--format", "docker-archive", *images]
        return ["save", *images]

    def containers(self, label: str) -> list[dict[str, Any]]:
        """Returns the engine's description of each container, running or not, that has the label (`key=value`)."""
        ids = self.call("ps", "--all", "--quiet", "--no-trunc", "--filter", f"label={label}").split()
        if not ids:
            return []
        described: list[dict[str, Any]] = json.loads(self.call("container", "inspect", *ids))
        return described


def find(folder: Path) -> Engine | None:
    """Returns the engine that this machine already has and that can run nodes: Docker first, then podman."""
    if _docker_runs_privileged():
        return Engine("docker")
    if _podman_fits():
        return podman(folder)
    return None


def install(folder: Path, log: Path) -> Engine:
    """Installs podman from Debian's packages.

    Raises:
        Problem: Not root, not a Debian, or the packages are not reached.
    """
    debian.install(PODMAN_PACKAGES, log, purpose="container engine (no Docker or podman here can run privileged ones)")
    return podman(folder)


def podman(folder: Path) -> Engine:
    """Returns podman with settings of our own; the user's files stay as they are.

    Args:
        folder: Where the settings file is written.
    """
    hard_files = _hard_limit(resource.RLIMIT_NOFILE)
    hard_processes = _hard_limit(resource.RLIMIT_NPROC, most=20_000)
    text = f"""\
[containers]
# podman's own defaults are above the hard limits (for processes, above what podman leaves to its children),
# which fails without CAP_SYS_RESOURCE
default_ulimits = ["nofile={hard_files}:{hard_files}", "nproc={hard_processes}:{hard_processes}"]
# podman's own default, 2048, is for one program; a node runs many pods
pids_limit = 0

[engine]
# crun refuses a machine with hybrid cgroups
runtime = "runc"
"""
    config = folder / "containers.conf"
    if not config.exists() or config.read_text() != text:
        draft = config.with_name(f".containers.conf.{os.getpid()}")
        draft.write_text(text)
        draft.rename(config)
    # kind binds this folder into its nodes
    with contextlib.suppress(OSError):
        Path("/lib/modules").mkdir(parents=True, exist_ok=True)
    return Engine("podman", {"CONTAINERS_CONF": str(config), "KIND_EXPERIMENTAL_PROVIDER": "podman"})


def _hard_limit(which: int, most: int = 1 << 20) -> int:
    hard = resource.getrlimit(which)[1]
    return most if hard == resource.RLIM_INFINITY else min(hard, most)


def _docker_runs_privileged() -> bool:
    """Starts a privileged container of an empty image.

    The start must fail for the missing program, not before: some machines' Docker may not set up the container at all.
    """
    if not shutil.which("docker"):
        return False
    empty = "localhost/triton-stack/empty:1"
    try:
        shell.run(["docker", "info"], timeout=10)
        tar = subprocess.run(["tar", "-cf", "-", "-T", "/dev/null"], check=True, capture_output=True).stdout
        subprocess.run(["docker", "import", "-", empty], input=tar, check=True, capture_output=True, timeout=30)
        shell.run(["docker", "run", "--rm", "--privileged", empty, "/no-such-program"], timeout=30)
    except shell.CommandFailed as error:
        return "/no-such-program" in error.output and "no such file" in error.output
    except (OSError, subprocess.SubprocessError):
        return False
    return False


def _podman_fits() -> bool:
    """Tells whether podman, its low-level runtime and a network with name resolution are here, and we are root."""
    if os.geteuid() != 0 or not all(map(shutil.which, ("podman", "runc", "iptables"))):
        return False
    libraries = [
        Path(p) for p in ("/usr/lib/cni", "/usr/libexec/cni", "/opt/cni/bin", "/usr/lib/podman", "/usr/libexec/podman")
    ]
    return any((folder / name).exists() for folder in libraries for name in ("dnsname", "aardvark-dns"))


def require_root() -> None:
    """Refuses to go on without root.

    Raises:
        Problem: This process is not root's.
    """
    if os.geteuid() != 0:
        raise Problem(
            "no container engine that can run privileged containers, and no root to install one",
            "start Docker and make sure this user may use it, or run the command again as root",
        )
