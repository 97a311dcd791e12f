"""config.pbtxt: written by a template, always read back by protobuf."""

from typing import Any

from triton_stack.pbtxt.parse import parse_config
from triton_stack.pbtxt.render import render_config
from triton_stack.spec.model import ModelSpec

__all__ = ["config_text", "parse_config", "render_config"]


def config_text(spec: ModelSpec, source: str) -> str:
    """Write a spec's config.pbtxt, and prove that protobuf reads the same message out of it.

    Raises:
        RuntimeError: the text means something else; a defect of this program, never of the spec.
    """
    text = render_config(spec.tree, source)
    read_back: Any = parse_config(text, f"config.pbtxt of {spec.name}")
    if read_back != spec.config:
        raise RuntimeError(f"the config.pbtxt of {spec.name} does not read back as its spec; please report this spec")
    return text
