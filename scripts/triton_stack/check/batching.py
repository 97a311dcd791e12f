"""Rules on batching (TS3xx)."""

from collections.abc import Iterator

from triton_stack.check.backends import resolve
from triton_stack.check.registry import Problem, rule
from triton_stack.check.view import ModelView
from triton_stack.spec.descriptor import enum_name
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


@rule(
    "TS305",
    "order kept against priorities or delays",
    example="dynamic_batching: {preserve_ordering: true, priority_levels: 2, default_priority_level: 1}",
    fix="dynamic_batching: {preserve_ordering: true}",
    source="Triton core, model_config_utils.cc: ValidateModelConfig",
)
def preserve_ordering(model: ModelView) -> Iterator[Problem]:
    """Answers cannot keep the order of the requests where some requests overtake others."""
    batching = model.config.dynamic_batching
    if not batching.preserve_ordering:
        return
    path: KeyPath = ("dynamic_batching",)
    if batching.priority_levels > 1:
        message = f"preserve_ordering does not go with {batching.priority_levels} priority levels"
        yield Problem((*path, "preserve_ordering"), message, "remove one of them")
    policies = [((*path, "default_queue_policy"), batching.default_queue_policy)]
    policies += [
        ((*path, "priority_queue_policy", str(level)), policy)
        for level, policy in batching.priority_queue_policy.items()
    ]
    for key, policy in policies:
        if policy.default_timeout_microseconds and enum_name(policy, "timeout_action") == "DELAY":
            message = "preserve_ordering does not go with timeout_action DELAY"
            yield Problem((*key, "timeout_action"), message, "use REJECT, or remove preserve_ordering")


@rule(
    "TS306",
    "preferred batch sizes that only cost time",
    Severity.WARNING,
    example="dynamic_batching: {preferred_batch_size: [4]}",
    fix="dynamic_batching: {}",
    source="Triton's documentation: leave preferred_batch_size out unless a TensorRT model has several profiles",
)
def preferred_sizes_are_needed(model: ModelView) -> Iterator[Problem]:
    """Requests wait for a preferred size although a smaller or greater batch would run at once."""
    resolved = resolve(model)
    if resolved is None or resolved.backend == "tensorrt":
        return
    sizes = model.config.dynamic_batching.preferred_batch_size
    if sizes and all(0 < size <= model.config.max_batch_size for size in sizes):
        message = "preferred_batch_size makes requests wait; only TensorRT profiles gain by it"
        yield Problem(("dynamic_batching", "preferred_batch_size"), message, "remove it")


@rule(
    "TS307",
    "queue policies of priority levels that are not there",
    Severity.WARNING,
    example="dynamic_batching: {priority_queue_policy: {1: {max_queue_size: 8}}}",
    fix="dynamic_batching: {default_queue_policy: {max_queue_size: 8}}",
    source="Triton core, dynamic_batch_scheduler.cc",
)
def levels_for_policies(model: ModelView) -> Iterator[Problem]:
    """Without priority_levels Triton passes over them."""
    batching = model.config.dynamic_batching
    if batching.priority_queue_policy and not batching.priority_levels:
        key: KeyPath = ("dynamic_batching", "priority_queue_policy")
        yield Problem(key, "priority_queue_policy does nothing without priority_levels", "add priority_levels")
