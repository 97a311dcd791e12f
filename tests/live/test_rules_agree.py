"""What check refuses, the real server refuses too, and it loads the nearest neighbour that check accepts.

The cases of tests/support/rule_cases.py run on the real python backend; the examples that `explain` shows on backends
that do nothing, under whatever name they have: there the server's own core judges.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.agreement.bases import BACKENDS
from tests.live.agreement.exceptions import GOES_WRONG_LATER, NOT_REACHED
from tests.support.rule_cases import CASES, STEP_MODEL, Case, Model
from tests.support.rule_examples import laid_over_the_base, piece
from tests.support.stub_backend import stub_backends
from tests.support.triton import Triton, running_triton
from triton_stack.check import RULES
from triton_stack.pbtxt import config_text
from triton_stack.spec.findings import Severity

LOAD_SECONDS = 60
HANG_SECONDS = 4


class Server:
    """One server for many models. A bad model may hang or crash it; then the next model gets a new one."""

    def __init__(self, repository: Path, backends: Path | None = None) -> None:
        self._repository = repository
        self._backends = backends
        self._running = contextlib.ExitStack()
        self._triton: Triton | None = None

    def load(self, name: str, model: Model) -> str:
        """Load and unload a model; return why it was refused, or an empty text."""
        write_model(self._repository, name, model)
        if self._triton is None:
            self._triton = self._running.enter_context(running_triton(self._repository, backends=self._backends))
        try:
            refused = self._triton.load(name, timeout=LOAD_SECONDS)
            self._triton.post(f"/v2/repository/models/{name}/unload")
        except OSError as error:
            self.stop()
            return f"the server broke: {error}"
        return refused

    def stop(self) -> None:
        self._running.close()
        self._triton = None


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    repository = tmp_path_factory.mktemp("repository")
    write_model(repository, STEP_MODEL, Model())
    running = Server(repository)
    yield running
    running.stop()


def write_model(repository: Path, name: str, model: Model) -> None:
    folder = repository / name
    folder.mkdir(parents=True)
    for path in model.all_folders():
        (folder / path).mkdir(parents=True, exist_ok=True)
    for path, text in model.all_files().items():
        (folder / path).write_text(text)
    (folder / "config.pbtxt").write_text(config_text(model.spec(name), "a test"))


# Rules of the server's core whose example is a piece of a spec, which the server of these tests can judge.
EXAMPLES = [
    code
    for code, rule in sorted(RULES.items())
    if rule.source.startswith("Triton core") and rule.severity is Severity.ERROR and piece(rule.example) is not None
    if code not in {**GOES_WRONG_LATER, **NOT_REACHED}
]


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("core")
    for name in (STEP_MODEL, "two"):
        write_model(folder / "repository", name, Model())
    running = Server(folder / "repository", stub_backends(folder / "backends", BACKENDS))
    yield running
    running.stop()


def example(text: str, code: str) -> Model:
    keys = piece(text)
    assert keys is not None, code
    return laid_over_the_base(keys)


@pytest.mark.parametrize("code", EXAMPLES)
def test_the_server_refuses_the_example_of_a_rule(core: Server, code: str) -> None:
    assert core.load(f"example{code}", example(RULES[code].example, code))


@pytest.mark.parametrize("code", EXAMPLES)
def test_the_server_loads_what_the_rule_advises(core: Server, code: str) -> None:
    assert core.load(f"fix{code}", example(RULES[code].fix, code)) == ""


def number(case: Case) -> int:
    return CASES.index(case)


REFUSED = [case for case in CASES if case.server == "refuses"]
HANGING = [case for case in CASES if case.server == "hangs"]
LOADED = [case for case in CASES if case.server == "loads"]


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: f"{case.code} {case.label}")
def test_the_server_refuses_what_check_refuses(server: Server, case: Case) -> None:
    assert server.load(f"bad{number(case)}", case.bad)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.code} {case.label}")
def test_the_server_loads_the_neighbour_that_check_accepts(server: Server, case: Case) -> None:
    assert server.load(f"good{number(case)}", case.good) == ""


@pytest.mark.parametrize("case", LOADED, ids=lambda case: f"{case.code} {case.label}")
def test_the_server_loads_what_goes_wrong_later(server: Server, case: Case) -> None:
    assert server.load(f"late{number(case)}", case.bad) == ""


@pytest.mark.parametrize("case", HANGING, ids=lambda case: f"{case.code} {case.label}")
def test_the_server_hangs_on_what_check_refuses(tmp_path: Path, case: Case) -> None:
    """On 2.51 the load never ends, and the server must be killed: each case has its own."""
    write_model(tmp_path, "m", case.bad)
    with running_triton(tmp_path) as triton:
        with pytest.raises(TimeoutError):
            triton.load("m", timeout=HANG_SECONDS)
        assert triton.get("/v2/models/m/ready").status == 400


def test_a_version_of_20_digits_stops_the_server(tmp_path: Path) -> None:
    """The reason of TS402 for such a name; seen on 2.51."""
    write_model(tmp_path, "m", Model(folders=("20261121104512000000",)))
    with running_triton(tmp_path) as triton, pytest.raises(OSError):
        triton.load("m")


def test_a_folder_that_is_no_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "lost+found").mkdir()
    with running_triton(tmp_path) as triton:
        assert triton.load("lost+found")


LIMITED = ("--rate-limit=execution_count", "--rate-limit-resource=R1:2")


def resource(count: int, everywhere: bool = False) -> Model:
    limiter = {"resources": [{"name": "R1", "count": count, "global": everywhere}]}
    return Model({"instance_group": [{"kind": "CPU", "rate_limiter": limiter}]})


def test_a_server_that_limits_rates_refuses_what_check_refuses(tmp_path: Path) -> None:
    """The reason of TS517 and TS518."""
    models = {"fits": resource(2), "too_many": resource(3), "other_kind": resource(2, everywhere=True)}
    for name, model in models.items():
        write_model(tmp_path, name, model)
    with running_triton(tmp_path, extra_args=LIMITED) as triton:
        assert triton.load("fits") == ""
        assert "limited to 2" in triton.load("too_many")
        assert "both global and device-specific" in triton.load("other_kind")
