"""Making a text of record out of blocks, with the marks that point into it.

For formats that hold no text of their own (a PDF holds glyphs, a spreadsheet holds cells) the
text is made here: blocks with a blank line between them, a table's rows one line each.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from rag.grid import names_columns, rows_above_header
from rag.model import Mark

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rag.model import Parsed, Role

CELL = " | "
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_LINE_BREAK = re.compile(r"\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")


def valid(text: str) -> str:
    """Put U+FFFD for each lone surrogate, which no store and no file can hold."""
    return _LONE_SURROGATE.sub("\ufffd", text)


def readable(text: str) -> str:
    """Return ``text`` as a block holds it: plain line breaks, nothing that is no character."""
    return _CONTROL.sub("", _LINE_BREAK.sub("\n", valid(text)))


class Composer:
    """A text that grows by blocks; positions handed out stay right."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._marks: list[Mark] = []
        self.end = 0
        """Where the next character will stand."""

    def add(self, text: str, *roles: tuple[Role, str], gap: str = "\n\n") -> tuple[int, int]:
        """Append a block after ``gap``, mark all of it, and return where it stands.

        A block of white space alone is not added; what is returned is then empty.
        """
        text = readable(text).strip()
        if not text:
            return self.end, self.end
        if self.end:
            self._append(gap)
        start = self.end
        self._append(text)
        for role, value in roles:
            self.mark(start, self.end, role, value)
        return start, self.end

    def paragraph(self, text: str, *roles: tuple[Role, str]) -> tuple[int, int]:
        """Append one paragraph; line breaks that its author put in it stay meaningful."""
        broken = "\n" in readable(text).strip()
        return self.add(text, *roles) if broken else self.add(text, ("paragraph", ""), *roles)

    def heading(self, text: str, level: int) -> tuple[int, int]:
        """Append a heading, which stands on one line."""
        return self.add(" ".join(text.split()), ("heading", str(min(max(level, 1), 6))))

    def table(self, rows: Iterable[Sequence[str]], *, headers: int = 1) -> tuple[int, int]:
        """Append a table; of its rows that say something the first ``headers`` are its header.

        What stands above a header of one row, as a title does, is a paragraph each.
        """
        start: int | None = None
        table = [[" ".join(readable(cell).split()) for cell in cells] for cells in rows]
        table = [cells for cells in table if any(c.strip(f"{CELL} ") for c in cells)]
        above = rows_above_header([sum(map(bool, c)) for c in table]) if headers == 1 else 0
        for cells in table[:above]:
            self.paragraph(" ".join(filter(None, cells)))
        rest = table[above:]
        if rest and not names_columns(rest):
            headers = 0
        for cells in rest:
            line = CELL.join(cells)
            begin, end = self.add(line, gap="\n\n" if start is None else "\n")
            start = begin if start is None else start
            if headers:
                self.mark(begin, end, "header")
                headers -= 1
        if start is None:
            return self.end, self.end
        self.mark(start, self.end, "table")
        return start, self.end

    def parsed(self, part: Parsed) -> tuple[int, int]:
        """Append another text as it is, its marks moved along."""
        if not part.text.strip():
            return self.end, self.end
        if self.end:
            self._append("\n\n")
        start = self.end
        self._append(valid(part.text))
        self._marks.extend(
            replace(mark, start=mark.start + start, end=mark.end + start) for mark in part.marks
        )
        return start, self.end

    def mark(self, start: int, end: int, role: Role, value: str = "") -> None:
        """Mark characters that are already there; nothing where there are none."""
        if start < end:
            self._marks.append(Mark(start, end, role, value))

    @property
    def text(self) -> str:
        """All of it."""
        return "".join(self._pieces)

    @property
    def marks(self) -> tuple[Mark, ...]:
        """In the order of the text; of two that begin together the outer one first."""
        return tuple(sorted(self._marks, key=lambda m: (m.start, -m.end, m.role != "page")))

    def _append(self, text: str) -> None:
        self._pieces.append(text)
        self.end += len(text)
