"""One table of wrong models, each beside its nearest accepted neighbour: judged by check, and by the real server."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from triton_stack.check import Folder, ModelView
from triton_stack.spec.model import ModelSpec, parse_model_spec

MODEL_PY = """
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def execute(self, requests):
        inputs = [pb_utils.get_input_tensor_by_name(request, "INPUT") for request in requests]
        return [pb_utils.InferenceResponse([pb_utils.Tensor("OUTPUT", item.as_numpy())]) for item in inputs]
"""
TENSOR: dict[str, Any] = {"data_type": "FP32", "dims": [4]}
BASE_CONFIG: dict[str, Any] = {
    "backend": "python",
    "max_batch_size": 8,
    "input": [{"name": "INPUT", **TENSOR}],
    "output": [{"name": "OUTPUT", **TENSOR}],
    "instance_group": [{"kind": "CPU", "count": 1}],
}
BASE_FILES = {"1/model.py": MODEL_PY}
STEP_MODEL = "step"
STEP: dict[str, Any] = {
    "model_name": STEP_MODEL,
    "model_version": -1,
    "input_map": {"INPUT": "A"},
    "output_map": {"OUTPUT": "B"},
}
ENSEMBLE: dict[str, Any] = {
    "backend": None,
    "instance_group": None,
    "platform": "ensemble",
    "input": [{"name": "A", **TENSOR}],
    "output": [{"name": "B", **TENSOR}],
    "ensemble_scheduling": {"step": [STEP]},
}


@dataclass(frozen=True)
class Model:
    """A model as a change of the base: config keys (None removes), files (None removes), empty folders."""

    config: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, str | None] = field(default_factory=dict)
    folders: tuple[str, ...] = ()

    def spec(self, name: str) -> ModelSpec:
        merged = {"name": name, **BASE_CONFIG, **self.config}
        data = {key: value for key, value in merged.items() if value is not None}
        if "ensemble_scheduling" not in data:
            data["source"] = "files"
        return parse_model_spec(json.dumps(data), f"{name}.yaml")

    def all_files(self) -> dict[str, str]:
        base = {} if "ensemble_scheduling" in self.config else BASE_FILES
        return {path: text for path, text in {**base, **self.files}.items() if text is not None}

    def all_folders(self) -> set[str]:
        versions = {"1"} if "ensemble_scheduling" in self.config else set()
        above = {path.rsplit("/", 1)[0] for path in self.all_files() if "/" in path}
        return {*self.folders, *above, *versions}

    def view(self, name: str) -> ModelView:
        spec = self.spec(name)
        files = self.all_files()
        python = {path: text.encode() for path, text in files.items() if path.endswith("/model.py")}
        folder = Folder({path: len(text) for path, text in files.items()}, frozenset(self.all_folders()), python=python)
        beside = {} if name == STEP_MODEL else {STEP_MODEL: Model().view(STEP_MODEL)}
        view = ModelView(spec.document, spec.config, name, folder, spec)
        return replace(view, models={**beside, name: view})


@dataclass(frozen=True)
class Case:
    """``bad`` must be found by rule ``code`` at ``key``, ``good`` by none.

    ``server`` says what the real server does with ``bad`` at load: ``refuses``, ``hangs``, or ``loads`` for what
    goes wrong later.
    """

    label: str
    code: str
    key: str
    bad: Model
    good: Model
    server: str = "refuses"


def _config(**keys: Any) -> Model:
    return Model(keys)


def _input(**keys: Any) -> Model:
    return Model({"input": [{"name": "INPUT", **TENSOR, **keys}]})


def _ensemble(**keys: Any) -> Model:
    return Model({**ENSEMBLE, **keys})


def _step(**keys: Any) -> Model:
    step = {key: value for key, value in {**STEP, **keys}.items() if value is not None}
    return _ensemble(ensemble_scheduling={"step": [step]})


def _warmup(inputs: dict[str, Any], batch_size: int = 1) -> Model:
    return _config(model_warmup=[{"name": "w", "batch_size": batch_size, "inputs": inputs}])


ZEROS: dict[str, Any] = {"data_type": "FP32", "dims": [4], "zero_data": True}
IMAGE = {"dims": [4, 4, 3], "format": "NHWC"}
PRIORITIES = {"priority_levels": 2, "default_priority_level": 2}
NO_EXECUTE = "class TritonPythonModel:\n    pass\n"
OTHER_CLASS = "class Model:\n    def execute(self, requests): ...\n"
BASED = "class Base:\n    def execute(self, requests): ...\nclass TritonPythonModel(Base):\n    pass\n"

CASES = [
    Case("no dims", "TS201", "input[0].dims", Model({"input": [{"name": "INPUT", "data_type": "FP32"}]}), _input()),
    Case("no type", "TS201", "input[0].data_type", Model({"input": [{"name": "INPUT", "dims": [4]}]}), _input()),
    Case("size 0", "TS202", "input[0].dims[0]", _input(dims=[0]), _input(dims=[1])),
    Case("size -2", "TS202", "input[0].dims[0]", _input(dims=[-2]), _input(dims=[-1])),
    Case(
        "same name twice",
        "TS203",
        "input[0].name",
        Model({"input": [{"name": "X", **TENSOR}, {"name": "X", **TENSOR}]}),
        Model({"input": [{"name": "X", **TENSOR}, {"name": "Y", **TENSOR}]}),
        server="loads",
    ),
    Case("reshape", "TS204", "input[0].reshape", _input(reshape={"shape": [3]}), _input(reshape={"shape": [2, 2]})),
    Case(
        "empty reshape",
        "TS204",
        "input[0].reshape",
        Model({"max_batch_size": 0, "input": [{"name": "INPUT", **TENSOR, "dims": [1], "reshape": {}}]}),
        Model({"max_batch_size": 1, "input": [{"name": "INPUT", **TENSOR, "dims": [1], "reshape": {}}]}),
    ),
    Case("format", "TS205", "input[0].format", _input(format="NHWC"), _input(**IMAGE)),
    Case("max batch", "TS301", "max_batch_size", _config(max_batch_size=-1), _config(max_batch_size=0)),
    Case(
        "preferred above max",
        "TS302",
        "dynamic_batching.preferred_batch_size[1]",
        _config(dynamic_batching={"preferred_batch_size": [4, 9]}),
        _config(dynamic_batching={"preferred_batch_size": [4, 8]}),
    ),
    Case(
        "preferred without batching",
        "TS302",
        "dynamic_batching.preferred_batch_size[0]",
        _config(max_batch_size=0, dynamic_batching={"preferred_batch_size": [1]}),
        _config(max_batch_size=1, dynamic_batching={"preferred_batch_size": [1]}),
    ),
    Case(
        "batching without batch",
        "TS303",
        "dynamic_batching",
        _config(max_batch_size=0, dynamic_batching={}),
        _config(dynamic_batching={}),
        server="loads",
    ),
    Case(
        "default priority",
        "TS304",
        "dynamic_batching.default_priority_level",
        _config(dynamic_batching={**PRIORITIES, "default_priority_level": 3}),
        _config(dynamic_batching=PRIORITIES),
    ),
    Case(
        "priority policy",
        "TS304",
        "dynamic_batching.priority_queue_policy.3",
        _config(dynamic_batching={**PRIORITIES, "priority_queue_policy": {"3": {"max_queue_size": 1}}}),
        _config(dynamic_batching={**PRIORITIES, "priority_queue_policy": {"1": {"max_queue_size": 1}}}),
    ),
    Case("3abc", "TS402", "source", Model(folders=("3abc",)), Model(files={"3/model.py": MODEL_PY}), server="hangs"),
    Case("2.bak", "TS402", "source", Model(folders=("2.bak",)), Model(files={"2/model.py": MODEL_PY}), server="hangs"),
    Case("02", "TS402", "source", Model(files={"02/model.py": MODEL_PY}), Model(), server="loads"),
    Case("no version", "TS403", "source", Model(files={"1/model.py": None}), Model()),
    Case("no model.py", "TS404", "source", Model(files={"1/model.py": None}, folders=("1",)), Model(), server="hangs"),
    Case("syntax", "TS406", "source", Model(files={"1/model.py": "def (:"}), Model()),
    Case("no class", "TS406", "source", Model(files={"1/model.py": OTHER_CLASS}), Model()),
    Case(
        "no execute",
        "TS406",
        "source",
        Model(files={"1/model.py": NO_EXECUTE}),
        Model(files={"1/model.py": BASED}),
        server="loads",
    ),
    Case("stray folder", "TS408", "source", Model(folders=("old",)), Model(folders=("configs",)), server="loads"),
    Case(
        "latest nothing",
        "TS410",
        "version_policy.latest",
        _config(version_policy={"latest": {}}),
        _config(version_policy={"latest": {"num_versions": 1}}),
    ),
    Case(
        "specific nothing",
        "TS410",
        "version_policy.specific",
        _config(version_policy={"specific": {}}),
        _config(version_policy={"specific": {"versions": [1]}}),
    ),
    Case(
        "specific absent",
        "TS410",
        "version_policy.specific.versions",
        _config(version_policy={"specific": {"versions": [7]}}),
        _config(version_policy={"specific": {"versions": [1]}}),
    ),
    Case(
        "specific partly absent",
        "TS411",
        "version_policy.specific.versions[1]",
        _config(version_policy={"specific": {"versions": [1, 7]}}),
        _config(version_policy={"all": {}}),
        server="loads",
    ),
    Case(
        "no label file",
        "TS412",
        "output[0].label_filename",
        Model({"output": [{"name": "OUTPUT", **TENSOR, "label_filename": "labels.txt"}]}),
        Model({"output": [{"name": "OUTPUT", **TENSOR, "label_filename": "labels.txt"}]}, {"labels.txt": "a\n"}),
    ),
    Case(
        "no warm-up file",
        "TS412",
        "model_warmup[0].inputs.INPUT.input_data_file",
        _warmup({"INPUT": {"data_type": "FP32", "dims": [4], "input_data_file": "x"}}),
        _warmup({"INPUT": ZEROS}),
    ),
    Case(
        "gpus on CPU",
        "TS501",
        "instance_group[0].gpus",
        _config(instance_group=[{"kind": "CPU", "gpus": [0]}]),
        _config(instance_group=[{"kind": "CPU"}]),
    ),
    Case(
        "all passive",
        "TS502",
        "instance_group[0].passive",
        _config(instance_group=[{"kind": "CPU", "passive": True}]),
        _config(instance_group=[{"kind": "CPU", "passive": True}, {"kind": "CPU"}]),
        server="loads",
    ),
    Case("no backend", "TS503", "backend", _config(backend=None), Model(), server="loads"),
    Case("platform", "TS504", "platform", _config(backend=None, platform="python"), Model()),
    Case("ensemble backend", "TS505", "backend", _ensemble(backend="python"), _ensemble()),
    Case("ensemble platform", "TS505", "platform", _ensemble(platform=None), _ensemble()),
    Case("ensemble group", "TS505", "instance_group", _ensemble(instance_group=[{"kind": "CPU"}]), _ensemble()),
    Case("step version", "TS506", "ensemble_scheduling.step[0].model_version", _step(model_version=None), _step()),
    Case("step model", "TS507", "ensemble_scheduling.step[0].model_name", _step(model_name="stepp"), _step()),
    Case("step input", "TS507", "ensemble_scheduling.step[0].input_map", _step(input_map=None), _step()),
    Case(
        "warm-up batch",
        "TS545",
        "model_warmup[0].batch_size",
        _warmup({"INPUT": ZEROS}, 9),
        _warmup({"INPUT": ZEROS}, 8),
    ),
    Case(
        "warm-up input",
        "TS511",
        "model_warmup[0].inputs.NO",
        _warmup({"INPUT": ZEROS, "NO": ZEROS}),
        _warmup({"INPUT": ZEROS}),
        server="loads",
    ),
    Case("warm-up nothing", "TS508", "model_warmup[0].inputs", _warmup({}), _warmup({"INPUT": ZEROS})),
    Case(
        "warm-up size",
        "TS540",
        "model_warmup[0].inputs.INPUT.dims",
        Model({**_input(dims=[-1]).config, **_warmup({"INPUT": {**ZEROS, "dims": [-1]}}).config}),
        Model({**_input(dims=[-1]).config, **_warmup({"INPUT": {**ZEROS, "dims": [2]}}).config}),
    ),
    Case(
        "warm-up skipped",
        "TS509",
        "model_warmup[0]",
        _warmup({"INPUT": ZEROS}, 0),
        _warmup({"INPUT": ZEROS}),
        server="loads",
    ),
]
