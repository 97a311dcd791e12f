"""One folder with helm, kubectl and kind, to be put in PATH."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from devcluster.builder import Builder
from devcluster.catalog import Catalog


def ensure(builder: Builder, catalog: Catalog) -> Path:
    """Builds the tools that are missing and returns the folder that has all three."""
    entries = builder.make(catalog.tool_recipes)
    programs: dict[str, Path] = {}
    for name, tool in catalog.tools.items():
        # kubectl is one of the names of the Kubernetes program
        programs[name] = tool if isinstance(tool, Path) else entries[tool.part] / tool.part
    digest = hashlib.sha256(repr(sorted(programs.items())).encode()).hexdigest()[:12]
    folder = builder.cache.folder / f"tools-{digest}"
    folder.mkdir(exist_ok=True)
    for name, program in programs.items():
        link = folder / name
        if not link.is_symlink() or os.readlink(link) != str(program):
            draft = folder / f".{name}.{os.getpid()}"
            draft.unlink(missing_ok=True)
            draft.symlink_to(program)
            draft.rename(link)
    return folder
