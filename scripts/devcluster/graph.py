"""Running tasks that need one another, side by side, the longest chain first."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from devcluster import shell


@dataclass(frozen=True)
class Task:
    """One piece of work.

    Attributes:
        name: Unique among the tasks of a run.
        seconds: Usual time, to put first what others wait for longest.
        needs: Names of tasks that must be finished before; names that are not in the run count as finished.
        run: Does the work.
    """

    name: str
    seconds: int
    needs: tuple[str, ...]
    run: Callable[[], None]


def by_urgency(tasks: Sequence[Task]) -> list[Task]:
    """Sorts tasks by the time from their start to the end of the longest chain that hangs on them, longest first.

    Raises:
        ValueError: The tasks need each other in a circle.
    """
    known = {task.name: task for task in tasks}
    waiting: dict[str, list[str]] = {name: [] for name in known}
    for task in tasks:
        for need in task.needs:
            if need in known:
                waiting[need].append(task.name)
    chain: dict[str, int] = {}

    def length(name: str, path: tuple[str, ...]) -> int:
        if name in path:
            raise ValueError(f"tasks need each other in a circle: {' -> '.join((*path, name))}")
        if name not in chain:
            chain[name] = known[name].seconds + max((length(n, (*path, name)) for n in waiting[name]), default=0)
        return chain[name]

    return sorted(tasks, key=lambda task: -length(task.name, ()))


def run(tasks: Sequence[Task], workers: int = 4) -> None:
    """Runs all tasks; the first error stops the programs of the others and is raised."""
    left = by_urgency(tasks)
    open_names = {task.name for task in left}
    finished: queue.Queue[tuple[Task, BaseException | None]] = queue.Queue()
    running = 0

    def work(task: Task) -> None:
        try:
            task.run()
            finished.put((task, None))
        except BaseException as error:
            finished.put((task, error))

    try:
        while left or running:
            for task in [t for t in left if not open_names.intersection(t.needs)]:
                if running < workers:
                    left.remove(task)
                    running += 1
                    threading.Thread(target=work, args=(task,), daemon=True).start()
            done, error = finished.get()
            running -= 1
            if error:
                raise error
            open_names.discard(done.name)
    except BaseException:
        # The others' results are not wanted any more; wait until they have tidied up behind them.
        shell.stop()
        for _ in range(running):
            try:
                finished.get(timeout=20)
            except queue.Empty:
                break
        shell.resume()
        raise
