"""Rules over specs, configs, repositories and values, each with a stable code."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from importlib import import_module

from triton_stack.check.registry import RULES, Rule, run_rules
from triton_stack.check.view import Folder, ModelView
from triton_stack.spec.findings import Finding, Severity

__all__ = ["RULES", "Folder", "ModelView", "Rule", "check_model", "check_stack", "has_errors", "run_rules"]

# To import a module of rules is to register them.
for _module in (
    "batch_tensors",
    "batching",
    "ensemble_graph",
    "ensemble_tensors",
    "ensembles",
    "instances",
    "layout",
    "metrics",
    "model_files",
    "names",
    "platforms",
    "python_models",
    "rate_limiter",
    "samples",
    "sequence",
    "tensors",
    "version_policy",
    "versions",
    "warmup",
):
    import_module(f"triton_stack.check.{_module}")


def check_stack(models: Sequence[ModelView]) -> list[Finding]:
    """Judge the models of one stack or repository, each by itself and all together."""
    together = {_name(model): model for model in models}
    findings = [finding for model in models for finding in run_rules(replace(model, models=together))]
    return findings + _given_twice(models)


def check_model(model: ModelView) -> list[Finding]:
    """Judge one model alone: what stands beside it is not known."""
    return list(run_rules(model))


def _name(model: ModelView) -> str:
    """A spec says its model's name; in a repository the folder does, and a config that says another is refused."""
    return str(model.spec.name if model.spec is not None else model.expected_name or model.config.name)


def _given_twice(models: Sequence[ModelView]) -> list[Finding]:
    first: dict[str, ModelView] = {}
    findings = []
    for model in models:
        other = first.setdefault(_name(model), model)
        if other is not model:
            message = f'model "{_name(model)}" is in {other.document.file} too'
            findings.append(model.document.finding("TS104", message, ("name",), "rename one of them"))
    return findings


def has_errors(findings: Iterable[Finding]) -> bool:
    """Tell whether any finding refuses."""
    return any(finding.severity is Severity.ERROR for finding in findings)
