"""``triton-stack config``."""

from pathlib import Path
from typing import Annotated

import typer

from triton_stack.cli.console import Output, UsageProblem, fail, print_findings, print_json
from triton_stack.cli.stacks import EnvironmentOption, TritonOption, load_one, read_triton

NAME = "config"
EXAMPLE = "triton-stack config my-stack/models/double.yaml > config.pbtxt"

# What the folder of a model lacks is no matter of its config.
_OF_FILES = frozenset({"TS510"})


def command(
    spec: Annotated[Path, typer.Argument(help="Model spec, as my-stack/models/double.yaml.")],
    environment: EnvironmentOption = None,
    triton_version: TritonOption = None,
    output: Annotated[
        Output, typer.Option("-o", "--output", help="text: config.pbtxt; json: as the load API's `config` takes it.")
    ] = Output.TEXT,
) -> None:
    """Print the config.pbtxt of one model spec, after checking it.

    Nothing is printed for a spec with errors: they go to standard error, with exit code 1.
    """
    from triton_stack.check import has_errors
    from triton_stack.pbtxt import config_text
    from triton_stack.repository.stack_folder import EnvironmentProblem, check_spec, stack_of
    from triton_stack.spec.findings import FindingsError

    if not spec.is_file():
        raise UsageProblem(f"{spec} is no file: give a model spec")
    model = load_one(spec, environment)
    try:
        findings = check_spec(spec, environment, read_triton(triton_version))
    except EnvironmentProblem as problem:
        raise UsageProblem(str(problem)) from None
    except FindingsError as error:
        findings = error.findings
    findings = [finding for finding in findings if finding.code not in _OF_FILES]
    print_findings(findings)
    if has_errors(findings):
        fail(f"{spec} has errors; nothing was printed")
        raise typer.Exit(1)
    if output is Output.JSON:
        from google.protobuf.json_format import MessageToDict

        print_json(MessageToDict(model.spec.config, preserving_proto_field_name=True))
        return
    stack = stack_of(spec)
    source = f"{spec.parent.name}/{spec.name}" if stack else spec.name
    print(config_text(model.spec, f"{source}, environment {environment}" if environment else source), end="")
