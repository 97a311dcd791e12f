"""Chart values of one model, and of the stack, as YAML text. No I/O."""

from typing import Any

import yaml

from triton_stack.spec.model import ModelSpec
from triton_stack.spec.names import GENERATED_MARK
from triton_stack.spec.yaml_reader import is_text_to_helm

_BASE: Any = yaml.CSafeDumper if yaml.__with_libyaml__ else yaml.SafeDumper


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
        values["config"] = config
    if spec.sample_request is not None:
        values["sample"] = spec.sample_request + "\n"
    return {"models": {spec.name: values}}


def published_values(digests: dict[str, str]) -> dict[str, Any]:
    """Return the chart values that a publish decides: the digest of each model.

    The store's address is left to the stack: pods may reach it by another name than the publisher.
    """
    return {"models": {name: {"digest": digest} for name, digest in digests.items()}}


def values_text(values: dict[str, Any], source: str) -> str:
    """Write a values file, with a head comment that marks it as generated from ``source``."""
    text = yaml.dump(values, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=2**20)
    return f"{GENERATED_MARK}{source}: edit that, not this file.\n{text}"


class _Dumper(_BASE):  # type: ignore[misc]
    """Long texts as blocks, lines kept; quotes for what Helm would read as something else than a text."""

    def represent_text(self, text: str) -> Any:
        style = "|" if "\n" in text else None if is_text_to_helm(text) else '"'
        return self.represent_scalar("tag:yaml.org,2002:str", text, style)

    def ignore_aliases(self, data: Any) -> bool:
        return True


_Dumper.add_representer(str, _Dumper.represent_text)
