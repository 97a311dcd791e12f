"""``triton-stack init``."""

from pathlib import Path
from typing import Annotated

import typer

from triton_stack.cli.console import Progress, UsageProblem, note
from triton_stack.repository.preset_backends import Backend

NAME = "init"
EXAMPLE = "triton-stack init my-stack --backend onnxruntime --model resnet50.onnx && triton-stack check my-stack"


def command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="New or empty folder, or a stack to add to.")],
    backend: Annotated[
        Backend | None, typer.Option(help="Whose preset to write; needed to add a model to a stack. Default: python.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="The model's name. Default: its file's, else the preset's.")] = None,
    model: Annotated[
        Path | None, typer.Option(metavar="PATH", help="The model's file, or the folder of a version. It is copied.")
    ] = None,
) -> None:
    """Write a stack with one model, or add a model to a stack: a spec that is right for its backend, to edit."""
    from triton_stack.generate.spec_schema import model_spec_schema, stack_schema
    from triton_stack.repository import scaffold
    from triton_stack.repository.scaffold import ScaffoldError, is_stack, plan_models, size_of

    if backend is None and (model is not None or is_stack(folder)):
        raise UsageProblem(f"say which --backend the model has: {', '.join(Backend)}")
    wanted = backend or Backend.PYTHON
    try:
        models = plan_models(folder, wanted, name, model)
        progress = Progress("copying", size_of(models))
        schemas = {
            scaffold.SPEC_SCHEMA: model_spec_schema().encode(),
            scaffold.STACK_SCHEMA: stack_schema().encode(),
        }
        written = scaffold.write_models(folder, wanted, models, schemas, progress)
        progress.finish()
    except ScaffoldError as error:
        raise UsageProblem(str(error)) from None
    except OSError as error:
        raise UsageProblem(f"{error.filename or folder}: {error.strerror}") from None
    for path in written:
        print(path)
    for planned in models:
        for line in planned.notes:
            note(line)
        if planned.missing:
            note(
                f"put {planned.missing} into {folder}/files/{planned.name}/1; until then check says that it is missing"
            )
    note(f"next: triton-stack check {folder}; triton-stack generate {folder} -o {folder}/build")
