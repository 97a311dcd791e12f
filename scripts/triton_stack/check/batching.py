"""Rules on batching (TS3xx)."""

from collections.abc import Iterator

from triton_stack.check.registry import Problem, rule
from triton_stack.check.view import ModelView
from triton_stack.spec.findings import KeyPath, Severity


@rule(
    "TS301",
    "negative max_batch_size",
    example="max_batch_size: -1",
    fix="max_batch_size: 0",
    source="Triton core, model_config_utils.cc: ValidateModelConfig",
)
def max_batch_size(model: ModelView) -> Iterator[Problem]:
    """0 means that the model has no batch dimension."""
    size = model.config.max_batch_size
    if size < 0:
        yield Problem(("max_batch_size",), f"max_batch_size is {size}", "use 0 for no batching, or 1 or more")


@rule(
    "TS302",
    "preferred batch size that cannot be",
    example=("max_batch_size: 8\ndynamic_batching: {preferred_batch_size: [16]}"),
    fix=("max_batch_size: 8\ndynamic_batching: {}"),
    source="Triton core, model_config_utils.cc: ValidateModelConfig",
)
def preferred_batch_size(model: ModelView) -> Iterator[Problem]:
    """Triton refuses sizes below 1 and above max_batch_size."""
    config = model.config
    sources: list[tuple[KeyPath, list[int]]] = []
    if config.HasField("dynamic_batching"):
        sources.append((("dynamic_batching",), list(config.dynamic_batching.preferred_batch_size)))
    if config.HasField("sequence_batching") and config.sequence_batching.HasField("oldest"):
        sources.append((("sequence_batching", "oldest"), list(config.sequence_batching.oldest.preferred_batch_size)))
    limit = config.max_batch_size
    for path, sizes in sources:
        for index, size in enumerate(sizes):
            if size <= 0 or size > limit:
                fix = f"use 1 to {limit}" if limit > 0 else "remove it: max_batch_size is 0"
                message = f"preferred_batch_size {size} is not within 1 to max_batch_size ({limit})"
                yield Problem(
                    (*path, "preferred_batch_size", index), f"{message}; leaving it out is best for most models", fix
                )


@rule(
    "TS303",
    "dynamic batching of a model without batching",
    Severity.WARNING,
    example=("max_batch_size: 0\ndynamic_batching: {}"),
    fix=("max_batch_size: 8\ndynamic_batching: {}"),
    source="Triton core, dynamic_batch_scheduler.cc: DynamicBatchScheduler",
)
def dynamic_batching_without_batch(model: ModelView) -> Iterator[Problem]:
    """Triton takes it and then never makes a batch."""
    if model.config.HasField("dynamic_batching") and model.config.max_batch_size == 0:
        message = "dynamic_batching does nothing while max_batch_size is 0"
        yield Problem(("dynamic_batching",), message, "set max_batch_size, or remove dynamic_batching")


@rule(
    "TS304",
    "priority levels that do not fit together",
    example="dynamic_batching: {priority_levels: 2, default_priority_level: 3}",
    fix="dynamic_batching: {priority_levels: 2, default_priority_level: 2}",
    source="Triton core, model_config_utils.cc: ValidateModelConfig",
)
def priority_levels(model: ModelView) -> Iterator[Problem]:
    """Triton wants a default level within 1 to priority_levels, and queue policies for those levels alone."""
    batching = model.config.dynamic_batching
    levels = batching.priority_levels
    if not levels:
        return
    if not 1 <= batching.default_priority_level <= levels:
        key: KeyPath = ("dynamic_batching", "default_priority_level")
        yield Problem(key, f"default_priority_level is {batching.default_priority_level}", f"use 1 to {levels}")
    for level in batching.priority_queue_policy:
        if not 1 <= level <= levels:
            key = ("dynamic_batching", "priority_queue_policy", str(level))
            yield Problem(key, f"there is no priority level {level}", f"use 1 to {levels}")
