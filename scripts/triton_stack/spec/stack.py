"""stack.yaml: what a user's stack is called, and the chart values that go with its models. No I/O."""

from typing import Any

from pydantic import Field

from triton_stack.spec.base import Document
from triton_stack.spec.environment import Environment, Environments, read_stack_file
from triton_stack.spec.findings import FindingsError

STACK_FILE = "stack.yaml"
MODELS_FOLDER = "models"


class Stack(Environments):
    """The content of stack.yaml in one environment; the models are the files ``models/*.yaml`` beside it."""

    name: str = Field(
        description="name of the stack, for people", pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$", max_length=53
    )
    values: dict[str, Any] = Field(default_factory=dict, description="chart values, copied to OUT/values/stack.yaml")


def uses_claim(values: dict[str, Any]) -> bool:
    """Tell whether the models come from a claim: then config and files are the claim's own, and no values name them."""
    repository = values.get("modelRepository")
    return isinstance(repository, dict) and repository.get("type") == "pvc"


def object_store(values: dict[str, Any]) -> dict[str, Any]:
    """Return the values of the object store that pods fetch from; empty when there is none."""
    repository = values.get("modelRepository")
    store = repository.get("objectStore") if isinstance(repository, dict) and not uses_claim(values) else None
    return store if isinstance(store, dict) and store.get("url") else {}


def parse_stack(content: str | bytes, file: str, environment: Environment) -> tuple[Stack, Document]:
    """Read stack.yaml as it is in one environment.

    Raises:
        FindingsError: the codes TS001 to TS006, TS010 and TS011.
    """
    document = read_stack_file(content, file, environment)
    if not isinstance(document.data, dict):
        raise FindingsError([document.finding("TS004", "stack.yaml is a mapping with name and values")])
    return Stack.read(document, document.data), document
