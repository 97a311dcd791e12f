"""The examples that `explain` shows, as models: a piece of a spec is laid over the base model."""

from typing import Any

import yaml

from tests.support.rule_cases import ENSEMBLE, MODEL_PY, Model
from triton_stack.spec.names import default_file


def piece(text: str) -> dict[str, Any] | None:
    """The keys of a piece of a spec; None for words."""
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError:
        return None
    return data if isinstance(data, dict) and all(str(key).isidentifier() for key in data) else None


def laid_over_the_base(keys: dict[str, Any]) -> Model:
    base = ENSEMBLE if "ensemble_scheduling" in keys else {}
    without_backend = {"backend": None} if "platform" in keys and "backend" not in keys else {}
    backend, platform, file = (str(keys.get(key, "")) for key in ("backend", "platform", "default_model_filename"))
    wanted = default_file(backend, platform, file)
    return Model({**base, **without_backend, **keys}, {f"1/{wanted}": MODEL_PY} if wanted else {})
