"""Shared by the commands that work on a stack: find it, read it, stop on errors."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from triton_stack.cli.console import UsageProblem, fail, print_findings

if TYPE_CHECKING:
    from triton_stack.repository.stack_folder import LoadedModel, LoadedStack
    from triton_stack.spec.versions import TritonVersion

EnvironmentOption = Annotated[
    str | None, typer.Option("-e", "--environment", metavar="NAME", help="One of the stack's environments.")
]
TritonOption = Annotated[
    str | None,
    typer.Option(
        "--triton-version",
        metavar="YY.MM",
        help="Release of Triton to judge for; when left out, what the stack's values say, or the chart's own.",
    ),
]


def read_triton(text: str | None) -> "TritonVersion | None":
    """Read the release that --triton-version gives."""
    from triton_stack.spec.versions import OLDEST_TRITON, parse_triton_version

    if text is None:
        return None
    try:
        triton = parse_triton_version(text)
    except ValueError as error:
        raise UsageProblem(str(error)) from None
    if triton < OLDEST_TRITON:
        raise UsageProblem(f"Triton {triton} is older than {OLDEST_TRITON}, the oldest that the checks know")
    return triton


def stack_root(path: Path) -> Path:
    """Accept a stack folder or its stack.yaml."""
    root = path.parent if path.name == "stack.yaml" else path
    if not (root / "stack.yaml").is_file():
        raise UsageProblem(f"{path} is not a stack: it has no stack.yaml (make one with: triton-stack init DIR)")
    return root


def load_checked(path: Path, environment: str | None = None, triton: "TritonVersion | None" = None) -> "LoadedStack":
    """Read a stack and print what there is to say about it; an error in it ends the command with exit code 1."""
    from triton_stack.check import has_errors
    from triton_stack.repository.stack_folder import EnvironmentProblem, load_stack
    from triton_stack.spec.findings import FindingsError

    try:
        stack = load_stack(stack_root(path), environment, triton)
        findings = list(stack.findings)
    except EnvironmentProblem as problem:
        raise UsageProblem(str(problem)) from None
    except FindingsError as error:
        print_findings(error.findings)
        raise typer.Exit(1) from None
    print_findings(findings)
    if has_errors(findings):
        fail(f"{path} has errors; nothing was done")
        raise typer.Exit(1)
    return stack


def load_one(file: Path, environment: str | None = None) -> "LoadedModel":
    """Read one spec in an environment of the stack it stands in; a spec that cannot be used ends the command with 1."""
    from triton_stack.repository.stack_folder import EnvironmentProblem, load_spec
    from triton_stack.spec.findings import FindingsError

    try:
        return load_spec(file, environment)
    except EnvironmentProblem as problem:
        raise UsageProblem(str(problem)) from None
    except FindingsError as error:
        print_findings(error.findings)
        raise typer.Exit(1) from None
