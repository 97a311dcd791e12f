"""What the chart's templates must know about releases of Triton and the flags of tritonserver."""

import json

from triton_stack.generate.chart_values import MARK
from triton_stack.spec.server_flags import FLAGS, PATTERNS
from triton_stack.spec.server_rules import FLAG_ADVICE
from triton_stack.spec.versions import DEFAULT_TRITON, NEWEST_TRITON, OLDEST_TRITON, SERVER_NUMBERS


def server_flags() -> str:
    """The text of files/server-flags.json."""
    table = {
        "$comment": MARK,
        "oldest": str(OLDEST_TRITON),
        "newest": str(NEWEST_TRITON),
        "default": str(DEFAULT_TRITON),
        "serverNumbers": {number: str(release) for number, release in SERVER_NUMBERS.items()},
        "patterns": {str(kind): pattern for kind, pattern in PATTERNS.items()},
        "flags": {name: {"kind": str(FLAGS[name].kind), "since": str(FLAGS[name].since)} for name in sorted(FLAGS)},
        "advice": FLAG_ADVICE,
    }
    return json.dumps(table, indent=1) + "\n"
