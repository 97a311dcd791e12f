"""Where each field stands in a config.pbtxt that protobuf could parse. No I/O."""

from collections.abc import Iterator

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from triton_stack.pbtxt.scan import Field, Item, Place, decode, scan
from triton_stack.spec.descriptor import is_map, is_repeated, model_config_descriptor
from triton_stack.spec.findings import KeyPath


def locate_fields(text: str | bytes) -> dict[KeyPath, tuple[int, int]]:
    """Return line and column (from 1) of each field by the key path that findings have.

    ``input[0].dims[1]`` is the second size, ``parameters.x`` the map entry of key ``x``, and ``input`` the first place
    where the field is given. Of a map key that is given twice the last one counts, as for the server.
    """
    positions: dict[KeyPath, tuple[int, int]] = {}
    for path, place, _ in walk(scan(decode(text)).fields):
        positions.setdefault(path, (place.line, place.column))
    return positions


def walk(fields: list[Field]) -> Iterator[tuple[KeyPath, Place, Field | Item]]:
    """Yield key path, place and the scanned part of each field, list item and map entry, outer ones first."""
    return _message(fields, model_config_descriptor(), ())


def _message(
    fields: list[Field], descriptor: Descriptor | None, path: KeyPath
) -> Iterator[tuple[KeyPath, Place, Field | Item]]:
    counts: dict[str, int] = {}
    entries: dict[str, list[tuple[KeyPath, Place, Field | Item]]] = {}
    for field in fields:
        child: KeyPath = (*path, field.name)
        described = descriptor.fields_by_name.get(field.name) if descriptor else None
        yield child, field.place, field
        if described is None:
            continue
        message = described.message_type
        for item in field.items:
            # A block of its own, ``input { ... }``, stands where its field does.
            is_block = item.fields is not None and not field.listed
            place = field.place if is_block else item.place
            if is_map(described):
                key, found = _entry(item, place, described, child)
                entries[f"{field.name}.{key}"] = [((*child, key), place, field), *found] if is_block else found
            elif is_repeated(described):
                index = counts.get(field.name, 0)
                counts[field.name] = index + 1
                yield (*child, index), place, item
                if is_block:
                    yield (*child, index), place, field
                yield from _message(item.fields or [], message, (*child, index))
            else:
                yield from _message(item.fields or [], message, child)
    for found in entries.values():
        yield from found


def _entry(
    item: Item, place: Place, described: FieldDescriptor, path: KeyPath
) -> tuple[str, list[tuple[KeyPath, Place, Field | Item]]]:
    """Return key and parts of one map entry; its fields ``key`` and ``value`` are no keys of ours."""
    assert described.message_type is not None
    value_type = described.message_type.fields_by_name["value"].message_type
    parts = {field.name: field for field in item.fields or []}
    key = next((value.text or "" for value in parts["key"].items), "") if "key" in parts else ""
    child: KeyPath = (*path, key)
    found: list[tuple[KeyPath, Place, Field | Item]] = [(child, place, item)]
    found += [(child, place, field) for field in item.fields or []]
    for value in parts["value"].items if "value" in parts else []:
        found += _message(value.fields or [], value_type, child)
    return key, found
