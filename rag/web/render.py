"""Values into HTML. Everything that comes from a document or a model is escaped here."""

from __future__ import annotations

import re
from dataclasses import replace
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from rag.cards import LABELS, card, shortened
from rag.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rag.clean import Block
    from rag.model import Answer, Citation, Document, Filters, Hit, Spans

CITE = "#cite="
CORPUS = "#corpus"
KINDS = {"body": "正文", **LABELS}
"""Classes of passages that are searched, as the page names them."""
LANGUAGES = {"zh": "中文", "en": "English"}
NOTHING_LEFT = "没有文档在这个范围里，请放宽或清除范围"
NAMED = 2
"""Documents that the line about the filters names; of more it tells the number."""
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|~$>:@])")
_LINK = re.compile(re.escape(CITE) + r"([^:]+):(\d{1,9}-\d{1,9}(?:,\d{1,9}-\d{1,9})*)")


def plain(text: str) -> str:
    """Return Markdown that shows ``text`` to the letter: no markup of its own takes effect."""
    return _MARKDOWN.sub(r"\\\1", escape(text, quote=False)).replace("\n", "  \n")


def citation_link(document_id: str, spans: Spans) -> str:
    """Return the link of a chip: it names the characters themselves, so it never goes stale."""
    places = ",".join(f"{start}-{end}" for start, end in spans)
    return f"{CITE}{quote(document_id, safe='')}:{places}"


def read_citation_link(link: str) -> tuple[str, Spans]:
    """Return the document and spans that a chip names.

    Raises:
        NotFoundError: When the link is not one of ours.
    """
    match = _LINK.fullmatch(link)
    if not match:
        raise NotFoundError("This link names no source.")
    spans = [tuple(map(int, place.split("-"))) for place in match[2].split(",")]
    return unquote(match[1]), tuple((s[0], s[1]) for s in spans)


def _chip(marker: int, citation: Citation) -> str:
    where = escape(f"{card(citation)}：“{citation.quote}”", quote=True)
    link = citation_link(citation.document_id, citation.spans)
    return f'<a class="chip" href="{link}" title="{where}">{marker}</a>'


def answer_message(answer: Answer) -> str:
    """Return an answer as a chat message."""
    if answer.outcome == "refused":
        return plain(answer.text) + _nearest(answer.hits)
    by_marker = {c.marker: c for c in answer.citations}
    parts: list[str] = []
    for sentence in answer.sentences:
        chips = "".join(_chip(m, by_marker[m]) for m in sentence.markers)
        if sentence.support == "quoted":
            title = escape(card(by_marker[sentence.markers[0]]))
            parts.append(
                f'<span class="quoted">{title}：</span>“{plain(sentence.text)}”{chips}'
                '<br><span class="note">原文引用：模型的回答未通过核对'
                f"（{escape(sentence.reason)}）</span>"
            )
        else:
            parts.append(f"{plain(sentence.text)}{chips}")
    if answer.outcome == "partial":
        parts.append('<br><span class="note">有一部分内容没有依据，已略去。</span>')
    if answer.understood_as != answer.question:
        parts.append(f'<br><span class="note">理解为：{escape(answer.understood_as)}</span>')
    return "".join(parts)


def _nearest(hits: Sequence[Hit]) -> str:
    if not hits:
        return ""
    rows = "".join(
        f'<li><a class="nearest" href="{citation_link(h.passage.document_id, h.passage.spans)}">'
        f"{escape(card(h))}</a>：{escape(shortened(h.passage.text, 80))}</li>"
        for h in hits[:3]
    )
    return f'\n\n<div class="note">最相近的段落（不是答案）</div><ul class="nearest">{rows}</ul>'


def draft_message(citations: Sequence[Citation], draft: str, seconds: float) -> str:
    """Return the message while the model writes: the best evidence, and the draft so far."""
    parts = []
    if citations:
        best = citations[0]
        link = citation_link(best.document_id, best.spans)
        parts.append(
            f'<span class="note">最相关的原文 · <a class="nearest" href="{link}">'
            f"{escape(card(best))}</a></span><br>"
            f'<span class="evidence">“{plain(best.quote)}”</span>'
        )
    state = (
        f"正在写（{seconds:.0f} 秒），写完后逐句核对…"
        if draft
        else f"正在读 {len(citations)} 句最相关的原文…"
    )
    parts.append(f'<span class="note">{state}</span>')
    if draft:
        parts.append(f'<span class="draft">{plain(draft)}</span>')
    return "<br>".join(parts)


def error_message(error: str, citations: Sequence[Citation]) -> str:
    """Return what went wrong, with the evidence that was found all the same."""
    rows = "".join(
        f"<li>“{escape(c.quote)}” "
        f'<a class="nearest" href="{citation_link(c.document_id, c.spans)}">'
        f"{escape(card(c))}</a></li>"
        for c in citations
    )
    found = (
        f'<div class="note">已经找到的原文：</div><ul class="nearest">{rows}</ul>' if rows else ""
    )
    return f'<span class="error">{escape(error)}</span>{found}'


def scope_line(filters: Filters, documents: Sequence[Document]) -> str:
    """Return one line about what may be found: how many documents, and what was chosen.

    Args:
        filters: What was chosen.
        documents: Those that pass.
    """
    titles = {d.id: d.title for d in documents}
    named = [f"《{shortened(titles.get(id, id), 16)}》" for id in filters.documents]
    more = f" 等 {len(named)} 篇" if len(named) > NAMED else ""
    dates = f"{filters.since or ''}–{filters.until or ''}"
    parts = (
        "、".join(named[:NAMED]) + more,
        "、".join(filters.outlets),
        "、".join(LANGUAGES.get(language, language) for language in filters.languages),
        "、".join(KINDS[kind] for kind in filters.kinds),
        " ".join(f"#{tag}" for tag in filters.tags),
        dates if filters.since or filters.until else "",
    )
    chosen = escape(" · ".join(filter(None, parts)))
    if not chosen:
        return f'<div class="scope">范围：全部 {len(documents)} 篇文档</div>'
    if not documents:
        return f'<div class="scope error">{NOTHING_LEFT}（{chosen}）</div>'
    return (
        f'<div class="scope chosen" title="{chosen}">范围：{len(documents)} 篇文档 · {chosen}</div>'
    )


def scope_error(error: str) -> str:
    """Return the line where a filter cannot be read."""
    return f'<div class="scope error">{escape(error)}</div>'


def document_choice(document: Document) -> str:
    """Return what a document is chosen by: its title and outlet."""
    title = shortened(document.title, 60)
    return f"{title}（{document.outlet}）" if document.outlet else title


def source_pane(document: Document, blocks: Iterable[Block], spans: Spans) -> str:
    """Return a document with ``spans`` marked; what was classed as boilerplate is left out."""
    body = "".join(_block(b, spans, document.text) for b in _with_table_headers(blocks))
    origin = f'<div class="origin">{escape(document.source)}</div>'
    about = "，".join(filter(None, (document.outlet, document.author, document.published)))
    about += "（日期为推断）" if document.inferred else ""
    about += "".join(f" #{tag}" for tag in document.tags)
    return (
        f'<div class="source" lang="{escape(document.language)}">'
        f'<a class="back" href="{CORPUS}">← 资料库</a><h2>{escape(document.title)}</h2>'
        f'<div class="about">{escape(about)}</div>{body}{origin}</div>'
    )


def _with_table_headers(blocks: Iterable[Block]) -> Iterator[Block]:
    """Put a table's header, which its rows carry along, above the first of them."""
    shown = None
    for block in blocks:
        if block.header and block.header != shown:
            yield replace(block, excerpt=block.header, header=None)
        shown = block.header
        yield block


def _block(block: Block, spans: Spans, text: str) -> str:
    if block.kind == "boilerplate":
        return ""
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


def corpus_card(documents: Sequence[Document], passages: int) -> str:
    """Return what the corpus holds."""
    if not documents:
        return (
            '<div class="source"><h2>还没有文档</h2>'
            "<p>运行 <code>youju add 文件夹</code> 添加文档。</p></div>"
        )
    dates = sorted(d.published for d in documents if d.published)
    span = f"{dates[0]} – {dates[-1]}" if dates else "日期不详"
    languages = "、".join(sorted({LANGUAGES[d.language] for d in documents}))
    rows = "".join(
        f'<li><a class="nearest" href="{citation_link(d.id, ((0, 0),))}">{escape(d.title)}</a>'
        f'<div class="about">{escape("，".join(filter(None, (d.outlet, d.published))))}</div></li>'
        for d in documents
    )
    return (
        f'<div class="source corpus"><h2>资料库</h2><div class="about">{len(documents)} 篇文档 · '
        f"{passages} 个段落 · {span} · {languages}</div><ul>{rows}</ul>"
        "<p class=about>点击回答里的编号，这里会打开原文并标出依据的句子。</p></div>"
    )
