"""The reference of model specs names every key, and its links go to tables that are there."""

import re

import pytest

from triton_stack.generate.spec_reference import spec_reference
from triton_stack.spec.field_docs import all_messages, field_docs
from triton_stack.spec.model import OwnKeys

ROWS = [line for line in spec_reference().splitlines() if line.startswith("| `")]


def test_every_key_has_its_row() -> None:
    fields = [field for message in all_messages() for field in message.fields]
    assert len(fields) > 140
    named = re.findall(r"^\| `(\w+)`", spec_reference(), re.MULTILINE)
    assert {field.name for field in fields} | OwnKeys.model_fields.keys() <= set(named)
    texts = "\n".join(ROWS)
    assert [text for text in field_docs().values() if text not in texts] == []


def test_every_link_goes_to_a_table() -> None:
    links = set(re.findall(r"\]\(#([^)]*)\)", spec_reference()))
    titles = {
        re.sub(r"[^a-z]", "", title.lower()) for title in re.findall(r"^#+ (.*)$", spec_reference(), re.MULTILINE)
    }
    assert len(links) > 30
    assert links - titles == set()


@pytest.mark.parametrize(
    "row",
    [
        "| `max_batch_size` | whole number |  | ",
        "| `dims` | list of whole number |  | ",
        "| `metric_tags` | map: text to text |  | ",
        "| `all`ᵃ | `{}` |  | ",
        "| `model_warmup` | list of [ModelWarmup](#modelwarmup), or `sample` |  | ",
        "| `model_metrics` | [ModelMetrics](#modelmetrics) | 24.11 | ",
        "| `FP32` |",
        "| `pool` | `default` | ",
    ],
)
def test_a_row_says_type_and_release(row: str) -> None:
    assert any(line.startswith(row) for line in ROWS)


def test_a_row_is_one_line_of_its_table() -> None:
    assert {line.count("|") - line.count("\\|") for line in ROWS} == {3, 4, 5}
