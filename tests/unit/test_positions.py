"""Findings in a config.pbtxt carry the line of their key."""

import pytest

from triton_stack.pbtxt import parse_config
from triton_stack.pbtxt.positions import locate_fields
from triton_stack.spec.findings import FindingsError

TEXT = """\
# a comment with dims: [ 9 ]
name: "m { dims: 1"
input [
  {
    name: "A"
    dims: [ 1, 2 ]
  },
  { name: "B" data_type: TYPE_FP32 }
]
output { name: "C" }
output { name: "D" reshape { shape: [ ] } }
dynamic_batching { preferred_batch_size: 4 }
"""


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (("name",), (2, 1)),
        (("input",), (3, 1)),
        (("input", 0, "dims"), (6, 5)),
        (("input", 1, "data_type"), (8, 15)),
        (("output", 0, "name"), (10, 10)),
        (("output", 1, "reshape", "shape"), (11, 30)),
        (("dynamic_batching", "preferred_batch_size"), (12, 20)),
    ],
)
def test_a_field_is_found_where_it_stands(path: tuple[str | int, ...], place: tuple[int, int]) -> None:
    assert parse_config(TEXT, "config.pbtxt").name == "m { dims: 1"
    assert locate_fields(TEXT)[path] == place


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ('name: "m"\nmax_batchsize: 1\n', 2, 1, 'no field named "max_batchsize"'),
        ("input { data_type: TYPE_FP23 }", 1, 20, "TYPE_FP23"),
        ("max_batch_size: 99999999999", 1, 17, "99999999999"),
        ('name: "m"\ninput {', 2, 7, "Expected"),
    ],
)
def test_text_that_protobuf_refuses_is_told_with_line_and_column(text: str, line: int, column: int, words: str) -> None:
    with pytest.raises(FindingsError) as caught:
        parse_config(text, "config.pbtxt")
    (finding,) = caught.value.findings
    assert (finding.code, finding.line, finding.column) == ("TS008", line, column)
    assert words in finding.message
