"""Writing a cluster's kubeconfig to the one file that was asked for."""

from __future__ import annotations

import os
from pathlib import Path

import yaml

from devcluster.errors import Problem


def default_path(cluster: str) -> Path:
    """Returns build/<cluster>/kubeconfig in the working directory."""
    return Path("build") / cluster / "kubeconfig"


def check_path(path: Path, cluster: str) -> None:
    """Refuses a file that is the user's own or holds anything but this cluster.

    Raises:
        Problem: The file must not be written.
    """
    fix = f"choose another file, for example --kubeconfig {default_path(cluster)}"
    if path.resolve() == Path("~/.kube/config").expanduser().resolve():
        raise Problem(f"--kubeconfig {path} is your own kubeconfig; this command never writes it", fix)
    if not path.exists():
        return
    try:
        content = yaml.safe_load(path.read_text()) or {}
        names = {entry["name"] for entry in content.get("clusters") or []}
    except (OSError, yaml.YAMLError, UnicodeDecodeError, AttributeError, KeyError, TypeError):
        raise Problem(f"--kubeconfig {path} exists and is not a kubeconfig; it is not overwritten", fix) from None
    if others := names - {f"kind-{cluster}"}:
        raise Problem(f"--kubeconfig {path} holds other clusters: {', '.join(sorted(others))}", fix)


def write(path: Path, text: str) -> None:
    """Replaces the file in one step; only its owner may read it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    draft.rename(path)
