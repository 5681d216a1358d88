"""PDF: pages of glyphs into paragraphs; scanned pages through OCR where that is installed."""

from __future__ import annotations

import re
from collections import Counter
from ctypes import byref, c_double
from dataclasses import dataclass, replace
from datetime import datetime
from statistics import median
from typing import TYPE_CHECKING

import pypdfium2  # type: ignore[import-untyped]
from pypdfium2 import raw

from rag.errors import BadFileError
from rag.model import Parsed
from rag.parse import ocr
from rag.parse.compose import Composer, readable
from rag.parse.layout import Line, Region, regions
from rag.parse.properties import author_of, created_on, title_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rag.parse.job import Job

_DPI = 200
"""At which scanned pages are drawn for OCR."""
_GAP = 1.8
"""In widths of a character: what is farther apart stands in different columns or cells."""
_MARGIN = 0.12
"""Share of a page's height at its top and bottom where headers and page numbers stand."""
_FEW = 20
"""Characters that a scanned page may carry as text: a stamp, a page number."""
_LONGEST_HEADING = 80
_LARGER = 1.15
"""A heading's size, in sizes of the body."""

_PAGE_NUMBER = re.compile(
    r"(?:[-–—·]\s*)?\d{1,4}(?:\s*[-–—·])?|第\s*\d+\s*[页頁](?:.{0,3}共\s*\d+\s*[页頁])?"
    r"|(?:page|p\.)\s*\d+(?:\s*(?:of|/)\s*\d+)?|\d+\s*/\s*\d+|[ivxlc]{1,6}",
    re.IGNORECASE,
)
_NUMBER_AT_END = re.compile(r"^\d+\s+|\s+\d+$")
_UNREADABLE = re.compile(
    r"[\ue000-\uf8ff\ufffd\ufffe\uffff\x00-\x08\x0e-\x1f\U000f0000-\U0010ffff]"
)
_HYPHEN = "\x02"
"""What pdfium makes of a hyphen at the end of a line."""
_DATE = re.compile(r"D:(\d{4})(\d{2})?(\d{2})?")


@dataclass(frozen=True, slots=True)
class _Page:
    number: int
    height: float
    lines: list[Line]
    pictured: bool
    """Whether what it says stands in a picture, or in glyphs that map to no characters."""


def parse_pdf(data: bytes, job: Job) -> Iterator[Parsed]:
    """All pages as one text, each under its page mark.

    Raises:
        BadFileError: When it is damaged, encrypted, too long, or scanned and OCR is missing.
    """
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        raise BadFileError(_reason(error)) from None
    try:
        count = len(document)
        if count > job.limits.pages:
            raise BadFileError(
                f"{count:,} pages; {job.limits.pages:,} are allowed (YOUJU_MAX_PAGES)"
            )
        pages = [_page(document, number) for number in range(1, count + 1)]
        pages, note = _with_pictured_pages(document, pages)
        compose = Composer()
        _write(pages, compose)
        properties = document.get_metadata_dict()
    except pypdfium2.PdfiumError as error:
        raise BadFileError(_reason(error)) from None
    finally:
        document.close()
    created = _created(properties.get("CreationDate", ""))
    yield Parsed(
        text=compose.text,
        format="pdf",
        marks=compose.marks,
        title=title_of(properties.get("Title")),
        author=author_of(properties.get("Author")),
        published=created,
        published_from="metadata" if created else None,
        note=note,
    )


def _reason(error: pypdfium2.PdfiumError) -> str:
    if "password" in str(error).lower():
        return "an encrypted PDF: save it without a password"
    return f"a damaged PDF: {error}"


def _created(stamp: str) -> str | None:
    match = _DATE.match(stamp)
    if not match or not match[3]:
        return None
    try:
        return created_on(datetime(int(match[1]), int(match[2]), int(match[3])))  # noqa: DTZ001
    except ValueError:
        return None


def _page(document: pypdfium2.PdfDocument, number: int) -> _Page:
    page = document[number - 1]
    try:
        lines = [line for line in _lines(page) if line.text.strip()]
        width, height = page.get_size()
        text = "".join(line.text for line in lines)
        if text and len(_UNREADABLE.findall(text)) * 3 > len(text):
            return _Page(number, height, [], pictured=True)
        pictured = len(text) < _FEW and _has_picture(page, width * height, blank=not text)
        return _Page(number, height, lines, pictured)
    finally:
        page.close()


def _has_picture(page: pypdfium2.PdfPage, area: float, *, blank: bool) -> bool:
    """Whether a picture (or a drawing of many strokes) takes half of the page; any, if blank."""
    strokes = 0
    for thing in page.get_objects(max_depth=3):
        strokes += thing.type == raw.FPDF_PAGEOBJ_PATH
        if thing.type == raw.FPDF_PAGEOBJ_IMAGE:
            left, bottom, right, top = thing.get_bounds()
            if blank or (right - left) * (top - bottom) >= 0.5 * area:
                return True
    return strokes > 200  # text that was turned into outlines


def _lines(page: pypdfium2.PdfPage) -> Iterator[Line]:
    """The page's characters as lines, split where a wide gap stands between two of them."""
    textpage = page.get_textpage()
    try:
        # A page has thousands of characters: names are looked up and pointers made once.
        handle, box = textpage.raw, raw.FS_RECTF()
        unicode_of, box_of, at_box = (
            raw.FPDFText_GetUnicode,
            raw.FPDFText_GetLooseCharBox,
            byref(box),
        )
        words: list[str] = []
        left = right = base = size = 0.0
        for index in range(textpage.count_chars()):
            character = chr(min(unicode_of(handle, index), 0x10FFFF))
            blank = character.isspace()
            if not blank:
                box_of(handle, index, at_box)
            # A space in the file may be as wide as a gap; it neither begins nor ends a line.
            apart = not blank and box.left - right > _GAP * max(size, 1.0)
            if words and (apart or character in "\r\n"):
                yield Line(_text(words), left, right, base, size)
                words = []
            if blank:
                if words:
                    words.append(character)
                continue
            if not words:
                base, size = _base_and_size(textpage, index, box)
                left = right = box.left
            words.append(character)
            right = max(right, box.right)
            if character == _HYPHEN:  # its line break is left out
                yield Line(_text(words), left, right, base, size)
                words = []
        if words:
            yield Line(_text(words), left, right, base, size)
    finally:
        textpage.close()


def _base_and_size(
    textpage: pypdfium2.PdfTextPage, index: int, box: raw.FS_RECTF
) -> tuple[float, float]:
    x, y = c_double(), c_double()
    raw.FPDFText_GetCharOrigin(textpage, index, x, y)
    nominal = float(raw.FPDFText_GetFontSize(textpage, index))
    drawn = float(box.top - box.bottom)
    # A font of size 1 may be scaled up by the page: what the reader sees counts.
    return y.value, nominal if 0.5 * drawn < nominal < 2 * drawn else round(drawn, 1)


def _text(characters: list[str]) -> str:
    # Characters beyond the first plane come as two halves.
    joined = "".join(characters).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return readable(joined.replace("\u00a0", " ").replace(_HYPHEN, "-")).rstrip()


def _with_pictured_pages(
    document: pypdfium2.PdfDocument, pages: list[_Page]
) -> tuple[list[_Page], str]:
    """Read the pages that are pictures, if that can be done; say what was done or missed."""
    pictured = [page for page in pages if page.pictured]
    if not pictured:
        return pages, ""
    if not ocr.can_read():
        if not any(page.lines for page in pages if not page.pictured):
            raise BadFileError(
                f"a scanned PDF: {len(pictured)} of {len(pages)} pages hold pictures and no"
                " readable text; install youju[ocr] to read them"
            )
        numbers = _numbers(pictured)
        return pages, f"no text on {numbers}: pictures, which youju[ocr] would read"
    read = {page.number: page for page in _of_even_size([_seen(document, p) for p in pictured])}
    note = f"{len(pictured)} {'page' if len(pictured) == 1 else 'pages'} read by OCR"
    return [read.get(page.number, page) for page in pages], note


def _numbers(pages: Sequence[_Page]) -> str:
    numbers = ", ".join(str(page.number) for page in pages[:20])
    more = f" and {len(pages) - 20} more" if len(pages) > 20 else ""
    return f"{'page' if len(pages) == 1 else 'pages'} {numbers}{more}"


def _seen(document: pypdfium2.PdfDocument, page: _Page) -> _Page:
    scale = _DPI / 72
    drawn = document[page.number - 1].render(scale=scale, draw_annots=False)
    lines = ocr.read_lines(drawn.to_pil(), scale)
    return _Page(page.number, page.height, lines, pictured=True)


def _of_even_size(pages: list[_Page]) -> list[_Page]:
    """Give lines about as large as most the same size: OCR measures words, not their font."""
    sizes = [line.size for page in pages for line in page.lines]
    usual = median(sizes) if sizes else 0.0

    def evened(line: Line) -> Line:
        near = 0.6 * usual < line.size < 1.5 * usual
        return replace(line, size=usual) if near else line

    return [replace(page, lines=[evened(line) for line in page.lines]) for page in pages]


def _write(pages: list[_Page], compose: Composer) -> None:
    repeated = _repeated_in_margins(pages)
    levels = _heading_levels(pages)
    for page in pages:
        begin = compose.end + (2 if compose.end else 0)  # past the gap before its first block
        for region in _in_order(page, repeated):
            _write_region(region, levels, compose)
        compose.mark(begin, compose.end, "page", str(page.number))


@dataclass(frozen=True, slots=True)
class _Furniture:
    """A page's header, footer or number."""

    text: str


def _in_order(page: _Page, repeated: set[str]) -> Iterator[Region | _Furniture]:
    """The page's regions, its header before them and its footer after."""
    edge = page.height / 2
    furniture = [line for line in page.lines if _is_furniture(line, page, repeated)]
    body = [line for line in page.lines if line not in furniture]
    yield from (_Furniture(line.text) for line in furniture if line.base > edge)
    yield from regions(body)
    yield from (_Furniture(line.text) for line in furniture if line.base <= edge)


def _write_region(region: Region | _Furniture, levels: dict[float, int], compose: Composer) -> None:
    if isinstance(region, _Furniture):
        compose.add(region.text, ("kind", "boilerplate"))
    elif region.kind == "table":
        compose.table([cell.text for cell in row] for row in region.rows)
    elif (level := levels.get(round(region.size))) and _may_be_heading(region.text):
        compose.heading(region.text, level)
    else:
        compose.add(region.text, ("paragraph", ""))


def _may_be_heading(text: str) -> bool:
    return len(text) <= _LONGEST_HEADING and not text.endswith(tuple("。！；，、;,."))


def _in_margin(line: Line, page: _Page) -> bool:
    return not _MARGIN * page.height < line.base < (1 - _MARGIN) * page.height


def _key(line: Line) -> str:
    """The same on all pages: the words without the page's number, and about where they stand."""
    return f"{_NUMBER_AT_END.sub('', line.text.strip())}@{round(line.base / 6)}"


def _repeated_in_margins(pages: list[_Page]) -> set[str]:
    """What stands at one place in the margins of three pages, or of both of two."""
    keys = Counter(
        key
        for page in pages
        for key in {_key(line) for line in page.lines if _in_margin(line, page)}
    )
    return {key for key, count in keys.items() if count >= min(3, max(2, len(pages)))}


def _is_furniture(line: Line, page: _Page, repeated: set[str]) -> bool:
    if not _in_margin(line, page):
        return False
    return _key(line) in repeated or bool(_PAGE_NUMBER.fullmatch(line.text.strip()))


def _heading_levels(pages: list[_Page]) -> dict[float, int]:
    """The sizes that are clearly larger than the body's, the largest being level 1."""
    sizes: Counter[int] = Counter()
    for page in pages:
        for line in page.lines:
            sizes[round(line.size)] += len(line.text)
    if not sizes:
        return {}
    body = sizes.most_common(1)[0][0]
    larger = sorted((size for size in sizes if size >= _LARGER * body), reverse=True)
    return {float(size): min(level, 6) for level, size in enumerate(larger, start=1)}
