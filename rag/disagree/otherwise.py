"""A sentence of another document that says otherwise than what was answered from the first.

The rules of `find.py` compare values of a kind. Here the check that every answer goes through is
turned on the other documents: what is supported by one and contradicted by another that speaks of
the same is a disagreement.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.disagree.answers import likelihood, of_another, signals_of
from rag.disagree.ask import Asked
from rag.disagree.measures import figures, same_figure
from rag.fold import language_of
from rag.untrusted import is_instruction
from rag.verify import Source, verify

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rag.evidence import Candidate, Term
    from rag.names import Names

LEAST_SAID = 0.3
"""Share of the question in a sentence of its own, from which it speaks of the same thing."""
LEAST_LIKELY = 0.1
"""Probability that a sentence answers what is asked, from which what it says counts."""
MOST = 4
"""Sentences of other documents that an answer is checked against."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A question and what one document answers."""

    question: str
    """Made to stand alone, with one part."""
    terms: Sequence[Term]
    """Its words that carry meaning."""
    claim: str
    own: Candidate
    """What supports the claim."""


def says_otherwise(
    answered: Answered,
    candidates: Sequence[Candidate],
    names: Names,
    similarity: Callable[[str, Sequence[str]], Sequence[float]],
) -> list[Candidate]:
    """Return sentences of other stories that contradict the claim, the likeliest to answer first.

    Args:
        answered: From the first story.
        candidates: Sentences that may answer.
        names: Which names are the same.
        similarity: Cosine of a question to each of some texts.
    """
    asked = Asked.of(answered.question, names)
    if asked is None:
        return []
    others = [
        c
        for c in candidates
        if c.story != answered.own.story
        and c.hit.kind == "body"
        and not is_instruction(c.excerpt.text)
        and not of_another(asked, c, names.fold_text(c.excerpt.text))
    ]
    if not others:
        return []
    similar = similarity(answered.question, [c.reading for c in others])
    rows = signals_of(asked, answered.terms, others, similar)
    likely = sorted(
        ((likelihood(row), n) for n, row in enumerate(rows)), key=lambda pair: (-pair[0], pair[1])
    )
    out = []
    for chance, n in likely[:MOST]:
        about = rows[n]["told"] or rows[n]["own"] >= LEAST_SAID
        if chance >= LEAST_LIKELY and about and _denies(asked, answered, others[n]):
            out.append(others[n])
    return out


def _rounded(one: str, other: str) -> bool:
    """Whether two folded texts have a figure in common, exact or rounded, whatever it counts."""
    mine, theirs = ([f._replace(unit="") for f in figures(text)] for text in (one, other))
    return any(same_figure(f, g) for f in mine for g in theirs)


def _denies(asked: Asked, answered: Answered, other: Candidate) -> bool:
    """Whether a sentence contradicts a claim, or has another value of the kind asked for.

    Of another name than the claim's the check only says that the claim's is not in the source.
    """
    source = Source(other.excerpt.text, other.context)
    claim = answered.claim
    if asked.kind == "figure" and _rounded(*map(asked.names.fold_text, (claim, source.quote))):
        return False
    found = verify(claim, [source], question=answered.question, names=asked.names)
    if language_of(claim) == language_of(source.quote):
        fold = asked.names.fold_text
        one, value = (asked.value_in(fold(text), text) for text in (claim, source.quote))
        if one and value and asked.comparable(one, value):
            unlike = found.support in {"contradicted", "unsupported"}
            return unlike and not asked.same(one, value)
    return found.support == "contradicted"
