"""Writes the generated files that are committed, or says which of them are stale.

Usage: python -m triton_stack.generate.committed [--check] ROOT
"""

import sys
from pathlib import Path

from triton_stack.generate.chart_reference import reference
from triton_stack.generate.chart_schema import values_schema
from triton_stack.generate.chart_values import values_yaml
from triton_stack.generate.checks_reference import checks_reference
from triton_stack.generate.server_flags import server_flags
from triton_stack.generate.spec_reference import spec_reference
from triton_stack.generate.spec_schema import model_spec_schema, stack_schema


def committed_files() -> dict[str, str]:
    """Text of each generated file, by its path in the repository."""
    return {
        "charts/triton-stack/README.md": reference(),
        "charts/triton-stack/files/server-flags.json": server_flags(),
        "charts/triton-stack/values.schema.json": values_schema(),
        "charts/triton-stack/values.yaml": values_yaml(),
        "docs/reference/checks.md": checks_reference(),
        "docs/reference/model-spec.md": spec_reference(),
        "docs/reference/model-spec.schema.json": model_spec_schema(),
        "docs/reference/stack.schema.json": stack_schema(),
    }


def stale(root: Path) -> list[str]:
    """Paths of the generated files whose text below the folder `root` is not what the sources give."""
    return [path for path, text in committed_files().items() if not _is(root / path, text)]


def _is(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text() == text


def main(arguments: list[str]) -> int:
    """Run the command; returns the exit code."""
    check = "--check" in arguments
    root = Path(next(argument for argument in arguments if argument != "--check"))
    paths = stale(root)
    for path in paths:
        if check:
            print(f"{path}: stale; run `make generate`")
        else:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(committed_files()[path])
            print(f"{path}: written")
    return 1 if check and paths else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
