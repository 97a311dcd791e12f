"""Any message comes back from its imported spec, and no bytes make a traceback."""

import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.command import triton_stack
from tests.unit.test_properties import PBTXT_PIECES, SPECS
from triton_stack.pbtxt import config_text, parse_config
from triton_stack.pbtxt.scan import scan
from triton_stack.pbtxt.to_spec import spec_text
from triton_stack.spec.environment import Environment
from triton_stack.spec.model import parse_model_spec
from triton_stack.spec.template import escaped

COMMENTS = st.lists(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n\0"), max_size=6), max_size=4
)


def with_comments(text: str, comments: list[str]) -> str:
    """The text with a comment at the end of some of its lines and above others; its head, which is ours, stays."""
    lines = text.split("\n")
    for number, comment in enumerate(comments):
        at = 1 + (number * 7 + len(comment)) % (len(lines) - 1)
        lines[at] = f"{lines[at]} # {comment}" if number % 2 else f"# {comment}\n{lines[at]}"
    return "\n".join(lines)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(SPECS, COMMENTS)
def test_any_message_comes_back_from_its_imported_spec(data: dict[str, Any], comments: list[str]) -> None:
    spec = parse_model_spec(json.dumps({**data, "name": "m"}), "m.yaml")
    text = with_comments(config_text(spec, "models/m.yaml"), comments)
    message = parse_config(text, "config.pbtxt")
    imported = spec_text(message, text).text
    assert parse_model_spec(escaped(imported), "m.yaml", Environment()).config == message


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(SPECS, COMMENTS)
def test_no_comment_is_lost(data: dict[str, Any], comments: list[str]) -> None:
    marked = [f"{number} {comment.strip()}".strip() for number, comment in enumerate(comments)]
    spec = parse_model_spec(json.dumps({**data, "name": "m"}), "m.yaml")
    text = with_comments(config_text(spec, "models/m.yaml"), marked)
    found = scan(text)
    assert found.fields
    imported = spec_text(parse_config(text, "config.pbtxt"), text).text
    for comment in marked:
        shown = "".join(character if character.isprintable() or character == "\t" else "?" for character in comment)
        assert f"# {shown}" in imported


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40) | st.lists(PBTXT_PIECES, max_size=20).map(" ".join))
def test_any_text_can_be_scanned(text: str) -> None:
    lines = text.split("\n")
    scanned = scan(text)
    for comment in [*scanned.head, *scanned.loose]:
        assert lines[comment.place.line - 1][comment.place.column - 1] == "#"


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=100) | st.lists(PBTXT_PIECES, max_size=20).map(lambda parts: " ".join(parts).encode()))
def test_any_bytes_are_imported_or_told(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "m.pbtxt"
        file.write_bytes(content)
        out = Path(folder) / "out.yaml"
        done = triton_stack("import", file, "-o", out)
        assert done.code in (0, 1)
        assert out.exists() == (done.code == 0)
