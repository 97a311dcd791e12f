"""Chart values of one model, and of the stack, as YAML text. No I/O."""

import io
import re
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

from triton_stack.spec.model import ModelSpec
from triton_stack.spec.names import GENERATED_MARK

# Names that a YAML 1.1 reader, as Helm's, takes for a boolean, null or number.
_NEEDS_QUOTES = re.compile(r"(?i)(y|n|yes|no|on|off|true|false|null|nan|inf)|[0-9].*")


def model_values(spec: ModelSpec, config: str | None, digest: str | None) -> dict[str, Any]:
    """Return the chart values of one model: ``models.<name>.{pool,digest,config,sample}``.

    Args:
        spec: the model.
        config: its finished config.pbtxt; None where the chart takes the one on a claim.
        digest: of its bundle; None for an ensemble, which has no files, and for a claim.
    """
    values: dict[str, Any] = {"pool": spec.own.pool}
    if digest is not None:
        values["digest"] = digest
    if config is not None:
        values["config"] = LiteralScalarString(config)
    if spec.sample_request is not None:
        values["sample"] = LiteralScalarString(spec.sample_request + "\n")
    return {"models": {spec.name: values}}


def published_values(digests: dict[str, str]) -> dict[str, Any]:
    """Return the chart values that a publish decides: the digest of each model.

    The store's address is left to the stack: pods may reach it by another name than the publisher.
    """
    return {"models": {name: {"digest": digest} for name, digest in digests.items()}}


def values_text(values: dict[str, Any], source: str) -> str:
    """Write a values file, with a head comment that marks it as generated from ``source``."""
    yaml = YAML()
    yaml.width = 2**20
    yaml.indent(mapping=2, sequence=4, offset=2)
    stream = io.StringIO()
    yaml.dump(_safe(values), stream)
    return f"{GENERATED_MARK}{source}: edit that, not this file.\n{stream.getvalue()}"


def _safe(value: Any) -> Any:
    """Quote what YAML 1.1 would read as something else than the text that YAML 1.2 wrote."""
    if isinstance(value, dict):
        return {_safe(key): _safe(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_safe(item) for item in value]
    if type(value) is str and _NEEDS_QUOTES.fullmatch(value):
        return DoubleQuotedScalarString(value)
    return value
