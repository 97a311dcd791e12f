"""A real tritonserver as a process on 127.0.0.1, from PyPI's nvidia-pytriton wheel (tritonserver 2.51.0, CPU).

A process, not a container: it starts in a second, needs no container engine, and dies with the tests.
"""

import contextlib
import ctypes
import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devcluster.cache import default_folder
from devcluster.errors import Problem
from devcluster.wheel import download
from tests.support.require import missing

WHEEL = "nvidia-pytriton==0.7.0"
WHEEL_SHA256 = "21f063ff93bb426d0c06b7a55e7eb9efcfe62c0dddd9a908e9877e18710128df"
START_SECONDS = 60
PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Answer:
    """An HTTP answer: status and parsed JSON (or the raw text where it is none)."""

    status: int
    body: Any


@dataclass(frozen=True)
class Triton:
    """A running server: its address on 127.0.0.1 and its log file."""

    url: str
    log: Path

    def get(self, path: str) -> Answer:
        return self._send("GET", path, None)

    def post(self, path: str, body: object | None = None, timeout: float = 60) -> Answer:
        data = body if isinstance(body, str) else json.dumps(body or {})
        return self._send("POST", path, data.encode(), timeout)

    def load(self, model: str, timeout: float = 60) -> str:
        """Load a model; return why it was refused, or an empty text: config errors stand in the log only."""
        mark = self.log.stat().st_size
        answer = self.post(f"/v2/repository/models/{model}/load", timeout=timeout)
        if answer.status == 200:
            return ""
        return f"{answer.body} {self.log.read_bytes()[mark:].decode(errors='replace')}"

    def _send(self, method: str, path: str, data: bytes | None, timeout: float = 60) -> Answer:
        request = urllib.request.Request(self.url + path, data=data, method=method)
        try:
            with urllib.request.urlopen(request, timeout=timeout) as response:
                status, raw = response.status, response.read()
        except urllib.error.HTTPError as error:
            status, raw = error.code, error.read()
        try:
            return Answer(status, json.loads(raw))
        except ValueError:
            return Answer(status, raw.decode(errors="replace"))


def server_home() -> Path:
    """Return the folder with bin/tritonserver, unpacked from the wheel into the cache on first use."""
    if not sys.platform.startswith("linux") or os.uname().machine != "x86_64":
        missing("tritonserver's wheel is for Linux on x86_64")
    library = f"libpython{sys.version_info[0]}.{sys.version_info[1]}.so.1.0"
    try:
        ctypes.CDLL(library)
    except OSError:
        if not (Path(sysconfig.get_config_var("LIBDIR") or "/") / library).exists():
            missing(f"{library} is needed by Triton's python backend (Debian: apt-get install {library[:-7]})")
    root = default_folder()
    home = root / f"test-tritonserver-{WHEEL_SHA256[:12]}"
    root.mkdir(parents=True, exist_ok=True)
    with (root / "test-tritonserver.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not home.exists():
            _unpack(root, home)
    return home / "pytriton" / "tritonserver"


def _unpack(root: Path, home: Path) -> None:
    with tempfile.TemporaryDirectory(dir=root) as scratch:
        try:
            wheel = download(WHEEL, WHEEL_SHA256, Path(scratch))
        except Problem as problem:
            missing(str(problem))
        target = Path(scratch) / "out"
        with zipfile.ZipFile(wheel) as archive:
            for info in archive.infolist():
                if info.filename.startswith(("pytriton/tritonserver/", "nvidia_pytriton.libs/")):
                    archive.extract(info, target)
        server = target / "pytriton" / "tritonserver"
        (server / "bin" / "tritonserver").chmod(0o755)
        stub = f"python_backend_stubs/{sys.version_info[0]}.{sys.version_info[1]}/triton_python_backend_stub"
        if not (server / stub).exists():
            missing(f"the wheel {WHEEL} has no python backend for Python {sys.version_info[0]}.{sys.version_info[1]}")
        # The same depth below the root: the stub finds its libraries relative to itself.
        shutil.copy2(server / stub, server / "backends" / "python" / "triton_python_backend_stub")
        (server / "backends" / "python" / "triton_python_backend_stub").chmod(0o755)
        target.rename(home)


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def free_ports(count: int) -> list[int]:
    """Return ports of 127.0.0.1 that are free now."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


@contextlib.contextmanager
def running_triton(
    repository: Path, models: Sequence[str] = (), extra_args: Sequence[str] = (), backends: Path | None = None
) -> Iterator[Triton]:
    """Run a server over a model repository in EXPLICIT mode; it is stopped in any case.

    Args:
        repository: folder of models.
        models: loaded at the start; others by ``Triton.load``.
        extra_args: more flags of tritonserver.
        backends: folder of backends in place of the server's own, which has python alone.
    """
    home = server_home()
    http, grpc, metrics = free_ports(3)
    command = [
        str(home / "bin" / "tritonserver"),
        f"--model-repository={repository}",
        "--model-control-mode=explicit",
        *(f"--load-model={model}" for model in models),
        f"--backend-directory={backends or home / 'backends'}",
        f"--cache-directory={home / 'caches'}",
        "--exit-on-error=false",
        "--strict-readiness=false",
        "--exit-timeout-secs=5",
        "--http-address=127.0.0.1",
        "--grpc-address=127.0.0.1",
        "--metrics-address=127.0.0.1",
        f"--http-port={http}",
        f"--grpc-port={grpc}",
        f"--metrics-port={metrics}",
        *extra_args,
    ]
    environment = {
        **os.environ,
        # The stub ignores PYTHONPATH and takes the packages (numpy, tokenizers) of the first python on PATH.
        "PATH": f"{sysconfig.get_path('scripts')}:{os.environ['PATH']}",
        "LD_LIBRARY_PATH": f"{sysconfig.get_config_var('LIBDIR') or ''}:{os.environ.get('LD_LIBRARY_PATH', '')}".strip(
            ":"
        ),
    }
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "triton.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                command, stdout=output, stderr=subprocess.STDOUT, env=environment, preexec_fn=_die_with_parent
            )
        try:
            server = Triton(f"http://127.0.0.1:{http}", log)
            _wait_live(server, process)
            try:
                yield server
            except BaseException as error:
                error.add_note("--- end of tritonserver's log ---\n" + _tail(log))
                raise
        finally:
            process.terminate()
            try:
                process.wait(timeout=7)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_live(server: Triton, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"tritonserver exited with {process.returncode}:\n{_tail(server.log)}")
        try:
            if server.get("/v2/health/live").status == 200:
                return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"tritonserver was not live in {START_SECONDS} s:\n{_tail(server.log)}")


def _tail(log: Path) -> str:
    return log.read_bytes()[-6000:].decode(errors="replace")
