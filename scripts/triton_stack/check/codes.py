"""All codes: those of the rules, and those that are found while files are read, before any rule can run."""

from dataclasses import dataclass

from triton_stack.check.registry import RULES
from triton_stack.spec.findings import Severity


@dataclass(frozen=True, slots=True)
class Code:
    """What `explain` shows of a code; ``example`` and ``fix`` as in ``registry.Rule``."""

    code: str
    title: str
    reason: str
    example: str
    fix: str
    source: str
    severity: Severity = Severity.ERROR


_YAML = "YAML 1.2"
_FIELDS = "Triton's model_config.proto: the spec is read by its descriptor"
_TEXT_FORMAT = "Triton core, model_config_utils.cc: GetNormalizedModelConfig reads the file by protobuf's text parser"
_OURS = "triton-stack: "
_SAMPLE = "triton-stack: the sample becomes a request of the KServe v2 protocol"

READING = (
    Code(
        "TS001",
        "the file is not readable YAML",
        "Nothing in it can be used before it can be read.",
        "input: [{name: INPUT, data_type: FP32, dims: [4]}",
        "input: [{name: INPUT, data_type: FP32, dims: [4]}]",
        _YAML,
    ),
    Code(
        "TS002",
        "a key is given twice in one mapping",
        "Most readers keep the last one and say nothing.",
        "max_batch_size: 8\nmax_batch_size: 16",
        "max_batch_size: 16",
        _YAML,
    ),
    Code(
        "TS003",
        "an unknown key",
        "A mistyped key would be left out without a word; Triton refuses a config with a field that it does not know.",
        "max_batchsize: 8",
        "max_batch_size: 8",
        _FIELDS,
    ),
    Code(
        "TS004",
        "a value of the wrong type",
        "Types are not guessed: what is a text in Triton's config is a text in the spec.",
        'max_batch_size: "8"',
        "max_batch_size: 8",
        _FIELDS,
    ),
    Code(
        "TS005",
        "a value that is not allowed",
        "The field's type has no such value: a name that the enum lacks, or a number out of range.",
        "input: [{name: INPUT, data_type: FLOAT32, dims: [4]}]",
        "input: [{name: INPUT, data_type: FP32, dims: [4]}]",
        _FIELDS,
    ),
    Code(
        "TS006",
        "a key is missing",
        "Without it the file says too little to be used.",
        "a spec without name",
        "a spec that begins with name and backend",
        _OURS + "specs and stacks",
    ),
    Code(
        "TS007",
        "keys that exclude each other",
        "They are one choice (a oneof) in Triton's config: a model has one scheduler, a policy one kind.",
        "dynamic_batching: {}\nsequence_batching: {}",
        "dynamic_batching: {}",
        _FIELDS,
    ),
    Code(
        "TS008",
        "the file is not a readable config.pbtxt",
        "The server refuses it too, and answers a load with `failed to poll from model repository` alone.",
        "max_batch_size = 8",
        "max_batch_size: 8",
        _TEXT_FORMAT,
    ),
    Code(
        "TS009",
        "a file or folder cannot be read, or holds nothing to check",
        "What was not read was not checked.",
        "triton-stack check notes.txt",
        "triton-stack check model_repository",
        _OURS + "check",
    ),
    Code(
        "TS010",
        "a variable that the environment does not have",
        "Nothing is put in its place: a name that is mistyped would leave a hole in the config.",
        "instance_group: [{count: {{ instances }}}] in a stack whose variables have no instances",
        "variables: {instances: 2} in stack.yaml",
        _OURS + "environments",
    ),
    Code(
        "TS011",
        "a template that cannot be rendered",
        "stack.yaml and specs are Jinja templates that can reach no file and no program, and do only so much work.",
        "max_batch_size: {{ 8 / }}",
        "max_batch_size: {{ batch // 2 }}",
        _OURS + "environments",
    ),
    Code(
        "TS012",
        "a placeholder that was never filled",
        "A template, as TensorRT-LLM's config.pbtxt: the server cannot read it before each ${name} has a value.",
        "a config.pbtxt whose max_batch_size is ${triton_max_batch_size}",
        "the template filled first, so that it is 8",
        _TEXT_FORMAT,
    ),
    Code(
        "TS104",
        "two specs of a stack have the same model name",
        "A server, and the chart, has one model of a name.",
        "models/a.yaml and models/b.yaml that both say name resnet50",
        "one of the two renamed",
        "Triton core, model_repository_manager.cc: a model may be in one repository alone",
    ),
    Code(
        "TS401",
        "the folder that `source` names cannot be used",
        "`source` is relative to the spec's file and holds the version directories.",
        "source names a folder that is not there",
        "source ../files/resnet50, which holds the folder 1",
        _OURS + "bundles",
    ),
    Code(
        "TS601",
        "the sample names an input that the model does not have",
        "Triton refuses a request with an unknown input.",
        "sample: {INPUT: [1, 2, 3, 4], IMAGE: [1]}",
        "sample: {INPUT: [1, 2, 3, 4]}",
        _SAMPLE,
    ),
    Code(
        "TS602",
        "the sample leaves out an input",
        "Triton refuses a request without it; only an input with `optional: true` may be left out.",
        "sample: {}",
        "sample: {INPUT: [1, 2, 3, 4]}",
        _SAMPLE,
    ),
    Code(
        "TS603",
        "the sample's data does not fit the input's type or dims",
        "The request would be refused, and with it the readiness of the pod.",
        "sample: {INPUT: [1, 2, 3]}",
        "sample: {INPUT: [1, 2, 3, 4]}",
        _SAMPLE,
    ),
    Code(
        "TS604",
        "the input has a type that a JSON request cannot carry",
        "Triton takes FP16 and BF16 in binary requests only.",
        "input: [{name: INPUT, data_type: FP16, dims: [2]}]\nsample: {INPUT: [1, 2]}",
        "input: [{name: INPUT, data_type: FP16, dims: [2]}]",
        "Triton server, http_server.cc: data of a JSON request",
    ),
    Code(
        "TS605",
        "a warm-up from the sample, but there is no sample",
        "`model_warmup: sample` makes the warm-up request of the sample.",
        "model_warmup: sample",
        "model_warmup: sample\nsample: {INPUT: [1, 2, 3, 4]}",
        _OURS + "samples",
    ),
    Code(
        "TS801",
        "values that the chart refuses",
        "Helm would refuse them at install; here it is said with file and line.",
        "a model with a digest, and no modelRepository.objectStore.url",
        "modelRepository.objectStore.url s3://BUCKET/PREFIX",
        "the chart triton-stack: values.schema.json and templates/_validate.tpl",
    ),
)


def all_codes() -> dict[str, Code]:
    """Everything that `check` can find, by code, in the order of the codes."""
    rules = [
        Code(rule.code, rule.title, rule.reason, rule.example, rule.fix, rule.source, rule.severity)
        for rule in RULES.values()
    ]
    return {entry.code: entry for entry in sorted([*rules, *READING], key=lambda entry: entry.code)}
