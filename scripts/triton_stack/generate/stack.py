"""All files that ``generate`` makes of a stack."""

from collections.abc import Callable

from triton_stack.generate.model import model_values, values_text
from triton_stack.pbtxt import config_text
from triton_stack.repository.bundle import Bundle, make_bundle
from triton_stack.repository.stack_folder import LoadedModel, LoadedStack
from triton_stack.spec.stack import uses_claim


def model_size(model: LoadedModel) -> int:
    """Return the bytes of a model's files, for progress."""
    return sum(model.folder.files.values()) if model.folder else 0


def bundle_size(stack: LoadedStack) -> int:
    """Return the bytes of all models' files, for progress."""
    return sum(model_size(model) for model in stack.models)


def bundle_of(model: LoadedModel, progress: Callable[[int], None] = lambda _size: None) -> Bundle | None:
    """Hash the files of a model; None for one without files."""
    if model.source is None:
        return None
    return make_bundle(model.spec.name, model.source, model.spec.warmup_files, own_config=False, progress=progress)


def stack_files(stack: LoadedStack, progress: Callable[[int], None] = lambda _size: None) -> dict[str, bytes]:
    """Make every file of a stack that has no errors: content by path below the output folder."""
    files: dict[str, bytes] = {}
    for model in stack.models:
        name = model.spec.name
        source = stack.environment.of_file(model.file.relative_to(stack.root).as_posix())
        config = config_text(model.spec, source)
        files[f"model_repository/{name}/config.pbtxt"] = config.encode()
        for path, content in model.spec.warmup_files.items():
            files[f"model_repository/{name}/{path}"] = content
        if uses_claim(stack.stack.values):
            values = model_values(model.spec, None, None)
        else:
            bundle = bundle_of(model, progress)
            values = model_values(model.spec, config, bundle.manifest.digest if bundle else None)
        files[f"values/{name}.yaml"] = values_text(values, source).encode()
    if stack.stack.values:
        files["values/stack.yaml"] = values_text(stack.stack.values, stack.environment.of_file("stack.yaml")).encode()
    return files
