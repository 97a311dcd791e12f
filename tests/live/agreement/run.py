"""Asks the real server and `check` about the same configs, and compares the two."""

import os
import random
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tests.live.agreement.bases import (
    BACKENDS,
    FILE_SIZES,
    STEP_MODELS,
    Tree,
    broken_ensembles,
    right_config,
    seldom_config,
    step_model,
)
from tests.live.agreement.exceptions import (
    ENDS_THE_SERVER,
    GOES_WRONG_LATER,
    JUDGED_BY_THE_BACKEND,
    NEEDS_A_LIBRARY,
)
from tests.live.agreement.mutations import mutated, mutated_text
from tests.support.stub_backend import stub_backends
from tests.support.triton import Triton, running_triton
from triton_stack.check import ModelView, check_stack
from triton_stack.check.view import Target
from triton_stack.pbtxt import render_config
from triton_stack.repository.targets import model_view
from triton_stack.spec.findings import Finding, FindingsError, Severity
from triton_stack.spec.versions import TritonVersion

# The server of these tests: its release, no GPU, and its backends complete nothing (they are stubs).
TARGET = Target(TritonVersion(24, 10), gpus=0, flags={"disable-auto-complete-config": True})
LOAD_SECONDS = 20
ENDED = "the server ended"
# Files of every backend, so that no config fails for want of one; Triton's core also guesses backends by them.
MODEL_FILES = ("model.py", "model.plan", "model.pt", "model.xml", "model.dali", "model.json", "other.bin")
PYTHON = "class TritonPythonModel:\n    def execute(self, requests): ...\n"
SHARE_RIGHT = 0.1
SHARE_SELDOM = 0.02
SHARE_OF_TEXT = 0.15
SHARE_OF_OTHER_NAMES = 0.02


@dataclass(frozen=True)
class Case:
    """One config: how it was made, its text, and the spec that the text was made of (None for a damaged text)."""

    name: str
    kind: str
    text: str
    spec: Tree | None = None


@dataclass(frozen=True)
class Verdict:
    """What both say: the server's reason (empty when it loads), and the codes of check's errors and warnings."""

    case: Case
    server: str
    codes: frozenset[str]
    warnings: frozenset[str]

    @property
    def kind(self) -> str:
        """``agree``, a documented kind of difference, or ``differ``."""
        if self.server.startswith(ENDED):
            return "ends the server" if self.codes & ENDS_THE_SERVER.keys() else "differ"
        if bool(self.server) == bool(self.codes):
            return "agree"
        if self.server:
            is_library = self.warnings & NEEDS_A_LIBRARY.keys() and "unable to find" in self.server
            return "needs a library" if is_library else "differ"
        if self.codes <= GOES_WRONG_LATER.keys() | JUDGED_BY_THE_BACKEND.keys():
            return "goes wrong later" if self.codes <= GOES_WRONG_LATER.keys() else "judged by the backend"
        return "differ"


def make_cases(count: int, seed: int) -> list[Case]:
    """Make configs at random, the same for the same seed: right ones, changed ones, and changed texts."""
    rng = random.Random(seed)
    return [_case(f"m{number}", rng) for number in range(count)]


def _case(name: str, rng: random.Random) -> Case:
    tree = right_config(rng)
    if rng.random() < SHARE_RIGHT:
        return _from_spec(name, "right", {**tree, "name": name})
    if rng.random() < SHARE_SELDOM:
        return _from_spec(name, "changed", {**seldom_config(rng), "name": name})
    tree = mutated(tree, rng)
    if rng.random() > SHARE_OF_OTHER_NAMES:
        tree["name"] = name
    if rng.random() < SHARE_OF_TEXT:
        return Case(name, "text", mutated_text(_text(tree), rng))
    return _from_spec(name, "changed", tree)


def _from_spec(name: str, kind: str, tree: Tree) -> Case:
    return Case(name, kind, _text(tree), tree)


def _text(tree: Tree) -> str:
    return render_config(tree, "agreement")


def run(cases: Sequence[Case], folder: Path) -> list[Verdict]:
    """Write the cases as one repository, load each on a real server, and check the same repository."""
    repository = folder / "repository"
    beside = {**{name: step_model(name) for name in STEP_MODELS}, **broken_ensembles()}
    for name, tree in beside.items():
        _write(repository / name, _text(tree))
    for case in cases:
        _write(repository / case.name, case.text)
    backends = stub_backends(folder / "backends", BACKENDS)
    answers = _ask_server([case.name for case in cases], repository, backends)
    codes = _ask_check(repository)
    return [
        Verdict(
            case,
            answers[case.name],
            frozenset(codes.get((case.name, Severity.ERROR), ())),
            frozenset(codes.get((case.name, Severity.WARNING), ())),
        )
        for case in cases
    ]


def _write(model: Path, text: str) -> None:
    version = model / "1"
    # An ONNX model may be a folder; check does not look into it, and compares no tensors.
    (version / "model.onnx").mkdir(parents=True)
    for file in MODEL_FILES:
        (version / file).write_text(PYTHON if file == "model.py" else "")
    for folder in ("warmup", "initial_state"):
        (model / folder).mkdir()
        for file, size in FILE_SIZES.items():
            os.truncate(_new(model / folder / file), size)
    (model / "config.pbtxt").write_text(text, newline="")


def _new(path: Path) -> Path:
    path.touch()
    return path


def _ask_server(names: Sequence[str], repository: Path, backends: Path) -> dict[str, str]:
    """Load and unload one model after the other; a server that ended is followed by a new one."""
    answers: dict[str, str] = {}
    left = list(names)
    while left:
        with running_triton(repository, extra_args=["--disable-auto-complete-config"], backends=backends) as triton:
            _ask_until_it_ends(triton, left, answers)
    return answers


def _ask_until_it_ends(triton: Triton, left: list[str], answers: dict[str, str]) -> None:
    while left:
        name = left[0]
        try:
            answers[name] = triton.load(name, timeout=LOAD_SECONDS)
            triton.post(f"/v2/repository/models/{name}/unload", timeout=LOAD_SECONDS)
        except OSError as error:
            # A model may end the server some time after its own answer: the one that it hit is asked again.
            if answers.get(name, "").startswith(ENDED):
                left.pop(0)
            answers[name] = f"{ENDED}: {error}"
            return
        left.pop(0)


def _ask_check(repository: Path) -> dict[tuple[str, Severity], set[str]]:
    views: list[ModelView] = []
    findings: list[Finding] = []
    for model in sorted(repository.iterdir()):
        try:
            views.append(replace(model_view(model), target=TARGET))
        except FindingsError as error:
            findings += error.findings
    codes: dict[tuple[str, Severity], set[str]] = {}
    for finding in findings + check_stack(views):
        name = Path(finding.file).relative_to(repository).parts[0]
        codes.setdefault((name, finding.severity), set()).add(finding.code)
    return codes


def table(verdicts: Sequence[Verdict]) -> str:
    """Return the kinds of cases, and for each rule how often it found something and what the server said."""
    lines = ["cases               agree  later  backend  library  ends  differ"]
    for kind in ("right", "changed", "text"):
        count = Counter(item.kind for item in verdicts if item.case.kind == kind)
        kinds = (
            *("agree", "goes wrong later", "judged by the backend", "needs a library"),
            *("ends the server", "differ"),
        )
        numbers = [count[name] for name in kinds]
        lines.append("{:<18} {:>6} {:>6} {:>8} {:>8} {:>5} {:>7}".format(kind, *numbers))
    lines += ["", "rule    found  server refuses  loads  ends"]
    for code in sorted({code for item in verdicts for code in item.codes}):
        found = [item for item in verdicts if code in item.codes]
        ended = sum(item.server.startswith(ENDED) for item in found)
        loads = sum(not item.server for item in found)
        lines.append(f"{code} {len(found):>6} {len(found) - ended - loads:>15} {loads:>6} {ended:>5}")
    return "\n".join(lines)


def differences(verdicts: Sequence[Verdict]) -> str:
    """Say each difference that is not documented: the config, what the server said, what check said."""
    return "\n\n".join(
        f"{item.case.name} ({item.case.kind}): check says {', '.join(sorted(item.codes)) or 'nothing'}; "
        f"the server says {_reason(item.server) or 'nothing'}\n{item.case.text}"
        for item in verdicts
        if item.kind == "differ"
    )


def _reason(answer: str) -> str:
    """Keep the last message of a log."""
    parts = re.split(r"\n[IWE]\d{4} \S+ +\d+ \S+\] ", answer)
    return next((part for part in reversed(parts) if "failed" in part or "error" in part), answer)[-400:]
