"""The commands: reading options, showing results, exit codes."""

from __future__ import annotations

import enum
import json
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

from devcluster import cluster
from devcluster.builder import part_named
from devcluster.catalog import Catalog, Sources, sources
from devcluster.errors import Problem
from devcluster.progress import Steps
from devcluster.recipe import all_recipes, explain
from devcluster.shell import CommandFailed
from devcluster.status import collect
from devcluster.tools import ensure as ensure_tools

app = typer.Typer(
    name="devcluster",
    help="A real Kubernetes cluster with a real Triton image on this machine, for the demo and the tests.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


class Output(enum.StrEnum):
    """Forms of an answer."""

    text = "text"
    json = "json"


Name = Annotated[str, typer.Option("--name", help="Name of the cluster.")]
NodeImage = Annotated[
    str,
    typer.Option(
        help="auto: pull kindest/node where its registry is reached, else build; build: never pull; or an image's name."
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


@app.command(epilog="Example: python -m devcluster status -o json")
def status(
    output: Annotated[Output, typer.Option("-o", "--output", help="Form of the answer.")] = Output.text,
) -> None:
    """Show the container engine, the cached parts and the clusters made by `up`."""
    with Steps() as steps:
        answer = collect(cluster.new_builder(steps))
    if output is Output.json:
        typer.echo(json.dumps(answer, indent=2))
        return
    typer.echo(f"engine   {answer['engine'] or 'none yet'}")
    typer.echo(f"cache    {answer['cache']}")
    missing = [part["part"] for part in answer["parts"] if not part["ready"]]
    typer.echo(f"parts    {len(answer['parts']) - len(missing)} ready, to be built: {', '.join(missing) or 'none'}")
    for one in answer["clusters"]:
        typer.echo(f"cluster  {one['name']}: {one['state']}; ports {', '.join(one['ports']) or 'none'}")
        for node in one["nodes"]:
            typer.echo(f"  node     {node['name']} ({node['role']}): {'ready' if node['ready'] else 'not ready'}")
        for name, provisioner in one["storage_classes"].items():
            typer.echo(f"  storage  {name} ({provisioner})")


@app.command(epilog="Example: python -m devcluster load my-image:1 --name demo")
def load(
    image: Annotated[str, typer.Argument(help="Image in the container engine's store, or the path of an archive.")],
    name: Name = cluster.DEFAULT_NAME,
) -> None:
    """Copy an image into all nodes of a cluster; its pods need imagePullPolicy IfNotPresent."""
    cluster.load(name, image)
    typer.echo(f"{image} is in cluster {name}")


@app.command(epilog='Example: PATH="$(python -m devcluster tools):$PATH" helm version')
def tools() -> None:
    """Make sure that helm, kubectl and kind are there, and print the folder that holds them."""
    with Steps() as steps:
        typer.echo(ensure_tools(cluster.new_builder(steps), Catalog(Sources())))


@app.command(epilog="Example: python -m devcluster build --only triton")
def build(
    only: Annotated[str | None, typer.Option(help="Build this part and its needs; `status -o json` lists all.")] = None,
    node_image: NodeImage = "auto",
    base_image: BaseImage = "auto",
) -> None:
    """Build everything that a cluster needs, without making one."""
    catalog = Catalog(sources(node_image, base_image))
    wanted = [*catalog.images, *catalog.tool_recipes]
    if only:
        wanted = [part_named(all_recipes(wanted), only)]
    with Steps() as steps:
        for part, entry in cluster.new_builder(steps).make(wanted).items():
            typer.echo(f"{part}: {entry}")


def run() -> None:
    """Runs the command line; a problem is one message and exit code 2."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: what was started is ended, and tidied up
    try:
        app()
    except Problem as problem:
        sys.stderr.write(f"error: {problem}\n")
        sys.exit(2)
    except CommandFailed as failure:
        sys.stderr.write(f"error: {explain(failure.command[0], '', failure)}\n")
        sys.exit(2)
