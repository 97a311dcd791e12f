"""``triton-stack init``."""

from pathlib import Path
from typing import Annotated

import typer

from triton_stack.cli.console import UsageProblem, note

NAME = "init"
EXAMPLE = "triton-stack init my-stack && triton-stack check my-stack"


def command(folder: Annotated[Path, typer.Argument(metavar="DIR", help="New or empty folder for the stack.")]) -> None:
    """Write a new stack with one small working model."""
    from triton_stack.repository.scaffold import NotEmptyError, write_scaffold

    try:
        written = write_scaffold(folder)
    except NotEmptyError as error:
        raise UsageProblem(str(error)) from None
    except OSError as error:
        raise UsageProblem(f"{error.filename}: {error.strerror}") from None
    for path in written:
        print(path)
    note(f"next: triton-stack check {folder}; triton-stack generate {folder} -o {folder}/build")
