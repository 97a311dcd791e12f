"""Rules on names (TS1xx)."""

from collections.abc import Iterator

from triton_stack.check.registry import Problem, rule
from triton_stack.check.view import ModelView
from triton_stack.spec.findings import Severity
from triton_stack.spec.names import is_model_name


@rule(
    "TS101",
    "model name that clients or the chart cannot use",
    example="name: a+b",
    fix="name: a_b",
    source="Triton server, http_server.cc: the model's name in a URL is not decoded",
)
def model_name(model: ModelView) -> Iterator[Problem]:
    """Triton does not decode URLs: other characters load, but no HTTP client reaches them."""
    name = model.config.name
    if name and not is_model_name(name):
        fix = "use letters, digits, _ . - and begin with a letter or digit"
        yield Problem(("name",), f'model name "{name}" cannot be used in URLs and file names', fix)


@rule(
    "TS102",
    "model name that is not its folder's",
    example='the folder resnet with a config.pbtxt that says name "resnet50"',
    fix='the folder resnet50 with a config.pbtxt that says name "resnet50"',
    source="Triton core, model_repository_manager.cc: ModelRepositoryManager::InitializeModelInfo",
)
def name_is_folder(model: ModelView) -> Iterator[Problem]:
    """Triton refuses a config whose name differs from the model's folder."""
    name = model.config.name
    if model.spec is None and model.expected_name and name and name != model.expected_name:
        message = f'name is "{name}", but the folder is "{model.expected_name}"; Triton refuses that'
        yield Problem(("name",), message, f'name: "{model.expected_name}", or rename the folder')


@rule(
    "TS103",
    "spec file that is not named after its model",
    Severity.WARNING,
    example="models/other.yaml that says name double",
    fix="models/double.yaml that says name double",
    source="triton-stack: a model's values and files are found by its name",
)
def name_is_file(model: ModelView) -> Iterator[Problem]:
    """A spec is found by its model's name."""
    if model.spec is not None and model.expected_name and model.config.name != model.expected_name:
        message = f'the model is "{model.config.name}", but its file is {model.expected_name}.yaml'
        yield Problem(("name",), message, f"rename the file to {model.config.name}.yaml")
