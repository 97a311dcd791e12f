"""A user's stack on disk: stack.yaml, models/*.yaml and the model folders they name, read and checked."""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from triton_stack.check import ModelView, check_model, check_stack
from triton_stack.check.target import pool_target
from triton_stack.check.values import check_stack_values
from triton_stack.check.view import DEFAULT_TARGET, Folder, Target
from triton_stack.repository.bundle import list_model_folder
from triton_stack.spec.base import Document
from triton_stack.spec.environment import Environment, Environments, read_environments
from triton_stack.spec.findings import Finding, FindingsError, Severity, suggest
from triton_stack.spec.model import ModelSpec, parse_model_spec
from triton_stack.spec.stack import MODELS_FOLDER, STACK_FILE, Stack, parse_stack
from triton_stack.spec.template import is_template
from triton_stack.spec.versions import DEFAULT_TRITON, TritonVersion


class EnvironmentProblem(Exception):
    """The environment that a user names, or does not name, is none of the stack's; the message says what to do."""


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A spec, and the model's folder (None for an ensemble, which has no files)."""

    spec: ModelSpec
    file: Path
    source: Path | None
    folder: Folder | None
    is_template: bool = False


@dataclass(frozen=True, slots=True)
class LoadedStack:
    """A stack as it is in one environment, and what there is to say about it."""

    root: Path
    environment: Environment
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


def load_stack(root: Path, wanted: str | None = None, triton: TritonVersion | None = None) -> LoadedStack:
    """Read a stack folder as it is in one environment, and check all of it.

    Args:
        root: the folder.
        wanted: name of the environment; None for a stack that declares none.
        triton: the server's version; None for what the stack's values say.

    Raises:
        FindingsError: stack.yaml itself cannot be used.
        EnvironmentProblem: the stack has no such environment, or it has some and none is named.
    """
    content = read_file(root / STACK_FILE)
    environments = read_environments(content, str(root / STACK_FILE))
    return _load(root, content, _choose(environments, wanted, root / STACK_FILE, needed=True)[0], {}, triton)


def check_stack_folder(root: Path, wanted: str | None = None, triton: TritonVersion | None = None) -> list[Finding]:
    """Check a stack in one environment, or in each that it declares.

    Raises:
        FindingsError: stack.yaml itself cannot be used.
        EnvironmentProblem: the stack has no environment of the name ``wanted``.
    """
    content = read_file(root / STACK_FILE)
    environments = read_environments(content, str(root / STACK_FILE))
    plain: dict[Path, LoadedModel] = {}
    return _in_each(
        _choose(environments, wanted, root / STACK_FILE),
        lambda environment: _load(root, content, environment, plain, triton).findings,
    )


def check_spec(file: Path, wanted: str | None = None, triton: TritonVersion | None = None) -> list[Finding]:
    """Check one spec, as a template in the environments of the stack that it stands in.

    Raises:
        FindingsError: the stack's variables cannot be used.
        EnvironmentProblem: as ``check_stack_folder``.
    """

    def check(environment: Environment) -> list[Finding]:
        model = load_model(file, environment)
        return check_model(view(model, target_of(model, environment, triton)))

    return _in_each(_environments_of(file, wanted), check)


def target_of(model: LoadedModel, environment: Environment, triton: TritonVersion | None = None) -> Target:
    """Return where a model is to run, by the values of the stack that its spec stands in."""
    stack = stack_of(model.file)
    try:
        values = parse_stack(read_file(stack), str(stack), environment)[0].values if stack else None
    except FindingsError:
        # What is wrong with the stack is said where the stack is checked.
        values = None
    if values is None:
        return Target(triton or DEFAULT_TRITON)
    return pool_target(values, model.spec.own.pool, triton)


def load_spec(file: Path, wanted: str | None = None) -> LoadedModel:
    """Read one spec as it is in one environment of the stack that it stands in; a plain one needs none.

    Raises:
        FindingsError: the spec, or the stack's variables, cannot be used.
        EnvironmentProblem: the stack has no such environment, or the spec is a template and none is named.
    """
    return load_model(file, _environments_of(file, wanted, needed=True)[0])


def stack_of(file: Path) -> Path | None:
    """Return the stack.yaml that a spec belongs to, None when it stands alone."""
    # Not resolved: what counts is where the user sees the file, not where a link leads.
    folder = Path(os.path.abspath(file)).parent
    stack = file.parent.parent / STACK_FILE if file.parent.name == MODELS_FOLDER else folder.parent / STACK_FILE
    return stack if folder.name == MODELS_FOLDER and stack.is_file() else None


def _environments_of(file: Path, wanted: str | None, needed: bool = False) -> list[Environment]:
    stack = stack_of(file)
    if stack is None:
        if wanted is not None:
            raise EnvironmentProblem(f"{file} stands in no stack, so it has no environments: leave -e away")
        return [Environment()]
    plain = wanted is None and not is_template(read_file(file))
    if plain and needed:
        return [Environment(stack_file=str(stack))]
    try:
        return _choose(read_environments(read_file(stack), str(stack)), wanted, stack, needed)
    except FindingsError:
        if plain:
            # What is wrong with the stack is said where the stack is checked.
            return [Environment(stack_file=str(stack))]
        raise


def _choose(environments: Environments, wanted: str | None, file: Path, needed: bool = False) -> list[Environment]:
    """Return the wanted environment, or all; a stack without any has one without a name."""
    known = list(environments.environments)
    if wanted is not None and not known:
        raise EnvironmentProblem(f"{file} declares no environments: leave -e away")
    if wanted is not None and wanted not in known:
        near = suggest(wanted, known)
        raise EnvironmentProblem(
            f'{file} has no environment "{wanted}"{f" ({near})" if near else ""}; it has {", ".join(known)}'
        )
    if wanted is None and needed and known:
        raise EnvironmentProblem(f"{file} has environments; choose one with -e: {', '.join(known)}")
    return [environments.of(name, str(file)) for name in ([wanted] if wanted else known or [""])]


def _in_each(environments: list[Environment], check: Callable[[Environment], Iterable[Finding]]) -> list[Finding]:
    """Check in each environment; a finding that some do not have, or that names its own, says which do."""
    where: dict[Finding, list[str]] = {}
    named: set[Finding] = set()
    for environment in environments:
        try:
            found = check(environment)
        except FindingsError as error:
            found = error.findings
        for noted in dict.fromkeys(found):
            finding = replace(noted, message=noted.message.removesuffix(environment.note))
            if finding != noted:
                named.add(finding)
            where.setdefault(finding, []).append(environment.name)
    return [
        finding
        if len(names) == len(environments) and finding not in named
        else replace(finding, message=f"{finding.message} (environment{'s'[: len(names) - 1]} {', '.join(names)})")
        for finding, names in where.items()
    ]


def _load(
    root: Path,
    content: bytes,
    environment: Environment,
    plain: dict[Path, LoadedModel],
    triton: TritonVersion | None,
) -> LoadedStack:
    """Read a stack; ``plain`` keeps models that are the same in every environment."""
    stack, document = parse_stack(content, str(root / STACK_FILE), environment)
    models: list[LoadedModel] = []
    findings: list[Finding] = []
    files = sorted((root / MODELS_FOLDER).glob("*.yaml"))
    for file in files:
        try:
            model = plain.get(file) or load_model(file, environment)
            models.append(model)
            if not model.is_template:
                plain[file] = model
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
    findings += check_stack([view(model, pool_target(stack.values, model.spec.own.pool, triton)) for model in models])
    unread = not files or len(models) < len(files)
    findings += check_stack_values(document, [model.spec for model in models], unread)
    return LoadedStack(root, environment, stack, document, tuple(models), tuple(findings))


def load_model(file: Path, environment: Environment) -> LoadedModel:
    """Read one spec and list the folder it names.

    Raises:
        FindingsError: the spec cannot be used.
    """
    content = read_file(file)
    spec = parse_model_spec(content, str(file), environment)
    if spec.own.source is None:
        return LoadedModel(spec, file, None, None, is_template(content))
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
    return LoadedModel(spec, file, source, folder, is_template(content))


def view(model: LoadedModel, target: Target = DEFAULT_TARGET) -> ModelView:
    """Make what the rules look at."""
    spec = model.spec
    return ModelView(spec.document, spec.config, model.file.stem, model.folder, spec, target=target)
