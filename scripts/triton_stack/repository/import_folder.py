"""Existing config.pbtxt files and model repositories, read to become the specs of a stack. Nothing is written here."""

import codecs
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from triton_stack.check import ModelView
from triton_stack.check.backends import GPU_ONLY, resolve
from triton_stack.check.view import Folder
from triton_stack.pbtxt import parse_config
from triton_stack.pbtxt.positions import locate_fields
from triton_stack.pbtxt.scan import decode
from triton_stack.pbtxt.to_spec import spec_text
from triton_stack.repository.bundle import list_model_folder
from triton_stack.repository.stack_folder import read_file
from triton_stack.spec.base import Document
from triton_stack.spec.descriptor import enum_name, new_model_config
from triton_stack.spec.environment import Environment
from triton_stack.spec.findings import Finding, FindingsError, Severity, format_key
from triton_stack.spec.model import parse_model_spec
from triton_stack.spec.names import CONFIG_FILE, is_model_name, looks_like_version
from triton_stack.spec.stack import MODELS_FOLDER
from triton_stack.spec.template import escaped, is_template

FILES_FOLDER = "files"


@dataclass(frozen=True, slots=True)
class ImportedModel:
    """One model, ready to be written.

    Args:
        name: the model's name.
        config: the file that it was read from; the model's folder when it has no config.pbtxt.
        spec: text of its spec.
        notes: what to tell about it, one line each.
        contents: its files, by path below its folder.
        folders: its folders, which may be empty.
        needs_gpu: it cannot run without a GPU.
    """

    name: str
    config: Path
    spec: str
    notes: tuple[str, ...] = ()
    contents: Mapping[str, Path] = field(default_factory=dict)
    folders: Sequence[str] = ()
    needs_gpu: bool = False


def import_file(file: Path) -> ImportedModel:
    """Read one config.pbtxt; a missing name is taken from its folder, a missing backend from what lies beside it.

    Raises:
        FindingsError: it cannot be read, or has no name that a model can have.
    """
    content = read_file(file)
    beside = file.resolve().parent
    name = beside.name if file.name == CONFIG_FILE else file.stem
    has_versions = file.name == CONFIG_FILE and any(looks_like_version(path.name) for path in beside.iterdir())
    return _import(content, file, name, _list(beside) if has_versions else None, source=None)


def import_repository(root: Path) -> tuple[list[ImportedModel], list[Finding]]:
    """Read a model's folder, or all models of a repository.

    Returns:
        The models, and warnings about folders that are none.

    Raises:
        FindingsError: of every model that cannot be imported.
    """
    models: list[ImportedModel] = []
    findings: list[Finding] = []
    for folder in [root] if is_model(root) else sorted(path for path in root.iterdir() if path.is_dir()):
        try:
            if is_model(folder):
                models.append(_import_folder(folder))
            else:
                message = f"is no model (no {CONFIG_FILE}, no version directory): it is left out"
                findings.append(Finding("TS405", Severity.WARNING, message, file=str(folder)))
        except FindingsError as error:
            findings += error.findings
        except OSError as error:
            message = f"cannot be read: {error.strerror}"
            findings.append(Finding("TS009", Severity.ERROR, message, file=str(error.filename or folder)))
    if any(finding.severity is Severity.ERROR for finding in findings):
        raise FindingsError(findings)
    return models, findings


def is_model(folder: Path) -> bool:
    """Tell whether Triton takes a folder for a model that it can load."""
    return (folder / CONFIG_FILE).is_file() or any(
        looks_like_version(child.name) and child.is_dir() for child in folder.iterdir()
    )


def stack_contents(models: Sequence[ImportedModel]) -> tuple[dict[str, Path | bytes], list[str]]:
    """Return files and folders of the models, by path below a stack."""
    contents: dict[str, Path | bytes] = {}
    folders: list[str] = []
    for model in models:
        contents[f"{MODELS_FOLDER}/{model.name}.yaml"] = model.spec.encode()
        base = f"{FILES_FOLDER}/{model.name}"
        contents |= {f"{base}/{path}": source for path, source in model.contents.items()}
        folders += [f"{base}/{path}" for path in model.folders]
    return contents, folders


def new_stack_text(target: Path, root: Path, models: Sequence[ImportedModel]) -> str:
    """Write the stack.yaml of a new stack."""
    name = re.sub(r"[^a-z0-9]+", "-", target.resolve().name.lower()).strip("-")[:53].strip("-") or "imported"
    gpu = (
        "  # Some of the models need a GPU.\n  pools:\n    default:\n      gpu: {count: 1}\n"
        if any(model.needs_gpu for model in models)
        else ""
    )
    return (
        f"# Imported by triton-stack from {_printable(str(root))}. The models are models/*.yaml.\n"
        f"name: {name}\n\n"
        "# Free chart values; they become values/stack.yaml beside the values of each model.\n"
        "values:\n"
        "  modelRepository:\n"
        "    type: objectStore\n"
        "    objectStore:\n"
        "      # Your bucket and prefix; triton-stack publish writes the models there.\n"
        f"      url: s3://models/{name}\n"
        f"{gpu}"
    )


def _import_folder(folder: Path) -> ImportedModel:
    listing = _list(folder)
    if listing.broken:
        message = f'"{min(listing.broken)}" is a broken link, or no plain file'
        raise FindingsError([Finding("TS409", Severity.ERROR, message, "", "replace it by a file", str(folder))])
    config = folder / CONFIG_FILE
    name = folder.resolve().name
    if config.is_file():
        return _import(read_file(config), config, name, listing, source=folder)
    return _import(None, folder, name, listing, source=folder)


def _list(folder: Path) -> Folder:
    try:
        return list_model_folder(folder)
    except OSError as error:
        raise FindingsError(
            [Finding("TS009", Severity.ERROR, f"cannot be read: {error.strerror}", file=str(error.filename or folder))]
        ) from None


def _import(
    content: bytes | None, file: Path, expected: str, folder: Folder | None, source: Path | None
) -> ImportedModel:
    # The server refuses the mark; without it the file is as good as any.
    has_mark = (content or b"").startswith(codecs.BOM_UTF8)
    content = content.removeprefix(codecs.BOM_UTF8) if content is not None else None
    text = decode(content or b"")
    message = parse_config(content, str(file)) if content is not None else new_model_config()
    document = Document(str(file), None, locate_fields(text))
    notes = ["it begins with a byte order mark, which the server refuses: the spec has none"] if has_mark else []
    if content is None:
        notes.append(f"no {CONFIG_FILE}: Triton completes the config from the model's file")
    elif not message.name:
        notes.append(f'no name was given: "{expected}" is taken, the name of its {_named_after(file)}')
    message.name = message.name or expected
    if not is_model_name(message.name):
        fix = "use letters, digits, _ . - and begin with a letter or digit"
        raise FindingsError(
            [document.finding("TS101", f'model name "{message.name}" cannot be used in URLs', ("name",), fix)]
        )
    if source is not None and message.name != expected:
        wrong = f'name is "{message.name}", but the folder is "{expected}"; Triton refuses that'
        raise FindingsError([document.finding("TS102", wrong, ("name",), "rename one of the two")])
    _complete_backend(message, document, folder, notes)

    is_ensemble = message.HasField("ensemble_scheduling") or message.platform == "ensemble"
    has_files = source is not None and not is_ensemble
    own = {"source": f"../{FILES_FOLDER}/{message.name}"} if has_files else {}
    head = [f"Imported by triton-stack from {_printable(str(file))}."]
    written = spec_text(message, text, head, own)
    spec = escaped(written.text) if is_template(written.text) else written.text
    _prove(spec, message, document)
    if written.gathered:
        notes.append(f"{written.gathered} comments stood at no field: they are at the head of the spec")
    contents: dict[str, Path] = {}
    if has_files and folder is not None and source is not None:
        contents = {path: source / path for path in folder.files if path != CONFIG_FILE}
    elif is_ensemble and folder is not None and folder.files.keys() - {CONFIG_FILE}:
        notes.append("an ensemble has no files of its own: what lies in its folder is left out")
    if any(path.startswith("configs/") and path.endswith(".pbtxt") for path in contents):
        notes.append("what lies in configs/ (for --model-config-name) is copied as it is, not imported")
    folders = sorted(folder.directories) if has_files and folder else []
    return ImportedModel(message.name, file, spec, tuple(notes), contents, folders, _needs_gpu(message, folder))


def _named_after(file: Path) -> str:
    return "folder" if file.name == CONFIG_FILE else "file"


def _complete_backend(message: Any, document: Document, folder: Folder | None, notes: list[str]) -> None:
    """Write the backend that the server would take, where that is certain."""
    if message.backend or message.platform or message.HasField("ensemble_scheduling"):
        return
    resolved = resolve(ModelView(document, message, message.name, folder))
    if resolved is not None and resolved.backend:
        message.backend = resolved.backend
        notes.append(f'no backend was given: "{resolved.backend}", which Triton takes for these files and this name')
    elif resolved is None:
        notes.append("no backend was given: Triton takes it from the model's file, which is not at hand; add backend")
    else:
        notes.append("no backend was given, and Triton can guess none: add backend")


def _needs_gpu(message: Any, folder: Folder | None) -> bool:
    if any(enum_name(group, "kind") == "KIND_GPU" for group in message.instance_group):
        return True
    resolved = resolve(ModelView(Document("", None), message, message.name, folder))
    return resolved is not None and resolved.backend in GPU_ONLY


def _prove(spec: str, message: Any, document: Document) -> None:
    """Read the spec as every other command does: it must mean what the config.pbtxt means.

    Raises:
        FindingsError: the config has a value that no spec can hold, as a number that is not finite.
        RuntimeError: the spec means something else; a defect of this program, never of the config.
    """
    try:
        read_back = parse_model_spec(spec, document.file, Environment())
    except FindingsError as error:
        raise FindingsError(_at_config(finding, document) for finding in error.findings) from None
    if read_back.config != message:
        raise RuntimeError(f"the spec of {document.file} does not mean what the file says; please report this file")


def _at_config(finding: Finding, document: Document) -> Finding:
    """Say a finding about the spec where the config.pbtxt has the key."""
    places = {format_key(path): place for path, place in document.positions.items()}
    line, column = places.get(finding.key, (None, None))
    return replace(finding, file=document.file, line=line, column=column)


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in text)


def write_spec(target: Path, text: str) -> None:
    """Write one spec, whole or not at all.

    Raises:
        OSError: it cannot be written, or something is there.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("xb") as stream:
        try:
            stream.write(text.encode())
        except BaseException:
            target.unlink()
            raise


def is_inside(path: Path, folder: Path) -> bool:
    """Tell whether a path is a folder, or would be in it."""
    inner, outer = (Path(os.path.realpath(item)) for item in (path, folder))
    return inner == outer or outer in inner.parents
