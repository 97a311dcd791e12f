"""Rules on the source and the sample of a model spec (TS510, TS606)."""

from collections.abc import Iterator

from triton_stack.check.registry import Problem, rule
from triton_stack.check.view import ModelView

# All samples of a pool share one ConfigMap, and Kubernetes holds that below 1 MiB.
MAX_SAMPLE_BYTES = 700_000


@rule(
    "TS510",
    "ensemble with files, or a model without",
    example="a spec of a model without the key source",
    fix="source: ../files/<model>",
    source="triton-stack: model specs",
)
def source_is_given(model: ModelView) -> Iterator[Problem]:
    """A model needs its files; an ensemble has none."""
    if model.spec is None:
        return
    if model.spec.is_ensemble and model.spec.own.source is not None:
        yield Problem(("source",), "an ensemble has no files of its own", "remove source")
    if not model.spec.is_ensemble and model.spec.own.source is None:
        yield Problem(("source",), 'key "source" is missing', "add source: <folder with the version directories>")


@rule(
    "TS606",
    "sample that is too big for the cluster",
    example="a sample {zeros: [10000000]}",
    fix="a sample of a few thousand elements",
    source="Kubernetes: a ConfigMap holds at most 1 MiB",
)
def sample_size(model: ModelView) -> Iterator[Problem]:
    """The request body is kept in a ConfigMap."""
    request = model.spec.sample_request if model.spec else None
    size = len(request.encode()) if request else 0
    if size > MAX_SAMPLE_BYTES:
        message = f"the sample's request has {size} bytes, above {MAX_SAMPLE_BYTES}"
        yield Problem(("sample",), message, "use smaller sizes where dims are -1, or leave the sample out")
