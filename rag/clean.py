"""Select the parts of a document that say something; nothing is rewritten.

A document becomes blocks: paragraphs, headings and table rows, each an excerpt (spans into the
text) with the class of what it is. Markup inside a line (links, emphasis, footnote marks) falls
between the spans; a paragraph cut in two by a page's footnotes, or into lines of equal length,
becomes one block of several spans. What a format tells of its lines (``Document.marks``) stands;
the rules here judge the rest.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict, deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

from rag.excerpt import Excerpt
from rag.inline import images_in, links_in
from rag.load import front_matter
from rag.model import Mark

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rag.model import Document, Kind, Role, Span


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, a heading or a table row of a document."""

    kind: Kind
    excerpt: Excerpt
    heading: bool = False
    level: int = 0
    """Of a heading: 1 (outermost) to 6."""
    header: Excerpt | None = None
    """Of a table row: the lines that name its columns."""
    anchor: int | None = None
    """Of a footnote: where its mark stands in the text."""


# Inline markup: the spans matched are dropped from what is kept.
_MARKUP = re.compile(
    r"<sup>.{0,12}?</sup>"  # footnote marks
    r"|</?[a-zA-Z][^<>\n]{0,80}>"  # other tags
    r"|<https?://[^<>\s]+>"
    r"|\*\*|(?<=\s)\*(?=\S)|(?<=\S)\*(?=\s)"
    r"|\\(?=[*_#\[\]()~`>-])"
    r"|^\#{1,6}[ \t]+"
    r"|^[ \t]*(?:[*+•-][ \t]+)",
    re.MULTILINE,
)

_RULE = re.compile(r"\s*([-=*_])(?:\s*\1){2,}\s*$")
_HEADING = re.compile(r"#{1,6}\s+\S")
_BULLET = re.compile(r"\s*[*+•-]\s+")
_NOTE_MARK = re.compile(r"<sup>\s*[\[［]?(\d{1,3})[\]］]?\s*</sup>|\[\^(\w{1,20})\](?!:)")
_NOTE_NUMBER = re.compile(r"\s*[\[［](\d{1,3})[\]］]")
_UNSEEN = re.compile(
    r"[\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\U000e0000-\U000e007f]"
    r"|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]"
)
_WIDE = r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]"
_CJK_BREAK = re.compile(rf"(?<={_WIDE})[ \t]*\r?\n[ \t　]*(?={_WIDE})")
_ROW = r"[ \t]*\|.*\|[ \t]*"
_DRAWN_TABLE = re.compile(
    rf"^({_ROW}\n)([ \t]*\|[ \t]*:?-[-:| \t]*\|[ \t]*\n)(?:{_ROW}(?:\n|\Z))+", re.MULTILINE
)
_FOOTNOTE = re.compile(r"(?:\[\d{1,3}\]|\\\*)\s+\S")
_WORDS = re.compile(r"\S")
_URL_ONLY = re.compile(r"(?:(?:URL Source|Title|Markdown Content)\s*:.*|\s*https?://\S+\s*)$")
_SENTENCE_END = re.compile(r"[。！？!?；…．.：:][”’」』）)\]]*$")
_PROSE = re.compile(r"[。！？；，]|[.!?,;]\s")

_BOILERPLATE = re.compile(
    r"copyright|all rights reserved|版权所有|版權所有|未经许可|未經許可|不得擅自转载"
    r"|^(?:自动)?(?:采集|採集|抓取|收录|收錄|导出|匯出)[于於自]"
    r"|^(?:推荐阅读|推薦閱讀|相关专题|相關專題|相关阅读|延伸阅读|相关内容)[:：]?"
    r"|^(?:原文|正文|全文|事件|新闻|文章)?(?:内容|详情|正文|全文)[:：]?$"
    r"|^(?:屏蔽|分享|搜索|关注|消息|发布|登录|评论|複製鏈接|复制链接|(?:自定义|偏好|隐私)?设置|\d+\s*评论|\d+|·)$"
    r"|^\d+\s*(?:秒|分钟|小时|天)前$"
    r"|^[^。！？]{4,40}-\s?[A-Z]{2,8}$",  # a headline with its outlet: a link to another story
    re.IGNORECASE,
)
_RECOMMENDED = re.compile(r"^(?:推荐阅读|推薦閱讀|相关阅读|延伸阅读|更多报道)[:：]?$")
_COMMENTS = re.compile(
    r"^(?:最新评论|网友评论|全部评论|热门评论|读者评论|comments)[:：]?$",
    re.IGNORECASE,
)
_CREDIT = re.compile(
    r"^[【（(]?(?:责任编辑|責任編輯|作者简介|作者|编辑|編輯|排版|校对|审核|标签|更新|来源)\s*[丨|:：]"
    r"|^〔(?:关键词|作者简介|中图分类号|文献标识码|文章编号)〕|^□"
    r"|^更新\s*\d{4}-|^\S{2,12}\s\d{4}-\d{2}-\d{2}\s\d{2}:\d{2}"
)
_CAPTION = re.compile(r"^图为|^圖為|资料图|\bGetty Images\b|^图[一二三四五六七八九\d]+[:：]")
_USER_PAGE = re.compile(r"/(?:user|users|u|profile|author)/")
_PUBLIC_POST = 60
"""A line that is one link with this many characters of prose is a post, not navigation."""
_NOTICE_MAX = 120
_CREDIT_MAX = 200
_SHORT_ITEM = 16
_NAME = 30
_HEADING_MAX = 40


@dataclass(frozen=True, slots=True)
class _Line:
    raw: str
    kept: Excerpt
    linked: int
    """Characters of ``kept`` that are link text."""
    end: Excerpt
    """Its line break."""
    by_user: bool
    """Whether the line names the author of the post that follows."""
    given: Kind | None = None
    """Its class, where the format tells it."""
    level: int = 0
    """Of a heading that the format marks as one."""
    row: bool = False
    """Whether it is a row of a table."""
    header: Excerpt | None = None
    """Of a table row: the lines that name its columns."""
    page: str = ""
    """The page it stands on, where running text goes on from page to page."""
    judged: bool = True
    """Whether it is plain text, whose looks are all there is to judge it by."""

    @property
    def start(self) -> int:
        """Where its first kept character stands."""
        return self.kept.spans[0][0]


def clean(document: Document) -> list[Block]:
    """Return the blocks of ``document`` in order, boilerplate included and marked as such."""
    lines = list(_lines(document))
    kinds = _classify(lines)
    blocks = list(_with_authors(_paragraphs(lines, kinds), lines))
    return list(_with_anchors(blocks, document))


def is_plain(document: Document) -> bool:
    """Whether a document is text or Markdown, whose structure must be read off its lines."""
    return document.format in {"text", "markdown"}


def _with_authors(blocks: Iterator[Block], lines: list[_Line]) -> Iterator[Block]:
    """Begin each comment and user post with its author's name, as the page does."""
    starts = {line.start: line for line in lines if line.kept.spans}
    author: Excerpt | None = None
    for block in blocks:
        line = starts[block.excerpt.spans[0][0]]
        if line.by_user or (block.kind == "credit" and _BULLET.match(line.raw)):
            author = block.excerpt + line.end
            yield replace(block, kind="credit")
        elif block.kind == "comment" and author:
            yield Block("comment", author + block.excerpt)
            author = None
        else:
            yield block


def _with_anchors(blocks: list[Block], document: Document) -> Iterator[Block]:
    """Tie each footnote to the mark it explains: the last one before it with its number.

    Numbers begin again on every page, and the notes stand below their page.
    """
    anchors = _Anchors(_anchors(document))
    keys = {m.start: m.value for m in document.marks if m.role == "note"}
    for block in blocks:
        key = None
        if block.kind == "reference":
            at = block.excerpt.spans[0][0]
            number = _NOTE_NUMBER.match(block.excerpt.text)
            key = keys.get(at) or (number[1] if number and is_plain(document) else None)
        if key is None:
            yield block
            continue
        found = anchors.take(key, at)
        yield block if found is None else replace(block, anchor=found)


class _Anchors:
    """Where footnotes are called, each given away once. Notes come in the order of the text."""

    def __init__(self, anchors: Iterable[tuple[int, str]]) -> None:
        self._ahead: defaultdict[str, deque[int]] = defaultdict(deque)
        self._passed: defaultdict[str, list[int]] = defaultdict(list)
        for at, key in sorted(anchors):
            self._ahead[key].append(at)

    def take(self, key: str, note: int) -> int | None:
        """Return the last place before ``note`` that calls it, else the first after it."""
        ahead, passed = self._ahead[key], self._passed[key]
        while ahead and ahead[0] < note:
            passed.append(ahead.popleft())
        if passed:
            return passed.pop()
        return ahead.popleft() if ahead else None


def _anchors(document: Document) -> Iterator[tuple[int, str]]:
    """Where footnotes are called, and by which key."""
    if is_plain(document):
        for match in _NOTE_MARK.finditer(document.text):
            yield match.start(), match[1]
    for mark in document.marks:
        if mark.role == "anchor":
            yield mark.start, mark.value


def _lines(document: Document) -> Iterator[_Line]:
    """Split into lines; each keeps its words without the markup."""
    text, plain = document.text, is_plain(document)
    start = front_matter(text).end if plain else 0
    dropped = [(m.start, m.end) for m in document.marks if m.role == "anchor"]
    linked: list[Span] = []
    users: list[Span] = []
    if plain:
        markup, linked, users = _markup(text, start)
        dropped += markup
    dropped += [m.span() for m in _UNSEEN.finditer(text, start)]
    dropped = _disjoint(dropped)
    marks = _Marks(document.marks)
    tables = _Tables(document, start)
    paragraphs = _paragraph_spans(document, start)
    for begin, end in _line_spans(text, start, paragraphs):
        span = (begin, end)
        breaks = _layout_breaks(text, begin, end) if begin in paragraphs else []
        kept = Excerpt.of(text, _without(span, _disjoint([*_within(dropped, span), *breaks])))
        kept = kept.strip()
        if tables.is_header(begin) or tables.is_rule(begin):
            continue
        given = marks.at("kind", begin)
        heading = marks.at("heading", begin)
        by_user = marks.at("author", begin) is not None or (
            len(kept.text) < _NAME and any(begin <= s for s, _ in _within(users, span))
        )
        yield _Line(
            raw=text[begin:end].rstrip("\r\n"),
            kept=kept,
            linked=sum(min(end, e) - max(begin, s) for s, e in _within(linked, span)),
            end=Excerpt.of(text, [(end - 1, end)] if text[end - 1] == "\n" else []),
            by_user=by_user,
            given=cast("Kind", given.value) if given else None,
            level=int(heading.value or 6) if heading else 0,
            row=tables.holds(begin),
            header=tables.header(begin),
            page=_page(marks, begin) if document.format == "pdf" else "",
            judged=plain,
        )


def _page(marks: _Marks, offset: int) -> str:
    mark = marks.at("page", offset)
    return mark.value if mark else ""


def _markup(text: str, start: int) -> tuple[list[Span], list[Span], list[Span]]:
    """Spans of Markdown and HTML markup, of link texts, and of links to users' pages."""
    images = list(images_in(text, start))
    masked = _mask(text, images)
    links = list(links_in(masked, start))
    dropped = [*images, *((a, a + 1) for a, _, _ in links), *((b, c) for _, b, c in links)]
    dropped += [m.span() for m in _MARKUP.finditer(_mask(masked, dropped), start)]
    users = [(a + 1, b) for a, b, c in links if _USER_PAGE.search(masked, b, c)]
    return dropped, [(a + 1, b) for a, b, _ in links], users


def _line_spans(text: str, start: int, paragraphs: dict[int, int]) -> Iterator[Span]:
    """Spans of the lines from ``start`` on, a paragraph of several lines as one."""
    at = start
    while at < len(text):
        end = text.find("\n", max(at, paragraphs.get(at, at) - 1))
        end = len(text) if end < 0 else end + 1
        yield at, end
        at = end


def _paragraph_spans(document: Document, start: int) -> dict[int, int]:
    """Paragraphs whose line breaks are only layout: start of the first line → end of the last."""
    text = document.text
    marked = [(m.start, m.end) for m in document.marks if m.role == "paragraph"]
    if not marked and document.format in {"text", "eml"}:
        marked = _hard_wrapped(text, start)
    return {text.rfind("\n", 0, s) + 1: e for s, e in marked if "\n" in text[s:e].strip()}


def _hard_wrapped(text: str, start: int) -> list[Span]:
    """Paragraphs of a text whose lines were broken at a fixed width, as old files' are.

    Most lines that do not end a paragraph are then about as long as the longest.
    """
    spans = list(_line_spans(text, start, {}))
    widths = [_width(text[s:e].rstrip()) for s, e in spans]
    full = sorted(w for w in widths if w)
    if len(full) < 8:
        return []
    column = full[int(len(full) * 0.9)]
    near = sum(0.85 * column <= w <= column + 4 for w in full)
    if not 36 <= column <= 100 or near < 0.6 * len(full):
        return []
    out: list[Span] = []
    first: int | None = None
    for (begin, end), width in zip(spans, widths, strict=True):
        if first is not None and (not width or text[begin] in " \t　"):
            first = None
        if not width:
            continue
        if first is None:
            first = begin
            out.append((begin, end))
        else:
            out[-1] = (out[-1][0], end)
        if width < 0.85 * column:
            first = None
    return out


def _width(line: str) -> int:
    """Columns of a line; a full-width character takes two."""
    return sum(2 if c >= "\u1100" else 1 for c in line)


def _layout_breaks(text: str, start: int, end: int) -> list[Span]:
    """Line breaks within a paragraph that stand between two Chinese characters.

    Between Latin words the break is the space, and stays.
    """
    return [m.span() for m in _CJK_BREAK.finditer(text, start, end)]


class _Marks:
    """The marks of one document, found by place. Marks of one role do not overlap."""

    def __init__(self, marks: Iterable[Mark]) -> None:
        self._by_role: dict[Role, tuple[list[int], list[Mark]]] = {}
        for mark in sorted(marks, key=lambda m: m.start):
            starts, found = self._by_role.setdefault(mark.role, ([], []))
            starts.append(mark.start)
            found.append(mark)

    def at(self, role: Role, offset: int) -> Mark | None:
        """Return the mark of ``role`` that holds ``offset``."""
        starts, found = self._by_role.get(role, ([], []))
        index = bisect_right(starts, offset) - 1
        return found[index] if index >= 0 and offset < found[index].end else None


class _Tables:
    """Tables of a document: as marked by its format, or drawn with ``|`` in Markdown."""

    def __init__(self, document: Document, start: int) -> None:
        text = document.text
        self._text = text
        marks = list(document.marks)
        self._rules: set[int] = set()
        self._headers: dict[int, Excerpt] = {}
        if is_plain(document):
            for match in _DRAWN_TABLE.finditer(text, start):
                marks.append(Mark(match.start(), match.end(), "table"))
                marks.append(Mark(match.start(1), match.end(1), "header"))
                self._rules.add(match.start(2))
        self._marks = _Marks(marks)
        self._carried = dict(self._going_on(marks))

    def _going_on(self, marks: Sequence[Mark]) -> Iterator[tuple[int, Mark]]:
        """Where tables begin that go on from the page before, with the header that they had there.

        They have none of their own, as many cells in a row, and only the page's furniture between.
        """
        names: Mark | None = None
        end = 0
        for table in sorted((m for m in marks if m.role == "table"), key=lambda m: m.start):
            own = self._marks.at("header", table.start)
            if own is None and names and self._only_furniture(end, table.start):
                row = self._text[table.start : table.end].partition("\n")[0]
                if row.count("|") == self._text[names.start : names.end].count("|") > 0:
                    own = names
                    yield table.start, names
            names, end = own, table.end

    def _only_furniture(self, start: int, end: int) -> bool:
        """Whether nothing stands there but a page's header, footer or number."""
        while start < end:
            mark = self._marks.at("kind", start)
            if mark is not None and mark.value == "boilerplate":
                start = mark.end
            elif self._text[start].isspace():
                start += 1
            else:
                return False
        return True

    def holds(self, offset: int) -> bool:
        """Whether a row of a table begins here."""
        return self._marks.at("table", offset) is not None

    def is_header(self, offset: int) -> bool:
        """Whether the line here names columns, and rows follow that carry it along."""
        mark, table = self._marks.at("header", offset), self._marks.at("table", offset)
        return (
            mark is not None
            and table is not None
            and _WORDS.search(self._text, mark.end, table.end) is not None
        )

    def is_rule(self, offset: int) -> bool:
        """Whether the line here only divides the names from the rows."""
        return offset in self._rules

    def header(self, offset: int) -> Excerpt | None:
        """Return the lines that name the columns of the table that holds ``offset``."""
        table = self._marks.at("table", offset)
        if table is None:
            return None
        header = self._marks.at("header", table.start) or self._carried.get(table.start)
        if header is None or offset < header.end:
            return None
        # One value for all rows: a copy for each would be as large as the table times its width.
        if header.start not in self._headers:
            names = Excerpt.of(self._text, [(header.start, header.end)]).strip()
            self._headers[header.start] = names
        return self._headers[header.start]


def _mask(text: str, spans: list[Span]) -> str:
    """Blank out spans so that later patterns do not see into them; offsets stay."""
    out, at = [], 0
    for start, end in sorted(spans):
        if start >= at:
            out += [text[at:start], "\0" * (end - start)]
            at = end
    return "".join([*out, text[at:]])


def _disjoint(spans: Iterable[Span]) -> list[Span]:
    """Sort spans and join those that overlap."""
    out: list[Span] = []
    for start, end in sorted(spans):
        if out and start < out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], end))
        else:
            out.append((start, end))
    return out


def _within(disjoint: list[Span], span: Span) -> list[Span]:
    """Those of disjoint spans that share a character with ``span``, found without a scan."""
    first = bisect_right(disjoint, span[0], key=lambda s: s[1])
    return disjoint[first : bisect_left(disjoint, span[1], key=lambda s: s[0])]


def _without(span: Span, dropped: list[Span]) -> Iterator[Span]:
    at, stop = span
    for start, end in dropped:
        if start > at:
            yield at, start
        at = max(at, end)
    if at < stop:
        yield at, stop


def _classify(lines: list[_Line]) -> list[Kind]:
    """Give every line its class; sections (comments, recommended reading) carry over lines."""
    kinds: list[Kind] = []
    section: Kind = "body"
    recommended = False
    for line, in_menu in zip(lines, _in_menus(lines), strict=True):
        words = line.kept.text
        if not line.judged:
            kinds.append(_kind_of_marked(line))
            continue
        if _COMMENTS.match(words):
            section = "comment"
            kinds.append("boilerplate")
            continue
        if _RECOMMENDED.match(words):
            recommended = True
        elif recommended and words and not _BULLET.match(line.raw):
            recommended = False
        kind = "body" if line.row else _kind_of(line)
        if recommended or (kind == "body" and in_menu):
            kind = "boilerplate"
        if section == "comment" and kind == "body":
            # Under the article only what readers wrote is left; a lone name is its author.
            kind = "credit" if _BULLET.match(line.raw) else "comment"
        kinds.append(kind)
    for index in _badges(lines, kinds):
        kinds[index] = "boilerplate"
    return kinds


def _badges(lines: list[_Line], kinds: list[Kind]) -> Iterator[int]:
    """Find short lines that stand among buttons again and again: 认证作者 under every name.

    What stands there once may be the headline.
    """
    places: defaultdict[str, list[int]] = defaultdict(list)
    told = [n for n, line in enumerate(lines) if line.kept.text]
    for before, here, after in zip(told, told[1:], told[2:], strict=False):
        words = lines[here].kept.text
        short = len(words) <= _SHORT_ITEM and not _PROSE.search(words)
        if short and kinds[here] == "body" and lines[here].judged:
            among = kinds[before] == kinds[after] == "boilerplate"
            places[words].append(here if among else -1)
    for found in places.values():
        if len(found) > 1 and -1 not in found:
            yield from found


def _kind_of_marked(line: _Line) -> Kind:
    """The class of a line of a format with structure: as given, else by its words alone."""
    words = line.kept.text
    if line.given or not words or line.level or line.row:
        return line.given or "body"
    if _is_boilerplate(words):
        return "boilerplate"
    if _CREDIT.match(words) and len(words) < _CREDIT_MAX:
        return "credit"
    return "caption" if _CAPTION.search(words) and len(words) < 80 else "body"


def _is_boilerplate(words: str) -> bool:
    """Whether words are those of a notice or a button; a long paragraph may be about them."""
    return len(words) <= _NOTICE_MAX and bool(_BOILERPLATE.search(words))


def _kind_of(line: _Line) -> Kind:
    words = line.kept.text
    whole_line_linked = line.linked >= 0.9 * len(words) > 0
    unclosed_link = line.raw.startswith("[") and "](" not in line.raw and len(words) > _PUBLIC_POST
    if not words or _URL_ONLY.match(line.raw) or _is_boilerplate(words):
        return "boilerplate"
    if _FOOTNOTE.match(line.raw):
        return "reference"
    if whole_line_linked or unclosed_link:
        return _kind_of_link(line, words)
    if _CREDIT.match(words):
        return "credit"
    if _CAPTION.search(words) and len(words) < 80:
        return "caption"
    return "body"


def _kind_of_link(line: _Line, words: str) -> Kind:
    """A line that is one link: a whole post, a headline, or a way to somewhere else."""
    if not _PROSE.search(words):
        return "boilerplate"
    if len(words) > _PUBLIC_POST:
        return "comment"
    return "boilerplate" if _BULLET.match(line.raw) or len(words) < 20 else "body"


def _in_menus(lines: list[_Line]) -> list[bool]:
    """Tell of each line whether it is one of three or more neighbouring items of a word or two."""
    found = [False] * len(lines)
    items: list[int] = []
    for index, line in enumerate([*lines, None]):
        if line and _is_item(line):
            items.append(index)
        elif line is None or line.raw.strip():  # a blank line does not part them
            for item in items if len(items) >= 3 else ():
                found[item] = True
            items = []
    return found


def _is_item(line: _Line) -> bool:
    words = line.kept.text
    return bool(_BULLET.match(line.raw)) and len(words) <= _SHORT_ITEM and not _PROSE.search(words)


def _paragraphs(lines: list[_Line], kinds: list[Kind]) -> Iterator[Block]:
    """Join what a page break cut: a paragraph that stops without an end goes on after it."""
    open_parts: list[Block] = []
    """What stopped in mid-sentence, so far; joined once it is complete."""
    length = 0  # of its characters
    waiting: list[Block] = []
    page = ""  # of the open block
    for line, kind in zip(lines, kinds, strict=True):
        if not line.kept.text or _RULE.match(line.raw):
            continue
        block = _block(line, kind)
        if open_parts and (kind != "body" or block.heading or line.row):
            waiting.append(block)
            if block.heading or line.row:
                yield _joined(open_parts)
                yield from waiting
                open_parts, waiting = [], []
        elif open_parts:
            # A page's notes between the halves show that it is one paragraph; so does its
            # length: headings and captions that end without a stop are short.
            cut_by_page = any(b.kind == "reference" for b in waiting) or line.page != page
            if cut_by_page or (not waiting and length >= _PUBLIC_POST):
                open_parts.append(block)
                length += len(block.excerpt.text)
                yield from waiting
                waiting = []
                if _SENTENCE_END.search(block.excerpt.text):
                    yield _joined(open_parts)
                    open_parts = []
            else:
                yield _joined(open_parts)
                yield from waiting
                waiting = []
                open_parts, done = _open_or_done(block)
                length = len(block.excerpt.text)
                yield from done
        else:
            open_parts, done = _open_or_done(block)
            length = len(block.excerpt.text)
            yield from done
        page = line.page if kind == "body" else page
    if open_parts:
        yield _joined(open_parts)
    yield from waiting


def _joined(parts: list[Block]) -> Block:
    """One paragraph of the parts it was cut into."""
    if len(parts) == 1:
        return parts[0]
    return Block("body", Excerpt.joined([part.excerpt for part in parts]))


def _open_or_done(block: Block) -> tuple[list[Block], list[Block]]:
    """Hold a body paragraph that stops in mid-sentence; pass everything else on."""
    unfinished = block.kind == "body" and not block.heading and block.header is None
    if unfinished and not _SENTENCE_END.search(block.excerpt.text):
        return [block], []
    return [], [block]


def _block(line: _Line, kind: Kind) -> Block:
    level = 0 if kind != "body" or line.row else line.level or _heading_level(line)
    return Block(kind, line.kept, heading=level > 0, level=level, header=line.header)


def _heading_level(line: _Line) -> int:
    """Level of a heading by the looks of a plain line; 0 where it is none."""
    if not line.judged:
        return 0
    words = line.kept.text
    hashes = _HEADING.match(line.raw)
    if hashes:
        return hashes[0].count("#")
    bold = line.raw.startswith("**") and line.raw.rstrip().endswith("**")
    looks_it = (bold or not _PROSE.search(words)) and len(words) <= _HEADING_MAX
    return 6 if looks_it else 0
