"""``triton-stack endpoints``."""

from dataclasses import asdict
from typing import Annotated

import typer

from triton_stack.cli.console import Output, fail, note, print_json

NAME = "endpoints"
EXAMPLE = "triton-stack endpoints -n triton-demo demo --url http://127.0.0.1:18000"


def command(
    release: Annotated[str, typer.Argument(help="Name of the Helm release.")],
    namespace: Annotated[str, typer.Option("-n", "--namespace", help="Its namespace; your context's by default.")] = "",
    url: Annotated[
        str, typer.Option(help="Base URL under which you reach the release; its Service's by default.")
    ] = "",
    kubeconfig: Annotated[str, typer.Option(help="File to use instead of KUBECONFIG and ~/.kube/config.")] = "",
    output: Annotated[Output, typer.Option("-o", "--output", help="Form of the list.")] = Output.TEXT,
) -> None:
    """List each model and version that a release serves, with its URL and a curl line.

    Exit code 1 when a model of the release is served by no pod.
    """
    from triton_stack.fleet.discovery import FleetError, find_endpoints

    try:
        endpoints = find_endpoints(namespace, release, url, kubeconfig)
    except FleetError as error:
        fail(str(error))
        raise typer.Exit(1) from None
    if output is Output.JSON:
        print_json([asdict(endpoint) for endpoint in endpoints])
    else:
        for endpoint in endpoints:
            version = f"version {endpoint.version}" if endpoint.ready else "served by no pod"
            print(f"{endpoint.model}  {version}  pool {endpoint.pool}\n  {endpoint.url}\n  {endpoint.curl}")
        for hint in sorted({endpoint.reached_by for endpoint in endpoints if endpoint.reached_by}):
            note(f"from outside the cluster: {hint}")
        if not endpoints:
            note("the release declares no model")
    if not all(endpoint.ready for endpoint in endpoints):
        raise typer.Exit(1)
