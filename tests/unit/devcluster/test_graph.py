"""Tasks run after what they need, the longest chain first, and stop together."""

import threading
import time

import pytest

from devcluster import graph, shell
from devcluster.graph import Task
from devcluster.shell import CommandFailed


def nothing() -> None:
    """A task without work."""


def test_the_task_with_the_longest_chain_after_it_comes_first() -> None:
    tasks = [
        Task("short", 10, (), nothing),
        Task("leads-far", 1, (), nothing),
        Task("end", 100, ("leads-far",), nothing),
    ]
    assert [task.name for task in graph.by_urgency(tasks)] == ["leads-far", "end", "short"]


def test_the_kubernetes_build_comes_first_of_all_that_can_start_at_once() -> None:
    from devcluster.catalog import Catalog, Sources
    from devcluster.recipe import all_recipes

    recipes = [recipe for recipe in all_recipes(Catalog(Sources()).images) if recipe.part != "go"]
    tasks = [Task(r.part, r.seconds, tuple(n.part for n in r.needs), nothing) for r in recipes]
    assert graph.by_urgency(tasks)[0].name == "kubernetes"


def test_a_task_starts_after_all_that_it_needs() -> None:
    order: list[str] = []
    tasks = [
        Task("last", 1, ("a", "b", "not in this run"), lambda: order.append("last")),
        Task("a", 1, (), lambda: order.append("a")),
        Task("b", 1, ("a",), lambda: order.append("b")),
    ]
    graph.run(tasks)
    assert order == ["a", "b", "last"]


def test_tasks_that_do_not_need_each_other_run_side_by_side() -> None:
    meeting = threading.Barrier(2, timeout=5)

    def meet() -> None:
        meeting.wait()

    graph.run([Task("a", 1, (), meet), Task("b", 1, (), meet)])
    assert not meeting.broken


def test_tasks_that_need_each_other_are_refused() -> None:
    with pytest.raises(ValueError, match=r"circle: a -> b -> a"):
        graph.run([Task("a", 1, ("b",), nothing), Task("b", 1, ("a",), nothing)])


def test_an_error_ends_the_other_programs_and_starts_nothing_more() -> None:
    started: list[str] = []

    def sleep() -> None:
        shell.run(["sleep", "60"])

    def fail() -> None:
        time.sleep(0.3)
        raise RuntimeError("no")

    tasks = [
        Task("sleep", 1, (), sleep),
        Task("fail", 1, (), fail),
        Task("next", 1, ("sleep",), lambda: started.append("next")),
    ]
    before = time.monotonic()
    with pytest.raises(RuntimeError, match="no"):
        graph.run(tasks)
    assert time.monotonic() - before < 10
    assert started == []


def test_programs_start_again_after_a_failed_run() -> None:
    with pytest.raises(CommandFailed):
        graph.run([Task("fail", 1, (), lambda: shell.run(["false"]) and None)])
    assert shell.run(["echo", "again"]) == "again\n"
