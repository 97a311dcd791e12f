"""The chart's values.yaml, from the typed values: every default, with its description as a comment."""

import textwrap
from typing import Any

import yaml
from pydantic import BaseModel

from triton_stack.spec.chart import Values

MARK = "Generated from scripts/triton_stack by `make generate`; do not edit."
WIDTH = 118


def values_yaml() -> str:
    """The text of values.yaml."""
    head = f"# {MARK}\n# yaml-language-server: $schema=values.schema.json\n"
    return head + "\n" + _section(Values.model_construct(), 0)


def _section(model: BaseModel, depth: int) -> str:
    blocks = []
    for name, field in type(model).model_fields.items():
        key = field.alias or name
        value = getattr(model, name)
        text = _comment(field.description or "", depth)
        if key == "pools":
            # A pool's defaults stand once, under poolDefaults.
            text += _indent(depth) + "pools:\n" + _indent(depth + 1) + "default: {}\n"
        elif isinstance(value, BaseModel):
            text += f"{_indent(depth)}{key}:\n" + _section(value, depth + 1)
        else:
            text += textwrap.indent(_leaf(key, value), _indent(depth))
        blocks.append(text)
    separator = "\n" if depth == 0 else ""
    return separator.join(blocks)


def _leaf(key: str, value: Any) -> str:
    text: str = yaml.safe_dump({key: value}, sort_keys=False, width=WIDTH, allow_unicode=True)
    return text


def _comment(description: str, depth: int) -> str:
    prefix = _indent(depth) + "# "
    lines = textwrap.wrap("-- " + description, WIDTH - len(prefix), break_long_words=False, break_on_hyphens=False)
    return "".join(f"{prefix}{line}\n" for line in lines)


def _indent(depth: int) -> str:
    return "  " * depth
