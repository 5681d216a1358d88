"""A piece of text that remembers where each of its characters stands in the document.

Cleaning keeps some characters of a document and drops others; splitting then cuts what is
left. Both work on excerpts, so that an offset into the cleaned text can always be turned back
into spans of the original.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING

from rag.model import Span, Spans, join_spans

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class Excerpt:
    """Some spans of a text, in order, and the characters they select."""

    spans: Spans
    text: str

    @classmethod
    def of(cls, document: str, spans: Iterable[Span]) -> Excerpt:
        """Select ``spans`` of ``document``; empty spans vanish, touching ones merge."""
        merged = merge(spans)
        return cls(merged, join_spans(document, merged))

    @cached_property
    def _ends(self) -> list[int]:
        """End of each span in the excerpt's own offsets."""
        return list(accumulate(end - start for start, end in self.spans))

    def cut(self, start: int, end: int) -> Excerpt:
        """Return characters ``[start, end)`` of the excerpt as an excerpt of the document."""
        end = min(end, len(self.text))
        pieces: list[Span] = []
        at, index = start, bisect_right(self._ends, start)
        while at < end:
            span_end, stop = self.spans[index][1], min(end, self._ends[index])
            shift = span_end - self._ends[index]
            pieces.append((at + shift, stop + shift))
            at, index = stop, index + 1
        return Excerpt(tuple(pieces), self.text[start:end])

    def strip(self) -> Excerpt:
        """Drop white space at both ends."""
        left = len(self.text) - len(self.text.lstrip())
        return self.cut(left, max(left, len(self.text.rstrip())))

    @classmethod
    def joined(cls, parts: Iterable[Excerpt]) -> Excerpt:
        """Join excerpts of one document, in this order; in one step, however many."""
        parts = list(parts)
        spans = merge(span for part in parts for span in part.spans)
        return cls(spans, "".join(part.text for part in parts))

    def __add__(self, other: Excerpt) -> Excerpt:
        """Join two excerpts of the same document, in this order."""
        return Excerpt.joined((self, other))


def merge(spans: Iterable[Span]) -> Spans:
    """Drop empty spans and join each span to the one it touches; order is kept."""
    out: list[Span] = []
    for start, end in spans:
        if start >= end:
            continue
        if out and out[-1][1] == start:
            out[-1] = (out[-1][0], end)
        else:
            out.append((start, end))
    return tuple(out)
