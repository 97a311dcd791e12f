"""The command triton-stack in this process, as its entry point runs it."""

import contextlib
import io
import sys
from dataclasses import dataclass
from unittest.mock import patch

from triton_stack.cli.main import run


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str


def triton_stack(*arguments: object) -> Result:
    """Run the command; a traceback of it is a failure of the test."""
    out, err = io.StringIO(), io.StringIO()
    code = 0
    argv = ["triton-stack", *(str(argument) for argument in arguments)]
    with patch.object(sys, "argv", argv), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            run()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
    return Result(code, out.getvalue(), err.getvalue())
