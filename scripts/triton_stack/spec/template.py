"""From a template to text, and from each place of that text back to the line that the user wrote. No I/O."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from jinja2 import Template, TemplateSyntaxError

from triton_stack.spec.sandbox import Sandbox, UnknownVariableError
from triton_stack.spec.template_tree import Instrument, RefusedTagError

# No object of Kubernetes holds more than this many bytes, so no spec and no values need to.
MAX_TEXT = 1_000_000
# Words of Jinja in one file: compiling these takes half a second.
MAX_TOKENS = 20_000

_SYNTAX = re.compile(r"\{[{%#]")
# Where YAML's reader begins to count a new line.
_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")


class TemplateError(Exception):
    """A template cannot be rendered.

    Attributes:
        line: the template's line, from 1; None when it is not known.
        unknown: the variable that is not there, when that is the reason.
    """

    def __init__(self, message: str, line: int | None = None, unknown: UnknownVariableError | None = None) -> None:
        super().__init__(message)
        self.line = line
        self.unknown = unknown


@dataclass(frozen=True, slots=True)
class Rendered:
    """Text that a template made.

    ``marks`` has for each piece of it: where it begins, the template's line, and whether it is text as the user wrote
    it (whose lines go on counting) or what a tag made (which all stands at that tag's line).
    """

    text: str
    marks: tuple[tuple[int, int, bool], ...]
    line_starts: tuple[int, ...]
    begins_as_written: bool

    def source(self, line: int, column: int | None) -> tuple[int, int | None]:
        """Return the template's line, and its column where that is known, of a place in the text; all from 1."""
        start = self.line_starts[min(max(line, 1), len(self.line_starts)) - 1]
        place = min(start + (column or 1) - 1, len(self.text))
        begin, wrote, literal = self.marks[bisect_right(self.marks, place, key=lambda mark: mark[0]) - 1]
        if not literal:
            return wrote, None
        breaks = self.text.count("\n", begin, place)
        return wrote + breaks, column if breaks or (begin == 0 and self.begins_as_written) else None

    def line(self, number: int) -> str:
        """Return one line of the text."""
        start = self.line_starts[min(max(number, 1), len(self.line_starts)) - 1]
        return self.text[start:].partition("\n")[0]


def is_template(text: str | bytes) -> bool:
    """Tell whether a text has any of Jinja's tags."""
    if isinstance(text, bytes):
        return b"{{" in text or b"{%" in text or b"{#" in text
    return _SYNTAX.search(text) is not None


def escaped(text: str) -> str:
    """Write a text so that it renders as itself."""
    return _SYNTAX.sub(lambda match: f"{{{{ '{match[0]}' }}}}", text)


def render(text: str, variables: Mapping[str, Any]) -> Rendered:
    """Render a template with variables; the same for the same arguments, within bounds of work and size.

    Raises:
        TemplateError: it cannot be rendered.
    """
    sandbox = _sandbox()
    parts: list[str] = []
    marks: list[tuple[int, int, bool]] = [(0, 1, True)]
    size = 0

    def mark(line: int, literal: bool) -> None:
        marks.append((size, line, literal))

    sandbox.begin(mark)
    template = None
    try:
        template = _compiled(text)
        for part in template.root_render_func(template.new_context(dict(variables))):
            parts.append(part)
            size += len(part)
            if size > MAX_TEXT:
                line = marks[-1][1]
                raise TemplateError(f"it makes more than {MAX_TEXT:,} characters", line)
    except TemplateError:
        raise
    except TemplateSyntaxError as error:
        raise TemplateError(_clean(error.message or "wrong syntax"), error.lineno) from None
    except RefusedTagError as error:
        raise TemplateError(str(error), error.line) from None
    except UnknownVariableError as error:
        raise TemplateError(str(error), _line(error, template), error) from None
    except RecursionError as error:
        raise TemplateError("nested too deeply", _line(error, template)) from None
    except Exception as error:
        # A template is a program of the user's: it may raise whatever Python's operators and methods do.
        raise TemplateError(_clean(str(error)) or type(error).__name__, _line(error, template)) from None
    whole = "".join(parts)
    if broken := re.search("[\ud800-\udfff]", whole):
        raise TemplateError(f"it makes half a character: \\u{ord(broken[0]):04x}")
    return Rendered(whole, tuple(marks), tuple(_line_starts(whole)), _SYNTAX.match(text.lstrip()) is None)


@cache
def _sandbox() -> Sandbox:
    return Sandbox()


@lru_cache(maxsize=4096)
def _compiled(text: str) -> Template:
    """Compile once for all environments of a stack."""
    if len(text) > MAX_TEXT:
        raise TemplateError(f"a template has at most {MAX_TEXT:,} characters")
    sandbox = _sandbox()
    if any(count == MAX_TOKENS for count, _ in enumerate(sandbox.lex(text))):
        raise TemplateError(f"a template has at most {MAX_TOKENS:,} words inside its tags")
    tree = Instrument(sandbox).visit(sandbox.parse(text))
    return Template.from_code(sandbox, sandbox.compile(tree), {**sandbox.globals})


def _line(error: BaseException, template: Template | None) -> int | None:
    """Return the template's line where an error came up."""
    line: int | None = None
    trace = error.__traceback__
    while trace is not None and template is not None:
        if "__jinja_template__" in trace.tb_frame.f_globals:
            line = template.get_corresponding_lineno(trace.tb_lineno)
        trace = trace.tb_next
    return line


def _clean(message: str) -> str:
    """Leave out what means nothing to a user: an offset in the file, a line of compiled code, names of tokens."""
    text = re.sub(r" at \d+$| \(<template>.*\)$", "", " ".join(message.split()))
    return text.replace("'end of print statement'", '"}}"').replace("'end of statement block'", '"%}"')[:300]


def _line_starts(text: str) -> Iterator[int]:
    yield 0
    for match in _BREAK.finditer(text):
        yield match.end()
