"""A list is quoted whole: what leads up to it and each of its items, not the one pointed at.

Only a list with a line that leads up to it, ending in a colon: that line says what all of its
items are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rag.excerpt import Excerpt
from rag.split import whole_sentences

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rag.answer.quote import Quotation
    from rag.model import Hit, Passage, Span

MOST_ITEMS = 30
"""Of a list that is quoted whole."""

_MARKER = re.compile(
    r"\s*(?:[-*+•·●▪◆■]|[(（]?\d{1,2}[.．、)）](?!\d)|[(（]?[一二三四五六七八九十]{1,3}[、)）]"
    r"|[①-⑳]|[(（]?[a-zA-Z][.)）])\s*(?=\S)"
)
_LEADS = (":", "：")


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a passage."""

    hit: Hit
    start: int
    end: int

    @property
    def text(self) -> str:
        return self.hit.passage.text[self.start : self.end]

    @property
    def item(self) -> Span | None:
        """What stands behind an item's marker; None where the line is no item."""
        found = _MARKER.match(self.text)
        return (self.start + found.end(), self.end) if found else None


def whole_list(
    quoted: Quotation, around: Callable[[Passage], Sequence[Passage]]
) -> list[Quotation]:
    """Return the line that leads up to the list that ``quoted`` stands in, and all of its items.

    Args:
        quoted: A sentence.
        around: Returns the passages right before and after one: a list may go on there.

    Returns:
        ``quoted`` alone where it stands in no such list.
    """
    lines = list(_lines(quoted.hit))
    at = quoted.hit.passage.text.find(quoted.text)
    here = next((n for n, line in enumerate(lines) if line.start <= at < line.end), None)
    if here is None:
        return [quoted]
    first = here + 1 if _leads(lines[here]) else here
    while first > 0 and not _leads(lines[first - 1]) and lines[first - 1].item:
        first -= 1
    if not first or not _leads(lines[first - 1]):
        return [quoted]
    items = list(_items([*lines[first:], *_going_on(quoted.hit, around)]))
    if not 1 < len(items) <= MOST_ITEMS:
        return [quoted]
    lead = lines[first - 1]
    opening = whole_sentences(lead.hit.passage.text, lead.end - 1, lead.end)
    span = (max(opening[0], lead.start), lead.end)
    return [_part(quoted, lead.hit, span), *(_part(quoted, *item, is_item=True) for item in items)]


def _leads(line: _Line) -> bool:
    return line.text.rstrip().endswith(_LEADS)


def _items(lines: Sequence[_Line]) -> Iterator[tuple[Hit, Span]]:
    """The items at the head of some lines."""
    for line in lines:
        if not line.item:
            return
        yield line.hit, line.item


def _lines(hit: Hit) -> Iterator[_Line]:
    at = 0
    for text in hit.passage.text.split("\n"):
        if text.strip():
            yield _Line(hit, at, at + len(text))
        at += len(text) + 1


def _going_on(hit: Hit, around: Callable[[Passage], Sequence[Passage]]) -> Iterator[_Line]:
    """The lines of the passages behind one."""
    passage: Passage | None = hit.passage
    while passage:
        place = passage.ordinal
        passage = next((p for p in around(passage) if p.ordinal == place + 1), None)
        if passage:
            yield from _lines(replace(hit, passage=passage))


def _part(quoted: Quotation, hit: Hit, span: Span, *, is_item: bool = False) -> Quotation:
    passage = Excerpt(hit.passage.spans, hit.passage.text)
    excerpt = passage.cut(*span).strip()
    shift = excerpt.text.find(quoted.text) if hit == quoted.hit else -1
    return replace(
        quoted,
        hit=hit,
        excerpt=excerpt,
        text=excerpt.text,
        short=tuple((s + shift, e + shift) for s, e in quoted.short) if shift >= 0 else (),
        layout="item" if is_item else "",
    )
