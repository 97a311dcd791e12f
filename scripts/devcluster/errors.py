"""The one exception that users see."""

from __future__ import annotations


class Problem(Exception):
    """Something the user can act on: printed as one message without a traceback, exit code 2.

    Args:
        message: What is wrong, with the value or path concerned.
        fix: What to do about it.
    """

    def __init__(self, message: str, fix: str = "") -> None:
        self.message = message
        self.fix = fix
        super().__init__(f"{message}\n{fix}" if fix else message)
