"""What a reader reads of a passage: running text as it stands, a table row by row.

A row is read with its columns' names: 检测项目：铅；限值：0.01；实测值：0.004. Whatever a reader
points at is taken back to characters of the passage; what was put in between (：；) stands nowhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.grid import PAIR, names_columns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rag.model import Span, Spans

NAMED, NEXT = "：", "；"
"""Put between a column's name and its cell, and between cells."""
MOST_CELLS = 40

_RULE = re.compile(r"[\s|:\-—=+]+")
"""A line that only rules a table off: |---|---|."""
_SPLITS = {
    "|": re.compile(r"\|"),
    "\t": re.compile(r"\t"),
    ",": re.compile(r',(?=(?:[^"]*"[^"]*")*[^"]*$)'),
}
_GAPS = re.compile(r"\s*\|\s*|\s+")
"""Where the columns of a printed table run together."""


@dataclass(frozen=True, slots=True)
class Text:
    """What is read at once, and where its characters stand in the passage."""

    text: str
    context: str
    """What is known of it: title, headings, the sentence before."""
    pieces: tuple[tuple[int, int, int], ...]
    """``(start, end, place)``: characters ``[start, end)`` stand in the passage from ``place``."""
    is_row: bool = False

    def inside_cell(self, start: int, end: int) -> Span:
        """Return what of ``[start, end)`` is of one cell: the first that it touches."""
        for piece, stop, _ in self.pieces:
            if start < stop and piece < end:
                return max(start, piece), min(end, stop)
        return start, start

    def places(self, start: int, end: int) -> Spans:
        """Return where characters ``[start, end)`` stand in the passage."""
        out: list[Span] = []
        for piece, stop, place in self.pieces:
            low, high = max(start, piece), min(end, stop)
            if low < high:
                out.append((place + low - piece, place + high - piece))
        return tuple(out)


def texts_of(passage: str, context: str = "") -> list[Text]:
    r"""Cut a passage's text into what is read at once.

    >>> [t.text for t in texts_of("水质\n\n项目 | 限值 | 实测\n铅 | 0.01 | 0.004")]
    ['水质', '项目：铅；限值：0.01；实测：0.004']
    """
    out: list[Text] = []
    at = 0
    for start, end, rows in _tables(passage):
        out += _running(passage, at, start, context)
        header, *body = rows
        written = [[passage[slice(*cell)] for cell in row] for row in rows]
        if names_columns(written):
            out += [_row(passage, header, row, context) for row in body]
        else:
            out += [_unnamed(passage, row, context) for row in rows]
        at = end
    return out + _running(passage, at, len(passage), context)


def _running(passage: str, start: int, end: int, context: str) -> list[Text]:
    text = passage[start:end]
    if not text.strip():
        return []
    return [Text(text, context, ((0, len(text), start),))]


def _row(passage: str, header: list[Span], row: list[Span], context: str) -> Text:
    text = ""
    pieces: list[tuple[int, int, int]] = []
    for name, cell in zip(header, row, strict=True):
        for start, end in (name, cell):
            if (start, end) == cell and text and start < end and name[0] < name[1]:
                text += NAMED
            elif (start, end) == name and text:
                text += NEXT
            pieces.append((len(text), len(text) + end - start, start))
            text += passage[start:end]
    return Text(text, context, tuple(pieces), is_row=True)


def _unnamed(passage: str, row: list[Span], context: str) -> Text:
    """A row of a table whose columns have no names; of two columns the left one names."""
    text = ""
    pieces: list[tuple[int, int, int]] = []
    for start, end in row:
        if text and start < end:
            text += NAMED if len(row) == PAIR else NEXT
        pieces.append((len(text), len(text) + end - start, start))
        text += passage[start:end]
    return Text(text, context, tuple(pieces), is_row=True)


# --- where tables stand


def _tables(passage: str) -> Iterator[tuple[int, int, list[list[Span]]]]:
    """Yield ``(start, end, rows)`` of each run of lines that hold the same number of cells."""
    lines = _lines(passage)
    at = 0
    while at < len(lines):
        found = next(filter(None, (_table(passage, lines[at:], d) for d in _SPLITS)), None)
        if found:
            rows, used = found
            yield lines[at][0], lines[at + used - 1][1], rows
            at += used
        else:
            at += 1


def _lines(passage: str) -> list[Span]:
    out = []
    start = 0
    for line in passage.split("\n"):
        out.append((start, start + len(line)))
        start += len(line) + 1
    return out


def _table(passage: str, lines: list[Span], delimiter: str) -> tuple[list[list[Span]], int] | None:
    header = _cells(passage, lines[0], _SPLITS[delimiter])
    if not 2 <= len(header) <= MOST_CELLS:
        return None
    rows = [header]
    used = 1
    for line in lines[1:]:
        if _RULE.fullmatch(passage[slice(*line)]):
            used += 1
            continue
        row = _cells(passage, line, _SPLITS[delimiter])
        if len(row) != len(header) and delimiter == "|" and len(row) > 1:
            row = _cells(passage, line, _GAPS)
        if len(row) != len(header):
            break
        rows.append(row)
        used += 1
    return (rows, used) if len(rows) > 1 else None


def _cells(passage: str, line: Span, split: re.Pattern[str]) -> list[Span]:
    start, end = line
    text = passage[start:end]
    left = len(text) - len(text.lstrip())
    inner = text.strip()
    if split is not _SPLITS[","] and inner.startswith("|"):
        left, inner = left + 1, inner[1:].removesuffix("|")
    cells, at = [], 0
    for cut in [*split.finditer(inner), None]:
        stop = cut.start() if cut else len(inner)
        cells.append(_strip(inner, at, stop, start + left))
        at = cut.end() if cut else stop
    return cells


def _strip(text: str, start: int, end: int, shift: int) -> Span:
    piece = text[start:end]
    left = len(piece) - len(piece.lstrip(' "'))
    right = len(piece.rstrip(' "'))
    return start + shift + left, start + shift + max(left, right)
