"""The helm command: the machine's own, or the one that the development cluster's tools bring."""

from functools import cache

from devcluster import tools
from devcluster.catalog import Catalog, Sources
from devcluster.cluster import new_builder
from devcluster.errors import Problem
from devcluster.progress import Steps
from tests.support.require import missing


@cache
def helm() -> str:
    """Path of helm."""
    try:
        with Steps() as steps:
            return str(tools.ensure(new_builder(steps), Catalog(Sources())) / "helm")
    except Problem as problem:
        missing(str(problem))
