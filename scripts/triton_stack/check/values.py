"""Chart values against the chart's own model (TS801, and the codes of wrong keys and types)."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from triton_stack.check.values_configs import check_configs
from triton_stack.spec.base import Document, pydantic_findings
from triton_stack.spec.findings import Finding, KeyPath, format_key
from triton_stack.spec.model import ModelSpec
from triton_stack.spec.overlay import overlay
from triton_stack.spec.stack import uses_claim

# Stands for the digest that publishing will give: its form matters here, not its value.
SOME_DIGEST = f"sha256:{'0' * 64}"


def check_values(documents: Sequence[Document]) -> list[Finding]:
    """Judge values files as the chart would: each laid over those before it, all over the chart's defaults."""
    findings = [
        document.finding("TS004", "a values file is a mapping") for document in documents if _is_no_map(document)
    ]
    if findings:
        return findings
    merged: dict[str, Any] = {}
    for document in documents:
        merged = overlay(merged, document.data or {})
    # A key is said to be where it was written last.
    positions: dict[KeyPath, tuple[int, int | None]] = {}
    owners: dict[KeyPath, str] = {}
    for document in documents:
        positions |= document.positions
        owners |= dict.fromkeys(document.positions, document.file)
    whole = Document(documents[-1].file if documents else "", merged, positions)
    found = list(_judge(whole, ()))
    # What the chart refuses of a config is said once.
    refused = {finding.key for finding in found}
    found += [finding for finding in check_configs(whole) if finding.key not in refused]
    return [replace(finding, file=_owner(finding, owners, whole.file)) for finding in found]


def check_stack_values(document: Document, models: Sequence[ModelSpec], unread: bool = False) -> list[Finding]:
    """Judge the values of a stack.yaml together with those that its models will make.

    Args:
        document: stack.yaml.
        models: those that could be read.
        unread: there are others, so nothing can be said of a pool that seems to have no model.
    """
    values = document.data.get("values", {})
    made = {model.name: _made(model, uses_claim(values)) for model in models}
    merged = overlay(values, {"models": made}) if made else values
    whole = Document(document.file, {**document.data, "values": merged}, document.positions)
    specs = {model.name: model.document for model in models}
    found = [_in_spec(finding, specs, document) for finding in _judge(whole, ("values",))]
    return [finding for finding in found if not (unread and finding.key == "values.models")]


def _in_spec(finding: Finding, specs: dict[str, Document], document: Document) -> Finding:
    """Say a finding about a model's values where the user wrote them: in the model's spec."""
    for name, spec in specs.items():
        prefix = f"values.models.{name}."
        if finding.key.startswith(prefix) and not any(format_key(path) == finding.key for path in document.positions):
            return spec.finding(finding.code, finding.message, (finding.key.removeprefix(prefix),), finding.fix)
    return finding


def _made(model: ModelSpec, from_claim: bool) -> dict[str, str]:
    """Return values of the form that ``generate`` writes for a model."""
    if from_claim:
        return {"pool": model.own.pool}
    if model.is_ensemble:
        return {"pool": model.own.pool, "config": 'platform: "ensemble"'}
    return {"pool": model.own.pool, "config": "-", "digest": SOME_DIGEST}


def _judge(document: Document, base: KeyPath) -> Iterator[Finding]:
    from triton_stack.spec.chart import Values

    data = document.data
    for part in base:
        data = data[part]
    try:
        Values.model_validate(data)
    except ValidationError as error:
        between = [item["ctx"]["findings"] for item in error.errors() if item["type"] == "values"]
        if not between:
            yield from _one_for_each_key(pydantic_findings(error, Values, document, base))
        for path, message in between[0] if between else ():
            yield document.finding("TS801", message, _as_written(base, path, document))


def _one_for_each_key(findings: Sequence[Finding]) -> Iterator[Finding]:
    """Join what is said about one value: where several types are allowed, each of them says that it is not met."""
    by_key: dict[str, list[Finding]] = {}
    for finding in findings:
        by_key.setdefault(finding.key, []).append(finding)
    for same in by_key.values():
        yield replace(same[0], message="; or ".join(dict.fromkeys(finding.message for finding in same)))


def _as_written(base: KeyPath, path: KeyPath, document: Document) -> KeyPath:
    """Return the key of a pool where the user wrote it, or the most of it: for the pool itself, or for all pools."""
    own, shared = base + path, (*base, "poolDefaults", *path[2:])
    if path[0] != "pools" or len(path) < 3:
        return own
    return shared if _written(shared, document) - 1 > _written(own, document) - 2 else own


def _written(path: KeyPath, document: Document) -> int:
    """Return how many parts of the path the document has."""
    return next(size for size in range(len(path), -1, -1) if path[:size] in document.positions or size == 0)


def _owner(finding: Finding, owners: dict[KeyPath, str], fallback: str) -> str:
    """Return the file of the nearest written key; keys are compared in their written form."""
    by_key = {format_key(path): file for path, file in owners.items()}
    key = finding.key
    while key and key not in by_key:
        key = key[: max(key.rfind("."), key.rfind("["), 0)]
    return by_key.get(key, fallback) if key else fallback


def _is_no_map(document: Document) -> bool:
    return document.data is not None and not isinstance(document.data, dict)
