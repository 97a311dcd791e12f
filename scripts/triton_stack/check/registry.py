"""The one registry of rules: each has a stable code, a severity and a title, and yields its problems. No I/O."""

import inspect
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from triton_stack.check.view import ModelView
from triton_stack.spec.findings import Finding, KeyPath, Severity


@dataclass(frozen=True, slots=True)
class Problem:
    """What a rule found at a key: the message says the value and what is allowed, the fix what to do."""

    key: KeyPath
    message: str
    fix: str = ""


RuleFunction = Callable[[ModelView], Iterable[Problem]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule over one model; ``example``, ``fix`` and ``source`` are what ``explain`` shows.

    ``example`` is a piece of a model spec that the rule finds, ``fix`` the same piece put right (both in words where
    the rule judges a folder); ``source`` says where in Triton the behaviour comes from.
    """

    code: str
    severity: Severity
    title: str
    find: RuleFunction
    without_config: bool = False
    example: str = ""
    fix: str = ""
    source: str = ""

    @property
    def reason(self) -> str:
        """Why there is such a rule."""
        return inspect.getdoc(self.find) or ""


RULES: dict[str, Rule] = {}


def rule(
    code: str,
    title: str,
    severity: Severity = Severity.ERROR,
    without_config: bool = False,
    *,
    example: str = "",
    fix: str = "",
    source: str = "",
) -> Callable[[RuleFunction], RuleFunction]:
    """Register a function as the rule of this code; codes never change meaning and are never used again.

    Args:
        code: ``TS`` and three digits; the first is the theme.
        title: what the rule finds, in a few words.
        severity: of all its findings.
        without_config: it also judges a folder without config.pbtxt.
        example: a piece of a model spec that the rule finds, or words about a folder.
        fix: the same piece, put right.
        source: where the behaviour stands in Triton.
    """

    def register(find: RuleFunction) -> RuleFunction:
        if code in RULES:
            raise ValueError(f"{code} is taken by {RULES[code].title}")
        RULES[code] = Rule(code, severity, title, find, without_config, example, fix, source)
        return find

    return register


def run_rules(model: ModelView) -> Iterator[Finding]:
    """Judge one model by every rule, in the order of their codes."""
    for code in sorted(RULES):
        entry = RULES[code]
        if model.config is None and not entry.without_config:
            continue
        for problem in entry.find(model):
            yield model.document.finding(entry.code, problem.message, problem.key, problem.fix, entry.severity)
