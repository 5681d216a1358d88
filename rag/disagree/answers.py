"""Which sentences answer a question, how likely that is, and what they answer."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import TYPE_CHECKING

from rag.disagree.ask import NOTHING, Value
from rag.disagree.measures import dates
from rag.disagree.names import names_in
from rag.disagree.tables import scope
from rag.evidence import coverage
from rag.excerpt import Excerpt
from rag.expects import of_another as of_another_round
from rag.fold import language_of
from rag.odds import probability
from rag.tagger import tagged
from rag.untrusted import is_instruction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.disagree.ask import Asked
    from rag.disagree.tables import Aspect
    from rag.evidence import Candidate, Term

CONSTANT = -9.25
WEIGHTS = {
    "score": 2.60,
    "own": 1.99,
    "in_context": 0.29,
    "cosine": 4.49,
    "behind": -3.89,
    "told": 1.72,
    "holds": 2.35,
    "about": -1.91,
    "about_most": 2.99,
    "foreign": 0.24,
}
"""Made by `python -m eval.bench_disagree --calibrate`."""

SUBJECT = 0.6
"""Share of the heaviest word's weight from which another is what a question is about."""
CLAUSES = re.compile(r"[，；：。！？!?;\n]|,(?!\d)|:(?!\d)|、(?=[^、，。]{0,8}\d)")
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})(?=年|\b)(?!\s*(?:人|米|元|公里|people|miles))")
_RELATIVE_YEARS = {"今年": 0, "本年": 0, "this year": 0, "去年": -1, "上年": -1, "last year": -1}
_PRONOUN = re.compile(r"[他她它该]|\b(?:he|she|it|they|this)\b")


@dataclass(frozen=True, slots=True)
class Answer:
    """A sentence that may answer, and what."""

    place: int
    """Among the candidates."""
    quote: Candidate
    """With the sentence before it where that holds what “he” stands for."""
    story: str
    likely: float
    """That it answers what is asked, 0 to 1."""
    told: bool
    """Whether it has a word for what is asked about."""
    value: Value
    """`NOTHING` where it holds nothing of the kind that is asked for."""
    scope: frozenset[int]
    """What narrows the value: on average, of women; lines of the table."""
    years: frozenset[str]
    """It speaks of, besides those of the question."""
    on_subject: bool
    """Whether its document has one of the names, else of the heaviest words, of the question."""
    about: str
    """Title and passage, folded."""
    about_most: float
    """Share of the question's topic in them, relative to the candidate that has most; 0 to 1."""
    language: str
    cosine: float
    """To the question."""


def answers_in(
    asked: Asked, terms: Sequence[Term], candidates: Sequence[Candidate], similar: Sequence[float]
) -> list[Answer]:
    """Return what each candidate answers, in their order; of what is no evidence ``likely`` is 0.

    Args:
        asked: The question.
        terms: Its words that carry meaning.
        candidates: Sentences that may answer.
        similar: Cosine of each to the question.
    """
    years_asked = _years(asked.folded)
    fold_text = asked.names.fold_text
    subjects = _subjects(asked, terms)
    out = []
    all_signals = signals_of(asked, terms, candidates, similar)
    terms = _with_other_words(terms, asked.aspects)
    for place, (candidate, signals) in enumerate(zip(candidates, all_signals, strict=True)):
        sentence = fold_text(candidate.excerpt.text)
        years = _years(sentence, candidate.hit.published if asked.kind == "figure" else None)
        # else an older value of a thing that changes
        timely = not years_asked or not years or years_asked & years or asked.kind == "date"
        evidence = (
            candidate.hit.kind != "comment"
            and not is_instruction(candidate.excerpt.text)
            and not of_another(asked, candidate, sentence)
            and timely
        )
        quote, clause, value = _read(asked, terms, candidate, sentence)
        years = _years(clause) if asked.kind == "date" else years
        about = fold_text(_about(candidate))
        out.append(
            Answer(
                place,
                quote,
                candidate.story,
                probability(CONSTANT, WEIGHTS, signals) if evidence else 0.0,
                bool(signals["told"]),
                value or NOTHING,
                scope(clause) - scope(asked.folded),
                years - years_asked,
                _any_in(subjects, about),
                about,
                signals["about_most"],
                language_of(sentence),
                signals["cosine"],
            )
        )
    return out


def _any_in(names: Sequence[tuple[str, ...]], text: str) -> bool:
    return any(form in text for forms in names for form in forms)


def of_another(asked: Asked, candidate: Candidate, sentence: str) -> bool:
    """Whether a sentence, folded, is of another thing than the question: 长江, not 黄河.

    It is of the envoy to another country, or of another round; or neither it nor what it is read
    with names what is asked about, and its subject is another name.
    """
    if asked.of_another_post(sentence) or of_another_round(asked.folded, sentence):
        return True
    if asked.kind not in _OF_A_NAMED_THING or not asked.needed:
        return False
    known = f"{asked.names.fold_text(candidate.context)}\n{sentence}"
    if _any_in(asked.needed, known):
        return False
    subject = takewhile(lambda pair: not pair[1].startswith("v"), tagged(sentence))
    return any(
        tag.startswith(_PLACES) and len(word) > 1 and word not in asked.folded
        for word, tag in subject
    )


_OF_A_NAMED_THING = frozenset({"figure", "date", "place"})
_PLACES = ("ns", "nz")


def signals_of(
    asked: Asked, terms: Sequence[Term], candidates: Sequence[Candidate], similar: Sequence[float]
) -> list[dict[str, float]]:
    """Return the numbers from which it is told whether each candidate answers."""
    fold_text = asked.names.fold_text
    terms = _with_other_words(terms, asked.aspects)
    said = {w for aspect in asked.aspects for w in aspect.words}
    topic = [t for t in terms if t.word not in said]
    abouts = [coverage(topic, fold_text(_about(c))) for c in candidates]
    most, closest = max(abouts, default=0.0) or 1.0, max(similar, default=0.0)
    out = []
    for candidate, about, cosine in zip(candidates, abouts, similar, strict=True):
        sentence = fold_text(candidate.excerpt.text)
        context = f"{fold_text(candidate.context)}\n{sentence}"
        out.append(
            {
                "score": candidate.hit.score,
                "own": coverage(terms, sentence),
                "in_context": coverage(terms, context),
                "cosine": cosine,
                "behind": closest - cosine,
                "told": float(asked.told(sentence)),
                "holds": float(asked.value_in(sentence, candidate.excerpt.text) is not None),
                "about": about,
                "about_most": about / most,
                "foreign": float(language_of(sentence) != language_of(asked.folded)),
            }
        )
    return out


def _read(
    asked: Asked, terms: Sequence[Term], candidate: Candidate, sentence: str
) -> tuple[Candidate, str, Value | None]:
    """The value in the clause that speaks most of what is asked."""
    clauses = [c for c in CLAUSES.split(sentence) if c.strip()]
    clauses.sort(key=lambda c: (-asked.told(c), -coverage(terms, c)))
    for clause in clauses:
        if asked.of_another(clause):
            continue
        value = asked.value_in(clause, candidate.excerpt.text)
        if value:
            return candidate, clause, value
        if asked.told(clause) and asked.kind in {"person", "place", "name"}:
            quote = _with_before(candidate, sentence)
            before = asked.names.fold_text(quote.excerpt.text).removesuffix(sentence)
            found = names_in(before, quote.excerpt.text, asked.kind, asked.names)
            words = frozenset(w for w in found if w not in asked.folded)
            if words:
                return quote, clause, Value(min(words), words=words)
    return candidate, "", None


def _subjects(asked: Asked, terms: Sequence[Term]) -> tuple[tuple[str, ...], ...]:
    """What a question is about, each in all its forms: its names, else its heaviest words."""
    said = {w for aspect in asked.aspects for w in aspect.words}
    topic = [t for t in terms if t.word not in said and not t.word.isdigit() and not t.unknown]
    heaviest = max((t.weight for t in topic), default=0.0)
    words = tuple(t.alternatives for t in topic if t.weight >= SUBJECT * heaviest)
    return asked.needed or words


def _with_before(candidate: Candidate, sentence: str) -> Candidate:
    """A candidate with the sentence before it, where it says “he” of who is named there."""
    before = candidate.context.partition("\n")[2].strip()
    passage = candidate.hit.passage
    end = passage.text.find(candidate.excerpt.text)
    start = passage.text.rfind(before, 0, max(end, 0)) if before else -1
    if start < 0 or not _PRONOUN.search(sentence):
        return candidate
    whole = Excerpt(passage.spans, passage.text).cut(start, end + len(candidate.excerpt.text))
    return replace(candidate, excerpt=whole, reading=whole.text.replace("\n", " "))


def _with_other_words(terms: Sequence[Term], aspects: Sequence[Aspect]) -> tuple[Term, ...]:
    """Let a word of the question be found in the other words for what it tells of."""
    out = []
    for term in terms:
        more = [w for a in aspects if term.word in a.words for w in a.words]
        out.append(replace(term, alternatives=(*term.alternatives, *more)))
    return tuple(out)


def _about(candidate: Candidate) -> str:
    return f"{candidate.hit.title}\n{candidate.hit.passage.text}"


def _years(folded: str, published: str | None = None) -> frozenset[str]:
    """The years that a folded text speaks of; 今年, 去年 and 3月 as of when it was published."""
    found = set(_YEAR.findall(folded))
    if published and published[:4].isdigit():
        now = int(published[:4])
        found |= {str(now + back) for word, back in _RELATIVE_YEARS.items() if word in folded}
        if not found and any(date.month for date in dates(folded)):
            found = {str(now)}
    return frozenset(found)
