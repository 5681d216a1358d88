"""Word and PowerPoint: what a reader of the printed document would see, in its order."""

from __future__ import annotations

import io
import re
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import docx
import pptx
from docx.opc.constants import RELATIONSHIP_TYPE as RELATION
from docx.opc.exceptions import OpcError
from docx.oxml import parse_xml
from docx.oxml.exceptions import InvalidXmlError
from docx.oxml.ns import qn
from lxml import etree
from pptx.exc import PythonPptxError
from pptx.shapes.autoshape import Shape
from pptx.shapes.graphfrm import GraphicFrame
from pptx.shapes.group import GroupShape

from rag.errors import BadFileError
from rag.model import Parsed
from rag.parse.archive import check_package
from rag.parse.compose import Composer
from rag.parse.properties import author_of, created_on, title_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from docx.document import Document as WordDocument
    from docx.opc.coreprops import CoreProperties as WordProperties
    from pptx.parts.coreprops import CorePropertiesPart as SlidesProperties
    from pptx.shapes.base import BaseShape
    from pptx.slide import Slide

    from rag.parse.job import Job

# What the two libraries and lxml raised on thousands of files with damage in their XML; their
# own classes are rare among them.
_ERRORS = (
    *(OpcError, InvalidXmlError, PythonPptxError, etree.LxmlError),
    *(KeyError, ValueError, AttributeError, TypeError, IndexError),
)
Element: TypeAlias = etree._Element
_HEADING_STYLE = re.compile(r"(?:heading|标题|標題)\s*([1-9])$", re.IGNORECASE)
_MAX_LEVEL = 6


def parse_docx(data: bytes, job: Job) -> Iterator[Parsed]:
    """A Word document: headings, paragraphs and tables in order, notes and comments after them.

    Page headers and footers, deleted and hidden text are left out.

    Raises:
        BadFileError: When it is damaged or too large.
    """
    check_package(data, job)
    compose = Composer()
    try:
        document = docx.Document(io.BytesIO(data))
        _Word(document, compose).write()
        properties = document.core_properties
        yield _parsed("docx", compose, properties)
    except _ERRORS as error:
        raise BadFileError(f"a damaged Word file: {_said(error)}") from None


def _parsed(
    format: str, compose: Composer, properties: WordProperties | SlidesProperties
) -> Parsed:
    created = created_on(properties.created)
    return Parsed(
        text=compose.text,
        format=format,
        marks=compose.marks,
        title=title_of(properties.title),
        author=author_of(properties.author),
        published=created,
        published_from="metadata" if created else None,
    )


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:120]}"


class _Note(NamedTuple):
    """A footnote's mark within a paragraph."""

    kind: str
    id: str


# Elements whose content is not part of what a reader sees: deleted or moved away, the fallback
# of what stands beside it, text boxes (they are written after their paragraph), properties.
_UNSEEN = frozenset(
    map(qn, ("w:del", "w:moveFrom", "w:txbxContent", "w:pPr", "w:rPr", "w:instrText"))
) | {"{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"}
_SIGNS = {
    qn("w:tab"): "\t",
    qn("w:br"): "\n",
    qn("w:cr"): "\n",
    qn("w:noBreakHyphen"): "-",
}
_NOTES = {qn("w:footnoteReference"): "footnote", qn("w:endnoteReference"): "endnote"}


class _Word:
    """Writes one Word document."""

    def __init__(self, document: WordDocument, compose: Composer) -> None:
        self._document = document
        self._compose = compose
        self._levels = _heading_levels(document)
        self._notes: list[_Note] = []

    def write(self) -> None:
        self._blocks(self._document.element.body)
        self._write_notes()
        for comment in self._document.comments:
            kind = ("kind", "comment")
            self._compose.add(comment.author or "", ("author", ""), kind)  # type: ignore[arg-type]
            self._compose.add(comment.text, kind, gap="\n")  # type: ignore[arg-type]

    def _blocks(self, parent: Element) -> None:
        for child in parent.iterchildren():
            if child.tag == qn("w:p"):
                self._paragraph(child)
            elif child.tag == qn("w:tbl"):
                self._table(child)
            elif child.tag not in _UNSEEN and child.tag != qn("w:sectPr"):
                self._blocks(child)  # content controls, insertions

    def _paragraph(self, paragraph: Element) -> None:
        words, anchors = "", []
        for piece in _pieces(paragraph):
            if isinstance(piece, str):
                words += piece
            else:
                self._notes.append(piece)
                key = str(len(self._notes))
                anchors.append((len(words), key))
                words += f"[{key}]"
        level = self._level(paragraph)
        lost = len(words) - len(words.lstrip())
        write = partial(self._compose.heading, level=level) if level else self._compose.paragraph
        start, end = write(words)
        for position, key in anchors:
            begin = start + position - lost
            self._compose.mark(begin, min(begin + len(key) + 2, end), "anchor", key)
        for box in paragraph.iter(qn("w:txbxContent")):
            if not _within_fallback(box):
                self._blocks(box)

    def _level(self, paragraph: Element) -> int:
        """The level of a heading; 0 for body text."""
        properties = paragraph.find(qn("w:pPr"))
        if properties is None:
            return 0
        outline = properties.find(qn("w:outlineLvl"))
        if outline is not None:
            return _outline_level(outline)
        style = properties.find(qn("w:pStyle"))
        return 0 if style is None else self._levels.get(style.get(qn("w:val"), ""), 0)

    def _table(self, table: Element) -> None:
        rows = list(table.iterchildren(qn("w:tr")))
        cells = [[cell for cell in row.iter(qn("w:tc")) if _row_of(cell) is row] for row in rows]
        if all(len(row) <= 1 for row in cells):
            # A frame around paragraphs rather than a table.
            for row in cells:
                for cell in row:
                    self._blocks(cell)
            return
        repeated = sum(next(row.iter(qn("w:tblHeader")), None) is not None for row in rows)
        self._compose.table(map(self._cells, cells), headers=max(repeated, 1))

    def _cells(self, cells: list[Element]) -> list[str]:
        row: list[str] = []
        for cell in cells:
            words = " ".join(_plain(paragraph) for paragraph in cell.iter(qn("w:p")))
            span = next((e.get(qn("w:val"), "1") for e in cell.iter(qn("w:gridSpan"))), "1")
            row += [words, *[""] * (int(span) - 1 if span.isdecimal() and len(span) < 3 else 0)]
        return row

    def _write_notes(self) -> None:
        texts = {
            **_note_texts(self._document, RELATION.FOOTNOTES, "footnote"),
            **_note_texts(self._document, RELATION.ENDNOTES, "endnote"),
        }
        for number, note in enumerate(self._notes, start=1):
            if words := texts.get(note):
                self._compose.add(f"[{number}] {words}", ("note", str(number)))


def _pieces(element: Element) -> Iterator[str | _Note]:
    """The words and note marks of a paragraph as a reader sees them."""
    for child in element.iterchildren():
        tag = child.tag
        if tag in _UNSEEN or not isinstance(tag, str):
            continue
        if tag == qn("w:t"):
            yield child.text or ""
        elif tag in _SIGNS:
            yield _SIGNS[tag]
        elif tag in _NOTES:
            yield _Note(_NOTES[tag], child.get(qn("w:id"), ""))
        elif not (tag == qn("w:r") and _is_hidden(child)):
            yield from _pieces(child)


def _plain(element: Element) -> str:
    return "".join(piece for piece in _pieces(element) if isinstance(piece, str))


def _is_hidden(run: Element) -> bool:
    properties = run.find(qn("w:rPr"))
    hidden = None if properties is None else properties.find(qn("w:vanish"))
    return hidden is not None and hidden.get(qn("w:val")) not in {"0", "false"}


def _within_fallback(element: Element) -> bool:
    return any(parent.tag in _UNSEEN for parent in element.iterancestors())


def _row_of(cell: Element) -> Element:
    return next(cell.iterancestors(qn("w:tr")))


def _outline_level(outline: Element) -> int:
    value = outline.get(qn("w:val"), "")
    level = int(value) + 1 if value.isdecimal() and len(value) == 1 else 0
    return level if level <= _MAX_LEVEL else 0  # 9 says body text


def _heading_levels(document: WordDocument) -> dict[str, int]:
    """The level of each paragraph style that makes headings, by the style's id."""
    styles = {e.get(qn("w:styleId"), ""): e for e in document.styles.element.iter(qn("w:style"))}
    return {id: level for id in styles if (level := _style_level(id, styles))}


def _style_level(id: str, styles: dict[str, Element]) -> int:
    seen: set[str] = set()
    while id in styles and id not in seen:
        seen.add(id)
        style = styles[id]
        name = style.find(qn("w:name"))
        words = "" if name is None else name.get(qn("w:val"), "")
        if match := _HEADING_STYLE.match(words):
            return int(match[1])
        if words.lower() == "title":
            return 1
        outline = next(style.iter(qn("w:outlineLvl")), None)
        if outline is not None:
            return _outline_level(outline)
        based_on = style.find(qn("w:basedOn"))
        id = "" if based_on is None else based_on.get(qn("w:val"), "")
    return 0


def _note_texts(document: WordDocument, relation: str, kind: str) -> dict[_Note, str]:
    try:
        part = document.part.part_related_by(relation)
    except KeyError:
        return {}  # the document has none
    return {
        _Note(kind, note.get(qn("w:id"), "")): "\n".join(
            filter(None, (_plain(paragraph).strip() for paragraph in note.iter(qn("w:p"))))
        )
        for note in parse_xml(part.blob).iterchildren(qn(f"w:{kind}"))
    }


def parse_pptx(data: bytes, job: Job) -> Iterator[Parsed]:
    """A presentation: a page for each slide, its title a heading, the speaker's notes last.

    Raises:
        BadFileError: When it is damaged or too large.
    """
    check_package(data, job)
    compose = Composer()
    try:
        presentation = pptx.Presentation(io.BytesIO(data))
        for number, slide in enumerate(presentation.slides, start=1):
            _slide(slide, number, compose)
        yield _parsed("pptx", compose, presentation.core_properties)
    except _ERRORS as error:
        raise BadFileError(f"a damaged PowerPoint file: {_said(error)}") from None


def _slide(slide: Slide, number: int, compose: Composer) -> None:
    start = compose.end + (2 if compose.end else 0)  # past the gap before its first block
    title = slide.shapes.title
    if title is not None and title.has_text_frame:
        compose.heading(title.text_frame.text, 1)
    for shape in _in_reading_order(slide.shapes):
        if title is None or shape.shape_id != title.shape_id:
            _shape(shape, compose)
    if slide.has_notes_slide and (notes := slide.notes_slide.notes_text_frame):
        for paragraph in notes.paragraphs:
            compose.paragraph(paragraph.text)
    compose.mark(start, compose.end, "page", str(number))


def _in_reading_order(shapes: Iterable[BaseShape]) -> list[BaseShape]:
    """From top to bottom, then from left to right; a placeholder may leave its place open."""
    return sorted(shapes, key=lambda shape: (shape.top or 0, shape.left or 0))


def _shape(shape: BaseShape, compose: Composer) -> None:
    if isinstance(shape, GroupShape):
        for inner in _in_reading_order(shape.shapes):
            _shape(inner, compose)
    elif isinstance(shape, GraphicFrame):
        if not shape.has_table:
            return
        compose.table([cell.text for cell in row.cells] for row in shape.table.rows)
    elif isinstance(shape, Shape):
        for paragraph in shape.text_frame.paragraphs:
            compose.paragraph(paragraph.text)
