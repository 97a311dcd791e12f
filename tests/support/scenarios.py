"""The values files that invariants are checked over: those of the tests, and the profiles in values/."""

from pathlib import Path
from typing import Any

import yaml

from tests.support.render import DIGEST
from triton_stack.spec.overlay import overlay

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "tests" / "support" / "scenarios").glob("*.yaml"))
PROFILES = sorted((ROOT / "values").glob("*.yaml"))

# What a profile leaves to the user.
USER: dict[str, Any] = {
    "models": {"m": {"digest": DIGEST}},
    "modelRepository": {"objectStore": {"url": "s3://models/demo"}},
}


def scenarios() -> dict[str, dict[str, Any]]:
    """Values by the scenario's name."""
    found = {path.stem: yaml.safe_load(path.read_text()) for path in FILES}
    for path in PROFILES:
        values = yaml.safe_load(path.read_text())
        found[f"profile-{path.stem}"] = values if "models" in values else overlay(USER, values)
    assert len(found) >= 8, "scenarios are missing"
    return found
