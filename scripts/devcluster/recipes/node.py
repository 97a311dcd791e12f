"""The image of a kind node: Debian, containerd, Kubernetes, and every image that pods need already inside."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

from devcluster import images, shell
from devcluster.recipe import FILES, Recipe, Step
from devcluster.recipes import kubernetes
from devcluster.recipes.pulled import pulled

REPOSITORY = "localhost/triton-stack/node"
REGISTRY_IMAGE = (
    "docker.io/kindest/node:v1.34.11@sha256:44e222ee2132dab25ff87301682f89eb82c7880ea3a1bf543bfe9708fd08d67d"
)
"""Upstream's image of the same minor version, as named in the notes of the kind release used here."""

PAUSE_VERSION = "3.10.1"
_PROVISIONER = f"localhost/triton-stack/local-path-provisioner:{kubernetes.PROVISIONER_VERSION}"
# Names as kubeadm asks for them. It picks etcd's flags by etcd's tag, so the tag must tell the truth.
_UPSTREAM_NAMES = {
    "kubernetes": [
        f"registry.k8s.io/{name}:v{kubernetes.VERSION}"
        for name in ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy")
    ],
    "etcd": [f"registry.k8s.io/etcd:{kubernetes.ETCD_VERSION}-0"],
    "coredns": [f"registry.k8s.io/coredns/coredns:v{kubernetes.COREDNS_VERSION}"],
    "local-path-provisioner": [_PROVISIONER],
    "pause": [f"registry.k8s.io/pause:{PAUSE_VERSION}"],
}


def built(programs: dict[str, Recipe], node_base: Recipe, triton: Recipe, rclone: Recipe) -> Recipe:
    """Returns the recipe of the node image.

    Args:
        programs: Recipes of kubernetes, etcd, coredns and pause.
        node_base: Recipe of the image below.
        triton: Recipe of the Triton image.
        rclone: Recipe of the rclone image.
    """
    return Recipe(
        part="node",
        does="makes the node image with all images inside",
        seconds=40,
        build=_build,
        inputs=(kubernetes.VERSION, PAUSE_VERSION, images.TRITON_CPU, images.RCLONE),
        sources=(Path(__file__), FILES / "node", FILES / "system-images"),
        needs=(*programs.values(), node_base, triton, rclone),
        repository=REPOSITORY,
    )


def from_registry(reference: str) -> Recipe:
    """Returns the recipe that takes the node image from an image registry; pods' images are loaded into the cluster."""
    return pulled("node", reference, REPOSITORY, seconds=60)


def _build(step: Step) -> None:
    engine = step.container_engine
    names = {step.images["triton"]: [images.TRITON_CPU], step.images["rclone"]: [images.RCLONE]}
    context = step.scratch / "system-images"
    shutil.copytree(FILES / "system-images", context)
    for program in _UPSTREAM_NAMES:
        part = program if program in step.entries else "kubernetes"
        shutil.copy(step.entries[part] / program, context)
    tag = step.image.rsplit(":", 1)[1]
    made = []
    try:
        for part, upstream in _UPSTREAM_NAMES.items():
            image = f"localhost/triton-stack/{part}:{tag}"
            engine.build(context, image, log=step.log, arguments={"NODE_BASE": step.images["node-base"]}, target=part)
            made.append(image)
            names[image] = upstream
        bare = f"localhost/triton-stack/node-bare:{tag}"
        _build_bare(step, bare)
        made.append(bare)
        _preload(step, bare, names)
    finally:
        for image in made:
            engine.call("image", "rm", "--force", image, log=step.log)


def _build_bare(step: Step, image: str) -> None:
    context = step.scratch / "node"
    shutil.copytree(FILES / "node", context)
    (context / "rootfs/kind/version").write_text(f"v{kubernetes.VERSION}\n")
    storage = context / "rootfs/kind/manifests/default-storage.yaml"
    text = storage.read_text().replace("PROVISIONER_IMAGE", _PROVISIONER).replace("HELPER_IMAGE", images.RCLONE)
    storage.write_text(text)
    shutil.copy(step.entries["kubernetes"] / "kubernetes", context)
    step.container_engine.build(context, image, log=step.log, arguments={"NODE_BASE": step.images["node-base"]})


def _preload(step: Step, bare: str, names: dict[str, list[str]]) -> None:
    """Puts images into the node image's containerd, under the names that pods use.

    Args:
        step: The build.
        bare: Node image without images.
        names: For each image in the engine's store, its names in the node.
    """
    engine = step.container_engine
    container = f"triton-stack-preload-{step.image.rsplit(':', 1)[1]}"
    with contextlib.suppress(shell.CommandFailed):
        engine.call("rm", "--force", container, log=step.log)  # of an interrupted run
    pairs = [word for image, wanted in names.items() for name in wanted for word in (image, name)]
    try:
        create = ("create", "--interactive", "--name", container, "--entrypoint", "/preload")
        engine.call(*create, bare, *pairs, log=step.log)
        engine.call("cp", FILES / "node/preload", f"{container}:/preload", log=step.log)
        shell.pipe(
            [engine.program, *engine.save_words(list(names))],
            [engine.program, "start", "--attach", "--interactive", container],
            env=engine.env,
            log=step.log,
        )
        changes = ['ENTRYPOINT ["/usr/local/bin/node-entry", "/sbin/init"]', "CMD []"]
        words = [word for change in changes for word in ("--change", change)]
        engine.call("commit", *words, container, step.image, log=step.log)
    finally:
        engine.call("rm", "--force", "--volumes", container, log=step.log)
