"""Random changes of a config, led by Triton's own descriptor: any field may get, lose or change a value."""

import copy
import random
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from tests.live.agreement.bases import LONG_FILE, SHORT_FILE
from triton_stack.spec.descriptor import is_map, is_repeated, model_config_descriptor

Tree = dict[str, Any]
INTEGERS = (-2, -1, 0, 1, 2, 3, 4, 7, 8, 9, 16, 17)
# Sizes that the server multiplies and allocates, or starts as often: great ones exhaust this machine, not a rule.
SMALL = {"count": (-1, 0, 1, 2, 3), "batch_size": (0, 1, 2, 8, 9, 16, 17), "dims": INTEGERS, "dim": INTEGERS}
HUGE = {"versions": (2**62,), "num_versions": (2**32 - 1,), "max_queue_delay_microseconds": (2**63,), "gpus": (64,)}
FLOATS = (-1.0, 0.0, 0.5, 1.0, 1.5)
WORDS = ("", "INPUT", "OUTPUT", "IN0", "IN1", "OUT0", "A", "Z", "T0", "X", "STATE_IN0", "START", "0", "-1", "no such")
BY_NAME = {
    "model_name": (
        *("step_batched", "step_small", "step_whole", "step_int", "step_two", "step_decoupled", "step_decoupled"),
        *("circle_a", "absent", ""),
    ),
    "input_data_file": (LONG_FILE, SHORT_FILE, SHORT_FILE, "no such"),
    "data_file": (LONG_FILE, SHORT_FILE, SHORT_FILE, "no such"),
    "label_filename": ("config.pbtxt", "no such"),
    "platform": (
        "",
        "ensemble",
        "onnxruntime_onnx",
        "tensorrt_plan",
        "pytorch_libtorch",
        "tensorflow_graphdef",
        "none",
    ),
    "backend": ("", "python", "onnxruntime", "tensorrt", "pytorch", "tensorflow", "identity", "custom"),
    "profile": ("0", "1", "", "-1", "two"),
    "family": ("", "nv_inference_first_response_histogram_ms"),
    "name": WORDS,
}
# A library that is not there stops the load whatever the rest says; what an image holds is no matter of the config.
LIBRARIES = ("runtime", "model_repository_agents")
TENSOR_NAMES = ("INPUT", "OUTPUT", "SECOND", "EXTRA", "OTHER", "A", "Z", "T0", "T1", "NEW")


def mutated(tree: Tree, rng: random.Random) -> Tree:
    """Return a changed copy, still of the right types: what a person could have written."""
    result = copy.deepcopy(tree)
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        message, descriptor = _somewhere(result, model_config_descriptor(), rng)
        _change(message, descriptor, rng)
    for item in _warmup_inputs(result):
        # Such a file must hold whole texts, which check does not read: it knows the sizes of files.
        if item.get("data_type") == "TYPE_STRING" and "input_data_file" in item:
            del item["input_data_file"]
    return result


def _warmup_inputs(tree: Tree) -> list[Tree]:
    return [item for warmup in tree.get("model_warmup", ()) for item in warmup.get("inputs", {}).values()]


def _somewhere(tree: Tree, descriptor: Descriptor, rng: random.Random) -> tuple[Tree, Descriptor]:
    """Walk to a message inside the config."""
    while True:
        below = [
            (child, field.message_type)
            for field in descriptor.fields
            if field.name in tree and field.message_type is not None and not is_map(field)
            for child in (tree[field.name] if is_repeated(field) else [tree[field.name]])
        ]
        for field in descriptor.fields:
            if field.name in tree and is_map(field):
                value = _entry(field, "value")
                if value.message_type is not None:
                    below += [(child, value.message_type) for child in tree[field.name].values()]
        if not below or rng.random() < 0.3:
            return tree, descriptor
        tree, found = rng.choice(below)
        assert found is not None
        descriptor = found


def _entry(field: FieldDescriptor, name: str) -> FieldDescriptor:
    assert field.message_type is not None
    return field.message_type.fields_by_name[name]


def _change(message: Tree, descriptor: Descriptor, rng: random.Random) -> None:
    if not descriptor.fields:
        return
    fields = [field for field in descriptor.fields if field.name not in LIBRARIES]
    present = [field for field in fields if field.name in message]
    action = rng.random()
    if present and action < 0.25:
        del message[rng.choice(present).name]
        return
    if present and action < 0.65:
        field = rng.choice(present)
        if is_map(field):
            _change_map(message[field.name], field, rng)
        elif is_repeated(field):
            _change_list(message[field.name], field, rng)
        elif field.message_type is None:
            message[field.name] = _scalar(field, rng)
        else:
            message[field.name] = _value(field, rng, 0)
        return
    field = rng.choice(fields)
    # Only one member of a oneof may stand.
    if field.containing_oneof is not None:
        for other in field.containing_oneof.fields:
            message.pop(other.name, None)
    message[field.name] = _field(field, rng, 0)


def _change_list(items: list[Any], field: FieldDescriptor, rng: random.Random) -> None:
    action = rng.random()
    if items and action < 0.3:
        del items[rng.randrange(len(items))]
    elif items and action < 0.5:
        items.append(copy.deepcopy(rng.choice(items)))
    elif items and action < 0.8:
        items[rng.randrange(len(items))] = _value(field, rng, 0)
    else:
        items.append(_value(field, rng, 0))


def _change_map(items: Tree, field: FieldDescriptor, rng: random.Random) -> None:
    if items and rng.random() < 0.4:
        del items[rng.choice(list(items))]
        return
    key, value = _entry(field, "key"), _entry(field, "value")
    if items and rng.random() < 0.5:
        name = rng.choice(list(items))
    else:
        integers = key.cpp_type != FieldDescriptor.CPPTYPE_STRING
        name = str(rng.choice((0, 1, 2, 3, 4))) if integers else rng.choice(TENSOR_NAMES)
    items[name] = rng.choice(TENSOR_NAMES) if field.name in ("input_map", "output_map") else _value(value, rng, 0)


def _field(field: FieldDescriptor, rng: random.Random, depth: int) -> Any:
    if is_map(field):
        result: Tree = {}
        _change_map(result, field, rng)
        return result
    if is_repeated(field):
        return [_value(field, rng, depth) for _ in range(rng.choice((0, 1, 1, 2)))]
    return _value(field, rng, depth)


def _value(field: FieldDescriptor, rng: random.Random, depth: int) -> Any:
    if field.message_type is None:
        return _scalar(field, rng)
    if depth > 3:
        return {}
    descriptor = field.message_type
    chosen = [item for item in descriptor.fields if rng.random() < 0.5]
    taken: set[str] = set()
    result: Tree = {}
    for item in chosen:
        oneof = item.containing_oneof.name if item.containing_oneof else item.name
        if oneof not in taken:
            taken.add(oneof)
            result[item.name] = _field(item, rng, depth + 1)
    return result


def _scalar(field: FieldDescriptor, rng: random.Random) -> Any:
    kind = field.cpp_type
    if kind == FieldDescriptor.CPPTYPE_ENUM:
        assert field.enum_type is not None
        return rng.choice([value.name for value in field.enum_type.values])
    if kind == FieldDescriptor.CPPTYPE_STRING:
        return rng.choice(BY_NAME.get(field.name, WORDS))
    if kind == FieldDescriptor.CPPTYPE_BOOL:
        return rng.random() < 0.7
    if kind in (FieldDescriptor.CPPTYPE_FLOAT, FieldDescriptor.CPPTYPE_DOUBLE):
        return rng.choice(FLOATS)
    choices = (*SMALL.get(field.name, INTEGERS), *HUGE.get(field.name, ()))
    unsigned = kind in (FieldDescriptor.CPPTYPE_UINT32, FieldDescriptor.CPPTYPE_UINT64)
    return rng.choice([number for number in choices if number >= 0] if unsigned else choices)


TOKENS = (
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    ";",
    '"',
    "'",
    "#",
    "1",
    "-1",
    "0x8",
    "010",
    "TYPE_FP32",
    "true",
    "T",
    "name",
    "dims",
    "\n",
)


def mutated_text(text: str, rng: random.Random) -> str:
    """Return a text with a small wrong, or odd, spot, as an editor or a template leaves it."""
    lines = text.splitlines()
    action = rng.randrange(5)
    index = rng.randrange(1, len(lines))
    if action == 0:
        del lines[index]
    elif action == 1:
        lines.insert(index, lines[rng.randrange(1, len(lines))])
    elif action == 2:
        place = rng.randrange(len(lines[index]) + 1)
        lines[index] = lines[index][:place] + rng.choice(TOKENS) + lines[index][place:]
    elif action == 3 and lines[index]:
        place = rng.randrange(len(lines[index]))
        lines[index] = lines[index][:place] + lines[index][place + 1 :]
    else:
        words = lines[index].split(" ")
        words[rng.randrange(len(words))] = rng.choice(TOKENS)
        lines[index] = " ".join(words)
    return rng.choice(("\n", "\n", "\r\n")).join(lines) + rng.choice(("\n", ""))
