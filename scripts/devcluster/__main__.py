"""Entry point of `python -m devcluster`."""

from devcluster.cli import run

run()
