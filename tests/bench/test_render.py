"""1,000 distinct renders, each object validated strictly, on two cores. Shown, not judged: run with `make bench`."""

import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

from tests.support.render import DIGEST, render
from tests.support.strict_schemas import problems

RENDERS = 1000
CORES = 2


def distinct(number: int) -> dict[str, Any]:
    """Values that no other number gives."""
    return {
        "models": {f"m{number}": {"digest": DIGEST}},
        "modelRepository": {"objectStore": {"url": f"s3://models/{number}"}},
        "serviceMonitor": {"enabled": number % 2 == 0},
        "poolDefaults": {"replicas": number, "env": {"NUMBER": number}, "autoscaling": {"enabled": number % 3 == 0}},
    }


def work(numbers: range) -> tuple[int, int, int]:
    """Renders, objects and problems of a share of the numbers."""
    objects = [item for number in numbers for item in render(distinct(number))]
    return len(numbers), len(objects), sum(len(problems(item)) for item in objects)


def test_a_thousand_renders_with_strict_validation(record_property: Any, capsys: Any) -> None:
    with ProcessPoolExecutor(CORES, get_context("spawn")) as pool:
        started = time.monotonic()
        shares = list(pool.map(work, [range(start, RENDERS, CORES) for start in range(CORES)]))
        seconds = time.monotonic() - started
    renders, objects, wrong = map(sum, zip(*shares, strict=True))
    assert (renders, wrong) == (RENDERS, 0)
    assert objects > 7 * RENDERS
    record_property("seconds", seconds)
    with capsys.disabled():
        print(f"\n{renders} distinct renders, {objects} objects validated strictly: {seconds:.1f} s on {CORES} cores")
