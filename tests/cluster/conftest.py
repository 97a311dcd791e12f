"""A kind cluster of the tests' own, or the one that --kubeconfig names, and a namespace for each test.

The environment variable KUBECONFIG is not read: it may lead to a cluster that nobody meant to test on.
"""

import itertools
import re
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo import store
from demo.shell import Shell
from devcluster import cluster as devcluster
from devcluster.errors import Problem
from tests.support.models import Models
from tests.support.release import ROOT, Release
from tests.support.require import missing

NAME = "triton-stack-test"
HTTP_PORT, GRPC_PORT = 18100, 18101
TEST_LABEL = "triton-stack.io/test"
NAMESPACE_NUMBERS = itertools.count(1)


def make_namespace(shell: Shell) -> None:
    shell.make_namespace()
    shell.run("kubectl", "label", "namespace", shell.namespace, f"{TEST_LABEL}=true")


@pytest.fixture(scope="session")
def own_cluster(pytestconfig: pytest.Config) -> Iterator[devcluster.Cluster | None]:
    """The tests' own cluster; None where --kubeconfig names another.

    One that is up already is used and left up; one that is made here is removed, unless --keep-cluster is given.
    """
    if pytestconfig.getoption("kubeconfig"):
        yield None
        return
    ports = [f"{HTTP_PORT}:30080", f"{GRPC_PORT}:30081"]
    # Building and starting it takes minutes on a fresh machine: show what happens.
    with pytestconfig.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        try:
            cluster = devcluster.up(NAME, nodes=2, ports=ports, kubeconfig=ROOT / "build" / "test" / "kubeconfig")
        except Problem as problem:
            missing(str(problem))
    # What an interrupted run left would hold the node port.
    shell = Shell(cluster.kubeconfig, cluster.tools_path, "default")
    shell.run("kubectl", "delete", "namespace", "-l", f"{TEST_LABEL}=true", "--timeout=120s")
    yield cluster
    if not cluster.reused and not pytestconfig.getoption("keep_cluster"):
        devcluster.down(NAME)


@pytest.fixture(scope="session")
def cluster_kubeconfig(own_cluster: devcluster.Cluster | None, pytestconfig: pytest.Config) -> Path:
    if own_cluster:
        return own_cluster.kubeconfig
    return Path(pytestconfig.getoption("kubeconfig"))


@pytest.fixture(scope="module")
def kube_config(cluster_kubeconfig: Path) -> str:
    """pytest-helm-charts' fixture, from which its kube_cluster is made."""
    return str(cluster_kubeconfig)


@pytest.fixture(scope="session")
def tools(own_cluster: devcluster.Cluster | None) -> Path | None:
    return own_cluster.tools_path if own_cluster else None


@pytest.fixture(scope="session")
def run_id() -> str:
    return secrets.token_hex(3)


@pytest.fixture(scope="session")
def store_shell(cluster_kubeconfig: Path, tools: Path | None, run_id: str) -> Iterator[Shell]:
    """A namespace with the S3 store that all tests publish to."""
    shell = Shell(cluster_kubeconfig, tools, f"store-{run_id}")
    make_namespace(shell)
    store.install(shell)
    yield shell
    shell.run("kubectl", "delete", "namespace", shell.namespace, "--wait=false")


@pytest.fixture(scope="session")
def models(store_shell: Shell, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Models]:
    """Models that tests publish to the store."""
    with store.reached(store_shell) as reached:
        yield Models(reached, store_shell, tmp_path_factory.mktemp("models"))


@pytest.fixture
def shell(cluster_kubeconfig: Path, tools: Path | None, run_id: str, request: pytest.FixtureRequest) -> Iterator[Shell]:
    """A namespace of the test's own, with the store's keys."""
    words = re.sub(r"[^a-z0-9]+", "-", request.node.name.removeprefix("test_"))
    number = next(NAMESPACE_NUMBERS)
    shell = Shell(cluster_kubeconfig, tools, f"{words[:40].strip('-')}-{run_id}-{number}")
    make_namespace(shell)
    yield shell
    shell.run("kubectl", "delete", "namespace", shell.namespace, "--wait=false")


@pytest.fixture
def release(shell: Shell, chart_path: str, values_file_path: str, tmp_path: Path) -> Iterator[Release]:
    """A release that is removed at the end of the test."""
    chart = Path(chart_path or ROOT / "charts" / "triton-stack")
    profile = Path(values_file_path or ROOT / "values" / "kind-cpu.yaml")
    release = Release(shell, chart, profile, tmp_path)
    yield release
    release.uninstall()


@pytest.fixture
def address(own_cluster: devcluster.Cluster | None, release: Release) -> str:
    """Where the release is reached from this machine: through a node port, which it then has."""
    if own_cluster is None:
        missing("node ports of a foreign cluster are not reached from 127.0.0.1")
    release.node_port = True
    return f"127.0.0.1:{HTTP_PORT}"


@pytest.fixture
def grpc_address(address: str) -> str:
    return f"127.0.0.1:{GRPC_PORT}"
