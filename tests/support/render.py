"""Renders the chart in process, and reads what came out strictly."""

import os
from functools import cache
from pathlib import Path
from typing import Any

import yaml

# Helm's engine makes much short-lived garbage; collecting it less often saves a fifth of the time. It reads this once.
os.environ.setdefault("GOGC", "400")

from helm_python import Chart

from triton_stack.spec.overlay import overlay

CHART = Path(__file__).parents[2] / "charts" / "triton-stack"
DIGEST = "sha256:" + "a" * 64

# The smallest values that the chart accepts.
MINIMAL: dict[str, Any] = {
    "models": {"m": {"digest": DIGEST}},
    "modelRepository": {"objectStore": {"url": "s3://models/demo"}},
}


class StrictLoader(yaml.CSafeLoader):
    """Refuses duplicate keys, which YAML forbids and PyYAML keeps quiet about."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        mapping = super().construct_mapping(node, deep)
        if len(mapping) != len(node.value):
            keys = [self.construct_object(key) for key, _ in node.value]
            raise yaml.constructor.ConstructorError(
                None, None, f"duplicate keys: {sorted({k for k in keys if keys.count(k) > 1})}", node.start_mark
            )
        return mapping


@cache
def chart(path: Path = CHART) -> Chart:
    """The chart, loaded once."""
    return Chart.load(path)


def texts(values: dict[str, Any], name: str = "demo", namespace: str = "apps", path: Path = CHART) -> dict[str, str]:
    """Rendered text of each template, by its path."""
    return dict(chart(path).render(values=values, name=name, namespace=namespace))


def render(
    values: dict[str, Any], name: str = "demo", namespace: str = "apps", path: Path = CHART
) -> list[dict[str, Any]]:
    """All rendered objects.

    Raises:
        HelmError: the values are refused, by the schema or by a template.
    """
    objects = []
    for template, text in texts(values, name, namespace, path).items():
        if template.endswith(".yaml"):
            objects += [document for document in yaml.load_all(text, Loader=StrictLoader) if document]
    return objects


def rendered(over: dict[str, Any] | None = None, name: str = "demo") -> list[dict[str, Any]]:
    """Objects of the minimal values with `over` laid over them."""
    return render(overlay(MINIMAL, over or {}), name)


def one(objects: list[dict[str, Any]], kind: str, suffix: str = "") -> dict[str, Any]:
    """The only object of a kind whose name ends in `suffix`."""
    found = [o for o in objects if o["kind"] == kind and o["metadata"]["name"].endswith(suffix)]
    assert len(found) == 1, (
        f"{len(found)} objects of kind {kind} end in {suffix!r}: {[o['metadata']['name'] for o in found]}"
    )
    return found[0]


def pool(**keys: Any) -> dict[str, Any]:
    """Values that set keys of poolDefaults."""
    return {"poolDefaults": keys}


def pod_spec(objects: list[dict[str, Any]]) -> dict[str, Any]:
    """Spec of the only Deployment's pods."""
    spec: dict[str, Any] = one(objects, "Deployment")["spec"]["template"]["spec"]
    return spec


def container(objects: list[dict[str, Any]], name: str = "triton") -> dict[str, Any]:
    """A container or init container of the only Deployment."""
    spec = pod_spec(objects)
    found = [c for c in spec["containers"] + spec["initContainers"] if c["name"] == name]
    assert len(found) == 1, f"no container {name}"
    return found[0]
