"""Releases of Triton: how they are named, and their order. No I/O."""

import re
from dataclasses import dataclass

# A release as its container's tag names it: year and month.
_RELEASE = re.compile(r"(\d\d)\.(\d\d)(?!\d)")


@dataclass(frozen=True, slots=True, order=True)
class TritonVersion:
    """A release of Triton, as the tag of its container says it: 26.08 is that of August 2026."""

    year: int
    month: int

    def __str__(self) -> str:
        return f"{self.year:02}.{self.month:02}"


def parse_triton_version(text: str) -> TritonVersion:
    """Read ``26.08``.

    Raises:
        ValueError: the text names no release.
    """
    match = _RELEASE.fullmatch(text)
    if match is None or not 1 <= int(match[2]) <= 12:
        raise ValueError(f'"{text}" is no release of Triton; write it as in its container\'s tag, for example 26.08')
    return TritonVersion(int(match[1]), int(match[2]))


# The release that the chart's own image has.
DEFAULT_TRITON = TritonVersion(26, 8)
