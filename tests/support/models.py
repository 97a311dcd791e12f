"""Small models that cluster tests publish, by the command that users have."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from demo.shell import Shell
from demo.store import SECRET, Store

DOUBLE = """
import triton_python_backend_utils as pb_utils

class TritonPythonModel:
    def initialize(self, args):
        {initialize}

    def execute(self, requests):
        return [
            pb_utils.InferenceResponse([pb_utils.Tensor("OUTPUT", tensor.as_numpy() * {factor})])
            for tensor in (pb_utils.get_input_tensor_by_name(request, "INPUT") for request in requests)
        ]
"""
STACK = """
name: tests
values: {{modelRepository: {{objectStore: {{url: "s3://models/{prefix}"}}}}}}
"""
SAMPLE = json.dumps({"inputs": [{"name": "INPUT", "shape": [1, 1], "datatype": "FP32", "data": [3]}]})


@dataclass
class Models:
    """Publishes models to the store of the tests.

    Attributes:
        store: The store, as it is reached from this machine.
        store_shell: Shell of the store's namespace.
        folder: Scratch folder.
    """

    store: Store
    store_shell: Shell
    folder: Path

    def publish(self, name: str, initialize: str = "pass", factor: int = 2, prefix: str = "tests") -> dict[str, Any]:
        """Values of a published model that multiplies; `initialize` is a line of Python that it runs when it loads."""
        stack = self.folder / f"{prefix}-{name}-{factor}-{abs(hash(initialize))}"
        version = stack / "files" / name / "1"
        version.mkdir(parents=True, exist_ok=True)
        (version / "model.py").write_text(DOUBLE.format(initialize=initialize, factor=factor))
        (stack / "stack.yaml").write_text(STACK.format(prefix=prefix))
        (stack / "models").mkdir(exist_ok=True)
        spec = {
            "name": name,
            "backend": "python",
            "max_batch_size": 8,
            "input": [{"name": "INPUT", "data_type": "FP32", "dims": [1]}],
            "output": [{"name": "OUTPUT", "data_type": "FP32", "dims": [1]}],
            "instance_group": [{"kind": "KIND_CPU", "count": 1}],
            "source": f"../files/{name}",
            "sample": {"INPUT": [3]},
        }
        (stack / "models" / f"{name}.yaml").write_text(yaml.safe_dump(spec))
        self.publish_stack(stack, prefix)
        return self.values(stack)

    def publish_stack(self, stack: Path, prefix: str) -> None:
        """Publish a stack folder."""
        words = [
            "triton-stack",
            "publish",
            str(stack),
            "--to",
            f"s3://models/{prefix}",
            "--endpoint",
            self.store.endpoint,
            "--path-style",
        ]
        self.store_shell.run(*words, **self.store.environment)

    def values(self, stack: Path) -> dict[str, Any]:
        """The values `models` that `triton-stack generate` writes for a stack."""
        self.store_shell.run("triton-stack", "generate", str(stack), "-o", str(stack / "out"))
        merged: dict[str, Any] = {}
        for path in (stack / "out" / "values").glob("*.yaml"):
            merged |= yaml.safe_load(path.read_text()).get("models", {})
        assert merged, f"no values came from {stack}"
        return merged

    def repository(self, shell: Shell, prefix: str = "tests") -> dict[str, Any]:
        """The value `modelRepository` for this store; its keys are copied into the namespace of `shell`."""
        secret = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": SECRET},
            "stringData": {
                "access-key-id": self.store.access_key_id,
                "secret-access-key": self.store.secret_access_key,
            },
        }
        shell.kubectl("apply", "-f", "-", text=json.dumps(secret))
        return {
            "type": "objectStore",
            "objectStore": {
                "url": f"s3://models/{prefix}",
                "endpoint": f"http://s3.{self.store_shell.namespace}.svc:9000",
                "pathStyle": True,
                "credentials": {"secretName": SECRET},
            },
        }
