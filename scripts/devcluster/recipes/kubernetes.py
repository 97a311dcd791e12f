"""Kubernetes as one program, and the programs that its control plane needs besides."""

from __future__ import annotations

from devcluster.recipe import Recipe
from devcluster.recipes import go as golang

VERSION = "1.34.4"
ETCD_VERSION = "3.6.5"
COREDNS_VERSION = "1.12.1"
PROVISIONER_VERSION = "0.0.30"


def kubernetes(go: Recipe | None) -> Recipe:
    """Returns the recipe of kubeadm, kubelet, kubectl and the control plane in one program."""
    major, minor, _ = VERSION.split(".")
    base = "-X k8s.io/component-base/version."
    ldflags = f"{base}gitVersion=v{VERSION} {base}gitMajor={major} {base}gitMinor={minor} {base}gitTreeState=clean"
    return golang.program("kubernetes", f"compiles Kubernetes {VERSION}", 300, go, ldflags)


def etcd(go: Recipe | None) -> Recipe:
    """Returns the recipe of etcd."""
    return golang.program("etcd", f"compiles etcd {ETCD_VERSION}", 20, go)


def coredns(go: Recipe | None) -> Recipe:
    """Returns the recipe of CoreDNS."""
    ldflags = "-X github.com/coredns/coredns/coremain.GitCommit=v" + COREDNS_VERSION
    return golang.program("coredns", f"compiles CoreDNS {COREDNS_VERSION}", 50, go, ldflags)


def provisioner(go: Recipe | None) -> Recipe:
    """Returns the recipe of the storage provisioner that kind's own node images have too."""
    package = "github.com/rancher/local-path-provisioner"
    return golang.installed("local-path-provisioner", package, f"v{PROVISIONER_VERSION}", 60, go)


def pause(go: Recipe | None) -> Recipe:
    """Returns the recipe of the pause program."""
    return golang.program("pause", "compiles pause", 3, go)
