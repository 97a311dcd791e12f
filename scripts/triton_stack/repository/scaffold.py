"""A new stack with one working model."""

from importlib.resources import as_file, files
from pathlib import Path


class NotEmptyError(Exception):
    """The folder has files already."""


def write_scaffold(target: Path) -> list[Path]:
    """Write the first stack of a user into a new or empty folder.

    Returns:
        The files written.

    Raises:
        NotEmptyError: the folder holds anything.
        OSError: it cannot be written.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise NotEmptyError(f"{target} is not empty: choose a new folder")
    written = []
    with as_file(files("triton_stack.repository") / "scaffold_files") as source:
        for file in sorted(path for path in source.rglob("*") if path.is_file() and "__pycache__" not in path.parts):
            # ".in" keeps tools that look for Python from taking the model for a module of this package.
            copy = target / file.relative_to(source).with_name(file.name.removesuffix(".in"))
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(file.read_bytes())
            written.append(copy)
    return written
