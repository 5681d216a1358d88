"""What a model wrote, cut into what is checked: sentences, list items, table rows."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rag.prompt import MARKER
from rag.split import sentences
from rag.untrusted import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rag.model import Layout

LONGEST_LABEL = 40
"""Characters of a heading; what is longer says something."""

_MISSING = re.compile(r"^\W*(?:MISSING|缺少|缺失)\s*[:：]\s*(.*)$", re.IGNORECASE)
_HEADING = re.compile(r"^#{1,6}\s+(.*)$")
_ITEM = re.compile(r"^(?:[-*+]\s+|[•·]\s*|\d{1,2}(?:[.)]\s+|[、）]\s*))(?=\S)(.*)$")
_RULE = re.compile(r"^[\s|:\-—]+$")
# A marker stands behind the full stop as often as before it: let it count for its sentence.
_MARKER_AFTER_STOP = re.compile(r"([。！？!?.])((?:\s*[\[［【](?:资料)?\d{1,2}[\]］】])+)")


@dataclass(frozen=True, slots=True)
class Piece:
    """A sentence, list item or table row of a draft."""

    text: str
    """Without markers and markup; the cells of a row stand between ``|``."""
    layout: Layout
    markers: tuple[int, ...]
    """Numbers of the passages that it names."""
    columns: str = ""
    """Of a row: the header that it stands under."""

    @property
    def reading(self) -> str:
        """As it is judged: a row with its columns' names."""
        if not self.columns:
            return self.text
        names, cells = self.columns.split("|"), self.text.split("|")
        pairs = zip(names, cells, strict=False)
        return "；".join(f"{n.strip()}：{c.strip()}" if n.strip() else c.strip() for n, c in pairs)


@dataclass(frozen=True, slots=True)
class Draft:
    """The pieces, and what the model says that the passages do not say."""

    pieces: tuple[Piece, ...]
    missing: tuple[str, ...]


def read_draft(text: str) -> Draft:
    """Cut what a model wrote into pieces."""
    pieces: list[Piece] = []
    missing: list[str] = []
    columns, gap = "", False
    for line in map(str.strip, _MARKER_AFTER_STOP.sub(r"\2\1", text.strip()).split("\n")):
        if found := _MISSING.match(line):
            missing.append(MARKER.sub("", found[1]).strip())
        elif line.startswith("|"):
            if not _RULE.match(line):
                pieces += _row(line, columns)
                columns = columns or pieces[-1].text
        elif line:
            pieces += _line(line, gap=gap and bool(pieces))
        gap = not line
        columns = columns if line.startswith("|") else ""
    return Draft(tuple(pieces), tuple(m for m in missing if m))


def without_empty_frames(pieces: Sequence[Piece], stands: Sequence[bool]) -> list[bool]:
    """Return what stands, less headings and column headings under which nothing stands."""
    out = list(stands)
    below: dict[str, bool] = {"row": False, "heading": False}
    for place in range(len(pieces) - 1, -1, -1):
        piece = pieces[place]
        frame = piece.layout == "heading" or _is_header(pieces, place)
        if frame:
            out[place] = out[place] and below[piece.layout]
            below[piece.layout] = False
        elif out[place]:
            below = dict.fromkeys(below, True)
        if piece.layout != "row":
            below["row"] = False
    return out


def _is_header(pieces: Sequence[Piece], place: int) -> bool:
    return pieces[place].layout == "row" and not pieces[place].columns


def is_label(piece: Piece) -> bool:
    """Whether a piece may be a heading, which states nothing."""
    short = len(piece.text) <= LONGEST_LABEL and piece.text[-1:] not in "。！？.!?"
    header = piece.layout == "row" and not piece.columns
    return header or (short and piece.layout in {"heading", "paragraph", ""})


def _line(line: str, *, gap: bool) -> Iterator[Piece]:
    if found := _HEADING.match(line):
        yield from _sentences(found[1], "heading", whole=True)
    elif found := _ITEM.match(line):
        yield from _sentences(found[1], "item")
    else:
        yield from _sentences(line, "paragraph" if gap else "")


def _sentences(text: str, layout: Layout, *, whole: bool = False) -> Iterator[Piece]:
    for start, end in [(0, len(text))] if whole else sentences(text):
        said = text[start:end]
        piece = Piece(_bare(said), layout, _markers(said))
        if piece.text:
            yield piece
            layout = ""


def _row(line: str, columns: str) -> Iterator[Piece]:
    cells = [_bare(cell) for cell in line.strip("|").split("|")]
    yield replace(Piece(" | ".join(cells), "row", _markers(line)), columns=columns)


def _bare(text: str) -> str:
    return plain(MARKER.sub("", text)).strip()


def _markers(text: str) -> tuple[int, ...]:
    return tuple(dict.fromkeys(int(n) for n in MARKER.findall(text)))
