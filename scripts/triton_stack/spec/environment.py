"""Environments of a stack: variables, and the files that are templates over them. No I/O."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from triton_stack.spec.base import ClosedModel, Document, parse_yaml
from triton_stack.spec.findings import Finding, FindingsError, KeyPath, Severity, format_key, suggest
from triton_stack.spec.overlay import overlay
from triton_stack.spec.template import Rendered, TemplateError, is_template, render

BLOCKS = ("variables", "environments")
# A variable that is always there, and words of Jinja's own language.
RESERVED = frozenset(
    {"environment", "and", "caller", "context", "else", "false", "False", "if", "import", "in", "is", "loop", "none"}
    | {"None", "not", "or", "recursive", "self", "super", "true", "True", "with", "without"}
)

EnvironmentName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$", max_length=53)]
VariableName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]
Variables = dict[VariableName, Any]

_BLOCK = re.compile(rf"({'|'.join(BLOCKS)})[ \t]*:([ \t]|\r?$)")
# What stands in texts that other templates are to fill: Go's, of Helm and Prometheus.
_FOREIGN = re.compile(r"\{\{-?\s*(\.|\w*\s*\$|(include|printf|tpl)\b)")
_RAW = "text for another template, as Helm's or Prometheus', stands between {% raw %} and {% endraw %}"


@dataclass(frozen=True, slots=True)
class Environment:
    """What a template can use.

    Args:
        name: of the environment; empty when the stack declares none.
        variables: by name; the environment's laid over those that all share.
        stack_file: the file that declares them; empty when there is none.
    """

    name: str = ""
    variables: Mapping[str, Any] = field(default_factory=dict)
    stack_file: str = ""

    @property
    def note(self) -> str:
        """Return what findings end with that not every environment has."""
        return f" (environment {self.name})" if self.name else ""

    def of_file(self, source: str) -> str:
        """Return a file's name as heads of generated files give it."""
        return f"{source}, environment {self.name}" if self.name else source


class Environments(ClosedModel):
    """The two blocks of stack.yaml that are read before anything is rendered."""

    variables: Variables = Field(default_factory=dict, description="variables of all templates of the stack")
    environments: dict[EnvironmentName, Variables | None] = Field(
        default_factory=dict, description="environments by name, each with variables that are laid over the shared ones"
    )

    def of(self, name: str, stack_file: str) -> Environment:
        """Return an environment; ``name`` is empty where the stack declares none."""
        variables = overlay(self.variables, self.environments.get(name) or {})
        return Environment(name, {**variables, **({"environment": name} if name else {})}, stack_file)


def read_environments(content: str | bytes, file: str) -> Environments:
    """Read the blocks ``variables`` and ``environments`` of a stack.yaml, and nothing else of it.

    Raises:
        FindingsError: they cannot be used; TS001 to TS004 and TS011.
    """
    text = _text(content, file)
    document = parse_yaml(_split(text, file)[0] if is_template(text) else text, file)
    data = document.data if isinstance(document.data, dict) else {}
    found = Environments.read(document, {key: data[key] for key in BLOCKS if key in data})
    blocks: list[tuple[KeyPath, Mapping[str, Any]]] = [(("variables",), found.variables)]
    blocks += [(("environments", name), own or {}) for name, own in found.environments.items()]
    taken = [(*path, name) for path, variables in blocks for name in variables if name in RESERVED]
    if taken:
        raise FindingsError(
            document.finding("TS004", f'"{path[-1]}" is a word of the templates', path, "choose another name")
            for path in taken
        )
    return found


def read_template(content: str | bytes, file: str, environment: Environment) -> Document:
    """Read a file that may be a template; places in it are those of the file as the user wrote it.

    Raises:
        FindingsError: TS010 and TS011 for the template, TS001 and TS002 for what it makes.
    """
    if not is_template(content):
        return parse_yaml(content, file)
    return _read(_text(content, file), file, environment)


def read_stack_file(content: str | bytes, file: str, environment: Environment) -> Document:
    """Read a stack.yaml; its blocks of variables are left out of the data when it is a template.

    Raises:
        FindingsError: as ``read_template``.
    """
    if not is_template(content):
        return parse_yaml(content, file)
    document = _read(_split(_text(content, file), file)[1], file, environment)
    for name in BLOCKS:
        if isinstance(document.data, dict) and name in document.data:
            message = f"{name} is read before the rest is rendered, and was not found"
            fix = f'write it as a block of its own, whose line begins with "{name}:"'
            raise FindingsError([document.finding("TS011", message, (name,), fix)])
    return document


def _read(text: str, file: str, environment: Environment) -> Document:
    try:
        rendered = render(text, environment.variables)
    except TemplateError as error:
        raise FindingsError([_problem(error, text, file, environment)]) from None
    try:
        document = parse_yaml(rendered.text, file)
    except FindingsError as error:
        raise FindingsError(_in_source(finding, rendered, text) for finding in error.findings) from None
    positions = {key: rendered.source(*place) for key, place in document.positions.items()}
    return replace(document, positions=positions)


def _text(content: str | bytes, file: str) -> str:
    if isinstance(content, str):
        return content
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"not UTF-8 text: byte {error.start} is {error.reason}"
        raise FindingsError([Finding("TS001", Severity.ERROR, message, file=file)]) from None


def _split(text: str, file: str) -> tuple[str, str]:
    """Part a stack.yaml in its blocks of variables, and the rest; both keep the numbers of their lines."""
    blocks: list[str] = []
    rest: list[str] = []
    inside = ""
    for number, line in enumerate(text.split("\n"), start=1):
        begins = _BLOCK.match(line)
        if begins:
            inside = begins[1]
        elif line[:1] not in ("", " ", "\t", "#", "-", "\r") or line.startswith("---"):
            inside = ""
        if inside and is_template(line) and not line.lstrip().startswith("#"):
            message = f"{inside} is read before anything is rendered, so it can hold no template"
            fix = "write the value itself; expressions may stand in the rest of the file and in models/*.yaml"
            raise FindingsError([Finding("TS011", Severity.ERROR, message, inside, fix, file, number)])
        blocks.append(line if inside else "")
        rest.append("" if inside else line)
    return "\n".join(blocks), "\n".join(rest)


def _in_source(finding: Finding, rendered: Rendered, text: str) -> Finding:
    """Say where the user wrote what does not fit, and what it became there."""
    if finding.line is None:
        return finding
    line, column = rendered.source(finding.line, finding.column)
    made = rendered.line(finding.line).strip()
    lines = text.splitlines()
    written = lines[line - 1].strip() if line <= len(lines) else ""
    shown = f' (rendered: "{made:.80}")' if made and made != written else ""
    return replace(finding, line=line, column=column, message=finding.message + shown)


def _problem(error: TemplateError, text: str, file: str, environment: Environment) -> Finding:
    lines = re.split("\r\n|\r|\n", text)
    here = lines[error.line - 1] if error.line is not None and error.line <= len(lines) else ""
    foreign = _RAW if _FOREIGN.search(here) else ""
    if error.unknown is None:
        message = f"the template cannot be rendered: {error}"
        return Finding("TS011", Severity.ERROR, message, "", foreign, file, error.line)
    asked = str(error.unknown.name)
    owner = error.unknown.owner
    path = _path_of(owner, environment.variables) if owner is not None else ()
    known = [str(key) for key in owner] if isinstance(owner, dict) else []
    if owner is None:
        known = list(environment.variables)
    message = _unknown(asked, owner, path, environment)
    if not environment.stack_file:
        fix = "put the spec into models/ of a stack, whose stack.yaml has the block variables"
    elif owner is not None and not isinstance(owner, dict):
        fix = ""
    else:
        fix = suggest(asked, known) or f"add it to stack.yaml{f'; known here: {_few(known)}' if known else ''}"
    return Finding("TS010", Severity.ERROR, message, "", foreign or fix, file, error.line)


def _unknown(asked: str, owner: Any, path: KeyPath | None, environment: Environment) -> str:
    if not environment.stack_file:
        return f'there is no variable "{asked}": the file has no stack.yaml beside it that could give one'
    if owner is None:
        return f'there is no variable "{asked}"{environment.note}'
    if isinstance(owner, dict) and path is not None:
        return f'there is no variable "{format_key((*path, asked))}"{environment.note}'
    kind = {"dict": "a mapping", "list": "a list", "str": "a text", "NoneType": "null"}.get(type(owner).__name__, "")
    return f'there is no "{asked}" in {kind or f"a value of type {type(owner).__name__}"}{environment.note}'


def _path_of(owner: Any, variables: Mapping[str, Any]) -> KeyPath | None:
    """Return where among the variables a value stands."""
    seen: list[tuple[KeyPath, Any]] = [((), variables)]
    for path, value in seen:
        if value is owner:
            return path
        items = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
        seen += [((*path, key if isinstance(key, int) else str(key)), item) for key, item in items]
    return None


def _few(names: list[str]) -> str:
    return ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
