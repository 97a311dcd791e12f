"""The helm command: the machine's own, or the one that the development cluster uses."""

from functools import cache
from pathlib import Path

from devcluster.catalog import Catalog, Sources
from devcluster.cluster import new_builder
from devcluster.errors import Problem
from devcluster.progress import Steps
from tests.support.require import missing


@cache
def helm() -> str:
    """Path of helm; only helm is unpacked where it is missing, which takes seconds."""
    tool = Catalog(Sources()).tools["helm"]
    if isinstance(tool, Path):
        return str(tool)
    try:
        with Steps() as steps:
            return str(new_builder(steps).make([tool])[tool.part] / tool.part)
    except Problem as problem:
        missing(str(problem))
