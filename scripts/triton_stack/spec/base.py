"""What every reader of user files shares: documents that know their lines, and closed models. No I/O."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from triton_stack.spec.findings import Finding, FindingsError, KeyPath, Severity, format_key, suggest
from triton_stack.spec.yaml_reader import YamlProblem, read_yaml


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed file: plain data, and the line and column (from 1) of each key path.

    The column is None where a template made the line.
    """

    file: str
    data: Any
    positions: Mapping[KeyPath, tuple[int, int | None]] = field(default_factory=dict)

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
    try:
        read = read_yaml(text.decode("utf-8-sig") if isinstance(text, bytes) else text, version)
    except UnicodeDecodeError as error:
        message = f"not UTF-8 text: byte {error.start} is {error.reason}"
        raise FindingsError([Finding("TS001", Severity.ERROR, message, file=file)]) from None
    except YamlProblem as problem:
        message, line, column = f"not valid YAML: {problem.message}", problem.line, problem.column
        raise FindingsError([Finding("TS001", Severity.ERROR, message, file=file, line=line, column=column)]) from None
    document = Document(file, read.data, read.positions)
    if read.duplicates:
        raise FindingsError(
            document.finding("TS002", f'key "{key[-1]}" is given twice', key, "keep one of the two")
            for key in read.duplicates
        )
    return document


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
