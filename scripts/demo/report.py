"""The report at the end of the demo: who serves, what the model says, and how fast."""

import json
import time
import urllib.request
from typing import Any

import numpy
from rich.console import Console
from rich.table import Table

from demo import load, pods
from demo.shell import Shell

MODEL = "all_minilm_l6_v2"
PAIRS = [
    ("A cat sits on the mat.", "A kitten rests on a rug."),
    ("The pods are ready.", "The containers have started."),
    ("A cat sits on the mat.", "Interest rates rose again."),
    ("The pods are ready.", "She plays the violin."),
]
REQUESTS = 400
CONNECTIONS = 16


def body(*texts: str) -> str:
    """JSON body of an inference request with one text an item."""
    tensor = {"name": "TEXT", "shape": [len(texts), 1], "datatype": "BYTES", "data": list(texts)}
    return json.dumps({"inputs": [tensor]})


def embed(url: str, *texts: str) -> numpy.ndarray[Any, Any]:
    """Embeddings of the texts by the served model: float32, (texts, 384), each of length 1."""
    request = urllib.request.Request(
        f"{url}/v2/models/{MODEL}/infer", body(*texts).encode(), {"content-type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        output = json.load(answer)["outputs"][0]
    return numpy.array(output["data"], dtype=numpy.float32).reshape(output["shape"])


def show(shell: Shell, release: str, url: str, grpc_address: str, console: Console) -> None:
    """Print the report."""
    ready = pods.ready_pods(shell, release)
    console.print(_pods(ready))
    console.print(f"URL  {url}   gRPC  {grpc_address}\n")
    console.print(_similarities(url))
    _reach_all(shell, ready, url)
    console.print(_speed(shell, ready, url, grpc_address))
    # Long lines stay whole, so that they can be pasted.
    print(_next_commands(shell, release, url))


def _pods(ready: list[dict[str, Any]]) -> Table:
    table = Table(title="Pods that serve", title_justify="left")
    for column in ("pod", "node"):
        table.add_column(column, overflow="fold")
    for pod in ready:
        table.add_row(pod["metadata"]["name"], pod["spec"]["nodeName"])
    return table


def _similarities(url: str) -> Table:
    table = Table("similarity", "sentence", "sentence", title="What the model says", title_justify="left")
    for first, second in PAIRS:
        vectors = embed(url, first, second)
        table.add_row(f"{float(vectors[0] @ vectors[1]):.2f}", first, second)
    return table


def _reach_all(shell: Shell, ready: list[dict[str, Any]], url: str) -> None:
    """Send requests until each pod answered one: the nodes learn of a pod that just became ready within seconds."""
    before = pods.served(shell, ready, MODEL)
    connect = load.http_sender(f"{url}/v2/models/{MODEL}/infer", body("hello world"), keep_alive=False)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        load.run(connect, connections=1, requests=8, seconds=5)
        after = pods.served(shell, ready, MODEL)
        if all(after[name] > before[name] for name in after):
            return


def _speed(shell: Shell, ready: list[dict[str, Any]], url: str, grpc_address: str) -> Table:
    title = f"{REQUESTS} requests over {CONNECTIONS} connections"
    table = Table("protocol", "p50 ms", "p99 ms", "failed", "requests of each pod", title=title, title_justify="left")
    senders = {
        "HTTP": load.http_sender(f"{url}/v2/models/{MODEL}/infer", body("hello world")),
        "gRPC": load.grpc_sender(grpc_address, MODEL, "TEXT", load.text("hello world")),
    }
    for protocol, connect in senders.items():
        before = pods.served(shell, ready, MODEL)
        outcome = load.run(connect, CONNECTIONS, REQUESTS, seconds=60)
        after = pods.served(shell, ready, MODEL)
        shares = "  ".join(f"{name[-5:]}: {after[name] - before[name]}" for name in after)
        times = [f"{outcome.percentile(percent):.1f}" for percent in (50, 99)]
        table.add_row(protocol, *times, str(len(outcome.failures)), shares)
    return table


def _next_commands(shell: Shell, release: str, url: str) -> str:
    return f"""
Next commands to try:
  export KUBECONFIG={shell.kubeconfig} PATH={shell.tools}:{shell.environment["PATH"].split(":")[0]}:$PATH
  kubectl -n {shell.namespace} get pods -o wide
  triton-stack endpoints {release} -n {shell.namespace} --url {url}
  helm test {release} -n {shell.namespace} --logs
  kubectl -n {shell.namespace} rollout restart deployment/{release}-triton-stack-default
  make demo-down
"""
