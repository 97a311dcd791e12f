"""What check can read of a config.pbtxt the real server can read, and no other text."""

from pathlib import Path

from tests.support.triton import running_triton
from triton_stack.pbtxt import parse_config
from triton_stack.spec.findings import FindingsError

UNIT = Path(__file__).parents[1] / "unit"
# The 2.51 server is older than these fields, and takes texts that are no UTF-8 until it has to write them.
NEWER = {"numbers"}
NOT_UTF_8 = {"no_utf_8"}
TEXTS = {
    "carriage_returns": b'# c\rname: "x"\r',
    "sign_apart": b"max_batch_size: - 1",
    "plus": b"max_batch_size: +1",
    "exponent": b"sequence_batching { direct { minimum_slot_utilization: 1.e+0f } }",
    "point_first": b"sequence_batching { direct { minimum_slot_utilization: .5 } }",
    "infinite": b"sequence_batching { direct { minimum_slot_utilization: -Infinity } }",
    "no_colon": b'name "m"',
    "word_for_a_text": b"name: m",
    "yes": b"response_cache { enable: yes }",
    "upper_true": b"response_cache { enable: TRUE }",
    "point_in_a_whole_number": b"max_batch_size: 4.0",
    "no_octal": b"max_batch_size: 08",
    "upper_hex": b"max_batch_size: 0XF",
    "extension": b"[a.b] { }",
    "nul_in_a_text": b'name: "a\x00b"',
    "nul_at_the_end": b'name: "m"\x00',
    "nul_in_a_comment": b'# a\x00\nname: "m"',
    "two_semicolons": b'name: "m";;',
    "empty_list": b"input [ ]",
    "list_without_comma": b"input: [ { } { } ]",
    "field_number": b'1: "m"',
    "vertical_tab": b'name: "m"\x0b',
    "unit_separator": b'name: "m"\x1f',
    "no_break_space": b'name: "m"\xc2\xa0',
    "zero_then_other": b"max_batch_size: 0 max_batch_size: 4",
    "unknown_enum_number": b"input { data_type: 99 }",
    "line_break_in_a_text": b'name: "a\nb"',
    "other_bracket": b'input { name: "a" >',
    "letters": 'name: "größe" # größe'.encode(),
    "letters_outside": "größe: 1".encode(),
    "nothing": b"",
}


def we_read(content: bytes) -> bool:
    try:
        parse_config(content, "config.pbtxt")
    except FindingsError:
        return False
    return True


def test_check_and_the_server_read_the_same_texts(tmp_path: Path) -> None:
    files = [*(UNIT / "odd_configs").glob("*.pbtxt"), *(UNIT / "refused_configs").glob("*.pbtxt")]
    assert len(files) > 35
    texts = {file.stem: file.read_bytes() for file in files} | TEXTS
    for name, content in texts.items():
        (tmp_path / name / "1").mkdir(parents=True)
        (tmp_path / name / "config.pbtxt").write_bytes(content)
    server_reads = {}
    with running_triton(tmp_path) as triton:
        for name in texts:
            before = triton.log.stat().st_size
            triton.load(name)
            log = triton.log.read_bytes()[before:]
            server_reads[name] = b"failed to read text proto" not in log and b"Error parsing text-format" not in log
    ours = {name: we_read(content) for name, content in texts.items()}
    assert set(ours.values()) == {True, False}
    different = {name for name in texts if ours[name] != server_reads[name]}
    assert different == NEWER | NOT_UTF_8
