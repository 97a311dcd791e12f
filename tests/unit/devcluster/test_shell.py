"""Programs end with this process's work, and their failures are told."""

import subprocess
import time
from pathlib import Path

import pytest

from devcluster import shell
from devcluster.shell import CommandFailed


def test_the_output_is_returned() -> None:
    assert shell.run(["echo", "hello"]) == "hello\n"


def test_a_failure_carries_the_output_and_the_code() -> None:
    with pytest.raises(CommandFailed) as raised:
        shell.run(["sh", "-c", "echo bad >&2; exit 7"])
    assert (raised.value.code, raised.value.output) == (7, "bad\n")


def test_with_a_log_the_failure_carries_its_end(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("before\n")
    with pytest.raises(CommandFailed) as raised:
        shell.run(["sh", "-c", "echo bad; exit 1"], log=log)
    assert raised.value.output == "before\nbad\n"


def test_a_missing_program_is_named() -> None:
    with pytest.raises(CommandFailed) as raised:
        shell.run(["no-such-program"])
    assert raised.value.output == "no-such-program: program not found"


def test_a_program_that_takes_too_long_is_killed_with_its_children(tmp_path: Path) -> None:
    alive = tmp_path / "alive"
    with pytest.raises(CommandFailed, match="ended with 124"):
        shell.run(["sh", "-c", f"(sleep 1; touch {alive}) & sleep 60"], timeout=0.3)
    time.sleep(1.2)
    assert not alive.exists()


def test_leaving_by_an_exception_kills_the_program() -> None:
    with pytest.raises(KeyboardInterrupt), shell.start(["sleep", "60"]) as process:
        raise KeyboardInterrupt
    assert process.poll() is not None


def test_a_pipe_moves_data_from_one_program_to_the_other(tmp_path: Path) -> None:
    shell.pipe(["echo", "data"], ["cp", "/dev/stdin", tmp_path / "copy"], env={}, log=tmp_path / "log")
    assert (tmp_path / "copy").read_text() == "data\n"


@pytest.mark.parametrize(("source", "target"), [("false", "cat"), ("echo", "false")])
def test_a_pipe_fails_when_either_program_does(tmp_path: Path, source: str, target: str) -> None:
    with pytest.raises(CommandFailed):
        shell.pipe([source], [target], env={}, log=tmp_path / "log")


def test_standard_input_is_empty_by_default() -> None:
    assert shell.run(["cat"]) == ""
    assert shell.run(["cat"], stdin=subprocess.DEVNULL) == ""
