"""A user's stack on disk: stack.yaml, models/*.yaml and the model folders they name, read and checked."""

from dataclasses import dataclass
from pathlib import Path

from triton_stack.check import ModelView, check_stack
from triton_stack.check.target import pool_target
from triton_stack.check.values import check_stack_values
from triton_stack.check.view import DEFAULT_TARGET, Folder, Target
from triton_stack.repository.bundle import list_model_folder
from triton_stack.spec.base import Document
from triton_stack.spec.findings import Finding, FindingsError, Severity
from triton_stack.spec.model import ModelSpec, parse_model_spec
from triton_stack.spec.stack import MODELS_FOLDER, STACK_FILE, Stack, parse_stack


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A spec, and the model's folder (None for an ensemble, which has no files)."""

    spec: ModelSpec
    file: Path
    source: Path | None
    folder: Folder | None


@dataclass(frozen=True, slots=True)
class LoadedStack:
    """A stack that could be read, and what there is to say about it."""

    root: Path
    stack: Stack
    document: Document
    models: tuple[LoadedModel, ...]
    findings: tuple[Finding, ...]


def read_file(path: Path) -> bytes:
    """Read a file of a user's.

    Raises:
        FindingsError: TS009 when it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise FindingsError(
            [Finding("TS009", Severity.ERROR, f"cannot be read: {error.strerror}", file=str(path))]
        ) from None


def load_stack(root: Path) -> LoadedStack:
    """Read a stack folder and check all of it.

    Raises:
        FindingsError: stack.yaml itself cannot be used.
    """
    stack, document = parse_stack(read_file(root / STACK_FILE), str(root / STACK_FILE))
    models: list[LoadedModel] = []
    findings: list[Finding] = []
    files = sorted((root / MODELS_FOLDER).glob("*.yaml"))
    for file in files:
        try:
            models.append(load_model(file))
        except FindingsError as error:
            findings += error.findings
    if not files:
        fix = f"write {MODELS_FOLDER}/<model>.yaml, or begin with: triton-stack init DIR"
        findings.append(document.finding("TS006", f"there is no model in {root / MODELS_FOLDER}", fix=fix))
    for strange in sorted((root / MODELS_FOLDER).glob("*.yml")):
        message = "is not read: the specs of a stack end in .yaml"
        findings.append(
            Finding("TS009", Severity.WARNING, message, fix=f"rename it to {strange.stem}.yaml", file=str(strange))
        )
    findings += check_stack([view(model, pool_target(stack.values, model.spec.own.pool)) for model in models])
    findings += check_stack_values(document, [model.spec for model in models])
    return LoadedStack(root, stack, document, tuple(models), tuple(findings))


def load_model(file: Path) -> LoadedModel:
    """Read one spec and list the folder it names.

    Raises:
        FindingsError: the spec cannot be used.
    """
    spec = parse_model_spec(read_file(file), str(file))
    if spec.own.source is None:
        return LoadedModel(spec, file, None, None)
    source = file.parent / spec.own.source
    if not source.is_dir():
        message = f'source "{spec.own.source}" is not a folder'
        fix = f"it must be relative to the spec file and hold version directories, as {spec.own.source}/1"
        raise FindingsError([spec.document.finding("TS401", message, ("source",), fix)])
    try:
        folder = list_model_folder(source)
    except OSError as error:
        message = f'source "{spec.own.source}" cannot be read: {error.strerror} ({error.filename})'
        raise FindingsError([spec.document.finding("TS401", message, ("source",))]) from None
    return LoadedModel(spec, file, source, folder)


def view(model: LoadedModel, target: Target = DEFAULT_TARGET) -> ModelView:
    """Make what the rules look at."""
    spec = model.spec
    return ModelView(spec.document, spec.config, model.file.stem, model.folder, spec, target=target)
