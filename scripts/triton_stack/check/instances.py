"""Rules on instance groups: GPUs, profiles, and what the pool has to offer (TS501, TS502, TS51x)."""

from collections.abc import Iterator
from typing import Any

from triton_stack.check.backends import GPU_ONLY, TENSORRT_PLAN, resolve
from triton_stack.check.registry import Problem, rule
from triton_stack.check.view import ModelView
from triton_stack.spec.descriptor import enum_name
from triton_stack.spec.findings import KeyPath, Severity

GROUPS = "Triton core, model_config_utils.cc: ValidateInstanceGroup"


def _groups(model: ModelView) -> Iterator[tuple[KeyPath, Any, str]]:
    for index, group in enumerate(model.config.instance_group):
        yield ("instance_group", index), group, enum_name(group, "kind")


@rule(
    "TS501",
    "GPU list for instances that use no GPU",
    example="instance_group: [{kind: CPU, gpus: [0]}]",
    fix="instance_group: [{kind: CPU}]",
    source=GROUPS,
)
def gpus_of_cpu(model: ModelView) -> Iterator[Problem]:
    """Triton refuses a GPU list with KIND_CPU and KIND_MODEL, and with KIND_AUTO where there is no GPU."""
    for path, group, kind in _groups(model):
        if group.gpus and kind in ("KIND_CPU", "KIND_MODEL"):
            yield Problem((*path, "gpus"), f"gpus does not go with {kind}", "remove gpus, or use KIND_GPU")


@rule(
    "TS502",
    "instance groups that are all passive",
    example="instance_group: [{kind: CPU, passive: true}]",
    fix="instance_group: [{kind: CPU, passive: true}, {kind: CPU}]",
    source="Triton core, seen on 2.51: the first request ends the server",
)
def not_all_passive(model: ModelView) -> Iterator[Problem]:
    """Such a model loads, and the first request crashes the server."""
    groups = model.config.instance_group
    if groups and all(group.passive for group in groups):
        yield Problem(("instance_group", 0, "passive"), "every instance group is passive", "leave one that is not")


@rule(
    "TS512",
    "instances on GPUs that the pod does not have",
    example="an instance group {kind: GPU, gpus: [1]} in a pool with gpu.count 1",
    fix="an instance group {kind: GPU}, which uses the GPUs that the pod has",
    source=GROUPS,
)
def gpus_of_the_pool(model: ModelView) -> Iterator[Problem]:
    """A pod's GPUs are numbered from 0, whatever their numbers on the node are; without a list Triton uses them all."""
    count = model.target.gpus
    for path, group, kind in _groups(model):
        if kind == "KIND_GPU" and count == 0:
            fix = "use KIND_CPU or KIND_AUTO, or give the pool GPUs (gpu.count)"
            yield Problem((*path, "kind"), "KIND_GPU, but the pods of its pool have no GPU", fix)
        if kind not in ("KIND_GPU", "KIND_AUTO"):
            continue
        for index, number in enumerate(group.gpus):
            if number < 0 or (count is not None and number >= count):
                known = f"the pods of its pool have {count} GPUs" if count is not None else "GPUs count from 0"
                fix = "remove gpus: Triton uses all that the pod has"
                yield Problem((*path, "gpus", index), f"GPU {number} is not there; {known}", fix)


@rule(
    "TS513",
    "optimization profile that cannot be",
    example="instance_group: [{kind: CPU, profile: ['0']}]",
    fix="instance_group: [{kind: CPU}]",
    source=GROUPS,
)
def profiles(model: ModelView) -> Iterator[Problem]:
    """Profiles are TensorRT's, and are numbered from 0."""
    resolved = resolve(model)
    for path, group, _ in _groups(model):
        for index, profile in enumerate(group.profile):
            key: KeyPath = (*path, "profile", index)
            if resolved is not None and resolved.platform != TENSORRT_PLAN:
                yield Problem(key, f'profile "{profile}" in a model that is not TensorRT\'s', "remove profile")
                break
            if not _starts_as_number(profile):
                yield Problem(key, f'profile "{profile}" is no number from 0 on', 'write it as "0"')


def _starts_as_number(text: str) -> bool:
    """C++ reads leading digits, after blanks and a sign, and leaves the rest."""
    return text.lstrip(" \t\n\v\f\r").removeprefix("+")[:1].isdecimal()


@rule(
    "TS515",
    "response cache that is not there",
    Severity.WARNING,
    example="a model with response_cache, in a pool without the flag cache-config",
    fix="the pool's value server.extraArgs {cache-config: 'local,size=1048576'}",
    source="Triton core, server.cc: ResponseCacheEnabled",
)
def cache_is_on(model: ModelView) -> Iterator[Problem]:
    """Without --cache-config the server has no cache, and says nothing."""
    flags = model.target.flags
    if flags is not None and model.config.response_cache.enable and "cache-config" not in flags:
        fix = "set server.extraArgs.cache-config: local,size=1048576 in the pool, or remove it"
        yield Problem(("response_cache",), "response_cache does nothing in this pool", fix)


@rule(
    "TS516",
    "backend that needs a GPU, without one",
    example="backend: tensorrt\ninstance_group: [{kind: CPU}]",
    fix="backend: tensorrt\ninstance_group: [{kind: GPU}]",
    source="TensorRT, TensorRT-LLM and vLLM backends",
)
def gpu_backends(model: ModelView) -> Iterator[Problem]:
    """TensorRT engines and LLM servers run on GPUs alone."""
    resolved = resolve(model)
    if resolved is None or resolved.backend not in GPU_ONLY:
        return
    for path, _, kind in _groups(model):
        # KIND_CPU is TensorRT-LLM's own: its engine takes the GPUs itself.
        if kind == "KIND_CPU" and resolved.backend != "tensorrtllm":
            yield Problem((*path, "kind"), f'backend "{resolved.backend}" does not run on a CPU', "remove it")
    if model.target.gpus == 0:
        message = f'backend "{resolved.backend}" needs a GPU, and the pods of its pool have none'
        yield Problem(("backend",), message, "give the pool GPUs (gpu.count), or put the model into another pool")
