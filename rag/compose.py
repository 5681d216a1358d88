"""Put an answer together: its sentences in order, citations numbered by first appearance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.fold import to_traditional
from rag.model import Citation, Sentence
from rag.untrusted import plain
from rag.wording import WORDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.evidence import Candidate
    from rag.fold import Script
    from rag.model import Support


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence that is to stand in an answer, with what it stands on."""

    text: str
    support: Support
    reason: str
    sources: tuple[Candidate, ...]
    """Empty for one that no source supports, shown only where the settings ask to mark it."""
    lead: str = ""
    """Who says so, put in front, in the question's script: “《联合早报》（2025-09-19）称：”."""
    side: str = ""
    """Which side it gives, where the sources disagree."""


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
    cited: dict[tuple[str, tuple[tuple[int, int], ...]], Candidate] = {}
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
        sentences.append(
            Sentence(
                text=statement.lead + written,
                markers=tuple(dict.fromkeys(markers)),
                support=statement.support,
                reason=statement.reason,
                side=statement.side,
            )
        )
    text = words.join.join(s.text + "".join(f"[{m}]" for m in s.markers) for s in sentences)
    citations = tuple(cite(source, marker) for marker, source in enumerate(cited.values(), 1))
    return Composed(text, tuple(sentences), citations)


def in_script(text: str, script: Script) -> str:
    """Return a text of ours, or of the model, in the script of the question."""
    return to_traditional(text) if script == "hant" else text


def cite(candidate: Candidate, marker: int) -> Citation:
    """Return what a marker stands for."""
    hit = candidate.hit
    return Citation(
        marker=marker,
        document_id=hit.passage.document_id,
        title=hit.title,
        outlet=hit.outlet,
        published=hit.published,
        inferred=hit.inferred,
        page=hit.passage.page_at(candidate.excerpt.spans[0][0]),
        kind=hit.kind,
        spans=candidate.excerpt.spans,
        quote=candidate.excerpt.text,
    )
