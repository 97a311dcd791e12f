"""Which backend and platform Triton takes for a config: what it says, or what Triton guesses from names and files."""

from typing import NamedTuple

from triton_stack.check.view import Folder, ModelView

TENSORRT_PLAN = "tensorrt_plan"
ENSEMBLE = "ensemble"

# The platforms that these backends take; all other backends take any.
PLATFORMS_OF = {
    "tensorflow": ("tensorflow_savedmodel", "tensorflow_graphdef"),
    "tensorrt": (TENSORRT_PLAN,),
    "onnxruntime": ("onnxruntime_onnx",),
    "pytorch": ("pytorch_libtorch", "torch_aoti"),
}
# The platform that Triton fills in for a backend without one. TensorFlow's depends on the file.
_FILLED_PLATFORM = {"tensorrt": TENSORRT_PLAN, "onnxruntime": "onnxruntime_onnx", "pytorch": "pytorch_libtorch"}
_OF_PLATFORM = {platform: backend for backend, platforms in PLATFORMS_OF.items() for platform in platforms}
# Backend by the file that a version holds, in the order in which Triton looks.
_OF_FILE = {
    "model.savedmodel": "tensorflow",
    "model.graphdef": "tensorflow",
    "model.plan": "tensorrt",
    "model.onnx": "onnxruntime",
    "model.xml": "openvino",
    "model.pt": "pytorch",
    "model.py": "python",
}
_TENSORFLOW_PLATFORM = {"model.savedmodel": "tensorflow_savedmodel", "model.graphdef": "tensorflow_graphdef"}

# These backends read tensors from the model file and complete a config that leaves them out.
COMPLETING = frozenset({"onnxruntime", "tensorrt", "openvino", "tensorflow", "vllm"})
# These run on a GPU alone.
GPU_ONLY = frozenset({"tensorrt", "tensorrtllm", "vllm"})


class Resolved(NamedTuple):
    """The backend and platform that the server ends with; an empty text where it has none."""

    backend: str
    platform: str


def resolve(model: ModelView) -> Resolved | None:
    """Fill in backend and platform as the server does; None when that depends on files which are not at hand."""
    config = model.config
    backend, platform, file = config.backend, config.platform, config.default_model_filename
    if not platform and backend in ("", "tensorflow"):
        found = file or (_first_file(model.folder, _TENSORFLOW_PLATFORM) if model.folder else "")
        platform = _TENSORFLOW_PLATFORM.get(found, "")
    if not backend:
        backend = _OF_PLATFORM.get(platform, "") or ("" if platform else _OF_FILE.get(file, ""))
    if not backend and not platform and not file:
        if model.folder is None:
            return None
        backend = (
            _OF_FILE.get(_first_file(model.folder, _OF_FILE), "")
            or (config.name or model.expected_name or "").partition(".")[2]
        )
    if not platform:
        platform = _FILLED_PLATFORM.get(backend, "")
    return Resolved(backend, platform)


def completes_itself(model: ModelView) -> bool:
    """Tell whether the backend may fill in what the config leaves out."""
    resolved = resolve(model)
    if not model.target.auto_complete or resolved is None:
        return resolved is None
    texts = model.folder.python.values() if model.folder else ()
    return resolved.backend in COMPLETING or any(b"auto_complete_config" in text for text in texts)


def _first_file(folder: Folder, names: dict[str, str]) -> str:
    """Return the first of the names that the first folder of the model holds; Triton looks into no other."""
    first = min((path for path in folder.directories if "/" not in path), default=None)
    for name in names:
        path = f"{first}/{name}"
        # Of these, a saved model is a folder, and ONNX models may be.
        is_there = path in folder.directories if name == "model.savedmodel" else path in folder.files
        if is_there or (name == "model.onnx" and path in folder.directories):
            return name
    return ""
