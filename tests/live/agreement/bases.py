"""Right configs of every kind, made at random: what the mutations start from."""

import math
import random
from typing import Any

Tree = dict[str, Any]

# Every backend that Triton's containers have, and one that nobody knows.
BACKENDS = (
    *("python", "onnxruntime", "tensorrt", "pytorch", "openvino", "tensorflow", "dali", "fil", "vllm", "tensorrtllm"),
    *("identity", "custom"),
)
PLATFORMS = {
    "onnxruntime": "onnxruntime_onnx",
    "tensorrt": "tensorrt_plan",
    "pytorch": "pytorch_libtorch",
    "tensorflow": "tensorflow_savedmodel",
}
# The server guesses the platform of this one from files; a config has to say it.
NEEDS_PLATFORM = "tensorflow"
TYPES = tuple(
    f"TYPE_{name}"
    for name in (
        *("BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64"),
        *("FP16", "FP32", "FP64", "STRING", "BF16"),
    )
)
CONTROL_VALUES = {"int32_false_true": [0, 1], "fp32_false_true": [0.0, 1.0], "bool_false_true": [False, True]}
CONTROL_KINDS = ("CONTROL_SEQUENCE_START", "CONTROL_SEQUENCE_READY", "CONTROL_SEQUENCE_END")
CORRELATION_TYPES = ("TYPE_UINT64", "TYPE_INT64", "TYPE_UINT32", "TYPE_INT32", "TYPE_STRING")
# Files that every model has in its folders warmup and initial_state: long enough for any tensor, and for hardly any.
LONG_FILE, SHORT_FILE = "long", "short"
FILE_SIZES = {LONG_FILE: 17**4 * 8, SHORT_FILE: 6}
# Step models that stand in the repository for all ensembles.
STEP_MODELS: dict[str, Tree] = {
    "step_batched": {"max_batch_size": 8, "types": ("TYPE_FP32", "TYPE_FP32"), "dims": ([4], [4])},
    "step_small": {"max_batch_size": 2, "types": ("TYPE_FP32", "TYPE_FP32"), "dims": ([4], [4])},
    "step_whole": {"max_batch_size": 0, "types": ("TYPE_FP32", "TYPE_FP32"), "dims": ([-1, 4], [-1, 4])},
    "step_int": {"max_batch_size": 8, "types": ("TYPE_FP32", "TYPE_INT64"), "dims": ([4], [-1])},
    "step_two": {"max_batch_size": 8, "types": ("TYPE_FP32", "TYPE_FP32"), "dims": ([4], [4]), "two": True},
    "step_decoupled": {"max_batch_size": 8, "types": ("TYPE_FP32", "TYPE_FP32"), "dims": ([4], [4]), "decoupled": True},
}


def step_model(name: str) -> Tree:
    """Return the config of a step model."""
    shape = STEP_MODELS[name]
    inputs = [{"name": "INPUT", "data_type": shape["types"][0], "dims": shape["dims"][0]}]
    outputs = [{"name": "OUTPUT", "data_type": shape["types"][1], "dims": shape["dims"][1]}]
    if shape.get("two"):
        inputs.append({**inputs[0], "name": "EXTRA", "optional": True})
        inputs.append({**inputs[0], "name": "SECOND"})
        outputs.append({**outputs[0], "name": "OTHER"})
    tree: Tree = {
        "name": name,
        "backend": "identity",
        "max_batch_size": shape["max_batch_size"],
        "input": inputs,
        "output": outputs,
    }
    if shape.get("decoupled"):
        tree["model_transaction_policy"] = {"decoupled": True}
    return tree


def right_config(rng: random.Random) -> Tree:
    """Make a config that the server loads, without a name."""
    kind = rng.choice(("plain", "plain", "dynamic", "dynamic", "sequence", "sequence", "ensemble", "ensemble"))
    if kind == "ensemble":
        return _ensemble(rng)
    backend = rng.choice(BACKENDS)
    tree: Tree = {"backend": backend}
    if backend in PLATFORMS and (backend == NEEDS_PLATFORM or rng.random() < 0.3):
        tree["platform"] = PLATFORMS[backend]
    tree["max_batch_size"] = rng.choice((0, 1, 4, 8, 16))
    batching = tree["max_batch_size"] > 0
    tree["input"] = [_tensor(rng, f"IN{index}", batching, is_input=True) for index in range(rng.randint(1, 3))]
    tree["output"] = [_tensor(rng, f"OUT{index}", batching, is_input=False) for index in range(rng.randint(1, 2))]
    if kind == "dynamic":
        tree["dynamic_batching"] = _dynamic(rng, tree["max_batch_size"])
    if kind == "sequence":
        tree["sequence_batching"] = _sequence(rng, tree["max_batch_size"])
    for part in (_instance_groups, _version_policy, _warmup, _optimization, _others):
        if rng.random() < 0.35:
            part(rng, tree)
    if "sequence_batching" in tree or tree.get("model_transaction_policy", {}).get("decoupled"):
        tree.pop("response_cache", None)
    return tree


def seldom_config(rng: random.Random) -> Tree:
    """Make a wrong config of a kind that random changes hardly ever lead to."""
    return rng.choice((_decoupled_fork, _short_state, _new_platform, _no_agent))(rng)


def _decoupled_fork(rng: random.Random) -> Tree:
    tree = _fork(rng)
    rng.choice(tree["ensemble_scheduling"]["step"][:2])["model_name"] = "step_decoupled"
    return tree


def _short_state(rng: random.Random) -> Tree:
    state: Tree = {"input_name": "I", "output_name": "O", "data_type": rng.choice(("TYPE_FP32", "TYPE_INT64"))}
    dims = [rng.randint(2, 4)]
    initial = {"name": "short", "data_type": state["data_type"], "dims": dims, "data_file": SHORT_FILE}
    states = [{**state, "dims": dims, "initial_state": [initial]}]
    return {"backend": "identity", "sequence_batching": {"state": states}}


def _no_agent(rng: random.Random) -> Tree:
    return {**_new_platform(rng), "backend": "identity", "platform": "", "model_repository_agents": {}}


def _new_platform(rng: random.Random) -> Tree:
    tensors = {kind: [_tensor(rng, kind, batching=False, is_input=False)] for kind in ("input", "output")}
    return {"backend": rng.choice(("", "pytorch")), "platform": "torch_aoti", **tensors}


def _dims(rng: random.Random) -> list[int]:
    return [rng.choice((-1, 1, 2, 3, 4, 16)) for _ in range(rng.randint(1, 4))]


def _tensor(rng: random.Random, name: str, batching: bool, is_input: bool) -> Tree:
    tree: Tree = {"name": name, "data_type": rng.choice(TYPES), "dims": _dims(rng)}
    if is_input and rng.random() < 0.15:
        tree |= {"format": rng.choice(("FORMAT_NHWC", "FORMAT_NCHW")), "dims": [3, 4, 4]}
    if is_input and rng.random() < 0.1:
        tree["optional"] = True
    if is_input and rng.random() < 0.1:
        tree["allow_ragged_batch"] = True
    if rng.random() < 0.2:
        if -1 not in tree["dims"] and rng.random() < 0.7:
            tree["reshape"] = {"shape": [math.prod(tree["dims"])]}
        elif batching and rng.random() < 0.5:
            tree |= {"dims": [1], "reshape": {}}
            tree.pop("format", None)
        else:
            tree["reshape"] = {"shape": [*tree["dims"], 1]}
    return tree


def _dynamic(rng: random.Random, limit: int) -> Tree:
    tree: Tree = {}
    if limit and rng.random() < 0.5:
        tree["preferred_batch_size"] = sorted({rng.randint(1, limit) for _ in range(2)})
    if rng.random() < 0.5:
        tree["max_queue_delay_microseconds"] = rng.choice((0, 100, 5000))
    if rng.random() < 0.4:
        levels = rng.randint(1, 3)
        tree |= {"priority_levels": levels, "default_priority_level": rng.randint(1, levels)}
        if rng.random() < 0.6:
            tree["priority_queue_policy"] = {str(rng.randint(1, levels)): _queue_policy(rng)}
    elif rng.random() < 0.3:
        tree["preserve_ordering"] = True
    if rng.random() < 0.3:
        tree["default_queue_policy"] = {"max_queue_size": rng.choice((0, 1, 64))}
    return tree


def _queue_policy(rng: random.Random) -> Tree:
    return {
        "timeout_action": rng.choice(("REJECT", "DELAY")),
        "default_timeout_microseconds": rng.choice((0, 1000)),
        "max_queue_size": rng.choice((0, 8)),
        "allow_timeout_override": rng.random() < 0.5,
    }


def _sequence(rng: random.Random, limit: int) -> Tree:
    tree: Tree = {}
    if rng.random() < 0.5:
        tree["direct"] = {"minimum_slot_utilization": rng.choice((0.0, 0.5, 1.0))} if rng.random() < 0.5 else {}
    else:
        tree["oldest"] = {"max_candidate_sequences": rng.choice((0, 2, 16))}
        if limit and rng.random() < 0.5:
            tree["oldest"]["preferred_batch_size"] = [rng.randint(1, limit)]
    if rng.random() < 0.3:
        tree["max_sequence_idle_microseconds"] = 5_000_000
    if rng.random() < 0.7:
        tree["control_input"] = [
            {"name": kind.rpartition("_")[2], "control": [{"kind": kind, **_control_values(rng)}]}
            for kind in rng.sample(CONTROL_KINDS, rng.randint(1, 3))
        ]
        if rng.random() < 0.5:
            control = {"kind": "CONTROL_SEQUENCE_CORRID", "data_type": rng.choice(CORRELATION_TYPES)}
            tree["control_input"].append({"name": "CORRID", "control": [control]})
    if rng.random() < 0.4:
        tree["state"] = [_state(rng, index) for index in range(rng.randint(1, 2))]
    return tree


def _control_values(rng: random.Random) -> Tree:
    key = rng.choice(list(CONTROL_VALUES))
    return {key: CONTROL_VALUES[key]}


def _state(rng: random.Random, index: int) -> Tree:
    dims = [rng.choice((-1, 1, 2)) for _ in range(rng.randint(1, 2))]
    data_type = rng.choice(TYPES[:-2])
    tree: Tree = {
        "input_name": f"STATE_IN{index}",
        "output_name": f"STATE_OUT{index}",
        "data_type": data_type,
        "dims": dims,
    }
    if rng.random() < 0.5:
        known = [size if size > 0 else 2 for size in dims]
        data = rng.choice(({"zero_data": True}, {"data_file": LONG_FILE}))
        tree["initial_state"] = [{"name": "zeros", "data_type": data_type, "dims": known, **data}]
    return tree


def _instance_groups(rng: random.Random, tree: Tree) -> None:
    groups = []
    for index in range(rng.randint(1, 2)):
        group: Tree = {"kind": rng.choice(("KIND_CPU", "KIND_AUTO", "KIND_MODEL"))}
        if rng.random() < 0.5:
            group["count"] = rng.randint(1, 2)
        if rng.random() < 0.2:
            group["name"] = f"group{index}"
        if rng.random() < 0.2:
            group["rate_limiter"] = {"resources": [{"name": "R1", "count": 1}], "priority": 2}
        if tree["backend"] == "tensorrt" and rng.random() < 0.5:
            group["profile"] = ["0"]
        groups.append(group)
    tree["instance_group"] = groups


def _version_policy(rng: random.Random, tree: Tree) -> None:
    tree["version_policy"] = rng.choice(
        (
            {},
            {"all": {}},
            {"latest": {"num_versions": 2}},
            {"specific": {"versions": [1]}},
            {"specific": {"versions": [1, 7]}},
        )
    )


def _warmup(rng: random.Random, tree: Tree) -> None:
    inputs = {
        item["name"]: {
            "data_type": item["data_type"],
            "dims": [size if size > 0 else 3 for size in item["dims"]],
            **rng.choice(WARMUP_DATA[:2] if item["data_type"] == "TYPE_STRING" else WARMUP_DATA),
        }
        for item in tree["input"]
    }
    tree["model_warmup"] = [
        {"name": "warm", "batch_size": rng.randint(1, max(tree["max_batch_size"], 1)), "inputs": inputs}
    ]


def _optimization(rng: random.Random, tree: Tree) -> None:
    tree["optimization"] = rng.choice(
        (
            {},
            {"graph": {"level": 1}},
            {"cuda": {"graphs": True, "graph_spec": [{"batch_size": 1, "input": {"IN0": {"dim": [4]}}}]}},
            {"execution_accelerators": {"cpu_execution_accelerator": [{"name": "openvino"}]}},
            {"input_pinned_memory": {"enable": False}, "gather_kernel_buffer_threshold": 8, "eager_batching": True},
        )
    )


def _others(rng: random.Random, tree: Tree) -> None:
    source = tree["input"][0]["name"]
    tree |= rng.choice(
        (
            {"model_transaction_policy": {"decoupled": True}},
            {"response_cache": {"enable": True}},
            {"parameters": {"key": {"string_value": "value"}}},
            {"metric_tags": {"team": "search"}},
            {"cc_model_filenames": {"7.5": "model.plan"}},
            {"default_model_filename": "other.bin"},
            {
                "batch_input": [
                    {
                        "kind": "BATCH_ELEMENT_COUNT",
                        "target_name": ["B"],
                        "data_type": "TYPE_INT32",
                        "source_input": [source],
                    }
                ]
            },
            {
                "batch_output": [
                    {
                        "kind": "BATCH_SCATTER_WITH_INPUT_SHAPE",
                        "target_name": [tree["output"][0]["name"]],
                        "source_input": [source],
                    }
                ]
            },
        )
    )


WARMUP_DATA: tuple[Tree, ...] = ({"zero_data": True}, {"random_data": True}, {"input_data_file": LONG_FILE})


def broken_ensembles() -> dict[str, Tree]:
    """Return ensembles for the repository that run each other: no one else can run them either."""
    return {f"circle_{this}": {"name": f"circle_{this}", **_circle(f"circle_{that}")} for this, that in ("ab", "ba")}


def _circle(step: str) -> Tree:
    return {
        "platform": "ensemble",
        "max_batch_size": 1,
        "input": [{"name": "INPUT", "data_type": "TYPE_FP32", "dims": [4]}],
        "output": [{"name": "OUTPUT", "data_type": "TYPE_FP32", "dims": [4]}],
        "ensemble_scheduling": {"step": [_step(step, {"INPUT": "INPUT"}, "OUTPUT")]},
    }


def _step(model: str, inputs: Tree, output: str) -> Tree:
    return {"model_name": model, "model_version": -1, "input_map": inputs, "output_map": {"OUTPUT": output}}


def _fork(rng: random.Random) -> Tree:
    """Two steps side by side, whose outputs meet in a third."""
    models = ("step_batched", "step_small")
    steps = [
        _step(rng.choice(models), {"INPUT": "A"}, "T0"),
        _step(rng.choice(models), {"INPUT": "A"}, "T1"),
        _step("step_two", {"INPUT": "T0", "SECOND": "T1"}, "Z"),
    ]
    return {
        "platform": "ensemble",
        "max_batch_size": rng.choice((0, 1, 2)),
        "input": [{"name": "A", "data_type": "TYPE_FP32", "dims": [4]}],
        "output": [{"name": "Z", "data_type": "TYPE_FP32", "dims": [4]}],
        "ensemble_scheduling": {"step": steps},
    }


def _ensemble(rng: random.Random) -> Tree:
    return _fork(rng) if rng.random() < 0.25 else _chain(rng)


def _chain(rng: random.Random) -> Tree:
    """One to three steps, one after the other, whose tensors fit."""
    length = rng.randint(1, 3)
    names = ["A", *(f"T{index}" for index in range(length - 1)), "Z"]
    models = [rng.choice(("step_batched", "step_small", "step_decoupled")) for _ in range(length)]
    if rng.random() < 0.3:
        models[-1] = "step_int"
    steps = [_step(model, {"INPUT": names[index]}, names[index + 1]) for index, model in enumerate(models)]
    if rng.random() < 0.3:
        models[0] = "step_two"
        steps[0]["model_name"] = "step_two"
        steps[0]["input_map"]["SECOND"] = "A"
    last = STEP_MODELS[models[-1]]
    return {
        "platform": "ensemble",
        "max_batch_size": rng.choice((0, 1, 2)),
        "input": [{"name": "A", "data_type": "TYPE_FP32", "dims": [4]}],
        "output": [{"name": "Z", "data_type": last["types"][1], "dims": list(last["dims"][1])}],
        "ensemble_scheduling": {"step": steps},
    }
