"""Running other programs: output to a log file, killed as a whole when this process is interrupted."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

_running: set[subprocess.Popen[bytes]] = set()
_running_lock = threading.Lock()
_stopping = threading.Event()


class Stopped(Exception):
    """This run was interrupted, or another of its steps failed: no program is started any more."""


class CommandFailed(Exception):
    """A program ended with an error.

    Attributes:
        command: The program and its arguments.
        output: The end of what it printed (stdout and stderr).
        log: File with all of its output, if one was kept.
    """

    def __init__(self, command: Sequence[str], code: int, output: str, log: Path | None) -> None:
        self.command = list(command)
        self.code = code
        self.output = output
        self.log = log
        super().__init__(f"{' '.join(self.command[:4])} ... ended with {code}")


def run(
    command: Sequence[str | Path],
    *,
    log: Path | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdin: IO[bytes] | int | None = subprocess.DEVNULL,
    timeout: float | None = None,
) -> str:
    """Runs a program to its end and returns its standard output.

    Args:
        command: Program and arguments; no shell.
        log: Append stdout and stderr to this file; the returned text is then empty.
        env: Variables laid over this process's environment.
        cwd: Working directory.
        stdin: What the program reads.
        timeout: Seconds until it is killed.

    Raises:
        CommandFailed: It ended with an error, was not found, or ran into the timeout.
    """
    words = [str(word) for word in command]
    sink = log.open("ab") if log else None
    try:
        with start(words, env=env, cwd=cwd, stdin=stdin, stdout=sink, stderr=sink) as process:
            try:
                out, err = process.communicate(timeout=timeout)
            except subprocess.TimeoutExpired:
                kill(process)
                raise CommandFailed(words, 124, f"still running after {timeout:.0f} s", log) from None
        if process.returncode:
            text = tail(log) if log else ((out or b"") + (err or b"")).decode(errors="replace")[-4000:]
            raise CommandFailed(words, process.returncode, text, log)
        return (out or b"").decode(errors="replace")
    finally:
        if sink:
            sink.close()


@contextlib.contextmanager
def start(
    command: Sequence[str | Path],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdin: IO[bytes] | int | None = subprocess.DEVNULL,
    stdout: IO[bytes] | int | None = None,
    stderr: IO[bytes] | int | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """Starts a program in a process group of its own; on leaving by an exception the whole group is killed."""
    words = [str(word) for word in command]
    check_not_stopped()
    try:
        process = subprocess.Popen(
            words,
            env={**os.environ, **(env or {})},
            cwd=cwd,
            stdin=stdin,
            stdout=subprocess.PIPE if stdout is None else stdout,
            stderr=subprocess.PIPE if stderr is None else stderr,
            start_new_session=True,
        )
    except FileNotFoundError:
        raise CommandFailed(words, 127, f"{words[0]}: program not found", None) from None
    with _running_lock:
        _running.add(process)
    try:
        yield process
    except BaseException:
        kill(process)
        raise
    finally:
        with _running_lock:
            _running.discard(process)


def pipe(source: Sequence[str | Path], target: Sequence[str | Path], *, env: Mapping[str, str], log: Path) -> None:
    """Runs `source | target`.

    Raises:
        CommandFailed: Either of the two failed.
    """
    with log.open("ab") as sink, start(source, env=env, stdout=subprocess.PIPE, stderr=sink) as reader:
        run(target, env=env, stdin=reader.stdout, log=log)
        if reader.wait():
            raise CommandFailed([str(word) for word in source], reader.returncode, tail(log), log)


def kill(process: subprocess.Popen[bytes]) -> None:
    """Ends a program and everything it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(5)


def stop() -> None:
    """Ends every running program and lets no new one start; for Ctrl-C and for a failed step beside others."""
    _stopping.set()
    with _running_lock:
        processes = list(_running)
    for process in processes:
        kill(process)


def resume() -> None:
    """Lets programs start again, after everything that stop() concerned has ended."""
    _stopping.clear()


def check_not_stopped() -> None:
    """Raises Stopped after stop()."""
    if _stopping.is_set():
        raise Stopped


def tail(log: Path, characters: int = 4000) -> str:
    """Returns the end of a log file."""
    with contextlib.suppress(OSError):
        return log.read_text(errors="replace")[-characters:]
    return ""
