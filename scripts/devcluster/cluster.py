"""Bringing clusters up and down."""

from __future__ import annotations

import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from devcluster import cache as caches
from devcluster import health, images, kind, machine, tools
from devcluster import kubeconfig as kubeconfigs
from devcluster.builder import Builder
from devcluster.catalog import AUTO, BUILD, PUBLIC, Catalog, Sources, sources
from devcluster.errors import Problem
from devcluster.health import Kubectl
from devcluster.kind import Kind, Node, Port
from devcluster.progress import Steps
from devcluster.recipe import explain
from devcluster.shell import CommandFailed

DEFAULT_NAME = "triton-stack"


@dataclass(frozen=True)
class Cluster:
    """A cluster that is up.

    Attributes:
        name: kind's name of it.
        kubeconfig: File that leads to it.
        tools_path: Folder with helm, kubectl and kind, to be put in PATH.
        nodes: Names of its nodes.
        reused: It was up already.
        outdated: It was up already, and a new one would get another node image.
    """

    name: str
    kubeconfig: Path
    tools_path: Path
    nodes: tuple[str, ...]
    reused: bool
    outdated: bool = False


def new_builder(steps: Steps) -> Builder:
    """Returns a builder on the default cache folder."""
    return Builder(caches.Cache(caches.default_folder()), steps)


def up(
    name: str = DEFAULT_NAME,
    nodes: int = 2,
    ports: Sequence[str] = (),
    kubeconfig: Path | None = None,
    node_image: str = AUTO,
    base_image: str = AUTO,
) -> Cluster:
    """Brings a cluster up, or gives access to the one that is up already.

    Args:
        name: Name of the cluster.
        nodes: How many; the first is the control plane, and pods run on all of them.
        ports: HOST:NODEPORT each; bound to 127.0.0.1 only.
        kubeconfig: File to write; build/<name>/kubeconfig by default.
        node_image: "auto", "build", or a kindest/node reference to pull.
        base_image: "auto", "build", or a Debian reference to pull, for the images that are built.

    Raises:
        Problem: It cannot be done; the message says why and what to do.
    """
    _check_name(name)
    if not 1 <= nodes <= 10:
        raise Problem(f"--nodes {nodes} is not between 1 and 10", "2 nodes show all that a small cluster can")
    wanted = tuple(sorted({Port.parse(text) for text in ports}, key=lambda port: port.host))
    path = (kubeconfig or kubeconfigs.default_path(name)).absolute()
    kubeconfigs.check_path(path, name)
    with Steps() as steps:
        builder = new_builder(steps)
        with builder.cache.lock(f"cluster-{name}"):
            return _up(builder, name, nodes, wanted, path, node_image, base_image)


def _up(
    builder: Builder, name: str, count: int, ports: tuple[Port, ...], path: Path, node_image: str, base_image: str
) -> Cluster:
    present = _our_nodes(builder, name)
    if present:
        tools_path = tools.ensure(builder, Catalog(Sources()))
        program = Kind(tools_path / "kind", builder.engine())
        broken = _why_not_usable(program, Kubectl(tools_path / "kubectl", path), name, present, count)
        if not broken:
            _require_same_ports(name, present, ports)
            outdated = not _current_images(node_image, base_image).issuperset(node.image for node in present)
            if outdated:
                builder.steps.say(f"cluster {name} has an older node image; to renew it, run down and then up")
            return Cluster(name, path, tools_path, tuple(node.name for node in present), reused=True, outdated=outdated)
        builder.steps.say(f"cluster {name} {broken}; it is made anew")
        program.call("delete", "cluster", "--name", name)
    _require_free(ports)
    machine.check_watches(count)

    catalog = Catalog(sources(node_image, base_image))
    builder.make([*catalog.tool_recipes, *catalog.images])
    tools_path = tools.ensure(builder, catalog)
    engine = builder.engine()
    program = Kind(tools_path / "kind", engine)
    kubectl = Kubectl(tools_path / "kubectl", path)
    _create(builder, program, catalog, name, count, ports, path)
    with builder.steps.step(name, "waits until names and Services work on every node", 15):
        health.open_control_plane(kubectl)
        if catalog.sources.node:
            _prepare_upstream_nodes(program, name)
            load_images(
                builder, program, name, {catalog.triton.image: images.TRITON_CPU, catalog.rclone.image: images.RCLONE}
            )
        health.wait_until_ready(kubectl, count)
    members = kind.nodes(engine, name)[name]
    return Cluster(name, path, tools_path, tuple(node.name for node in members), reused=False)


def _current_images(node_image: str, base_image: str) -> set[str]:
    """Returns the node images that a new cluster may get; with "auto" both, as this must not wait for a registry."""
    named = {text: "" if text in (AUTO, BUILD) else text for text in (node_image, base_image)}
    built = Catalog(Sources(named[node_image], named[base_image]))
    pulled = Catalog(PUBLIC)
    return {built.node.image, pulled.node.image}


def _create(
    builder: Builder, program: Kind, catalog: Catalog, name: str, count: int, ports: tuple[Port, ...], path: Path
) -> None:
    log = builder.cache.log(f"cluster-{name}")
    log.unlink(missing_ok=True)
    with (
        builder.steps.step(name, f"creates a cluster of {count} node(s)", 25 if count > 1 else 15),
        builder.cache.scratch() as scratch,
    ):
        config, draft = scratch / "kind.json", scratch / "kubeconfig"
        config.write_text(kind.config(count, ports))
        words = ("--name", name, "--image", catalog.node.image, "--config", config, "--wait", "90s")
        try:
            program.call("create", "cluster", *words, "--kubeconfig", draft, log=log, kubeconfig=draft)
        except CommandFailed as error:
            raise explain(f"cluster {name}", "", error) from None
        kubeconfigs.write(path, draft.read_text())


def _why_not_usable(program: Kind, kubectl: Kubectl, name: str, present: list[Node], count: int) -> str:
    """Returns what is wrong with a cluster of ours; empty if it is healthy. Writes its kubeconfig on the way."""
    stopped = [node.name for node in present if not node.running]
    if stopped:
        return f"has stopped nodes ({', '.join(stopped)})"
    try:
        kubeconfigs.write(kubectl.kubeconfig, program.call("get", "kubeconfig", "--name", name))
    except CommandFailed:
        return "was left half made"
    if not health.is_healthy(kubectl, len(present)):
        return "does not answer, or not all of its nodes are ready"
    if len(present) != count:
        raise Problem(
            f"cluster {name} is up with {len(present)} node(s), not {count}",
            f"use --nodes {len(present)}, or remove it first: python -m devcluster down --name {name}",
        )
    return ""


def down(name: str) -> bool:
    """Deletes a cluster that this tool made.

    Returns:
        False if there is none of that name.

    Raises:
        Problem: A cluster of that name is somebody else's.
    """
    _check_name(name)
    with Steps() as steps:
        builder = new_builder(steps)
        with builder.cache.lock(f"cluster-{name}"):
            if not _our_nodes(builder, name):
                return False
            program = Kind(tools.ensure(builder, Catalog(Sources())) / "kind", builder.engine())
            with steps.step(name, "deletes the cluster", 5):
                program.call("delete", "cluster", "--name", name)
            return True


def load(name: str, image: str) -> None:
    """Loads an image from the engine's store, or an archive of images, into all nodes of a cluster of ours."""
    with Steps() as steps:
        builder = new_builder(steps)
        if not _our_nodes(builder, name):
            raise Problem(f"there is no cluster {name}", f"make it: python -m devcluster up --name {name}")
        engine = builder.engine()
        program = Kind(tools.ensure(builder, Catalog(Sources())) / "kind", engine)
        if Path(image).is_file():
            with steps.step(name, f"loads the archive {image}", 10):
                program.call("load", "image-archive", image, "--name", name)
            return
        if not engine.has_image(image):
            raise Problem(
                f"{engine.program} has no image {image!r}, and there is no such archive",
                f"build or pull it first with {engine.program}, or give the path of an archive",
            )
        load_images(builder, program, name, {image: image})


def load_images(builder: Builder, program: Kind, name: str, wanted: dict[str, str]) -> None:
    """Copies images into all nodes.

    Args:
        builder: Shows the step; its cache folder holds the archive meanwhile.
        program: kind.
        name: The cluster.
        wanted: For each image in the engine's store its name in the cluster.
    """
    engine = program.engine
    with (
        builder.steps.step(name, f"loads {', '.join(wanted.values())}", 15),
        builder.cache.scratch() as scratch,
    ):
        for source, target in wanted.items():
            if source != target:
                engine.call("tag", source, target)
        archive = scratch / "images.tar"
        engine.save(list(wanted.values()), archive)
        program.call("load", "image-archive", archive, "--name", name)


def _prepare_upstream_nodes(program: Kind, name: str) -> None:
    """Gives nodes of a pulled image the rule that our own image has in its start (see files/node, node-entry)."""
    for node in kind.nodes(program.engine, name)[name]:
        for chain in ("OUTPUT", "FORWARD"):
            rule = f"{chain} -d {kind.SERVICE_SUBNET} -p tcp -j REJECT --reject-with tcp-reset"
            script = f"iptables -C {rule} 2>/dev/null || iptables -I {rule}"
            program.engine.call("exec", node.name, "sh", "-c", script)


def _check_name(name: str) -> None:
    if not re.fullmatch(r"[a-z0-9]([-a-z0-9]{0,45}[a-z0-9])?", name):
        raise Problem(
            f"--name {name!r} cannot name a cluster",
            "use up to 47 of a-z, 0-9 and '-', beginning and ending with a letter or digit: triton-stack-demo",
        )


def _our_nodes(builder: Builder, name: str) -> list[Node]:
    """Returns the nodes of a cluster of ours; none where there is no such cluster, or no engine to hold one."""
    engine = builder.find_engine()
    present = kind.nodes(engine, name).get(name, []) if engine else []
    _require_ours(name, present)
    return present


def _require_ours(name: str, present: list[Node]) -> None:
    if foreign := [node.name for node in present if not node.ours]:
        raise Problem(
            f"there is a cluster {name} that this tool did not make (nodes: {', '.join(foreign)}); it is left alone",
            "choose another --name",
        )


def _require_same_ports(name: str, present: list[Node], ports: tuple[Port, ...]) -> None:
    existing = {port for node in present for port in node.ports}
    if missing := [f"{port.host}:{port.node}" for port in ports if port not in existing]:
        has = ", ".join(f"{port.host}:{port.node}" for port in sorted(existing, key=lambda p: p.host)) or "none"
        raise Problem(
            f"cluster {name} is up without the port(s) {', '.join(missing)}; it has: {has}",
            f"ports cannot be added to a running cluster; remove it first: python -m devcluster down --name {name}",
        )


def _require_free(ports: tuple[Port, ...]) -> None:
    for port in ports:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port.host))
            except OSError as error:
                raise Problem(
                    f"port {port.host} on 127.0.0.1 cannot be used: {error.strerror}",
                    f"stop what uses it, or choose another: --port <free port>:{port.node}",
                ) from None
