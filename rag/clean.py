"""Select the parts of a document that say something; nothing is rewritten.

A document becomes blocks: paragraphs and headings, each an excerpt (spans into the text) with
the class of what it is. Markup inside a line (links, emphasis, footnote marks) falls between
the spans; a paragraph cut in two by a page's footnotes becomes one block of several spans.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.excerpt import Excerpt
from rag.load import front_matter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rag.model import Document, Kind, Span


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph or heading of a document."""

    kind: Kind
    excerpt: Excerpt
    heading: bool = False


# Inline markup: the spans matched are dropped from what is kept. A link keeps its text; an
# image keeps nothing. An image address may be broken over two lines by the scraper.
_IMAGE = re.compile(r"!\[[^\]\n]*\]\([^)\s]*(?:\n[^)\s]*)?\)")
_LINK = re.compile(r"(\[)([^\[\]\n]*)(\]\([^)\s]*(?:\s+\"[^\"\n]*\")?\))")
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
_FOOTNOTE = re.compile(r"(?:\[\d{1,3}\]|\\\*)\s+\S")
_URL_ONLY = re.compile(r"(?:(?:URL Source|Title|Markdown Content)\s*:.*|\s*https?://\S+\s*)$")
_SENTENCE_END = re.compile(r"[。！？!?；…．.：:][”’」』）)\]]*$")
_PROSE = re.compile(r"[。！？；，]|[.!?,;]\s")

_BOILERPLATE = re.compile(
    r"copyright|all rights reserved|版权所有|版權所有|未经许可|未經許可|不得擅自转载|自定义设置"
    r"|自动采集于|^(?:推荐阅读|推薦閱讀|相关专题|相關專題|相关阅读|延伸阅读|相关内容|事件详情)[:：]?"
    r"|^(?:屏蔽|分享|搜索|关注|消息|发布|登录|评论|複製鏈接|复制链接|\d+\s*评论|\d+|·)$"
    r"|^\d+\s*(?:秒|分钟|小时|天)前$|^头条新锐创作者$",
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
    """Whether the line links to a user's page: the author of the post that follows."""


def clean(document: Document) -> list[Block]:
    """Return the blocks of ``document`` in order, boilerplate included and marked as such."""
    lines = list(_lines(document.text, front_matter(document.text).end))
    kinds = _classify(lines)
    return list(_with_authors(_paragraphs(lines, kinds), lines))


def _with_authors(blocks: Iterator[Block], lines: list[_Line]) -> Iterator[Block]:
    """Begin each comment and user post with its author's name, as the page does."""
    starts = {line.kept.spans[0][0]: line for line in lines if line.kept.spans}
    author: Excerpt | None = None
    for block in blocks:
        line = starts[block.excerpt.spans[0][0]]
        if line.by_user or (block.kind == "credit" and _BULLET.match(line.raw)):
            author = block.excerpt + line.end
            yield block
        elif block.kind == "comment" and author:
            yield Block("comment", author + block.excerpt)
            author = None
        else:
            yield block


def _lines(text: str, start: int) -> Iterator[_Line]:
    """Split into lines; each keeps its words without the markup."""
    images = [m.span() for m in _IMAGE.finditer(text, start)]
    masked = _mask(text, images)
    links = list(_LINK.finditer(masked, start))
    dropped = images + [m.span(g) for m in links for g in (1, 3)]
    dropped += [m.span() for m in _MARKUP.finditer(_mask(masked, dropped), start)]
    dropped.sort()
    linked = [m.span(2) for m in links]
    users = [m.span(2) for m in links if _USER_PAGE.search(m[3])]
    for match in re.finditer(r"[^\n]*(?:\n|\Z)", text[start:]):
        begin, end = match.start() + start, match.end() + start
        if begin == end:
            continue
        kept = Excerpt.of(text, _without((begin, end), dropped)).strip()
        overlap = sum(max(0, min(end, e) - max(begin, s)) for s, e in linked)
        by_user = len(kept.text) < _NAME and any(begin <= s < end for s, _ in users)
        line_break = Excerpt.of(text, [(end - 1, end)] if match[0].endswith("\n") else [])
        yield _Line(match[0].rstrip("\r\n"), kept, overlap, line_break, by_user)


def _mask(text: str, spans: list[Span]) -> str:
    """Blank out spans so that later patterns do not see into them; offsets stay."""
    out, at = [], 0
    for start, end in sorted(spans):
        if start >= at:
            out += [text[at:start], "\0" * (end - start)]
            at = end
    return "".join([*out, text[at:]])


def _without(span: Span, dropped: list[Span]) -> Iterator[Span]:
    at, stop = span
    for start, end in dropped:
        if end <= at or start >= stop:
            continue
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
    for index, line in enumerate(lines):
        words = line.kept.text
        if _COMMENTS.match(words):
            section = "comment"
            kinds.append("boilerplate")
            continue
        if _RECOMMENDED.match(words):
            recommended = True
        elif recommended and words and not _BULLET.match(line.raw):
            recommended = False
        kind = _kind_of(line)
        if recommended or (kind == "body" and _in_menu(lines, index)):
            kind = "boilerplate"
        if section == "comment" and kind == "body":
            # Under the article only what readers wrote is left; a lone name is its author.
            kind = "credit" if _BULLET.match(line.raw) else "comment"
        kinds.append(kind)
    return kinds


def _kind_of(line: _Line) -> Kind:
    words = line.kept.text
    whole_line_linked = line.linked >= 0.9 * len(words) > 0
    unclosed_link = line.raw.startswith("[") and "](" not in line.raw and len(words) > _PUBLIC_POST
    if not words or _URL_ONLY.match(line.raw) or _BOILERPLATE.search(words):
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


def _in_menu(lines: list[_Line], index: int) -> bool:
    """Whether a line is one of three or more neighbouring list items of a word or two."""

    def is_item(line: _Line) -> bool:
        words = line.kept.text
        return bool(_BULLET.match(line.raw)) and (
            len(words) <= _SHORT_ITEM and not _PROSE.search(words)
        )

    if not is_item(lines[index]):
        return False
    first = last = index
    while first and (is_item(lines[first - 1]) or not lines[first - 1].raw.strip()):
        first -= 1
    while last + 1 < len(lines) and (is_item(lines[last + 1]) or not lines[last + 1].raw.strip()):
        last += 1
    return sum(is_item(line) for line in lines[first : last + 1]) >= 3


def _paragraphs(lines: list[_Line], kinds: list[Kind]) -> Iterator[Block]:
    """Join what a page break cut: a paragraph that stops without an end goes on after it."""
    open_block: Block | None = None
    waiting: list[Block] = []
    for line, kind in zip(lines, kinds, strict=True):
        if not line.kept.text or _RULE.match(line.raw):
            continue
        block = Block(kind, line.kept, heading=_is_heading(line, kind))
        if open_block and (kind != "body" or block.heading):
            waiting.append(block)
            if block.heading:
                yield open_block
                yield from waiting
                open_block, waiting = None, []
        elif open_block:
            # A page's notes between the halves show that it is one paragraph; so does its
            # length: headings and captions that end without a stop are short.
            cut_by_page = any(b.kind == "reference" for b in waiting)
            if cut_by_page or (not waiting and len(open_block.excerpt.text) >= _PUBLIC_POST):
                open_block = Block("body", open_block.excerpt + block.excerpt)
                yield from waiting
                waiting = []
                if _SENTENCE_END.search(open_block.excerpt.text):
                    yield open_block
                    open_block = None
            else:
                yield open_block
                yield from waiting
                open_block, waiting = None, []
                open_block, done = _open_or_done(block)
                yield from done
        else:
            open_block, done = _open_or_done(block)
            yield from done
    if open_block:
        yield open_block
    yield from waiting


def _open_or_done(block: Block) -> tuple[Block | None, list[Block]]:
    """Hold a body paragraph that stops in mid-sentence; pass everything else on."""
    unfinished = block.kind == "body" and not block.heading
    if unfinished and not _SENTENCE_END.search(block.excerpt.text):
        return block, []
    return None, [block]


def _is_heading(line: _Line, kind: Kind) -> bool:
    if kind != "body":
        return False
    words = line.kept.text
    bold = line.raw.startswith("**") and line.raw.rstrip().endswith("**")
    return bool(_HEADING.match(line.raw)) or (
        (bold or not _PROSE.search(words)) and len(words) <= _HEADING_MAX
    )
