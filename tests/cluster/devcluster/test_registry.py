"""Where an image registry is reached, the node image and the Debian base are pulled; here from a registry of the test.

The images in it are our own under the names of the public ones. Takes about three minutes.
"""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from devcluster import cluster, images, kind
from devcluster.catalog import Catalog, Sources
from devcluster.cluster import new_builder
from devcluster.errors import Problem
from devcluster.health import Kubectl
from devcluster.kubeconfig import check_path
from devcluster.progress import Steps
from devcluster.recipe import Recipe
from devcluster.shell import CommandFailed
from tests.support.require import missing

NAME = "triton-stack-registry-test"
PORT = 15199
NODE = f"127.0.0.1:{PORT}/kindest/node:v1.34.4"
BASE = f"127.0.0.1:{PORT}/library/debian:bookworm-slim"


@pytest.fixture(scope="module")
def registry_program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Debian's registry server, unpacked and not installed: installing it would start a service."""
    folder = tmp_path_factory.mktemp("registry-program")
    if not shutil.which("apt-get"):
        missing("apt-get is needed to download Debian's docker-registry")
    download = ["apt-get", "download", "docker-registry"]
    if subprocess.run(download, cwd=folder, check=False, capture_output=True).returncode:
        subprocess.run(["apt-get", "update", "-q"], check=True, capture_output=True)
        subprocess.run(download, cwd=folder, check=True, capture_output=True)
    packages = list(folder.glob("docker-registry_*.deb"))
    assert packages
    subprocess.run(["dpkg-deb", "-x", str(packages[0]), str(folder)], check=True)
    return folder / "usr/bin/docker-registry"


@pytest.fixture(scope="module")
def registry(registry_program: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A registry on 127.0.0.1 that holds our node image and our Debian base."""
    folder = tmp_path_factory.mktemp("registry")
    config = folder / "config.yml"
    config.write_text(
        f"version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: {folder / 'data'}}}}}\n"
        f"http: {{addr: '127.0.0.1:{PORT}'}}\n"
    )
    process = subprocess.Popen([registry_program, "serve", config], env={**os.environ, "OTEL_TRACES_EXPORTER": "none"})
    try:
        deadline = time.monotonic() + 20
        while socket.socket().connect_ex(("127.0.0.1", PORT)):
            assert time.monotonic() < deadline, "the registry does not answer"
            time.sleep(0.1)
        fill()
        yield
    finally:
        process.terminate()
        process.wait(10)
        shutil.rmtree(folder)


def fill() -> None:
    with Steps() as steps:
        builder = new_builder(steps)
        local = Catalog(Sources())
        builder.make([local.node, local.base])
        engine = builder.engine()
        tls = ["--tls-verify=false"] if engine.program == "podman" else []
        for recipe, reference in ((local.node, NODE), (local.base, BASE)):
            engine.call("tag", recipe.image, reference)
            engine.call("push", "--quiet", *tls, reference)
            engine.call("image", "rm", reference)
        # of an earlier run of this test: what is cached would not be pulled
        pulled = Catalog(Sources(NODE, BASE))
        for recipe in (pulled.node, pulled.base):
            forget(engine.call, recipe)


def forget(call, recipe: Recipe) -> None:
    try:
        call("image", "rm", "--force", recipe.image)
    except CommandFailed as error:
        assert "no such image" in error.output.lower() or "image not known" in error.output.lower()


@pytest.fixture(scope="module")
def pulled(registry: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[cluster.Cluster]:
    path = tmp_path_factory.mktemp("pulled") / "kubeconfig"
    check_path(path, NAME)
    try:
        yield cluster.up(NAME, nodes=1, kubeconfig=path, node_image=NODE, base_image=BASE)
    finally:
        cluster.down(NAME)


def test_a_cluster_of_a_pulled_node_image_comes_up_with_the_pods_images_loaded(pulled: cluster.Cluster) -> None:
    # up() itself has proven names, Services and a pod of the loaded rclone image
    kubectl = Kubectl(pulled.tools_path / "kubectl", pulled.kubeconfig)
    assert kubectl.call("get", "nodes", "-o", "jsonpath={.items[*].metadata.name}") == f"{NAME}-control-plane"
    with Steps() as steps:
        engine = new_builder(steps).engine()
        expected = Catalog(Sources(NODE, BASE))
        assert kind.nodes(engine, NAME)[NAME][0].image == expected.node.image
        names = engine.call("exec", f"{NAME}-control-plane", "ctr", "-n", "k8s.io", "images", "ls", "-q").split()
    assert {images.RCLONE, images.TRITON_CPU} <= set(names)


def test_an_image_that_the_registry_lacks_is_named(registry: None) -> None:
    absent = f"127.0.0.1:{PORT}/kindest/node:v0.0.0"
    with Steps() as steps, pytest.raises(Problem, match=r"node: .*(\n.*)*v0\.0\.0"):
        new_builder(steps).make([Catalog(Sources(absent, BASE)).node])
