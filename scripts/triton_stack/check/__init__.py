"""Rules over specs, configs, repositories and values, each with a stable code."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from triton_stack.check import names
from triton_stack.check.registry import RULES, Rule, run_rules
from triton_stack.check.view import Folder, ModelView
from triton_stack.spec.findings import Finding, Severity

__all__ = ["RULES", "Folder", "ModelView", "Rule", "check_stack", "has_errors", "names", "run_rules"]


def check_stack(models: Sequence[ModelView]) -> list[Finding]:
    """Judge the models of one stack or repository, each by itself and all together."""
    names = frozenset(str(model.config.name) for model in models)
    return [finding for model in models for finding in run_rules(replace(model, models=names))]


def has_errors(findings: Iterable[Finding]) -> bool:
    """Tell whether any finding refuses."""
    return any(finding.severity is Severity.ERROR for finding in findings)
