"""Backends of any name that do nothing: Triton's own core judges a config without a model, a GPU, a real backend."""

import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from tests.support.require import missing

BACKEND_SOURCE = Path(__file__).with_name("stub_backend.c")
AGENT_SOURCE = Path(__file__).with_name("stub_agent.c")


def stub_backends(folder: Path, names: Iterable[str]) -> Path:
    """Build the stub once and lay it out as ``folder/<name>/libtriton_<name>.so`` for each backend name.

    Returns:
        ``folder``, for tritonserver's flag --backend-directory.
    """
    return _lay_out(BACKEND_SOURCE, folder, names, "libtriton_")


def stub_agents(folder: Path, names: Iterable[str]) -> Path:
    """Do the same for repository agents; the folder is for tritonserver's flag --repoagent-directory."""
    return _lay_out(AGENT_SOURCE, folder, names, "libtritonrepoagent_")


def _lay_out(source: Path, folder: Path, names: Iterable[str], prefix: str) -> Path:
    compiler = os.environ.get("CC") or shutil.which("cc")
    if compiler is None:
        missing("a C compiler is needed for the stub backend (Debian: apt-get install gcc)")
    folder.mkdir(parents=True, exist_ok=True)
    library = folder / "stub.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(source)], check=True)
    for name in names:
        target = folder / name / f"{prefix}{name}.so"
        target.parent.mkdir()
        shutil.copy(library, target)
    return folder
