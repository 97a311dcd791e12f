"""Chart values files against the chart's own model (TS8xx)."""

from pydantic import ValidationError

from triton_stack.spec.base import Document, pydantic_findings
from triton_stack.spec.findings import Finding


def check_values(document: Document) -> list[Finding]:
    """Judge one values file as the chart would, laid over its defaults."""
    from triton_stack.spec.chart import Values

    data = {} if document.data is None else document.data
    if not isinstance(data, dict):
        return [document.finding("TS004", "a values file is a mapping")]
    try:
        Values.model_validate(data)
    except ValidationError as error:
        return pydantic_findings(error, Values, document)
    return []
