"""tritonserver's flags: the values they take and the release they came with. No I/O.

A flag that a server does not know ends it at once, and so does a value of the wrong kind. The chart reads this table
from files/server-flags.json, which is generated from it.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from triton_stack.spec.versions import OLDEST_TRITON, TritonVersion


class FlagKind(StrEnum):
    """What may stand behind a flag's ``=``; the server itself refuses anything else."""

    SWITCH = "true or false"
    BOOLEAN = "a boolean"
    INTEGER = "an integer"
    NUMBER = "a number"
    TEXT = "a text"


# A switch is given without a value, so the chart must know whether it is on.
PATTERNS = {
    FlagKind.SWITCH: r"^(true|false)$",
    FlagKind.BOOLEAN: r"^(true|false|on|off|1|0)$",
    FlagKind.INTEGER: r"^-?[0-9]+$",
    FlagKind.NUMBER: r"^-?[0-9]+(\.[0-9]+)?$",
    FlagKind.TEXT: r"",
}

_BY_KIND = {
    FlagKind.SWITCH: "disable-auto-complete-config",
    FlagKind.BOOLEAN: """
        allow-cpu-metrics allow-gpu-metrics allow-grpc allow-http allow-metrics allow-sagemaker allow-vertex-ai
        enable-peer-access exit-on-error grpc-keepalive-permit-without-calls grpc-use-ssl grpc-use-ssl-mutual
        log-error log-info log-warning model-namespacing reuse-grpc-port reuse-http-port strict-model-config
        strict-readiness
    """,
    FlagKind.INTEGER: """
        buffer-manager-thread-count exit-timeout-secs grpc-http2-max-ping-strikes grpc-http2-max-pings-without-data
        grpc-http2-min-recv-ping-interval-without-data grpc-infer-allocation-pool-size grpc-keepalive-time
        grpc-keepalive-timeout grpc-max-connection-age grpc-max-connection-age-grace grpc-port http-port
        http-thread-count log-verbose metrics-port model-load-retry-count model-load-thread-count
        pinned-memory-pool-byte-size repository-poll-secs response-cache-byte-size sagemaker-port
        sagemaker-thread-count trace-count trace-log-frequency trace-rate vertex-ai-port vertex-ai-thread-count
    """,
    FlagKind.NUMBER: "metrics-interval-ms min-supported-compute-capability",
    FlagKind.TEXT: """
        backend-config backend-directory cache-config cache-directory cuda-memory-pool-byte-size
        cuda-virtual-address-size grpc-address grpc-header-forward-pattern grpc-infer-response-compression-level
        grpc-restricted-protocol grpc-root-cert grpc-server-cert grpc-server-key host-policy http-address
        http-header-forward-pattern http-restricted-api id load-model log-file log-format metrics-address
        metrics-config model-config-name model-control-mode model-load-gpu-limit model-repository model-store
        rate-limit rate-limit-resource repoagent-directory sagemaker-safe-port-range trace-config trace-file
        trace-level vertex-ai-default-model
    """,
}


@dataclass(frozen=True, slots=True)
class Flag:
    """A flag of tritonserver."""

    kind: FlagKind
    since: TritonVersion = OLDEST_TRITON


FLAGS: dict[str, Flag] = {
    **{name: Flag(kind) for kind, names in _BY_KIND.items() for name in names.split()},
    "grpc-max-response-pool-size": Flag(FlagKind.INTEGER, TritonVersion(25, 3)),
    "grpc-infer-thread-count": Flag(FlagKind.INTEGER, TritonVersion(25, 4)),
    "http-max-input-size": Flag(FlagKind.INTEGER, TritonVersion(25, 6)),
    "allow-client-shm": Flag(FlagKind.BOOLEAN, TritonVersion(26, 4)),
}


def fits(kind: FlagKind, value: str | int | float | bool) -> bool:
    """Tell whether the server takes the value, in the text form that the chart gives it."""
    whole = isinstance(value, float) and value.is_integer()
    text = str(int(value) if whole else value)
    return re.search(PATTERNS[kind], text.lower()) is not None
