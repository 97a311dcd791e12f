"""Rules on batch_input and batch_output: tensors that Triton makes of a whole batch (TS21x)."""

from collections.abc import Iterator

from triton_stack.check.registry import Problem, rule
from triton_stack.check.view import ModelView
from triton_stack.spec.descriptor import enum_name
from triton_stack.spec.findings import KeyPath, suggest

SOURCE = "Triton core, model_config_utils.cc: ValidateBatchIO"
_COUNT = "batch_input: [{kind: BATCH_ELEMENT_COUNT, target_name: [COUNT], data_type: %s, source_input: [%s]}]"
_SCATTER = "batch_output: [{kind: BATCH_SCATTER_WITH_INPUT_SHAPE, target_name: [%s], source_input: [INPUT]}]"


@rule(
    "TS210",
    "batch tensor without its source",
    example=_COUNT % ("FP32", "INPUTS"),
    fix=_COUNT % ("FP32", "INPUT"),
    source=SOURCE,
)
def source_inputs(model: ModelView) -> Iterator[Problem]:
    """Each is made of exactly one input of the model."""
    names = [tensor.name for tensor in model.config.input]
    for kind in ("batch_input", "batch_output"):
        for index, item in enumerate(getattr(model.config, kind)):
            key: KeyPath = (kind, index, "source_input")
            if len(item.source_input) != 1:
                yield Problem(key, f"source_input names {len(item.source_input)} inputs", "name one input")
            for number, name in enumerate(item.source_input):
                if name not in names:
                    fix = suggest(name, names) or f"inputs: {', '.join(names) or 'none'}"
                    yield Problem((*key, number), f'the model has no input "{name}"', fix)


@rule(
    "TS211",
    "batch input of a type that it cannot have",
    example=_COUNT % ("INT64", "INPUT"),
    fix=_COUNT % ("INT32", "INPUT"),
    source=SOURCE,
)
def batch_input_types(model: ModelView) -> Iterator[Problem]:
    """Triton writes counts as INT32 or FP32."""
    for index, item in enumerate(model.config.batch_input):
        data_type = enum_name(item, "data_type").removeprefix("TYPE_")
        if data_type not in ("INT32", "FP32"):
            message = f"the batch input has type {data_type}"
            yield Problem(("batch_input", index, "data_type"), message, "use INT32 or FP32")


@rule(
    "TS212",
    "batch output that is no output, or given twice",
    example=_SCATTER % "OUTPUTS",
    fix=_SCATTER % "OUTPUT",
    source=SOURCE,
)
def batch_output_targets(model: ModelView) -> Iterator[Problem]:
    """It scatters one of the model's outputs over the requests of the batch."""
    names = [tensor.name for tensor in model.config.output]
    for index, item in enumerate(model.config.batch_output):
        for number, name in enumerate(item.target_name):
            key: KeyPath = ("batch_output", index, "target_name", number)
            if name not in names:
                fix = suggest(name, names) or f"outputs: {', '.join(names) or 'none'}"
                yield Problem(key, f'the model has no output "{name}"', fix)
            elif name in list(item.target_name)[:number]:
                yield Problem(key, f'output "{name}" is given twice', "keep one")
