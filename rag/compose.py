"""Put an answer together: its sentences in order, citations numbered by first appearance."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from rag.escape import literal
from rag.fold import script_of, to_traditional
from rag.model import Citation, Sentence
from rag.untrusted import plain
from rag.wording import WORDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.excerpt import Excerpt
    from rag.fold import Script
    from rag.model import Answer, Hit, Layout, Spans, Support
    from rag.wording import Wording


class Source(Protocol):
    """What a statement stands on: some characters of a passage that was found."""

    @property
    def hit(self) -> Hit:
        """The passage."""

    @property
    def excerpt(self) -> Excerpt:
        """What of it is cited."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence that is to stand in an answer, with what it stands on."""

    text: str
    support: Support
    reason: str
    sources: tuple[Source, ...]
    """Empty for one that no source supports, shown only where the settings ask to mark it."""
    lead: str = ""
    """Who says so, put in front, in the question's script: “《联合早报》（2025-09-19）称：”."""
    side: str = ""
    """Which side it gives, where the sources disagree."""
    short: Spans = ()
    """``[start, end)`` in ``text`` of the words that answer in short."""
    layout: Layout = ""
    translation: str = ""
    """Of a quotation, in the question's language."""


@dataclass(frozen=True, slots=True)
class Composed:
    """Text with markers, and what the markers stand for."""

    text: str
    sentences: tuple[Sentence, ...]
    citations: tuple[Citation, ...]


def compose(statements: Sequence[Statement], script: Script) -> Composed:
    """Number the citations by first appearance and join the sentences.

    A sentence of the model is put in the question's script; a quotation stays as printed.
    """
    words = WORDS[script]
    cited: dict[tuple[str, Spans], Source] = {}
    sentences: list[Sentence] = []
    for statement in statements:
        markers: list[int] = []
        for source in statement.sources:
            key = (source.hit.passage.document_id, source.excerpt.spans)
            cited.setdefault(key, source)
            markers.append(list(cited).index(key) + 1)
        quoted = statement.support == "quoted"
        # A quotation stays as printed, but for links and markup: those are for no page of ours.
        written = plain(statement.text) if quoted else in_script(statement.text, script)
        ahead = len(statement.lead)
        exact = written == statement.text
        sentences.append(
            Sentence(
                text=statement.lead + written,
                markers=tuple(dict.fromkeys(markers)),
                support=statement.support,
                reason=statement.reason,
                side=statement.side,
                short=tuple((s + ahead, e + ahead) for s, e in statement.short) if exact else (),
                layout=statement.layout,
                translation=in_script(plain(statement.translation), script),
            )
        )
    text = as_markdown(sentences, words)
    citations = tuple(cite(source, marker) for marker, source in enumerate(cited.values(), 1))
    return Composed(text, tuple(sentences), citations)


def as_markdown(sentences: Sequence[Sentence], words: Wording) -> str:
    """Return sentences with their markers as one text; lists, tables and headings as Markdown."""
    out, columns = "", 0
    for sentence in sentences:
        marked = sentence.text + "".join(f"[{m}]" for m in sentence.markers)
        if sentence.translation:
            marked += words.translated.format(sentence.translation)
        if sentence.layout == "row":
            rule = "" if columns else "\n|" + "---|" * (sentence.text.count("|") + 1)
            marked = f"| {marked} |{rule}"
            ahead = "\n" if columns else "\n\n"
            columns += 1
        else:
            columns = 0
            ahead = {"": words.join, "paragraph": "\n\n", "item": "\n- ", "heading": "\n\n## "}[
                sentence.layout
            ]
            if not ahead and sentence.text[:1] in {"(", "[", ":"}:
                ahead = " "  # right behind a marker it would make a link of that
        out += (ahead if out else ahead.lstrip("\n ")) + marked
    return out


def markdown_of(answer: Answer) -> str:
    """Return an answer's text as Markdown in which only its layout and its markers are live."""
    words = WORDS[script_of(answer.question)]
    said = as_markdown(answer.sentences, words)
    if not answer.text.startswith(said):  # one that was not composed here
        return literal(answer.text)
    escaped = [
        replace(s, text=literal(s.text), translation=literal(s.translation))
        for s in answer.sentences
    ]
    open_ = answer.text[len(said) :]
    return as_markdown(escaped, words) + (words.join if open_ else "") + literal(open_)


def in_script(text: str, script: Script) -> str:
    """Return a text of ours, or of the model, in the script of the question."""
    return to_traditional(text) if script == "hant" else text


def cite(source: Source, marker: int) -> Citation:
    """Return what a marker stands for."""
    hit = source.hit
    return Citation(
        marker=marker,
        document_id=hit.passage.document_id,
        title=hit.title,
        outlet=hit.outlet,
        published=hit.published,
        inferred=hit.inferred,
        page=hit.passage.page_at(source.excerpt.spans[0][0]),
        kind=hit.kind,
        spans=source.excerpt.spans,
        quote=source.excerpt.text,
    )
