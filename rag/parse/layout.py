"""Lines that stand somewhere on a page, into blocks in the order in which one reads them.

A PDF (and what is read off a scanned page) tells where glyphs stand and nothing of columns,
paragraphs or tables. All of it is worked out from geometry: a gutter no line crosses, a line
that stops although the next word would have fit, cells that stand apart again and again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@dataclass(frozen=True, slots=True)
class Line:
    """Words on one line with no wide gap between them; the origin is the page's lower left."""

    text: str
    left: float
    right: float
    base: float
    """How high its letters stand: accents and other fonts in a line do not change that."""
    size: float
    """Of its characters, in points."""


@dataclass(frozen=True, slots=True)
class Region:
    """Lines that belong together."""

    kind: Literal["paragraph", "table"]
    rows: tuple[tuple[Line, ...], ...]
    """A paragraph's lines, or a table's rows with their cells."""

    @property
    def size(self) -> float:
        """The size of its first characters."""
        return self.rows[0][0].size

    @property
    def text(self) -> str:
        """Its lines as they stand."""
        return "\n".join(" ".join(cell.text for cell in row) for row in self.rows)


_Row = tuple[Line, ...]

_BULLET = re.compile(
    r"(?:[•●▪■□◆◇○※–—*]\s|[•●▪■□◆◇○※]|\(?\d{1,3}[.)、）]\s*\D|[(（][一二三四五六七八九十\d]{1,3}[)）]"
    r"|[一二三四五六七八九十]{1,3}、|第[一二三四五六七八九十百\d]{1,4}[章节節条條])"
)
_WIDE = re.compile(
    r"[\u1100-\u11ff\u2e80-\ud7ff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]"
)
_FEWEST_LINES = 4
"""Of a column; fewer lines side by side are a table's or a signature's."""
_FEWEST_ROWS = 3
"""Of a table; fewer rows with gaps in them are a heading with its number or the like."""


def regions(lines: Sequence[Line]) -> list[Region]:
    """Return the paragraphs and tables of a page in reading order."""
    return [region for column in _columns(list(lines)) for region in _of_column(column)]


def _columns(lines: list[Line]) -> Iterator[list[Line]]:
    """Column after column, from the top; what spans all columns ends them there."""
    gutter = _gutter(lines)
    if gutter is None:
        yield lines
        return
    across = sorted((line for line in lines if _crosses(line, gutter)), key=lambda x: -x.base)
    rest = [line for line in lines if not _crosses(line, gutter)]
    for line in across:
        above = [other for other in rest if other.base > line.base]
        rest = [other for other in rest if other.base <= line.base]
        yield from _halves(above, gutter)
        yield [line]
    yield from _halves(rest, gutter)


def _halves(lines: list[Line], gutter: float) -> Iterator[list[Line]]:
    for half in (
        [line for line in lines if line.right <= gutter],
        [line for line in lines if line.right > gutter],
    ):
        if half:
            yield half


def _crosses(line: Line, x: float) -> bool:
    return line.left < x - 1 and line.right > x + 1


def _gutter(lines: list[Line]) -> float | None:
    """Where a strip without text runs between two columns of prose, if it does."""
    if len(lines) < 2 * _FEWEST_LINES:
        return None
    left, right = min(x.left for x in lines), max(x.right for x in lines)
    width = right - left
    # Only a strip about the middle: columns of prose are equally wide.
    for step in sorted(range(-15, 16), key=abs):
        x = left + width * (0.5 + step / 100)
        sides = (
            [line for line in lines if line.right <= x + 1],
            [line for line in lines if line.left >= x - 1],
        )
        crossing = len(lines) - len(sides[0]) - len(sides[1])
        if crossing * 4 <= len(lines) and all(_is_prose(side, width) for side in sides):
            return x
    return None


def _is_prose(lines: list[Line], page_width: float) -> bool:
    """Whether lines fill a column; the cells of a table leave most of theirs empty."""
    full = [line for line in lines if line.right - line.left > 0.3 * page_width]
    return len(full) >= max(_FEWEST_LINES, 0.5 * len(lines))


def _of_column(lines: list[Line]) -> Iterator[Region]:
    rows = _rows(lines)
    index = 0
    while index < len(rows):
        last = index
        while last < len(rows) and len(rows[last]) > 1:
            last += 1
        if last - index >= _FEWEST_ROWS:
            yield Region("table", tuple(rows[index:last]))
            index = last
            continue
        last = max(last, index + 1)
        while last < len(rows) and not _table_begins(rows, last):
            last += 1
        yield from _paragraphs(rows[index:last])
        index = last


def _table_begins(rows: list[_Row], index: int) -> bool:
    following = rows[index : index + _FEWEST_ROWS]
    return len(following) == _FEWEST_ROWS and all(len(row) > 1 for row in following)


def _rows(lines: list[Line]) -> list[_Row]:
    """Lines at one height, from left to right; rows from top to bottom."""
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda x: -x.base):
        last = rows[-1][0] if rows else None
        if last and abs(last.base - line.base) < 0.4 * min(last.size, line.size):
            rows[-1].append(line)
        else:
            rows.append([line])
    return [tuple(sorted(row, key=lambda x: x.left)) for row in rows]


def _paragraphs(rows: list[_Row]) -> Iterator[Region]:
    # A few lines with gaps in them (a number before its heading) are lines nonetheless.
    lines = [_joined(row) for row in rows]
    widest = max((line.right for line in lines), default=0.0)
    for run in _runs(lines):
        left, right = min(x.left for x in run), max(x.right for x in run)
        # What is narrow throughout (an address, a verse) does not say how wide it could be.
        if right - left < 0.6 * (widest - left):
            right = widest
        paragraph = [run[0]]
        for line in run[1:]:
            if _begins(line, paragraph, left, right):
                yield Region("paragraph", tuple((x,) for x in paragraph))
                paragraph = []
            paragraph.append(line)
        yield Region("paragraph", tuple((x,) for x in paragraph))


def _runs(lines: list[Line]) -> Iterator[list[Line]]:
    """Lines of one size that follow one another without a wider gap."""
    steps = sorted(
        step
        for above, below in pairwise(lines)
        if 0.8 * below.size < (step := above.base - below.base) < 3 * below.size
    )
    # The usual distance within a paragraph: most pages have more of these than of any other.
    pitch = steps[len(steps) // 4] if steps else 0.0
    run: list[Line] = []
    for line in lines:
        if run and not _goes_on(run[-1], line, pitch):
            yield run
            run = []
        run.append(line)
    if run:
        yield run


def _goes_on(above: Line, below: Line, pitch: float) -> bool:
    larger, smaller = max(above.size, below.size), min(above.size, below.size)
    gap = above.base - below.base
    return larger - smaller <= 0.08 * larger and 0 <= gap <= 1.35 * max(pitch, 1.1 * smaller)


def _joined(row: _Row) -> Line:
    first = row[0]
    words = "  ".join(line.text for line in row)
    # A bullet may be set in another size than what it stands before.
    size = max(row, key=lambda cell: len(cell.text)).size
    return Line(words, first.left, row[-1].right, first.base, size)


def _begins(line: Line, paragraph: list[Line], left: float, right: float) -> bool:
    """Whether ``line`` begins a new paragraph rather than going on with this one."""
    before, em = paragraph[-1], max(line.size, 1.0)
    if _BULLET.match(line.text):
        return True
    indented = line.left > max(left, before.left) + 0.8 * em
    # Under a bullet the lines that follow are indented, and belong to it.
    if indented and not _BULLET.match(paragraph[0].text):
        return True
    return before.right + _room_for_first_word(line, em) < right - 0.3 * em


def _room_for_first_word(line: Line, em: float) -> float:
    """What the first word would have taken on the line before, had it been put there.

    A Chinese line may be broken anywhere but before a stop, which can push two more
    characters down: three must fit before the break says anything.
    """
    word = (line.text.split() or [""])[0]
    if _WIDE.match(word):
        return 3 * em
    narrow = _WIDE.split(word)[0]
    share = (line.right - line.left) / max(len(line.text), 1)
    return (len(narrow) + 1) * share
