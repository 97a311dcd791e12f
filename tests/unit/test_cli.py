"""The command line: exit codes, messages, and what stands on disk afterwards."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from tests.support.command import triton_stack

COMMANDS = ["init", "import", "generate", "config", "check", "explain", "schema", "publish", "endpoints"]


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    assert triton_stack("init", tmp_path / "stack").code == 0
    return tmp_path / "stack"


def test_help_answers_quickly_and_loads_nothing_heavy() -> None:
    program = (
        "import sys; from triton_stack.cli.main import app\n"
        "heavy = {'kubernetes', 'obstore', 'google.protobuf', 'pydantic', 'yaml', 'jinja2'} & set(sys.modules)\n"
        "sys.exit(f'loaded: {heavy}' if heavy else 0)"
    )
    start = time.monotonic()
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    # 0.1 s alone on a quiet machine; the limit leaves room for a busy one.
    assert time.monotonic() - start < 2


@pytest.mark.parametrize("command", COMMANDS)
def test_every_commands_help_has_an_example(command: str) -> None:
    done = triton_stack(command, "--help")
    assert done.code == 0
    assert f"Example: triton-stack {command}" in done.out


def test_the_version_is_printed() -> None:
    assert triton_stack("--version").out.startswith("triton-stack 0.")


def test_a_new_stack_has_no_findings(stack: Path) -> None:
    done = triton_stack("check", stack, "-o", "json")
    assert (done.code, json.loads(done.out)) == (0, [])


def test_init_refuses_a_folder_with_files(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("x")
    done = triton_stack("init", tmp_path)
    assert done.code == 2
    assert "is not empty" in done.err
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_init_takes_an_empty_folder(tmp_path: Path) -> None:
    assert triton_stack("init", tmp_path).code == 0


def test_generate_writes_the_same_bytes_each_time(stack: Path, tmp_path: Path) -> None:
    for out in ("a", "b"):
        assert triton_stack("generate", stack, "-o", tmp_path / out).code == 0
    files = sorted(path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*") if path.is_file())
    assert len(files) == 5
    assert [(tmp_path / "a" / path).read_bytes() for path in files] == [
        (tmp_path / "b" / path).read_bytes() for path in files
    ]


def test_generated_values_are_accepted_by_the_chart(stack: Path, tmp_path: Path) -> None:
    triton_stack("generate", stack, "-o", tmp_path / "out")
    values = sorted((tmp_path / "out" / "values").glob("*.yaml"))
    assert len(values) == 2
    done = triton_stack("check", *values, "-o", "json")
    assert json.loads(done.out) == []


@pytest.mark.parametrize("name", ["on", "y", "1e3", "123", "null", "0x1f"])
def test_a_models_name_stays_a_text_for_helm(stack: Path, tmp_path: Path, name: str) -> None:
    spec = stack / "models" / "double.yaml"
    spec.with_name(f"{name}.yaml").write_text(spec.read_text().replace("name: double", f'name: "{name}"', 1))
    spec.unlink()
    assert triton_stack("generate", stack, "-o", tmp_path / "out").code == 0
    # PyYAML reads YAML 1.1, as Helm does.
    values = yaml.safe_load((tmp_path / "out" / "values" / f"{name}.yaml").read_text())
    assert list(values["models"]) == [name]


def test_a_removed_models_files_go(stack: Path, tmp_path: Path) -> None:
    spec = stack / "models" / "double.yaml"
    spec.with_name("other.yaml").write_text(spec.read_text().replace("name: double", "name: other", 1))
    triton_stack("generate", stack, "-o", tmp_path / "out")
    spec.unlink()
    assert triton_stack("generate", stack, "-o", tmp_path / "out").code == 0
    assert [path.name for path in (tmp_path / "out" / "model_repository").iterdir()] == ["other"]


def test_generate_writes_nothing_for_a_stack_with_errors(stack: Path, tmp_path: Path) -> None:
    spec = stack / "models" / "double.yaml"
    spec.write_text(spec.read_text().replace("max_batch_size", "max_batchsize"))
    done = triton_stack("generate", stack, "-o", tmp_path / "out")
    assert done.code == 1
    assert f'{spec}:5:1: error TS003 [max_batchsize]: unknown key "max_batchsize"' in done.err
    assert 'fix: did you mean "max_batch_size"?' in done.err
    assert not (tmp_path / "out").exists()


def test_a_mistyped_pool_is_found_before_anything_is_deployed(stack: Path) -> None:
    spec = stack / "models" / "double.yaml"
    spec.write_text(spec.read_text() + "pool: gpu\n")
    found = json.loads(triton_stack("check", stack, "-o", "json").out)
    assert ("TS801", "pool", str(spec), 17) in [
        (item["code"], item["key"], item["file"], item["line"]) for item in found
    ]


def test_an_unknown_chart_value_is_found_in_the_stack(stack: Path) -> None:
    (stack / "stack.yaml").write_text("name: a\nvalues:\n  modelRepositry: {}\n")
    found = json.loads(triton_stack("check", stack, "-o", "json").out)
    assert ("TS003", "values.modelRepositry", 3) in [(item["code"], item["key"], item["line"]) for item in found]


def test_values_files_are_judged_together_in_their_order(tmp_path: Path) -> None:
    store = tmp_path / "store.yaml"
    store.write_text("modelRepository: {objectStore: {url: 's3://models/x'}}\n")
    model = tmp_path / "model.yaml"
    model.write_text(f"models: {{m: {{digest: 'sha256:{'0' * 64}'}}}}\n")
    assert triton_stack("check", store, model).code == 0
    (finding,) = json.loads(triton_stack("check", model, "-o", "json").out)
    assert finding["code"] == "TS801"
    assert finding["key"] == "modelRepository.objectStore.url"


CONFIGS = """modelRepository: {{objectStore: {{url: "s3://models/x"}}}}
models:
  m:
    digest: sha256:{digest}
    config: |
      name: "m"
      backend: "python"
      max_batch_size: {size}
"""


@pytest.mark.parametrize(
    ("size", "found"),
    [("4", []), ("-1", [("TS301", "models.m.config", 8)]), ("four", [("TS008", "models.m.config", 8)])],
)
def test_the_configs_in_values_are_judged_too(tmp_path: Path, size: str, found: list[tuple[str, str, int]]) -> None:
    values = tmp_path / "values.yaml"
    values.write_text(CONFIGS.format(digest="0" * 64, size=size))
    listed = json.loads(triton_stack("check", values, "-o", "json").out)
    assert [(item["code"], item["key"], item["line"]) for item in listed] == found


def test_an_ensemble_in_values_is_not_missed_its_steps_of_another_file(tmp_path: Path) -> None:
    assert triton_stack("init", tmp_path / "stack", "--backend", "ensemble", "--name", "chain").code == 0
    assert triton_stack("generate", tmp_path / "stack", "-o", tmp_path / "out").code == 0
    values = tmp_path / "out" / "values"
    done = triton_stack("check", values / "stack.yaml", values / "chain.yaml")
    assert (done.code, done.out) == (0, "")
    assert triton_stack("check", *sorted(values.iterdir())).code == 0


def test_findings_in_json_have_all_their_fields(tmp_path: Path) -> None:
    (tmp_path / "config.pbtxt").write_text('name: "x"\nmax_batch_size: -1\n')
    done = triton_stack("check", tmp_path / "config.pbtxt", "-o", "json")
    assert done.code == 1
    first = next(item for item in json.loads(done.out) if item["code"] == "TS301")
    assert list(first) == ["code", "severity", "file", "line", "column", "key", "message", "fix"]
    assert (first["line"], first["column"], first["key"]) == (2, 1, "max_batch_size")


def test_a_warning_alone_exits_with_zero(stack: Path) -> None:
    (stack / "files" / "double" / "old").mkdir()
    done = triton_stack("check", stack)
    assert done.code == 0
    assert "warning TS408" in done.out


@pytest.mark.parametrize(
    "arguments",
    [
        ["check"],
        ["check", "no-such-path"],
        ["generate", "no-such-path", "-o", "x"],
        ["generate", "."],
        ["frobnicate"],
        ["check", ".", "-o", "xml"],
    ],
)
def test_wrong_use_exits_with_two(arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert triton_stack(*arguments).code == 2


def test_a_repository_is_checked_model_by_model(tmp_path: Path) -> None:
    for name, version in (("good", "1"), ("bad", "3abc")):
        (tmp_path / name / version).mkdir(parents=True)
        (tmp_path / name / version / "model.xml").write_bytes(b"x")
        (tmp_path / name / "config.pbtxt").write_text(f'name: "{name}" backend: "openvino"')
    (tmp_path / "lost+found").mkdir()
    found = json.loads(triton_stack("check", tmp_path, "-o", "json").out)
    assert {(Path(item["file"]).parts[-2], item["code"]) for item in found} == {
        ("bad", "TS402"),
        (tmp_path.name, "TS405"),
    }


def test_no_cluster_is_one_clear_message(tmp_path: Path) -> None:
    done = triton_stack("endpoints", "demo", "--kubeconfig", tmp_path / "none")
    assert done.code == 1
    assert done.err.startswith("error: no usable kubeconfig")
    assert len(done.err.splitlines()) == 1


def test_values_for_a_claim_name_no_files_and_no_config(stack: Path, tmp_path: Path) -> None:
    claim = "{name: a, values: {modelRepository: {type: pvc, pvc: {existingClaim: models}}}}"
    (stack / "stack.yaml").write_text(claim)
    done = triton_stack("generate", stack, "-o", tmp_path / "out")
    assert done.code == 0, done.err
    values = yaml.safe_load((tmp_path / "out" / "values" / "double.yaml").read_text())
    assert list(values["models"]["double"]) == ["pool", "sample"]
    assert (tmp_path / "out" / "model_repository" / "double" / "config.pbtxt").is_file()


def test_a_source_that_is_no_folder_is_named_at_its_key(stack: Path) -> None:
    spec = stack / "models" / "double.yaml"
    spec.write_text(spec.read_text().replace("../files/double", "../files/dubble"))
    found = json.loads(triton_stack("check", stack, "-o", "json").out)
    assert [(item["code"], item["key"], item["line"]) for item in found] == [("TS401", "source", 12)]


def test_the_curl_line_survives_quotes_in_the_sample() -> None:
    from triton_stack.fleet.discovery import curl_line

    line = curl_line("http://h/v2/models/m", '{"a":"it\'s"}')
    done = subprocess.run(
        ["sh", "-c", line.replace("curl", "printf '%s\\n'", 1)], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == '{"a":"it\'s"}'
