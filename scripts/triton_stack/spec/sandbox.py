"""Jinja2 for text that anybody may have written: it reaches nothing, and ends soon with little memory. No I/O."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from typing import Any

from jinja2 import StrictUndefined, Undefined, UndefinedError, pass_context
from jinja2.exceptions import SecurityError, TemplateRuntimeError
from jinja2.runtime import Context, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace, missing

# What one rendering may do, in characters and values that are read or made; a step of a loop and a call count for more.
MAX_WORK = 10_000_000
STEP = 20
MAX_FORMAT = 2_000

# Filters for HTML, which YAML is not, and those whose result is another one each time.
_LEFT_OUT = ("e", "escape", "forceescape", "random", "safe", "striptags", "urlize", "xmlattr")
# Calls in which a number is a value; in all others it may be a width or a count, and is priced as one.
_NUMBERS_ARE_VALUES = frozenset(
    {"attr", "count", "cycler", "d", "default", "dict", "format", "format_map", "get", "index", "map", "max", "min"}
    | {"namespace", "range", "reject", "rejectattr", "select", "selectattr", "sum"}
)
# Widths in a format string that make much of little: of four digits, or taken from an argument.
_WIDE = re.compile(r"%(\([^)]*\))?[-#0 +.\d]*(\*|\d{4})|\{[^{}]*:[^{}]*(\d{4}|\{)")
# What YAML would not keep inside double quotes.
_UNSAFE = re.compile("[\x7f-\xa0\u2028\u2029\ufeff\ud800-\udfff]")

# Names of our own filters have a space, so that no template can name them.
WEIGH, EACH, MARK_TEXT, MARK_TAG, MARK_INSIDE = " weigh", " each", " text", " tag", " inside"


class UnknownVariableError(UndefinedError):
    """A template asks for a variable ``name`` (or for a member ``name`` of the value ``owner``) that is not there."""

    def __init__(self, name: object, owner: Any, message: str) -> None:
        self.name = name
        self.owner = owner
        super().__init__(message)


class _Unknown(StrictUndefined):
    """Jinja's strict undefined value, whose error keeps what was asked for."""

    __slots__ = ()

    def __init__(
        self,
        hint: str | None = None,
        obj: Any = missing,
        name: str | None = None,
        exc: type[TemplateRuntimeError] = UndefinedError,
    ) -> None:
        make: Any = exc
        if exc is UndefinedError and hint is None:

            def make(message: str) -> UnknownVariableError:
                return UnknownVariableError(name, None if obj is missing else obj, message)

        super().__init__(hint, obj, name, make)


class Sandbox(ImmutableSandboxedEnvironment):
    """A Jinja environment in which each operation has a price, and a rendering a budget.

    Jinja's own sandbox keeps a template away from Python; what is added here keeps it from taking hours or gigabytes.
    Not for several threads: the budget is one.
    """

    intercepted_binops = frozenset({"+", "*", "**", "%"})

    def __init__(self) -> None:
        super().__init__(undefined=_Unknown, autoescape=False, keep_trailing_newline=True, finalize=self.written)
        self._left = MAX_WORK
        self._mark: Callable[[int, bool], None] = lambda _line, _literal: None
        del self.globals["lipsum"]
        for name in _LEFT_OUT:
            del self.filters[name]
        self.filters["tojson"] = _json
        self.filters.update({name: self._priced(name, function) for name, function in self.filters.items()})
        self.tests.update({name: self._weighed(function) for name, function in dict[str, Any](self.tests).items()})
        self.filters[WEIGH] = self._weighing
        self.filters[EACH] = self._each
        self.filters[MARK_TEXT] = self._marker(literal=True)
        self.filters[MARK_TAG] = self._marker(literal=False)
        self.filters[MARK_INSIDE] = self._inside

    def begin(self, mark: Callable[[int, bool], None]) -> None:
        """Start a rendering; ``mark`` gets the template's line before each piece of output, and whether it is text."""
        self._left = MAX_WORK
        self._mark = mark

    def spend(self, work: int) -> None:
        """Take ``work`` from the budget.

        Raises:
            SecurityError: nothing is left.
        """
        self._left -= work
        if self._left < 0:
            raise SecurityError(f"the template asks for too much: more than {MAX_WORK:,} characters and values")

    def weigh(self, value: Any) -> int:
        """Return the size of a value with all that it holds, and spend as much."""
        size = 0
        stack = [value]
        while stack:
            item = stack.pop()
            here = len(item) if isinstance(item, str | bytes | range) else 1
            if isinstance(item, Mapping):
                stack += [*item.keys(), *item.values()]
            elif isinstance(item, list | tuple | set | frozenset):
                stack += item
            elif isinstance(item, Namespace):
                stack.append(item._Namespace__attrs)
            elif isinstance(item, int):
                here += item.bit_length() // 8
            size += here + 1
            self.spend(here + STEP // 2)
        return size

    def written(self, value: Any) -> str:
        """Return the text of an expression's value; what is no text or number is written as JSON, which is YAML."""
        if isinstance(value, str):
            self.spend(len(value))
            return value
        if isinstance(value, Undefined) or (isinstance(value, int | float) and not isinstance(value, bool)):
            return str(value)
        self.weigh(value)
        return _json(value)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Prefer what a user's mapping holds to the methods of Python: ``store.items``."""
        if isinstance(obj, dict) and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Price an operator by the size of its result, then run it."""
        if operator == "%" and isinstance(left, str):
            self._price("format", left, [right])
        elif operator == "+":
            self.weigh(left)
            self.weigh(right)
        elif operator in ("*", "**") and isinstance(right, int):
            if not isinstance(left, int):
                self.spend(self.weigh(left) * max(right, 1))
            else:
                bits = left.bit_length() * right if operator == "**" else left.bit_length() + right.bit_length()
                self.spend(max(bits, 1) ** 2 // 64)
        elif operator == "*" and isinstance(left, int):
            self.spend(self.weigh(right) * max(left, 1))
        return super().call_binop(context, operator, left, right)

    def call(self, context: Context, obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Price a call, run it, and weigh its result."""
        self.spend(STEP)
        if not isinstance(obj, Macro):
            owner = getattr(obj, "__self__", None) or getattr(getattr(obj, "__wrapped__", None), "__self__", None)
            self._price(getattr(obj, "__name__", ""), owner, [*args, *kwargs.values()])
        result = self._settled(super().call(context, obj, *args, **kwargs))
        self.weigh(result)
        return result

    def _priced(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        skip = int(hasattr(function, "jinja_pass_arg"))

        @wraps(function)
        def run(*args: Any, **kwargs: Any) -> Any:
            operands = [*args[skip:], *kwargs.values()]
            self.spend(STEP)
            self._price(name, operands[0], operands[1:])
            return self._settled(function(*args, **kwargs))

        return run

    def _weighed(self, function: Callable[..., Any]) -> Callable[..., Any]:
        skip = int(hasattr(function, "jinja_pass_arg"))

        @wraps(function)
        def run(*args: Any) -> Any:
            self.weigh(args[skip:])
            return function(*args)

        return run

    def _price(self, name: str, first: Any, others: list[Any]) -> None:
        """Spend the most that a call can make: each unit of the first value, by the units of all others."""
        if (
            name in ("format", "format_map")
            and isinstance(first, str)
            and (len(first) > MAX_FORMAT or _WIDE.search(first))
        ):
            raise SecurityError(f"a format has at most {MAX_FORMAT:,} characters, and widths of at most three digits")
        size = self.weigh(first)
        for other in others:
            if isinstance(other, int) and name not in _NUMBERS_ARE_VALUES:
                self.spend(size * abs(other))
            else:
                self.spend(size * self.weigh(other))
        if name == "sum" and others:
            # A sum of lists copies all before it for each.
            self.spend(size * size)

    def _settled(self, value: Any) -> Any:
        """Make a list of what would be worked out later, unseen."""
        return list(self._each(value)) if isinstance(value, Iterator) else value

    def _each(self, values: Any) -> Iterator[Any]:
        for value in values:
            self.spend(STEP)
            yield value

    def _weighing(self, value: Any) -> Any:
        self.weigh(value)
        return value

    @pass_context
    def _inside(self, _context: Context, _line: int, size: int) -> str:
        self.spend(size)
        return ""

    def _marker(self, literal: bool) -> Callable[..., str]:
        @pass_context
        def mark(_context: Context, line: int, size: int) -> str:
            self.spend(size)
            self._mark(line, literal)
            return ""

        return mark


def _json(value: Any, indent: int | None = None) -> str:
    text = json.dumps(value, ensure_ascii=False, indent=indent, default=_plain)
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _plain(value: Any) -> Any:
    if isinstance(value, Undefined):
        return str(value)  # which says that it is unknown
    if isinstance(value, range | set | frozenset) or type(value).__name__ in ("dict_keys", "dict_values", "dict_items"):
        return list(value)
    if callable(value):
        raise TypeError(f"{getattr(value, '__name__', 'it')} is a function: did you mean to call it?")
    raise TypeError(f"a value of type {type(value).__name__} cannot be written into YAML")
