"""The config.pbtxt texts that chart values carry, judged as those of a repository are."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from triton_stack.check import check_model
from triton_stack.check.target import pool_target
from triton_stack.check.view import ModelView
from triton_stack.pbtxt import parse_config
from triton_stack.pbtxt.positions import locate_fields
from triton_stack.spec.base import Document
from triton_stack.spec.findings import Finding, FindingsError, KeyPath, format_key


def check_configs(document: Document) -> list[Finding]:
    """Judge each ``models.<name>.config`` of merged values; the models' files are not at hand.

    The key of a finding is the value's, and its line that within the text, where the text is a block.
    """
    values = document.data if isinstance(document.data, dict) else {}
    views: list[ModelView] = []
    findings: list[Finding] = []
    for name, pool, text in _configs(values):
        try:
            message = parse_config(text, name)
        except FindingsError as error:
            findings += error.findings
            continue
        # Each text is a file of its own, called by its model, so that its findings can be told apart.
        inner = Document(name, None, locate_fields(text))
        views.append(ModelView(inner, message, name, target=pool_target(values, pool)))
    together = {str(view.expected_name): view for view in views}
    for view in views:
        steps = {step.model_name for step in view.config.ensemble_scheduling.step}
        # One values file of several may hold an ensemble alone: its steps are judged where all are at hand.
        findings += check_model(replace(view, models=together if steps <= together.keys() else None))
    return [_in_values(finding, document) for finding in findings]


def _configs(values: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    models = values.get("models")
    for name, model in models.items() if isinstance(models, dict) else ():
        text = model.get("config") if isinstance(model, dict) else None
        if isinstance(text, str) and text.strip():
            yield str(name), str(model.get("pool", "default")), text


def _in_values(finding: Finding, document: Document) -> Finding:
    key: KeyPath = ("models", finding.file, "config")
    text = str(document.data["models"][finding.file]["config"])
    line = document.positions.get(key, (None, None))[0]
    # The lines of a block begin below its key; a text of one line stands at it.
    inner = finding.line if line is not None and "\n" in text.rstrip("\n") else None
    message = f"{finding.key}: {finding.message}" if finding.key else finding.message
    placed = replace(finding, message=message, key=format_key(key), file=document.file, line=line, column=None)
    return replace(placed, line=line + inner) if line is not None and inner else placed
