"""Turns a CRD into a strict JSON schema: descriptions dropped, every object closed.

Usage: python tests/support/crds/strict.py CRD.yaml > KIND.json
The CRDs come with the Go modules of their projects; servicemonitor.json is prometheus-operator v0.85.0's (Apache-2.0).
"""

import json
import sys
from typing import Any

import yaml


def strict(node: Any) -> Any:
    """The schema `node` without descriptions, with unknown fields refused."""
    if isinstance(node, list):
        return [strict(item) for item in node]
    if not isinstance(node, dict):
        return node
    kept = {key: strict(value) for key, value in node.items() if key != "description" or not isinstance(value, str)}
    if kept.get("x-kubernetes-int-or-string"):
        kept.pop("type", None)
    if (
        "properties" in kept
        and "additionalProperties" not in kept
        and not kept.get("x-kubernetes-preserve-unknown-fields")
    ):
        kept["additionalProperties"] = False
    return kept


if __name__ == "__main__":
    with open(sys.argv[1]) as stream:
        crd = yaml.safe_load(stream)
    schema = strict(crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"])
    schema["properties"]["metadata"] = {"type": "object"}
    print(json.dumps(schema, sort_keys=True, separators=(",", ":")))
