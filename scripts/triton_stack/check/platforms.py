"""Rules on backend and platform (TS503, TS504, TS53x)."""

from collections.abc import Iterator

from triton_stack.check.backends import ENSEMBLE, PLATFORMS_OF, resolve
from triton_stack.check.registry import Problem, rule
from triton_stack.check.view import ModelView
from triton_stack.spec.findings import Severity, suggest
from triton_stack.spec.names import DEFAULT_FILES

VALIDATE = "Triton core, model_config_utils.cc: ValidateModelConfig"
GUESS = "Triton core, model_config_utils.cc: AutoCompleteBackendFields"
# What NVIDIA's containers have, each flavour beside python; a custom image may have others.
FULL = frozenset(
    {"dali", "fil", "identity", "onnxruntime", "openvino", "python", "pytorch", "repeat", "square", "tensorrt"}
)
FLAVOURS = {"vllm": "-vllm-python-py3", "tensorrtllm": "-trtllm-python-py3"}
NVIDIA_IMAGE = "nvidia/tritonserver:"
# Backends that read no tensors from their model files, and cannot serve a model without them.
NEED_TENSORS = frozenset({"pytorch", "fil", "dali"})


@rule(
    "TS503",
    "model whose backend is left open",
    Severity.WARNING,
    example='backend: ""  # or no such line',
    fix="backend: python",
    source=GUESS,
)
def backend_is_named(model: ModelView) -> Iterator[Problem]:
    """Triton then guesses it from the first version's files, or from the model's name after its first dot."""
    config = model.config
    resolved = resolve(model)
    is_open = not config.backend and not config.platform and not config.HasField("ensemble_scheduling")
    if is_open and (resolved is None or resolved.backend):
        guess = f'; Triton takes "{resolved.backend}"' if resolved else ""
        fix = f"backend: {resolved.backend if resolved else 'python'}"
        yield Problem(("backend",), f"neither backend nor platform is given{guess}", fix)


@rule(
    "TS504",
    "platform that does not go with the backend",
    example='backend: ""\nplatform: python',
    fix="backend: python",
    source=VALIDATE,
)
def platform_fits(model: ModelView) -> Iterator[Problem]:
    """Some backends take certain platforms alone, and without a backend only their platforms say which one is meant."""
    config = model.config
    resolved = resolve(model)
    if resolved is None or config.HasField("ensemble_scheduling") or resolved.platform == ENSEMBLE:
        return
    backend, platform = resolved
    if not backend and platform:
        known = sorted({name for names in PLATFORMS_OF.values() for name in names} | {ENSEMBLE})
        is_backend = platform in DEFAULT_FILES or platform in FULL
        fix = f'write backend: "{platform}"' if is_backend else suggest(platform, known) or "give the backend instead"
        yield Problem(("platform",), f'platform "{platform}" is unknown', fix)
    elif backend in PLATFORMS_OF and platform not in PLATFORMS_OF[backend]:
        allowed = " or ".join(PLATFORMS_OF[backend])
        found = f'platform "{platform}"' if platform else "no platform"
        yield Problem(("platform",), f'backend "{backend}" with {found}', f"use {allowed}, or remove platform")


@rule(
    "TS530",
    "backend that Triton cannot guess",
    example='backend: ""\ndefault_model_filename: weights.bin',
    fix="backend: python",
    source=GUESS,
)
def backend_can_be_guessed(model: ModelView) -> Iterator[Problem]:
    """Without backend and platform it needs a known file name, or a model name like model.BACKEND."""
    resolved = resolve(model)
    if resolved == ("", "") and not model.config.HasField("ensemble_scheduling"):
        yield Problem(("backend",), "there is no backend, and nothing to guess it from", "add backend")


@rule(
    "TS531",
    "backend that the pool's image does not have",
    example="backend vllm in a pool with the image tag 26.08-py3",
    fix="the pool's image tag 26.08-vllm-python-py3",
    source="NVIDIA's containers: -py3, -vllm-python-py3, -trtllm-python-py3",
)
def backend_is_in_the_image(model: ModelView) -> Iterator[Problem]:
    """VLLM and TensorRT-LLM come in containers of their own; those have, beside python, no other backend."""
    resolved = resolve(model)
    tag = model.target.image.partition(":")[2]
    if resolved is None or not model.target.image.startswith(NVIDIA_IMAGE) or not tag.endswith("-py3"):
        return
    backend = resolved.backend
    flavour = next((name for name, suffix in FLAVOURS.items() if tag.endswith(suffix)), None)
    if backend in FLAVOURS and backend != flavour:
        fix = f"give the pool the image tag {model.target.triton}{FLAVOURS[backend]}, or put the model into such a pool"
        yield Problem(("backend",), f'backend "{backend}" is not in the image {tag}', fix)
    elif flavour is not None and backend in FULL - {"python"}:
        fix = f"put the model into a pool with the image tag {model.target.triton}-py3"
        yield Problem(("backend",), f'backend "{backend}" is not in the image {tag}', fix)


@rule(
    "TS532",
    "backend that no container of NVIDIA's has",
    Severity.WARNING,
    example="backend: onnx",
    fix="backend: onnxruntime",
    source="Triton core, backend_model.cc: unable to find backend library",
)
def backend_is_known(model: ModelView) -> Iterator[Problem]:
    """It loads only where the image, or the model's folder, has the library libtriton_BACKEND.so."""
    resolved = resolve(model)
    if resolved is None or not resolved.backend or model.config.runtime:
        return
    known = FULL | FLAVOURS.keys() | PLATFORMS_OF.keys()
    library = f"libtriton_{resolved.backend}.so"
    files = model.folder.files if model.folder else {}
    if resolved.backend not in known and not any(path.rpartition("/")[2] == library for path in files):
        fix = suggest(resolved.backend, known) or f"put {library} into the image, or into the version's folder"
        yield Problem(("backend",), f'backend "{resolved.backend}" is not in NVIDIA\'s images', fix)


@rule(
    "TS533",
    "model whose backend needs its tensors, without them",
    example="backend: pytorch\ndefault_model_filename: model.py\ninput: []\noutput: []",
    fix="backend: pytorch\ndefault_model_filename: model.py",
    source="PyTorch, FIL and DALI backends",
)
def tensors_are_given(model: ModelView) -> Iterator[Problem]:
    """These model files do not say their tensors, so the config has to."""
    resolved = resolve(model)
    if resolved is None or resolved.backend not in NEED_TENSORS:
        return
    for kind in ("input", "output"):
        if not getattr(model.config, kind):
            yield Problem((kind,), f'backend "{resolved.backend}" needs {kind}', f"add {kind}")


@rule(
    "TS534",
    "vLLM model with keys that its backend refuses",
    example="backend: vllm\nmax_batch_size: 8\ninstance_group: [{kind: MODEL}]",
    fix="backend: vllm\nmax_batch_size: 0\ninstance_group: [{kind: MODEL}]",
    source="vLLM backend: auto_complete_config",
)
def vllm(model: ModelView) -> Iterator[Problem]:
    """The vLLM backend batches by itself, and sets tensors and the decoupled policy by itself."""
    resolved = resolve(model)
    config = model.config
    if resolved is None or resolved.backend != "vllm":
        return
    if config.max_batch_size > 0:
        yield Problem(("max_batch_size",), "the vLLM backend has max_batch_size 0: it batches by itself", "remove it")
    if config.HasField("model_transaction_policy") and not config.model_transaction_policy.decoupled:
        key = ("model_transaction_policy", "decoupled")
        yield Problem(key, "the vLLM backend is decoupled", "remove model_transaction_policy")
    if config.response_cache.enable:
        yield Problem(("response_cache",), "the vLLM backend cannot have a response cache", "remove response_cache")
    if not model.target.auto_complete:
        message = "the vLLM backend needs Triton to complete its config, but its pool sets disable-auto-complete-config"
        yield Problem(("backend",), message, "remove that flag from the pool")


@rule(
    "TS535",
    "repository agents, and none of them",
    example="model_repository_agents: {agents: []}",
    fix="backend: python   # and no model_repository_agents",
    source="Triton core, repo_agent.cc; seen on 2.51: it ends the server",
)
def agents_are_there(model: ModelView) -> Iterator[Problem]:
    """The server asks the first agent of the list, and ends when there is none."""
    config = model.config
    if config.HasField("model_repository_agents") and not config.model_repository_agents.agents:
        yield Problem(("model_repository_agents",), "model_repository_agents names no agent", "remove it")
