"""A model's files on disk, listed and hashed."""

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from triton_stack.check.view import Folder
from triton_stack.repository.manifest import FileEntry, Manifest, make_manifest
from triton_stack.repository.onnx_file import can_read_onnx, read_onnx
from triton_stack.spec.names import CONFIG_FILE

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Bundle:
    """What is published for one model: the manifest, and where the content of each path comes from."""

    manifest: Manifest
    contents: Mapping[str, Path | bytes]


def list_folder(root: Path) -> Folder:
    """List a folder to any depth, following links as Triton does; a loop of links counts as broken.

    Python's byte code folders are left out: they are by-products of running a model.
    """
    files: dict[str, int] = {}
    directories: set[str] = set()
    broken: set[str] = set()

    def walk(folder: Path, prefix: str, ancestors: frozenset[tuple[int, int]]) -> None:
        for entry in sorted(os.scandir(folder), key=lambda item: item.name):
            path = prefix + entry.name
            try:
                info = entry.stat()
                if entry.is_dir():
                    identity = (info.st_dev, info.st_ino)
                    if entry.name == "__pycache__":
                        continue
                    if identity in ancestors:
                        broken.add(path)
                        continue
                    directories.add(path)
                    walk(Path(entry.path), f"{path}/", ancestors | {identity})
                elif entry.is_file():
                    files[path] = info.st_size
                else:
                    broken.add(path)
            except OSError:
                broken.add(path)

    info = root.stat()
    walk(root, "", frozenset({(info.st_dev, info.st_ino)}))
    return Folder(files, frozenset(directories), frozenset(broken))


def list_model_folder(root: Path) -> Folder:
    """List a model's folder, with the text of each ``<version>/model.py`` and the tensors of each version's ONNX file.

    Raises:
        OSError: the folder cannot be read.
    """
    folder = list_folder(root)
    onnx_files = [path for path in folder.files if _is_onnx_model(path)]
    onnx = {path: read_onnx(root / path) for path in onnx_files} if onnx_files and can_read_onnx() else {}
    python = {
        path: (root / path).read_bytes()
        for path, size in folder.files.items()
        if path.count("/") == 1 and path.endswith("/model.py") and size < _CHUNK
    }
    return replace(folder, python=python, onnx=onnx)


def _is_onnx_model(path: str) -> bool:
    """A version holds an ONNX model as a file, or as a folder with a model.onnx in it."""
    parts = path.split("/")
    return parts[1].endswith(".onnx") if len(parts) == 2 else len(parts) == 3 and parts[2] == "model.onnx"


def make_bundle(
    model: str,
    source: Path,
    generated: Mapping[str, bytes],
    own_config: bool,
    progress: Callable[[int], None] = lambda _size: None,
) -> Bundle:
    """Hash a model's files.

    Args:
        model: the model's name.
        source: its folder.
        generated: files made from the spec (warm-up data), by path.
        own_config: keep the folder's config.pbtxt, because no spec makes one.
        progress: called with the number of bytes hashed since the last call.
    """
    contents: dict[str, Path | bytes] = {
        path: source / path for path in list_folder(source).files if own_config or path != CONFIG_FILE
    }
    contents |= generated
    entries = [_entry(path, content, progress) for path, content in contents.items()]
    return Bundle(make_manifest(model, entries), contents)


def _entry(path: str, content: Path | bytes, progress: Callable[[int], None]) -> FileEntry:
    if isinstance(content, bytes):
        return FileEntry(path, len(content), hashlib.sha256(content).hexdigest())
    digest = hashlib.sha256()
    size = 0
    for chunk in read_chunks(content):
        digest.update(chunk)
        size += len(chunk)
        progress(len(chunk))
    return FileEntry(path, size, digest.hexdigest())


def read_chunks(path: Path) -> Iterator[bytes]:
    """Read a file piece by piece, so that memory stays flat."""
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            yield chunk
