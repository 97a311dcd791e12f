"""The reference of the chart's values: README.md of the chart."""

import json
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from triton_stack.generate.chart_values import MARK
from triton_stack.spec.chart import Model, Values
from triton_stack.spec.pool import Pool

HEAD = f"""<!-- {MARK} -->
# triton-stack: the chart

Pools of NVIDIA Triton Inference Server pods that drain without losing requests, verify their models, and say which
model is bad. It can be used alone:

    helm install demo charts/triton-stack -n triton --create-namespace -f values/pvc.yaml

Every key that a user may add or override is a map keyed by name, so values files layer: maps merge, lists replace each
other.
"""


def reference() -> str:
    """The text of the chart's README.md."""
    parts = [
        HEAD,
        _table("Values", "", _rows(Values.model_construct(), "", skip=("pools", "pool_defaults"))),
        _table("Models", "Keys of `models.<name>`.", _rows(Model(), "models.<name>.")),
        _table(
            "Pools",
            "Keys of `poolDefaults`, for every pool, and of `pools.<name>`, for one, which are laid over them.",
            _rows(Pool(), ""),
        ),
    ]
    return "\n".join(parts)


def _table(title: str, text: str, rows: Iterator[tuple[str, str, str]]) -> str:
    lines = [f"## {title}", ""]
    if text:
        lines += [text, ""]
    lines += ["| key | default | description |", "|---|---|---|"]
    lines += [f"| `{key}` | {default} | {description} |" for key, default, description in rows]
    return "\n".join(lines) + "\n"


def _rows(model: BaseModel, prefix: str, skip: tuple[str, ...] = ()) -> Iterator[tuple[str, str, str]]:
    for name, field in type(model).model_fields.items():
        if name in skip:
            continue
        key = prefix + (field.alias or name)
        value = getattr(model, name)
        if isinstance(value, BaseModel):
            yield from _rows(value, key + ".")
        else:
            yield key, _default(value), _escape(field.description or "")


def _default(value: Any) -> str:
    return f"`{_escape(json.dumps(value))}`"


def _escape(text: str) -> str:
    return text.replace("|", "\\|")
