"""What there is: engine, parts, clusters."""

from __future__ import annotations

from typing import Any

from devcluster import kind
from devcluster.builder import Builder
from devcluster.catalog import Catalog, Sources
from devcluster.engine import Engine
from devcluster.kind import Node
from devcluster.recipe import all_recipes
from devcluster.shell import CommandFailed


def collect(builder: Builder) -> dict[str, Any]:
    """Returns the state of everything, without changing anything."""
    engine = builder.find_engine()
    catalog = Catalog(Sources())
    found = kind.nodes(engine) if engine else {}
    return {
        "engine": engine.program if engine else None,
        "cache": str(builder.cache.folder),
        "parts": [
            {"part": recipe.part, "key": recipe.key, "ready": builder.find(recipe) is not None}
            for recipe in all_recipes([*catalog.images, *catalog.tool_recipes])
        ],
        "clusters": [
            _cluster(engine, name, members)
            for name, members in sorted(found.items())
            if engine and all(node.ours for node in members)
        ],
    }


def _cluster(engine: Engine, name: str, members: list[Node]) -> dict[str, Any]:
    control = next((node for node in members if node.role == "control-plane" and node.running), None)
    ready = _ask(
        engine,
        control,
        "nodes",
        '{range .items[*]}{.metadata.name}={.status.conditions[?(@.type=="Ready")].status} {end}',
    )
    storage = _ask(engine, control, "storageclass", "{range .items[*]}{.metadata.name}={.provisioner} {end}")
    return {
        "name": name,
        "state": "up" if all(ready.get(node.name) == "True" for node in members) else "broken",
        "nodes": [
            {
                "name": n.name,
                "role": n.role,
                "running": n.running,
                "ready": ready.get(n.name) == "True",
                "image": n.image,
            }
            for n in sorted(members, key=lambda n: n.name)
        ],
        "ports": [f"127.0.0.1:{port.host} -> {port.node}" for node in members for port in node.ports],
        "storage_classes": storage,
    }


def _ask(engine: Engine, control: Node | None, kind_of_object: str, path: str) -> dict[str, str]:
    """Returns name=value pairs that the cluster's own kubectl prints; none if the cluster does not answer."""
    if control is None:
        return {}
    kubectl = ("kubectl", "--kubeconfig=/etc/kubernetes/admin.conf", "--request-timeout=5s")
    try:
        text = engine.call("exec", control.name, *kubectl, "get", kind_of_object, "-o", f"jsonpath={path}", timeout=10)
    except CommandFailed:
        return {}
    return dict(pair.split("=", 1) for pair in text.split())
