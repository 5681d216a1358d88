"""The sides where documents answer a question differently."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.disagree.alone import told_alone
from rag.disagree.answers import answers_in
from rag.disagree.ask import Asked
from rag.disagree.latest import source_label
from rag.fold import language_of, script_of
from rag.sounds import heard

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rag.disagree.alone import Reader
    from rag.disagree.answers import Answer
    from rag.evidence import Candidate, Term
    from rag.names import Names

LIKELY_MEASURED, LIKELY = 0.1, 0.2
"""Probability from which a sentence answers: of a measure, whose unit tells besides; else."""
LIKELY_NAME, LIKELY_STANCE = 0.6, 0.4
"""The same of a name, and of yes or no, in a sentence without a word for what is asked: names and
denials stand everywhere."""
NEAR_BEST = 0.75
"""Share of a story's best answer from which another sentence of it may be its answer."""
_NAMED = {"person", "place", "name"}


@dataclass(frozen=True, slots=True)
class Side:
    """One of the values that sources give."""

    candidates: tuple[int, ...]
    """Places among the candidates given, the best first; each of another story."""
    quote: Candidate
    """The best of them, with the sentence before it where that holds what “he” stands for."""
    value: str
    """In one form, to tell sides by: 8848.86米, 3.2亿元, 9月12日; 是 or 否."""
    label: str
    """Who says so and when: 《观察者网》（2025-09-19）."""


@dataclass(frozen=True, slots=True)
class Compared:
    """What came of comparing the stories that answer."""

    sides: tuple[Side, ...] = ()
    """Two or more, the one with the best candidate first; empty where the documents agree, or
    where only one speaks of what is asked."""
    agreed: float = 0.0
    """Where several agree, the probability that the second likeliest of them answers; by a reader,
    else 0."""


@dataclass(frozen=True, slots=True)
class Told:
    """What sentences of several stories answer to one question."""

    question: str
    asked: Asked
    candidates: Sequence[Candidate]
    sentences: Sequence[Answer]
    """What each candidate answers, in their order."""

    @property
    def answers(self) -> list[Answer]:
        """Those that hold a value of the kind asked for, the likeliest first."""
        found = (s for s in self.sentences if s.likely and s.value.written)
        return sorted(found, key=lambda answer: -answer.likely)


def answers_told(
    question: str,
    terms: Sequence[Term],
    candidates: Sequence[Candidate],
    names: Names,
    similarity: Callable[[str, Sequence[str]], Sequence[float]],
) -> Told | None:
    """Read what each candidate answers; None where nothing can disagree.

    Args:
        question: Made to stand alone, with one part.
        terms: Its words that carry meaning.
        candidates: Sentences that may answer, best first.
        names: Which names are the same.
        similarity: Cosine of a question to each of some texts.
    """
    asked = Asked.of(question, names)
    if asked is None or len({c.story for c in candidates}) < 2:
        return None
    similar = similarity(question, [c.reading for c in candidates])
    return Told(question, asked, candidates, answers_in(asked, terms, candidates, similar))


def compared(told: Told | None, reader: Reader | None = None) -> Compared:
    """Compare what stories answer to a question.

    Args:
        told: What they answer.
        reader: Reads each story alone; None: rules read what each sentence answers.
    """
    if told is None:
        return Compared()
    if reader:
        by_story = [[answer] for answer in told_alone(told, reader)]
    else:
        by_story = _by_story(told.asked, told.answers)
    groups = _groups(told.asked, by_story)
    if len(groups) < 2:
        likely = sorted((own[0].likely for group in groups for own in group), reverse=True)
        return Compared(agreed=likely[1] if reader and len(likely) > 1 else 0.0)
    latin = script_of(told.question) == "latin"
    return Compared(tuple(_side([own[0] for own in group], latin=latin) for group in groups))


def _by_story(asked: Asked, answers: Sequence[Answer]) -> list[list[Answer]]:
    """The answers of each story that are likely enough, the likeliest story first.

    Where the likeliest names what the question is about, the others have to; where it does not,
    that tells nothing.
    """
    stories: dict[str, list[Answer]] = {}
    for answer in answers:
        own = stories.setdefault(answer.story, [])
        enough = NEAR_BEST * own[0].likely if own else _enough(asked, answer)
        if answer.likely >= enough and (answer.on_subject or not answers[0].on_subject):
            own.append(answer)
    return [own for own in stories.values() if own]


def _enough(asked: Asked, answer: Answer) -> float:
    if asked.measured:
        return LIKELY_MEASURED if answer.on_subject else LIKELY
    if asked.kind in _NAMED:
        told = answer.told and answer.language == language_of(asked.folded)
        return LIKELY if told else LIKELY_NAME
    return LIKELY if answer.told or asked.kind == "reason" else LIKELY_STANCE


def _groups(asked: Asked, stories: Sequence[list[Answer]]) -> list[list[list[Answer]]]:
    """Stories that agree together."""
    groups: list[list[list[Answer]]] = []
    for own in stories:
        fitting = [g for g in groups if any(_agree(asked, own, other) for other in g)]
        if len(fitting) > 1:  # what fits two values, such as a range, parts nothing
            groups = [g for g in groups if g not in fitting]
            groups.append([*(o for g in fitting for o in g), own])
        elif fitting:
            fitting[0].append(own)
        elif all(_comparable(asked, own[0], g[0][0]) for g in groups):
            groups.append([own])
    return groups


def _agree(asked: Asked, own: Sequence[Answer], others: Sequence[Answer]) -> bool:
    """Whether any answer of one story is one of the other."""
    if asked.kind == "yes or no":
        own, others = own[:1], others[:1]  # what else is said of it takes no side
    return any(_comparable(asked, a, b) and _same(asked, a, b) for a in own for b in others)


def _comparable(asked: Asked, one: Answer, other: Answer) -> bool:
    """Whether two answers are of the same thing, at the same time."""
    if asked.measured and one.scope != other.scope:
        return False
    if one.language != other.language and asked.kind == "reason":
        return False
    dated = asked.kind in {"figure", "yes or no"}  # who did a thing does not change
    if dated and one.years and other.years and not one.years & other.years:
        return False
    return asked.comparable(one.value, other.value)


def _same(asked: Asked, one: Answer, other: Answer) -> bool:
    """Whether two answers that can be compared agree; names across languages by their sound."""
    if one.language == other.language or asked.kind not in _NAMED:
        return asked.same(one.value, other.value)
    latin, chinese = (one, other) if one.language == "en" else (other, one)
    words = {word for name in latin.value.words for word in name.split() if len(word) > 3}
    return not words or any(heard(word, chinese.about) for word in words)


def _side(answers: Sequence[Answer], *, latin: bool) -> Side:
    answers = sorted(answers, key=lambda answer: -answer.likely)
    best = answers[0]
    return Side(
        tuple(a.place for a in answers),
        best.quote,
        best.value.written,
        source_label(best.quote.hit, latin),
    )
