"""``triton-stack check``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from triton_stack.cli.console import (
    FindingsOutput,
    UsageProblem,
    count,
    findings_data,
    note,
    print_findings,
    print_json,
)
from triton_stack.cli.stacks import EnvironmentOption, TritonOption, read_triton

if TYPE_CHECKING:
    from triton_stack.spec.findings import Finding

NAME = "check"
EXAMPLE = "triton-stack check my-stack; triton-stack check model_repository values.yaml -o sarif > triton-stack.sarif"


def command(
    paths: Annotated[
        list[Path], typer.Argument(help="Stack folders, model specs, model repositories, config.pbtxt or values files.")
    ],
    environment: EnvironmentOption = None,
    triton_version: TritonOption = None,
    output: Annotated[
        FindingsOutput, typer.Option("-o", "--output", help="Form of the findings; sarif is for code hosts.")
    ] = FindingsOutput.TEXT,
) -> None:
    """Say before a deployment what Triton and the chart would refuse after it.

    A stack with environments is checked in each of them, or in the one that is named.

    Exit code 0 without errors, 1 with errors, 2 for wrong use.
    """
    from triton_stack.check import has_errors
    from triton_stack.repository.stack_folder import EnvironmentProblem
    from triton_stack.repository.targets import check_paths

    for path in paths:
        if not path.exists():
            raise UsageProblem(f"{path} does not exist")
    triton = read_triton(triton_version)
    try:
        findings = check_paths(paths, environment, triton)
    except EnvironmentProblem as problem:
        raise UsageProblem(str(problem)) from None
    if output is FindingsOutput.JSON:
        print_json(findings_data(findings))
    elif output is FindingsOutput.SARIF:
        print_json(_sarif(findings))
    else:
        import sys

        print_findings(findings, sys.stdout)
        errors = sum(finding.severity == "error" for finding in findings)
        warnings = len(findings) - errors
        note(f"{count(errors, 'error')}, {count(warnings, 'warning')}" if findings else "nothing found")
    if has_errors(findings):
        raise typer.Exit(1)


def _sarif(findings: "list[Finding]") -> dict[str, Any]:
    from importlib.metadata import version

    from triton_stack.check.codes import all_codes
    from triton_stack.cli.sarif import sarif_log, source_root

    return sarif_log(findings, all_codes(), source_root(Path()), version("triton-stack"))
