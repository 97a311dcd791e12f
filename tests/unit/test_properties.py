"""Any spec survives the way through text, and no input makes a traceback."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.model_specs import SPECS, TEXT
from triton_stack.check import Folder, ModelView, check_model
from triton_stack.pbtxt import config_text, parse_config
from triton_stack.pbtxt.positions import locate_fields
from triton_stack.repository.targets import check_paths
from triton_stack.spec.base import parse_yaml
from triton_stack.spec.findings import FindingsError
from triton_stack.spec.model import parse_model_spec
from triton_stack.spec.template import escaped, is_template, render


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(SPECS, TEXT)
def test_any_spec_reads_back_from_its_text(data: dict[str, Any], name: str) -> None:
    spec = parse_model_spec(json.dumps({**data, "name": name}), "m.yaml")
    text = config_text(spec, "models/m.yaml")
    assert parse_config(text, "config.pbtxt") == spec.config
    assert locate_fields(text)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(SPECS)
def test_any_spec_is_judged_without_a_crash(data: dict[str, Any]) -> None:
    spec = parse_model_spec(json.dumps({**data, "name": "m"}), "m.yaml")
    findings = check_model(ModelView(spec.document, spec.config, "m", Folder({}), spec))
    assert "TS403" in {finding.code for finding in findings}


YAML_PIECES = st.sampled_from(
    [
        *["name", "models", "source", "sample", "input", ":", " ", "\n", "\t", "- ", "{", "}", "[", "]", '"', "'"],
        *["&a", "*a", "!!int", "!!binary", "<<: ", "|", ">", "#", "?", "1", "1e9", "~", "0x", "1:2", "é"],
        *["%YAML 1.1\n---\n", "---\n", "...", "\x00", "\ufeff"],
    ]
)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200) | st.lists(YAML_PIECES, max_size=25).map(lambda parts: "".join(parts).encode()))
def test_any_bytes_are_a_document_or_findings(content: bytes) -> None:
    try:
        document = parse_yaml(content, "x.yaml")
    except FindingsError as error:
        assert error.findings
    else:
        assert document.file == "x.yaml"


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.binary(max_size=100) | st.lists(YAML_PIECES, max_size=25).map(lambda parts: "".join(parts).encode()),
    st.sampled_from(["values.yaml", "config.pbtxt", "models/m.yaml", "stack.yaml", "other.bin"]),
)
def test_any_file_into_check_gives_findings_and_no_crash(tmp_path: Path, content: bytes, name: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    assert isinstance(check_paths([path]), list)


TEMPLATE_PIECES = st.sampled_from(
    [
        *[
            "{{ ",
            " }}",
            "{% ",
            " %}",
            "{%- ",
            " -%}",
            "{# ",
            " #}",
            "{% raw %}",
            "{% endraw %}",
            "x",
            "y.z",
            "'a'",
            "1",
        ],
        *[
            "for i in range(3)",
            "endfor",
            "if x",
            "else",
            "endif",
            "set n = 1",
            "macro m()",
            "endmacro",
            "m()",
            "call m()",
        ],
        *[
            "endcall",
            "filter upper",
            "endfilter",
            "include 'a'",
            "|join",
            "|default(1)",
            "|tojson",
            " ~ ",
            " * 9",
            " ** 9",
        ],
        *[
            "loop.index",
            "namespace(a=1)",
            ".a",
            "[0]",
            "(",
            ")",
            "[",
            "]",
            "\\ud800",
            "|attr('x')",
            ".format(1)",
            " % ",
        ],
        *[
            "name: m\n",
            "backend: python\n",
            "max_batch_size: ",
            "variables:\n  x: 1\n",
            "environments:\n",
            "  dev: {}\n",
        ],
        *[
            "  prod: {x: 2}\n",
            "values: ",
            "{}",
            "\n",
            "\r\n",
            "  ",
            "- ",
            ": ",
            "environment",
            "\x85",
            "\u2028",
            "\x00",
            "é",
        ],
    ]
)
TEMPLATES = st.lists(TEMPLATE_PIECES, max_size=20).map("".join)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TEMPLATES, TEMPLATES)
def test_any_templates_in_a_stack_give_findings_and_no_crash(tmp_path: Path, stack: str, spec: str) -> None:
    (tmp_path / "models").mkdir(exist_ok=True)
    (tmp_path / "models" / "m.yaml").write_bytes(spec.encode())
    for text in (stack, f"variables: {{x: 1}}\nenvironments:\n  dev: {{}}\n  prod: {{x: 2}}\nname: a\n{stack}"):
        (tmp_path / "stack.yaml").write_bytes(text.encode())
        lines = 1 + max(len(text.splitlines()), len(spec.splitlines()))
        for path in (tmp_path, tmp_path / "models" / "m.yaml"):
            for finding in check_paths([path]):
                assert finding.line is None or 1 <= finding.line <= lines


@settings(max_examples=200, deadline=None)
@given(TEMPLATES)
def test_escaped_text_renders_as_itself(text: str) -> None:
    if is_template(text):
        assert render(escaped(text), {}).text == text.replace("\r\n", "\n")


@settings(max_examples=100, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | TEXT, lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner)
    )
)
def test_any_value_of_a_variable_is_read_back_from_json(value: Any) -> None:
    assert parse_yaml(render("a: {{ x|tojson }}", {"x": value}).text, "m.yaml").data == {"a": value}


PBTXT_PIECES = st.sampled_from(
    [
        *['name: "a"', "input {", "}", "[", "]", "dims: [1, 2]", "<", ">", ",", ";", "#x\n", '"', "'", "\n", ":"],
        *["parameters", "\\", "0x1", "TYPE_FP32"],
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=100) | st.lists(PBTXT_PIECES, max_size=20).map(lambda parts: " ".join(parts).encode()))
def test_any_config_text_is_a_message_or_findings(content: bytes) -> None:
    locate_fields(content)
    try:
        parse_config(content, "config.pbtxt")
    except FindingsError as error:
        assert error.findings


LEVELS = "".join(f"c{level}: &c{level} [{', '.join([f'*c{level - 1}'] * 9)}]\n" for level in range(1, 8))


@pytest.mark.parametrize(
    "text",
    [f"c0: &c0 [x]\n{LEVELS}", "[" * 2_000, "a: &a {b: *a}"],
    ids=["alias bomb", "deep nesting", "alias of itself"],
)
def test_a_hostile_file_is_refused_quickly(text: str) -> None:
    with pytest.raises(FindingsError):
        parse_yaml(text, "x.yaml")
