"""``triton-stack schema``."""

from enum import StrEnum
from typing import Annotated

import typer

NAME = "schema"
EXAMPLE = "triton-stack schema model-spec > model-spec.schema.json"


class Kind(StrEnum):
    """Files of a stack that have a schema."""

    MODEL_SPEC = "model-spec"
    STACK = "stack"


def command(
    kind: Annotated[Kind, typer.Argument(help="models/*.yaml (model-spec), or stack.yaml (stack).")],
) -> None:
    """Print the JSON schema that lets an editor complete, explain and check a file as it is written.

    A file says which schema it follows in its first line, as the YAML extension of VS Code and other editors read it:
    # yaml-language-server: $schema=../model-spec.schema.json
    """
    from triton_stack.generate.spec_schema import model_spec_schema, stack_schema

    print(model_spec_schema() if kind is Kind.MODEL_SPEC else stack_schema(), end="")
