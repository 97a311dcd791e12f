"""Titles of all codes: those of the rules, and those that are found while files are read, before any rule can run."""

from triton_stack.check.registry import RULES
from triton_stack.spec.findings import Severity

READING = {
    "TS001": "the file is not readable YAML",
    "TS002": "a key is given twice in one mapping",
    "TS003": "an unknown key",
    "TS004": "a value of the wrong type",
    "TS005": "a value that is not allowed",
    "TS006": "a key is missing",
    "TS007": "keys that exclude each other",
    "TS008": "the file is not a readable config.pbtxt",
    "TS009": "a file or folder cannot be read, or holds nothing to check",
    "TS104": "two specs of a stack have the same model name",
    "TS401": "the folder that `source` names cannot be used",
    "TS601": "the sample names an input that the model does not have",
    "TS602": "the sample leaves out an input",
    "TS603": "the sample's data does not fit the input's type or dims",
    "TS604": "the input has a type that a JSON request cannot carry",
    "TS605": "a warm-up from the sample, but there is no sample",
    "TS801": "values that the chart refuses",
}


def titles() -> list[tuple[str, Severity, str]]:
    """Code, severity and title of everything that `check` can find, by code."""
    rules = [(rule.code, rule.severity, rule.title) for rule in RULES.values()]
    return sorted([*rules, *((code, Severity.ERROR, title) for code, title in READING.items())])
