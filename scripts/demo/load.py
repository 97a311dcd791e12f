"""A small, bounded load on an inference endpoint: how long requests take, and which fail."""

import http.client
import statistics
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import numpy
import tritonclient.grpc as grpc
from tritonclient.utils import np_to_triton_dtype


@dataclass
class Outcome:
    """What came of a run.

    Attributes:
        seconds: Duration of each request that succeeded.
        failures: Time of each failed request, in seconds since the start, and why it failed.
    """

    seconds: list[float] = field(default_factory=list)
    failures: list[tuple[float, str]] = field(default_factory=list)

    def percentile(self, percent: int) -> float:
        """The percentile of the durations, in milliseconds."""
        return statistics.quantiles(self.seconds, n=100, method="inclusive")[percent - 1] * 1000


Request = Callable[[], None]


def run(connect: Callable[[], Request], connections: int, requests: int, seconds: float, pause: float = 0) -> Outcome:
    """Send requests over several connections, each in a thread of its own, until one of the bounds is met.

    Args:
        connect: Makes a connection and gives the function that sends one request over it, and raises if it fails.
        connections: Connections side by side.
        requests: Bound on all requests together.
        seconds: Bound on the time.
        pause: Time between two requests of a connection, in seconds.
    """
    outcome, lock = Outcome(), threading.Lock()
    started = time.monotonic()

    def work(quota: int) -> None:
        send = connect()
        for _ in range(quota):
            begun = time.monotonic()
            if begun - started > seconds:
                return
            try:
                send()
            except Exception as error:  # every way in which a request can fail is a failed request
                with lock:
                    outcome.failures.append((begun - started, f"{type(error).__name__}: {error}"))
                time.sleep(0.05)
            else:
                with lock:
                    outcome.seconds.append(time.monotonic() - begun)
            time.sleep(pause)

    threads = [threading.Thread(target=work, args=(requests // connections,)) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcome


def http_sender(url: str, body: str, keep_alive: bool = True, timeout: float = 30) -> Callable[[], Request]:
    """Connections that post `body` to `url`; a new one for each request without `keep_alive`."""
    parts = urlsplit(url)

    def connect() -> Request:
        connection = http.client.HTTPConnection(parts.netloc, timeout=timeout)

        def send() -> None:
            try:
                connection.request("POST", parts.path, body, {"content-type": "application/json"})
                answer = connection.getresponse()
                text = answer.read()
            except Exception:
                connection.close()
                raise
            if not keep_alive:
                connection.close()
            if answer.status != 200:
                raise RuntimeError(f"HTTP {answer.status}: {text[:200].decode(errors='replace')}")

        return send

    return connect


def text(value: str) -> numpy.ndarray[Any, Any]:
    """One text as a batch of one: shape (1, 1), Triton's BYTES."""
    return numpy.array([[value.encode()]], dtype=object)


def grpc_sender(
    address: str, model: str, tensor: str, data: numpy.ndarray[Any, Any], timeout: float = 30
) -> Callable[[], Request]:
    """Connections that ask `model` at `address` over gRPC with `data` in the tensor `tensor`."""
    value = grpc.InferInput(tensor, data.shape, np_to_triton_dtype(data.dtype))
    value.set_data_from_numpy(data)

    def connect() -> Request:
        # gRPC shares one connection between equal channels unless each has a pool of its own.
        client = grpc.InferenceServerClient(address, channel_args=[("grpc.use_local_subchannel_pool", 1)])

        def send() -> None:
            client.infer(model, [value], client_timeout=timeout)

        return send

    return connect
