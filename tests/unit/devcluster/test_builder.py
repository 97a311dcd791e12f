"""Parts are built when they are missing or damaged, and only then."""

import io
import threading
from pathlib import Path

import pytest
from rich.console import Console

from devcluster.builder import Builder, part_named
from devcluster.cache import Cache
from devcluster.errors import Problem
from devcluster.progress import Steps
from devcluster.recipe import Recipe, Step


class Kitchen:
    """Two recipes, `pie` of `dough`, that count how often they were built."""

    def __init__(self) -> None:
        self.built: list[str] = []
        self.dough = Recipe("dough", "kneads", 1, self._build("dough"))
        self.pie = Recipe("pie", "bakes", 1, self._build("pie"), needs=(self.dough,))

    def _build(self, part: str):
        def build(step: Step) -> None:
            self.built.append(part)
            content = "".join((entry / "content").read_text() for entry in step.entries.values())
            (step.out / "content").write_text(content + part)

        return build


@pytest.fixture
def shown() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def builder(tmp_path: Path, shown: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> Builder:
    monkeypatch.setattr("devcluster.cache.FREE_BYTES_TO_BUILD", 1)
    return Builder(Cache(tmp_path), Steps(Console(file=shown, width=200)))


def test_needs_are_built_first_and_can_be_read(builder: Builder) -> None:
    kitchen = Kitchen()
    entries = builder.make([kitchen.pie])
    assert (entries["pie"] / "content").read_text() == "doughpie"
    assert kitchen.built == ["dough", "pie"]


def test_a_second_run_builds_nothing(builder: Builder) -> None:
    kitchen = Kitchen()
    builder.make([kitchen.pie])
    builder.make([kitchen.pie])
    assert kitchen.built == ["dough", "pie"]


def test_a_damaged_part_is_built_again_without_its_needs(builder: Builder) -> None:
    kitchen = Kitchen()
    entry = builder.make([kitchen.pie])["pie"]
    (entry / "content").write_text("mould")
    builder.make([kitchen.pie])
    assert (entry / "content").read_text() == "doughpie"
    assert kitchen.built == ["dough", "pie", "pie"]


def test_the_needs_of_a_finished_part_may_be_gone(builder: Builder) -> None:
    kitchen = Kitchen()
    builder.make([kitchen.pie])
    (builder.cache.folder / "entries" / kitchen.dough.key / "content").unlink()
    assert builder.missing([kitchen.pie]) == []


def test_two_runs_at_once_build_a_part_once(builder: Builder) -> None:
    kitchen = Kitchen()
    threads = [threading.Thread(target=builder.make, args=([kitchen.pie],)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(kitchen.built) == ["dough", "pie"]


def test_each_step_shows_what_it_does_and_its_usual_time(builder: Builder, shown: io.StringIO) -> None:
    builder.make([Kitchen().dough])
    assert "==> dough: kneads (usually 1 s)" in shown.getvalue()
    assert "dough: done after 0 s" in shown.getvalue()


def test_a_failed_program_is_named_with_the_end_of_its_output_and_its_log(builder: Builder) -> None:
    def build(step: Step) -> None:
        step.run("sh", "-c", "echo the oven is cold; exit 3")

    with pytest.raises(Problem) as raised:
        builder.make([Recipe("pie", "bakes", 1, build)])
    assert "pie: `sh -c echo the oven is cold; exit 3` failed with exit code 3" in raised.value.message
    assert "| the oven is cold" in raised.value.message
    assert str(builder.cache.folder / "logs" / "pie-") in raised.value.fix


@pytest.mark.parametrize(
    ("registry", "printed", "setting"),
    [
        ("Go modules", "dial tcp: lookup proxy.example: no such host", "GOPROXY"),
        ("PyPI", "ERROR: No matching distribution found for helm", "PIP_INDEX_URL"),
        ("Debian packages", "E: Unable to connect to mirror:80", "apt's sources"),
        ("container images", "dial tcp 127.0.0.1:5000: connect: connection refused", "--node-image build"),
    ],
)
def test_an_unreachable_registry_is_named_with_what_to_do(
    builder: Builder, registry: str, printed: str, setting: str
) -> None:
    def build(step: Step) -> None:
        step.run("sh", "-c", f"echo first line; echo '{printed.replace(chr(39), '')}'; exit 1")

    with pytest.raises(Problem) as raised:
        builder.make([Recipe("pie", "bakes", 1, build, registry=registry)])
    assert raised.value.message == f"pie: cannot get {registry}: {printed.replace(chr(39), '')}"
    assert setting in raised.value.fix


def test_a_failure_that_has_nothing_to_do_with_the_registry_does_not_blame_it(builder: Builder) -> None:
    def build(step: Step) -> None:
        step.run("sh", "-c", "echo main.go:1: undefined: x; exit 1")

    with pytest.raises(Problem, match="failed with exit code 1"):
        builder.make([Recipe("pie", "bakes", 1, build, registry="Go modules")])


def test_an_unknown_part_is_refused_with_the_known_ones() -> None:
    kitchen = Kitchen()
    with pytest.raises(Problem, match=r"no part named 'cake'\nparts: dough, pie"):
        part_named([kitchen.dough, kitchen.pie], "cake")


def test_a_known_part_is_found_by_its_name() -> None:
    kitchen = Kitchen()
    assert part_named([kitchen.dough, kitchen.pie], "pie") is kitchen.pie
