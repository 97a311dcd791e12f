"""Generated models load and serve on the real server: the first stack of a user, and the demo's embeddings."""

import importlib.util
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from demo import fetch_model
from devcluster.errors import Problem
from tests.support.command import triton_stack
from tests.support.require import missing
from tests.support.triton import Triton, running_triton

MINILM = "all_minilm_l6_v2"
HELLO_WORLD = [-0.0344, 0.0309, 0.0067, 0.0261]
TOLERANCE = 1e-3


def repository_of(stack: Path, out: Path) -> Path:
    """Generate, and lay the models' files beside their config.pbtxt, as the init container does."""
    done = triton_stack("generate", stack, "-o", out)
    assert done.code == 0, done.err
    for source in (stack / "files").iterdir():
        shutil.copytree(source, out / "model_repository" / source.name, dirs_exist_ok=True)
    return out / "model_repository"


@pytest.fixture(scope="module")
def demo_stack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if importlib.util.find_spec("tokenizers") is None:
        missing("the demo's model needs the package tokenizers")
    stack = tmp_path_factory.mktemp("demo") / "stack"
    try:
        fetch_model.lay_out(stack)
    except Problem as error:
        missing(str(error))
    return stack


@pytest.fixture(scope="module")
def server(demo_stack: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Triton, Path]]:
    out = tmp_path_factory.mktemp("out")
    with running_triton(repository_of(demo_stack, out), [MINILM]) as triton:
        yield triton, out


@pytest.fixture(scope="module")
def minilm(demo_stack: Path) -> ModuleType:
    path = demo_stack / "files" / MINILM / "1" / "minilm.py"
    description = importlib.util.spec_from_file_location("minilm", path)
    assert description is not None and description.loader is not None
    module = importlib.util.module_from_spec(description)
    description.loader.exec_module(module)
    return module


def test_the_first_stack_of_a_user_loads_and_answers_its_sample(tmp_path: Path) -> None:
    assert triton_stack("init", tmp_path / "stack").code == 0
    out = tmp_path / "out"
    with running_triton(repository_of(tmp_path / "stack", out), ["double"]) as triton:
        answer = triton.post("/v2/models/double/infer", sample_of(out, "double"))
        assert answer.status == 200, answer.body
        assert answer.body["outputs"][0]["data"] == [2, 4, 6, 8]


def sample_of(out: Path, model: str) -> str:
    values = yaml.safe_load((out / "values" / f"{model}.yaml").read_text())
    return str(values["models"][model]["sample"])


SEEING_MODEL = """
import json, pathlib
import numpy as np
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def execute(self, requests):
        names = ("TEXT", "NUMBER", "ZEROS")
        seen = [str(pb_utils.get_input_tensor_by_name(requests[0], name).as_numpy().tolist()) for name in names]
        pathlib.Path(__file__).with_name("seen.json").write_text(json.dumps(seen))
        return [pb_utils.InferenceResponse([pb_utils.Tensor("OUT", np.zeros((1, 1), np.float32))]) for _ in requests]
"""
SEEING_SPEC = """
name: seeing
backend: python
max_batch_size: {max_batch_size}
input:
  - {{name: TEXT, data_type: STRING, dims: [2]}}
  - {{name: NUMBER, data_type: INT16, dims: [2]}}
  - {{name: ZEROS, data_type: FP32, dims: [-1]}}
output: [{{name: OUT, data_type: FP32, dims: [1]}}]
source: ../files/seeing
sample: {{TEXT: [a, héllo], NUMBER: [-1, 300], ZEROS: {{zeros: [3]}}}}
model_warmup: sample
"""


@pytest.mark.parametrize(
    ("max_batch_size", "seen"),
    [
        (4, ["[[b'a', b'h\\xc3\\xa9llo']]", "[[-1, 300]]", "[[0.0, 0.0, 0.0]]"]),
        (0, ["[b'a', b'h\\xc3\\xa9llo']", "[-1, 300]", "[0.0, 0.0, 0.0]"]),
    ],
)
def test_the_warm_up_runs_the_sample(tmp_path: Path, max_batch_size: int, seen: list[str]) -> None:
    stack = tmp_path / "stack"
    (stack / "models").mkdir(parents=True)
    (stack / "files" / "seeing" / "1").mkdir(parents=True)
    (stack / "stack.yaml").write_text("{name: a, values: {modelRepository: {objectStore: {url: 's3://models/a'}}}}")
    (stack / "models" / "seeing.yaml").write_text(SEEING_SPEC.format(max_batch_size=max_batch_size))
    (stack / "files" / "seeing" / "1" / "model.py").write_text(SEEING_MODEL)
    repository = repository_of(stack, tmp_path / "out")
    with running_triton(repository, ["seeing"]) as triton:
        assert triton.get("/v2/models/seeing/ready").status == 200
    assert json.loads((repository / "seeing" / "1" / "seen.json").read_text()) == seen


def test_the_embedding_of_the_sample_is_right(server: tuple[Triton, Path]) -> None:
    triton, out = server
    answer = triton.post(f"/v2/models/{MINILM}/infer", sample_of(out, MINILM))
    assert answer.status == 200, answer.body
    assert answer.body["outputs"][0]["shape"] == [1, 384]
    assert answer.body["outputs"][0]["data"][:4] == pytest.approx(HELLO_WORLD, abs=TOLERANCE)


def test_a_batch_gives_each_text_its_own_embedding(server: tuple[Triton, Path]) -> None:
    triton, _ = server
    texts = ["hello world", "a much longer sentence about something else", "hello world"]
    body = {"inputs": [{"name": "TEXT", "shape": [3, 1], "datatype": "BYTES", "data": texts}]}
    answer = triton.post(f"/v2/models/{MINILM}/infer", json.dumps(body))
    vectors = answer.body["outputs"][0]["data"]
    assert vectors[:4] == pytest.approx(HELLO_WORLD, abs=TOLERANCE)
    assert vectors[768:772] == pytest.approx(HELLO_WORLD, abs=TOLERANCE)
    assert vectors[384:388] != pytest.approx(HELLO_WORLD, abs=TOLERANCE)


def test_the_model_in_numpy_gives_the_published_embedding(minilm: ModuleType, demo_stack: Path) -> None:
    model = minilm.MiniLM(demo_stack / "files" / MINILM / "1")
    (vector,) = model.embed(["hello world"])
    assert list(vector[:4]) == pytest.approx(HELLO_WORLD, abs=TOLERANCE)
    assert float(vector @ vector) == pytest.approx(1, abs=1e-5)


def test_related_sentences_are_nearer_than_unrelated(minilm: ModuleType, demo_stack: Path) -> None:
    model = minilm.MiniLM(demo_stack / "files" / MINILM / "1")
    cat, kitten, stocks = model.embed(["A cat sits on the mat", "A kitten rests on a rug", "The stock market fell"])
    assert cat @ kitten > 0.5
    assert cat @ stocks < 0.2


def test_json_cannot_carry_fp16_as_check_says(tmp_path: Path) -> None:
    """The reason of TS604."""
    model = tmp_path / "half"
    (model / "1").mkdir(parents=True)
    (model / "1" / "model.py").write_text("class TritonPythonModel:\n    def execute(self, requests): ...\n")
    tensors = 'input { name: "A" data_type: TYPE_FP16 dims: [1] } output { name: "B" data_type: TYPE_FP16 dims: [1] }'
    (model / "config.pbtxt").write_text(f'name: "half" backend: "python" {tensors}')
    with running_triton(tmp_path, ["half"]) as triton:
        body = {"inputs": [{"name": "A", "shape": [1], "datatype": "FP16", "data": [1]}]}
        answer = triton.post("/v2/models/half/infer", json.dumps(body))
    assert answer.status == 400
    assert "FP16 data via JSON is not supported" in answer.body["error"]
