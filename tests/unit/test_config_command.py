"""``config`` prints one model's config.pbtxt, or nothing when it has errors."""

import json
from pathlib import Path

import pytest
from google.protobuf.json_format import ParseDict

from tests.support.command import triton_stack
from triton_stack.pbtxt import parse_config
from triton_stack.spec.descriptor import new_model_config


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    assert triton_stack("init", tmp_path / "stack").code == 0
    return tmp_path / "stack" / "models" / "double.yaml"


def test_it_prints_what_generate_writes(spec: Path, tmp_path: Path) -> None:
    triton_stack("generate", spec.parent.parent, "-o", tmp_path / "out")
    done = triton_stack("config", spec)
    assert done.code == 0
    assert done.out == (tmp_path / "out" / "model_repository" / "double" / "config.pbtxt").read_text()


def test_as_json_it_is_what_the_load_api_takes(spec: Path) -> None:
    data = json.loads(triton_stack("config", spec, "-o", "json").out)
    assert data["max_batch_size"] == 8
    assert data["input"][0]["data_type"] == "TYPE_FP32"
    assert ParseDict(data, new_model_config()) == parse_config(triton_stack("config", spec).out, "config.pbtxt")


def test_of_a_spec_with_errors_nothing_is_printed(spec: Path) -> None:
    spec.write_text(spec.read_text().replace("max_batch_size: 8", "max_batch_size: -1"))
    done = triton_stack("config", spec)
    assert (done.code, done.out) == (1, "")
    assert "TS301 [max_batch_size]" in done.err


def test_of_a_spec_that_cannot_be_read_nothing_is_printed(spec: Path) -> None:
    spec.write_text(spec.read_text().replace("max_batch_size", "max_batchsize"))
    done = triton_stack("config", spec)
    assert (done.code, done.out) == (1, "")
    assert "TS003 [max_batchsize]" in done.err


def test_a_spec_without_files_has_a_config(tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text("{name: m, backend: python}")
    done = triton_stack("config", tmp_path / "m.yaml")
    assert (done.code, done.err) == (0, "")
    assert done.out.endswith('name: "m"\nbackend: "python"\n')


def test_a_spec_that_is_a_template_is_printed_for_an_environment(spec: Path) -> None:
    stack = spec.parent.parent / "stack.yaml"
    stack.write_text(stack.read_text() + "environments: {dev: {batch: 2}, prod: {batch: 64}}\n")
    spec.write_text(spec.read_text().replace("max_batch_size: 8", "max_batch_size: {{ batch }}"))
    done = triton_stack("config", spec, "-e", "prod")
    assert "models/double.yaml, environment prod" in done.out
    assert "max_batch_size: 64\n" in done.out


def test_a_template_without_an_environment_is_wrong_use(spec: Path) -> None:
    stack = spec.parent.parent / "stack.yaml"
    stack.write_text(stack.read_text() + "environments: {dev: {batch: 2}, prod: {batch: 64}}\n")
    spec.write_text(spec.read_text().replace("max_batch_size: 8", "max_batch_size: {{ batch }}"))
    done = triton_stack("config", spec)
    assert (done.code, done.out) == (2, "")


def test_a_folder_is_wrong_use(spec: Path) -> None:
    assert triton_stack("config", spec.parent).code == 2
