"""Which release of Triton a command judges for: the option's, else what the stack says, else the chart's own."""

from pathlib import Path

import pytest

from tests.support.command import triton_stack
from tests.support.rule_cases import MODEL_PY

SPEC = """\
name: m
backend: python
max_batch_size: 8
input: [{name: INPUT, data_type: FP32, dims: [4]}]
output: [{name: OUTPUT, data_type: FP32, dims: [4]}]
source: ../files
model_metrics: {}
"""


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    root = tmp_path / "stack"
    (root / "models").mkdir(parents=True)
    (root / "files" / "1").mkdir(parents=True)
    (root / "files" / "1" / "model.py").write_text(MODEL_PY)
    (root / "models" / "m.yaml").write_text(SPEC)
    declare(root, "25.03-py3")
    return root


def declare(root: Path, tag: str, more: str = "") -> None:
    store = "modelRepository: {objectStore: {url: s3://models}}"
    image = f"poolDefaults: {{image: {{tag: {tag}}}, gpu: {{count: 0}}}}"
    (root / "stack.yaml").write_text(f"name: demo\nvalues:\n  {store}\n  {image}\n{more}")


def says_unknown(text: str, release: str) -> bool:
    return f"TS121 [model_metrics]: Triton {release} does not know model_metrics; it came with 24.11" in text


@pytest.mark.parametrize("path", ["", "stack.yaml", "models/m.yaml"])
def test_a_stack_and_its_specs_are_judged_for_the_release_that_its_values_say(stack: Path, path: str) -> None:
    assert triton_stack("check", stack / path).code == 0
    declare(stack, "24.10-py3")
    result = triton_stack("check", stack / path)
    assert result.code == 1
    assert says_unknown(result.out, "24.10")


def test_a_pools_own_release_counts_for_its_models(stack: Path) -> None:
    declare(stack, "25.03-py3", '  pools: {default: {tritonVersion: "24.10"}}\n')
    assert says_unknown(triton_stack("check", stack).out, "24.10")


@pytest.mark.parametrize("number", ["24.10", "2.51.0", "2.51"])
def test_the_option_wins_over_the_values(stack: Path, number: str) -> None:
    assert says_unknown(triton_stack("check", stack, "--triton-version", number).out, "24.10")
    assert triton_stack("check", stack, "--triton-version", "24.11").code == 0


def test_generate_and_publish_make_nothing_that_the_server_would_refuse(stack: Path, tmp_path: Path) -> None:
    generated = triton_stack("generate", stack, "-o", tmp_path / "out", "--triton-version", "24.10")
    published = triton_stack("publish", stack, "--triton-version", "24.10")
    assert (generated.code, published.code) == (1, 1)
    assert says_unknown(generated.err, "24.10")
    assert says_unknown(published.err, "24.10")
    assert not (tmp_path / "out").exists()
    assert triton_stack("generate", stack, "-o", tmp_path / "out", "--triton-version", "24.11").code == 0


def test_config_prints_nothing_that_the_server_would_refuse(stack: Path) -> None:
    refused = triton_stack("config", stack / "models/m.yaml", "--triton-version", "24.10")
    assert (refused.code, refused.out) == (1, "")
    assert says_unknown(refused.err, "24.10")
    assert "model_metrics" in triton_stack("config", stack / "models/m.yaml", "--triton-version", "24.11").out


def test_a_config_file_alone_is_judged_for_the_charts_own_release(tmp_path: Path) -> None:
    config = tmp_path / "config.pbtxt"
    config.write_text('backend: "onnxruntime"\nmodel_metrics { }\n')
    assert triton_stack("check", config).code == 0
    assert says_unknown(triton_stack("check", config, "--triton-version", "24.10").out, "24.10")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("26.8", '"26.8" is no release of Triton; write it as in its container\'s tag, for example 26.08'),
        ("newest", "is no release of Triton"),
        ("24.09", "Triton 24.09 is older than 24.10, the oldest that the checks know"),
    ],
)
def test_what_is_no_release_or_too_old_is_wrong_use(stack: Path, text: str, message: str) -> None:
    result = triton_stack("check", stack, "--triton-version", text)
    assert (result.code, result.out) == (2, "")
    assert message in result.err


def test_a_flag_of_the_stack_that_the_release_does_not_know_is_found_with_its_line(stack: Path) -> None:
    declare(stack, "25.03-py3", "  pools: {default: {server: {extraArgs: {allow-client-shm: true}}}}\n")
    result = triton_stack("check", stack)
    assert result.code == 1
    key = "values.pools.default.server.extraArgs.allow-client-shm"
    assert "stack.yaml:5:" in result.out
    assert f"TS801 [{key}]: Triton 25.03 does not know this flag" in result.out
    declare(stack, "26.04-py3", "  pools: {default: {server: {extraArgs: {allow-client-shm: true}}}}\n")
    assert triton_stack("check", stack).code == 0
