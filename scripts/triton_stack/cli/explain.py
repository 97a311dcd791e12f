"""``triton-stack explain``."""

import textwrap
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from triton_stack.cli.console import Output, UsageProblem, print_json

if TYPE_CHECKING:
    from triton_stack.check.codes import Code

NAME = "explain"
EXAMPLE = "triton-stack explain TS302; triton-stack explain"


def command(
    code: Annotated[str | None, typer.Argument(help="Code of a finding, as TS302. Without it all are listed.")] = None,
    output: Annotated[Output, typer.Option("-o", "--output", help="Form of the output.")] = Output.TEXT,
) -> None:
    """Tell what a finding of `check` means: why it is one, an example, its fix, and where Triton says so."""
    from triton_stack.check.codes import all_codes

    codes = all_codes()
    if code is None:
        if output is Output.JSON:
            print_json([_data(entry) for entry in codes.values()])
            return
        for entry in codes.values():
            print(f"{entry.code}  {entry.severity.value:<7}  {entry.title}")
        return
    found = codes.get(code.upper())
    if found is None:
        from triton_stack.spec.findings import suggest

        hint = suggest(code, codes) or "list them with: triton-stack explain"
        raise UsageProblem(f'there is no code "{code}": {hint}')
    if output is Output.JSON:
        print_json(_data(found))
    else:
        print(_text(found))


def _data(entry: "Code") -> dict[str, Any]:
    names = ("code", "severity", "title", "reason", "example", "fix", "source")
    return {name: asdict(entry)[name] for name in names}


def _text(entry: "Code") -> str:
    return "\n".join(
        [
            f"{entry.code} ({entry.severity.value}): {entry.title}",
            "",
            textwrap.fill(" ".join(entry.reason.split()), 100),
            "",
            "Found:",
            textwrap.indent(entry.example, "  "),
            "",
            "Right:",
            textwrap.indent(entry.fix, "  "),
            "",
            f"Source: {entry.source}",
        ]
    )
