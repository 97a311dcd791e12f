"""What is refused before anything is touched, each beside its nearest accepted neighbour."""

import json
import os
import socket
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from devcluster import cluster, kind, kubeconfig
from devcluster.catalog import Catalog, Sources
from devcluster.errors import Problem
from devcluster.kind import Port


@pytest.mark.parametrize("text", ["18000", "0:30080", "65536:30080", "18000:29999", "18000:32768", "a:30080", "1:2:3"])
def test_a_wrong_port_is_refused_with_its_text(text: str) -> None:
    with pytest.raises(Problem, match=f"--port '{text}' is not HOST:NODEPORT"):
        Port.parse(text)


@pytest.mark.parametrize(("text", "port"), [("1:30000", Port(1, 30000)), ("65535:32767", Port(65535, 32767))])
def test_ports_up_to_the_limits_are_accepted(text: str, port: Port) -> None:
    assert Port.parse(text) == port


@pytest.mark.parametrize("name", ["", "Demo", "demo_1", "-demo", "demo-", "d" * 48])
def test_a_wrong_cluster_name_is_refused(name: str) -> None:
    with pytest.raises(Problem, match=f"--name '{name}' cannot name a cluster"):
        cluster.down(name)


def test_zero_nodes_are_refused() -> None:
    with pytest.raises(Problem, match="--nodes 0 is not between 1 and 10"):
        cluster.up("demo", nodes=0)


def test_a_busy_port_is_refused_with_its_number() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        number = taken.getsockname()[1]
        with pytest.raises(Problem, match=f"port {number} on 127.0.0.1 cannot be used"):
            cluster._require_free((Port(number, 30080),))
    cluster._require_free((Port(number, 30080),))


def container(**changes: Any) -> dict[str, Any]:
    """A node's container as docker and podman describe it; only the keys that are read."""
    described = {
        "Name": "/demo-control-plane",
        "Config": {
            "Image": "localhost/triton-stack/node:1",
            "Labels": {kind.LABEL: "demo", kind.ROLE_LABEL: "control-plane"},
        },
        "HostConfig": {
            "PortBindings": {
                "6443/tcp": [{"HostIp": "127.0.0.1", "HostPort": "40000"}],
                "30080/tcp": [{"HostIp": "127.0.0.1", "HostPort": "18000"}],
            }
        },
        "State": {"Status": "running"},
        "Mounts": [{"Destination": "/lib/modules"}, {"Destination": kind.MARK}],
    }
    return described | changes


def test_a_node_with_the_mark_is_ours() -> None:
    node = kind._node(container())
    cluster._require_ours("demo", [node])
    assert (node.name, node.role, node.running) == ("demo-control-plane", "control-plane", True)


def test_a_node_without_the_mark_is_refused_by_its_name() -> None:
    node = kind._node(container(Mounts=[{"Destination": "/lib/modules"}]))
    with pytest.raises(
        Problem, match=r"there is a cluster demo that this tool did not make \(nodes: demo-control-plane\)"
    ):
        cluster._require_ours("demo", [node])


def test_only_ports_that_lead_to_node_ports_count() -> None:
    assert kind._node(container()).ports == (Port(18000, 30080),)


def test_a_port_that_a_running_cluster_lacks_is_refused() -> None:
    node = kind._node(container())
    with pytest.raises(Problem, match=r"up without the port\(s\) 18001:30081; it has: 18000:30080"):
        cluster._require_same_ports("demo", [node], (Port(18000, 30080), Port(18001, 30081)))


def test_a_running_cluster_with_the_wanted_port_is_accepted() -> None:
    cluster._require_same_ports("demo", [kind._node(container())], (Port(18000, 30080),))


def test_every_node_is_marked_and_ports_are_bound_to_loopback() -> None:
    config = json.loads(kind.config(2, [Port(18000, 30080)]))
    assert [node["role"] for node in config["nodes"]] == ["control-plane", "worker"]
    assert all(node["extraMounts"][0]["containerPath"] == kind.MARK for node in config["nodes"])
    mapping = {"containerPort": 30080, "hostPort": 18000, "listenAddress": "127.0.0.1"}
    assert config["nodes"][0]["extraPortMappings"] == [mapping]


def test_the_subnets_are_those_of_the_node_image() -> None:
    from devcluster.recipe import FILES

    entry = (FILES / "node/rootfs/usr/local/bin/node-entry").read_text()
    assert kind.SERVICE_SUBNET in entry
    assert kind.POD_SUBNET in entry


class TestKubeconfig:
    def test_the_users_own_file_is_refused(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HOME", str(tmp_path))
        with pytest.raises(Problem, match="is your own kubeconfig"):
            kubeconfig.check_path(tmp_path / ".kube/config", "demo")

    def test_a_file_of_another_cluster_is_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "kubeconfig"
        path.write_text("clusters: [{name: kind-demo}, {name: production}]")
        with pytest.raises(Problem, match="holds other clusters: production"):
            kubeconfig.check_path(path, "demo")

    def test_a_file_that_is_no_kubeconfig_is_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "notes"
        path.write_text("my notes")
        with pytest.raises(Problem, match="exists and is not a kubeconfig"):
            kubeconfig.check_path(path, "demo")

    def test_a_file_of_the_same_cluster_is_replaced_and_private(self, tmp_path: Path) -> None:
        path = tmp_path / "build" / "kubeconfig"
        kubeconfig.write(path, "clusters: [{name: kind-demo}]")
        kubeconfig.check_path(path, "demo")
        kubeconfig.write(path, "new")
        assert path.read_text() == "new"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert [file.name for file in path.parent.iterdir()] == ["kubeconfig"]


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(Path(cluster.__file__).parents[1]), "NO_COLOR": "1"}
    return subprocess.run(
        [sys.executable, "-m", "devcluster", *arguments], capture_output=True, text=True, env=environment, timeout=30
    )


def test_a_problem_is_one_message_without_a_traceback_and_exit_code_2() -> None:
    result = command("up", "--port", "18000")
    assert result.returncode == 2
    assert result.stderr.startswith("error: --port '18000' is not HOST:NODEPORT\n")
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("name", ["up", "down", "status", "load", "tools", "build"])
def test_the_help_of_each_command_has_an_example(name: str) -> None:
    result = command(name, "--help")
    assert result.returncode == 0
    assert "python -m devcluster" in result.stdout.split("Example:")[1]


def test_the_image_that_a_new_cluster_would_get_is_current() -> None:
    assert Catalog(Sources()).node.image in cluster._current_images("auto", "auto")


def test_an_image_of_another_recipe_is_not_current() -> None:
    assert "localhost/triton-stack/node:000000000000" not in cluster._current_images("auto", "auto")


def test_a_named_image_is_current_for_a_run_that_names_it() -> None:
    named = Catalog(Sources(node="127.0.0.1:5000/node:1")).node.image
    assert named in cluster._current_images("127.0.0.1:5000/node:1", "build")
    assert named not in cluster._current_images("build", "build")
