"""Each preset loads on the real server: Triton's core judges its config, and the python backend runs its model."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.live.test_generated_models import repository_of
from tests.support.command import triton_stack
from tests.support.onnx_models import write
from tests.support.stub_backend import stub_backends
from tests.support.triton import Triton, running_triton, server_home
from triton_stack.repository.preset_backends import Backend
from triton_stack.repository.presets import PRESETS

# These run: the python backend is the real one, and an ensemble is the core's own.
REAL = (Backend.PYTHON, Backend.ENSEMBLE)
# A platform that the 2.51 server of these tests does not know yet: Triton has it since 26.03.
NEWER = (Backend.TORCH_AOTI,)
STUBS = [backend for backend in Backend if backend not in (*REAL, *NEWER)]


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One stack with every preset, generated; the files that a user would bring are there, without sense."""
    folder = tmp_path_factory.mktemp("presets")
    stack = folder / "stack"
    onnx = write(folder / "onnx_model.onnx")
    assert triton_stack("init", stack, "--backend", "ensemble").code == 0
    for backend in STUBS + list(NEWER):
        given = ["--model", onnx] if backend is Backend.ONNXRUNTIME else []
        done = triton_stack("init", stack, "--backend", backend, *given)
        assert done.code == 0, done.err
        preset = PRESETS[backend]
        if not given and not preset.example:
            (stack / "files" / preset.name / "1" / (preset.file or "rank0.engine")).write_bytes(b"x")
    # Their containers differ, so no single pool has all of these backends: each goes into its own.
    for name, tag in (("vllm_model", "26.08-vllm-python-py3"), ("tensorrt_llm", "26.07-trtllm-python-py3")):
        spec = stack / "models" / f"{name}.yaml"
        spec.write_text(f"{spec.read_text()}pool: {name.replace('_', '-')}\n")
        with (stack / "stack.yaml").open("a") as stream:
            head = "  pools:\n    default: {}\n" if name == "vllm_model" else ""
            stream.write(f"{head}    {name.replace('_', '-')}: {{image: {{tag: {tag}}}}}\n")
    repository = repository_of(stack, folder / "out")
    # An ensemble has no files, and Triton wants a version all the same; the chart's init container makes it.
    (repository / PRESETS[Backend.ENSEMBLE].name / "1").mkdir()
    return folder / "out"


@pytest.fixture(scope="module")
def server(out: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Triton]:
    names = ["pytorch" if backend is Backend.TORCH_AOTI else backend.value for backend in STUBS]
    backends = stub_backends(tmp_path_factory.mktemp("backends"), names)
    (backends / "python").symlink_to(server_home() / "backends" / "python")
    with running_triton(out / "model_repository", backends=backends) as triton:
        yield triton


@pytest.mark.parametrize("backend", STUBS)
def test_the_core_takes_the_preset(server: Triton, backend: Backend) -> None:
    assert server.load(PRESETS[backend].name) == ""


@pytest.mark.parametrize("backend", REAL)
def test_the_preset_answers_its_sample(server: Triton, out: Path, backend: Backend) -> None:
    name = PRESETS[backend].name
    assert server.load(name) == ""
    sample = yaml.safe_load((out / "values" / f"{name}.yaml").read_text())["models"][name]["sample"]
    answer = server.post(f"/v2/models/{name}/infer", sample)
    assert answer.status == 200, answer.body
    times = {Backend.PYTHON: 2, Backend.ENSEMBLE: 4}[backend]
    assert answer.body["outputs"][0]["data"] == [times * number for number in (1, 2, 3, 4)]


def test_the_old_server_refuses_the_platform_that_came_later(server: Triton) -> None:
    refused = server.load(PRESETS[Backend.TORCH_AOTI].name)
    assert "torch_aoti" in refused
