"""The model spec: Triton's ModelConfig fields in YAML, and our own ``source``, ``sample``, ``pool``. No I/O."""

from dataclasses import dataclass
from typing import Annotated, Any

from google.protobuf.json_format import ParseDict
from pydantic import Field

from triton_stack.spec.base import ClosedModel, Document, parse_yaml
from triton_stack.spec.descriptor import model_config_descriptor, new_model_config
from triton_stack.spec.environment import Environment, read_template
from triton_stack.spec.fields import Tree, read_fields
from triton_stack.spec.findings import FindingsError
from triton_stack.spec.sample import Tensor, read_sample, request_body

WARMUP_FROM_SAMPLE = "sample"


class OwnKeys(ClosedModel):
    """The keys of a model spec that are ours; all others are Triton's."""

    source: (
        Annotated[str, Field(description="folder with the version directories, relative to the spec file")] | None
    ) = None
    sample: Annotated[dict[str, Any], Field(description="one valid request without the batch dimension")] | None = None
    pool: str = Field(default="default", description="pool of the chart that serves the model")


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """One model as its spec says it.

    ``tree`` has the ModelConfig fields as the user wrote them, in Triton's names and order (zero values kept);
    ``config`` is the protobuf message of it; ``warmup_files`` are the data files that its warm-up reads.
    """

    document: Document
    tree: Tree
    config: Any
    own: OwnKeys
    sample: tuple[Tensor, ...]
    warmup_files: dict[str, bytes]

    @property
    def name(self) -> str:
        """The model's name."""
        return str(self.config.name)

    @property
    def is_ensemble(self) -> bool:
        """An ensemble is made of other models and has no files of its own."""
        return bool(self.config.HasField("ensemble_scheduling"))

    @property
    def sample_request(self) -> str | None:
        """The sample as the JSON body of an inference request, None when the spec has no sample."""
        return request_body(list(self.sample), self.config.max_batch_size) if self.own.sample is not None else None


def parse_model_spec(text: str | bytes, file: str, environment: Environment | None = None) -> ModelSpec:
    """Read one spec; every error of its shape is reported at once, with its line.

    Args:
        text: the file's content.
        file: its name, for messages.
        environment: what the spec, as a template, can use; without one it is no template.

    Raises:
        FindingsError: the codes TS001 to TS007, TS010, TS011 and TS601 to TS605.
    """
    document = parse_yaml(text, file) if environment is None else read_template(text, file, environment)
    data = document.data
    if not isinstance(data, dict):
        raise FindingsError([document.finding("TS004", "a model spec is a mapping with Triton's ModelConfig fields")])
    own_names = frozenset(OwnKeys.model_fields)
    warm_from_sample = data.get("model_warmup") == WARMUP_FROM_SAMPLE
    config_data = {key: value for key, value in data.items() if not (key == "model_warmup" and warm_from_sample)}
    findings = []
    tree: Tree = {}
    own = OwnKeys()
    try:
        tree = read_fields(config_data, model_config_descriptor(), document, own_names)
    except FindingsError as error:
        findings += error.findings
    try:
        own = OwnKeys.read(document, {key: value for key, value in data.items() if key in own_names})
    except FindingsError as error:
        findings += error.findings
    if not findings and "name" not in tree:
        findings.append(document.finding("TS006", 'key "name" is missing', ("name",), "add name: <the model's name>"))
    if findings:
        raise FindingsError(findings)

    tensors = read_sample(own.sample, tree.get("input", []), document) if own.sample is not None else []
    warmup_files: dict[str, bytes] = {}
    if warm_from_sample:
        if own.sample is None:
            fix = "add a sample, or write model_warmup out as Triton has it"
            raise FindingsError(
                [document.finding("TS605", "warm-up from the sample needs a sample", ("model_warmup",), fix)]
            )
        warmup, warmup_files = _warmup(tensors)
        tree = _in_order({**tree, "model_warmup": [warmup]})
    config = ParseDict(tree, new_model_config())
    return ModelSpec(document, tree, config, own, tuple(tensors), warmup_files)


def _warmup(tensors: list[Tensor]) -> tuple[Tree, dict[str, bytes]]:
    """Make one warm-up request of the sample: Triton reads its data from files in the model's folder ``warmup/``."""
    inputs: Tree = {}
    files: dict[str, bytes] = {}
    for index, tensor in enumerate(tensors):
        entry: Tree = {"data_type": tensor.data_type, "dims": list(tensor.shape)}
        if tensor.data is None:
            entry["zero_data"] = True
        else:
            # Numbered: an input's name may hold characters that a file name cannot.
            file = f"sample_{index}"
            entry["input_data_file"] = file
            files[f"warmup/{file}"] = tensor.raw()
        inputs[tensor.name] = entry
    # batch_size 1 also without batching: Triton skips a warm-up whose batch_size is 0, and says nothing.
    return {"name": "sample", "batch_size": 1, "inputs": inputs}, files


def _in_order(tree: Tree) -> Tree:
    return {field.name: tree[field.name] for field in model_config_descriptor().fields if field.name in tree}
