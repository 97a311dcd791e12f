"""Chart values mean to `check` what they mean to Helm, scalar by scalar."""

import json
from pathlib import Path

import pytest

from tests.support.render import texts
from triton_stack.spec.yaml_reader import read_yaml

WORDS = """
y Y n N yes Yes YES no No NO on On ON off Off OFF true True TRUE false False FALSE tRue nO null Null NULL ~ nil
0 00 017 -017 0o17 0o8 0x1F -0x1 0x 0x_1 0b11 0b_1 09 1_000 1_ _1 0_7 +1 1:30 1:30.5 012:30
1e3 1E3 .5 -.5 +.5 .5e3 1. 1.e2 +1e3 1_0.5 1e-3 1.5.2 . e3 = 2001-01-01 1.2.3 v1 26.08 64Mi 9007199254740991
""".split()


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A chart that prints what Helm reads."""
    folder = tmp_path_factory.mktemp("reader")
    (folder / "templates").mkdir()
    (folder / "Chart.yaml").write_text("apiVersion: v2\nname: reader\nversion: 1.0.0\n")
    (folder / "templates" / "read.yaml").write_text("{{ fromYaml .Values.text | toJson }}")
    return folder


@pytest.mark.parametrize("word", WORDS)
def test_a_word_is_the_same_to_helm_and_to_us(word: str, reader: Path) -> None:
    text = f"key: {word}"
    (rendered,) = texts({"text": text}, path=reader).values()
    helms = json.loads(rendered)["key"]
    ours = read_yaml(text, (1, 1)).data["key"]
    assert helms == ours
    # Numbers are one type to JSON; a boolean is equal to a number in Python.
    assert isinstance(helms, bool) == isinstance(ours, bool)
