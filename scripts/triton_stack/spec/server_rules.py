"""Rules about tritonserver in a pool: its release, and the flags that it knows.

`templates/_validate-server.tpl` holds the same rules and reads the same table of flags.
"""

from collections.abc import Iterator

from triton_stack.spec.findings import suggest
from triton_stack.spec.pool import Pool
from triton_stack.spec.server_flags import FLAGS, fits
from triton_stack.spec.versions import DEFAULT_TRITON, NEWEST_TRITON, OLDEST_TRITON, declared_version

# A key's path and what to say about it.
Found = tuple[tuple[str, ...], str]

# What to do in place of a flag that the chart owns.
FLAG_ADVICE = {
    "model-repository": "set modelRepository instead",
    "model-store": "set modelRepository instead",
    "model-control-mode": "set models instead",
    "load-model": "set models instead",
    "http-port": "set ports.http instead",
    "grpc-port": "set ports.grpc instead",
    "metrics-port": "set ports.metrics instead",
    "exit-timeout-secs": "set drain.exitTimeoutSeconds instead",
    "grpc-max-connection-age": "set drain.grpcMaxConnectionAgeSeconds instead",
    "grpc-max-connection-age-grace": "set drain.grpcMaxConnectionAgeGraceSeconds instead",
    "allow-http": "the probes ask over HTTP; remove it",
}


def server_findings(pool: Pool) -> Iterator[Found]:
    """What is wrong with the release and the flags of a pool's server."""
    declared = declared_version(pool.triton_version, pool.image.tag)
    if declared is None:
        yield (
            ("tritonVersion",),
            f'the image\'s tag "{pool.image.tag}" does not tell the release of Triton; give it, for example '
            f'"{DEFAULT_TRITON}"',
        )
    elif declared < OLDEST_TRITON:
        said = ("tritonVersion",) if pool.triton_version else ("image", "tag")
        yield said, f"Triton {declared} is older than {OLDEST_TRITON}, the oldest that this chart knows"
    for name, value in pool.server.extra_args.items():
        key = ("server", "extraArgs", name)
        flag = FLAGS.get(name)
        if name in FLAG_ADVICE:
            yield key, FLAG_ADVICE[name]
        elif flag is None:
            # Who runs a newer server than we know may use its newer flags.
            if declared is None or declared <= NEWEST_TRITON:
                yield key, f"tritonserver has no such flag and would not start; {suggest(name, FLAGS) or 'remove it'}"
        elif declared is not None and declared < flag.since:
            yield (
                key,
                f"Triton {declared} does not know this flag and would not start, it came with {flag.since}; remove it "
                "or use a newer image",
            )
        else:
            for item in value if isinstance(value, list) else [value]:
                if item is not None and not fits(flag.kind, item):
                    yield key, f'"{item}" is not {flag.kind}, and tritonserver would not start; give {flag.kind}'
