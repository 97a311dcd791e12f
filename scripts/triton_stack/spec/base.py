"""What every reader of user files shares: YAML that keeps lines, and closed models. No I/O."""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from triton_stack.spec.findings import Finding, FindingsError, KeyPath, Severity, format_key, suggest

# An alias bomb of a few lines stands for billions of nodes; real files stay far below this.
MAX_NODES = 200_000

YAML_TAG = "tag:yaml.org,2002:"


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed file: plain data, and the line and column (from 1) of each key path."""

    file: str
    data: Any
    positions: Mapping[KeyPath, tuple[int, int]] = field(default_factory=dict)

    def finding(
        self, code: str, message: str, key: KeyPath = (), fix: str = "", severity: Severity = Severity.ERROR
    ) -> Finding:
        """Make a finding at ``key``, or at its nearest ancestor that the file has (for a missing key)."""
        near = key
        while near and near not in self.positions:
            near = near[:-1]
        line, column = self.positions.get(near, (None, None))
        return Finding(code, severity, message, format_key(key), fix, self.file, line, column)


def parse_yaml(text: str | bytes, file: str, version: tuple[int, int] = (1, 2)) -> Document:
    """Parse one YAML document to plain data with positions.

    Args:
        text: the file's content; bytes must be UTF-8.
        file: its name, for messages.
        version: (1, 2) for our own files; (1, 1) for chart values, which Helm reads so (``on`` is a boolean).

    Raises:
        FindingsError: TS001 for what is not YAML, TS002 for a key given twice in one mapping.
    """
    empty = Document(file, None)
    try:
        decoded = text.decode("utf-8-sig") if isinstance(text, bytes) else text
        yaml = YAML(typ="safe", pure=True)
        yaml.version = version
        node = yaml.compose(decoded)
        builder = _Builder(yaml)
        data = None if node is None else builder.build(node, ())
    except UnicodeDecodeError as error:
        raise FindingsError([empty.finding("TS001", f"not UTF-8 text: byte {error.start} is {error.reason}")]) from None
    except MarkedYAMLError as error:
        raise FindingsError([_syntax_error(error, file)]) from None
    except RecursionError:
        raise FindingsError([empty.finding("TS001", "nested too deeply")]) from None
    except (YAMLError, ValueError, OverflowError, TypeError, AttributeError, IndexError, KeyError) as error:
        # ruamel lets a few of Python's own errors through on malformed input.
        message = " ".join(str(error).split()) or type(error).__name__
        raise FindingsError([empty.finding("TS001", f"not valid YAML: {message}")]) from None
    document = Document(file, data, builder.positions)
    if builder.duplicates:
        raise FindingsError(
            document.finding("TS002", f'key "{key[-1]}" is given twice', key, "keep one of the two")
            for key in builder.duplicates
        )
    return document


def _syntax_error(error: MarkedYAMLError, file: str) -> Finding:
    mark = error.problem_mark or error.context_mark
    message = " ".join(str(part) for part in (error.context, error.problem) if part) or "cannot be read"
    line, column = (mark.line + 1, mark.column + 1) if mark else (None, None)
    return Finding("TS001", Severity.ERROR, f"not valid YAML: {message}", file=file, line=line, column=column)


class _Builder:
    """Turns ruamel's nodes to plain data and notes where each key stands."""

    def __init__(self, yaml: YAML) -> None:
        self._constructor = yaml.constructor
        self._count = 0
        self.positions: dict[KeyPath, tuple[int, int]] = {}
        self.duplicates: list[KeyPath] = []

    def build(self, node: Node, path: KeyPath) -> Any:
        self._count += 1
        if self._count > MAX_NODES:
            raise ValueError(f"more than {MAX_NODES} values (do aliases repeat each other?)")
        self.positions.setdefault(path, (node.start_mark.line + 1, node.start_mark.column + 1))
        if isinstance(node, MappingNode):
            return self._mapping(node, path)
        if isinstance(node, SequenceNode):
            return [self.build(child, (*path, index)) for index, child in enumerate(node.value)]
        return self._scalar(node)

    def _mapping(self, node: MappingNode, path: KeyPath) -> dict[Any, Any]:
        result: dict[Any, Any] = {}
        merged: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, ScalarNode):
                raise ValueError(f"line {key_node.start_mark.line + 1}: a key must be a plain text")
            if key_node.tag == f"{YAML_TAG}merge":
                for part in self._merge_parts(value_node):
                    merged = {**self._mapping(part, path), **merged}
                continue
            key = self._scalar(key_node)
            if not isinstance(key, Hashable):
                raise ValueError(f"line {key_node.start_mark.line + 1}: a key must be a plain text")
            child = (*path, key if isinstance(key, str) else str(key))
            if key in result:
                self.duplicates.append(child)
            self.positions[child] = (key_node.start_mark.line + 1, key_node.start_mark.column + 1)
            result[key] = self.build(value_node, child)
        return {**merged, **result}

    def _merge_parts(self, node: Node) -> Iterator[MappingNode]:
        for part in node.value if isinstance(node, SequenceNode) else [node]:
            if not isinstance(part, MappingNode):
                raise ValueError(f"line {part.start_mark.line + 1}: << needs a mapping")
            self._count += len(part.value)
            if self._count > MAX_NODES:
                raise ValueError("too many merged keys")
            yield part

    def _scalar(self, node: Node) -> Any:
        kind = str(node.tag).removeprefix(YAML_TAG)
        if kind in ("int", "float", "bool", "null"):
            return self._constructor.construct_object(node)
        if kind in ("str", "timestamp", "value"):
            return _join_surrogates(node.value)
        raise ValueError(f"line {node.start_mark.line + 1}: tag {node.tag} is not allowed")


def _join_surrogates(text: str) -> str:
    r"""Read ``"\ud83d\ude00"`` as one character: JSON writes those beyond 16 bits so, and JSON is YAML."""
    try:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
    except UnicodeDecodeError:
        return text


class ClosedModel(BaseModel):
    """Base of all our own models: unknown keys are refused, types are not guessed, instances do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    @classmethod
    def read(cls, document: Document, data: object, path: KeyPath = ()) -> Self:
        """Validate ``data``, found at ``path`` of the document.

        Raises:
            FindingsError: one finding a wrong key, with its place.
        """
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            raise FindingsError(pydantic_findings(error, cls, document, path)) from None


def pydantic_findings(
    error: ValidationError, model: type[BaseModel], document: Document, path: KeyPath = ()
) -> list[Finding]:
    """Say pydantic's errors in our form: key path, place, what is allowed, did-you-mean."""
    return [_pydantic_finding(dict(item), model, document, path) for item in error.errors(include_url=False)]


def _pydantic_finding(item: dict[str, Any], model: type[BaseModel], document: Document, path: KeyPath) -> Finding:
    location: KeyPath = tuple(item["loc"])
    key = path + _real_path(document.data, path, location)
    if item["type"] == "extra_forbidden":
        allowed = _allowed_keys(model, location[:-1])
        fix = suggest(location[-1], allowed) or (f"allowed here: {', '.join(allowed)}" if allowed else "remove it")
        return document.finding("TS003", f'unknown key "{location[-1]}"', key, fix)
    if item["type"] == "missing":
        return document.finding("TS006", f'key "{location[-1]}" is missing', path + location, f"add {location[-1]}")
    message = str(item["msg"]).removeprefix("Value error, ").removeprefix("Assertion failed, ")
    value = item.get("input")
    shown = "" if isinstance(value, dict | list) else f" (found {value!r:.80})"
    return document.finding("TS004", f"{message}{shown}", key)


def _real_path(data: Any, base: KeyPath, location: KeyPath) -> KeyPath:
    """Keep the parts of pydantic's location that exist in the data (it adds the names of union members)."""
    for part in base:
        data = data[part]
    real: list[str | int] = []
    for part in location:
        in_map = isinstance(data, dict) and part in data
        in_list = isinstance(data, list) and isinstance(part, int) and part < len(data)
        if in_map or in_list:
            data = data[part]
            real.append(part)
    return tuple(real)


def _allowed_keys(model: type[BaseModel], location: KeyPath) -> list[str]:
    current: Any = model
    for part in location:
        current = _step(current, part)
    if isinstance(current, type) and issubclass(current, BaseModel):
        return [info.alias or name for name, info in current.model_fields.items()]
    return []


def _step(annotation: Any, part: str | int) -> Any:
    """Go from a type to the type of its member ``part``, through Optional, Annotated, dict and list."""
    candidates = list(_models_in(annotation))
    for candidate in candidates:
        for name, info in candidate.model_fields.items():
            if part in (name, info.alias):
                inner = list(_models_in(info.annotation))
                return inner[0] if len(inner) == 1 else info.annotation
    return candidates[0] if len(candidates) == 1 else annotation


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        return
    for argument in getattr(annotation, "__args__", ()):
        yield from _models_in(argument)
