"""How Helm lays values over values."""

from typing import Any


def overlay(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Values ``over`` laid over ``base``: maps merge, all else replaces; neither is changed."""
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        merged[key] = overlay(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return merged
