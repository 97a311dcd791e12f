"""Each rule finds its wrong model at the right key, and nothing in the nearest right one."""

import pytest

from tests.support.rule_cases import CASES, Case, Model
from tests.support.rule_examples import piece
from triton_stack.check import RULES, Folder, ModelView, check_model, check_stack
from triton_stack.pbtxt import parse_config
from triton_stack.spec.base import Document
from triton_stack.spec.model import parse_model_spec


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.code} {case.label}")
def test_the_wrong_model_is_found_at_its_key(case: Case) -> None:
    found = [(finding.code, finding.key) for finding in check_model(case.bad.view("m"))]
    assert (case.code, case.key) in found


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.code} {case.label}")
def test_nothing_is_found_in_the_nearest_right_model(case: Case) -> None:
    found = check_model(case.good.view("m"))
    # Some right models get advice: a warning of another rule.
    assert [finding for finding in found if finding.severity == "error" or finding.code == case.code] == []


def test_every_rule_over_a_model_is_tested() -> None:
    here = {"TS101", "TS102", "TS103", "TS405", "TS407", "TS409", "TS510", "TS606", "TS701"}
    # Tested with the codes: tests/contract/test_codes.py.
    explained = {code for code, rule in RULES.items() if piece(rule.example) is not None}
    pools = {"TS512", "TS514", "TS515", "TS517", "TS518", "TS528", "TS531", "TS336", "TS542"}  # test_pool_rules.py
    files = {"TS413", "TS414", "TS415", "TS416", "TS417"}  # test_model_files.py
    versions = {"TS121", "TS122"}  # test_versions.py
    tested = versions | here | explained | pools | files | {case.code for case in CASES}
    assert set(RULES) - tested == set()


def test_every_finding_says_what_to_do() -> None:
    findings = [finding for case in CASES for finding in check_model(case.bad.view("m"))]
    assert findings
    assert [finding for finding in findings if not finding.fix] == []


def codes(view: ModelView) -> list[str]:
    return [finding.code for finding in check_model(view)]


@pytest.mark.parametrize("name", ["a+b", "ü", "a/b", "-a", "a b", ""])
def test_a_name_that_no_client_reaches_is_refused(name: str) -> None:
    view = Model().view("m")
    view.config.name = name
    assert (["TS101"] if name else []) == [code for code in codes(view) if code == "TS101"]


@pytest.mark.parametrize("name", ["a", "7b", "a.b-c_d", "A"])
def test_a_plain_name_is_accepted(name: str) -> None:
    assert codes(Model().view(name)) == []


def bare_config(folder_name: str, folder: Folder) -> ModelView:
    text = 'name: "m" backend: "python" max_batch_size: 1'
    return ModelView(Document("config.pbtxt", None), parse_config(text, "config.pbtxt"), folder_name, folder)


WHOLE = Folder({"1/model.py": 3}, frozenset({"1"}), python={"1/model.py": b"from x import TritonPythonModel"})


def test_a_config_named_unlike_its_folder_is_refused() -> None:
    assert codes(bare_config("other", WHOLE)) == ["TS102"]


def test_a_config_named_like_its_folder_is_accepted() -> None:
    assert codes(bare_config("m", WHOLE)) == []


def test_a_config_without_a_name_takes_the_folders() -> None:
    view = ModelView(Document("c", None), parse_config('backend: "python"', "c"), "other", WHOLE)
    assert codes(view) == []


def test_a_spec_file_named_unlike_its_model_is_told() -> None:
    spec = Model().view("m")
    assert codes(ModelView(spec.document, spec.config, "other", spec.folder, spec.spec)) == ["TS103"]


@pytest.mark.parametrize("name", ["lost+found", ".git", "empty"])
def test_a_folder_that_is_no_model_is_refused(name: str) -> None:
    assert codes(ModelView(Document(name, None), None, name, Folder({}, frozenset({"hooks"})))) == ["TS405"]


def test_a_folder_without_config_is_a_model_when_it_has_a_version() -> None:
    assert codes(ModelView(Document("m", None), None, "m", Folder({"1/model.onnx": 1}, frozenset({"1"})))) == []


def test_an_own_config_beside_the_generated_one_is_refused() -> None:
    assert codes(Model(files={"config.pbtxt": "x"}).view("m")) == ["TS407"]


def test_a_broken_link_is_refused() -> None:
    view = Model().view("m")
    assert view.folder is not None
    broken = Folder(view.folder.files, view.folder.directories, frozenset({"1/gone"}), view.folder.python)
    assert codes(ModelView(view.document, view.config, "m", broken, view.spec)) == ["TS409"]


def test_a_spec_without_source_is_refused() -> None:
    spec = parse_model_spec("{name: m, backend: python}", "m.yaml")
    assert codes(ModelView(spec.document, spec.config, "m", None, spec)) == ["TS510"]


def test_an_ensemble_with_source_is_refused() -> None:
    ensemble = next(case.good for case in CASES if case.label == "ensemble backend")
    spec = Model({**ensemble.config, "source": "files"}).spec("m")
    found = check_model(ModelView(spec.document, spec.config, "m", None, spec))
    assert [(finding.code, finding.key) for finding in found] == [("TS510", "source")]


@pytest.mark.parametrize("path", ["1/a b$.bin", "1/ü", "manifest.json", "1/a\nb", "1/ x"])
def test_a_name_that_a_bundle_cannot_have_is_refused(path: str) -> None:
    assert codes(Model(files={path: ""}).view("m")) == ["TS701"]


@pytest.mark.parametrize("path", ["1/a b.bin", "1/.hidden", "1/manifest.json", "1/a+b=c@d-e_f", "labels.txt"])
def test_a_name_that_a_bundle_can_have_is_accepted(path: str) -> None:
    assert codes(Model(files={path: ""}).view("m")) == []


def sample_of(size: int) -> Model:
    return Model(
        {
            "input": [{"name": "INPUT", "data_type": "UINT8", "dims": [-1]}],
            "sample": {"INPUT": {"zeros": [size]}},
        }
    )


def test_a_sample_above_the_config_maps_room_is_refused() -> None:
    assert codes(sample_of(400_000).view("m")) == ["TS606"]


def test_a_sample_of_an_image_is_accepted() -> None:
    assert codes(sample_of(3 * 224 * 224).view("m")) == []


def test_two_models_of_one_name_are_refused() -> None:
    found = check_stack([Model().view("m"), Model().view("m")])
    assert [(finding.code, finding.key) for finding in found] == [("TS104", "name")]


def test_two_models_of_two_names_are_accepted() -> None:
    assert check_stack([Model().view("m"), Model().view("n")]) == []
