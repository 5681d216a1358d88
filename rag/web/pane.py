"""The pane at the right, as HTML: an answer's sources, a document, the library."""

from __future__ import annotations

from dataclasses import dataclass, replace
from html import escape
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING

from rag.cards import shortened
from rag.model import join_spans
from rag.web.render import about, button, citation_link

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from rag.clean import Block
    from rag.model import Citation, Document, Filters, Hit, Spans
    from rag.web.words import Words
    from vectorstore.conversations import Turn

ALSO = 8
"""Passages listed beside those that are cited."""
AROUND = 40
"""Blocks shown on each side of a citation in a long document."""
WHOLE = 200
"""Blocks up to which a document is shown whole at once."""
GAP = 400
"""Characters that may stand between two pieces of one quotation."""
LISTED = 300
"""Documents listed in the library; of more, the filter chooses."""


@dataclass(frozen=True, slots=True)
class Found:
    """Where a citation stands in the document as it is now."""

    spans: Spans
    changed: bool = False
    """Whether the text is another than the one that was cited from."""
    quote: str = ""
    """What was cited."""


def locate(document: Document, spans: Spans, text_name: str, quote: str) -> Found:
    """Find a quotation again in a document that may have changed since.

    Args:
        document: As it is now.
        spans: Where the quotation stood.
        text_name: Beginning of the content hash of the text that it stood in; empty: not known.
        quote: Its characters; empty: not known.

    Returns:
        Its spans now; none where the text has changed and does not hold it any more.
    """
    if not text_name or document.sha256.startswith(text_name):
        return Found(spans, quote=quote)
    if quote and join_spans(document.text, spans) == quote:
        return Found(spans, changed=True, quote=quote)
    return Found(_again(document.text, _pieces(quote, spans)), changed=True, quote=quote)


def _pieces(quote: str, spans: Spans) -> list[str]:
    """Cut a quotation where it had gaps: a footnote's mark, a line of an advertisement."""
    lengths = [end - start for start, end in spans]
    if not quote or sum(lengths) != len(quote) or 0 in lengths:
        return [quote] if quote else []
    ends = list(accumulate(lengths))
    return [quote[end - length : end] for length, end in zip(lengths, ends, strict=True)]


def _again(text: str, pieces: Sequence[str]) -> Spans:
    """Return where the pieces stand one after the other; nothing where one of them is missing."""
    found: list[tuple[int, int]] = []
    start = text.find(pieces[0]) if pieces else -1
    while start >= 0:
        found = [(start, start + len(pieces[0]))]
        for piece in pieces[1:]:
            end = found[-1][1]
            at = text.find(piece, end, end + GAP + len(piece))
            if at < 0:
                break
            found.append((at, at + len(piece)))
        if len(found) == len(pieces):
            return tuple(found)
        start = text.find(pieces[0], start + 1)
    return ()


def sources(turn: Turn, t: Words) -> str:
    """Return what an answer cites, apart from what else was found."""
    answer = turn.answer
    if answer is None or (answer.silent and answer.model_failure):
        return _listed(t("sources.found"), t("sources.found.note"), _quotes(turn.found, turn, t))
    if answer.silent:
        rows = _hits(answer.hits, turn, t) if answer.outcome == "refused" else ""
        return _listed(t("sources.nearest"), t("sources.nearest.note"), rows)
    cited = {c.document_id: set[tuple[int, int]]() for c in answer.citations}
    for c in answer.citations:
        cited[c.document_id] |= set(c.spans)
    others = [h for h in answer.hits if not _overlaps(h.passage.spans, cited, h)]
    return _listed(t("sources.cited"), "", _quotes(answer.citations, turn, t, chips=True)) + (
        _listed(t("sources.also"), t("sources.also.note"), _hits(others[:ALSO], turn, t))
    )


def _overlaps(spans: Spans, cited: Mapping[str, set[tuple[int, int]]], hit: Hit) -> bool:
    taken = cited.get(hit.passage.document_id, set())
    return any(s < end and start < e for s, e in spans for start, end in taken)


def _listed(title: str, note: str, rows: str) -> str:
    if not rows:
        return ""
    more = f" <small>{escape(note)}</small>" if note else ""
    return f'<section class="listed"><h2>{escape(title)}{more}</h2><ul>{rows}</ul></section>'


def _quotes(citations: Iterable[Citation], turn: Turn, t: Words, *, chips: bool = False) -> str:
    return "".join(
        _card(
            citation_link(c.document_id, c.spans, turn.texts.get(c.document_id, "")),
            str(c.marker) if chips else "",
            (c.title, about(c, t), c.quote, c.quote),
        )
        for c in citations
    )


def _hits(hits: Iterable[Hit], turn: Turn, t: Words) -> str:
    return "".join(
        _card(
            citation_link(
                h.passage.document_id,
                h.passage.spans,
                turn.texts.get(h.passage.document_id, ""),
            ),
            "",
            (h.title, about(h, t), shortened(h.passage.text, 110), h.passage.text),
        )
        for h in hits
    )


def _card(link: str, number: str, told: tuple[str, str, str, str]) -> str:
    title, beside, shown, quote = map(escape, told)
    n = f'<span class="n">{number}</span>' if number else ""
    return (
        f'<li><a class="card" href="{escape(link)}" data-open="{number}" data-quote="{quote}">{n}'
        f'<span class="title">{title}</span><span class="about">{beside}</span>'
        f"<q>{shown}</q></a></li>"
    )


def document_view(
    document: Document, blocks: Sequence[Block], found: Found, t: Words, *, whole: bool
) -> str:
    """Return a document with the cited characters marked; boilerplate is left out.

    Args:
        document: With its text.
        blocks: Its cleaned blocks.
        found: Where the citation stands now; its quotation is shown where that is nowhere.
        t: The reader's words.
        whole: Whether to show all of a long document.
    """
    shown = [b for b in _with_table_headers(blocks) if b.kind != "boilerplate"]
    part = shown if whole or len(shown) <= WHOLE else _around(shown, found.spans)
    body = "".join(_block(b, found.spans, document.text) for b in part)
    inferred = f" · {t('doc.inferred')}" if document.inferred else ""
    beside = " · ".join(filter(None, (document.outlet, document.author, document.published)))
    tags = "".join(f" #{tag}" for tag in document.tags)
    link = citation_link(document.id, found.spans or ((0, 0),))
    more = (
        f'<p class="notice">{escape(t("doc.part", n=len(shown)))} '
        f'<a class="whole" href="{escape(link)}" data-whole="1">{escape(t("doc.whole"))}</a></p>'
        if len(part) < len(shown)
        else ""
    )
    return (
        f'<article class="doc" lang="{escape(document.language)}"><h2>{escape(document.title)}</h2>'
        f'<p class="about">{escape(beside + inferred + tags)}</p>{_notice(found, t)}{more}'
        f'{body}<p class="origin">{escape(t("doc.origin"))} {escape(document.source)}</p></article>'
    )


def removed_view(quote: str, t: Words) -> str:
    """Return what is left to show of a citation whose document was removed."""
    return (
        f'<article class="doc"><p class="notice changed">{escape(t("doc.removed"))}</p>'
        f"<blockquote>{escape(quote)}</blockquote></article>"
    )


def _notice(found: Found, t: Words) -> str:
    if not found.changed:
        return ""
    if found.spans:
        return f'<p class="notice changed">{escape(t("doc.changed"))}</p>'
    return (
        f'<p class="notice changed">{escape(t("doc.changed.gone"))}</p>'
        f"<blockquote>{escape(found.quote)}</blockquote>"
    )


def _around(blocks: Sequence[Block], spans: Spans) -> Sequence[Block]:
    start = spans[0][0] if spans else 0
    at = next(
        (i for i, b in enumerate(blocks) if b.excerpt.spans and b.excerpt.spans[-1][1] > start), 0
    )
    return blocks[max(0, at - AROUND) : at + AROUND]


def _with_table_headers(blocks: Iterable[Block]) -> Iterator[Block]:
    """Put a table's header, which its rows carry along, above the first of them."""
    shown = None
    for block in blocks:
        if block.header and block.header != shown:
            yield replace(block, excerpt=block.header, header=None)
        shown = block.header
        yield block


def _block(block: Block, spans: Spans, text: str) -> str:
    inner = "".join(
        piece for start, end in block.excerpt.spans for piece in _marked(text, start, end, spans)
    )
    tag = "h3" if block.heading else "p"
    return f'<{tag} class="{block.kind}">{inner}</{tag}>'


def _marked(text: str, start: int, end: int, spans: Spans) -> Iterator[str]:
    at = start
    for s, e in sorted(spans):
        s, e = max(s, at), min(e, end)  # noqa: PLW2901 - the part inside this block
        if s < e:
            yield escape(text[at:s])
            yield f'<mark class="cited">{escape(text[s:e])}</mark>'
            at = e
    yield escape(text[at:end])


# --- the library


@dataclass(frozen=True, slots=True)
class Shelf:
    """What the library shows."""

    documents: Sequence[Document]
    passages: Mapping[str, int]
    gone: frozenset[str]
    """Ids of documents whose file is not there any more."""
    asked: frozenset[str]
    """Ids of documents that alone are asked."""
    may_edit: bool


def library(shelf: Shelf, t: Words) -> str:
    """Return the list of documents, near-duplicates under the one that stands for them."""
    adding = (
        '<div class="adding">'
        + button("add-files", t("add.files"), drawing="file", text=True)
        + button("add-folder", t("add.folder"), drawing="folder", text=True)
        + f'<p class="note">{escape(t("add.hint"))}</p></div>'
        if shelf.may_edit
        else ""
    )
    if not shelf.documents:
        return f'{adding}<p class="note">{escape(t("empty.none"))}</p>'
    twins: dict[str, list[Document]] = {}
    for d in shelf.documents:
        if d.near:
            twins.setdefault(d.near, []).append(d)
    firsts = [d for d in shelf.documents if not d.near]
    rows = "".join(_row(d, twins.get(d.id, ()), shelf, t) for d in firsts[:LISTED])
    left = len(firsts) - LISTED
    more = f'<p class="note">{escape(t("library.more", n=left))}</p>' if left > 0 else ""
    every = (
        button("reindex-all", t("library.reindex.all"), drawing="retry", text=True)
        if shelf.may_edit
        else ""
    )
    passages = sum(shelf.passages.values())
    counts = f"{t('count.documents', n=len(shelf.documents))} · {t('count.passages', n=passages)}"
    return (
        f'{adding}<div class="shelf-head"><p class="about">{escape(counts)}</p>{every}</div>'
        f'<input class="filter" type="search" data-act="filter-library"'
        f' aria-label="{escape(t("library.search"))}" placeholder="{escape(t("library.search"))}">'
        f'<ul class="shelf">{rows}</ul>{more}'
        f'<div class="ask-these" hidden>{button("ask-these", t("library.ask"), text=True)}</div>'
    )


def _row(document: Document, twins: Sequence[Document], shelf: Shelf, t: Words) -> str:
    inner = "".join(f"<li>{_entry(d, shelf, t)}</li>" for d in twins)
    near = (
        f'<details class="twins"><summary>{escape(t("library.near"))} · {len(twins)}</summary>'
        f"<ul>{inner}</ul></details>"
        if twins
        else ""
    )
    words = " ".join(
        f"{d.title} {d.outlet or ''} {Path(d.file).name} {d.part}" for d in (document, *twins)
    )
    return f'<li data-words="{escape(words.casefold())}">{_entry(document, shelf, t)}{near}</li>'


def _entry(document: Document, shelf: Shelf, t: Words) -> str:
    passages = shelf.passages.get(document.id, 0)
    state = "empty" if not passages else "gone" if document.id in shelf.gone else "ready"
    link = citation_link(document.id, ((0, 0),))
    told = " · ".join(
        filter(
            None,
            (
                about(document, t),
                t("count.passages", n=passages),
                *(f"#{x}" for x in document.tags),
            ),
        )
    )
    label = t("library.ask.label", title=document.title)
    checked = " checked" if document.id in shelf.asked else ""
    edits = (
        button("reindex", t("library.reindex"), drawing="retry", more=_id(document))
        + button("remove", t("library.remove"), drawing="trash", more=_id(document))
        if shelf.may_edit
        else ""
    )
    return (
        f'<div class="entry"><input type="checkbox" data-act="pick" {_id(document)}'
        f' aria-label="{escape(label)}"{checked}><div><a class="title" href="{escape(link)}"'
        f' data-from="library">{escape(document.title)}</a><p class="about">{escape(told)}</p>'
        f'<p class="state {state}">{escape(t(f"library.state.{state}"))}</p></div>'
        f'<div class="edits">{edits}</div></div>'
    )


def _id(document: Document) -> str:
    return f'data-id="{escape(document.id)}"'


# --- what the filters let through


def scope_line(filters: Filters, documents: Sequence[Document], t: Words) -> str:
    """Return one line about what may be found: how many documents, and what was chosen.

    Args:
        filters: What was chosen.
        documents: Those that pass.
        t: The reader's words.
    """
    titles = {d.id: d.title for d in documents}
    named = [f"《{shortened(titles.get(id, id), 16)}》" for id in filters.documents]
    more = t("scope.and_more", n=len(named)) if len(named) > 2 else ""
    dates = f"{filters.since or ''}–{filters.until or ''}"
    parts = (
        "、".join(named[:2]) + more,
        "、".join(filters.outlets),
        "、".join(t(f"language.{language}") for language in filters.languages),
        "、".join(t(f"kind.{kind}") for kind in filters.kinds),
        " ".join(f"#{tag}" for tag in filters.tags),
        dates if filters.since or filters.until else "",
    )
    chosen = " · ".join(filter(None, parts))
    counted = t("count.documents", n=len(documents))
    if not chosen:
        told = t("scope.all", documents=counted)
        return f'<div class="scope">{escape(t("scope"))}: {escape(told)}</div>'
    if not documents:
        return f'<div class="scope error">{escape(t("scope.nothing"))} ({escape(chosen)})</div>'
    told = t("scope.some", documents=counted, chosen=chosen)
    return (
        f'<div class="scope chosen" title="{escape(chosen)}">{escape(t("scope"))}: '
        f"{escape(told)}</div>"
    )


def scope_error(error: str) -> str:
    """Return the line where a filter cannot be read."""
    return f'<div class="scope error">{escape(error)}</div>'


def document_choice(document: Document) -> str:
    """Return what a document is chosen by: its title and outlet."""
    title = shortened(document.title, 60)
    return f"{title}（{document.outlet}）" if document.outlet else title
