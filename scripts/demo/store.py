"""The S3 store in the cluster, and a way to it from this machine."""

import base64
import json
import re
import secrets
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from demo.shell import CommandFailed, Shell

MANIFEST = Path(__file__).with_name("store.yaml")
SECRET = "s3-credentials"


@dataclass(frozen=True)
class Store:
    """A store that is reached at `endpoint` with these keys."""

    endpoint: str
    access_key_id: str
    secret_access_key: str

    @property
    def environment(self) -> dict[str, str]:
        """The keys as the environment that `triton-stack publish` reads."""
        return {"AWS_ACCESS_KEY_ID": self.access_key_id, "AWS_SECRET_ACCESS_KEY": self.secret_access_key}


def install(shell: Shell) -> None:
    """Start the store and wait for it. Its keys are made once and live only in the Secret."""
    if not shell.kubectl("get", "secret", SECRET, "--ignore-not-found", "-o", "name"):
        shell.kubectl("create", "-f", "-", text=_secret(secrets.token_hex(10), secrets.token_hex(20)))
    shell.kubectl("apply", "-f", str(MANIFEST))
    shell.kubectl("rollout", "status", "deployment/s3", "--timeout=120s")


def _secret(access_key_id: str, secret_access_key: str) -> str:
    # By standard input: arguments can be read by every process of the machine.
    data = {"access-key-id": access_key_id, "secret-access-key": secret_access_key}
    return json.dumps({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": SECRET}, "stringData": data})


@contextmanager
def reached(shell: Shell) -> Iterator[Store]:
    """The store, reached through a port on 127.0.0.1 for the length of the block."""
    secret = json.loads(shell.kubectl("get", "secret", SECRET, "-o", "json"))["data"]
    keys = [base64.b64decode(secret[name]).decode() for name in ("access-key-id", "secret-access-key")]
    with forwarded(shell, "service/s3", 9000) as port:
        yield Store(f"http://127.0.0.1:{port}", *keys)


@contextmanager
def forwarded(shell: Shell, target: str, port: int) -> Iterator[int]:
    """A free port on 127.0.0.1 that leads to a port in the cluster for the length of the block.

    Raises:
        CommandFailed: kubectl did not open the port within 20 s.
    """
    words = ["kubectl", "--namespace", shell.namespace, "port-forward", target, f":{port}"]
    process = subprocess.Popen(
        words, env=shell.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        yield _port(process)
    finally:
        process.terminate()
        process.wait(timeout=10)


def _port(process: subprocess.Popen[str]) -> int:
    assert process.stdout is not None
    said = ""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        line = process.stdout.readline()
        said += line
        if found := re.search(r"127\.0\.0\.1:(\d+) ->", line):
            return int(found[1])
        if process.poll() is not None:
            break
    raise CommandFailed(f"kubectl port-forward opened no port: {said.strip()}")
