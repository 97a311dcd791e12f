"""One stack, generated for two environments: the real server loads both, each with its own configuration."""

import shutil
from pathlib import Path

import pytest

from tests.support.command import triton_stack
from tests.support.triton import running_triton

STACK = """\
name: a
variables: {batch: 4, replies: [OUTPUT]}
environments:
  dev:
  prod: {batch: 16, replies: [OUTPUT, COPY]}
values:
  modelRepository: {objectStore: {url: "s3://models/{{ environment }}"}}
"""
SPEC = """\
name: double
backend: python
max_batch_size: {{ batch }}
input: [{name: INPUT, data_type: FP32, dims: [4]}]
output:
{%- for name in replies %}
  - name: {{ name }}
    data_type: FP32
    dims: [4]
{%- endfor %}
instance_group: [{kind: CPU, count: 1}]
parameters:
  where: {string_value: {{ environment }}}
source: ../files/double
"""
MODEL = """
import json
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def initialize(self, args):
        self.names = [output["name"] for output in json.loads(args["model_config"])["output"]]

    def execute(self, requests):
        tensors = [pb_utils.get_input_tensor_by_name(request, "INPUT").as_numpy() * 2 for request in requests]
        return [pb_utils.InferenceResponse([pb_utils.Tensor(name, one) for name in self.names]) for one in tensors]
"""
REQUEST = '{"inputs": [{"name": "INPUT", "shape": [1, 4], "datatype": "FP32", "data": [1, 2, 3, 4]}]}'


@pytest.mark.parametrize(
    ("environment", "batch", "outputs"), [("dev", 4, ["OUTPUT"]), ("prod", 16, ["OUTPUT", "COPY"])]
)
def test_the_server_runs_what_the_environment_says(
    tmp_path: Path, environment: str, batch: int, outputs: list[str]
) -> None:
    stack = tmp_path / "stack"
    (stack / "models").mkdir(parents=True)
    (stack / "files" / "double" / "1").mkdir(parents=True)
    (stack / "stack.yaml").write_text(STACK)
    (stack / "models" / "double.yaml").write_text(SPEC)
    (stack / "files" / "double" / "1" / "model.py").write_text(MODEL)
    done = triton_stack("generate", stack, "-o", tmp_path / "out", "-e", environment)
    assert done.code == 0, done.err
    repository = tmp_path / "out" / "model_repository"
    shutil.copytree(stack / "files", repository, dirs_exist_ok=True)
    with running_triton(repository, ["double"]) as triton:
        config = triton.get("/v2/models/double/config").body
        answer = triton.post("/v2/models/double/infer", REQUEST)
    assert config["max_batch_size"] == batch
    assert config["parameters"]["where"]["string_value"] == environment
    assert [(output["name"], output["data"]) for output in answer.body["outputs"]] == [
        (name, [2, 4, 6, 8]) for name in outputs
    ]
