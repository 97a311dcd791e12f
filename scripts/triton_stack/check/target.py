"""Where the models of a stack are to run, as its chart values say it. No I/O."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from triton_stack.check.view import Target
from triton_stack.spec.overlay import overlay
from triton_stack.spec.versions import DEFAULT_TRITON, TritonVersion, declared_version


def pool_target(values: Mapping[str, Any], pool: str, triton: TritonVersion | None = None) -> Target:
    """Return what the pods of a pool have: ``pools.<pool>`` over ``poolDefaults`` over the chart's own defaults.

    Args:
        values: chart values as a user wrote them; what has the wrong type counts as not written.
        pool: the pool's name.
        triton: the server's version, where it is given beside the values: it wins.
    """
    merged = _chart_defaults()
    for part in (values.get("poolDefaults"), _map(values.get("pools")).get(pool)):
        merged = overlay(merged, _map(part))
    image = _map(merged["image"])
    tag = str(image.get("tag"))
    gpus = _map(merged["gpu"]).get("count")
    return Target(
        triton or _declared(merged.get("tritonVersion"), tag),
        gpus if isinstance(gpus, int) else None,
        f"{image.get('repository')}:{tag}",
        _map(_map(merged["server"]).get("extraArgs")),
    )


def _declared(declared: Any, tag: str) -> TritonVersion:
    try:
        return declared_version(str(declared or ""), tag) or DEFAULT_TRITON
    except ValueError:
        return DEFAULT_TRITON


@cache
def _chart_defaults() -> dict[str, Any]:
    from triton_stack.spec.pool import Pool

    return Pool().model_dump(by_alias=True, include={"image", "gpu", "server", "triton_version"})


def _map(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
