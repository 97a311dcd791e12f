"""Small ONNX files for the tests, made by the library onnx."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import onnx
from onnx import TensorProto, helper

Shape = Sequence[int | str | None] | None
# What a preset is tried with: a batch of images to a batch of numbers.
IMAGES: Mapping[str, tuple[int, Shape]] = {"image": (TensorProto.FLOAT, ["N", 3, 8, 8])}
SCORES: Mapping[str, tuple[int, Shape]] = {"scores": (TensorProto.FLOAT, ["N", 10])}


def model(
    inputs: Mapping[str, tuple[int, Shape]] = IMAGES,
    outputs: Mapping[str, tuple[int, Shape]] = SCORES,
    defaults: Sequence[str] = (),
    ir_version: int = 10,
) -> onnx.ModelProto:
    """A model with these tensors (type and shape by name); those of ``defaults`` have an initializer too."""
    weights = [helper.make_tensor("weight", TensorProto.FLOAT, [2], [1.0, 2.0])]
    weights += [helper.make_tensor(name, TensorProto.FLOAT, [1], [0.0]) for name in defaults]
    graph = helper.make_graph(
        [helper.make_node("Custom", list(inputs), list(outputs), domain="tests")],
        "graph",
        [helper.make_tensor_value_info(name, *tensor) for name, tensor in inputs.items()],
        [helper.make_tensor_value_info(name, *tensor) for name, tensor in outputs.items()],
        weights,
    )
    return helper.make_model(graph, ir_version=ir_version)


def write(path: Path, content: onnx.ModelProto | None = None) -> Path:
    """Write a model, the usual one when none is given."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes((content or model()).SerializeToString())
    return path
