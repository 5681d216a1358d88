"""What each story answers when a model reads it alone.

A model that reads several documents at once picks one of them. Shown one story's sentences and no
other's, even a small one writes what that story answers, and where two such answers differ, the
stories do. Whether a story answers at all is told by how far it stands out from what else was
found, by the model's probability that it does, and by whether what the model wrote holds such a
value as is asked for.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from rag.disagree.answers import CLAUSES
from rag.disagree.ask import Value
from rag.disagree.measures import dates, figures, same_date
from rag.disagree.names import content_of, names_in
from rag.disagree.stances import two_named
from rag.disagree.tables import scope, units
from rag.fold import language_of
from rag.odds import log_odds, probability
from rag.prompt import MARKER
from rag.verify import Source, verify

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rag.disagree.answers import Answer
    from rag.disagree.ask import Asked
    from rag.disagree.find import Told
    from rag.disagree.measures import Figure
    from rag.evidence import Candidate

MOST_READ = 3
"""Stories that are read alone, the likeliest by words first."""
READ_TOGETHER = 2
"""Sentences of a story that are read."""
ENOUGH = 0.5
"""Probability from which a story answers."""
SELDOM_SURER = 0.82
"""Of stories that are not the likeliest the model is seldom surer: one that would not answer even
then is not read."""
FIELD = 0.3
"""Cosine below which what else is found tells nothing."""
CONSTANT = -2.74
WEIGHTS = {
    "judged": 1.66,
    "value": 2.22,
    "yes or no": 3.70,
    "cosine": 3.92,
    "field": -11.33,
    "about_most": 1.50,
    "told": 0.99,
}
"""Fitted over 497 stories of pairs, each set in its own home, and of gold questions; over one home
`python -m eval.bench_disagree --calibrate` does.

judged      the model's probability that its likeliest sentences answer, as log odds
value       1 where what the model wrote of them holds a value of the kind asked for, else 0
yes or no   1 where that is asked, and nothing is written
cosine      of the question to the nearest sentence of the story
field       the same of what else was found, the story that it is compared with left out: two
            documents that answer stand out together, whatever words they use
about_most  share of the question that its document is about
told        1 where its likeliest sentence has a word for what is asked about
"""
SHORT = 12
"""Characters of an answer that is nothing but a name."""

_COUNTING = frozenset("人家件颗只辆个架艘次枚册票")
"""Units by which things are counted, which a short answer may leave out or change."""
_SCALES = (1.0, 1e4, 1e8)
_NAMED_UNITS = frozenset({"%", "元", "美元"})
"""That a question names; others are guessed from what it asks about."""
_WORD = re.compile(r"[a-z]{3,}|\d+(?:\.\d+)?|[㐀-鿿]{2}")


class Reader(Protocol):
    """A model that reads sentences of one story and no other's."""

    def answers(self, candidates: Sequence[Candidate]) -> float | None:
        """Return its probability that some sentences answer; None where it cannot be asked."""

    def written(self, candidates: Sequence[Candidate]) -> str:
        """Return what it answers from some sentences; empty where it wrote nothing."""

    def leaning(self, candidate: Candidate, one: str, other: str) -> float | None:
        """Return its probability of answering ``one`` rather than ``other``."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A story, before it is read."""

    likeliest: Answer
    read: tuple[int, ...]
    """The places of its likeliest sentences, in the order of the text."""
    cosine: float


@dataclass(frozen=True, slots=True)
class _Story:
    """What the model made of a story that answers."""

    likeliest: Answer
    read: tuple[int, ...]
    likely: float
    """Probability that it answers."""
    claim: str = ""
    """As printed; empty where yes or no is asked."""
    value: Value | None = None
    """What the claim answers."""


def told_alone(told: Told, reader: Reader) -> list[Answer]:
    """Return what each story that answers does answer, the likeliest by words first."""
    found = _found(told)[:MOST_READ]
    if len(found) < 2:
        return []
    likeliest, *others = found
    stories = [s for own in others if (s := _story(told, own, likeliest, reader))]
    if not stories:
        return []  # the likeliest has no rival, and need not be read
    best = _story(told, likeliest, others[0], reader)
    stories = [best, *stories] if best else stories
    if len(stories) < 2:
        return []
    if told.asked.kind == "yes or no":
        answers = [_with_leaning(told, story, reader) for story in stories]
    else:
        answers = [_with_value(told, story) for story in stories]
    return [answer for answer in answers if answer]


def _found(told: Told) -> list[_Found]:
    """Each story with what of it is read, the likeliest first."""
    stories: dict[str, list[Answer]] = {}
    for sentence in sorted(told.sentences, key=lambda s: -s.likely):
        if sentence.likely:
            stories.setdefault(sentence.story, []).append(sentence)
    return [
        _Found(
            own[0],
            tuple(sorted(s.place for s in own[:READ_TOGETHER])),
            max(s.cosine for s in told.sentences if s.story == story),
        )
        for story, own in stories.items()
    ]


def _story(told: Told, own: _Found, other: _Found, reader: Reader) -> _Story | None:
    """Read a story that is compared with another; None where it does not answer."""
    signals = _signals(told, own, other)
    rival = own.likeliest.likely < other.likeliest.likely
    if rival and _at_best(signals, SELDOM_SURER) < ENOUGH:
        return None
    read = [told.candidates[p] for p in own.read]
    judged = reader.answers(read)
    if judged is None:  # by its words alone
        likely = own.likeliest.likely if own.likeliest.on_subject else 0.0
        return _written(told, own, likely, reader) if likely >= ENOUGH else None
    if _at_best(signals, judged) < ENOUGH:
        return None
    story = _written(told, own, 0.0, reader)
    likely = probability(CONSTANT, WEIGHTS, _read(signals, judged, story.value))
    return replace(story, likely=likely) if likely >= ENOUGH else None


def _signals(told: Told, own: _Found, other: _Found) -> dict[str, float]:
    """What is known of a story before it is read."""
    compared = {own.likeliest.story, other.likeliest.story}
    field = (s.cosine for s in told.sentences if s.story not in compared)
    return {
        "judged": 0.0,
        "value": 0.0,
        "yes or no": float(told.asked.kind == "yes or no"),
        "cosine": own.cosine,
        "field": max((FIELD, *field)),
        "about_most": own.likeliest.about_most,
        "told": float(own.likeliest.told),
    }


def _read(signals: dict[str, float], judged: float, value: Value | None) -> dict[str, float]:
    """The signals of a story with what the model made of it."""
    return signals | {"judged": log_odds(judged), "value": float(value is not None)}


def _at_best(signals: dict[str, float], judged: float) -> float:
    """Probability that a story answers if what the model writes of it holds a value."""
    value = 1.0 - signals["yes or no"]
    return probability(CONSTANT, WEIGHTS, signals | {"judged": log_odds(judged), "value": value})


def _written(told: Told, own: _Found, likely: float, reader: Reader) -> _Story:
    """What the model answers from a story, where more than yes or no is asked."""
    if told.asked.kind == "yes or no":
        return _Story(own.likeliest, own.read, likely)
    read = [told.candidates[p] for p in own.read]
    claim = MARKER.sub("", reader.written(read)).strip()
    said = "\n".join(told.asked.names.fold_text(c.excerpt.text) for c in read)
    return _Story(own.likeliest, own.read, likely, claim, value_of(told.asked, claim, said))


def stories_read(
    told: Told, reader: Reader
) -> Iterator[tuple[dict[str, float], Sequence[Candidate]]]:
    """Yield the signals of each story that may be read, and what is read: to fit `WEIGHTS`."""
    found = _found(told)[:MOST_READ]
    for n, own in enumerate(found if len(found) > 1 else []):
        read = [told.candidates[p] for p in own.read]
        judged = reader.answers(read)
        if judged is not None:
            value = _written(told, own, 0.0, reader).value
            yield _read(_signals(told, own, found[0 if n else 1]), judged, value), read


def _with_value(told: Told, story: _Story) -> Answer | None:
    """What a story answers: as the model puts it, else by the rules."""
    asked, value = told.asked, story.value
    if value is None:
        best = replace(story.likeliest, likely=story.likely)
        across = best.language != language_of(asked.folded)
        told_by_rules = best.value.written and asked.kind != "reason" and not across
        return best if told_by_rules and _stands(told, story) else None
    letters = any(c.isalpha() for c in story.claim)
    return replace(
        told.sentences[_holding(told, story)],
        value=value,
        likely=story.likely,
        scope=scope(value.written) - scope(asked.folded),
        language=language_of(story.claim) if letters else language_of(asked.folded),
    )


def _stands(told: Told, story: _Story) -> bool:
    """Whether what was written stands up to its check: what is made up tells of nothing there."""
    read = [told.candidates[p] for p in story.read]
    sources = [Source(c.excerpt.text, c.context) for c in read]
    # What it only says again of the question counts for nothing: 代表团由韩正率领.
    found = verify(story.claim, sources, question="", names=told.asked.names)
    return not story.claim or found.support == "supported" or bool(found.kept)


def value_of(asked: Asked, printed: str, said: str) -> Value | None:
    """Return what a claim answers, if that stands in what it was written from.

    Args:
        asked: The question.
        printed: The claim; of an empty one, None.
        said: What it was written from, folded.
    """
    claim = asked.names.fold_text(printed).strip(' 。.“”「」"')
    if not claim:
        return None
    across = language_of(claim) != language_of(said)
    if asked.kind == "reason":
        found = (w for w in content_of(claim) if w not in asked.folded and (across or w in said))
        words = frozenset(found)
        return Value(claim, words=words) if words else None
    if asked.kind == "figure":
        return _figure(asked, claim, said)
    if asked.kind == "date":
        value = asked.value_in(claim, printed)
        known = dates(said)
        told = value and any(same_date(d, k) for d in value.dates for k in known)
        return value if told else None
    named = asked.value_in(claim, printed)
    names = named.words if named else names_in(claim, printed, "name", asked.names)
    parts = (part for w in names if w not in asked.folded for part in w.split("·"))
    words = frozenset(w for w in parts if across or w in said)
    if not words and len(claim) <= SHORT and claim in said and claim not in asked.folded:
        words = frozenset({claim})
    return Value(claim, words=words) if words else None


def _figure(asked: Asked, claim: str, said: str) -> Value | None:
    """The figures of a short answer, of its clause that says most of the question."""
    clauses = [c for c in CLAUSES.split(claim) if c.strip()]
    clauses.sort(key=lambda c: -sum(w in asked.folded for w in _WORD.findall(c)))
    for clause in clauses:
        found = _counted(asked, clause, [f.low for f in figures(said)])
        if found:
            return Value(clause, figures=tuple(found))
    return None


def _counted(asked: Asked, clause: str, known: Sequence[float]) -> list[Figure]:
    """The figures of a clause that its source has; what is counted is as the question has it."""
    own = {f.low for f in figures(asked.folded)}
    found = []
    for figure in figures(clause):
        # 多少亿美元: 4192 of 4192亿
        exact = next((k for k in known for s in _SCALES if math.isclose(figure.low * s, k)), None)
        if exact is None or figure.low in own:
            continue
        scale = exact / figure.low if figure.low else 1.0
        unit = figure.unit if figure.unit in units().values() else ""
        found.append(
            figure._replace(
                low=exact, high=figure.high * scale, unit="" if unit in _COUNTING else unit
            )
        )
    measured = {u for u in asked.units if u not in _COUNTING}
    if measured:
        fitting = [f for f in found if f.unit in measured]
        bare = [f._replace(unit=min(measured)) for f in found if not f.unit]
        found = fitting or bare or ([] if measured & _NAMED_UNITS else found)
    return found


def _holding(told: Told, story: _Story) -> int:
    """The place of the sentence that says most of what was written."""
    names = told.asked.names
    words = set(_WORD.findall(names.fold_text(story.claim))) - set(_WORD.findall(told.asked.folded))

    def said(place: int) -> tuple[int, bool]:
        text = names.fold_text(told.candidates[place].excerpt.text)
        return sum(word in text for word in words), place == story.likeliest.place

    return max(story.read, key=said)


def _with_leaning(told: Told, story: _Story, reader: Reader) -> Answer | None:
    """The likeliest sentence, with what the model answers from it."""
    one, other = two_named(told.asked.folded) or ("是", "否")
    chance = reader.leaning(told.candidates[story.likeliest.place], one, other)
    answer = replace(story.likeliest, likely=story.likely)
    if chance is None:
        return answer if answer.value.stance else None
    return replace(answer, value=replace(answer.value, leaning=log_odds(chance)))
