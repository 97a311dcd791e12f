"""A new stack, or a new model in a stack: everything is laid beside it first, so that nothing half-done stays."""

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from triton_stack.repository.bundle import list_folder, read_chunks
from triton_stack.repository.preset_backends import Backend
from triton_stack.repository.presets import PRESETS, NewModel, PresetError, new_model, stack_text
from triton_stack.spec.findings import FindingsError
from triton_stack.spec.model import parse_model_spec
from triton_stack.spec.names import is_model_name
from triton_stack.spec.stack import MODELS_FOLDER, STACK_FILE

_FILES_FOLDER = "files"
# JSON schemas for editors, beside the files that follow them.
_SCHEMA_FOLDER = ".triton-stack"
_SCHEMA_LINE = "# yaml-language-server: $schema={folder}{file}\n"
SPEC_SCHEMA, STACK_SCHEMA = "model-spec.schema.json", "stack.schema.json"


class ScaffoldError(Exception):
    """Nothing was written; the message says why."""


def is_stack(folder: Path) -> bool:
    """Tell whether the folder is a stack, to which a model can be added."""
    return (folder / STACK_FILE).is_file()


def plan_models(target: Path, backend: Backend, name: str | None, model: Path | None) -> list[NewModel]:
    """Say which models the folder gets: the one that is asked for, and in a new stack those that it runs.

    Raises:
        ScaffoldError: the folder, the name or the model's file cannot be used.
        OSError: the model's file cannot be read.
    """
    in_stack = is_stack(target)
    if not in_stack and target.exists() and (not target.is_dir() or any(target.iterdir())):
        fix = f"choose a new folder; in a stack, which has {STACK_FILE}, --backend adds a model"
        raise ScaffoldError(f"{target} is not empty: {fix}")
    chosen = name or _name_of(model) or PRESETS[backend].name
    if not is_model_name(chosen):
        raise ScaffoldError(f'"{chosen}" is no model name: use letters, digits, _ . -, and begin with letter or digit')
    models = [_planned(backend, chosen, model)]
    if backend is Backend.ENSEMBLE and not in_stack:
        models.insert(0, _planned(Backend.PYTHON, PRESETS[Backend.PYTHON].name, None))
    for planned in models:
        for path in (Path(MODELS_FOLDER) / f"{planned.name}.yaml", Path(_FILES_FOLDER) / planned.name):
            if (target / path).exists():
                raise ScaffoldError(f"{target / path} is there already: choose another --name")
    return models


def write_models(
    target: Path,
    backend: Backend,
    models: Sequence[NewModel],
    schemas: Mapping[str, bytes],
    progress: Callable[[int], None] = lambda _size: None,
) -> list[Path]:
    """Write the models into a stack, and the stack itself where there is none; what is there is never touched.

    Args:
        target: the stack's folder.
        backend: of the model that was asked for.
        models: as ``plan_models`` gives them.
        schemas: JSON schemas for editors, by ``SPEC_SCHEMA`` and ``STACK_SCHEMA``; one that is there stays.
        progress: called with the number of bytes copied since the last call.

    Returns:
        The files written.

    Raises:
        OSError: something cannot be written; then nothing was.
    """
    contents: dict[str, Path | bytes] = {}
    if not is_stack(target):
        line = _SCHEMA_LINE.format(folder=f"{_SCHEMA_FOLDER}/", file=STACK_SCHEMA)
        contents[STACK_FILE] = (line + stack_text(backend)).encode()
    folders = []
    line = _SCHEMA_LINE.format(folder=f"../{_SCHEMA_FOLDER}/", file=SPEC_SCHEMA)
    for model in models:
        contents[f"{MODELS_FOLDER}/{model.name}.yaml"] = (line + model.spec).encode()
        for path, content in model.files.items():
            contents[f"{_FILES_FOLDER}/{model.name}/1/{path}"] = content
        if model.missing:
            folders.append(f"{_FILES_FOLDER}/{model.name}/1")
    for file, schema in schemas.items():
        path = f"{_SCHEMA_FOLDER}/{file}"
        if not (target / path).exists():
            contents[path] = schema
    return write_into(target, contents, folders, progress)


def write_into(
    target: Path,
    contents: Mapping[str, Path | bytes],
    folders: Sequence[str],
    progress: Callable[[int], None] = lambda _size: None,
) -> list[Path]:
    """Write files of a stack, all of them or none; the caller has seen that nothing stands in their way.

    Args:
        target: the stack's folder; made when it is not there.
        contents: by path below it, bytes or the file to copy.
        folders: paths of folders that may stay empty.
        progress: called with the number of bytes copied since the last call.

    Returns:
        The files written.

    Raises:
        OSError: something cannot be written; then nothing was.
    """
    made = _make_folders(target)
    try:
        with tempfile.TemporaryDirectory(dir=target, prefix=".triton-stack-init-") as staging:
            _stage(Path(staging), contents, folders, progress)
            _move(Path(staging), target)
    except BaseException:
        for folder in made:
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise
    return [target / path for path in contents]


def size_of(models: Sequence[NewModel]) -> int:
    """Return the bytes to copy, for progress."""
    return sum(path.stat().st_size for model in models for path in model.files.values() if isinstance(path, Path))


def _planned(backend: Backend, name: str, model: Path | None) -> NewModel:
    try:
        planned = new_model(backend, name, model, _files_of)
        parse_model_spec(planned.spec, f"{name}.yaml")
    except PresetError as error:
        raise ScaffoldError(str(error)) from None
    except FindingsError as error:
        first = error.findings[0]
        raise ScaffoldError(f"{model}: no spec can be written for it: {first.key}: {first.message}") from None
    return planned


def _files_of(folder: Path) -> list[str]:
    listed = list_folder(folder)
    if listed.broken:
        raise PresetError(f'{folder} has "{min(listed.broken)}", which is a broken link or no plain file')
    return list(listed.files)


def _name_of(model: Path | None) -> str:
    """Take the name of a file that has one of its own."""
    stem = model.resolve().stem if model is not None and model.is_file() else ""
    return stem if is_model_name(stem) and stem not in ("model", "xgboost", "checkpoint") else ""


def _make_folders(target: Path) -> list[Path]:
    """Make the folder and those above it; return those that were not there, the innermost first."""
    missing = [folder for folder in (target, *target.parents) if not folder.exists()]
    target.mkdir(parents=True, exist_ok=True)
    return missing


def _stage(
    staging: Path, contents: Mapping[str, Path | bytes], folders: Sequence[str], progress: Callable[[int], None]
) -> None:
    for folder in folders:
        (staging / folder).mkdir(parents=True, exist_ok=True)
    for path, content in contents.items():
        copy = staging / path
        copy.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            copy.write_bytes(content)
            continue
        with copy.open("wb") as stream:
            for chunk in read_chunks(content):
                stream.write(chunk)
                progress(len(chunk))


def _move(staging: Path, target: Path) -> None:
    """Move specs, model folders and stack.yaml to their places; take all back when one fails."""
    folders = (_FILES_FOLDER, MODELS_FOLDER, _SCHEMA_FOLDER)
    moves = [staging / STACK_FILE, *(path for folder in folders for path in (staging / folder).glob("*"))]
    done: list[Path] = []
    try:
        for source in moves:
            place = target / source.relative_to(staging)
            if source.exists():
                if not place.parent.exists():
                    place.parent.mkdir()
                    done.append(place.parent)
                source.rename(place)
                done.append(place)
    except BaseException:
        for place in reversed(done):
            shutil.rmtree(place) if place.is_dir() else place.unlink()
        raise
