"""Rules on a model's folder: versions and files (TS4xx), names in a bundle (TS7xx)."""

from collections.abc import Iterator
from typing import Any

from triton_stack.check.backends import resolve
from triton_stack.check.registry import Problem, rule
from triton_stack.check.version_policy import served_versions, top_folders, versions
from triton_stack.check.view import ModelView
from triton_stack.check.warmup import runs
from triton_stack.spec.findings import KeyPath, Severity
from triton_stack.spec.names import (
    CONFIG_FILE,
    KNOWN_FOLDERS,
    default_file,
    is_version_name,
    looks_like_version,
    path_problem,
)


@rule(
    "TS402",
    "directory that Triton takes for a version by mistake",
    without_config=True,
    example="a folder 3abc beside the version 1",
    fix="a folder 3",
    source="Triton core, model_lifecycle.cc: VersionsToLoad, std::stoll on the folder's name",
)
def version_names(model: ModelView) -> Iterator[Problem]:
    """Triton reads the leading digits alone: "3abc" makes it look for version 3, and 20 digits crash it."""
    for name in top_folders(model.folder) if model.folder else []:
        if looks_like_version(name) and not is_version_name(name):
            message = f'version directory "{name}" is not a number that Triton reads right'
            yield Problem(model.folder_key, message, "use 0 or a number of at most 18 digits, without leading zeros")


@rule(
    "TS403",
    "model without a version",
    without_config=True,
    example="a folder with model.onnx and no version directory",
    fix="a folder with 1/model.onnx",
    source="Triton core, model_lifecycle.cc: VersionsToLoad",
)
def has_version(model: ModelView) -> Iterator[Problem]:
    """Triton loads nothing without a version directory."""
    if model.folder is None or not _is_model(model) or versions(model.folder):
        return
    if any(looks_like_version(name) for name in top_folders(model.folder)):
        return
    fix = "put the model's files into a folder 1"
    if model.config is not None and model.config.HasField("ensemble_scheduling"):
        fix = "make an empty folder 1, as an ensemble needs; git and object stores keep it only with a file in it"
    yield Problem(model.folder_key, "there is no version directory", fix)


@rule(
    "TS404",
    "version without the file that its backend loads",
    example="a model with backend onnxruntime whose version 1 holds net.onnx alone",
    fix="a version 1 that holds model.onnx, or default_model_filename net.onnx in the spec",
    source="Triton core, model_config_utils.cc: AutoCompleteBackendFields, and the backend's own model file",
)
def default_files(model: ModelView) -> Iterator[Problem]:
    """A served version without its file fails, or hangs the load."""
    config, resolved = model.config, resolve(model)
    if model.folder is None or resolved is None or config.HasField("ensemble_scheduling"):
        return
    model_type = config.parameters["model_type"].string_value if "model_type" in config.parameters else ""
    wanted = default_file(resolved.backend, resolved.platform, config.default_model_filename, model_type)
    if wanted is None or config.cc_model_filenames or config.runtime:
        return
    for version in served_versions(model) or ():
        path = f"{version}/{wanted}"
        if path not in model.folder.files and path not in model.folder.directories:
            message = f'version {version} has no {wanted}, which backend "{resolved.backend}" loads'
            yield Problem(model.folder_key, message, f"add {path}, or name the file in default_model_filename")


@rule(
    "TS405",
    "folder in a repository that is no model",
    without_config=True,
    example="lost+found, or .git, at the root of a model repository",
    fix="a repository whose folders are models and nothing else",
    source="Triton core, model_repository_manager.cc: ModelRepositoryManager::Poll",
)
def is_a_model(model: ModelView) -> Iterator[Problem]:
    """Triton takes every folder for a model: lost+found and .git at the root stop it, or its readiness."""
    if not _is_model(model):
        message = f'folder "{model.expected_name}" is no model: it has no {CONFIG_FILE} and no version directory'
        yield Problem((), message, "move it out of the repository; mount a sub-folder of a volume, not its root")


@rule(
    "TS407",
    "own config.pbtxt beside a generated one",
    example="source names a folder that has a config.pbtxt of its own",
    fix="the folder without config.pbtxt (the spec makes it; triton-stack import makes a spec of one)",
    source="triton-stack: bundles",
)
def one_config(model: ModelView) -> Iterator[Problem]:
    """The spec makes config.pbtxt; a second one in the source would silently not be used."""
    if model.spec is not None and model.folder is not None and CONFIG_FILE in model.folder.files:
        yield Problem(model.folder_key, f"the source has its own {CONFIG_FILE}", "remove it: the spec makes it")


@rule(
    "TS408",
    "folder that Triton does not know",
    Severity.WARNING,
    example="a folder old beside the version 1",
    fix="the folder moved out of the model's folder",
    source="Triton core, model_repository_manager.cc: IsModified looks at every entry",
)
def stray_folders(model: ModelView) -> Iterator[Problem]:
    """Triton passes it over, but each change in it reloads all versions."""
    if model.folder is None or not _is_model(model):
        return
    for name in top_folders(model.folder):
        if not looks_like_version(name) and name not in KNOWN_FOLDERS:
            fix = f"remove it; Triton knows version directories and {', '.join(sorted(KNOWN_FOLDERS))}"
            yield Problem(model.folder_key, f'"{name}" is neither a version nor a folder that Triton uses', fix)


@rule(
    "TS409",
    "file that cannot be read",
    without_config=True,
    example="1/model.onnx is a link to a file that is gone",
    fix="1/model.onnx is a file",
    source="Triton core, filesystem; triton-stack: bundles",
)
def broken_files(model: ModelView) -> Iterator[Problem]:
    """A dangling link, a loop of links or a special file cannot be served or published."""
    for path in sorted(model.folder.broken) if model.folder else []:
        yield Problem(model.folder_key, f'"{path}" is a broken link, or no plain file', "replace it by a file")


@rule(
    "TS412",
    "file that the config names and the folder lacks",
    example=("output:\n  - name: OUTPUT\n    data_type: FP32\n    dims: [4]\n    label_filename: labels.txt"),
    fix=("output:\n  - name: OUTPUT\n    data_type: FP32\n    dims: [4]"),
    source="Triton core, model.cc: Model::Init (labels); backend_model_instance.cc: GenerateWarmupData",
)
def named_files(model: ModelView) -> Iterator[Problem]:
    """Labels lie in the model's folder, data of warm-ups and of states in its folders warmup and initial_state."""
    if model.folder is None:
        return
    made = model.spec.warmup_files if model.spec else {}
    for key, path in _named_files(model.config, model):
        if path not in model.folder.files and path not in made:
            yield Problem(key, f'there is no "{path}"', "add it to the model's folder")


def _named_files(config: Any, model: ModelView) -> Iterator[tuple[KeyPath, str]]:
    for index, tensor in enumerate(config.output):
        if tensor.label_filename:
            yield ("output", index, "label_filename"), tensor.label_filename
    for path, warmup in runs(model):
        for name, item in warmup.inputs.items():
            if item.input_data_file:
                yield (*path, "inputs", name, "input_data_file"), f"warmup/{item.input_data_file}"
    for index, state in enumerate(config.sequence_batching.state):
        for number, initial in enumerate(state.initial_state):
            if initial.data_file:
                key: KeyPath = ("sequence_batching", "state", index, "initial_state", number, "data_file")
                yield key, f"initial_state/{initial.data_file}"


@rule(
    "TS701",
    "file name that a bundle cannot have",
    example='a file "1/my model$.bin"',
    fix="a file 1/my_model.bin",
    source="triton-stack: bundles",
)
def bundle_paths(model: ModelView) -> Iterator[Problem]:
    """A bundle's names pass through shells, URLs and object stores unchanged."""
    if model.spec is None or model.folder is None:
        return
    for path in sorted(model.folder.files):
        problem = path_problem(path)
        if problem:
            yield Problem(model.folder_key, f'"{path}" cannot be published: {problem}', "rename it")


def _is_model(model: ModelView) -> bool:
    if model.config is not None or model.folder is None:
        return True
    return any(looks_like_version(name) for name in top_folders(model.folder))
