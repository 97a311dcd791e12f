"""The reference of the checks: docs/reference/checks.md."""

import textwrap

import triton_stack.check  # noqa: F401  registers the rules
from triton_stack.check.codes import Code, all_codes
from triton_stack.generate.chart_values import MARK


def checks_reference() -> str:
    """The text of the reference."""
    codes = all_codes().values()
    lines = [
        f"<!-- {MARK} -->",
        "# What `triton-stack check` finds",
        "",
        "Codes never change their meaning. An error ends with exit code 1; a warning does not.",
        "`triton-stack explain CODE` prints the entry of one.",
        "",
        "| code | severity | what is found |",
        "|---|---|---|",
        *(f"| [{entry.code}](#{entry.code.lower()}) | {entry.severity.value} | {entry.title} |" for entry in codes),
        *(line for entry in codes for line in _entry(entry)),
    ]
    return "\n".join(lines) + "\n"


def _entry(entry: Code) -> list[str]:
    return [
        "",
        f"## {entry.code}",
        "",
        f"{_sentence(entry.title)} ({entry.severity.value})",
        "",
        textwrap.fill(" ".join(entry.reason.split()), 120),
        "",
        *_piece("Found", entry.example),
        *_piece("Right", entry.fix),
        f"Source: {entry.source}.",
    ]


def _piece(label: str, text: str) -> list[str]:
    """Show a piece of a spec as code, words as words."""
    if "\n" not in text and ": " not in text:
        return [f"{label}: {text}", ""]
    return [f"{label}:", "", "```yaml", text, "```", ""]


def _sentence(title: str) -> str:
    return title[:1].upper() + title[1:]
