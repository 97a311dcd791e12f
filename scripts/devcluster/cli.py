"""The commands: reading options, showing results, exit codes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from devcluster import cluster, shell
from devcluster.errors import Problem

app = typer.Typer(
    name="devcluster",
    help="A real Kubernetes cluster with a real Triton image on this machine, for the demo and the tests.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Name = Annotated[str, typer.Option("--name", help="Name of the cluster.")]
NodeImage = Annotated[
    str,
    typer.Option(
        help="auto: pull kindest/node where its registry is reached, else build; build: never pull; or an image to pull."
    ),
]
BaseImage = Annotated[str, typer.Option(help="The same for the Debian image that the other images start from.")]


@app.command(
    epilog="Example: python -m devcluster up --name demo --port 18000:30080 --kubeconfig build/demo/kubeconfig"
)
def up(
    name: Name = cluster.DEFAULT_NAME,
    nodes: Annotated[int, typer.Option(help="How many nodes; pods run on all of them.")] = 2,
    port: Annotated[
        list[str] | None, typer.Option(help="HOST:NODEPORT; may be given several times. Bound to 127.0.0.1 only.")
    ] = None,
    kubeconfig: Annotated[Path | None, typer.Option(help="File to write.  [default: build/<name>/kubeconfig]")] = None,
    node_image: NodeImage = "auto",
    base_image: BaseImage = "auto",
) -> None:
    """Bring a cluster up; build what is missing first (about 8 minutes the first time)."""
    made = cluster.up(name, nodes, port or (), kubeconfig, node_image, base_image)
    how = "was up already" if made.reused else "is up"
    typer.echo(f"cluster {made.name} {how}: {', '.join(made.nodes)}")
    typer.echo(f"export KUBECONFIG={made.kubeconfig} PATH={made.tools_path}:$PATH")


@app.command(epilog="Example: python -m devcluster down --name demo")
def down(name: Annotated[str, typer.Option("--name", help="Name of the cluster.")]) -> None:
    """Delete a cluster that `up` made; clusters of others are refused."""
    gone = cluster.down(name)
    typer.echo(f"cluster {name} is deleted" if gone else f"there is no cluster {name}")


def run() -> None:
    """Runs the command line; a problem is one message and exit code 2."""
    try:
        app()
    except Problem as problem:
        sys.stderr.write(f"error: {problem}\n")
        sys.exit(2)
    except (KeyboardInterrupt, shell.Stopped):
        shell.stop()
        sys.stderr.write("stopped; the next run goes on from the parts that are finished\n")
        sys.exit(130)
