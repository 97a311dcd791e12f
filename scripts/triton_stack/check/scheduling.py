"""Rules on backends, instance groups, ensembles and warm-up (TS5xx), and on the sample's size (TS6xx)."""

from collections.abc import Iterator

from triton_stack.check.registry import Problem, rule
from triton_stack.check.tensors import completes_itself
from triton_stack.check.view import ModelView
from triton_stack.spec.findings import KeyPath, Severity, suggest
from triton_stack.spec.names import DEFAULT_FILES, PLATFORMS

KIND_CPU = 2
KIND_MODEL = 3
# All samples of a pool share one ConfigMap, and Kubernetes holds that below 1 MiB.
MAX_SAMPLE_BYTES = 700_000


@rule(
    "TS501",
    "GPU list for instances that use no GPU",
    example="instance_group: [{kind: CPU, gpus: [0]}]",
    fix="instance_group: [{kind: CPU}]",
    source="Triton core, model_config_utils.cc: ValidateInstanceGroup",
)
def gpus_of_cpu(model: ModelView) -> Iterator[Problem]:
    """Triton refuses a GPU list with KIND_CPU and KIND_MODEL."""
    for index, group in enumerate(model.config.instance_group):
        if group.gpus and group.kind in (KIND_CPU, KIND_MODEL):
            kind = "KIND_CPU" if group.kind == KIND_CPU else "KIND_MODEL"
            yield Problem(
                ("instance_group", index, "gpus"), f"gpus does not go with {kind}", "remove gpus, or use KIND_GPU"
            )


@rule(
    "TS502",
    "instance groups that are all passive",
    example="instance_group: [{kind: CPU, passive: true}]",
    fix="instance_group: [{kind: CPU, passive: true}, {kind: CPU}]",
    source="Triton core, rate_limiter.cc: an empty set of instances",
)
def not_all_passive(model: ModelView) -> Iterator[Problem]:
    """Such a model loads, and the first request crashes the server."""
    groups = model.config.instance_group
    if groups and all(group.passive for group in groups):
        yield Problem(("instance_group", 0, "passive"), "every instance group is passive", "leave one that is not")


@rule(
    "TS503",
    "model whose backend is left open",
    Severity.WARNING,
    example='backend: ""  # or no such line',
    fix="backend: python",
    source="Triton core, model_config_utils.cc: AutoCompleteBackendFields",
)
def backend_is_named(model: ModelView) -> Iterator[Problem]:
    """Triton then guesses it from the model's name or files."""
    config = model.config
    if not config.backend and not config.platform and not config.HasField("ensemble_scheduling"):
        yield Problem(("backend",), "neither backend nor platform is given", "add backend, as python or onnxruntime")


@rule(
    "TS504",
    "platform that Triton does not know",
    example="platform: python",
    fix="backend: python",
    source="Triton core, model_config_utils.cc: ValidateModelConfig",
)
def platform_is_known(model: ModelView) -> Iterator[Problem]:
    """Without a backend, platform must be one of Triton's own names."""
    config = model.config
    if config.platform and not config.backend and config.platform not in PLATFORMS:
        near = suggest(config.platform, PLATFORMS)
        is_backend = config.platform in DEFAULT_FILES
        fix = f'write backend: "{config.platform}"' if is_backend else near or "give the backend instead"
        yield Problem(("platform",), f'platform "{config.platform}" is unknown', fix)


@rule(
    "TS505",
    "ensemble with keys that only other models have",
    example=(
        "platform: ensemble\n"
        "ensemble_scheduling:\n"
        "  step: [{model_name: step, model_version: -1, input_map: {INPUT: A}, output_map: {OUTPUT: B}}]\n"
        "instance_group: [{kind: CPU}]"
    ),
    fix=(
        "platform: ensemble\n"
        "ensemble_scheduling:\n"
        "  step: [{model_name: step, model_version: -1, input_map: {INPUT: A}, output_map: {OUTPUT: B}}]"
    ),
    source="Triton core, model_config_utils.cc: ValidateEnsembleSchedulingConfig",
)
def ensemble_keys(model: ModelView) -> Iterator[Problem]:
    """An ensemble runs nothing itself: Triton wants its platform, and no backend, instances, warm-up, optimization."""
    config = model.config
    if config.platform == "ensemble" and not config.HasField("ensemble_scheduling"):
        yield Problem(("ensemble_scheduling",), "an ensemble needs ensemble_scheduling", "add its steps")
    if not config.HasField("ensemble_scheduling"):
        return
    if config.platform != "ensemble":
        yield Problem(("platform",), 'a model with ensemble_scheduling needs platform "ensemble"', "platform: ensemble")
    if config.backend:
        yield Problem(("backend",), "an ensemble has no backend", "remove backend")
    for key in ("instance_group", "model_warmup"):
        if getattr(config, key):
            yield Problem((key,), f"an ensemble has no {key}", f"remove {key}")
    if config.HasField("optimization"):
        yield Problem(("optimization",), "an ensemble has no optimization", "remove optimization")


@rule(
    "TS506",
    "ensemble step without model_version",
    example=("ensemble_scheduling:\n  step: [{model_name: step, input_map: {INPUT: A}, output_map: {OUTPUT: B}}]"),
    fix=(
        "ensemble_scheduling:\n"
        "  step: [{model_name: step, model_version: -1, input_map: {INPUT: A}, output_map: {OUTPUT: B}}]"
    ),
    source="Triton core, model_config.proto: model_version is 0 when left out, -1 is the latest",
)
def step_version(model: ModelView) -> Iterator[Problem]:
    """Left out, it means version 0, not the latest."""
    for index, step in enumerate(model.config.ensemble_scheduling.step):
        if step.model_version == 0:
            key: KeyPath = ("ensemble_scheduling", "step", index, "model_version")
            yield Problem(key, f'step "{step.model_name}" asks for version 0', "write model_version: -1 for the latest")


@rule(
    "TS507",
    "ensemble step that is incomplete or not there",
    example=("ensemble_scheduling:\n  step: [{model_name: step, model_version: -1, output_map: {OUTPUT: B}}]"),
    fix=(
        "ensemble_scheduling:\n"
        "  step: [{model_name: step, model_version: -1, input_map: {INPUT: A}, output_map: {OUTPUT: B}}]"
    ),
    source="Triton core, model_config_utils.cc: BuildEnsembleGraph",
)
def step_is_complete(model: ModelView) -> Iterator[Problem]:
    """Each step names a model that is served too, and maps its tensors."""
    for index, step in enumerate(model.config.ensemble_scheduling.step):
        path: KeyPath = ("ensemble_scheduling", "step", index)
        for key in ("model_name", "input_map", "output_map"):
            if not getattr(step, key):
                yield Problem((*path, key), f"the step has no {key}", f"add {key}")
        if step.model_name and model.models is not None and step.model_name not in model.models:
            known = sorted(model.models.keys() - {model.config.name})
            fix = suggest(step.model_name, known) or "add that model"
            yield Problem((*path, "model_name"), f'there is no model "{step.model_name}"', fix)


@rule(
    "TS508",
    "warm-up that does not fit the model",
    example=(
        "max_batch_size: 8\n"
        "model_warmup:\n"
        "  - name: one\n"
        "    batch_size: 9\n"
        "    inputs: {INPUT: {data_type: FP32, dims: [4], zero_data: true}}"
    ),
    fix=(
        "max_batch_size: 8\n"
        "model_warmup:\n"
        "  - name: one\n"
        "    batch_size: 8\n"
        "    inputs: {INPUT: {data_type: FP32, dims: [4], zero_data: true}}"
    ),
    source="Triton core, backend_model_instance.cc: GenerateWarmupData",
)
def warmup(model: ModelView) -> Iterator[Problem]:
    """Triton refuses missing inputs, sizes of -1, and a batch above max_batch_size."""
    config = model.config
    names = {tensor.name: tensor for tensor in config.input}
    for index, item in enumerate(config.model_warmup):
        path: KeyPath = ("model_warmup", index)
        if item.batch_size > max(config.max_batch_size, 1):
            message = f"batch_size is {item.batch_size}, max_batch_size {config.max_batch_size}"
            yield Problem((*path, "batch_size"), message, f"use 1 to {max(config.max_batch_size, 1)}")
        for name, tensor in item.inputs.items():
            if any(size < 0 for size in tensor.dims):
                yield Problem((*path, "inputs", name, "dims"), "a warm-up tensor needs exact sizes", "replace -1")
        for name, declared in names.items():
            if name not in item.inputs and not declared.optional:
                yield Problem((*path, "inputs"), f'the warm-up leaves out input "{name}"', f"add {name}")


@rule(
    "TS509",
    "warm-up that Triton skips",
    Severity.WARNING,
    example=("model_warmup:\n  - name: one\n    inputs: {INPUT: {data_type: FP32, dims: [4], zero_data: true}}"),
    fix=(
        "model_warmup:\n"
        "  - name: one\n"
        "    batch_size: 1\n"
        "    inputs: {INPUT: {data_type: FP32, dims: [4], zero_data: true}}"
    ),
    source="Triton core, backend_model_instance.cc: GenerateWarmupData",
)
def warmup_runs(model: ModelView) -> Iterator[Problem]:
    """A warm-up with batch_size 0 is never run, also for a model without batching."""
    for index, item in enumerate(model.config.model_warmup):
        if item.batch_size == 0:
            yield Problem(("model_warmup", index), "a warm-up without batch_size is never run", "write batch_size: 1")


@rule(
    "TS511",
    "warm-up of an input that the model does not have",
    Severity.WARNING,
    example=(
        "model_warmup:\n"
        "  - name: one\n"
        "    batch_size: 1\n"
        "    inputs:\n"
        "      INPUT: {data_type: FP32, dims: [4], zero_data: true}\n"
        "      IMAGE: {data_type: FP32, dims: [4], zero_data: true}"
    ),
    fix=(
        "model_warmup:\n"
        "  - name: one\n"
        "    batch_size: 1\n"
        "    inputs:\n"
        "      INPUT: {data_type: FP32, dims: [4], zero_data: true}"
    ),
    source="Triton core, backend_model_instance.cc: GenerateWarmupData",
)
def warmup_inputs(model: ModelView) -> Iterator[Problem]:
    """Triton passes over it, and says nothing."""
    names = [tensor.name for tensor in model.config.input]
    if not names and completes_itself(model):
        return
    for index, item in enumerate(model.config.model_warmup):
        for name in item.inputs:
            if name not in names:
                fix = suggest(name, names) or f"inputs: {', '.join(names) or 'none'}"
                yield Problem(("model_warmup", index, "inputs", name), f'the model has no input "{name}"', fix)


@rule(
    "TS510",
    "ensemble with files, or a model without",
    example="a spec of a python model without source",
    fix="source names the folder with the version directories",
    source="triton-stack: bundles",
)
def source_is_given(model: ModelView) -> Iterator[Problem]:
    """A model needs its files; an ensemble has none."""
    if model.spec is None:
        return
    if model.spec.is_ensemble and model.spec.own.source is not None:
        yield Problem(("source",), "an ensemble has no files of its own", "remove source")
    if not model.spec.is_ensemble and model.spec.own.source is None:
        yield Problem(("source",), 'key "source" is missing', "add source: <folder with the version directories>")


@rule(
    "TS606",
    "sample that is too big for the cluster",
    example=("input: [{name: INPUT, data_type: UINT8, dims: [-1]}]\nsample: {INPUT: {zeros: [900000]}}"),
    fix=("input: [{name: INPUT, data_type: UINT8, dims: [-1]}]\nsample: {INPUT: {zeros: [1000]}}"),
    source="Kubernetes: a ConfigMap holds less than 1 MiB",
)
def sample_size(model: ModelView) -> Iterator[Problem]:
    """The request body is kept in a ConfigMap."""
    request = model.spec.sample_request if model.spec else None
    size = len(request.encode()) if request else 0
    if size > MAX_SAMPLE_BYTES:
        message = f"the sample's request has {size} bytes, above {MAX_SAMPLE_BYTES}"
        yield Problem(("sample",), message, "use smaller sizes where dims are -1, or leave the sample out")
