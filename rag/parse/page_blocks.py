"""A page as a list of blocks: what a reader sees, a paragraph each, in order.

Text is collapsed as HTML collapses white space and otherwise left alone. Where the blocks
stand in the tree is kept as regions, each the run of blocks that one element holds, so that
asking how much text an element holds costs a subtraction and not a walk.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import lxml.html
from lxml import etree

if TYPE_CHECKING:
    from lxml.html import HtmlElement

HEADINGS = {f"h{level}": level for level in range(1, 7)}
_BLOCKS = frozenset(
    [
        "address",
        "amp-sidebar",
        "article",
        "aside",
        "blockquote",
        "body",
        "button",
        "caption",
        "center",
        "dd",
        "details",
        "dialog",
        "dir",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "frameset",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hgroup",
        "hr",
        "html",
        "legend",
        "li",
        "main",
        "menu",
        "nav",
        "noframes",
        "ol",
        "optgroup",
        "option",
        "p",
        "pre",
        "search",
        "section",
        "select",
        "summary",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "ul",
    ]
)
_LINES = frozenset(["br", "dd", "dt", "li", "option", "tbody", "td", "tfoot", "th", "thead", "tr"])
"""Elements that begin a line and not a paragraph."""
_UNSEEN = frozenset(
    [
        "script",
        "style",
        "template",
        "noscript",
        "head",
        "iframe",
        "object",
        "embed",
        "applet",
        "audio",
        "video",
        "canvas",
        "svg",
        "math",
        "datalist",
        "amp-state",
        "amp-analytics",
        "noembed",
        "title",
        "meta",
        "link",
    ]
)
_CONTROL = re.compile(r"[\0-\x08\x0b\x0e-\x1f\x7f\x80-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")
_SPACE = re.compile(r"[ \t\r\n\f]+")
_INDENT = (
    " \t\r\n\f\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005"
    "\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000\ufeff"
)
"""What an indent is made of: spaces of every width."""
_NOT_SHOWN = re.compile(r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
_FOR_SCREEN_READERS = re.compile(
    r"(?:^|\s)(?:screen-reader-text|sr-only|visually-?hidden)(?:\s|$)", re.IGNORECASE
)
_XHTML = re.compile(r"\A\s*(?:<\?xml|<!DOCTYPE[^>]{0,60}XHTML)", re.IGNORECASE)
_XML_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*\?>")
_CDATA = re.compile(r"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
_CLOSED_AT_ONCE = re.compile(
    r"<(script|style|title|iframe|div|p|a|span|i|td)(\s[^<>]*)?/>", re.IGNORECASE
)
_TAG = re.compile(r"<(/?)([a-zA-Z][\w:-]*)(?:[^<>\"']|\"[^\"]*\"|'[^']*')*>")
_BREAKS = re.compile(r"<br>(?:\s*<br>){2,}")
_END_OF_PAGE = re.compile(r"</(?:body|html)\s*>", re.IGNORECASE)
"""libxml2 drops what stands after it; browsers show it."""
_CLOSE_THEMSELVES = frozenset(
    [
        "p",
        "li",
        "td",
        "th",
        "tr",
        "tbody",
        "thead",
        "dt",
        "dd",
        "option",
        "br",
        "img",
        "hr",
        "input",
        "meta",
        "link",
        "source",
        "wbr",
        "area",
        "col",
        "base",
        "param",
        "embed",
        "track",
    ]
)
_DEEP = 80
"""Levels kept of a page that nests too deep; libxml2 drops all text below 256 without a word."""
_LONG_CELL = 300


@dataclass(slots=True)
class Inline:
    """Characters of a block that stand in one inline element."""

    start: int
    end: int
    element: HtmlElement


@dataclass(slots=True)
class Block:
    """A paragraph, heading, list item or table row."""

    text: str
    gap: str
    """The line breaks before it."""
    region: int
    """Index of the region of the innermost element that holds all of it."""
    linked: int
    """How many of its characters are links."""
    level: int = 0
    """Of a heading, 1 to 6."""
    table: int = 0
    """Number of the data table it is a row of, from 1."""
    header: bool = False
    inlines: list[Inline] = field(default_factory=list)

    @property
    def unlinked(self) -> int:
        """Characters outside links."""
        return len(self.text) - self.linked


@dataclass(slots=True)
class Region:
    """An element and the blocks ``[start, end)`` that begin within it."""

    element: HtmlElement
    parent: int
    start: int
    end: int = -1


@dataclass(slots=True)
class Page:
    """What stands on a page."""

    tree: HtmlElement
    blocks: list[Block]
    regions: list[Region]
    """In document order: a parent stands before its children."""


def read_tree(html: str) -> HtmlElement | None:
    """Parse what may be anything; None where nothing of it is an element or text."""
    html = _END_OF_PAGE.sub("", _CONTROL.sub("", html))
    if _XHTML.match(html):
        html = _XML_DECLARATION.sub("", html)
        html = _CDATA.sub(lambda m: m[1].replace("&", "&amp;").replace("<", "&lt;"), html)
        html = _CLOSED_AT_ONCE.sub(r"<\1\2></\1>", html)
    if not html.strip():
        return None
    tree, too_deep = _parse(html)
    return _parse(_flatten(html))[0] if too_deep else tree


def _parse(html: str) -> tuple[HtmlElement | None, bool]:
    parser = lxml.html.HTMLParser(remove_comments=True, remove_pis=True, encoding="utf-8")
    try:
        tree = lxml.html.document_fromstring(html.encode(), parser=parser)
    except etree.ParserError:  # nothing but comments
        return None, False
    except etree.XMLSyntaxError:  # the depth limit, met before any text
        return None, True
    too_deep = any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log)
    return tree, too_deep


def _flatten(html: str) -> str:
    """Turn elements below a depth into line breaks: their text stays, their nesting goes."""
    depth = 0

    def shallow(tag: re.Match[str]) -> str:
        nonlocal depth
        name = tag[2].lower()
        instead = "<br>" if name in _BLOCKS or name == "br" else ""
        if name in _CLOSE_THEMSELVES or tag[0].endswith("/>"):
            return tag[0] if depth <= _DEEP else instead
        if tag[1]:
            depth = max(0, depth - 1)
            return tag[0] if depth < _DEEP else instead
        depth += 1
        return tag[0] if depth <= _DEEP else instead

    return _BREAKS.sub("<br><br>", _TAG.sub(shallow, html))


def read_blocks(tree: HtmlElement) -> Page:
    """Return the visible blocks of a page. A page hidden whole until a script runs is shown."""
    page = _Reader(tree).read()
    return page if page.blocks else _Reader(tree, show_hidden=True).read()


class _Reader:
    """Walks the tree once, without recursion, filling one block after the other."""

    def __init__(self, tree: HtmlElement, *, show_hidden: bool = False) -> None:
        self.page = Page(tree, [], [])
        self._show_hidden = show_hidden
        self._open: list[int] = []
        """Regions of the open elements; an inline element has one too."""
        self._gap = 2
        self._breaks = 0
        self._links = self._pre = 0
        self._row: HtmlElement | None = None
        self._table: HtmlElement | None = None
        self._tables = 0
        self._header = False
        self._clear()

    def _clear(self) -> None:
        self._text: list[str] = []
        self._length = self._linked = 0
        self._after_space = True
        self._owners: set[int] = set()
        self._inlines: list[Inline] = []
        self._open_inlines: dict[int, int] = {}

    def read(self) -> Page:
        walk = etree.iterwalk(self.page.tree, events=("start", "end"))
        for event, element in walk:
            if event == "start":
                if not isinstance(element.tag, str) or self._is_unseen(element):
                    walk.skip_subtree()
                    self._open.append(-1)
                else:
                    self._start(element)
            else:
                if self._open[-1] >= 0:
                    self._end(element)
                self._open.pop()
                if self._open:
                    self._add(element.tail)
        self._flush(2)
        for region in self.page.regions:
            region.end = len(self.page.blocks) if region.end < 0 else region.end
        return self.page

    def _is_unseen(self, element: HtmlElement) -> bool:
        tag = element.tag
        if tag in _UNSEEN:
            return True
        if self._show_hidden or tag in ("html", "body", "main", "article"):
            return False
        if element.get("aria-hidden") == "true" and tag in ("i", "span", "use", "em"):
            return True
        if tag == "input" or element.get("hidden", "until-found") != "until-found":
            return True
        return bool(
            _NOT_SHOWN.search(element.get("style", ""))
            or _FOR_SCREEN_READERS.search(element.get("class", ""))
        )

    def _start(self, element: HtmlElement) -> None:
        tag = str(element.tag)
        if tag == "br":
            self._line_break()
        elif tag in _BLOCKS:
            self._boundary(element, tag)
        if tag in ("a", "pre"):
            self._links += tag == "a" and element.get("href") is not None
            self._pre += tag == "pre"
        self.page.regions.append(
            Region(element, self._open[-1] if self._open else -1, len(self.page.blocks))
        )
        self._open.append(len(self.page.regions) - 1)
        if tag not in _BLOCKS:
            self._open_inlines[self._open[-1]] = self._length
        self._add(element.text)

    def _end(self, element: HtmlElement) -> None:
        tag = str(element.tag)
        region = self._open[-1]
        if tag in ("a", "pre"):
            self._links -= tag == "a" and element.get("href") is not None
            self._pre -= tag == "pre"
        if tag in _BLOCKS:
            if self._row is element:
                self._flush(1)
                self._row = None
            elif self._row is None:
                self._flush(1 if tag in _LINES else 2)
            if self._table is element:
                self._table = None
        elif region in self._open_inlines:
            start = self._open_inlines.pop(region)
            if start < self._length:
                self._inlines.append(Inline(start, self._length, element))
        # A block still being filled belongs to the region too.
        self.page.regions[region].end = len(self.page.blocks) + bool(self._text)

    def _line_break(self) -> None:
        if self._row is not None:
            self._add(" ")
            return
        self._breaks += 1
        self._flush(min(self._breaks, 2))

    def _boundary(self, element: HtmlElement, tag: str) -> None:
        """Begin a block; within a row of a data table, a cell or a space."""
        if self._row is not None:
            if tag in ("td", "th") and self._length:
                self._put(" | " if self._text[-1] != " " else "| ")
            else:
                self._add(" ")
            return
        self._flush(1 if tag in _LINES else 2)
        if tag == "table" and self._table is None and is_data_table(element):
            self._table = element
            self._tables += 1
        elif tag == "tr" and self._table is not None:
            self._row = element
            self._header = _is_header(element)

    def _add(self, text: str | None) -> None:
        text = _CONTROL.sub("", text or "")  # character references bring them back
        if not text:
            return
        if self._pre and self._row is None:
            text = text if self._length else text.lstrip(_INDENT)
            if text:
                self._put(text)
            return
        text = _SPACE.sub(" ", text)
        if self._after_space:
            text = text.lstrip(" ") if self._length else text.lstrip(_INDENT)
        if text:
            self._put(text)

    def _put(self, text: str) -> None:
        self._text.append(text)
        self._length += len(text)
        self._after_space = text.endswith(" ")
        if not text.isspace():
            self._breaks = 0
            self._owners.add(self._open[-1])
        if self._links:
            self._linked += len(text)

    def _flush(self, gap: int) -> None:
        """End the block being filled; ``gap`` is how far the next one stands off."""
        text = "".join(self._text).rstrip(_INDENT)
        if text:
            breaks = "\n" * self._gap
            block = Block(
                text,
                breaks if self.page.blocks else "",
                self._innermost(),
                min(self._linked, len(text)),
                level=_level(self.page, self._innermost()),
                table=self._tables if self._row is not None else 0,
                header=self._header and self._row is not None,
                inlines=self._closed_inlines(len(text)),
            )
            self.page.blocks.append(block)
            self._gap = gap
        else:
            self._gap = max(self._gap, gap)
        still_open = [region for region in self._open_inlines if region in self._open]
        self._clear()
        self._open_inlines = dict.fromkeys(still_open, 0)

    def _closed_inlines(self, length: int) -> list[Inline]:
        for region, start in self._open_inlines.items():
            if start < length:
                self._inlines.append(Inline(start, length, self.page.regions[region].element))
        return [Inline(i.start, min(i.end, length), i.element) for i in self._inlines]

    def _innermost(self) -> int:
        """The region that holds all of the block: its one owner, or the open block element."""
        if self._row is not None:
            return next(r for r in self._open if self.page.regions[r].element is self._row)
        if len(self._owners) == 1:
            return next(iter(self._owners))
        blocks = (r for r in reversed(self._open) if self.page.regions[r].element.tag in _BLOCKS)
        return next((r for r in blocks if r >= 0), 0)


def _level(page: Page, region: int) -> int:
    """The heading that a block is, if it is one: 1 to 6, else 0."""
    while region >= 0:
        element = page.regions[region].element
        if element.tag in HEADINGS:
            return HEADINGS[element.tag]
        if element.get("role") == "heading":
            level = element.get("aria-level", "2")
            return int(level) if level in "123456" else 2
        if element.tag in _BLOCKS:
            return 0
        region = page.regions[region].parent
    return 0


def is_data_table(table: HtmlElement) -> bool:
    """Whether a table holds rows of values and does not merely lay out the page."""
    if table.get("role") in ("presentation", "none") or table.find(".//table") is not None:
        return False
    rows = [[c for c in row if c.tag in ("td", "th")] for row in table.iter("tr")]
    if sum(len(row) >= 2 for row in rows) < 2:
        return False
    for row in rows:
        for cell in row:
            if len(cell.text_content()) > _LONG_CELL or len(cell.findall(".//p")) > 2:
                return False
            if any(cell.find(f".//{tag}") is not None for tag in ("h1", "h2", "ul", "form")):
                return False
    return True


def _is_header(row: HtmlElement) -> bool:
    parent = row.getparent()
    if parent is not None and parent.tag == "thead":
        return True
    cells = [cell for cell in row if cell.tag in ("td", "th")]
    return bool(cells) and all(cell.tag == "th" for cell in cells)
