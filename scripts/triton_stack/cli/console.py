"""What the commands print: findings, tables, progress. Colour only on a terminal, and never with NO_COLOR."""

import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from enum import StrEnum
from typing import Any

import typer

from triton_stack.spec.findings import Finding, Severity


class Output(StrEnum):
    """Forms of a read command's output."""

    TEXT = "text"
    JSON = "json"


class FindingsOutput(StrEnum):
    """Forms of findings."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"


class UsageProblem(Exception):
    """The command was used wrongly; the message is the whole output, the exit code 2."""


def fail(message: str) -> None:
    """Print one error line."""
    print(f"{_style('error', typer.colors.RED)}: {message}", file=sys.stderr)


def note(message: str) -> None:
    """Tell what happens, on standard error: standard output is for results."""
    print(message, file=sys.stderr, flush=True)


def count(number: int, noun: str) -> str:
    """Say how many there are: ``1 error``, ``2 errors``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def print_json(data: Any) -> None:
    """Print a result as JSON."""
    print(json.dumps(data, indent=2, ensure_ascii=False))


def findings_data(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """Return the findings in their JSON form."""
    names = ("code", "severity", "file", "line", "column", "key", "message", "fix")
    return [{name: asdict(finding)[name] for name in names} for finding in findings]


def print_findings(findings: Sequence[Finding], stream: Any = None) -> None:
    """Print each finding: place, severity, code, message, and the fix below."""
    for finding in findings:
        place = ":".join(str(part) for part in (finding.file, finding.line, finding.column) if part)
        colour = typer.colors.RED if finding.severity is Severity.ERROR else typer.colors.YELLOW
        key = f" [{finding.key}]" if finding.key else ""
        line = f"{place}: {_style(finding.severity.value, colour)} {finding.code}{key}: {finding.message}"
        print(line, file=stream or sys.stderr)
        if finding.fix:
            print(f"    fix: {finding.fix}", file=stream or sys.stderr)


def _style(text: str, colour: str) -> str:
    if sys.stderr.isatty() and sys.stdout.isatty() and not os.environ.get("NO_COLOR"):
        return typer.style(text, fg=colour, bold=True)
    return text


class Progress:
    """Bytes done of a long step: a living line on a terminal, a line each ten seconds elsewhere."""

    def __init__(self, what: str, total: int) -> None:
        self._what = what
        self._total = total
        self._done = 0
        self._live = sys.stderr.isatty()
        self._next = time.monotonic() + (0.1 if self._live else 10)

    def __call__(self, size: int) -> None:
        """Count ``size`` more bytes."""
        self._done += size
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + (0.1 if self._live else 10)
        line = f"{self._what}: {self._done / 1e6:.0f} of {self._total / 1e6:.0f} MB"
        print(f"\r{line}" if self._live else line, end="" if self._live else "\n", file=sys.stderr, flush=True)

    def finish(self) -> None:
        """Clear the living line."""
        if self._live:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
