"""``triton-stack import``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from triton_stack.cli.console import Progress, UsageProblem, count, fail, note, print_findings

if TYPE_CHECKING:
    from triton_stack.repository.import_folder import ImportedModel

NAME = "import"
EXAMPLE = "triton-stack import model_repository -o my-stack && triton-stack check my-stack"


def command(
    path: Annotated[Path, typer.Argument(help="A config.pbtxt, a model's folder, or a model repository.")],
    out: Annotated[
        Path,
        typer.Option(
            "-o", "--output", help="A new stack's folder, or a stack to add to; for a file: the spec, or its folder."
        ),
    ],
) -> None:
    """Make model specs of existing config.pbtxt files: they mean the same, comments are kept.

    Of a folder a stack is made, with copies of the models' files. Nothing that is there is changed, and
    nothing is written when one of the models cannot be imported.
    """
    from triton_stack.spec.findings import FindingsError

    if not path.exists():
        raise UsageProblem(f"{path} does not exist")
    try:
        if path.is_dir():
            _import_repository(path, out)
        else:
            _import_file(path, out)
    except FindingsError as error:
        print_findings(error.findings)
        fail("nothing was written")
        raise typer.Exit(1) from None
    except RuntimeError as error:
        fail(str(error))
        raise typer.Exit(1) from None
    except OSError as error:
        raise UsageProblem(f"{error.filename or out}: {error.strerror}") from None


def _import_file(file: Path, out: Path) -> None:
    from triton_stack.repository.import_folder import import_file, write_spec
    from triton_stack.repository.scaffold import is_stack
    from triton_stack.spec.stack import MODELS_FOLDER

    model = import_file(file)
    is_file = out.suffix in (".yaml", ".yml") and not out.is_dir()
    folder = out / MODELS_FOLDER if is_stack(out) else out
    target = out if is_file else folder / f"{model.name}.yaml"
    if target.exists():
        raise UsageProblem(f"{target} is there already: choose another name with -o")
    write_spec(target, model.spec)
    print(target)
    _tell(model)
    note("it names no files yet: add source, the folder with the version directories; or import that folder")


def _import_repository(root: Path, out: Path) -> None:
    from triton_stack.repository.import_folder import (
        FILES_FOLDER,
        import_repository,
        is_inside,
        new_stack_text,
        stack_contents,
    )
    from triton_stack.repository.scaffold import is_stack, write_into
    from triton_stack.spec.stack import MODELS_FOLDER, STACK_FILE

    if is_stack(root):
        raise UsageProblem(f"{root} is a stack already")
    if is_inside(out, root):
        raise UsageProblem(f"{out} lies in {root}, where Triton would take it for a model: choose another folder")
    if not is_stack(out) and out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageProblem(f"{out} is not empty, and no stack: choose a new folder")
    models, warnings = import_repository(root)
    print_findings(warnings)
    if not models:
        raise UsageProblem(f"{root} holds no model")
    for model in models:
        for place in (out / MODELS_FOLDER / f"{model.name}.yaml", out / FILES_FOLDER / model.name):
            if place.exists():
                raise UsageProblem(f"{place} is there already: move it away, or choose another folder")
    contents, folders = stack_contents(models)
    if not is_stack(out):
        contents = {STACK_FILE: new_stack_text(out, root, models).encode(), **contents}
    size = sum(source.stat().st_size for source in contents.values() if isinstance(source, Path))
    progress = Progress("copying", size)
    write_into(out, contents, folders, progress)
    progress.finish()
    for written, content in contents.items():
        if isinstance(content, bytes):
            print(out / written)
    for model in models:
        _tell(model)
    note(f"{count(len(models), 'model')}, {size / 1e6:.1f} MB of files copied to {out / FILES_FOLDER}")
    note(f"next: triton-stack check {out}")


def _tell(model: "ImportedModel") -> None:
    for line in model.notes:
        note(f"{model.config}: {line}")
