"""Rules on what the declared release of Triton does not know yet (TS121 and TS122)."""

from collections.abc import Iterator
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from triton_stack.check.registry import Problem, rule
from triton_stack.check.view import ModelView
from triton_stack.spec.descriptor import is_map, is_repeated
from triton_stack.spec.findings import KeyPath
from triton_stack.spec.versions import FIELD_SINCE, PLATFORM_SINCE, TritonVersion


@rule(
    "TS121",
    "field that the declared Triton does not know",
    example="the field model_metrics in a pool with tritonVersion 24.10",
    fix="leave it out, or serve with Triton 24.11 or newer",
    source="Triton core, model_config_utils.cc: GetNormalizedModelConfig; the release's model_config.proto",
)
def fields_are_known(model: ModelView) -> Iterator[Problem]:
    """A server refuses a config with a field that it does not know, and says why in its log only."""
    if model.target.triton >= max(FIELD_SINCE.values()):
        return
    found = dict.fromkeys(_set_fields(model.config, ()))
    # A field that is written with its default value is in the text, but not in the message.
    found |= dict.fromkeys(_written_fields(model))
    for key, field in found:
        message: Any = field.containing_type
        since = FIELD_SINCE.get((message.name, field.name))
        if since is not None and model.target.triton < since:
            yield _problem(model, key, field.name, since)


@rule(
    "TS122",
    "platform that the declared Triton does not know",
    example="the platform torch_aoti in a pool with tritonVersion 26.02",
    fix="the platform pytorch_libtorch, or Triton 26.03 or newer",
    source="Triton core, model_config_utils.cc: ValidateModelConfig",
)
def platform_is_known(model: ModelView) -> Iterator[Problem]:
    """A server refuses a platform that it does not know."""
    platform = model.config.platform
    since = PLATFORM_SINCE.get(platform)
    if since is not None and model.target.triton < since:
        yield _problem(model, ("platform",), f'platform "{platform}"', since)


def _problem(model: ModelView, key: KeyPath, what: str, since: TritonVersion) -> Problem:
    message = f"Triton {model.target.triton} does not know {what}; it came with {since}"
    return Problem(key, message, f"leave it out, or serve with Triton {since} or newer (tritonVersion, image)")


def _set_fields(message: Any, path: KeyPath) -> Iterator[tuple[KeyPath, FieldDescriptor]]:
    for field, value in message.ListFields():
        key = (*path, field.name)
        yield key, field
        if field.message_type is None:
            continue
        if is_map(field):
            for name, entry in value.items():
                if hasattr(entry, "ListFields"):
                    yield from _set_fields(entry, (*key, str(name)))
        elif is_repeated(field):
            for index, entry in enumerate(value):
                yield from _set_fields(entry, (*key, index))
        else:
            yield from _set_fields(value, key)


def _written_fields(model: ModelView) -> Iterator[tuple[KeyPath, FieldDescriptor]]:
    for path in model.document.positions:
        field = _field_at(model.config.DESCRIPTOR, path)
        if field is not None:
            yield path, field


def _field_at(message: Descriptor | None, path: KeyPath) -> FieldDescriptor | None:
    """Return the field that a key path ends at; None where it ends at an item, or where it is no field of Triton's."""
    field: FieldDescriptor | None = None
    of_map = False
    for part in path:
        if isinstance(part, int):
            field = None
        elif of_map and message is not None:
            message, field, of_map = message.fields_by_name["value"].message_type, None, False
        else:
            field = message.fields_by_name.get(part) if message is not None else None
            if field is None:
                return None
            message, of_map = field.message_type, is_map(field)
    return field
