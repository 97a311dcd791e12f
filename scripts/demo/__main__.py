"""Usage: python -m demo up|down."""

import subprocess
import sys
import time
from pathlib import Path

import typer
from rich.console import Console

from demo import fetch_model, report, store
from demo.shell import CommandFailed, Shell
from devcluster import cluster
from devcluster.errors import Problem

ROOT = Path(__file__).parents[2]
BUILD = Path("build/demo")
CLUSTER, NAMESPACE, RELEASE = "triton-stack-demo", "triton-demo", "demo"
HTTP_PORT, GRPC_PORT = 18000, 18001

app = typer.Typer(add_completion=False, help=__doc__)


@app.command()
def up() -> None:
    """Bring up the demo and report. A second run reuses what is there."""
    console = Console(highlight=False)
    started = time.monotonic()
    ports = [f"{HTTP_PORT}:30080", f"{GRPC_PORT}:30081"]
    made = cluster.up(CLUSTER, nodes=2, ports=ports, kubeconfig=BUILD / "kubeconfig")
    shell = Shell(made.kubeconfig, made.tools_path, NAMESPACE, echo=True)
    stack, generated = BUILD / "stack", BUILD / "generated"

    console.print("\n[bold]An S3 store[/] in the cluster")
    quiet = Shell(made.kubeconfig, made.tools_path, NAMESPACE)
    quiet.make_namespace()
    store.install(quiet)

    console.print("[bold]The model[/]: published as an immutable bundle, with its digest in the values")
    fetch_model.lay_out(stack)
    with store.reached(quiet) as reached:
        where = ("--to", "s3://models/demo", "--endpoint", reached.endpoint, "--path-style")
        shell.run("triton-stack", "publish", str(stack), *where, **reached.environment)
    shell.run("triton-stack", "generate", str(stack), "-o", str(generated))

    console.print("[bold]The chart[/]: two Triton pods behind one Service")
    values = [ROOT / "values" / "kind-cpu.yaml", *sorted((generated / "values").glob("*.yaml"))]
    files = [word for path in values for word in ("-f", str(path))]
    shell.helm("upgrade", "--install", RELEASE, str(ROOT / "charts/triton-stack"), *files, "--wait", "--timeout", "5m")

    console.print(f"\n[bold]Up[/] after {time.monotonic() - started:.0f} s\n")
    report.show(quiet, RELEASE, f"http://127.0.0.1:{HTTP_PORT}", f"127.0.0.1:{GRPC_PORT}", console)


@app.command()
def down() -> None:
    """Remove the demo's cluster, and nothing else."""
    typer.echo("removed" if cluster.down(CLUSTER) else "there is no demo to remove")


def main() -> int:
    """Run the command; a problem is one message on standard error."""
    try:
        app(standalone_mode=False)
    except (Problem, CommandFailed, subprocess.TimeoutExpired) as error:
        typer.echo(f"error: {error}", err=True)
        return 1
    except KeyboardInterrupt:
        typer.echo("interrupted; run it again to go on", err=True)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
