"""What the user sees while steps run: live bars on a terminal, plain lines elsewhere. All of it on stderr."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn


class Steps:
    """Shows steps that run one after another or side by side; use as a context manager."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(stderr=True, highlight=False)
        self._live: Progress | None = None

    def __enter__(self) -> Steps:
        if self.console.is_terminal:
            self._live = Progress(
                SpinnerColumn(),
                TextColumn("{task.description}"),
                BarColumn(bar_width=20),
                TimeElapsedColumn(),
                TextColumn("usually {task.fields[usual]} s"),
                console=self.console,
                transient=True,
            )
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._live.stop()
            self._live = None

    def say(self, text: str) -> None:
        """Prints one line."""
        self.console.print(text, markup=False, soft_wrap=True)

    @contextlib.contextmanager
    def step(self, name: str, does: str, usual_seconds: int) -> Iterator[None]:
        """Shows one step from its start to its end.

        Args:
            name: The part concerned.
            does: What happens, as a phrase that starts with a verb.
            usual_seconds: Time that it takes on 2 cores when nothing is cached.
        """
        started = time.monotonic()
        bar = None
        if self._live:
            bar = self._live.add_task(f"{name}: {does}", total=usual_seconds, usual=usual_seconds)
        else:
            self.say(f"==> {name}: {does} (usually {usual_seconds} s)")
        outcome = "failed"
        try:
            with self._ticking(bar, started):
                yield
            outcome = "done"
        finally:
            if self._live and bar is not None:
                self._live.remove_task(bar)
            self.say(f"    {name}: {outcome} after {time.monotonic() - started:.0f} s")

    @contextlib.contextmanager
    def _ticking(self, bar: object, started: float) -> Iterator[None]:
        # A build's progress is not known: the bar shows time passed against the usual time, and stops short of full.
        if self._live is None or bar is None:
            yield
            return
        import threading

        live, over = self._live, threading.Event()

        def tick() -> None:
            while not over.wait(0.5):
                for task in live.tasks:
                    if task.id == bar and task.total:
                        live.update(task.id, completed=min(time.monotonic() - started, task.total * 0.97))

        thread = threading.Thread(target=tick, daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
