"""Rules on the source of python models (TS406)."""

import ast
from collections.abc import Iterator

from triton_stack.check.registry import Problem, rule
from triton_stack.check.view import ModelView


@rule(
    "TS406",
    "python model that cannot run",
    example="a model.py whose class TritonPythonModel has no execute",
    fix="class TritonPythonModel with def execute(self, requests)",
    source="python backend, pb_stub.cc: Stub::Initialize",
)
def python_models(model: ModelView) -> Iterator[Problem]:
    """The python backend needs class TritonPythonModel with execute in model.py."""
    if model.folder is None or model.config.backend != "python":
        return
    for path, text in sorted(model.folder.python.items()):
        problem = _python_problem(text)
        if problem:
            yield Problem(
                model.folder_key,
                f"{path}: {problem}",
                "it needs: class TritonPythonModel, with def execute(self, requests)",
            )


def _python_problem(text: bytes) -> str:
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        return f"line {error.lineno}: {error.msg}"
    except (ValueError, RecursionError, MemoryError) as error:
        return f"cannot be read as Python: {error}"
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name == "TritonPythonModel":
            names = {item.name for item in node.body if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef)}
            return "" if "execute" in names or node.bases or node.decorator_list else "TritonPythonModel has no execute"
    # It may come from elsewhere, by import or assignment.
    named = any(
        isinstance(node, ast.Name | ast.alias) and _name_of(node) in ("TritonPythonModel", "*")
        for node in ast.walk(tree)
    )
    return "" if named else "there is no class TritonPythonModel"


def _name_of(node: ast.Name | ast.alias) -> str:
    return node.id if isinstance(node, ast.Name) else node.asname or node.name
