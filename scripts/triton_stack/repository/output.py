"""The folder that ``generate`` writes: only our own files are ever replaced or removed, each in one step."""

import contextlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from triton_stack.spec.names import GENERATED_MARK

RECORD_FILE = ".triton-stack-generated"


class ForeignFileError(Exception):
    """A file that we did not write stands where a generated one must go."""


def write_output(out: Path, files: Mapping[str, bytes]) -> list[str]:
    """Write the files below ``out`` and remove those of an earlier run that are no more.

    The record of what we wrote stands in ``out/.triton-stack-generated``, one path a line, and is written first:
    an interrupted run leaves files that the next one knows as its own.

    Args:
        out: the output folder; made when it is not there.
        files: content by relative path.

    Returns:
        The paths that were removed.

    Raises:
        ForeignFileError: a file that is not ours is in the way; then nothing was written.
        OSError: the folder cannot be written.
    """
    record = out / RECORD_FILE
    known = set(record.read_text().splitlines()) if record.exists() else set()
    known = {path for path in known if not Path(path).is_absolute() and ".." not in Path(path).parts}
    for path, content in files.items():
        target = out / path
        if path not in known and target.exists() and target.read_bytes() != content:
            raise ForeignFileError(
                f"{target} was not written by triton-stack: move it away, or choose another folder with -o"
            )
    out.mkdir(parents=True, exist_ok=True)
    _write(record, "".join(f"{path}\n" for path in sorted(known | files.keys())).encode())
    for path, content in files.items():
        target = out / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists() or target.read_bytes() != content:
            _write(target, content)
    stale = sorted(known - files.keys())
    for path in stale:
        (out / path).unlink(missing_ok=True)
        _remove_empty_parents(out, out / path)
    _write(record, "".join(f"{path}\n" for path in sorted(files)).encode())
    return stale


def write_generated(target: Path, content: bytes) -> None:
    """Write one file with a generated mark in its head; a file without that mark is refused.

    Raises:
        ForeignFileError: the file there is not ours.
        OSError: it cannot be written.
    """
    if target.exists() and not target.read_bytes().startswith(GENERATED_MARK.encode()):
        raise ForeignFileError(f"{target} was not written by triton-stack: move it away, or choose another name")
    target.parent.mkdir(parents=True, exist_ok=True)
    _write(target, content)


def _write(target: Path, content: bytes) -> None:
    """Replace a file in one step, so that a reader sees the old or the new one, never a part."""
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
        os.chmod(name, 0o644)
        os.replace(name, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


def _remove_empty_parents(out: Path, path: Path) -> None:
    for parent in path.parents:
        if parent == out:
            return
        try:
            parent.rmdir()
        except OSError:
            return
