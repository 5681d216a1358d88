"""What a page says of its own origin: title, outlet, author, date and address."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rag.dates import MONTHS, calendar_date
from rag.parse.page_words import CREDIT_LINE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lxml.html import HtmlElement

    from rag.parse.page_blocks import Page

_SPACE = re.compile(r"\s+")
_ISO = re.compile(
    r"(?<!\d)((?:19|20)\d\d)[-/.年]?\s*(1[0-2]|0?[1-9])[-/.月]?\s*(3[01]|[12]\d|0?[1-9])(?!\d)"
)
_WRITTEN = re.compile(
    r"(?<!\d)((?:19|20)\d\d)\s*[-/.年]\s*(1[0-2]|0?[1-9])\s*[-/.月]\s*(3[01]|[12]\d|0?[1-9])(?!\d)"
)
_ENGLISH = re.compile(
    rf"\b(?:(\d{{1,2}})\s+)?({'|'.join(MONTHS)})[a-z]*\.?\s+(?:(\d{{1,2}})(?:st|nd|rd|th)?,?\s+)?"
    r"((?:19|20)\d\d)\b",
    re.IGNORECASE,
)
_PUBLISHED_LABEL = re.compile(
    r"发布时间|發[布佈]時間|发布日期|发表时间|發表時間|发布于"
    r"|published|posted|first published|日期|时间",
    re.IGNORECASE,
)
_UPDATED_LABEL = re.compile(r"更新|updated|modified", re.IGNORECASE)
_SOURCE = re.compile(
    r"(?:文章|信息|新闻|稿件|消息|本文)?(?:来源|來源|稿源)\s*[:：丨|]\s*([^\s:：|丨，。（(）)]{2,24})"
)
_AUTHOR = re.compile(
    r"(?:^|[\s（(【])(?:作者|记者|記者|撰文|文)\s*[:：丨|/]\s*([^\s:：|丨，。；/（(）)】]{2,20})"
)
_BY = re.compile(r"^by[ :]\s*(.+)$", re.IGNORECASE)
_SEPARATOR = re.compile(r"\s*(?:_+|\||丨|｜|—|–|--|»|::|·|\s-\s|-(?=[\u4e00-\u9fff][^-]*$))\s*")

_DATES = (
    "article:published_time", "og:published_time", "og:article:published_time", "datepublished",
    "pubdate", "publishdate", "publish_date", "publish-date", "date", "dc.date", "dc.date.issued",
    "dcterms.created", "dcterms.date", "dcterms.issued", "article.published", "parsely-pub-date",
    "sailthru.date", "weibo:article:create_at", "publicationdate", "publication_date", "created",
    "citation_publication_date", "citation_date", "og:release_date", "release_date",
    "bytedance:published_time", "_pubtime", "apub:time", "firstpublishedtime",
)  # fmt: skip
_OUTLETS = ("og:site_name", "publisher", "dc.publisher", "citation_publisher", "application-name")
_AUTHORS = ("author", "article:author", "dc.creator", "parsely-author", "byl", "citation_author",
            "sailthru.author", "mediaid")  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a page comes from, as far as it tells."""

    title: str | None = None
    outlet: str | None = None
    author: str | None = None
    url: str | None = None
    published: str | None = None
    published_from: str | None = None


def read_origin(page: Page) -> Origin:
    """Read the page's metadata; what that lacks is looked for in its byline."""
    tree = page.tree
    meta = _metas(tree)
    data = list(_linked_data(tree))
    lines = _byline(page)
    outlet = _first(meta.get(key) for key in _OUTLETS) or _named(data, "publisher")
    metadata_date = _metadata_date(tree, meta, data)
    text_date = None if metadata_date else _text_date(lines)
    return Origin(
        title=_title(page, meta, data, outlet),
        outlet=outlet or _source(meta, lines),
        author=_author(tree, meta, data, lines),
        url=_url(tree, meta),
        published=metadata_date or text_date,
        published_from="metadata" if metadata_date else "text" if text_date else None,
    )


def _metas(tree: HtmlElement) -> dict[str, str]:
    found: dict[str, str] = {}
    for element in tree.iter("meta"):
        name = element.get("property") or element.get("name") or element.get("itemprop") or ""
        content = _SPACE.sub(" ", element.get("content") or "").strip()
        if name and content:
            found.setdefault(name.lower(), content)
    return found


def _linked_data(tree: HtmlElement) -> Iterator[dict[str, Any]]:
    """Yield the JSON-LD objects that describe an article, at any depth of their lists."""
    for element in tree.iter("script"):
        if "ld+json" not in element.get("type", ""):
            continue
        try:
            waiting: list[Any] = [json.loads(element.text_content(), strict=False)]
        except (ValueError, RecursionError):
            continue
        while waiting:
            item = waiting.pop(0)
            if isinstance(item, list):
                waiting.extend(item)
            elif isinstance(item, dict):
                waiting.extend([item.get("@graph"), item.get("mainEntity")])
                if "headline" in item or "datePublished" in item:
                    yield item


def _first(values: Iterable[str | None]) -> str | None:
    return next((value.strip() for value in values if value and value.strip()), None)


def _named(data: list[dict[str, Any]], key: str) -> str | None:
    """The name of whoever stands under ``key``: plain, an object or a list of them."""
    for item in data:
        value = item.get(key)
        people = value if isinstance(value, list) else [value]
        names = [p.get("name") if isinstance(p, dict) else p for p in people]
        plain = [_SPACE.sub(" ", n).strip() for n in names if isinstance(n, str) and n.strip()]
        if plain:
            return ", ".join(dict.fromkeys(plain))
    return None


def _title(
    page: Page, meta: dict[str, str], data: list[dict[str, Any]], outlet: str | None
) -> str | None:
    headings = [block.text for block in page.blocks if block.level == 1]
    element = page.tree.find(".//title")
    own = _SPACE.sub(" ", element.text_content()).strip() if element is not None else ""
    headline = _first(i["headline"] for i in data if isinstance(i.get("headline"), str))
    for whole in (meta.get("og:title"), headline, own, meta.get("twitter:title")):
        if whole:
            return _without_site(whole, headings, outlet)
    lines = headings or [b.text for b in page.blocks if b.level]
    return _first(lines)


def _without_site(title: str, headings: list[str], outlet: str | None) -> str:
    """Take the site's name off: a page's own heading shows where it begins."""
    for heading in headings:
        if len(heading) >= 4 and title.startswith(heading):
            return heading
    pieces = _SEPARATOR.split(title)
    if len(pieces) < 2:
        return title
    if outlet and pieces[0].strip() == outlet:
        return (
            title[len(title) - len(title.split(pieces[0], 1)[1]) :].lstrip(" _|丨｜—–-»:·") or title
        )
    cut = title
    while (at := _last_separator(cut)) is not None:
        rest, tail = cut[: at.start()], cut[at.end() :]
        if len(tail) > 24 or (len(tail) >= len(rest) and tail != outlet):
            break
        cut = rest
    return cut.strip() or title


def _last_separator(title: str) -> re.Match[str] | None:
    found = list(_SEPARATOR.finditer(title))
    return found[-1] if found and found[-1].start() > 0 else None


def _url(tree: HtmlElement, meta: dict[str, str]) -> str | None:
    links = (e.get("href") for e in tree.iter("link") if e.get("rel", "").lower() == "canonical")
    url = _first([*links, meta.get("og:url")])
    return url if url and url.startswith(("http://", "https://")) else None


def _iso(value: str | None) -> str | None:
    """The date that ``value`` begins with or holds, if it is one of the calendar."""
    if not value:
        return None
    if match := _ISO.search(value):
        return _valid(*match.groups())
    if match := _ENGLISH.search(value):
        day = match[1] or match[3]
        return _valid(match[4], str(MONTHS.index(match[2].lower()[:3]) + 1), day) if day else None
    return None


def _valid(year: str, month: str, day: str) -> str | None:
    day_of_calendar = calendar_date(year, month, day)
    return day_of_calendar.isoformat() if day_of_calendar else None


def _metadata_date(
    tree: HtmlElement, meta: dict[str, str], data: list[dict[str, Any]]
) -> str | None:
    values = [meta.get(key) for key in _DATES[:1]]
    values += [i["datePublished"] for i in data if isinstance(i.get("datePublished"), str)]
    values += [meta.get(key) for key in _DATES[1:]]
    values += [_date_of(e) for e in tree.xpath('//*[@itemprop="datePublished" or @pubdate]')]
    values += [_date_of(e) for e in tree.iter("time") if _is_of_article(e)]
    return _first(_iso(value) for value in values)


def _date_of(element: HtmlElement) -> str | None:
    return element.get("datetime") or element.get("content") or str(element.text_content())


def _is_of_article(element: HtmlElement) -> bool:
    """Whether a time stands neither in a comment nor in a list of other articles."""
    names = [element, *element.iterancestors()]
    return element.get("datetime") is not None and not any(
        e.tag in ("nav", "aside", "footer", "li")
        or re.search(
            r"comment|related|sidebar|recommend|updated", f"{e.get('class')} {e.get('id')}"
        )
        for e in names[:12]
        if e.tag != "body"
    )


def _byline(page: Page) -> list[str]:
    """Short lines near the headline and at the article's end, where origins are written."""
    heading = next((i for i, b in enumerate(page.blocks) if b.level == 1), 0)
    near = [b for b in page.blocks[heading : heading + 14] if not b.table]
    near += page.blocks[max(heading - 4, 0) : heading]
    signs = [b for b in page.blocks[heading + 14 :] if CREDIT_LINE.match(b.text)][:6]
    return [b.text for b in [*near, *signs] if len(b.text) <= 160 and b.unlinked > 0]


def _text_date(lines: list[str]) -> str | None:
    dated = [line for line in lines if _WRITTEN.search(line) or _ENGLISH.search(line)]
    stated = [line for line in dated if _PUBLISHED_LABEL.search(line)]
    bare = [x for x in dated if not _UPDATED_LABEL.search(x) and (len(x) < 80 and "。" not in x)]
    return _first(_iso(_date_in(line)) for line in [*stated, *bare, *dated[:1]])


def _date_in(line: str) -> str:
    match = _WRITTEN.search(line)
    return match[0] if match else line


def _source(meta: dict[str, str], lines: list[str]) -> str | None:
    stated = meta.get("source", "")
    if stated:
        return re.sub(r"^(?:来源|來源)\s*[:：]\s*", "", stated) or None
    return _first(m[1] for line in lines if (m := _SOURCE.search(line)))


def _author(
    tree: HtmlElement, meta: dict[str, str], data: list[dict[str, Any]], lines: list[str]
) -> str | None:
    stated = _first(_person(meta.get(key)) for key in _AUTHORS)
    if name := stated or _named(data, "author"):
        return name
    for line in lines:
        if match := _AUTHOR.search(line):
            return match[1]
    linked = tree.xpath('//*[@rel="author" or @itemprop="author"]')
    return _first(_person(e.text_content()) for e in linked[:1]) or _first(
        _person(match[1]) for line in lines if (match := _BY.match(line))
    )


def _person(value: str | None) -> str | None:
    """A name, where ``value`` is one and not an address."""
    name = _BY.sub(r"\1", _SPACE.sub(" ", value or "").strip())
    return name if name and "//" not in name and len(name) <= 80 else None
