"""HTML pages: all that a reader sees as text, and marks that tell the article from the rest.

Nothing visible is thrown away. Navigation, shares, comments, captions and credits stay in the
text and are marked as what they are; what bears no ``kind`` mark is the article.
"""

from __future__ import annotations

import codecs
import logging
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trafilatura import bare_extraction

from rag.errors import BadFileError
from rag.model import Parsed
from rag.parse.compose import Composer
from rag.parse.page_blocks import read_blocks, read_tree
from rag.parse.page_meta import read_origin
from rag.parse.page_rules import Verdict, classify

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.html import HtmlElement

    from rag.model import Span
    from rag.parse.page_blocks import Block, Page

_HEAD = 4096
_META_CHARSET = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_XML_ENCODING = re.compile(rb"\A\s*<\?xml[^>]+encoding\s*=\s*[\"']([\w.:-]+)", re.IGNORECASE)
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Pages name an older, smaller relative of the encoding that they are in.
_REALLY = {
    "gb2312": "gb18030", "gbk": "gb18030", "big5": "big5hkscs", "ascii": "cp1252",
    "iso8859-1": "cp1252", "utf-16": "utf-8", "utf-16-le": "utf-8", "utf-16-be": "utf-8",
}  # fmt: skip
_SPACE = re.compile(r"\s+")
_ASKED_AT_MOST = 300_000
"""Characters of a page that trafilatura, at a second for each 250,000, is asked about."""
_ELEMENTS_AT_MOST = 50_000
"""Its elements: where they lie within one another, each costs a millisecond."""
_NOTE_ANCHOR = re.compile(
    r"^#_?(?:fn|ftn|foot-?note|footnote|note|cite[-_]?note|end-?note|edn|en|ref|reference|sdfootnote)"
    r"[-_:.]?(?!ref|text|anc)[\w:.-]*$",
    re.IGNORECASE,
)

logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
logging.getLogger("htmldate").setLevel(logging.CRITICAL)


def page_encoding(data: bytes) -> str | None:
    """Return the Python codec that a page says it is written in: by its mark or its ``<meta>``."""
    for mark, codec in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return codec
    head = data[:_HEAD]
    match = _XML_ENCODING.search(head) or _META_CHARSET.search(head)
    if match is None:
        return None
    try:
        name = codecs.lookup(match[1].decode("ascii")).name
    except (LookupError, UnicodeDecodeError):
        return None
    return _REALLY.get(name, name)


def parse_page(text: str, *, name: str) -> Parsed:
    """Read a page.

    Args:
        text: Its HTML, decoded.
        name: What to call a page that has neither title nor heading.

    Raises:
        BadFileError: When a reader would see no text on it.
    """
    tree = read_tree(text)
    page = read_blocks(tree) if tree is not None else None
    if page is None or not page.blocks:
        by_script = "<script" in text.lower()
        raise BadFileError(
            "the page holds no text: a script would have to fetch it"
            if by_script
            else "the page holds no text"
        )
    origin = read_origin(page)
    verdicts = classify(page, _kept(page, text), origin.title)
    composer = _compose(page, verdicts)
    return Parsed(
        text=composer.text,
        format="html",
        marks=composer.marks,
        title=origin.title or name,
        outlet=origin.outlet,
        author=origin.author,
        url=origin.url,
        published=origin.published,
        published_from=origin.published_from,
    )


def _kept(page: Page, html: str) -> list[bool]:
    """Tell of every block whether trafilatura holds it to be main text."""
    nothing = [False] * len(page.blocks)
    large = sum(len(block.text) for block in page.blocks) > _ASKED_AT_MOST
    if large or len(page.regions) > _ELEMENTS_AT_MOST or (tree := read_tree(html)) is None:
        return nothing
    try:
        found = bare_extraction(tree, include_comments=True, include_tables=True)
    except RecursionError:
        return nothing
    main = getattr(found, "text", None) or ""
    lines = {squeezed for line in main.splitlines() if (squeezed := _SPACE.sub("", line))}
    whole = _SPACE.sub("", main)
    return [_is_among(_SPACE.sub("", block.text), lines, whole) for block in page.blocks]


def _is_among(block: str, lines: set[str], whole: str) -> bool:
    return block in lines or (len(block) >= 12 and block in whole)


def _compose(page: Page, verdicts: list[Verdict]) -> Composer:
    composer = Composer()
    spans = [composer.add(block.text, gap=block.gap) for block in page.blocks]
    notes = list(_notes(page))
    for note in notes:
        for i in range(note.first, note.end):
            if verdicts[i].kind == "body":
                verdicts[i].kind = "reference"
    for (start, end), block, verdict in zip(spans, page.blocks, verdicts, strict=True):
        if verdict.kind != "body":
            composer.mark(start, end, "kind", verdict.kind)
        elif block.level:
            composer.mark(start, end, "heading", str(block.level))
        if block.header:
            composer.mark(start, end, "header")
        for begin, stop in verdict.authors:
            composer.mark(start + begin, start + stop, "author")
    _mark_tables(composer, page.blocks, spans)
    noted: set[str] = set()
    for note in notes:
        at = spans[note.block][0]
        composer.mark(at + note.anchor[0], at + note.anchor[1], "anchor", note.key)
        if note.key not in noted:
            composer.mark(spans[note.first][0], spans[note.end - 1][1], "note", note.key)
            noted.add(note.key)
    return composer


def _mark_tables(composer: Composer, blocks: list[Block], spans: list[Span]) -> None:
    rows: dict[int, list[int]] = {}
    for i, block in enumerate(blocks):
        if block.table:
            rows.setdefault(block.table, []).append(i)
    for table in rows.values():
        composer.mark(spans[table[0]][0], spans[table[-1]][1], "table")


@dataclass(frozen=True, slots=True)
class _Note:
    """A footnote: where its sign stands, and the blocks ``[first, end)`` of its text."""

    key: str
    block: int
    anchor: Span
    first: int
    end: int


def _notes(page: Page) -> Iterator[_Note]:
    """Yield a footnote for every small link forward to what bears the name it links to."""
    places: dict[str, tuple[int, int]] = {}
    for region in page.regions:
        for key in (region.element.get("id"), region.element.get("name")):
            if key and region.end > region.start:
                places.setdefault(key, (region.start, region.end))
    for i, block in enumerate(page.blocks):
        for inline in block.inlines:
            key = (inline.element.get("href") or "#")[1:]
            if _is_anchor(inline.element) and key in places and places[key][0] > i:
                yield _Note(key, i, (inline.start, inline.end), *places[key])


def _is_anchor(element: HtmlElement) -> bool:
    names = f"{element.get('role')} {element.get('class')}"
    href = element.get("href") or ""
    return bool(_NOTE_ANCHOR.match(href)) or (href.startswith("#") and "noteref" in names)
