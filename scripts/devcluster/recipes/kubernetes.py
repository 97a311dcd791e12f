"""Kubernetes as one program, and the programs that its control plane needs besides."""

from __future__ import annotations

from devcluster.recipe import Recipe
from devcluster.recipes import go as golang

VERSION = "1.34.4"
ETCD_VERSION = "3.6.5"
COREDNS_VERSION = "1.12.1"
PROVISIONER_VERSION = "0.0.30"
"""Of local-path-provisioner, the storage of kind's own node images too. It stands in the module of Kubernetes and is
built with it, because it shares most packages: seconds instead of a minute and a half."""


def kubernetes(go: Recipe | None) -> Recipe:
    """Returns the recipe of kubeadm, kubelet, kubectl and the control plane in one program, and of the storage."""
    major, minor, _ = VERSION.split(".")
    base = "-X k8s.io/component-base/version."
    ldflags = f"{base}gitVersion=v{VERSION} {base}gitMajor={major} {base}gitMinor={minor} {base}gitTreeState=clean"
    packages = (".", "github.com/rancher/local-path-provisioner")
    return golang.program("kubernetes", f"compiles Kubernetes {VERSION}", 300, go, ldflags, packages)


def etcd(go: Recipe | None) -> Recipe:
    """Returns the recipe of etcd."""
    return golang.program("etcd", f"compiles etcd {ETCD_VERSION}", 20, go)


def coredns(go: Recipe | None) -> Recipe:
    """Returns the recipe of CoreDNS."""
    ldflags = "-X github.com/coredns/coredns/coremain.GitCommit=v" + COREDNS_VERSION
    return golang.program("coredns", f"compiles CoreDNS {COREDNS_VERSION}", 50, go, ldflags)


def pause(go: Recipe | None) -> Recipe:
    """Returns the recipe of the pause program."""
    return golang.program("pause", "compiles pause", 3, go)
