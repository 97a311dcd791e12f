"""What is wrong with a user's file, and where. No I/O; imports nothing heavy, so that ``--help`` stays quick."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

KeyPath = tuple[str | int, ...]


class Severity(StrEnum):
    """How bad a finding is: an error refuses, a warning only tells."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to say about a user's file; the field names are those of ``-o json``."""

    code: str
    severity: Severity
    message: str
    key: str = ""
    fix: str = ""
    file: str = ""
    line: int | None = None
    column: int | None = None


class FindingsError(Exception):
    """A file could not be used; ``findings`` says why, at least one of them an error."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = list(findings)
        super().__init__("; ".join(f"{f.file}: {f.message}" for f in self.findings))


def format_key(path: KeyPath) -> str:
    """Write a key path as people do: ``input[0].data_type``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def suggest(value: object, choices: Iterable[str]) -> str:
    """Return ``did you mean "x"?`` for the nearest choice, or nothing when none is near."""
    by_folded = {choice.casefold(): choice for choice in choices}
    near = difflib.get_close_matches(str(value).casefold(), by_folded, n=1, cutoff=0.6)
    return f'did you mean "{by_folded[near[0]]}"?' if near else ""
