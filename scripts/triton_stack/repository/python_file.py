"""What a Python model says of itself in ``auto_complete_config``, read from its source and never run."""

import ast
from dataclasses import dataclass, field
from typing import Any

_CLASS, _FUNCTION = "TritonPythonModel", "auto_complete_config"
_UNKNOWN = object()


@dataclass
class PythonModel:
    """What the source says.

    Attributes:
        completes: it has ``auto_complete_config``.
        left: why that function is left to the server; empty when all of it was understood.
        inputs: the dicts given to ``add_input``.
        outputs: the dicts given to ``add_output``.
        max_batch_size: given to ``set_max_batch_size``; None when it is not called.
        dynamic_batching: ``set_dynamic_batching`` is called.
        decoupled: given to ``set_model_transaction_policy``.
    """

    completes: bool = False
    left: str = ""
    inputs: list[dict[str, Any]] = field(default_factory=list)
    outputs: list[dict[str, Any]] = field(default_factory=list)
    max_batch_size: int | None = None
    dynamic_batching: bool = False
    decoupled: bool = False


class _NotLiteralError(Exception):
    def __init__(self, node: ast.AST, what: str) -> None:
        super().__init__(f"line {getattr(node, 'lineno', 0)}: {what}")


def read_python_model(text: bytes) -> PythonModel:
    """Read the calls that add tensors and set batching, where their arguments are written out.

    Straight code is followed, loops over written-out lists, and the usual guard ``if name not in names``; the first
    thing beyond that leaves the whole function to the server, because half of its tensors would be wrong.
    """
    try:
        tree = ast.parse(text)
        function = _find(tree)
        if function is None:
            return PythonModel()
        found = PythonModel(completes=True)
        _Follower(function, found).run()
    except _NotLiteralError as error:
        return PythonModel(completes=True, left=str(error))
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        # The rule TS406 says what is wrong with it.
        return PythonModel()
    return found


def _find(tree: ast.Module) -> ast.FunctionDef | None:
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name == _CLASS:
            for item in node.body:
                if isinstance(item, ast.FunctionDef) and item.name == _FUNCTION:
                    return item
    return None


class _Follower:
    """Follows a function as far as its values are literals."""

    def __init__(self, function: ast.FunctionDef, found: PythonModel) -> None:
        if not function.args.args:
            raise _NotLiteralError(function, f"{_FUNCTION} has no argument")
        self._body = function.body
        self._config = function.args.args[-1].arg
        self._found = found
        self._values: dict[str, Any] = {}

    def run(self) -> None:
        self._block(self._body)

    def _block(self, body: list[ast.stmt]) -> None:
        for statement in body:
            if isinstance(statement, ast.Return):
                if not isinstance(statement.value, ast.Name):
                    raise _NotLiteralError(statement, ast.unparse(statement)[:60])
                return
            self._statement(statement)

    def _statement(self, node: ast.stmt) -> None:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and self._is_config(node.value.func):
            self._call(node.value)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            self._assign(node)
        elif isinstance(node, ast.For) and self._mentions_config(node):
            self._loop(node)
        elif isinstance(node, ast.If) and self._mentions_config(node):
            guard = node.test
            # With an empty config nothing is there yet, so the guard is true.
            if node.orelse or not (isinstance(guard, ast.Compare) and isinstance(guard.ops[0], ast.NotIn)):
                raise _NotLiteralError(node, "a condition")
            self._block(node.body)
        elif self._mentions_config(node):
            raise _NotLiteralError(node, f"{ast.unparse(node).splitlines()[0]:.60}")
        else:
            self._forget(node)

    def _is_config(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == self._config

    def _mentions_config(self, node: ast.AST) -> bool:
        return any(isinstance(item, ast.Name) and item.id == self._config for item in ast.walk(node))

    def _assign(self, node: ast.Assign | ast.AnnAssign) -> None:
        value = node.value
        reads_only = isinstance(value, ast.Call) and self._is_config(value.func) and _method(value) == "as_dict"
        if self._mentions_config(node) and not reads_only:
            raise _NotLiteralError(node, f"{ast.unparse(node).splitlines()[0]:.60}")
        self._forget(node)
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for target in targets:
            if isinstance(target, ast.Name) and value is not None and not reads_only:
                self._values[target.id] = self._try(value)

    def _loop(self, node: ast.For) -> None:
        items = self._value(node.iter)
        if not isinstance(items, list | tuple) or not isinstance(node.target, ast.Name) or node.orelse:
            raise _NotLiteralError(node, "a loop")
        for item in items:
            self._values[node.target.id] = item
            self._block(node.body)

    def _forget(self, node: ast.AST) -> None:
        """Names that a statement touches in a way that is not followed are known no longer."""
        for item in ast.walk(node):
            if isinstance(item, ast.Name) and not (isinstance(node, ast.Assign) and isinstance(item.ctx, ast.Load)):
                self._values.pop(item.id, None)

    def _call(self, call: ast.Call) -> None:
        method = _method(call)
        arguments = [self._value(item) for item in (*call.args, *(word.value for word in call.keywords))]
        first = arguments[0] if arguments else None
        if method in ("add_input", "add_output") and isinstance(first, dict):
            (self._found.inputs if method == "add_input" else self._found.outputs).append(first)
        elif method == "set_max_batch_size" and isinstance(first, int):
            self._found.max_batch_size = first
        elif method == "set_dynamic_batching":
            self._found.dynamic_batching = True
        elif method == "set_model_transaction_policy" and isinstance(first, dict):
            self._found.decoupled = bool(first.get("decoupled"))
        else:
            raise _NotLiteralError(call, f"{ast.unparse(call):.60}")

    def _try(self, node: ast.expr) -> Any:
        try:
            return self._value(node)
        except _NotLiteralError:
            return _UNKNOWN

    def _value(self, node: ast.expr) -> Any:
        """Return the value of a literal, of a name that holds one, or of ``dict(key=literal)``."""
        if isinstance(node, ast.Name) and self._values.get(node.id, _UNKNOWN) is not _UNKNOWN:
            return self._values[node.id]
        if isinstance(node, ast.List | ast.Tuple):
            return [self._value(item) for item in node.elts]
        if isinstance(node, ast.Dict) and all(key is not None for key in node.keys):
            keys = [self._value(key) for key in node.keys if key is not None]
            return dict(zip(keys, [self._value(value) for value in node.values], strict=True))
        is_dict = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "dict"
        if is_dict and isinstance(node, ast.Call) and not node.args and all(word.arg for word in node.keywords):
            return {str(word.arg): self._value(word.value) for word in node.keywords}
        try:
            return ast.literal_eval(node)
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            raise _NotLiteralError(node, f"{ast.unparse(node):.60} is not written out") from None


def _method(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""
