"""The cache folder: finished parts under names that carry the hash of their recipe.

An entry is built under a temporary name, sealed by a list of its files with sizes and sha256, and renamed into place;
so whatever has the final name and agrees with its seal is whole, however the run that made it ended.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from devcluster import shell
from devcluster.errors import Problem

SEAL = "seal.json"
FREE_BYTES_TO_BUILD = 12 * 1024**3
"""Room that a cold build takes in the cache, Go's caches and the engine's store together, with a margin."""


def default_folder() -> Path:
    """Returns $TRITON_STACK_CACHE, else triton-stack in the XDG cache folder."""
    if chosen := os.environ.get("TRITON_STACK_CACHE"):
        return Path(chosen).expanduser().resolve()
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser().resolve() / "triton-stack"


class Cache:
    """Entries in one folder; safe to use from several threads and processes at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            for name in ("entries", "locks", "logs"):
                (folder / name).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Problem(
                f"cannot write the cache folder {folder}: {error.strerror}",
                "set TRITON_STACK_CACHE to a folder that you may write",
            ) from None

    def log(self, key: str) -> Path:
        """Returns the log file of an entry's build."""
        return self.folder / "logs" / f"{key}.log"

    def find(self, key: str) -> Path | None:
        """Returns the entry's folder if it is there and agrees with its seal."""
        entry = self.folder / "entries" / key
        return entry if is_whole(entry) else None

    @contextlib.contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """Holds the lock of that name; the kernel frees it when the process ends, however it ends."""
        with (self.folder / "locks" / name).open("w") as file:
            while True:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    shell.check_not_stopped()
                    time.sleep(0.2)
            yield

    @contextlib.contextmanager
    def build(self, key: str) -> Iterator[Path]:
        """Gives an empty folder to fill; it becomes the entry when the block ends without an exception.

        The caller holds the entry's lock.
        """
        entry = self.folder / "entries" / key
        # A name of this process's own: programs of a killed run may still be writing to theirs.
        partial = entry.with_name(f".{key}.{os.getpid()}.partial")
        remove(partial)
        partial.mkdir()
        try:
            yield partial
            seal(partial)
            remove(entry)
            partial.rename(entry)
        except BaseException:
            remove(partial)
            raise

    @contextlib.contextmanager
    def scratch(self) -> Iterator[Path]:
        """Gives an empty folder that is removed afterwards."""
        folder = Path(tempfile.mkdtemp(prefix=f".scratch.{os.getpid()}.", dir=self.folder))
        try:
            yield folder
        finally:
            remove(folder)

    def tidy(self) -> None:
        """Removes what killed runs left behind; folders of running processes stay."""
        for folder in [*self.folder.glob(".scratch.*"), *self.folder.glob("entries/.*.partial")]:
            pid = re.search(r"\.(\d+)\.(?:partial|[^.]*)$", folder.name)
            if pid and not Path("/proc", pid[1]).exists():
                with contextlib.suppress(OSError):
                    remove(folder)

    def check_room(self) -> None:
        """Refuses to start a build that the disk cannot hold.

        Raises:
            Problem: Less than FREE_BYTES_TO_BUILD are free.
        """
        free = shutil.disk_usage(self.folder).free
        if free < FREE_BYTES_TO_BUILD:
            raise Problem(
                f"too little disk: {free / 1024**3:.1f} GiB free at {self.folder}, "
                f"a build takes up to {FREE_BYTES_TO_BUILD / 1024**3:.0f} GiB",
                "free some space, or set TRITON_STACK_CACHE to a folder on a larger disk",
            )


def seal(folder: Path) -> None:
    """Writes the list of all files with size and sha256, and has the disk store everything before it returns."""
    files: dict[str, object] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            files[name] = {"link": os.readlink(path)}
        elif path.is_file():
            files[name] = {"size": path.stat().st_size, "sha256": sha256(path)}
            _sync(path)
    marker = folder / SEAL
    marker.write_text(json.dumps(files, indent=1, sort_keys=True))
    _sync(marker)


def is_whole(folder: Path) -> bool:
    """Tells whether a folder has a seal and each file that it lists is unchanged."""
    try:
        files = json.loads((folder / SEAL).read_text())
        return all(_agrees(folder / name, facts) for name, facts in files.items())
    except (OSError, ValueError, AttributeError, KeyError, TypeError):
        return False


def _agrees(path: Path, facts: dict[str, object]) -> bool:
    if "link" in facts:
        return os.readlink(path) == facts["link"]
    return path.stat().st_size == facts["size"] and sha256(path) == facts["sha256"]


def sha256(path: Path) -> str:
    """Returns the hex sha256 of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def remove(path: Path) -> None:
    """Removes a folder tree if it is there; Go's module files are read-only, so their folders are opened first."""
    if not path.is_dir() or path.is_symlink():
        path.unlink(missing_ok=True)
        return
    for folder, _, _ in os.walk(path):
        os.chmod(folder, 0o755)
    shutil.rmtree(path)
