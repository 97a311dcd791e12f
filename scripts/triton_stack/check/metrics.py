"""Rules on a model's own metrics (TS32x)."""

from collections.abc import Iterator

from triton_stack.check.registry import Problem, rule
from triton_stack.check.view import ModelView
from triton_stack.spec.findings import KeyPath

_CONTROL = (
    "model_metrics: {metric_control: [{metric_identifier: {family: nv_inference_first_response_histogram_ms}, "
    "histogram_options: {buckets: [%s]}}]}"
)


@rule(
    "TS320",
    "metric without its name or buckets",
    example=_CONTROL % "",
    fix=_CONTROL % "1, 10, 100",
    source="Triton core, model_config_utils.cc: ValidateModelMetrics",
)
def metric_controls(model: ModelView) -> Iterator[Problem]:
    """Each metric_control names a family of metrics, and the buckets of its histogram."""
    for index, item in enumerate(model.config.model_metrics.metric_control):
        key: KeyPath = ("model_metrics", "metric_control", index)
        if not item.metric_identifier.family:
            yield Problem((*key, "metric_identifier"), "no family is named", "add metric_identifier: {family: ...}")
        if not item.histogram_options.buckets:
            fix = "add histogram_options: {buckets: [...]}, in milliseconds"
            yield Problem((*key, "histogram_options"), "no buckets are given", fix)
