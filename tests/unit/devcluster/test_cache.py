"""Entries are found only when they are whole, whatever happened to the run that made them."""

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from devcluster import cache as caches
from devcluster.cache import Cache
from devcluster.errors import Problem

KEY = "part-0123456789ab"


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache")


@pytest.fixture
def entry(cache: Cache) -> Path:
    with cache.build(KEY) as out:
        (out / "bin").mkdir()
        (out / "bin/program").write_bytes(b"abc" * 1000)
        (out / "link").symlink_to("bin/program")
    found = cache.find(KEY)
    assert found
    return found


def test_a_finished_entry_is_found_with_its_files(entry: Path) -> None:
    assert (entry / "bin/program").read_bytes() == b"abc" * 1000


def truncate(entry: Path) -> None:
    os.truncate(entry / "bin/program", 10)


def change_one_byte(entry: Path) -> None:
    (entry / "bin/program").write_bytes(b"abd" + b"abc" * 999)


def remove_file(entry: Path) -> None:
    (entry / "bin/program").unlink()


def turn_link(entry: Path) -> None:
    (entry / "link").unlink()
    (entry / "link").symlink_to("elsewhere")


def remove_seal(entry: Path) -> None:
    (entry / caches.SEAL).unlink()


def truncate_seal(entry: Path) -> None:
    os.truncate(entry / caches.SEAL, 20)


@pytest.mark.parametrize("damage", [truncate, change_one_byte, remove_file, turn_link, remove_seal, truncate_seal])
def test_a_damaged_entry_is_not_found_and_can_be_built_again(
    cache: Cache, entry: Path, damage: Callable[[Path], None]
) -> None:
    damage(entry)
    assert cache.find(KEY) is None
    with cache.build(KEY) as out:
        (out / "new").write_text("new")
    assert cache.find(KEY) == entry
    assert sorted(path.name for path in entry.iterdir()) == ["new", caches.SEAL]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_build_that_ends_with_an_exception_leaves_nothing(cache: Cache, error: type[BaseException]) -> None:
    with pytest.raises(error), cache.build(KEY) as out:
        (out / "half").write_text("half")
        raise error
    assert cache.find(KEY) is None
    assert list((cache.folder / "entries").iterdir()) == []


def test_a_failed_build_keeps_the_entry_that_was_there(cache: Cache, entry: Path) -> None:
    with pytest.raises(RuntimeError), cache.build(KEY):
        raise RuntimeError
    assert cache.find(KEY) == entry


def start(cache: Cache, body: str) -> subprocess.Popen[str]:
    """Runs Python code with `cache` in another process; it prints a line when it is where the test wants it."""
    code = "import time\nfrom pathlib import Path\nfrom devcluster.cache import Cache\n"
    code += f"cache = Cache(Path({str(cache.folder)!r}))\n" + textwrap.dedent(body)
    path = str(Path(caches.__file__).parents[1])
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": path}
    )
    assert process.stdout
    assert process.stdout.readline() == "there\n"
    return process


BUILD_FOREVER = f"""
with cache.lock("part"), cache.build("{KEY}") as out:
    (out / "half").write_text("half")
    print("there", flush=True)
    time.sleep(60)
"""


def test_a_build_that_is_killed_leaves_nothing_that_is_found(cache: Cache) -> None:
    process = start(cache, BUILD_FOREVER)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert cache.find(KEY) is None
    with cache.lock("part"), cache.build(KEY) as out:
        (out / "whole").write_text("whole")
    found = cache.find(KEY)
    assert found
    assert not (found / "half").exists()


def test_what_a_killed_run_left_is_tidied_up_and_what_a_living_one_has_stays(cache: Cache) -> None:
    process = start(cache, BUILD_FOREVER)
    left = [path for path in (cache.folder / "entries").iterdir() if path.name.endswith(".partial")]
    assert len(left) == 1
    cache.tidy()
    assert left[0].exists()
    process.kill()
    process.wait()
    cache.tidy()
    assert not left[0].exists()


def test_a_scratch_folder_is_removed_after_use(cache: Cache) -> None:
    with cache.scratch() as folder:
        (folder / "file").write_text("x")
        cache.tidy()
        assert (folder / "file").exists()
    assert not folder.exists()


def test_a_second_run_waits_for_the_lock_of_the_first(cache: Cache, tmp_path: Path) -> None:
    process = start(
        cache,
        f"""
        with cache.lock("part"):
            print("there", flush=True)
            time.sleep(0.5)
            Path({str(tmp_path / "first")!r}).write_text("done")
        """,
    )
    with cache.lock("part"):
        assert (tmp_path / "first").read_text() == "done"
    assert process.wait() == 0


def test_the_lock_of_a_killed_run_is_free(cache: Cache) -> None:
    process = start(cache, BUILD_FOREVER)
    process.kill()
    with cache.lock("part"):
        assert process.wait() == -signal.SIGKILL


def test_too_little_disk_is_refused_with_both_figures(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caches, "FREE_BYTES_TO_BUILD", 1 << 60)
    with pytest.raises(Problem, match=r"too little disk: [\d.]+ GiB free at .* up to 1073741824 GiB"):
        cache.check_room()


def test_enough_disk_is_accepted(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caches, "FREE_BYTES_TO_BUILD", 1)
    cache.check_room()


def test_a_cache_folder_below_a_file_is_refused_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Problem, match=f"cannot write the cache folder {tmp_path}/file/cache"):
        Cache(tmp_path / "file/cache")


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"TRITON_STACK_CACHE": "/a/b"}, "/a/b"),
        ({"TRITON_STACK_CACHE": "/a/b", "XDG_CACHE_HOME": "/x"}, "/a/b"),
        ({"XDG_CACHE_HOME": "/x"}, "/x/triton-stack"),
        ({"HOME": "/home/me"}, "/home/me/.cache/triton-stack"),
    ],
)
def test_the_cache_folder_follows_the_environment(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], expected: str
) -> None:
    for name in ("TRITON_STACK_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert str(caches.default_folder()) == expected
