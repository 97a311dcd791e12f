"""Findings as SARIF 2.1.0, the form in which code hosts take the results of a checker."""

import hashlib
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from triton_stack.check.codes import Code
from triton_stack.spec.findings import Finding

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
ROOT = "%SRCROOT%"


def sarif_log(findings: Sequence[Finding], codes: Mapping[str, Code], root: Path, version: str) -> dict[str, Any]:
    """Make a log with one run.

    Args:
        findings: what was found; their files are relative to the working folder, or absolute.
        codes: all codes, for the descriptions of those that were found.
        root: folder of the checkout; files below it get relative URIs.
        version: of this program.
    """
    found = sorted({finding.code for finding in findings})
    seen: Counter[str] = Counter()
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "triton-stack",
                        "semanticVersion": version,
                        "rules": [_rule(codes[code]) for code in found],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [_result(finding, found.index(finding.code), root, seen) for finding in findings],
            }
        ],
    }


def source_root(folder: Path) -> Path:
    """Return the checkout that a folder is in (code hosts want paths from its root), or the folder itself."""
    folder = folder.resolve()
    return next((parent for parent in (folder, *folder.parents) if (parent / ".git").exists()), folder)


def _rule(code: Code) -> dict[str, Any]:
    reason = " ".join(code.reason.split())
    help_text = f"{reason}\n\nFound:\n{code.example}\n\nRight:\n{code.fix}\n\nSource: {code.source}"
    markdown = f"{reason}\n\nFound:\n\n```yaml\n{code.example}\n```\n\nRight:\n\n```yaml\n{code.fix}\n```\n\nSource: "
    return {
        "id": code.code,
        "shortDescription": {"text": code.title},
        "fullDescription": {"text": reason},
        "help": {"text": help_text, "markdown": markdown + code.source},
        "defaultConfiguration": {"level": code.severity.value},
        "properties": {"tags": ["triton"]},
    }


def _result(finding: Finding, rule: int, root: Path, seen: Counter[str]) -> dict[str, Any]:
    artifact = _artifact(finding.file, root)
    key = f"{finding.key}: " if finding.key else ""
    fix = f"\nFix: {finding.fix}" if finding.fix else ""
    # No line in it: it stays the same when text above moves the finding down.
    identity = "\n".join((finding.code, artifact["uri"], finding.key, finding.message))
    fingerprint = hashlib.sha256(identity.encode(errors="surrogateescape")).hexdigest()[:32]
    seen[fingerprint] += 1
    return {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": finding.severity.value,
        "message": {"text": f"{key}{finding.message}{fix}"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": artifact,
                    # A code host shows nothing without a line; a finding about a whole file stands at its first.
                    "region": {"startLine": finding.line or 1, "startColumn": finding.column or 1},
                }
            }
        ],
        "partialFingerprints": {"primaryLocationLineHash": f"{fingerprint}:{seen[fingerprint]}"},
    }


def _artifact(file: str, root: Path) -> dict[str, str]:
    path = Path(file)
    # Not resolved: a link in the checkout is the file that a code host shows.
    absolute = path if path.is_absolute() else Path.cwd() / path
    try:
        relative = _plain(absolute).relative_to(root)
    except ValueError:
        return {"uri": _plain(absolute).as_uri()}
    return {"uri": quote(relative.as_posix(), safe="/", errors="surrogateescape"), "uriBaseId": ROOT}


def _plain(path: Path) -> Path:
    return Path(os.path.normpath(path))
