"""YAML text to plain data that knows where each key stands. No I/O.

The text is split into events by libyaml, which is some twenty times as fast as Python; what a scalar means is decided
here, by the rules of YAML 1.2 for our own files and by those of Helm for chart values.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    DocumentStartEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    StreamEndEvent,
)

from triton_stack.spec.findings import KeyPath

# An alias bomb of a few lines stands for billions of nodes; real files stay far below both.
MAX_NODES = 200_000
MAX_DEPTH = 100

_TAG = "tag:yaml.org,2002:"
# JSON writes characters beyond 16 bits as two escapes, which libyaml refuses.
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")

_NUMBER = r"""
    (?P<int>  [-+]? (?: 0b_*[01][01_]* | 0x_*[0-9a-fA-F][0-9a-fA-F_]* | 0o_*[0-7][0-7_]* | [0-9][0-9_]* ) )
  | (?P<float> [-+]? (?: [0-9][0-9_]* (?:\.[0-9_]*)? | \.[0-9][0-9_]* ) (?:[eE][-+]?[0-9]+)?
             | [-+]? \. (?: inf | Inf | INF ) | \. (?: nan | NaN | NAN ) )
  | (?P<null> ~ | null | Null | NULL | )
  | (?P<merge> << )
"""
_TRUE_FALSE = "true | True | TRUE | false | False | FALSE"
_YES_NO = "y | Y | yes | Yes | YES | on | On | ON | n | N | no | No | NO | off | Off | OFF"
_WORDS = {"true": True, "yes": True, "y": True, "on": True, "false": False, "no": False, "n": False, "off": False}
_KINDS = {
    (1, 2): re.compile(rf"{_NUMBER} | (?P<bool> {_TRUE_FALSE} )", re.VERBOSE),
    (1, 1): re.compile(rf"{_NUMBER} | (?P<bool> {_TRUE_FALSE} | {_YES_NO} )", re.VERBOSE),
}


class YamlProblem(Exception):
    """The text cannot be used; line and column count from 1 where they are known."""

    def __init__(self, message: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(message)
        self.message, self.line, self.column = message, line, column


@dataclass(slots=True)
class YamlData:
    """What a text says: the data, line and column (from 1) of each key path, and the keys that came twice."""

    data: Any = None
    positions: dict[KeyPath, tuple[int, int]] = field(default_factory=dict)
    duplicates: list[KeyPath] = field(default_factory=list)


def read_yaml(text: str, version: tuple[int, int]) -> YamlData:
    """Read one document.

    Args:
        text: of the file.
        version: (1, 2), or (1, 1) for what Helm reads (``on`` is a boolean, ``010`` is 8).

    Raises:
        YamlProblem: it is not YAML, or not such as we read.
    """
    try:
        node = _Composer(text).document()
        return _Builder(version).build(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        message = " ".join(str(part) for part in (error.context, error.problem) if part) or "cannot be read"
        if mark is None:
            raise YamlProblem(message) from None
        lines = text.splitlines()
        place = mark.line + 1, mark.column + 1
        if mark.line == len(lines) > 0 and not text.endswith("\n"):
            # libyaml ends the last line itself, and is then one line further than the text.
            place = len(lines), len(lines[-1]) + 1
        raise YamlProblem(message, *place) from None
    except yaml.reader.ReaderError as error:
        # Its position counts bytes or characters, as the parser has it; the text is read from its beginning.
        at = text.find(chr(error.character))
        place = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
        raise YamlProblem(f"the character #x{error.character:04x} is not allowed", *place) from None
    except UnicodeEncodeError:
        raise YamlProblem("it holds half a character (a lone surrogate)") from None
    except RecursionError:
        raise YamlProblem("nested too deeply") from None


def _parser(text: str) -> yaml.BaseLoader | yaml.CBaseLoader:
    """The same parser is there in Python too: for a machine without libyaml, and for what that does not read."""
    if not yaml.__with_libyaml__ or _SURROGATE.search(text):
        return yaml.BaseLoader(text)
    return yaml.CBaseLoader(text)


@dataclass(slots=True)
class _Node:
    """A scalar has a text, a sequence nodes, a mapping pairs of nodes; ``tag`` is None where the text decides."""

    content: Any
    kind: str
    tag: str | None
    line: int
    column: int


def is_text_to_helm(word: str) -> bool:
    """Tell whether Helm reads this word as a text where it stands without quotes."""
    return _KINDS[1, 1].fullmatch(word) is None


class _Composer:
    def __init__(self, text: str) -> None:
        self._parser = _parser(text)
        self._anchors: dict[str, _Node] = {}
        self._depth = 0

    def document(self) -> _Node | None:
        self._parser.get_event()
        event = self._parser.get_event()
        if not isinstance(event, DocumentStartEvent):
            return None
        node = self._node(self._parser.get_event())
        self._parser.get_event()
        after = self._parser.get_event()
        if not isinstance(after, StreamEndEvent):
            raise YamlProblem("one document is expected, and here begins another", *_place(after))
        return node

    def _node(self, event: Any) -> _Node:
        line, column = _place(event)
        if isinstance(event, AliasEvent):
            if event.anchor not in self._anchors:
                raise YamlProblem(f'alias "{event.anchor}" has no anchor', line, column)
            return self._anchors[event.anchor]
        tag = event.tag if event.tag != "!" else None
        if isinstance(event, ScalarEvent):
            decided = tag or (None if event.implicit[0] and event.tag is None else f"{_TAG}str")
            node = _Node(event.value, "scalar", decided, line, column)
            self._remember(event, node)
            return node
        node = _Node([], "mapping" if isinstance(event, MappingStartEvent) else "sequence", tag, line, column)
        self._remember(event, node)
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise YamlProblem("nested too deeply", line, column)
        node.content += self._pairs() if node.kind == "mapping" else self._items()
        self._depth -= 1
        return node

    def _items(self) -> Iterator[_Node]:
        while not isinstance(event := self._parser.get_event(), CollectionEndEvent):
            yield self._node(event)

    def _pairs(self) -> Iterator[tuple[_Node, _Node]]:
        while not isinstance(event := self._parser.get_event(), CollectionEndEvent):
            yield self._node(event), self._node(self._parser.get_event())

    def _remember(self, event: NodeEvent, node: _Node) -> None:
        if event.anchor is not None:
            self._anchors[event.anchor] = node


def _place(event: Any) -> tuple[int, int]:
    return event.start_mark.line + 1, event.start_mark.column + 1


class _Builder:
    """Turns nodes to plain data and notes where each key stands."""

    def __init__(self, version: tuple[int, int]) -> None:
        self._kind_of = _KINDS[version].fullmatch
        self._octal = version == (1, 1)
        self._count = 0
        self._result = YamlData()

    def build(self, node: _Node | None) -> YamlData:
        if node is not None:
            self._result.data = self._value(node, ())
        return self._result

    def _value(self, node: _Node, path: KeyPath) -> Any:
        self._count += 1
        if self._count > MAX_NODES:
            raise YamlProblem(f"more than {MAX_NODES} values (do aliases repeat each other?)")
        if len(path) > MAX_DEPTH:
            raise YamlProblem("nested too deeply (does an alias hold itself?)")
        self._result.positions.setdefault(path, (node.line, node.column))
        if node.kind == "mapping":
            return self._mapping(node, path)
        if node.kind == "sequence":
            return [self._value(child, (*path, index)) for index, child in enumerate(node.content)]
        return self._scalar(node)

    def _mapping(self, node: _Node, path: KeyPath) -> dict[Any, Any]:
        result: dict[Any, Any] = {}
        merged: dict[Any, Any] = {}
        for key_node, value_node in node.content:
            if key_node.kind != "scalar":
                raise YamlProblem("a key must be a plain text", key_node.line, key_node.column)
            if self._kind(key_node) == "merge":
                for part in self._merge_parts(value_node):
                    merged = {**self._mapping(part, path), **merged}
                continue
            key = self._scalar(key_node)
            child = (*path, key if isinstance(key, str) else str(key))
            if key in result:
                self._result.duplicates.append(child)
            self._result.positions[child] = (key_node.line, key_node.column)
            result[key] = self._value(value_node, child)
        return {**merged, **result}

    def _merge_parts(self, node: _Node) -> Iterator[_Node]:
        for part in node.content if node.kind == "sequence" else [node]:
            if part.kind != "mapping":
                raise YamlProblem("<< needs a mapping", part.line, part.column)
            self._count += len(part.content)
            if self._count > MAX_NODES:
                raise YamlProblem("too many merged keys")
            yield part

    def _kind(self, node: _Node) -> str:
        if node.tag is not None:
            return node.tag.removeprefix(_TAG)
        match = self._kind_of(node.content)
        return match.lastgroup or "str" if match else "str"

    def _scalar(self, node: _Node) -> Any:
        kind = self._kind(node)
        text: str = node.content
        if kind in ("str", "timestamp", "value"):
            return _join_surrogates(text)
        try:
            match kind:
                case "int":
                    return self._int(text.replace("_", ""))
                case "float":
                    return _float(text.replace("_", ""))
                case "bool":
                    return _bool(text.lower())
                case "null":
                    return None
        except ValueError as error:
            raise YamlProblem(" ".join(str(error).split()), node.line, node.column) from None
        raise YamlProblem(f"tag {node.tag or '<<'} is not allowed", node.line, node.column)

    def _int(self, digits: str) -> int | float:
        bare = digits.lstrip("+-")
        if not self._octal or bare[:1] != "0" or not bare.isdecimal():
            return int(digits, 10 if bare.isdecimal() else 0)
        try:
            return int(digits, 8)
        except ValueError:
            # Helm's reader takes 09 for a float.
            return float(digits)


def _float(text: str) -> float:
    # Python writes infinity and not-a-number without the dot.
    return float(text.replace(".", "") if text[-1:] in "fFnN" else text)


def _bool(word: str) -> bool:
    if word not in _WORDS:
        raise ValueError(f"{word:.80} is no boolean")
    return _WORDS[word]


def _join_surrogates(text: str) -> str:
    r"""Read ``"\ud83d\ude00"`` as one character: JSON writes those beyond 16 bits so, and JSON is YAML."""
    if text.isascii():
        return text
    try:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
    except UnicodeDecodeError:
        return text
