"""Every key of the values is set by a scenario, and has an effect there: no option does nothing."""

from collections.abc import Iterator
from typing import Any

import pytest
from helm_python.errors import HelmError
from pydantic import BaseModel

from tests.support.render import MINIMAL, texts
from tests.support.scenarios import scenarios
from triton_stack.spec.chart import Model, Values

ANY = "*"


def keys(model: type[BaseModel], prefix: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Path of each key that is no section. A pool's keys stand once, below poolDefaults."""
    for name, field in model.model_fields.items():
        path = (*prefix, field.alias or name)
        if path == ("models",):
            yield from keys(Model, ("models", ANY))
        elif path == ("pools",):
            continue
        elif isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from keys(field.annotation, path)
        else:
            yield path


def without(values: Any, path: tuple[str, ...]) -> Any:
    """A copy of the values without what stands at the path; None where nothing does."""
    if not isinstance(values, dict):
        return None
    names = list(values) if path[0] == ANY else [path[0]]
    for name in names:
        if name not in values:
            continue
        if len(path) == 1:
            return {key: value for key, value in values.items() if key != name}
        below = without(values[name], path[1:])
        if below is not None:
            return {**values, name: below}
    return None


def rendered_or_refused(values: dict[str, Any]) -> object:
    try:
        return texts(values)
    except HelmError as error:
        return str(error)


KEYS = list(keys(Values))
# Kept out of the scenarios: names that two releases share, and a claim that goes with its release.
APART: dict[str, dict[str, Any]] = {
    "own name": {**MINIMAL, "fullnameOverride": "serving"},
    "own claim": {
        "models": {"m": {}},
        "modelRepository": {"type": "pvc", "pvc": {"retain": False, "accessModes": ["ReadOnlyMany"]}},
    },
}


def test_the_keys_are_seen() -> None:
    assert len(KEYS) > 100
    assert ("poolDefaults", "drain", "preStopSeconds") in KEYS


@pytest.mark.parametrize("path", KEYS, ids=".".join)
def test_a_key_is_set_by_a_scenario_and_changes_what_is_rendered(path: tuple[str, ...]) -> None:
    setting = {name: (values, without(values, path)) for name, values in (scenarios() | APART).items()}
    setting = {name: pair for name, pair in setting.items() if pair[1] is not None}
    assert setting, "no scenario sets it"
    effects = [name for name, (full, less) in setting.items() if rendered_or_refused(full) != rendered_or_refused(less)]
    assert effects, f"it changes nothing in {', '.join(setting)}"
