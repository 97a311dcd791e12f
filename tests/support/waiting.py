"""Waits with a wall-clock deadline that say what they saw last."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_until(what: str, look: Callable[[], T], seen: Callable[[T], bool], seconds: float = 90, pause: float = 1) -> T:
    """What `look` gave when `seen` accepted it.

    Raises:
        AssertionError: `seen` accepted nothing in time; the message has what was seen last.
    """
    deadline = time.monotonic() + seconds
    while True:
        state = look()
        if seen(state):
            return state
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:.0f} s: {what}; last seen: {state}")
        time.sleep(pause)
