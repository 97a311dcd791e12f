"""What `init` writes for each backend: specs without findings, tensors from the model's file, nothing half-done."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from onnx import TensorProto

from tests.support.command import Result, triton_stack
from tests.support.onnx_models import model, write
from triton_stack.repository.preset_backends import Backend
from triton_stack.repository.presets import PRESETS

LONGEST = 10
# Its C++ backend completes nothing; the spec's head says so.
LONGER = {Backend.TENSORRTLLM}


def model_file(folder: Path, backend: Backend) -> Path | None:
    """The file or folder that a user would give; None where the preset brings its own."""
    preset = PRESETS[backend]
    if preset.example or not preset.needs_file:
        return None
    if backend is Backend.TENSORRTLLM:
        (folder / "engine").mkdir()
        (folder / "engine" / "rank0.engine").write_bytes(b"x")
        return folder / "engine"
    path = folder / preset.file
    if backend is Backend.ONNXRUNTIME:
        return write(path)
    path.write_bytes(b"x")
    return path


def init(stack: Path, backend: Backend, *more: object) -> Result:
    return triton_stack("init", stack, "--backend", backend, *more)


def init_with_its_file(stack: Path, backend: Backend) -> Result:
    given = model_file(stack.parent, backend)
    return init(stack, backend, *(["--model", given] if given else []))


def findings(path: Path) -> list[tuple[str, str]]:
    return [(item["code"], item["key"]) for item in json.loads(triton_stack("check", path, "-o", "json").out)]


def spec_of(stack: Path, name: str) -> dict[str, Any]:
    spec: dict[str, Any] = yaml.safe_load((stack / "models" / f"{name}.yaml").read_text())
    return spec


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("backend", Backend)
def test_a_preset_with_its_files_has_no_findings(tmp_path: Path, backend: Backend) -> None:
    done = init_with_its_file(tmp_path / "stack", backend)
    assert done.code == 0, done.err
    assert findings(tmp_path / "stack") == []
    assert triton_stack("generate", tmp_path / "stack", "-o", tmp_path / "out").code == 0


@pytest.mark.parametrize("backend", Backend)
def test_a_preset_is_short(tmp_path: Path, backend: Backend) -> None:
    init_with_its_file(tmp_path / "stack", backend)
    for file in (tmp_path / "stack" / "models").iterdir():
        lines = [line for line in file.read_text().splitlines() if line.strip() and not line.lstrip().startswith("#")]
        assert file.read_text().startswith("#")
        assert len(lines) >= 3
        if backend not in LONGER:
            assert len(lines) <= LONGEST


NEEDING_A_FILE = [backend for backend, preset in PRESETS.items() if preset.needs_file and not preset.example]


@pytest.mark.parametrize("backend", [backend for backend in NEEDING_A_FILE if PRESETS[backend].file])
def test_a_missing_file_is_named_by_init_and_by_check(tmp_path: Path, backend: Backend) -> None:
    preset = PRESETS[backend]
    done = init(tmp_path / "stack", backend)
    assert done.code == 0
    assert f"put {preset.file} into {tmp_path / 'stack'}/files/{preset.name}/1" in done.err
    found = json.loads(triton_stack("check", tmp_path / "stack", "-o", "json").out)
    assert [(item["code"], item["severity"]) for item in found] == [("TS404", "error")]
    assert f"1/{preset.file}" in found[0]["fix"]


def test_a_missing_engine_is_named_by_init(tmp_path: Path) -> None:
    done = init(tmp_path / "stack", Backend.TENSORRTLLM)
    assert "put the engine's files into" in done.err
    assert (tmp_path / "stack" / "files" / "tensorrt_llm" / "1").is_dir()


def test_a_model_is_added_and_the_rest_is_not_touched(tmp_path: Path) -> None:
    stack = tmp_path / "stack"
    assert triton_stack("init", stack).code == 0
    before = tree(stack)
    assert init(stack, Backend.ENSEMBLE, "--name", "twice").code == 0
    assert findings(stack) == []
    after = tree(stack)
    assert set(after) - set(before) == {"models/twice.yaml"}
    assert {path: after[path] for path in before} == before


def test_a_model_that_is_there_is_not_replaced(tmp_path: Path) -> None:
    stack = tmp_path / "stack"
    triton_stack("init", stack)
    before = tree(stack)
    done = init(stack, Backend.PYTHON)
    assert done.code == 2
    assert f"{stack / 'models' / 'double.yaml'} is there already" in done.err
    assert tree(stack) == before
    assert init(stack, Backend.PYTHON, "--name", "other").code == 0


def test_files_of_a_model_without_a_spec_are_not_replaced(tmp_path: Path) -> None:
    stack = tmp_path / "stack"
    triton_stack("init", stack)
    (stack / "models" / "double.yaml").unlink()
    done = init(stack, Backend.PYTHON)
    assert done.code == 2
    assert f"{stack / 'files' / 'double'} is there already" in done.err


def test_a_stack_without_a_backend_to_add_is_wrong_use(tmp_path: Path) -> None:
    triton_stack("init", tmp_path / "stack")
    done = triton_stack("init", tmp_path / "stack")
    assert done.code == 2
    assert "say which --backend the model has: python, onnxruntime," in done.err


def test_a_failure_leaves_nothing_behind(tmp_path: Path) -> None:
    """The last step fails: there is a file where the folder of specs should be."""
    stack = tmp_path / "stack"
    triton_stack("init", stack)
    for file in (stack / "models").iterdir():
        file.unlink()
    (stack / "models").rmdir()
    (stack / "models").write_text("")
    before = sorted(stack.rglob("*"))
    done = init(stack, Backend.VLLM)
    assert done.code == 2
    assert sorted(stack.rglob("*")) == before


def test_a_failure_leaves_no_new_folder_behind(tmp_path: Path) -> None:
    done = init(tmp_path / "a" / "stack", Backend.TENSORRT, "--model", tmp_path / "none.plan")
    assert done.code == 2
    assert "none.plan does not exist" in done.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a/b", "..", "-a", "ü", ""])
def test_a_name_that_no_model_can_have_is_refused(tmp_path: Path, name: str) -> None:
    done = triton_stack("init", tmp_path / "stack", f"--name={name}", "--backend", "vllm")
    assert (done.code, list(tmp_path.iterdir())) == (2, []) or (name, done.code) == ("", 0)


def test_a_model_is_named_after_its_file(tmp_path: Path) -> None:
    given = write(tmp_path / "resnet50.onnx")
    assert init(tmp_path / "stack", Backend.ONNXRUNTIME, "--model", given).code == 0
    assert spec_of(tmp_path / "stack", "resnet50")["name"] == "resnet50"
    assert (tmp_path / "stack" / "files" / "resnet50" / "1" / "model.onnx").read_bytes() == given.read_bytes()


def test_a_file_of_another_backend_is_refused(tmp_path: Path) -> None:
    (tmp_path / "m.pt").write_bytes(b"x")
    done = init(tmp_path / "stack", Backend.ONNXRUNTIME, "--model", tmp_path / "m.pt")
    assert done.code == 2
    assert 'does not fit backend "onnxruntime", which loads model.onnx' in done.err


def test_a_folder_is_taken_as_the_version(tmp_path: Path) -> None:
    (tmp_path / "mine" / "data").mkdir(parents=True)
    (tmp_path / "mine" / "model.py").write_text("class TritonPythonModel:\n    def execute(self, requests): ...\n")
    (tmp_path / "mine" / "data" / "words.txt").write_text("a")
    assert init(tmp_path / "stack", Backend.PYTHON, "--model", tmp_path / "mine", "--name", "m").code == 0
    assert set(tree(tmp_path / "stack" / "files" / "m")) == {"1/model.py", "1/data/words.txt"}


def test_a_folder_without_the_models_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "net.onnx").write_bytes(b"x")
    done = init(tmp_path / "stack", Backend.ONNXRUNTIME, "--model", tmp_path / "mine")
    assert done.code == 2
    assert "has no model.onnx" in done.err


def test_openvinos_weights_come_with_the_model(tmp_path: Path) -> None:
    (tmp_path / "net.xml").write_text("<net/>")
    (tmp_path / "net.bin").write_bytes(b"weights")
    assert init(tmp_path / "stack", Backend.OPENVINO, "--model", tmp_path / "net.xml").code == 0
    assert tree(tmp_path / "stack" / "files" / "net") == {"1/model.xml": b"<net/>", "1/model.bin": b"weights"}


@pytest.mark.parametrize(
    ("file", "placed", "word"),
    [
        ("a.json", "xgboost.json", "xgboost_json"),
        ("a.ubj", "xgboost.ubj", "xgboost_ubj"),
        ("a.txt", "model.txt", "lightgbm"),
        ("a.tl", "checkpoint.tl", "treelite_checkpoint"),
    ],
)
def test_a_forest_has_the_type_of_its_file(tmp_path: Path, file: str, placed: str, word: str) -> None:
    (tmp_path / file).write_bytes(b"x")
    assert init(tmp_path / "stack", Backend.FIL, "--model", tmp_path / file).code == 0
    assert spec_of(tmp_path / "stack", "a")["parameters"]["model_type"] == {"string_value": word}
    assert list(tree(tmp_path / "stack" / "files" / "a")) == [f"1/{placed}"]
    assert findings(tmp_path / "stack") == []


# ONNX: the spec that is written for a file.

NUMBER = TensorProto.FLOAT


def onnx_spec(tmp_path: Path, content: Any) -> dict[str, Any]:
    given = write(tmp_path / "net.onnx", content)
    done = init(tmp_path / "stack", Backend.ONNXRUNTIME, "--model", given)
    assert done.code == 0, done.err
    assert findings(tmp_path / "stack") == []
    return spec_of(tmp_path / "stack", "net")


def test_open_first_dimensions_are_the_batch(tmp_path: Path) -> None:
    spec = onnx_spec(tmp_path, model())
    assert spec["max_batch_size"] == 8
    assert spec["dynamic_batching"] == {}
    assert spec["input"] == [{"name": "image", "data_type": "FP32", "dims": [3, 8, 8]}]
    assert spec["output"] == [{"name": "scores", "data_type": "FP32", "dims": [10]}]
    assert spec["sample"] == {"image": {"zeros": [3, 8, 8]}}


def test_unnamed_first_dimensions_are_the_batch_too(tmp_path: Path) -> None:
    spec = onnx_spec(tmp_path, model({"x": (NUMBER, [None, 4])}, {"y": (NUMBER, ["n", 2])}))
    assert (spec["max_batch_size"], spec["input"][0]["dims"]) == (8, [4])


def test_made_up_names_of_sizes_count_as_unnamed(tmp_path: Path) -> None:
    spec = onnx_spec(tmp_path, model({"x": (NUMBER, ["unk__1", 4])}, {"y": (NUMBER, ["Softmaxy_dim_0", 2])}))
    assert spec["max_batch_size"] == 8


@pytest.mark.parametrize(
    ("shape_in", "shape_out"),
    [([1, 4], [1, 2]), (["N", 4], [1, 2]), (["N", 4], ["M", 2]), ([4], ["N", 2])],
    ids=["fixed", "one is fixed", "two names", "rank 1 fixed"],
)
def test_other_first_dimensions_are_no_batch(tmp_path: Path, shape_in: list[Any], shape_out: list[Any]) -> None:
    spec = onnx_spec(tmp_path, model({"x": (NUMBER, shape_in)}, {"y": (NUMBER, shape_out)}))
    assert spec["max_batch_size"] == 0
    assert "dynamic_batching" not in spec
    assert spec["input"][0]["dims"] == [-1 if isinstance(size, str) else size for size in shape_in]


def test_a_scalar_and_a_bare_batch_have_tritons_form(tmp_path: Path) -> None:
    scalar = onnx_spec(tmp_path, model({"x": (NUMBER, [])}, {"y": (NUMBER, [2])}))
    assert scalar["input"] == [{"name": "x", "data_type": "FP32", "dims": [1]}]


def test_a_bare_batch_is_reshaped(tmp_path: Path) -> None:
    spec = onnx_spec(tmp_path, model({"x": (NUMBER, ["N"])}, {"y": (NUMBER, ["N", 2])}))
    assert spec["input"] == [{"name": "x", "data_type": "FP32", "dims": [1], "reshape": {"shape": []}}]


def test_open_sizes_have_no_sample_but_a_hint(tmp_path: Path) -> None:
    spec = onnx_spec(tmp_path, model({"ids": (TensorProto.INT64, ["N", "length"])}, {"y": (NUMBER, ["N", 2])}))
    assert "sample" not in spec
    assert "# sample: {ids: {zeros: [1]}}" in (tmp_path / "stack" / "models" / "net.yaml").read_text()


def test_half_precision_has_no_sample(tmp_path: Path) -> None:
    spec = onnx_spec(tmp_path, model({"x": (TensorProto.FLOAT16, ["N", 2])}, {"y": (NUMBER, ["N", 2])}))
    assert "sample" not in spec


@pytest.mark.parametrize(
    "name", ["serving_default_x:0", "a b", "on", "1", 'a"b', "{x}", "{{ x }}", "{% if", "#", "input.1", "/out/Add"]
)
def test_any_name_of_a_tensor_survives(tmp_path: Path, name: str) -> None:
    spec = onnx_spec(tmp_path, model({name: (NUMBER, ["N", 2])}, {f"{name}o": (NUMBER, ["N", 2])}))
    assert (spec["input"][0]["name"], spec["output"][0]["name"]) == (name, f"{name}o")
    assert spec["sample"] == {name: {"zeros": [2]}}


def test_inputs_with_a_default_are_left_out(tmp_path: Path) -> None:
    content = model({"x": (NUMBER, ["N", 2]), "alpha": (NUMBER, [1])}, {"y": (NUMBER, ["N", 2])}, defaults=["alpha"])
    assert [item["name"] for item in onnx_spec(tmp_path, content)["input"]] == ["x"]


@pytest.mark.parametrize(
    ("kind", "word"),
    [(TensorProto.BFLOAT16, "BFLOAT16"), (TensorProto.COMPLEX64, "COMPLEX64"), (TensorProto.FLOAT8E4M3FN, "FLOAT8")],
)
def test_a_type_that_triton_does_not_take_is_named(tmp_path: Path, kind: int, word: str) -> None:
    given = write(tmp_path / "net.onnx", model({"x": (kind, ["N", 2])}))
    done = init(tmp_path / "stack", Backend.ONNXRUNTIME, "--model", given)
    assert done.code == 2
    assert f'"x" is a tensor of {word}' in done.err
    assert not (tmp_path / "stack").exists()


def test_weights_beside_the_model_are_copied_under_their_name(tmp_path: Path) -> None:
    content = model()
    weight = content.graph.initializer[0]
    weight.ClearField("float_data")
    weight.data_location = TensorProto.EXTERNAL
    for key, value in (("location", "net.onnx.data"), ("offset", "0")):
        entry = weight.external_data.add()
        entry.key, entry.value = key, value
    given = write(tmp_path / "net.onnx", content)
    done = init(tmp_path / "stack", Backend.ONNXRUNTIME, "--model", given)
    assert done.code == 2
    assert 'keeps weights in "net.onnx.data", which is not beside it' in done.err
    (tmp_path / "net.onnx.data").write_bytes(bytes(8))
    assert init(tmp_path / "stack", Backend.ONNXRUNTIME, "--model", given).code == 0
    assert set(tree(tmp_path / "stack" / "files" / "net")) == {"1/model.onnx", "1/net.onnx.data"}


# Python: the spec that is written for a model.py.

EXECUTE = "    def execute(self, requests): ...\n"
LITERAL = """
class TritonPythonModel:
    @staticmethod
    def auto_complete_config(auto_complete_model_config):
        inputs = [{"name": "A", "data_type": "TYPE_FP32", "dims": [4]}]
        outputs = [dict(name="B", data_type="TYPE_INT64", dims=[-1])]
        config = auto_complete_model_config.as_dict()
        names = []
        for item in config["input"]:
            names.append(item["name"])
        for item in inputs:
            if item["name"] not in names:
                auto_complete_model_config.add_input(item)
        for item in outputs:
            auto_complete_model_config.add_output(item)
        auto_complete_model_config.set_max_batch_size(4)
        auto_complete_model_config.set_dynamic_batching()
        return auto_complete_model_config

"""


def python_spec(tmp_path: Path, source: str) -> tuple[dict[str, Any], str]:
    (tmp_path / "net.py").write_text(source)
    done = init(tmp_path / "stack", Backend.PYTHON, "--model", tmp_path / "net.py")
    assert done.code == 0, done.err
    assert findings(tmp_path / "stack") == []
    return spec_of(tmp_path / "stack", "net"), done.err


def test_written_out_tensors_of_auto_complete_config_stand_in_the_spec(tmp_path: Path) -> None:
    spec, _ = python_spec(tmp_path, LITERAL + EXECUTE)
    assert spec["input"] == [{"name": "A", "data_type": "FP32", "dims": [4]}]
    assert spec["output"] == [{"name": "B", "data_type": "INT64", "dims": [-1]}]
    assert (spec["max_batch_size"], spec["dynamic_batching"]) == (4, {})
    assert spec["sample"] == {"A": {"zeros": [4]}}


def test_a_decoupled_model_is_decoupled_and_has_no_sample(tmp_path: Path) -> None:
    line = "        auto_complete_model_config.set_model_transaction_policy(dict(decoupled=True))\n        return"
    spec, _ = python_spec(tmp_path, LITERAL.replace("        return", line) + EXECUTE)
    assert spec["model_transaction_policy"] == {"decoupled": True}
    assert "sample" not in spec


@pytest.mark.parametrize(
    "change",
    [
        ('"dims": [4]', '"dims": [SIZE]'),
        ("set_max_batch_size(4)", "set_max_batch_size(read())"),
        ("set_dynamic_batching()", "unknown_method()"),
        ("        return auto_complete_model_config", "        return fill(auto_complete_model_config)"),
        ("        names = []", "        more(auto_complete_model_config)"),
        ("        names = []", "        inputs.append(other)"),
        ('if item["name"] not in names', "if self.flag"),
    ],
    ids=["a name", "a call", "another method", "a helper at the end", "a helper", "a change", "a condition"],
)
def test_what_is_not_written_out_is_left_to_the_server(tmp_path: Path, change: tuple[str, str]) -> None:
    assert change[0] in LITERAL
    spec, said = python_spec(tmp_path, LITERAL.replace(*change) + EXECUTE)
    assert set(spec) == {"name", "backend", "instance_group", "source"}
    assert "tensors are left to the server" in said


def test_a_model_that_says_nothing_gets_tensors_to_edit(tmp_path: Path) -> None:
    spec, said = python_spec(tmp_path, "class TritonPythonModel:\n" + EXECUTE)
    assert spec["input"][0]["name"] == "INPUT"
    assert "net.py does not say its tensors" in said


def test_code_in_a_message_is_no_template_in_the_spec(tmp_path: Path) -> None:
    spec, said = python_spec(
        tmp_path, LITERAL.replace("set_dynamic_batching()", 'set_max_batch_size("{{ x }}")') + EXECUTE
    )
    assert spec["name"] == "net"
    assert "{{ x }}" in said


def test_editors_find_the_schema_that_a_new_stacks_files_name(tmp_path: Path) -> None:
    stack = tmp_path / "stack"
    assert triton_stack("init", stack).code == 0
    for file in (stack / "stack.yaml", stack / "models" / "double.yaml"):
        first = file.read_text().splitlines()[0]
        assert first.startswith("# yaml-language-server: $schema=")
        assert "properties" in json.loads((file.parent / first.partition("=")[2]).read_text())
