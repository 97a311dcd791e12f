"""Chart values mean to `check` what they mean to Helm, scalar by scalar."""

import json
from pathlib import Path

import pytest

from tests.support.render import texts
from triton_stack.generate.model import values_text
from triton_stack.spec.yaml_reader import read_yaml

WORDS = """
y Y n N yes Yes YES no No NO on On ON off Off OFF true True TRUE false False FALSE tRue nO
null Null NULL ~ nil = . e3 _1 v1 2001-01-01 1.2.3 1.5.2 26.08 64Mi 1:30 1:30.5 012:30
0 00 +1 09 017 -017 0o17 0o8 0x1F -0x1 0x 0x_1 0b11 0b_1 1_000 1_ 0_7 9007199254740991
1e3 1E3 +1e3 1e-3 .5 -.5 +.5 .5e3 1. 1.e2 1_0.5
"""


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A chart that prints what Helm reads."""
    folder = tmp_path_factory.mktemp("reader")
    (folder / "templates").mkdir()
    (folder / "Chart.yaml").write_text("apiVersion: v2\nname: reader\nversion: 1.0.0\n")
    (folder / "templates" / "read.yaml").write_text("{{ fromYaml .Values.text | toJson }}")
    return folder


@pytest.mark.parametrize("word", WORDS.split())
def test_a_word_is_the_same_to_helm_and_to_us(word: str, reader: Path) -> None:
    text = f"key: {word}"
    (rendered,) = texts({"text": text}, path=reader).values()
    helms = json.loads(rendered)["key"]
    ours = read_yaml(text, (1, 1)).data["key"]
    assert helms == ours
    # Numbers are one type to JSON; a boolean is equal to a number in Python.
    assert isinstance(helms, bool) == isinstance(ours, bool)


@pytest.mark.parametrize("word", WORDS.split())
def test_a_text_that_generate_writes_is_a_text_to_helm(word: str, reader: Path) -> None:
    (rendered,) = texts({"text": values_text({"key": word, "list": [word]}, "here")}, path=reader).values()
    assert json.loads(rendered) == {"key": word, "list": [word]}


@pytest.mark.parametrize(
    "text", ["a\nb\n", "a\nb", "  a\nb\n", "a \nb\n\n", "\n", "\ta\n", "é😀\nx", "# a: b", "", " "]
)
def test_a_long_text_comes_to_helm_as_it_is(text: str, reader: Path) -> None:
    (rendered,) = texts({"text": values_text({"key": text}, "here")}, path=reader).values()
    assert json.loads(rendered) == {"key": text}
