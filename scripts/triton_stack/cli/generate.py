"""``triton-stack generate``."""

from pathlib import Path
from typing import Annotated

import typer

from triton_stack.cli.console import Progress, UsageProblem, note
from triton_stack.cli.stacks import EnvironmentOption, TritonOption, load_checked, read_triton

NAME = "generate"
EXAMPLE = (
    "triton-stack generate my-stack -o build && "
    "helm install demo CHART -f build/values/stack.yaml -f build/values/double.yaml"
)


def command(
    stack: Annotated[Path, typer.Argument(help="Stack folder, with stack.yaml and models/*.yaml.")],
    out: Annotated[
        Path, typer.Option("-o", "--output", help="Folder to write; only files that this command made are replaced.")
    ],
    environment: EnvironmentOption = None,
    triton_version: TritonOption = None,
) -> None:
    """Write config.pbtxt and chart values of each model of a stack, after checking it."""
    from triton_stack.generate.stack import bundle_size, stack_files
    from triton_stack.repository.output import ForeignFileError, write_output

    loaded = load_checked(stack, environment, read_triton(triton_version))
    progress = Progress("hashing", bundle_size(loaded))
    try:
        files = stack_files(loaded, progress)
        progress.finish()
        removed = write_output(out, files)
    except ForeignFileError as error:
        raise UsageProblem(str(error)) from None
    except OSError as error:
        raise UsageProblem(f"{error.filename or out}: {error.strerror}") from None
    for path in files:
        print(out / path)
    for path in removed:
        note(f"removed {out / path}, which no model makes any more")
