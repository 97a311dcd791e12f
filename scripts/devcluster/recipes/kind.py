"""kind."""

from __future__ import annotations

from devcluster.recipe import Recipe
from devcluster.recipes import go as golang

VERSION = "0.33.0"


def kind(go: Recipe | None) -> Recipe:
    """Returns the recipe of the kind program."""
    return golang.installed("kind", "sigs.k8s.io/kind", f"v{VERSION}", 20, go)
