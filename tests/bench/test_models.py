"""Speed and memory of reading, judging and writing many models. Shown, not judged: run with `make bench`."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support import onnx_models

MODELS = 1000
SIZES = (100, 1000, 4000)

# One spec a backend; `{n}` is the model's number, so that no two are equal.
SPECS = {
    "model.onnx": """
name: model_{n}
backend: onnxruntime
max_batch_size: {batch}
source: ../files/model_{n}
input:
  - {{name: image, data_type: FP32, dims: [3, 8, 8]}}
output:
  - {{name: scores, data_type: FP32, dims: [10]}}
instance_group: [{{kind: GPU, count: 2}}]
dynamic_batching: {{max_queue_delay_microseconds: {n}, default_queue_policy: {{max_queue_size: {n}}}}}
optimization: {{cuda: {{graphs: true}}}}
sample: {{image: {{zeros: [3, 8, 8]}}}}
""",
    "model.plan": """
name: model_{n}
platform: tensorrt_plan
max_batch_size: {batch}
source: ../files/model_{n}
input: [{{name: TOKENS, data_type: INT32, dims: [{n}]}}, {{name: MASK, data_type: INT32, dims: [{n}], optional: true}}]
output: [{{name: LOGITS, data_type: FP16, dims: [-1, 128]}}]
version_policy: {{latest: {{num_versions: 2}}}}
instance_group: [{{kind: GPU, gpus: [0], profile: ["0"]}}]
parameters: {{number: {{string_value: "{n}"}}}}
""",
    "model.py": """
name: model_{n}
backend: python
max_batch_size: {batch}
source: ../files/model_{n}
input: [{{name: TEXT, data_type: STRING, dims: [1]}}]
output: [{{name: EMBEDDING, data_type: FP32, dims: [{n}]}}]
instance_group: [{{kind: CPU, count: 2}}]
sample: {{TEXT: [number {n}]}}
model_warmup: sample
""",
    "model.pt": """
name: model_{n}
platform: pytorch_libtorch
max_batch_size: {batch}
source: ../files/model_{n}
input: [{{name: INPUT__0, data_type: FP32, dims: [{n}]}}]
output: [{{name: OUTPUT__0, data_type: FP32, dims: [-1]}}]
sequence_batching:
  max_sequence_idle_microseconds: 5000000
  control_input: [{{name: START, control: [{{kind: CONTROL_SEQUENCE_START, fp32_false_true: [0, 1]}}]}}]
  oldest: {{max_candidate_sequences: {batch}}}
""",
}
PYTHON_MODEL = b"class TritonPythonModel:\n    def execute(self, requests):\n        return []\n"

# Reads, judges and writes a stack as the commands do, and says seconds and MB.
WORK = """
import contextlib, io, json, resource, sys, time
from triton_stack.cli import check, generate
from pathlib import Path
stack, out = map(Path, sys.argv[1:])
def timed(work):
    begun = time.monotonic()
    with contextlib.redirect_stdout(io.StringIO()):
        work()
    return time.monotonic() - begun
print(json.dumps({
    "check": timed(lambda: check.command([stack])),
    "generate": timed(lambda: generate.command(stack, out)),
    "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
}))
"""


def make_stack(root: Path, models: int) -> Path:
    """Write a stack of so many models of several backends, each with one small file of its own."""
    (root / "models").mkdir(parents=True)
    (root / "stack.yaml").write_text(
        "name: bench\nvalues: {modelRepository: {objectStore: {url: s3://models/bench}}}\n"
    )
    backends = list(SPECS)
    contents = {"model.onnx": onnx_models.model().SerializeToString(), "model.py": PYTHON_MODEL}
    for number in range(1, models + 1):
        file = backends[number % len(backends)]
        (root / f"models/model_{number}.yaml").write_text(SPECS[file].format(n=number, batch=1 + number % 64))
        version = root / f"files/model_{number}/1"
        version.mkdir(parents=True)
        (version / file).write_bytes(contents.get(file, f"model {number}".encode()))
    return root


def measure(stack: Path, out: Path) -> dict[str, float]:
    """Seconds of `check` and of `generate`, and the peak memory of both in MB, in a process of their own."""
    done = subprocess.run(
        [sys.executable, "-c", WORK, str(stack), str(out)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    result: dict[str, float] = json.loads(done.stdout)
    return result


def show(capsys: Any, text: str) -> None:
    with capsys.disabled():
        print(f"\n{text}")


def test_a_thousand_models_are_checked_and_generated(tmp_path: Path, capsys: Any) -> None:
    took = measure(make_stack(tmp_path / "stack", MODELS), tmp_path / "out")
    assert len(list((tmp_path / "out").glob("model_repository/*/config.pbtxt"))) == MODELS
    show(capsys, f"{MODELS} models: check {took['check']:.2f} s, generate (checks and writes) {took['generate']:.2f} s")


def test_memory_grows_with_the_models_and_no_faster(tmp_path: Path, capsys: Any) -> None:
    lines = []
    before, memory = 1, measure(make_stack(tmp_path / "stack1", 1), tmp_path / "out1")["memory"]
    for models in SIZES:
        took = measure(make_stack(tmp_path / f"stack{models}", models), tmp_path / f"out{models}")
        each = (took["memory"] - memory) / (models - before) * 1024
        lines.append(f"{models} models: {took['memory']:.0f} MB at most, {each:.0f} KB for each more than {before}")
        before, memory = models, took["memory"]
    assert memory > 0
    show(capsys, "\n".join(lines))


@pytest.mark.parametrize("name", ["check", "config"])
def test_one_model_as_a_command(name: str, tmp_path: Path, capsys: Any) -> None:
    spec = make_stack(tmp_path / "stack", len(SPECS)) / "models" / "model_1.yaml"
    # As it is once installed: with the byte code that the first run leaves.
    surroundings = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    surroundings["PYTHONPYCACHEPREFIX"] = str(tmp_path / "byte-code")
    seconds = []
    for _ in range(6):
        begun = time.monotonic()
        command = [sys.executable, "-m", "triton_stack.cli.main", name, str(spec)]
        done = subprocess.run(command, env=surroundings, capture_output=True, text=True, check=False)
        seconds.append(time.monotonic() - begun)
        assert done.returncode == 0, done.stderr
    first, *others = seconds
    show(capsys, f"`triton-stack {name}` of one model: {sorted(others)[2]:.2f} s; {first:.2f} s the first time")
