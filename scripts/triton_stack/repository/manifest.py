"""The manifest of a bundle: which files a model has, and the digest that names them all. Pure."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class FileEntry:
    """One file of a bundle: its path relative to the model's folder, size in bytes, sha256 in hex."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """All files of one model's bundle, sorted by path."""

    model: str
    files: tuple[FileEntry, ...]

    def to_bytes(self) -> bytes:
        """Return the canonical bytes: one file a line, so that a shell can read it too."""
        head = {"model": self.model, "manifest_version": 1}
        lines = [
            json.dumps({"path": f.path, "size": f.size, "sha256": f.sha256}, separators=(",", ":")) for f in self.files
        ]
        text = json.dumps(head, separators=(",", ":"))[:-1] + ',"files":[\n' + ",\n".join(lines) + "\n]}\n"
        return text.encode()

    @property
    def digest(self) -> str:
        """The bundle's digest, ``sha256:<64 hex>``: the sha256 of the canonical bytes."""
        return f"sha256:{hashlib.sha256(self.to_bytes()).hexdigest()}"


def make_manifest(model: str, files: Iterable[FileEntry]) -> Manifest:
    """Make the manifest of a model's files, in any order."""
    return Manifest(model, tuple(sorted(files)))
