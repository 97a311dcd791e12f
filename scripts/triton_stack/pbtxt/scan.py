"""A tolerant look at protobuf text: which fields and comments stand where, whatever they mean. No I/O."""

import re
from bisect import bisect_right
from dataclasses import dataclass, field

from google.protobuf.text_encoding import CUnescape

_TOKEN = re.compile(
    r"""(?P<space>\s+)|(?P<comment>\#[^\n]*)"""
    r"""|(?P<text>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')"""
    r"""|(?P<word>[A-Za-z_][\w.]*|\.?\d(?:[eE][+-]|[\w.])*)|(?P<sign>.)""",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the text, line and column from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment without its ``#``."""

    text: str
    place: Place


@dataclass(slots=True)
class Item:
    """One value of a field: a scalar's text (unquoted), or the fields of a message."""

    place: Place
    text: str | None = None
    fields: "list[Field] | None" = None
    above: list[Comment] = field(default_factory=list)
    beside: list[Comment] = field(default_factory=list)


@dataclass(slots=True)
class Field:
    """A field as written; ``listed`` when its values stand in ``[ ]``, ``above`` and ``beside`` are its comments."""

    name: str
    place: Place
    items: list[Item] = field(default_factory=list)
    listed: bool = False
    above: list[Comment] = field(default_factory=list)
    beside: list[Comment] = field(default_factory=list)


@dataclass(slots=True)
class Scan:
    """What a text holds.

    ``head`` are the comments before the first field and a blank line, ``loose`` those that belong to no field.
    """

    fields: list[Field] = field(default_factory=list)
    head: list[Comment] = field(default_factory=list)
    loose: list[Comment] = field(default_factory=list)


def decode(text: str | bytes) -> str:
    """Return the characters of a file; bytes that are no UTF-8 become question marks."""
    return text.decode("utf-8-sig", errors="replace") if isinstance(text, bytes) else text


def scan(text: str) -> Scan:
    """Read protobuf text without judging it: what cannot be is passed over."""
    return _Scanner(text).run()


def without_texts(text: str) -> str:
    """Return the text with quoted texts and comments blanked, every place unchanged."""
    return "".join(
        " " * len(match.group()) if match.lastgroup in ("text", "comment") else match.group()
        for match in _TOKEN.finditer(text)
    )


@dataclass(slots=True)
class _Frame:
    """What is open: a message's fields, or a field whose list it is."""

    fields: list[Field] | None = None
    listing: Field | None = None


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text
        self._line_starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self._result = Scan()
        self._stack = [_Frame(fields=self._result.fields)]
        # The field whose value comes next, and the text that an adjacent one would go on.
        self._pending: Field | None = None
        self._joinable: Item | None = None
        self._sign: Place | None = None
        # Comments on lines of their own that wait for the field below; what began first on the line.
        self._waiting: list[Comment] = []
        self._begun: Field | Item | None = None
        self._last_line = 0
        self._any_field = False

    def run(self) -> Scan:
        for match in _TOKEN.finditer(self._text):
            kind = match.lastgroup
            if kind == "space":
                continue
            place = self._place(match.start())
            if place.line != self._last_line:
                self._begun = None
            if kind == "comment":
                self._comment(Comment(match.group()[1:].strip(), place))
                self._last_line = place.line
                continue
            self._token(kind or "", match.group(), place)
            # Whatever waited and found no field belongs to none.
            self._result.loose += self._waiting
            self._waiting = []
            self._last_line = self._place(match.end() - 1).line
        self._result.loose += self._waiting
        return self._result

    def _place(self, offset: int) -> Place:
        line = bisect_right(self._line_starts, offset)
        return Place(line, offset - self._line_starts[line - 1] + 1)

    def _comment(self, comment: Comment) -> None:
        if comment.place.line != self._last_line:
            self._waiting.append(comment)
        elif self._begun is not None:
            self._begun.beside.append(comment)
        else:
            self._result.loose.append(comment)

    def _token(self, kind: str, token: str, place: Place) -> None:
        frame = self._stack[-1]
        if kind == "text":
            self._scalar(_unquoted(token), place, joins=True)
        elif token in ("{", "<"):
            self._open(frame, place)
        elif token in ("}", ">", "]"):
            self._close()
        elif token == "[":
            if self._pending is not None:
                self._pending.listed = True
                self._stack.append(_Frame(listing=self._pending))
                self._pending = None
        elif token == "-":
            self._sign = place
        elif kind == "word":
            if frame.fields is not None and self._pending is None:
                self._field(frame.fields, token, place)
            else:
                self._scalar(token, place)
        if kind != "text":
            self._joinable = None
        if token != "-":
            self._sign = None

    def _field(self, fields: list[Field], name: str, place: Place) -> None:
        self._pending = Field(name, place)
        fields.append(self._pending)
        self._take_waiting(self._pending, place)
        self._begin(self._pending)

    def _take_waiting(self, owner: Field | Item, place: Place) -> None:
        waiting, self._waiting = self._waiting, []
        if not self._any_field:
            self._any_field = True
            # A comment at the top is the file's own when a blank line parts it from the first field.
            line = place.line
            own: list[Comment] = []
            while waiting and waiting[-1].place.line == line - 1:
                own.insert(0, waiting.pop())
                line -= 1
            self._result.head, waiting = waiting, own
        owner.above += waiting

    def _begin(self, owner: Field | Item) -> None:
        if self._begun is None:
            self._begun = owner

    def _scalar(self, text: str, place: Place, joins: bool = False) -> None:
        if joins and self._joinable is not None:
            self._joinable.text = f"{self._joinable.text}{text}"
            return
        owner = self._pending or self._stack[-1].listing
        if owner is None:
            return
        item = Item(self._sign or place, f"-{text}" if self._sign else text)
        owner.items.append(item)
        self._pending = None
        self._joinable = item if joins else None

    def _open(self, frame: _Frame, place: Place) -> None:
        owner = self._pending or frame.listing
        fields: list[Field] = []
        item = Item(place, fields=fields)
        if owner is not None:
            owner.items.append(item)
        if frame.listing is not None:
            self._take_waiting(item, place)
            self._begin(item)
        self._pending = None
        self._stack.append(_Frame(fields=fields))

    def _close(self) -> None:
        self._pending = None
        if len(self._stack) > 1:
            self._stack.pop()


def _unquoted(token: str) -> str:
    try:
        return bytes(CUnescape(token[1:-1])).decode("utf-8", errors="replace")
    except (ValueError, UnicodeError):
        return token[1:-1]
