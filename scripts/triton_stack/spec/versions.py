"""Releases of Triton: how they are named, and their order. No I/O."""

import re
from dataclasses import dataclass

# A release as its container's tag names it: year and month.
_RELEASE = re.compile(r"(\d\d)\.(\d\d)(?!\d)")
# The server's own number, which its wheels and many custom images go by.
_SERVER_NUMBER = re.compile(r"(2\.\d+(\.\d+)?)(?![\d.])")


@dataclass(frozen=True, slots=True, order=True)
class TritonVersion:
    """A release of Triton, as the tag of its container says it: 26.08 is that of August 2026."""

    year: int
    month: int

    def __str__(self) -> str:
        return f"{self.year:02}.{self.month:02}"


# The server's own numbers of the releases: one minor number a month, but for 25.07.
SERVER_NUMBERS: dict[str, TritonVersion] = {
    **{f"2.{41 + month}": TritonVersion(24, month) for month in range(10, 13)},
    **{f"2.{53 + month}": TritonVersion(25, month) for month in range(1, 7)},
    "2.59.1": TritonVersion(25, 7),
    **{f"2.{52 + month}": TritonVersion(25, month) for month in range(8, 13)},
    **{f"2.{64 + month}": TritonVersion(26, month) for month in range(1, 12)},
}


def parse_triton_version(text: str) -> TritonVersion:
    """Read a release, ``26.08``, or the server's own number of one, ``2.72.0``.

    Raises:
        ValueError: the text names no release.
    """
    match = _RELEASE.fullmatch(text)
    if match is not None and 1 <= int(match[2]) <= 12:
        return TritonVersion(int(match[1]), int(match[2]))
    if _SERVER_NUMBER.fullmatch(text) and (known := SERVER_NUMBERS.get(text.removesuffix(".0"))):
        return known
    raise ValueError(f'"{text}" is no release of Triton; write it as in its container\'s tag, for example 26.08')


def version_of_tag(tag: str) -> TritonVersion | None:
    """Return the release that an image's tag begins with, as 26.08-py3 and 2.72.0 do; None where it names none."""
    for pattern in (_RELEASE, _SERVER_NUMBER):
        if match := pattern.match(tag):
            try:
                return parse_triton_version(match[0])
            except ValueError:
                continue
    return None


def declared_version(declared: str, tag: str) -> TritonVersion | None:
    """Return the release that a pool says, or else its image's tag; None where neither does.

    Raises:
        ValueError: what the pool says is no release.
    """
    return parse_triton_version(declared) if declared else version_of_tag(tag)


# The release that the chart's own image has.
DEFAULT_TRITON = TritonVersion(26, 8)
# The oldest release that the chart and the rules were run with, and the newest whose flags and fields are known.
OLDEST_TRITON = min(SERVER_NUMBERS.values())
NEWEST_TRITON = max(SERVER_NUMBERS.values())

# Fields of ModelConfig by message and name, and platforms, that came after the oldest release.
FIELD_SINCE = {
    ("ModelConfig", "model_metrics"): TritonVersion(24, 11),
    ("ModelEnsembling", "max_inflight_requests"): TritonVersion(25, 11),
}
PLATFORM_SINCE = {"torch_aoti": TritonVersion(26, 3)}
