"""The manifest's bytes are a contract with the init container, which reads them line by line."""

import hashlib
from pathlib import Path

import pytest

from triton_stack.repository.bundle import list_folder, make_bundle
from triton_stack.repository.manifest import FileEntry, make_manifest
from triton_stack.spec.names import is_version_name


def test_the_manifest_is_canonical() -> None:
    files = [FileEntry("1/tokenizer.json", 456, "b" * 64), FileEntry("1/model.py", 123, "a" * 64)]
    expected = (
        '{"model":"all_minilm_l6_v2","manifest_version":1,"files":[\n'
        f'{{"path":"1/model.py","size":123,"sha256":"{"a" * 64}"}},\n'
        f'{{"path":"1/tokenizer.json","size":456,"sha256":"{"b" * 64}"}}\n'
        "]}\n"
    ).encode()
    manifest = make_manifest("all_minilm_l6_v2", files)
    assert manifest.to_bytes() == expected
    assert manifest.digest == f"sha256:{hashlib.sha256(expected).hexdigest()}"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "1" / "__pycache__").mkdir(parents=True)
    (tmp_path / "1" / "model.py").write_bytes(b"x")
    (tmp_path / "1" / "__pycache__" / "model.pyc").write_bytes(b"x")
    (tmp_path / "config.pbtxt").write_bytes(b"x")
    return tmp_path


def paths(source: Path, own_config: bool) -> list[str]:
    return [entry.path for entry in make_bundle("m", source, {"warmup/w": b"y"}, own_config).manifest.files]


def test_a_bundle_has_the_models_files_and_the_made_ones(source: Path) -> None:
    assert paths(source, own_config=False) == ["1/model.py", "warmup/w"]


def test_an_own_config_is_in_the_bundle_where_no_spec_makes_one(source: Path) -> None:
    assert paths(source, own_config=True) == ["1/model.py", "config.pbtxt", "warmup/w"]


def test_the_digest_follows_the_content_alone(source: Path) -> None:
    before = make_bundle("m", source, {}, False).manifest.digest
    (source / "1" / "model.py").touch()
    assert make_bundle("m", source, {}, False).manifest.digest == before
    (source / "1" / "model.py").write_bytes(b"z")
    assert make_bundle("m", source, {}, False).manifest.digest != before


def test_links_are_followed_and_loops_are_broken(source: Path) -> None:
    (source / "2").symlink_to("1")
    (source / "loop").symlink_to(".")
    (source / "gone").symlink_to("nowhere")
    folder = list_folder(source)
    assert "2/model.py" in folder.files
    assert folder.broken == {"loop", "gone"}


@pytest.mark.parametrize("name", ["0", "1", "10", "9" * 18])
def test_a_plain_number_is_a_version(name: str) -> None:
    assert is_version_name(name)


@pytest.mark.parametrize("name", ["", "01", "3abc", "1.bak", "-1", "+1", "1 ", "1\n", "9" * 19, "²"])
def test_anything_else_is_no_version(name: str) -> None:
    assert not is_version_name(name)
