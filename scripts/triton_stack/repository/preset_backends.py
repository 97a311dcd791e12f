"""The backends that have a preset. Imports nothing: the command line offers them."""

from enum import StrEnum


class Backend(StrEnum):
    """Backends that have a preset; ``torch_aoti`` is a platform of the PyTorch backend."""

    PYTHON = "python"
    ONNXRUNTIME = "onnxruntime"
    TENSORRT = "tensorrt"
    PYTORCH = "pytorch"
    TORCH_AOTI = "torch_aoti"
    VLLM = "vllm"
    TENSORRTLLM = "tensorrtllm"
    OPENVINO = "openvino"
    FIL = "fil"
    DALI = "dali"
    ENSEMBLE = "ensemble"
