"""The comments of a config.pbtxt, each with the key that it speaks of. No I/O."""

from dataclasses import dataclass, field

from triton_stack.pbtxt.positions import walk
from triton_stack.pbtxt.scan import Comment, Scan
from triton_stack.spec.findings import KeyPath
from triton_stack.spec.names import GENERATED_MARK


@dataclass(frozen=True, slots=True)
class Comments:
    """Comments without their ``#``.

    ``above`` and ``beside`` have those that stand above a key and at the end of its line; ``head`` are the file's own,
    ``loose`` those that speak of no key: inside a list of numbers, after the last field of a block.
    """

    above: dict[KeyPath, list[str]] = field(default_factory=dict)
    beside: dict[KeyPath, list[str]] = field(default_factory=dict)
    head: list[str] = field(default_factory=list)
    loose: list[str] = field(default_factory=list)


def find_comments(scanned: Scan) -> Comments:
    """Give each comment of a text its key."""
    found = Comments(head=_texts(scanned.head), loose=_texts(scanned.loose))
    # The last path of a part is the nearest: that of ``input { }`` is input[0], not input.
    nearest = {id(part): (path, part) for path, _, part in walk(scanned.fields)}
    for path, part in nearest.values():
        for comments, by_key in ((part.above, found.above), (part.beside, found.beside)):
            if texts := _texts(comments):
                by_key.setdefault(path, []).extend(texts)
    return found


def _texts(comments: list[Comment]) -> list[str]:
    mark = GENERATED_MARK.removeprefix("#").strip()
    return [comment.text for comment in comments if not comment.text.startswith(mark)]
