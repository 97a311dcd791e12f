"""The reference of the checks: docs/reference/checks.md."""

import triton_stack.check  # noqa: F401  registers the rules
from triton_stack.check.codes import titles
from triton_stack.generate.chart_values import MARK


def checks_reference() -> str:
    """The text of the reference."""
    lines = [
        f"<!-- {MARK} -->",
        "# What `triton-stack check` finds",
        "",
        "Codes never change their meaning. An error ends with exit code 1; a warning does not.",
        "",
        "| code | severity | what is found |",
        "|---|---|---|",
        *(f"| {code} | {severity.value} | {title} |" for code, severity, title in titles()),
    ]
    return "\n".join(lines) + "\n"
