"""Rules between the chart's values, but for those within one pool, which are in pool_rules.py.

`templates/_validate*.tpl` hold the same rules for those who use Helm alone; the table in
tests/contract/bad_values.yaml binds the two: both must refuse its values with the same key.
"""

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pydantic import ValidationError

from triton_stack.spec.overlay import overlay
from triton_stack.spec.pool import Pool
from triton_stack.spec.pool_rules import SELECTOR_LABELS, pool_findings
from triton_stack.spec.server_rules import Found

if TYPE_CHECKING:
    from triton_stack.spec.chart import Values

MILLISECONDS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000}


def merged_pool(values: "Values", name: str) -> Pool:
    """Lay the keys of `pools.<name>` over `poolDefaults`, as the templates do.

    Raises:
        ValidationError: the merged pool is not a valid pool.
    """
    overrides = values.pools[name]
    assert overrides is not None
    return Pool.model_validate(
        overlay(
            values.pool_defaults.model_dump(by_alias=True),
            overrides.model_dump(by_alias=True, exclude_unset=True),
        )
    )


def findings(values: "Values") -> Iterator[Found]:
    """What does not fit together: the key's path and what to say about it."""
    names = [name for name, pool in values.pools.items() if pool is not None]
    yield from _value_findings(values)
    yield from _model_findings(values, names)
    if not names:
        yield ("pools",), "no pool is left; give at least one, for example `pools: {default: {}}`"
    pods = 0
    for name in names:
        try:
            pool = merged_pool(values, name)
        except ValidationError as error:
            for part in error.errors():
                yield ("pools", name, *map(str, part["loc"])), part["msg"]
            continue
        pods += pool.autoscaling.max_replicas if pool.autoscaling.enabled else pool.replicas
        if not any(model.pool == name for model in values.models.values()):
            yield (
                ("models",),
                f"no model is declared for pool {name}; add one under models, or remove the pool with "
                f"`pools.{name}: null`",
            )
        for path, message in pool_findings(pool):
            yield ("pools", name, *path), message
    yield from _claim_findings(values, pods)


def _value_findings(values: "Values") -> Iterator[Found]:
    for label in SELECTOR_LABELS:
        if label in values.common_labels:
            yield ("commonLabels", label), "this label selects the pods and is set by the chart; remove it"
    if values.ca_bundle.config_map_name and values.ca_bundle.secret_name:
        yield ("caBundle", "secretName"), "set either caBundle.configMapName or caBundle.secretName, not both"
    monitor = values.service_monitor
    if _milliseconds(monitor.scrape_timeout) > _milliseconds(monitor.interval):
        yield (
            ("serviceMonitor", "scrapeTimeout"),
            f"{monitor.scrape_timeout} is longer than the interval ({monitor.interval}), which the operator refuses",
        )
    for name, item in values.extra_objects.items():
        if isinstance(item, dict) and item:
            for field in ("apiVersion", "kind"):
                if not item.get(field):
                    yield ("extraObjects", name, field), "needed; every Kubernetes object has one"


def _milliseconds(duration: str) -> int:
    number, unit = re.fullmatch(r"(\d+)([a-z]+)", duration).groups()  # type: ignore[union-attr]
    return int(number) * MILLISECONDS[unit]


def _model_findings(values: "Values", pools: list[str]) -> Iterator[Found]:
    repository = values.model_repository
    if repository.type == "objectStore" and not repository.object_store.url:
        yield (
            ("modelRepository", "objectStore", "url"),
            "needed for modelRepository.type objectStore; give s3://BUCKET/PREFIX",
        )
    for name, model in values.models.items():
        if model.pool not in pools:
            yield (
                ("models", name, "pool"),
                f'there is no pool "{model.pool}"; the pools are: {", ".join(sorted(pools))}',
            )
        if model.sample and not _is_json_object(model.sample):
            yield ("models", name, "sample"), "not a JSON object; give the body of an inference request"
        if repository.type == "objectStore":
            said = re.search(r'(?m)^name\s*:\s*"([^"]*)"', model.config)
            if said and said[1] != name:
                yield (
                    ("models", name, "config"),
                    f'its name is "{said[1]}", and Triton loads a model by its key, {name}; make the two equal',
                )
            if not model.digest and not re.search(r'platform\s*:\s*"ensemble"', model.config):
                yield (
                    ("models", name, "digest"),
                    "needed for modelRepository.type objectStore; `triton-stack publish` prints it",
                )
        else:
            for field in ("config", "digest"):
                if getattr(model, field):
                    yield (
                        ("models", name, field),
                        "not used with modelRepository.type pvc, where the claim's own files count; remove it",
                    )


def _is_json_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def _claim_findings(values: "Values", pods: int) -> Iterator[Found]:
    repository = values.model_repository
    shared = {"ReadOnlyMany", "ReadWriteMany"} & set(repository.pvc.access_modes)
    if repository.type == "pvc" and pods > 1 and not shared and not repository.pvc.single_node:
        yield (
            ("modelRepository", "pvc", "accessModes"),
            f"the pools have up to {pods} pods, and a ReadWriteOnce claim can be mounted on one node only; use a "
            "ReadOnlyMany or ReadWriteMany claim, or, where all pods run on one node, set "
            "modelRepository.pvc.singleNode: true",
        )
