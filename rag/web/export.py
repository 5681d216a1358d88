"""A conversation to take away: Markdown with footnotes, and one HTML file that opens offline."""

from __future__ import annotations

import re
from html import escape
from itertools import groupby
from typing import TYPE_CHECKING

from rag.web.layout import as_html, blocks
from rag.web.reasons import told, told_error, why_quoted
from rag.web.render import about, how_it_ended, lead_and_quotation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.model import Answer, Citation, Sentence
    from rag.web.words import Words
    from vectorstore.conversations import Turn

_STYLE = """
:root { color-scheme: light dark; }
body { max-width: 44rem; margin: 3rem auto; padding: 0 1.25rem; line-height: 1.8;
  font-family: system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2.5rem; }
.note, footer, .about { font-size: .9rem;
  color: color-mix(in srgb, currentColor 70%, transparent); }
li { margin: .75rem 0; } blockquote { margin: .25rem 0; padding-inline-start: .75rem;
  border-inline-start: 3px solid #c9a227; }
.columns { display: flex; gap: 1.5rem; flex-wrap: wrap; } .columns > * { flex: 1 1 16rem; }
h3 { font-size: 1rem; } small { color: #835300; } sup a { text-decoration: none; }
@media (prefers-color-scheme: dark) { small { color: #ecc066; } }
"""
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~$])")


def markdown(answer: Answer, t: Words) -> str:
    """Return an answer as Markdown, its citations as footnotes with their quotations."""
    if answer.silent:
        return _plain(answer.text) + "\n"
    gap = " " if not re.search(r"[㐀-鿿]", answer.text) else ""
    said: list[str] = []
    side = ""
    for sentence in answer.sentences:
        if sentence.side != side:
            side = sentence.side
            said.append(f"\n\n**{_plain(side)}** " if side else "\n\n")
        said.append(_marked(sentence, answer.citations, t) + gap)
    notes = "\n".join(
        f"[^{c.marker}]: {_plain(_where(c, t))}: “{_plain(' '.join(c.quote.split()))}”"
        for c in answer.citations
    )
    return f"{''.join(said).strip()}\n\n{notes}\n"


def _marked(sentence: Sentence, cited: Sequence[Citation], t: Words) -> str:
    text = _plain(sentence.text)
    if sentence.support in {"unsupported", "contradicted"}:
        return f"{text} ({t(f'support.{sentence.support}')})"
    if sentence.support == "quoted":
        lead, quotation = lead_and_quotation(sentence, cited)
        text = f"{_plain(lead)}“{_plain(quotation)}”"
    elif sentence.support == "partial":
        text = f"{text} ({t('support.partial')})"
    text += "".join(f"[^{m}]" for m in sentence.markers)
    if sentence.translation:
        text += f" ({t('translation')}: {_plain(sentence.translation)})"
    return text


def _plain(text: str) -> str:
    """Markdown that shows ``text`` to the letter."""
    return _MARKUP.sub(r"\\\1", text)


def _where(citation: Citation, t: Words) -> str:
    return " · ".join(filter(None, (citation.title, about(citation, t))))


def page(title: str, turns: Sequence[Turn], date: str, t: Words) -> str:
    """Return a conversation as one HTML file: no script, nothing to fetch.

    Args:
        title: The conversation's.
        turns: In order.
        date: Of the export, as shown.
        t: The reader's words.
    """
    body = "".join(_turn(turn, i, t) for i, turn in enumerate(turns, 1))
    return (
        f'<!doctype html>\n<html lang="{t.language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'\">"
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body><main>"
        f"<h1>{escape(title)}</h1>{body}</main>"
        f"<footer><p>{escape(t('exported', date=date))}</p></footer></body></html>\n"
    )


def _turn(turn: Turn, number: int, t: Words) -> str:
    head = f"<section><h2>{escape(turn.question)}</h2>"
    answer = turn.answer
    if turn.state == "greeted":
        return f"{head}<p>{escape(turn.said)}</p></section>"
    if answer is None:
        note = " ".join(filter(None, (how_it_ended(turn, t), told_error(turn.error, t))))
        found = "".join(f"<blockquote>{escape(c.quote)}</blockquote>" for c in turn.found)
        return (
            f'{head}<p class="note">{escape(note)}</p>{found}<p>{escape(turn.draft)}</p></section>'
        )
    if answer.silent:
        text = told_error(answer.model_failure, t) or answer.text
        return f"{head}<p>{escape(text)}</p></section>"
    said = "".join(
        _columns(list(group), answer.citations, number, t)
        if sided
        else "".join(
            as_html(
                block,
                "",
                lambda s: _sentence(s, answer.citations, number, t),
                lambda s: _links(s, number),
            )
            for block in blocks(group)
        )
        for sided, group in groupby(answer.sentences, key=lambda s: bool(s.side))
    )
    missing = (
        f'<p class="note">{escape(t("missing"))}{escape("; ".join(answer.missing))}</p>'
        if answer.missing
        else ""
    )
    note = f'<p class="note">{escape(told_error(answer.note, t))}</p>' if answer.note else ""
    notes = "".join(
        f'<li id="t{number}-{c.marker}" value="{c.marker}"><b>{escape(c.title)}</b> '
        f'<span class="about">{escape(about(c, t))}</span>'
        f"<blockquote>{escape(c.quote)}</blockquote></li>"
        for c in answer.citations
    )
    return (
        f"{head}{said}{missing}{note}<h3>{escape(t('exported.references'))}</h3>"
        f"<ol>{notes}</ol></section>"
    )


def _columns(
    sentences: Sequence[Sentence], cited: Sequence[Citation], number: int, t: Words
) -> str:
    """What sources that disagree say, side by side."""
    sides = dict.fromkeys(s.side for s in sentences)
    columns = "".join(
        f"<section><h3>{escape(side)}</h3>"
        f"<p>{''.join(_sentence(s, cited, number, t) for s in sentences if s.side == side)}</p>"
        "</section>"
        for side in sides
    )
    return f'<p class="note">{escape(t("sides"))}</p><div class="columns">{columns}</div>'


def _sentence(sentence: Sentence, cited: Sequence[Citation], number: int, t: Words) -> str:
    text = escape(sentence.text)
    care = ""
    if sentence.support == "quoted":
        lead, quotation = lead_and_quotation(sentence, cited)
        text = f"{escape(lead)}“{escape(quotation)}”"
        care = why_quoted(sentence.reason, t)
    elif sentence.support != "supported":
        why = told(sentence.reason, t)
        care = ": ".join(filter(None, (t(f"support.{sentence.support}"), why)))
    if sentence.translation:
        care = ": ".join((t("translation"), sentence.translation))
    return f"{text}{_links(sentence, number)}{f' <small>({escape(care)})</small>' if care else ''} "


def _links(sentence: Sentence, number: int) -> str:
    if sentence.support in {"unsupported", "contradicted"}:
        return ""
    return "".join(f'<sup><a href="#t{number}-{m}">[{m}]</a></sup>' for m in sentence.markers)
