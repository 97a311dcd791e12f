"""Where each field stands in a config.pbtxt that protobuf could parse. No I/O."""

import re

from triton_stack.spec.findings import KeyPath

_TOKEN = re.compile(
    r"""(?P<skip>[\s,;:]+|\#[^\n]*)|(?P<name>[A-Za-z_][\w.]*)|(?P<text>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|(?P<other>[^\s])"""
)


def locate_fields(text: str | bytes) -> dict[KeyPath, tuple[int, int]]:
    """Return line and column (from 1) of each field by key path; every field counts as repeated and single.

    ``input[0].dims`` and ``dynamic_batching.preferred_batch_size`` are both found: a field's first occurrence has its
    plain path too. Map entries stand as ``parameters[0].key``.
    """
    decoded = text.decode("utf-8-sig", errors="replace") if isinstance(text, bytes) else text
    positions: dict[KeyPath, tuple[int, int]] = {}
    counts: dict[KeyPath, int] = {}
    scopes: list[tuple[KeyPath, ...]] = [((),)]
    pending: tuple[KeyPath, ...] = ()
    in_list = False
    line_starts = [0, *(match.end() for match in re.finditer("\n", decoded))]
    line = 0
    for match in _TOKEN.finditer(decoded):
        while line + 1 < len(line_starts) and line_starts[line + 1] <= match.start():
            line += 1
        place = (line + 1, match.start() - line_starts[line] + 1)
        token = match.group()
        if match.lastgroup == "name" and _is_field(decoded, match.end(), in_list):
            pending = tuple((*scope, token) for scope in scopes[-1])
            for path in pending:
                positions.setdefault(path, place)
        elif token == "[":
            in_list = True
        elif token == "]":
            in_list = False
        elif token in "{<":
            scopes.append(_open(pending or scopes[-1], counts, positions, place))
            in_list = False
        elif token in "}>" and len(scopes) > 1:
            closed = scopes.pop()
            # Back in the list of messages that this one belongs to, if there is one: the next "{" is its next item.
            pending = tuple(path[:-1] if path and isinstance(path[-1], int) else path for path in closed)
            pending = tuple(dict.fromkeys(pending))
    return positions


def _is_field(text: str, end: int, in_list: bool) -> bool:
    """A name is a field when a colon or a block follows; in a list of scalars it is an enum value."""
    rest = text[end : end + 200].lstrip()
    return rest[:1] in (":", "{", "<", "[") and not in_list


def _open(
    paths: tuple[KeyPath, ...],
    counts: dict[KeyPath, int],
    positions: dict[KeyPath, tuple[int, int]],
    place: tuple[int, int],
) -> tuple[KeyPath, ...]:
    first = paths[0]
    index = counts.get(first, 0)
    counts[first] = index + 1
    item = (*first, index)
    positions.setdefault(item, place)
    # The first block of a field may be a single message as well as the first of a list.
    return (item, first) if index == 0 else (item,)
