"""From config.pbtxt to a ModelConfig message, by protobuf's own text parser. No I/O."""

import re
from typing import Any

from google.protobuf.descriptor import Descriptor, EnumDescriptor
from google.protobuf.message import DecodeError
from google.protobuf.text_format import Parse, ParseError

from triton_stack.pbtxt.positions import walk
from triton_stack.pbtxt.scan import scan, without_texts
from triton_stack.spec.base import Document
from triton_stack.spec.descriptor import model_config_descriptor, new_model_config
from triton_stack.spec.findings import Finding, FindingsError, KeyPath, Severity, format_key, suggest
from triton_stack.spec.versions import NEWEST_TRITON

_PLACE = re.compile(r"^(\d+):(\d+) : (.*)$", re.DOTALL)
_UNKNOWN_FIELD = re.compile(r'Message type "([\w.]+)" has no field named "([^"]*)"')
_UNKNOWN_ENUM = re.compile(r'Enum type "([\w.]+)" has no value (?:named|with number) (\S+?)\.?$')
_GIVEN_TWICE = re.compile(r'Message type "[\w.]+" should not have multiple "([^"]*)" fields')
_EXCLUDE = re.compile(r'Field "([^"]*)" is specified along with field "([^"]*)", another member of oneof')
BYTE_ORDER_MARK = "\ufeff"
# Outside of texts and comments: what is not ASCII, control characters, a plus sign.
_NOT_FOR_THE_SERVER = re.compile(r"[^\x20-\x7e\t\n\r\v\f]|\+(?=[\d.])(?<![eE]\+)")
_LONE_SIGN = re.compile(r"-(\s+)(?=[\w.])")
# What templates leave: ${name}, $name, {{ name }}, {% if %}, <name>.
_PLACEHOLDER = re.compile(r"\$\{[^{}\n]*\}|\$\w+|\{\{[^{}\n]*\}\}|\{%[^\n]*?%\}|(?<=:)(\s*)(<\s*[A-Za-z_][\w -]*>)")


def parse_config(text: str | bytes, file: str) -> Any:
    """Parse the text of one config.pbtxt.

    Raises:
        FindingsError: TS008 with line and column, or TS012 for each placeholder that was never filled.
    """
    document = Document(file, None)
    try:
        decoded = text.decode() if isinstance(text, bytes) else text
    except UnicodeDecodeError as error:
        raise FindingsError(
            [document.finding("TS008", f"not UTF-8 text: byte {error.start} is {error.reason}")]
        ) from None
    if refused := _refused_by_the_server(decoded, file):
        raise FindingsError(_placeholders(decoded, file) or [refused])
    try:
        return Parse(_with_signs_at_numbers(decoded), new_model_config())
    except ParseError as error:
        raise FindingsError(_placeholders(decoded, file) or [_finding(error, decoded, file)]) from None
    except RecursionError:
        raise FindingsError([document.finding("TS008", "nested too deeply")]) from None
    except (DecodeError, ValueError, UnicodeError, TypeError, KeyError, AttributeError) as error:
        raise FindingsError([document.finding("TS008", f"not valid protobuf text: {error}")]) from None


def _with_signs_at_numbers(text: str) -> str:
    """Move a minus sign to its number: the server reads ``- 1``, protobuf's Python parser ``-1`` alone."""
    characters = list(text)
    for match in _LONE_SIGN.finditer(without_texts(text)):
        characters[match.start() : match.end()] = [*match[1], "-"]
    return "".join(characters)


def _refused_by_the_server(text: str, file: str) -> Finding | None:
    """Find what protobuf's C++ parser, the server's, refuses and its Python parser takes."""
    match = _NOT_FOR_THE_SERVER.search(without_texts(text))
    begin = min((place for place in (match.start() if match else -1, text.find("\0")) if place >= 0), default=-1)
    if begin < 0:
        return None
    character = text[begin]
    shown = character if character.isprintable() else f"U+{ord(character):04X}"
    what = "a byte order mark" if character == BYTE_ORDER_MARK else f'character "{shown}"'
    message = f"{what} where the server takes none"
    fix = "write the number without it" if character == "+" else "remove it"
    return Finding("TS008", Severity.ERROR, message, "", fix, file, *_place(text, begin))


def _place(text: str, offset: int) -> tuple[int, int]:
    """Return line and column, from 1."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def _placeholders(text: str, file: str) -> list[Finding]:
    findings = []
    for match in _PLACEHOLDER.finditer(without_texts(text)):
        begin = match.start(2) if match[2] else match.start()
        message = f"placeholder {match[2] or match[0]} was never filled"
        fix = "fill the template first, then use its result"
        findings.append(Finding("TS012", Severity.ERROR, message, "", fix, file, *_place(text, begin)))
    return findings


def _finding(error: ParseError, text: str, file: str) -> Finding:
    match = _PLACE.match(str(error))
    if match is None:
        return Finding("TS008", Severity.ERROR, f"not valid protobuf text: {error}", file=file)
    line, column = int(match[1]), int(match[2])
    # Parsers quote the whole line before they say what is wrong with it; the place says it already.
    shown = text.split("\n")[line - 1] if line <= text.count("\n") + 1 else ""
    message = match[3].removeprefix(f"'{shown}': ").strip()
    message, fix = _in_words(message)
    return Finding("TS008", Severity.ERROR, message, _key_at(text, line, column), fix, file, line, column)


def _in_words(message: str) -> tuple[str, str]:
    """Say what protobuf says in the words of findings: message and fix."""
    if match := _UNKNOWN_FIELD.search(message):
        described = _described(match[1])
        names = [field.name for field in described.fields] if isinstance(described, Descriptor) else []
        fix = suggest(match[2], names) or f"allowed here: {', '.join(names)}"
        return f'unknown field "{match[2]}": no release of Triton up to {NEWEST_TRITON} has it', fix
    if match := _UNKNOWN_ENUM.search(message):
        described = _described(match[1])
        names = [value.name for value in described.values] if isinstance(described, EnumDescriptor) else []
        return f"there is no {match[2]}", suggest(match[2], names) or f"allowed: {', '.join(names)}"
    if match := _GIVEN_TWICE.search(message):
        return f'"{match[1]}" is given twice', "keep one of the two"
    if match := _EXCLUDE.search(message):
        return f'"{match[2]}" and "{match[1]}" exclude each other', "keep one"
    return f"not valid protobuf text: {message}", ""


def _described(name: str) -> Descriptor | EnumDescriptor | None:
    """Find a message or enum type by its full name."""
    file = model_config_descriptor().file
    found: Any = None
    parts = name.removeprefix(f"{file.package}.").split(".")
    for index, part in enumerate(parts):
        if index == 0:
            found = file.message_types_by_name.get(part) or file.enum_types_by_name.get(part)
        elif found is not None:
            found = found.nested_types_by_name.get(part) or found.enum_types_by_name.get(part)
    return found if isinstance(found, Descriptor | EnumDescriptor) else None


def _key_at(text: str, line: int, column: int) -> str:
    """Return the innermost key that begins on this line, at or before the column."""
    near: KeyPath = ()
    best = 0
    for path, place, _ in walk(scan(text).fields):
        if place.line == line and best <= place.column <= column:
            near, best = path, place.column
    return format_key(near)
