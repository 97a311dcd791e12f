"""What all layers share."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each test carries the marker of its layer: the folder that it stands in."""
    for item in items:
        layer = item.path.relative_to(item.config.rootpath / "tests").parts[0]
        item.add_marker(getattr(pytest.mark, layer))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--keep-cluster", action="store_true", help="leave the tests' own cluster up for the next run")
