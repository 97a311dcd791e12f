"""Each feature of Triton's model configuration, as its documentation describes it, in a spec of our own: it loads.

The specs are tests/live/documented/*.yaml. The backends are stubs, so the core of the real server judges the configs;
this machine has no GPU, so KIND_GPU is rewritten to KIND_CPU for the server, and for it alone.
"""

import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import text_format
from google.protobuf.descriptor import Descriptor

from tests.support.command import triton_stack
from tests.support.stub_backend import stub_agents, stub_backends
from tests.support.triton import Triton, running_triton
from triton_stack.pbtxt import config_text, parse_config
from triton_stack.repository.import_folder import import_file
from triton_stack.spec.descriptor import enum_name, is_map, is_repeated, model_config_descriptor
from triton_stack.spec.environment import Environment
from triton_stack.spec.model import ModelSpec, parse_model_spec
from triton_stack.spec.names import CONFIG_FILE, default_file
from triton_stack.spec.versions import OLDEST_TRITON

FOLDER = Path(__file__).with_name("documented")
EXAMPLES = sorted(path.stem for path in FOLDER.glob("*.yaml"))
HEAD = re.compile(r"# \S.{20,}\n# Triton's documentation: \S.*\n\n")

# Warnings that are right, and why. All other examples have none.
WARNINGS = {
    "backend_by_name.sharpen": {
        "TS503": "backend and platform are left out, as the documentation allows",
        "TS532": "no container of NVIDIA's has a backend of one's own",
    }
}
# The backend that import writes out where a config leaves it to the model's name.
COMPLETED = {"backend_by_name.sharpen": "sharpen"}
# What came after the server of these tests (24.10): it refuses them, and so does check for that release.
NEWER = {"ensemble_inflight": "TS121", "model_metrics": "TS121", "torch_aoti": "TS122"}
# What the server of these tests lacks, with what it says: no config tells, so check accepts them.
LACKING = {"custom_batching": "/opt/batching/by_memory.so"}
# Fields that no example has, and why.
NOT_SHOWN = {"ModelEnsembling.Step.model_namespace": "Triton reserves it for itself: users are not to set it"}
# Values that stand for none.
NO_VALUES = {"TYPE_INVALID", "FORMAT_NONE", "PRIORITY_DEFAULT"}

# Pools for all of them: their backends are in different containers, and some need GPUs.
STACK = """
name: documented
values:
  modelRepository: {objectStore: {url: s3://models/documented}}
  poolDefaults:
    server: {extraArgs: {cache-config: "local,size=1048576", rate-limit: execution_count}}
  pools:
    default: {gpu: {count: 0}}
    gpu: {gpu: {count: 4}}
    vllm: {gpu: {count: 1}, image: {tag: 26.08-vllm-python-py3}}
"""
PYTHON = "class TritonPythonModel:\n    def execute(self, requests): ...\n"
# What the one example of FIL loads: its file depends on the format.
OTHER_FILES = {"fil": "xgboost.json"}
# Longer than any tensor of the examples.
DATA_BYTES = 1 << 16


def read(name: str) -> ModelSpec:
    file = FOLDER / f"{name}.yaml"
    return parse_model_spec(file.read_text(), str(file), Environment())


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All examples as one stack, with the files that each of them names; the files are without sense."""
    folder = tmp_path_factory.mktemp("documented") / "stack"
    (folder / "files").mkdir(parents=True)
    (folder / "stack.yaml").write_text(STACK)
    shutil.copytree(FOLDER, folder / "models")
    for name in EXAMPLES:
        spec = read(name)
        if not spec.is_ensemble:
            write_files(folder / "files" / name, spec.config)
    return folder


def write_files(folder: Path, config: Any) -> None:
    policy = config.version_policy
    versions = list(policy.specific.versions) or ([1, 2, 3, 4] if config.HasField("version_policy") else [1])
    usual = default_file(config.backend, config.platform, config.default_model_filename)
    model = OTHER_FILES.get(config.backend) or usual or "model.bin"
    for version in versions:
        for file in {model, *config.cc_model_filenames.values()}:
            path = folder / str(version) / file
            path.parent.mkdir(parents=True, exist_ok=True)
            if config.backend == "onnxruntime":
                # An ONNX model may be a folder; check does not look into it, and compares no tensors.
                path.mkdir()
            else:
                path.write_text(PYTHON if file == "model.py" else "")
    for output in config.output:
        if output.label_filename:
            (folder / output.label_filename).write_text("oak\nbeech\nlime\n")
    for warmup in config.model_warmup:
        for tensor in warmup.inputs.values():
            # The data of a warm-up from the sample is made of the sample.
            if tensor.input_data_file and not tensor.input_data_file.startswith("sample_"):
                write_data(folder / "warmup" / tensor.input_data_file)
    for state in config.sequence_batching.state:
        for initial in state.initial_state:
            if initial.data_file:
                write_data(folder / "initial_state" / initial.data_file)


def write_data(path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    path.touch()
    os.truncate(path, DATA_BYTES)


def check(path: Path, *options: object) -> list[tuple[str, str, str]]:
    """Run the command; return the example, the code and the severity of each finding."""
    done = triton_stack("check", path, "-o", "json", *options)
    return [(Path(item["file"]).stem, item["code"], item["severity"]) for item in json.loads(done.out)]


@pytest.fixture(scope="module")
def findings(stack: Path) -> list[tuple[str, str, str]]:
    return check(stack)


@pytest.fixture(scope="module")
def repository(stack: Path) -> Path:
    """The generated repository with the models' files beside, as the init container lays them out."""
    out = stack.parent / "out"
    done = triton_stack("generate", stack, "-o", out)
    assert done.code == 0, done.err
    shutil.copytree(stack / "files", out / "model_repository", dirs_exist_ok=True)
    for name in EXAMPLES:
        # An ensemble has no files, and Triton wants a version all the same.
        (out / "model_repository" / name / "1").mkdir(exist_ok=True)
    return out / "model_repository"


@pytest.fixture(scope="module")
def server(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Triton]:
    folder = tmp_path_factory.mktemp("server")
    served = folder / "model_repository"
    shutil.copytree(repository, served)
    names = {"sharpen"}
    for name in EXAMPLES:
        names.add(read(name).config.backend)
        without_gpus(served / name / CONFIG_FILE)
    backends = stub_backends(folder / "backends", sorted({*names, "tensorrt"} - {""}))
    for name in EXAMPLES:
        config = read(name).config
        if config.runtime:
            shutil.copy(backends / "stub.so", backends / config.backend / config.runtime)
    agents = stub_agents(folder / "agents", ["checksum", "decryption"])
    flags = [f"--repoagent-directory={agents}", "--cache-config=local,size=1048576", "--rate-limit=execution_count"]
    with running_triton(served, backends=backends, extra_args=flags) as triton:
        yield triton


def without_gpus(file: Path) -> None:
    """Rewrite KIND_GPU to KIND_CPU."""
    config = parse_config(file.read_bytes(), str(file))
    for group in config.instance_group:
        if enum_name(group, "kind") == "KIND_GPU":
            group.kind = group.DESCRIPTOR.enum_values_by_name["KIND_CPU"].number
            del group.gpus[:]
    file.write_text(text_format.MessageToString(config))


def test_the_guide_names_every_example() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "model-specs.md").read_text()
    section = guide.partition("## Examples by feature\n")[2].partition("\n## ")[0]
    named = re.findall(r"`([a-z0-9_.]+)`", section.partition("| feature |")[2])
    assert len(EXAMPLES) >= 45
    assert sorted(named) == EXAMPLES


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_head_says_the_feature_and_its_page(name: str) -> None:
    assert HEAD.match((FOLDER / f"{name}.yaml").read_text())


def test_check_finds_no_error_and_the_warnings_that_are_right(findings: list[tuple[str, str, str]]) -> None:
    right = [(name, code, "warning") for name, codes in WARNINGS.items() for code in codes]
    assert sorted(findings) == sorted(right)


@pytest.mark.parametrize("name", EXAMPLES)
def test_its_text_has_its_meaning(name: str) -> None:
    spec = read(name)
    assert parse_config(config_text(spec, f"models/{name}.yaml").encode(), "config.pbtxt") == spec.config


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_import_of_its_text_gives_it_again(repository: Path, name: str) -> None:
    imported = import_file(repository / name / CONFIG_FILE)
    expected = read(name).config
    expected.backend = COMPLETED.get(name, expected.backend)
    assert parse_model_spec(imported.spec, f"{name}.yaml", Environment()).config == expected


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name not in {*NEWER, *LACKING}])
def test_the_server_loads_it(server: Triton, name: str) -> None:
    assert server.load(name) == ""


@pytest.mark.parametrize("name", NEWER)
def test_the_old_server_refuses_what_came_later(server: Triton, name: str) -> None:
    assert "failed to load" in server.load(name)


def test_check_for_the_old_release_refuses_the_same(stack: Path, findings: list[tuple[str, str, str]]) -> None:
    old = check(stack, "--triton-version", OLDEST_TRITON)
    assert sorted(set(old) - set(findings)) == sorted((name, code, "error") for name, code in NEWER.items())


@pytest.mark.parametrize("name", LACKING)
def test_the_server_misses_a_library_that_no_config_tells(server: Triton, name: str) -> None:
    assert LACKING[name] in server.load(name)


def test_every_field_is_shown() -> None:
    shown: set[str] = set()
    for name in EXAMPLES:
        shown |= fields_of(read(name).tree, model_config_descriptor())
    known = all_fields(model_config_descriptor())
    assert len(known) > 140
    assert known - shown == NOT_SHOWN.keys()


def test_every_value_of_an_enumeration_is_shown() -> None:
    shown: set[str] = set()
    for name in EXAMPLES:
        shown |= values_of(read(name).tree)
    known = {
        value.name
        for message in messages(model_config_descriptor())
        for field in message.fields
        if field.enum_type is not None
        for value in field.enum_type.values
    }
    assert len(known) > 35
    assert known - shown == NO_VALUES


def messages(message: Descriptor) -> Iterator[Descriptor]:
    """Each message that a config may hold; a map counts as the message of its values."""
    yield message
    for field in message.fields:
        inner = field.message_type
        if inner is not None and is_map(field):
            inner = inner.fields_by_name["value"].message_type
        if inner is not None:
            yield from messages(inner)


def name_of(message: Descriptor, field: str) -> str:
    return f"{message.full_name.removeprefix('inference.')}.{field}"


def all_fields(message: Descriptor) -> set[str]:
    return {name_of(inner, field.name) for inner in messages(message) for field in inner.fields}


def fields_of(tree: Any, message: Descriptor) -> set[str]:
    """The fields that a spec writes."""
    found: set[str] = set()
    for key, value in tree.items():
        field = message.fields_by_name[key]
        found.add(name_of(message, key))
        inner, items = field.message_type, [value]
        if inner is not None and is_map(field):
            inner, items = inner.fields_by_name["value"].message_type, list(value.values())
        elif is_repeated(field):
            items = value
        if inner is not None:
            for item in items:
                found |= fields_of(item, inner)
    return found


def values_of(tree: Any) -> set[str]:
    if isinstance(tree, dict):
        return set().union(*(values_of(value) for value in tree.values()))
    if isinstance(tree, list):
        return set().union(*(values_of(value) for value in tree))
    return {tree} if isinstance(tree, str) else set()
