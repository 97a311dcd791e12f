"""check and the real server agree about random configs: what one refuses the other refuses, and so for what they take.

`make test-agreement` asks about some thousands of them, AGREEMENT_CASES and AGREEMENT_SEED may choose others.
"""

import json
import os
from pathlib import Path

from tests.live.agreement.exceptions import (
    ENDS_THE_SERVER,
    GOES_WRONG_LATER,
    JUDGED_BY_THE_BACKEND,
    NEEDS_A_LIBRARY,
    NOT_REACHED,
)
from tests.live.agreement.run import differences, make_cases, run, table
from triton_stack.check import RULES
from triton_stack.pbtxt import parse_config
from triton_stack.spec.findings import Severity
from triton_stack.spec.model import parse_model_spec

CASES = int(os.environ.get("AGREEMENT_CASES", "400"))
SEED = int(os.environ.get("AGREEMENT_SEED", "20261121"))
# From so many cases on, every rule of Triton's core must have been met.
MANY = 3000


def test_check_and_the_server_agree(tmp_path: Path) -> None:
    verdicts = run(make_cases(CASES, SEED), tmp_path)
    print(f"\nseed {SEED}, {CASES} configs\n{table(verdicts)}")
    assert len(verdicts) == CASES
    refused = sum(bool(verdict.server) for verdict in verdicts)
    assert CASES * 0.2 < refused < CASES * 0.8, "the configs are not a mixture of right and wrong ones"
    assert not differences(verdicts), differences(verdicts)
    seen = {code for verdict in verdicts for code in verdict.codes if verdict.server}
    core = {
        code
        for code, rule in RULES.items()
        if rule.severity is Severity.ERROR and rule.source.startswith("Triton core")
    }
    unseen = core - seen - GOES_WRONG_LATER.keys() - JUDGED_BY_THE_BACKEND.keys() - NOT_REACHED.keys()
    assert CASES < MANY or unseen == set()


def test_the_specs_of_the_configs_mean_the_same_as_their_texts() -> None:
    specs = [
        (case.text, case.spec) for case in make_cases(CASES, SEED) if case.spec is not None and "name" in case.spec
    ]
    assert len(specs) > CASES / 2
    for text, spec in specs:
        assert parse_model_spec(json.dumps(spec), "m.yaml").config == parse_config(text, "config.pbtxt")


def test_every_exception_is_a_rule_of_check() -> None:
    assert {
        **GOES_WRONG_LATER,
        **JUDGED_BY_THE_BACKEND,
        **ENDS_THE_SERVER,
        **NEEDS_A_LIBRARY,
        **NOT_REACHED,
    }.keys() <= RULES.keys()
