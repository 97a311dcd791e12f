"""Tensors that are read from model files: ONNX without its weights, Python without running it, and what check says."""

import json
import time
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper

from tests.support.command import triton_stack
from tests.support.onnx_models import model, write
from triton_stack.check import Folder, ModelView, check_model
from triton_stack.check.view import OnnxModel
from triton_stack.pbtxt import parse_config
from triton_stack.repository.onnx_file import read_onnx
from triton_stack.repository.python_file import read_python_model
from triton_stack.spec.base import Document

NUMBER = TensorProto.FLOAT
FILE = model({"x": (NUMBER, ["N", 4]), "mask": (TensorProto.INT64, ["N", "T"])}, {"y": (NUMBER, ["N", "K"])})
MASK = "input { name: 'mask' data_type: TYPE_INT64 dims: -1 }"
Y = "output { name: 'y' data_type: TYPE_FP32 dims: -1 }"
RIGHT = f"max_batch_size: 8 input {{ name: 'x' data_type: TYPE_FP32 dims: 4 }} {MASK} {Y}"


def findings(folder: Path, config: str, content: Any = FILE, version: str = "1") -> list[tuple[str, str]]:
    write(folder / "m" / version / "model.onnx", content)
    (folder / "m" / "config.pbtxt").write_text(f'name: "m" backend: "onnxruntime" {config}')
    found = json.loads(triton_stack("check", folder / "m", "-o", "json").out)
    assert all(item["fix"] for item in found)
    return [(item["code"], item["key"]) for item in found]


@pytest.mark.parametrize(
    "config",
    [
        RIGHT,
        # Left out altogether: the backend reads them from the file.
        "max_batch_size: 8",
        "",
        RIGHT.replace("dims: 4 ", "dims: [2, 2] reshape { shape: 4 } "),
        # Without a batch the shape is whole.
        RIGHT.replace("dims: 4 ", "dims: [-1, 4] ").replace("dims: -1", "dims: [-1, -1]").replace(": 8", ": 0"),
        # Any number of an open input size.
        RIGHT.replace("TYPE_INT64 dims: -1", "TYPE_INT64 dims: 16"),
    ],
    ids=["whole", "completed", "nothing", "reshaped", "no batch", "an open input"],
)
def test_a_config_that_fits_its_file_has_no_findings(tmp_path: Path, config: str) -> None:
    assert findings(tmp_path, config) == []


@pytest.mark.parametrize(
    ("config", "found"),
    [
        (RIGHT.replace("'x'", "'X'"), [("TS413", "input[0].name"), ("TS417", "input")]),
        (RIGHT.replace("'y'", "'z'"), [("TS413", "output[0].name")]),
        (RIGHT.replace("FP32 dims: 4", "FP16 dims: 4"), [("TS414", "input[0].data_type")]),
        (RIGHT.replace("dims: 4", "dims: 5"), [("TS414", "input[0].dims")]),
        (RIGHT.replace("dims: 4", "dims: -1"), [("TS414", "input[0].dims")]),
        (RIGHT.replace("dims: 4", "dims: [-1, 4]"), [("TS414", "input[0].dims")]),
        (RIGHT.replace("dims: 4", "dims: 2 reshape { shape: 2 }"), [("TS414", "input[0].reshape.shape")]),
        (RIGHT.replace(Y, Y.replace("-1", "9")), [("TS416", "output[0].dims[0]")]),
        (RIGHT.replace(MASK, ""), [("TS417", "input")]),
        (RIGHT.replace("dims: -1 } output", "dims: -1 optional: true } output"), [("TS417", "input[1].optional")]),
    ],
    ids=["input name", "output name", "type", "size", "open", "rank", "reshape", "output size", "left out", "optional"],
)  # fmt: skip
def test_a_config_that_does_not_fit_its_file_is_refused(
    tmp_path: Path, config: str, found: list[tuple[str, str]]
) -> None:
    assert findings(tmp_path, config) == found


FIXED = model({"x": (NUMBER, [1, 4])}, {"y": (NUMBER, [1, 2])})


def test_a_batch_that_the_file_does_not_have_is_refused(tmp_path: Path) -> None:
    tensors = "input { name: 'x' data_type: TYPE_FP32 dims: 4 } output { name: 'y' data_type: TYPE_FP32 dims: 2 }"
    expected = [("TS414", "input[0].dims"), ("TS414", "output[0].dims")]
    assert findings(tmp_path / "a", f"max_batch_size: 8 {tensors}", FIXED) == expected
    whole = tensors.replace("dims: 4", "dims: [1, 4]").replace("dims: 2", "dims: [1, 2]")
    assert findings(tmp_path / "b", whole, FIXED) == []


def test_a_batch_to_complete_that_the_file_does_not_have_is_refused(tmp_path: Path) -> None:
    assert findings(tmp_path / "a", "max_batch_size: 8", FIXED) == [("TS414", "max_batch_size")]
    assert findings(tmp_path / "b", "", FIXED) == []


def test_a_scalar_is_written_as_one(tmp_path: Path) -> None:
    scalar = model({"x": (NUMBER, [])}, {"y": (NUMBER, [2])})
    tensors = "input { name: 'x' data_type: TYPE_FP32 dims: 1 } output { name: 'y' data_type: TYPE_FP32 dims: 2 }"
    assert findings(tmp_path / "a", tensors, scalar) == []
    assert findings(tmp_path / "b", tensors.replace("dims: 1", "dims: 2"), scalar) == [("TS414", "input[0].dims")]


def test_an_input_with_a_default_is_optional(tmp_path: Path) -> None:
    content = model({"x": (NUMBER, [4]), "alpha": (NUMBER, [1])}, {"y": (NUMBER, [2])}, defaults=["alpha"])
    x = "input { name: 'x' data_type: TYPE_FP32 dims: 4 } output { name: 'y' data_type: TYPE_FP32 dims: 2 }"
    alpha = "input { name: 'alpha' data_type: TYPE_FP32 dims: 1 optional: true }"
    assert findings(tmp_path / "a", x, content) == []
    assert findings(tmp_path / "b", f"{x} {alpha}", content) == []
    assert findings(tmp_path / "c", f"{x} {alpha.replace('optional: true', '')}", content) == [("TS417", "input[1]")]


def test_before_version_4_an_initializer_is_no_input(tmp_path: Path) -> None:
    content = model({"x": (NUMBER, [4]), "w": (NUMBER, [1])}, {"y": (NUMBER, [2])}, defaults=["w"], ir_version=3)
    assert [tensor.name for tensor in read_onnx(write(tmp_path / "m.onnx", content)).inputs] == ["x"]


def test_a_map_of_scikit_learn_is_named(tmp_path: Path) -> None:
    content = model()
    maps = helper.make_sequence_type_proto(
        helper.make_map_type_proto(TensorProto.INT64, helper.make_tensor_type_proto(NUMBER, []))
    )
    content.graph.output.append(helper.make_value_info("output_probability", maps))  # fmt: skip
    assert findings(tmp_path, "", content) == [("TS415", "")]


def test_a_type_that_nobody_asks_for_does_no_harm(tmp_path: Path) -> None:
    content = model({"x": (NUMBER, [4])}, {"y": (NUMBER, [2]), "z": (TensorProto.BFLOAT16, [2])})
    tensors = "input { name: 'x' data_type: TYPE_FP32 dims: 4 } output { name: 'y' data_type: TYPE_FP32 dims: 2 }"
    assert findings(tmp_path / "a", tensors, content) == []
    assert findings(tmp_path / "b", "", content) == [("TS415", "")]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "it holds no graph"),
        (b"x", "it is no ONNX file, or was cut off"),
        (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
        (FILE.SerializeToString()[:-1], "it is no ONNX file, or was cut off"),
    ],
    ids=["empty", "other", "git lfs", "cut off"],
)
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "1").mkdir()
    (tmp_path / "1" / "model.onnx").write_bytes(content)
    (tmp_path / "config.pbtxt").write_text(f'backend: "onnxruntime" {RIGHT}')
    found = json.loads(triton_stack("check", tmp_path, "-o", "json").out)
    assert [item["code"] for item in found] == ["TS415"]
    assert said in found[0]["message"]


def test_only_versions_that_are_served_count(tmp_path: Path) -> None:
    write(tmp_path / "m" / "1" / "model.onnx", FIXED)
    assert findings(tmp_path, RIGHT, version="2") == []
    assert findings(tmp_path, f"{RIGHT} version_policy {{ all {{ }} }}", version="2") != []
    assert findings(tmp_path, f"{RIGHT} version_policy {{ specific {{ versions: 2 }} }}", version="2") == []


def test_a_model_that_is_a_folder_is_read_too(tmp_path: Path) -> None:
    write(tmp_path / "1" / "model.onnx" / "model.onnx", FILE)
    (tmp_path / "config.pbtxt").write_text(f'backend: "onnxruntime" {RIGHT.replace("dims: 4", "dims: 5")}')
    found = json.loads(triton_stack("check", tmp_path, "-o", "json").out)
    assert [item["code"] for item in found] == ["TS414"]


def test_another_backends_file_is_its_own_business() -> None:
    folder = Folder({"1/model.onnx": 1, "1/model.py": 1}, frozenset({"1"}), onnx={"1/model.onnx": OnnxModel()})
    config = parse_config(f'name: "m" backend: "python" {RIGHT}', "c")
    assert check_model(ModelView(Document("c", None), config, "m", folder)) == []


def _varint(number: int) -> bytes:
    head = bytes([number & 0x7F | (0x80 if number > 0x7F else 0)])
    return head + (_varint(number >> 7) if number > 0x7F else b"")


def _field(number: int, length: int) -> bytes:
    return _varint(number << 3 | 2) + _varint(length)


def test_two_gigabytes_of_weights_cost_neither_time_nor_memory(tmp_path: Path) -> None:
    """The file has a hole where its weights would be: it takes no room on the disk either."""
    weights = 2 << 30
    parts = [(11, FILE.graph.input[0].SerializeToString()), (12, FILE.graph.output[0].SerializeToString())]
    tensors = b"".join(_field(number, len(part)) + part for number, part in parts)
    name = _field(8, 1) + b"w"
    initializer = len(name) + len(_field(9, weights)) + weights
    head = _field(5, initializer) + name + _field(9, weights)
    graph = len(tensors) + len(head) + weights
    path = tmp_path / "big.onnx"
    with path.open("wb") as stream:
        stream.write(_field(7, graph) + tensors + head)
        stream.truncate(stream.tell() + weights)
    read_onnx(path)
    tracemalloc.start()
    start = time.monotonic()
    found = read_onnx(path)
    seconds = time.monotonic() - start
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [(tensor.name, tensor.dims) for tensor in (*found.inputs, *found.outputs)] == [
        ("x", (-1, 4)),
        ("y", (-1, -1)),
    ]
    assert peak < 1 << 20
    assert seconds < 1


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.onnx"
    path.write_bytes(content)
    read_onnx(path)
    read_python_model(content)


@given(st.integers(0, len(FILE.SerializeToString()) - 1), st.integers(0, 255))
def test_a_changed_byte_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, place: int, byte: int) -> None:
    content = bytearray(FILE.SerializeToString())
    content[place] = byte
    path = tmp_path_factory.getbasetemp() / "changed.onnx"
    path.write_bytes(content)
    found = read_onnx(path)
    assert found.problem or isinstance(found.inputs, tuple)


HEAD = "class TritonPythonModel:\n    def auto_complete_config(config):\n        "


@pytest.mark.parametrize(
    "line",
    [
        "config.add_input({[]: 1})",
        "config.add_input(**x)",
        "config.add_input({**x})",
        "config.add_input()",
        "config.set_max_batch_size('4')",
        "for a in config: pass",
        "x = config",
        "del config",
        "(config := 1)",
        "return",
    ],
)
def test_odd_code_is_left_to_the_server(line: str) -> None:
    found = read_python_model(f"{HEAD}{line}\n        return config\n".encode())
    assert found.inputs == []
    assert found.left or not found.completes
