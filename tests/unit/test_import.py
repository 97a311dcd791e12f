"""Existing configs become specs that mean the same; what cannot be imported is told, and nothing is written."""

import codecs
from pathlib import Path

import pytest

from tests.support.command import triton_stack
from tests.support.rule_cases import MODEL_PY
from triton_stack.pbtxt import parse_config
from triton_stack.repository.stack_folder import load_spec

HERE = Path(__file__).parent
ODD = sorted((HERE / "odd_configs").glob("*.pbtxt"))
CONFIG = 'name: "double"\nbackend: "python"\nmax_batch_size: 8\n'


@pytest.mark.parametrize("file", ODD, ids=lambda file: file.stem)
def test_an_odd_file_becomes_the_spec_of_a_person(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(file.parent)
    assert triton_stack("import", file.name, "-o", tmp_path / "m.yaml").code == 0
    assert (tmp_path / "m.yaml").read_text() == file.with_suffix(".yaml").read_text()


@pytest.mark.parametrize("file", ODD, ids=lambda file: file.stem)
def test_an_odd_file_means_the_same_as_its_spec(file: Path) -> None:
    assert len(ODD) > 25
    content = file.read_bytes().removeprefix(codecs.BOM_UTF8)
    assert load_spec(file.with_suffix(".yaml")).spec.config == parse_config(content, file.name)


@pytest.mark.parametrize(
    ("name", "code", "line", "words"),
    [
        ("unfilled_template", "TS012", 3, "placeholder ${triton_max_batch_size} was never filled"),
        ("unfilled_template", "TS012", 6, "placeholder ${decoupled_mode} was never filled"),
        ("unfilled_template", "TS012", 10, "placeholder ${triton_max_batch_size} was never filled"),
        ("given_twice", "TS008", 4, '"max_batch_size" is given twice'),
        ("unknown_field", "TS008", 5, 'unknown field "datatype": no release of Triton up to'),
        ("trailing_comma", "TS008", 4, 'Expected "{"'),
        ("json", "TS008", 1, "not valid protobuf text"),
        ("open_block", "TS008", 3, "not valid protobuf text"),
        ("two_schedulers", "TS008", 3, "exclude each other"),
        ("name_of_no_model", "TS101", 1, 'model name "a/b"'),
        ("not_a_number", "TS005", 3, "minimum_slot_utilization"),
        ("no_utf_8", "TS008", None, "not UTF-8 text: byte 55"),
    ],
)
def test_a_file_that_the_server_could_not_read_is_told_with_its_line(
    name: str, code: str, line: int | None, words: str, tmp_path: Path
) -> None:
    file = HERE / "refused_configs" / f"{name}.pbtxt"
    done = triton_stack("import", file, "-o", tmp_path / "m.yaml")
    assert (done.code, done.out) == (1, "")
    place = f"{file}:{line}" if line else str(file)
    told = [text for text in done.err.splitlines() if text.startswith(place)]
    assert [text for text in told if f" {code}" in text and words in text]
    assert list(tmp_path.iterdir()) == []


def test_an_unfilled_template_is_told_by_check_too() -> None:
    done = triton_stack("check", HERE / "refused_configs" / "unfilled_template.pbtxt")
    assert done.code == 1
    assert done.out.count("TS012") == 3


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "model_repository"
    for name in ("double", "half"):
        (root / name / "1").mkdir(parents=True)
        (root / name / "1" / "model.py").write_text(MODEL_PY)
        (root / name / "config.pbtxt").write_text(CONFIG.replace("double", name))
    (root / "pair" / "1").mkdir(parents=True)
    (root / "pair" / "config.pbtxt").write_text(
        """
platform: "ensemble"
max_batch_size: 8
input { name: "IN" data_type: TYPE_FP32 dims: 4 }
output { name: "OUT" data_type: TYPE_FP32 dims: 4 }
ensemble_scheduling { step [
  { model_name: "double" model_version: -1 
    input_map { key: "INPUT" value: "IN" } output_map { key: "OUTPUT" value: "x" } },
  { model_name: "half" model_version: -1 
    input_map { key: "INPUT" value: "x" } output_map { key: "OUTPUT" value: "OUT" } }
] }
"""
    )
    tensors = "".join(
        f'{kind} {{ name: "{kind.upper()}" data_type: TYPE_FP32 dims: 4 }}\n' for kind in ("input", "output")
    )
    for name in ("double", "half"):
        config = root / name / "config.pbtxt"
        config.write_text(config.read_text() + tensors)
    return root


def tree(folder: Path) -> dict[str, bytes | None]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


def test_a_repository_becomes_a_stack_without_findings(repository: Path, tmp_path: Path) -> None:
    before = tree(repository)
    done = triton_stack("import", repository, "-o", tmp_path / "My Stack")
    assert done.code == 0, done.err
    assert sorted(tree(tmp_path / "My Stack")) == [
        *("files", "files/double", "files/double/1", "files/double/1/model.py"),
        *("files/half", "files/half/1", "files/half/1/model.py"),
        *("models", "models/double.yaml", "models/half.yaml", "models/pair.yaml", "stack.yaml"),
    ]
    assert (tmp_path / "My Stack" / "stack.yaml").read_text().splitlines()[1] == "name: my-stack"
    checked = triton_stack("check", tmp_path / "My Stack")
    assert (checked.code, checked.out) == (0, "")
    assert tree(repository) == before


def test_what_generate_makes_of_an_import_means_what_was_imported(repository: Path, tmp_path: Path) -> None:
    triton_stack("import", repository, "-o", tmp_path / "stack")
    assert triton_stack("generate", tmp_path / "stack", "-o", tmp_path / "out").code == 0
    for name in ("double", "half", "pair"):
        made = parse_config((tmp_path / "out" / "model_repository" / name / "config.pbtxt").read_bytes(), "made")
        given = parse_config((repository / name / "config.pbtxt").read_bytes(), "given")
        given.name = name
        assert made == given


def test_one_models_folder_becomes_a_stack_of_one(repository: Path, tmp_path: Path) -> None:
    assert triton_stack("import", repository / "double", "-o", tmp_path / "one").code == 0
    assert triton_stack("check", tmp_path / "one").code == 0
    assert [path.name for path in (tmp_path / "one" / "models").iterdir()] == ["double.yaml"]


def test_models_are_added_to_a_stack_that_has_others(repository: Path, tmp_path: Path) -> None:
    triton_stack("import", repository / "double", "-o", tmp_path / "stack")
    before = (tmp_path / "stack" / "stack.yaml").read_text()
    assert triton_stack("import", repository / "half", "-o", tmp_path / "stack").code == 0
    assert (tmp_path / "stack" / "stack.yaml").read_text() == before
    assert len(list((tmp_path / "stack" / "models").iterdir())) == 2


def test_a_model_that_the_stack_has_is_not_overwritten(repository: Path, tmp_path: Path) -> None:
    triton_stack("import", repository / "double", "-o", tmp_path / "stack")
    before = tree(tmp_path / "stack")
    done = triton_stack("import", repository, "-o", tmp_path / "stack")
    assert done.code == 2
    assert "double.yaml is there already" in done.err
    assert tree(tmp_path / "stack") == before


def test_a_spec_that_is_there_is_not_overwritten(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text("mine")
    done = triton_stack("import", repository / "double" / "config.pbtxt", "-o", tmp_path / "m.yaml")
    assert done.code == 2
    assert (tmp_path / "m.yaml").read_text() == "mine"


def test_one_file_goes_to_the_models_of_a_stack(repository: Path, tmp_path: Path) -> None:
    triton_stack("import", repository / "double", "-o", tmp_path / "stack")
    done = triton_stack("import", repository / "half" / "config.pbtxt", "-o", tmp_path / "stack")
    assert done.out == f"{tmp_path}/stack/models/half.yaml\n"


def test_a_byte_order_mark_is_left_behind_and_told(tmp_path: Path) -> None:
    (tmp_path / "m.pbtxt").write_bytes(codecs.BOM_UTF8 + CONFIG.encode())
    assert "a byte order mark where the server takes none" in triton_stack("check", tmp_path / "m.pbtxt").out
    done = triton_stack("import", tmp_path / "m.pbtxt", "-o", tmp_path / "m.yaml")
    assert done.code == 0
    assert "byte order mark" in done.err


def test_a_folder_with_other_files_is_refused(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("x")
    assert triton_stack("import", repository, "-o", tmp_path / "out").code == 2
    assert sorted(tree(tmp_path / "out")) == ["mine"]


def test_a_stack_inside_the_repository_is_refused(repository: Path) -> None:
    before = tree(repository)
    done = triton_stack("import", repository, "-o", repository / "stack")
    assert done.code == 2
    assert "Triton would take it for a model" in done.err
    assert tree(repository) == before


def test_with_one_broken_model_nothing_is_written_and_all_are_told(repository: Path, tmp_path: Path) -> None:
    (repository / "double" / "config.pbtxt").write_text("max_batchsize: 1")
    (repository / "half" / "config.pbtxt").write_text('name: "other"')
    done = triton_stack("import", repository, "-o", tmp_path / "stack")
    assert done.code == 1
    assert "TS008 [max_batchsize]" in done.err
    assert "TS102 [name]" in done.err
    assert not (tmp_path / "stack").exists()


def test_a_broken_link_is_told_and_nothing_is_written(repository: Path, tmp_path: Path) -> None:
    (repository / "double" / "1" / "weights.bin").symlink_to("gone")
    done = triton_stack("import", repository, "-o", tmp_path / "stack")
    assert done.code == 1
    assert 'TS409: "1/weights.bin" is a broken link' in done.err
    assert not (tmp_path / "stack").exists()


def test_a_folder_that_is_no_model_is_left_out_and_told(repository: Path, tmp_path: Path) -> None:
    (repository / ".git").mkdir()
    done = triton_stack("import", repository, "-o", tmp_path / "stack")
    assert done.code == 0
    assert f"{repository}/.git: warning TS405: is no model" in done.err


def test_a_folder_without_models_is_wrong_use(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = triton_stack("import", tmp_path / "empty", "-o", tmp_path / "stack")
    assert done.code == 2
    assert "holds no model" in done.err


def test_a_missing_name_is_taken_from_the_folder_and_told(repository: Path, tmp_path: Path) -> None:
    (repository / "double" / "config.pbtxt").write_text('backend: "python"')
    done = triton_stack("import", repository / "double", "-o", tmp_path / "stack")
    assert 'no name was given: "double" is taken, the name of its folder' in done.err
    assert "name: double\n" in (tmp_path / "stack" / "models" / "double.yaml").read_text()


def test_a_missing_backend_is_what_the_server_takes_for_the_files(repository: Path, tmp_path: Path) -> None:
    (repository / "double" / "config.pbtxt").write_text("max_batch_size: 2")
    done = triton_stack("import", repository / "double", "-o", tmp_path / "stack")
    assert 'no backend was given: "python", which Triton takes' in done.err
    assert "backend: python\n" in (tmp_path / "stack" / "models" / "double.yaml").read_text()


def test_a_missing_backend_is_not_invented_where_the_files_are_not_at_hand(tmp_path: Path) -> None:
    (tmp_path / "config.pbtxt").write_text('name: "m"')
    done = triton_stack("import", tmp_path / "config.pbtxt", "-o", tmp_path / "m.yaml")
    assert "add backend" in done.err
    assert "backend:" not in (tmp_path / "m.yaml").read_text()


def test_a_model_without_config_is_imported_by_its_file(tmp_path: Path) -> None:
    (tmp_path / "repo" / "m" / "1").mkdir(parents=True)
    (tmp_path / "repo" / "m" / "1" / "model.py").write_text(MODEL_PY)
    done = triton_stack("import", tmp_path / "repo", "-o", tmp_path / "stack")
    assert done.code == 0
    assert (
        (tmp_path / "stack" / "models" / "m.yaml")
        .read_text()
        .endswith("\nname: m\nbackend: python\nsource: ../files/m\n")
    )


def test_a_generated_configs_head_does_not_come_back_as_a_comment(repository: Path, tmp_path: Path) -> None:
    triton_stack("import", repository, "-o", tmp_path / "stack")
    triton_stack("generate", tmp_path / "stack", "-o", tmp_path / "out")
    config = tmp_path / "out" / "model_repository" / "double" / "config.pbtxt"
    triton_stack("import", config, "-o", tmp_path / "again.yaml")
    assert "edit the spec" not in (tmp_path / "again.yaml").read_text()


def test_a_model_that_needs_a_gpu_gets_one_in_its_new_stack(repository: Path, tmp_path: Path) -> None:
    with (repository / "double" / "config.pbtxt").open("a") as config:
        config.write("instance_group { kind: KIND_GPU }\n")
    triton_stack("import", repository, "-o", tmp_path / "stack")
    assert "gpu: {count: 1}" in (tmp_path / "stack" / "stack.yaml").read_text()
    assert triton_stack("check", tmp_path / "stack").code == 0
