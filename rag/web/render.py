"""A conversation as HTML. Everything that comes from a document or a model is escaped here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from itertools import groupby
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from rag.cards import shortened
from rag.errors import NotFoundError
from rag.model import DISAGREE, QUOTED
from rag.web.layout import as_html, blocks
from rag.web.reasons import told, told_error, why_quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rag.model import Answer, Citation, Document, Hit, Sentence, Spans
    from rag.web.words import Words
    from vectorstore.conversations import Turn

CITE = "#cite="
TEXT_NAME = 12
"""Characters of a text's content hash that a link carries: enough to see that it changed."""
ICONS = {
    "copy": "M8 8V5a1 1 0 0 1 1-1h9a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1h-3M5 8h9a1 1 0 0 1 1 1v10a1 1 0"
    " 0 1-1 1H5a1 1 0 0 1-1-1V9a1 1 0 0 1 1-1z",
    "retry": "M4 12a8 8 0 0 1 14-5l2 2M20 4v5h-5M20 12a8 8 0 0 1-14 5l-2-2M4 20v-5h5",
    "edit": "M4 20h4L19 9l-4-4L4 16v4zM13 7l4 4",
    "good": "M7 11v9H4v-9zM7 11l4-7c1.5 0 2.5 1 2.2 2.6L12.6 10H18a2 2 0 0 1 2 2.3l-1 5.7a2 2 0 0"
    " 1-2 1.7H7",
    "bad": "M17 13V4h3v9zM17 13l-4 7c-1.500 0-2.500-1-2.200-2.600l.600-3.400H6a2 2 0 0 1-2-2.300l1-5.700a2 2 0 0 1 2-1.700h10",  # noqa: E501
    "plus": "M12 5v14M5 12h14",
    "library": "M5 4h4v16H5zM9 4h4v16H9zM14.500 5l3.800-1 3.200 15-3.800 1z",
    "settings": "M4 7h10M18 7h2M4 17h2M10 17h10M14 7a2 2 0 1 0 4 0 2 2 0 1 0-4 0M6 17a2 2 0 1 0 4"
    " 0 2 2 0 1 0-4 0",
    "export": "M12 15V4m-4 4 4-4 4 4M4 15v4a1 1 0 0 0 1 1h14a1 1 0 0 0 1-1v-4",
    "menu": "M4 7h16M4 12h16M4 17h16",
    "close": "M6 6l12 12M18 6 6 18",
    "trash": "M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13",
    "up": "m6 15 6-6 6 6",
    "down": "m6 9 6 6 6-6",
    "back": "m15 6-6 6 6 6",
    "sources": "M6 4h12v16H6zM9 8h6M9 12h6M9 16h4",
    "file": "M6 3h8l4 4v14H6zM14 3v4h4",
    "folder": "M3 6h6l2 2h10v11H3z",
    "stop": "M7 7h10v10H7z",
}
"""Lines on a field of 24 by 24."""
_LINK = re.compile(
    re.escape(CITE) + r"([^:]+):(\d{1,9}-\d{1,9}(?:,\d{1,9}-\d{1,9})*)(?:@([0-9a-f]{1,64}))?"
)
_CARE = ("quoted", "partial", "unsupported", "contradicted")


@dataclass(frozen=True, slots=True)
class Place:
    """What a link names: characters of a document, and of which text of it."""

    document_id: str
    spans: Spans
    text_name: str = ""
    """Beginning of the text's content hash when the link was made; empty: not known."""


def icon(name: str) -> str:
    """Return a drawing for the eyes alone; what it means is said beside it."""
    return (
        '<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">'
        f'<path d="{ICONS[name]}"/></svg>'
    )


def button(act: str, label: str, *, drawing: str = "", more: str = "", text: bool = False) -> str:
    """Return a button that the page's script knows by ``act``.

    Args:
        act: What it does.
        label: What it says: shown with ``text``, else heard and shown on hover.
        drawing: Name of its icon.
        more: Further attributes, escaped.
        text: Whether the label is shown.
    """
    said = f"<span>{escape(label)}</span>" if text else ""
    heard = "" if text else f' aria-label="{escape(label)}" title="{escape(label)}"'
    shown = icon(drawing) if drawing else ""
    return f'<button type="button" data-act="{act}"{heard} {more}>{shown}{said}</button>'


def citation_link(document_id: str, spans: Spans, text_name: str = "") -> str:
    """Return the link of a chip: it names the characters themselves, so it never goes stale."""
    places = ",".join(f"{start}-{end}" for start, end in spans)
    text = f"@{text_name[:TEXT_NAME]}" if text_name else ""
    return f"{CITE}{quote(document_id, safe='')}:{places}{text}"


def read_citation_link(link: str) -> Place:
    """Return what a link names.

    Raises:
        NotFoundError: When the link is not one of ours.
    """
    match = _LINK.fullmatch(link)
    if not match:
        raise NotFoundError("This link names no source.")
    spans = [tuple(map(int, place.split("-"))) for place in match[2].split(",")]
    return Place(unquote(match[1]), tuple((s[0], s[1]) for s in spans), match[3] or "")


def about(value: Citation | Hit | Document, t: Words) -> str:
    """Return outlet, date, page and class, not escaped; a date that was inferred has a ``~``."""
    date = f"~{value.published}" if value.published and value.inferred else value.published
    page = getattr(value, "page", None)
    kind = getattr(value, "kind", "body")
    return " · ".join(
        filter(
            None,
            (
                value.outlet,
                date,
                t("doc.page", n=page) if page else None,
                t(f"kind.{kind}") if kind != "body" else None,
            ),
        )
    )


def chip(citation: Citation, texts: Mapping[str, str], t: Words) -> str:
    """Return the number that opens a citation; the script shows the rest when hovered."""
    link = citation_link(citation.document_id, citation.spans, texts.get(citation.document_id, ""))
    label = t("cite.label", n=citation.marker, title=citation.title)
    data = {"quote": citation.quote, "title": citation.title, "about": about(citation, t)}
    held = " ".join(f'data-{k}="{escape(v)}"' for k, v in data.items())
    return (
        f'<a class="chip" href="{escape(link)}" data-n="{citation.marker}" {held}'
        f' aria-label="{escape(label)}">{citation.marker}</a>'
    )


def conversation(turns: Sequence[Turn], t: Words, *, thumbs: bool = False) -> str:
    """Return all turns of a conversation; with ``thumbs``, to be judged."""
    return "".join(turn_article(turn, t, thumbs=thumbs) for turn in turns)


def turn_article(turn: Turn, t: Words, *, thumbs: bool) -> str:
    """Return one question with what came of it."""
    if turn.state == "greeted":
        body = f'<p class="said">{escape(turn.said)}</p>{examples(turn.offered)}'
    else:
        body = _answer(turn.answer, turn, t) if turn.answer else _unfinished(turn, t)
        body += _acts(turn, t, thumbs=thumbs)
    return (
        f'<article class="turn {turn.state}" data-turn="{turn.id}">{_question(turn.question, t)}'
        f'<div class="answer">{body}</div></article>'
    )


def examples(questions: Iterable[str]) -> str:
    """Return questions to click on."""
    rows = "".join(
        f'<li><button type="button" data-act="example" class="example">'
        f'<span class="q">{escape(question)}</span></button></li>'
        for question in questions
    )
    return f'<ul class="examples">{rows}</ul>' if rows else ""


def _unfinished(turn: Turn, t: Words) -> str:
    """What there is of an answer that never came: why, the evidence, and the draft."""
    look = "bad" if turn.state == "failed" else f"care {turn.state}"
    error = f'<p class="error">{escape(told_error(turn.error, t))}</p>' if turn.error else ""
    draft = _draft(turn.draft, t) if turn.draft else ""
    return (
        f'<p class="badge {look}">{escape(how_it_ended(turn, t))}</p>{error}'
        f"{found_list(turn.found, turn.texts, t)}{draft}"
    )


def how_it_ended(turn: Turn, t: Words) -> str:
    """Say why a question has no answer."""
    if turn.state == "running":  # what runs is shown as that: this has been cut off
        return t("interrupted")
    empty = turn.state == "stopped" and not (turn.draft or turn.found)
    return t(f"{turn.state}.empty" if empty else turn.state)


def _draft(draft: str, t: Words) -> str:
    return f'<p class="note">{escape(t("draft"))}</p><p class="said draft">{escape(draft)}</p>'


def _question(question: str, t: Words) -> str:
    return (
        f'<div class="question"><h2>{escape(question)}</h2>'
        f"{button('edit', t('act.edit'), drawing='edit')}</div>"
    )


def _acts(turn: Turn, t: Words, *, thumbs: bool) -> str:
    answer = turn.answer
    without = answer is None or bool(answer.model_failure)
    buttons = button("retry", t("act.retry"), drawing="retry", text=without)
    if answer is None or (answer.model_failure and answer.silent):
        buttons += button("quote", t("act.quote"), drawing="sources", text=True)
    took = ""
    if answer:
        buttons = button("copy", t("act.copy"), drawing="copy") + buttons
        for verdict in ("good", "bad") if thumbs else ():
            pressed = f'aria-pressed="{"true" if turn.verdict == verdict else "false"}"'
            # Said before anything is logged.
            notice = f"{t(f'act.{verdict}')} · {t('feedback.notice')}"
            buttons += button(verdict, notice, drawing=verdict, more=pressed)
        took = f'<span class="took">{escape(took_line(turn, answer, t))}</span>'
    return f'<div class="acts">{buttons}{took}</div>'


def took_line(turn: Turn, answer: Answer, t: Words) -> str:
    """Return how long one waited, and for what: parts that add up; then the tokens."""
    waited, so_far, parts = 0.0, 0, []
    for stage, seconds in turn.waited.items():
        waited += seconds
        tenths = round(waited * 10) - so_far  # so that what is shown adds up, too
        so_far += tenths
        if tenths:
            parts.append(f"{t(f'took.{stage}')} {tenths / 10:.1f}")
    whole = so_far / 10 if turn.waited else answer.timings.get("total", 0.0)
    took = t("took", seconds=t("seconds", n=f"{whole:.1f}"))
    tokens = answer.usage.prompt_tokens + answer.usage.completion_tokens
    more = (t("tokens", n=tokens) if tokens else "", answer.model)
    breakdown = t("took.parts", parts=" + ".join(parts)) if len(parts) > 1 else ""
    return " · ".join(filter(None, (took + breakdown, *more)))


def _answer(answer: Answer, turn: Turn, t: Words) -> str:
    understood = (
        f'<p class="note understood">{escape(t("understood", question=answer.understood_as))}</p>'
        if answer.understood_as not in {"", answer.question}
        else ""
    )
    if answer.searches:
        asked = t("searched", questions=" ".join(answer.searches))
        understood += f'<p class="note searched">{escape(asked)}</p>'
    note = f'<p class="note">{escape(told_error(answer.note, t))}</p>' if answer.note else ""
    if answer.model_failure and answer.silent:
        found = found_list(turn.found, turn.texts, t) or nearest_list(answer.hits, turn.texts, t)
        return (
            f'<p class="badge bad">{escape(t("verdict.model"))}</p>'
            f'<p class="error">{escape(told_error(answer.model_failure, t))}</p>{understood}{found}'
        )
    if answer.silent:
        nearest = nearest_list(answer.hits, turn.texts, t) if answer.outcome == "refused" else ""
        return (
            f'<p class="badge none">{escape(t(f"verdict.{answer.outcome}"))}</p>'
            f'<p class="said">{escape(answer.text)}</p>{_missing(answer, t)}{understood}{note}'
            f"{nearest}"
        )
    return (
        _badge(answer, t) + _said(answer, turn.texts, t) + _missing(answer, t) + understood + note
    )


def _badge(answer: Answer, t: Words) -> str:
    """What to hold of the answer, at a glance."""
    # What a side says is quoted because the sides disagree, which is told once.
    plain = {DISAGREE, QUOTED}  # quoted because that is how it answers
    care = sum(s.support in _CARE and s.reason not in plain for s in answer.sentences)
    notes = [t("verdict.quoted")] if answer.model_failure else []
    if any(s.side for s in answer.sentences):
        notes.append(t("verdict.sides"))
    if answer.outcome == "partial":
        notes.append(t("verdict.partial"))
    if care:
        notes.append(t("verdict.some", n=care))
    if notes:
        return f'<p class="badge care">{escape(" · ".join(notes))}</p>'
    return f'<p class="badge good">{escape(t("verdict.supported"))}</p>'


def _missing(answer: Answer, t: Words) -> str:
    if not answer.missing:
        return ""
    parts = "".join(f"<li>{escape(part)}</li>" for part in answer.missing)
    return f'<div class="missing"><p>{escape(t("missing").strip())}</p><ul>{parts}</ul></div>'


def _said(answer: Answer, texts: Mapping[str, str], t: Words) -> str:
    """The sentences in their order; those of sides in columns, a side each."""
    by_marker = {c.marker: c for c in answer.citations}
    gap = " " if _latin(answer.text) else ""
    parts = []
    for sided, group in groupby(answer.sentences, key=lambda s: bool(s.side)):
        sentences = list(group)
        if sided:
            parts.append(_sides(sentences, by_marker, texts, t))
        else:
            parts += [
                as_html(
                    block,
                    gap,
                    lambda s: _sentence(s, by_marker, texts, t),
                    lambda s: _chips(s, by_marker, texts, t),
                )
                for block in blocks(sentences)
            ]
    return "".join(parts)


def _sides(
    sentences: Sequence[Sentence],
    by_marker: Mapping[int, Citation],
    texts: Mapping[str, str],
    t: Words,
) -> str:
    columns = []
    for side in dict.fromkeys(s.side for s in sentences):
        own = [s for s in sentences if s.side == side]
        said = "".join(f"<p>{_sentence(s, by_marker, texts, t)}</p>" for s in own)
        cited = dict.fromkeys(m for s in own for m in s.markers if m in by_marker)
        sources = "".join(
            f"<li><b>{escape(by_marker[m].title)}</b> {escape(about(by_marker[m], t))}</li>"
            for m in cited
        )
        columns.append(
            f'<section class="side"><h3>{escape(side)}</h3>{said}'
            f'<ul class="side-sources" aria-label="{escape(t("sides.sources"))}">{sources}</ul>'
            "</section>"
        )
    return (
        f'<div class="sides"><p class="note">{escape(t("sides"))}</p>'
        f'<div class="columns">{"".join(columns)}</div></div>'
    )


def _sentence(
    sentence: Sentence, by_marker: Mapping[int, Citation], texts: Mapping[str, str], t: Words
) -> str:
    chips = _chips(sentence, by_marker, texts, t)
    if sentence.support == "supported":
        return f'<span class="sentence">{_tied(sentence.text, chips)}</span>'
    if sentence.reason == QUOTED:
        return (
            f'<span class="sentence quotation">{quotation(sentence)}{chips}</span>'
            f"{_translation(sentence, t)}"
        )
    text = escape(sentence.text)
    label = t(f"support.{sentence.support}")
    quoted = sentence.support == "quoted"
    reason = why_quoted(sentence.reason, t) if quoted else told(sentence.reason, t)
    if quoted:
        lead, said = lead_and_quotation(
            sentence, [by_marker[m] for m in sentence.markers if m in by_marker]
        )
        # In a column its heading says who says it.
        text = f"{'' if sentence.side else escape(lead)}“{escape(said)}”"
    return (
        f'<span class="sentence care {sentence.support}">{text}{chips}'
        f'<button type="button" class="why" data-act="why" data-title="{escape(label)}"'
        f' data-quote="{escape(reason)}">{escape(label)}</button></span>'
    )


def _chips(
    sentence: Sentence, by_marker: Mapping[int, Citation], texts: Mapping[str, str], t: Words
) -> str:
    if sentence.support in {"unsupported", "contradicted"}:
        return ""  # a sentence without support never borrows a citation
    return "".join(chip(by_marker[m], texts, t) for m in sentence.markers if m in by_marker)


def quotation(sentence: Sentence) -> str:
    """Return a sentence with the words that answer in bold."""
    out, at = "", 0
    for start, end in sentence.short:
        answer = escape(sentence.text[start:end])
        out += f"{escape(sentence.text[at:start])}<strong>{answer}</strong>"
        at = end
    return out + escape(sentence.text[at:])


def _translation(sentence: Sentence, t: Words) -> str:
    if not sentence.translation:
        return ""
    label = escape(t("translation"))
    return f'<span class="translation"><b>{label}</b> {escape(sentence.translation)}</span>'


def _tied(text: str, chips: str) -> str:
    """Put chips behind a text so that no line begins with one."""
    if not chips or not text:
        return escape(text) + chips
    return f'{escape(text[:-1])}<span class="tie">{escape(text[-1])}{chips}</span>'


def lead_and_quotation(sentence: Sentence, cited: Iterable[Citation]) -> tuple[str, str]:
    """Return a quoted sentence as what leads up to the quotation, 《某报》称：, and the quotation.

    Args:
        sentence: Quoted.
        cited: What it cites: the quotation is the longest end of the sentence that stands there.
    """
    text = sentence.text
    for at in range(len(text) - 1):
        if any(text[at:] in citation.quote for citation in cited):
            return text[:at], text[at:]
    return "", text


def found_list(citations: Sequence[Citation], texts: Mapping[str, str], t: Words) -> str:
    """Return what was found before something went wrong."""
    if not citations:
        return ""
    rows = "".join(
        f'<li><a class="nearest" href="{_link(c.document_id, c.spans, texts)}"'
        f' data-quote="{escape(c.quote)}" data-title="{escape(c.title)}"'
        f' data-about="{escape(about(c, t))}"><q>{escape(c.quote)}</q>'
        f"<span>{escape(_titled(c, t))}</span></a></li>"
        for c in citations
    )
    return f'<p class="note">{escape(t("found"))}</p><ul class="nearest">{rows}</ul>'


def nearest_list(hits: Sequence[Hit], texts: Mapping[str, str], t: Words) -> str:
    """Return the passages nearest to a question that has no answer; not one chip."""
    if not hits:
        return ""
    rows = "".join(
        f'<li><a class="nearest" href="{_link(h.passage.document_id, h.passage.spans, texts)}"'
        f' data-quote="{escape(h.passage.text)}" data-title="{escape(h.title)}"'
        f' data-about="{escape(about(h, t))}"><q>{escape(shortened(h.passage.text, 90))}</q>'
        f"<span>{escape(_titled(h, t))}</span></a></li>"
        for h in hits[:3]
    )
    label = f"{t('sources.nearest')} · {t('sources.nearest.note')}"
    return f'<p class="note">{escape(label)}</p><ul class="nearest">{rows}</ul>'


def _titled(value: Citation | Hit, t: Words) -> str:
    return " · ".join(filter(None, (shortened(value.title, 40), about(value, t))))


def _link(document_id: str, spans: Spans, texts: Mapping[str, str]) -> str:
    return escape(citation_link(document_id, spans, texts.get(document_id, "")))


def _latin(text: str) -> bool:
    return not re.search(r"[㐀-鿿]", text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far an answer has come that is not done."""

    question: str
    turn: str
    """Its id."""
    stage: str = "searching"
    """``searching``, ``waiting``, ``reading``, ``writing`` or ``checking``; empty: it is over."""
    n: int = 0
    """Passages read; readers before this one."""
    took: tuple[tuple[str, int, float], ...] = ()
    """Stages that are over: name, number and seconds."""
    best: Citation | None = None
    draft: str = ""


def progress_article(
    progress: Progress, texts: Mapping[str, str], t: Words, *, waited: float
) -> str:
    """Return the turn that is being answered.

    Args:
        progress: How far it has come.
        texts: By document id, the content hash of its text.
        t: The reader's words.
        waited: Seconds since it was asked. The script counts them on.
    """
    over = "".join(
        f'<li class="over">{escape(t(f"stage.over.{stage}", n=n))}</li>'
        for stage, n, _ in progress.took
    )
    now = escape(t(f"stage.{progress.stage}", n=progress.n)) if progress.stage else ""
    stages = (
        f'<ol class="stages">{over}<li class="now" data-stage="{progress.stage}">'
        f'<i class="dot"></i>{now}… <span class="clock" data-waited="{waited:.1f}"></span></li>'
        "</ol>"
    )
    parts = [stages]
    if progress.best:  # it stays while the model writes: what is written is not checked yet
        best = progress.best
        parts.append(
            f'<a class="evidence nearest" href="{_link(best.document_id, best.spans, texts)}"'
            f' data-quote="{escape(best.quote)}" data-title="{escape(best.title)}"'
            f' data-about="{escape(about(best, t))}"><q>{escape(best.quote)}</q>'
            f"<span>{escape(_titled(best, t))}</span></a>"
        )
    if progress.draft:
        parts.append(_draft(progress.draft, t))
    return (
        f'<article class="turn live" data-turn="{progress.turn}">'
        f'<div class="question"><h2>{escape(progress.question)}</h2></div>'
        f'<div class="answer">{"".join(parts)}'
        f'<div class="acts">{button("stop", t("ask.stop"), drawing="stop", text=True)}</div>'
        "</div></article>"
    )
