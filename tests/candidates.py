"""Candidates out of a few short documents, chosen as an answer chooses them, without an index."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from eval.names import known_names
from rag.evidence import Corpus, coverage, question_terms, select
from rag.model import Hit, Passage
from rag.units import units

if TYPE_CHECKING:
    from rag.evidence import Candidate, Term


def hit(
    text: str,
    *,
    outlet: str | None = "晨报",
    published: str | None = "2030-01-01",
    id: str = "a",
    **given: str,
) -> Hit:
    """A hit whose passage is a whole document; ``kind``, ``title``, ``story`` may be given."""
    passage = Passage(
        id=id,
        document_id=id,
        ordinal=0,
        spans=((0, len(text)),),
        text=text,
        kind=given.get("kind", "body"),  # type: ignore[arg-type]
    )
    return Hit(
        passage=passage,
        title=given.get("title", "题目"),
        outlet=outlet,
        author=None,
        published=published,
        score=1.0,
        by={},
        story=given.get("story", id),
        about=given.get("about", ""),
        year=given.get("year", ""),
    )


def chosen(question: str, *hits: Hit, most: int = 12) -> tuple[tuple[Term, ...], list[Candidate]]:
    """The words of a question and the best sentences of the hits for it."""
    names = known_names()
    texts = [names.fold_text(h.passage.text) for h in hits]
    count = Counter(unit for text in texts for unit in set(units(text)))

    def frequency(word: str) -> int:
        found = units(word)
        longest = [unit for unit in found if len(unit) > 1] or found
        return min((count[unit] for unit in longest), default=0)

    corpus = Corpus(frequency, lambda: len(texts) + 20, lambda: names)
    terms = question_terms(question, corpus)
    assert all(0 <= coverage(terms, text) <= 1 for text in texts)
    return terms, select(question, terms, hits, most=most, names=names)
