"""Where Markdown's images and links stand, found in one pass.

A pattern would look for the end of each ``![`` anew: 120 KB of them took 83 s. What ends an address
is looked for once and remembered for all that begin before it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rag.model import Span


class _Next:
    """Where a pattern stands next. Asked from left to right, it reads a text once."""

    def __init__(self, pattern: str, text: str) -> None:
        self._pattern, self._text = re.compile(pattern), text
        self._asked, self._found = 0, -1

    def at(self, place: int) -> int:
        """Return the first match from ``place`` on; the text's length where there is none."""
        if not self._asked <= place <= self._found:
            match = self._pattern.search(self._text, place)
            self._asked, self._found = place, match.start() if match else len(self._text)
        return self._found


def images_in(text: str, start: int = 0) -> Iterator[Span]:
    """Yield ``![…](address)`` from ``start`` on; a scraper may have broken the address once."""
    close = _Next(r"[\]\n]", text)
    stop, second_stop = _Next(r"[)\s]", text), _Next(r"[)\s]", text)
    at = start
    while (begin := text.find("![", at)) >= 0:
        at = close.at(begin + 2) + 1  # all that begin before have this end, or none
        if not text.startswith("](", at - 1):
            continue
        end = stop.at(at + 1)
        if text.startswith("\n", end):
            end = second_stop.at(end + 1)
        if text.startswith(")", end):
            yield begin, end + 1
            at = end + 1


def links_in(text: str, start: int = 0) -> Iterator[tuple[int, int, int]]:
    """Yield ``[words](address "title")`` from ``start`` on: its start, its ``]`` and its end."""
    close = _Next(r"[\[\]\n]", text)
    stop, solid, quote = _Next(r"[)\s]", text), _Next(r"\S", text), _Next(r"[\"\n]", text)
    at = start
    while (begin := text.find("[", at)) >= 0:
        at = begin + 1
        middle = close.at(begin + 1)
        if not text.startswith("](", middle):
            continue
        end = stop.at(middle + 2)
        if not text.startswith(")", end) and text.startswith('"', solid.at(end)):
            end = quote.at(solid.at(end) + 1) + 1
            if not text.startswith('"', end - 1):
                continue
        if text.startswith(")", end):
            yield begin, middle, end + 1
            at = end + 1
