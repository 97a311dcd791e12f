"""The command ``triton-stack``: wiring only. Commands import their work when they run, so ``--help`` stays quick."""

import sys
from typing import Annotated

import typer

from triton_stack.cli import check, config, endpoints, explain, generate, import_, init, publish, schema
from triton_stack.cli.console import UsageProblem, fail

app = typer.Typer(
    name="triton-stack",
    help="Generate, check and publish models for NVIDIA Triton Inference Server on Kubernetes.",
    epilog="Begin with: triton-stack init my-stack",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for module in (init, import_, generate, config, check, explain, schema, publish, endpoints):
    app.command(module.NAME, epilog=f"Example: {module.EXAMPLE}")(module.command)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"triton-stack {version('triton-stack')}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


def run() -> None:
    """Run the command: exit 0 done, 1 findings or failure, 2 wrong use, 130 interrupted."""
    try:
        app()
    except UsageProblem as problem:
        fail(str(problem))
        sys.exit(2)


if __name__ == "__main__":
    run()
