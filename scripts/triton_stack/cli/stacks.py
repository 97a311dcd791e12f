"""Shared by the commands that work on a stack: find it, read it, stop on errors."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from triton_stack.cli.console import UsageProblem, fail, print_findings

if TYPE_CHECKING:
    from triton_stack.repository.stack_folder import LoadedStack


def stack_root(path: Path) -> Path:
    """Accept a stack folder or its stack.yaml."""
    root = path.parent if path.name == "stack.yaml" else path
    if not (root / "stack.yaml").is_file():
        raise UsageProblem(f"{path} is not a stack: it has no stack.yaml (make one with: triton-stack init DIR)")
    return root


def load_checked(path: Path) -> "LoadedStack":
    """Read a stack and print what there is to say about it; an error in it ends the command with exit code 1."""
    from triton_stack.check import has_errors
    from triton_stack.repository.stack_folder import load_stack
    from triton_stack.spec.findings import FindingsError

    try:
        stack = load_stack(stack_root(path))
        findings = list(stack.findings)
    except FindingsError as error:
        print_findings(error.findings)
        raise typer.Exit(1) from None
    print_findings(findings)
    if has_errors(findings):
        fail(f"{path} has errors; nothing was done")
        raise typer.Exit(1)
    return stack
