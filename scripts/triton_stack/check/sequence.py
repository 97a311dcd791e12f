"""Rules on sequence batching (TS33x)."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from triton_stack.check.registry import Problem, rule
from triton_stack.check.tensors import byte_size
from triton_stack.check.view import ModelView
from triton_stack.spec.descriptor import enum_name
from triton_stack.spec.findings import KeyPath

CONTROLS = "Triton core, model_config_utils.cc: GetBooleanSequenceControlProperties"
STATES = "Triton core, sequence_batch_scheduler.cc: GenerateInitialStateData"
BASE: KeyPath = ("sequence_batching",)
FALSE_TRUE = ("int32_false_true", "fp32_false_true", "bool_false_true")
CORRELATION_ID = "CONTROL_SEQUENCE_CORRID"
CORRELATION_ID_TYPES = ("UINT64", "INT64", "UINT32", "INT32", "STRING")

Place = tuple[KeyPath, Any]


def _controls(model: ModelView) -> Iterator[Place]:
    for index, item in enumerate(model.config.sequence_batching.control_input):
        for number, control in enumerate(item.control):
            yield (*BASE, "control_input", index, "control", number), control


def _kind(control: Any) -> str:
    return enum_name(control, "kind")


@rule(
    "TS330",
    "sequence controls that share a tensor, or a kind",
    example="sequence_batching: {control_input: [{name: START, control: []}, {name: START, control: []}]}",
    fix="sequence_batching: {control_input: [{name: START, control: []}, {name: END, control: []}]}",
    source=CONTROLS,
)
def control_inputs(model: ModelView) -> Iterator[Problem]:
    """Each control is one tensor with a name of its own, and each kind of control is given once."""
    names: set[str] = set()
    for index, item in enumerate(model.config.sequence_batching.control_input):
        key: KeyPath = (*BASE, "control_input", index, "name")
        if not item.name:
            yield Problem(key, "the control tensor has no name", "add name")
        elif item.name in names:
            yield Problem(key, f'control tensor "{item.name}" is given twice', "rename one, or remove it")
        names.add(item.name)
    kinds: set[str] = set()
    for path, control in _controls(model):
        kind = _kind(control)
        if kind in kinds:
            yield Problem((*path, "kind"), f"{kind} is given twice", "keep one")
        kinds.add(kind)


@rule(
    "TS331",
    "sequence control without its two values",
    example="sequence_batching: {control_input: [{name: S, control: [{kind: CONTROL_SEQUENCE_START}]}]}",
    fix="sequence_batching:\n"
    "  control_input: [{name: S, control: [{kind: CONTROL_SEQUENCE_START, fp32_false_true: [0, 1]}]}]",
    source=CONTROLS,
)
def control_values(model: ModelView) -> Iterator[Problem]:
    """START, END and READY are sent as one of two values of one type; the correlation id has a data_type instead."""
    for path, control in _controls(model):
        given = [name for name in FALSE_TRUE if len(getattr(control, name))]
        kind = _kind(control)
        if kind == CORRELATION_ID:
            for name in given:
                yield Problem((*path, name), f"{kind} has no {name}", f"remove {name}, and give data_type")
        elif len(given) != 1:
            found = " and ".join(given) or "none"
            yield Problem(path, f"{kind} needs one of {', '.join(FALSE_TRUE)}; found {found}", "keep just one")
        elif len(getattr(control, given[0])) != 2:
            message = f"{given[0]} has {len(getattr(control, given[0]))} values"
            yield Problem((*path, given[0]), message, "give two: the value for false, and for true")


@rule(
    "TS332",
    "correlation id of a type that it cannot have",
    example="sequence_batching:\n"
    "  control_input: [{name: ID, control: [{kind: CONTROL_SEQUENCE_CORRID, data_type: FP32}]}]",
    fix="sequence_batching:\n"
    "  control_input: [{name: ID, control: [{kind: CONTROL_SEQUENCE_CORRID, data_type: UINT64}]}]",
    source="Triton core, model_config_utils.cc: ValidateModelConfig",
)
def correlation_id(model: ModelView) -> Iterator[Problem]:
    """A correlation id is an integer of 32 or 64 bits, or a text."""
    for path, control in _controls(model):
        data_type = enum_name(control, "data_type").removeprefix("TYPE_")
        if _kind(control) == CORRELATION_ID and data_type not in CORRELATION_ID_TYPES:
            fix = f"allowed: {', '.join(CORRELATION_ID_TYPES)}"
            yield Problem((*path, "data_type"), f"the correlation id has type {data_type}", fix)


@rule(
    "TS333",
    "slot utilization outside 0 to 1",
    example="sequence_batching: {direct: {minimum_slot_utilization: 1.5}}",
    fix="sequence_batching: {direct: {minimum_slot_utilization: 0.5}}",
    source="Triton core, model_config_utils.cc: ValidateModelConfig",
)
def slot_utilization(model: ModelView) -> Iterator[Problem]:
    """It is the share of the batch slots that must be filled before the batch runs."""
    value = model.config.sequence_batching.direct.minimum_slot_utilization
    if not 0 <= value <= 1:
        key = (*BASE, "direct", "minimum_slot_utilization")
        yield Problem(key, f"minimum_slot_utilization is {value:g}", "use 0 to 1")


@rule(
    "TS334",
    "initial state that does not fit its state",
    example="sequence_batching:\n"
    "  state:\n"
    "    - {input_name: I, output_name: O, data_type: FP32, dims: [2], initial_state:\n"
    "        [{name: zeros, data_type: FP32, dims: [3], zero_data: true}]}",
    fix="sequence_batching:\n"
    "  state:\n"
    "    - {input_name: I, output_name: O, data_type: FP32, dims: [2], initial_state:\n"
    "        [{name: zeros, data_type: FP32, dims: [2], zero_data: true}]}",
    source=STATES,
)
def initial_state(model: ModelView) -> Iterator[Problem]:
    """Triton allocates it at load: it needs a name, data, and the type and exact sizes of its state."""
    seen: set[str] = set()
    for index, state in enumerate(model.config.sequence_batching.state):
        path: KeyPath = (*BASE, "state", index)
        count = len(state.initial_state)
        if count > 1:
            yield Problem((*path, "initial_state", 1), f"there are {count} initial states", "keep one")
        if count != 1:
            continue
        if state.input_name in seen:
            yield Problem((*path, "input_name"), f'state "{state.input_name}" is given twice', "rename one")
        seen.add(state.input_name)
        yield from _initial_state(state, state.initial_state[0], (*path, "initial_state", 0))


def _initial_state(state: Any, initial: Any, path: KeyPath) -> Iterator[Problem]:
    if initial.data_type != state.data_type:
        wanted = enum_name(state, "data_type")
        message = f"the initial state is {enum_name(initial, 'data_type')}, its state {wanted}"
        yield Problem((*path, "data_type"), message, f"data_type: {wanted.removeprefix('TYPE_')}")
    if not initial.name:
        yield Problem((*path, "name"), "the initial state has no name", "add name")
    if initial.WhichOneof("state_data") is None:
        yield Problem(path, "the initial state has no data", "add zero_data: true, or data_file")
    dims, wanted_dims = list(initial.dims), list(state.dims)
    if -1 in dims:
        yield Problem((*path, "dims"), "an initial state needs exact sizes", "replace -1")
    elif len(dims) != len(wanted_dims) or any(
        want not in (-1, size) for size, want in zip(dims, wanted_dims, strict=True)
    ):
        yield Problem((*path, "dims"), f"the initial state has dims {dims}, its state {wanted_dims}", "make them fit")


@rule(
    "TS336",
    "file of an initial state that is too short",
    example="an initial_state FP32 [4] whose file in initial_state/ has 8 bytes",
    fix="a file of 16 bytes: four bytes for each number",
    source=STATES,
)
def initial_state_file(model: ModelView) -> Iterator[Problem]:
    """The file holds the tensor's bytes, little endian, without a header."""
    files = model.folder.files if model.folder else {}
    for index, state in enumerate(model.config.sequence_batching.state):
        for number, initial in enumerate(state.initial_state):
            size = files.get(f"initial_state/{initial.data_file}") if initial.data_file else None
            needed = byte_size(initial)
            if size is not None and size < needed:
                key: KeyPath = (*BASE, "state", index, "initial_state", number, "data_file")
                message = f'"initial_state/{initial.data_file}" has {size} bytes, the state needs {needed}'
                yield Problem(key, message, "write the whole tensor")


@rule(
    "TS335",
    "response cache of a model that cannot have one",
    example="sequence_batching: {}\nresponse_cache: {enable: true}",
    fix="sequence_batching: {}",
    source="Triton core, model_config_utils.cc: ValidateModelConfig",
)
def response_cache(model: ModelView) -> Iterator[Problem]:
    """The answers of sequences and of decoupled models depend on more than one request."""
    config = model.config
    if not config.response_cache.enable:
        return
    if config.HasField("sequence_batching"):
        yield Problem(("response_cache",), "response_cache does not go with sequence_batching", "remove response_cache")
    if _is_decoupled(model, frozenset()):
        yield Problem(("response_cache",), "response_cache does not go with a decoupled model", "remove response_cache")


def _is_decoupled(model: ModelView, above: frozenset[str]) -> bool:
    """An ensemble is decoupled when one of its steps is."""
    if model.config is None or model.config.model_transaction_policy.decoupled:
        return model.config is not None
    steps = {step.model_name for step in model.config.ensemble_scheduling.step} - above
    others = [other for name in steps if (other := (model.models or {}).get(name)) is not None]
    return any(_is_decoupled(replace(other, models=model.models), above | steps) for other in others)
