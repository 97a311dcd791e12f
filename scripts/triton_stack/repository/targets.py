"""Any path that a user wants checked: find out what it is, read it, run the rules."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from triton_stack.check import ModelView, check_model, check_stack
from triton_stack.check.values import check_values
from triton_stack.check.view import Folder, Target
from triton_stack.pbtxt import parse_config
from triton_stack.pbtxt.positions import locate_fields
from triton_stack.repository.bundle import list_model_folder
from triton_stack.repository.stack_folder import (
    EnvironmentProblem,
    check_spec,
    check_stack_folder,
    read_file,
    stack_of,
)
from triton_stack.spec.base import Document, parse_yaml
from triton_stack.spec.descriptor import model_config_descriptor
from triton_stack.spec.findings import Finding, FindingsError, Severity
from triton_stack.spec.model import OwnKeys
from triton_stack.spec.names import CONFIG_FILE, GENERATED_MARK, looks_like_version
from triton_stack.spec.stack import MODELS_FOLDER, STACK_FILE
from triton_stack.spec.template import is_template
from triton_stack.spec.versions import DEFAULT_TRITON, TritonVersion

_NAME = re.compile(rb"^name[ \t]*:", re.MULTILINE)


def check_paths(
    paths: Sequence[Path], environment: str | None = None, triton: TritonVersion | None = None
) -> list[Finding]:
    """Check stacks, model specs, model repositories, models, config.pbtxt files and values files.

    Values files are judged together, each laid over those before it, as Helm does. Stacks and specs are checked in
    one environment, or in each that they have, for the given release of Triton, or for the one that their values say.

    Raises:
        EnvironmentProblem: no stack has the environment.
    """
    if environment is not None and not any(_is_of_stack(path) for path in paths):
        raise EnvironmentProblem("there is no stack to check, so there are no environments: leave -e away")
    findings: list[Finding] = []
    values: list[Document] = []
    for path in paths:
        try:
            document = _values_document(path)
            if document is None:
                findings += _check_one(path, environment, triton)
            else:
                values.append(document)
        except FindingsError as error:
            findings += error.findings
    return findings + (check_values(values) if values else [])


def _values_document(path: Path) -> Document | None:
    if path.is_dir() or path.suffix not in (".yaml", ".yml") or (path.name == STACK_FILE and _is_stack(path)):
        return None
    text = read_file(path)
    if path.resolve().parent.name == MODELS_FOLDER or _is_spec(text, path):
        return None
    return parse_yaml(text, str(path), (1, 1))


def _is_stack(path: Path) -> bool:
    """A generated values/stack.yaml is a values file; a user's stack.yaml has models beside it, or a name in it."""
    return (path.parent / MODELS_FOLDER).is_dir() or not read_file(path).startswith(GENERATED_MARK.encode())


def _is_of_stack(path: Path) -> bool:
    return (path.name == STACK_FILE and _is_stack(path)) or (path / STACK_FILE).is_file() or stack_of(path) is not None


def _check_one(path: Path, environment: str | None, triton: TritonVersion | None) -> list[Finding]:
    if path.is_dir():
        return _check_folder(path, environment, triton)
    if path.name == STACK_FILE:
        return check_stack_folder(path.parent, environment, triton)
    if path.suffix == ".pbtxt":
        return check_model(replace(_config_view(path, None, None), target=Target(triton or DEFAULT_TRITON)))
    if path.suffix in (".yaml", ".yml"):
        return check_spec(path, environment, triton)
    message = "is nothing that can be checked"
    return [Finding("TS009", Severity.ERROR, message, fix="give a folder, a .yaml or a .pbtxt file", file=str(path))]


def _check_folder(path: Path, environment: str | None, triton: TritonVersion | None) -> list[Finding]:
    if (path / STACK_FILE).is_file():
        return check_stack_folder(path, environment, triton)
    target = Target(triton or DEFAULT_TRITON)
    if (path / CONFIG_FILE).is_file() or any(
        looks_like_version(child.name) for child in path.iterdir() if child.is_dir()
    ):
        return check_model(replace(model_view(path), target=target))
    views: list[ModelView] = []
    findings: list[Finding] = []
    # Triton takes every folder at the root of its repository for a model, lost+found and .git too; files it ignores.
    for child in sorted(child for child in path.iterdir() if child.is_dir()):
        try:
            views.append(replace(model_view(child), target=target))
        except FindingsError as error:
            findings += error.findings
    if not views and not findings:
        fix = "give a stack (with stack.yaml), a model repository or a model's folder"
        return [Finding("TS009", Severity.ERROR, "holds no stack and no model", fix=fix, file=str(path))]
    return findings + check_stack(views)


def model_view(folder: Path) -> ModelView:
    """Read a model of a repository: its config.pbtxt, where there is one, and what lies beside it.

    Raises:
        FindingsError: it cannot be read.
    """
    try:
        listing = list_model_folder(folder)
    except OSError as error:
        raise FindingsError(
            [Finding("TS009", Severity.ERROR, f"cannot be read: {error.strerror}", file=str(folder))]
        ) from None
    config = folder / CONFIG_FILE
    if config.is_file():
        return _config_view(config, folder.resolve().name, listing)
    return ModelView(Document(str(folder), None), None, folder.resolve().name, listing)


def _config_view(config: Path, expected_name: str | None, listing: Folder | None) -> ModelView:
    text = read_file(config)
    message = parse_config(text, str(config))
    return ModelView(Document(str(config), None, locate_fields(text)), message, expected_name, listing)


def _is_spec(text: bytes, path: Path) -> bool:
    """A spec has a name and some other key of a spec; chart values have no name at their root."""
    try:
        data = parse_yaml(text, str(path)).data
    except FindingsError:
        # A template need not be YAML before it is rendered.
        if is_template(text) and _NAME.search(text):
            return True
        raise
    others = {*model_config_descriptor().fields_by_name, *OwnKeys.model_fields} - {"name"}
    return isinstance(data, dict) and (bool(data.keys() & others) or "name" in data)
