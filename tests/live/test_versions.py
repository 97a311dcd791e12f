"""The real 2.51 server refuses what `check --triton-version 24.10` says it does not know, and knows all else."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from google.protobuf.descriptor import Descriptor

from tests.support.command import triton_stack
from tests.support.stub_backend import stub_backends
from tests.support.triton import Triton, free_ports, running_triton, server_home
from triton_stack.spec.descriptor import is_map, is_repeated, model_config_descriptor
from triton_stack.spec.server_flags import FLAGS, FlagKind
from triton_stack.spec.versions import FIELD_SINCE, OLDEST_TRITON, PLATFORM_SINCE

TENSORS = """
input [{ name: "X" data_type: TYPE_FP32 dims: [1] }]
output [{ name: "Y" data_type: TYPE_FP32 dims: [1] }]
instance_group [{ kind: KIND_CPU }]
"""
NEWER = {
    "model_metrics": ('backend: "pytorch" model_metrics { }', "TS121"),
    "max_inflight_requests": ("ensemble_scheduling { max_inflight_requests: 4 }", "TS121"),
    "torch_aoti": ('backend: "pytorch" platform: "torch_aoti"', "TS122"),
}
# Messages of the newer fields alone.
LATER = {"ModelMetrics", "MetricControl", "MetricIdentifier", "HistogramOptions"}
# Values that a server takes for the flags of these kinds.
VALUES = {FlagKind.SWITCH: "", FlagKind.BOOLEAN: "=true", FlagKind.INTEGER: "=1", FlagKind.NUMBER: "=1.5"}


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("repository")


@pytest.fixture(scope="module")
def server(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Triton]:
    backends = stub_backends(tmp_path_factory.mktemp("backends") / "all", ["pytorch"])
    with running_triton(repository, backends=backends) as triton:
        yield triton


def write_model(repository: Path, name: str, config: str) -> Path:
    (repository / name / "1").mkdir(parents=True)
    (repository / name / "1" / "model.pt").touch()
    (repository / name / "config.pbtxt").write_text(config + TENSORS)
    return repository / name


def fields(message: Descriptor, path: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """Each field of ModelConfig as its message's name and its own, and a text that sets it."""
    for field in message.fields:
        if is_map(field):
            entry = field.message_type.fields_by_name["value"]
            yield f"{message.name}.{field.name}", around((*path, field.name), "{ }")
            if entry.message_type is not None:
                yield from fields(entry.message_type, (*path, field.name, "value"))
        elif field.message_type is not None:
            yield f"{message.name}.{field.name}", around((*path, field.name), "{ }")
            yield from fields(field.message_type, (*path, field.name))
        elif is_repeated(field):
            yield f"{message.name}.{field.name}", around(path, f"{field.name}: []")
        else:
            value = {"string": '""', "bool": "false", "enum": "0", "float": "0", "double": "0"}
            kind = {9: "string", 8: "bool", 14: "enum"}.get(field.type, "float")
            yield f"{message.name}.{field.name}", around(path, f"{field.name}: {value[kind]}")


def around(path: tuple[str, ...], inner: str) -> str:
    text = inner
    for name in reversed(path):
        text = f"{name} {text}" if text == "{ }" else f"{name} {{ {text} }}"
    return text


@pytest.mark.parametrize("name", NEWER)
def test_the_old_server_refuses_what_check_says_it_does_not_know(server: Triton, repository: Path, name: str) -> None:
    config, code = NEWER[name]
    folder = write_model(repository, f"new_{name}", config)
    assert "failed to load" in server.load(f"new_{name}")
    old = triton_stack("check", folder, "--triton-version", OLDEST_TRITON)
    assert old.code == 1
    assert f"{code} [" in old.out
    newest = triton_stack("check", folder, "--triton-version", "26.11")
    assert f"{code} [" not in newest.out


def test_every_field_and_platform_that_came_later_is_tried() -> None:
    assert {name for _, name in FIELD_SINCE} | PLATFORM_SINCE.keys() == NEWER.keys()


def test_the_old_server_knows_every_other_field(server: Triton, repository: Path) -> None:
    """Its parser names the first field that it does not know: the one that is tried, or else the sentinel behind it."""
    texts = [(name, text) for name, text in fields(model_config_descriptor()) if name.split(".")[0] not in LATER]
    assert len(texts) > 120
    unknown = set()
    for number, (name, text) in enumerate(texts):
        write_model(repository, f"field_{number}", "").joinpath("config.pbtxt").write_text(f"{text}\nsentinel: 1\n")
        refused = server.load(f"field_{number}")
        assert 'has no field named "' in refused, f"{text}: {refused}"
        if 'has no field named "sentinel"' not in refused:
            unknown.add(name)
    assert unknown == {".".join(field) for field in FIELD_SINCE}


def test_the_old_server_starts_with_each_flag_that_it_is_said_to_know_and_with_no_other(tmp_path: Path) -> None:
    """The parser of flags ends the server before anything else; `--help` behind them ends it well."""
    assert len(FLAGS) > 80
    http, grpc, metrics = free_ports(3)
    program = server_home() / "bin" / "tritonserver"
    ports = [f"--http-port={http}", f"--grpc-port={grpc}", f"--metrics-port={metrics}"]
    refused = set()
    for name, flag in FLAGS.items():
        argument = f"--{name}{VALUES.get(flag.kind, '=x')}"
        done = subprocess.run([program, *ports, argument, "--help"], capture_output=True, text=True, timeout=30)
        if "unrecognized option" in done.stderr or "doesn't allow an argument" in done.stderr:
            refused.add(name)
    assert refused == {name for name, flag in FLAGS.items() if flag.since > OLDEST_TRITON}
