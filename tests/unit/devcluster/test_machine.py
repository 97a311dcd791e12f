"""A machine that cannot run one more cluster is told so before anything is made."""

import ctypes
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from devcluster import machine
from devcluster.errors import Problem


@pytest.fixture
def watch() -> Iterator[int]:
    descriptor = ctypes.CDLL(None).inotify_init()
    assert descriptor >= 0
    yield descriptor
    os.close(descriptor)


def limit(path: Path, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_text(f"{count}\n")
    monkeypatch.setattr(machine, "_LIMIT", path)


def test_inotify_instances_of_this_process_are_counted(watch: int) -> None:
    assert os.readlink(f"/proc/self/fd/{watch}") == "anon_inode:inotify"
    assert machine.watches_in_use() >= 1


def test_too_few_inotify_instances_are_refused_with_the_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(tmp_path / "limit", 40, monkeypatch)
    with pytest.raises(Problem, match=r"a cluster of 2 node\(s\) takes 41 inotify instances; \d+ of 40 are in use"):
        machine.check_watches(2)


def test_enough_inotify_instances_are_accepted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limit(tmp_path / "limit", 100_000, monkeypatch)
    machine.check_watches(2)
