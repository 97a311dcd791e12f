"""What generate writes: only our own files are ever replaced or removed."""

from pathlib import Path

import pytest

from triton_stack.repository.output import RECORD_FILE, ForeignFileError, write_output


def test_files_of_an_earlier_run_are_replaced_and_stale_ones_removed(tmp_path: Path) -> None:
    write_output(tmp_path, {"a/x": b"1", "b/y": b"1"})
    assert write_output(tmp_path, {"a/x": b"2"}) == ["b/y"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [RECORD_FILE, "a"]
    assert (tmp_path / "a" / "x").read_bytes() == b"2"


def test_a_file_of_somebody_else_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"mine")
    with pytest.raises(ForeignFileError, match="x was not written by triton-stack"):
        write_output(tmp_path, {"a": b"1", "x": b"1"})
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_a_file_of_somebody_else_beside_ours_is_left_alone(tmp_path: Path) -> None:
    write_output(tmp_path, {"m/config.pbtxt": b"1"})
    (tmp_path / "m" / "notes").write_bytes(b"mine")
    write_output(tmp_path, {})
    assert [path.name for path in (tmp_path / "m").iterdir()] == ["notes"]


def test_an_unchanged_file_is_not_touched(tmp_path: Path) -> None:
    write_output(tmp_path, {"x": b"1"})
    before = (tmp_path / "x").stat().st_mtime_ns
    write_output(tmp_path, {"x": b"1"})
    assert (tmp_path / "x").stat().st_mtime_ns == before


def test_a_record_that_leads_outside_is_not_believed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_bytes(b"mine")
    out = tmp_path / "out"
    out.mkdir()
    (out / RECORD_FILE).write_text(f"../outside\n{outside}\n")
    write_output(out, {})
    assert outside.exists()
