"""Writes the chart's generated files, or says which of them are stale.

Usage: python -m triton_stack.generate.chart_files [--check] CHART
"""

import sys
from pathlib import Path

from triton_stack.generate.chart_reference import reference
from triton_stack.generate.chart_schema import values_schema
from triton_stack.generate.chart_values import values_yaml


def chart_files() -> dict[str, str]:
    """Text of each generated file, by its name in the chart."""
    return {"README.md": reference(), "values.schema.json": values_schema(), "values.yaml": values_yaml()}


def stale(chart: Path) -> list[str]:
    """Names of the generated files whose text in the folder `chart` is not what the sources give."""
    return [name for name, text in chart_files().items() if not _same(chart / name, text)]


def _same(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text() == text


def main(arguments: list[str]) -> int:
    """Run the command; returns the exit code."""
    check = "--check" in arguments
    chart = Path(next(argument for argument in arguments if argument != "--check"))
    names = stale(chart)
    for name in names:
        if check:
            print(f"{chart / name}: stale; run `make generate`")
        else:
            (chart / name).write_text(chart_files()[name])
            print(f"{chart / name}: written")
    return 1 if check and names else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
