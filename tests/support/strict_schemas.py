"""Strict validation of rendered objects, offline: an unknown field or kind is an error."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import kubernetes_validate

SCHEMAS = Path(kubernetes_validate.__file__).parent / "kubernetes-json-schema"
CRDS = Path(__file__).parent / "crds"
KUBERNETES_VERSIONS = ("1.30.0", "1.34.0", "1.37.0")


@cache
def _definitions(version: str) -> Any:
    return json.loads((SCHEMAS / f"v{version}-local-strict" / "_definitions.json").read_text())


@cache
def _validator(api_version: str, kind: str, version: str) -> Any:
    crd = CRDS / f"{kind.lower()}.json"
    if crd.is_file():
        return jsonschema_rs.Draft7Validator(json.loads(crd.read_text()))
    group = "-".join(part.removesuffix(".k8s.io") for part in api_version.split("/"))
    path = SCHEMAS / f"v{version}-local-strict" / f"{kind.lower()}-{group}.json"
    if not path.is_file():
        raise AssertionError(f"there is no schema of kind {kind}, {api_version}, for Kubernetes {version}")
    registry = jsonschema_rs.Registry([("json-schema:///_definitions.json", _definitions(version))])
    return jsonschema_rs.Draft7Validator(json.loads(path.read_text()), registry=registry, base_uri="json-schema:///")


def problems(item: dict[str, Any], version: str = "1.34.0") -> list[str]:
    """What a Kubernetes of this version would refuse in the object."""
    name = f"{item['kind']} {item['metadata']['name']}"
    validator = _validator(item["apiVersion"], item["kind"], version)
    return [f"{name}: {'.'.join(map(str, e.instance_path))}: {e.message}" for e in validator.iter_errors(item)]
