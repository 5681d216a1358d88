"""What each story answers when a model reads it alone.

A model that reads several documents at once picks one of them. Shown one story's sentences and no
other's, even a small one writes what that story answers, and where two such answers differ, the
stories do. Whether a story answers at all is told by its words, by the model's probability that it
does, and by whether what the model wrote stands up to the check that every answer goes through.
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
"""Stories that are read alone, the likeliest first."""
READ_TOGETHER = 2
"""Sentences of a story that are read."""
LEAST_LIKELY = 0.05
"""Probability by words alone, from which it is worth asking the model."""
ENOUGH = 0.5
"""Probability from which a story answers."""
CONSTANT = -2.08
WEIGHTS = {"likely": 0.43, "judged": 1.47, "about_most": 0.59, "stands": 1.18}
"""Of log odds by words and by the model, of the share of the question that the document is about,
and of whether what was written stands: fitted over 828 stories, more than are read now, as
`python -m eval.bench_disagree --calibrate` does over those that are."""
STANDS_UNWRITTEN = 0.6
"""What counts for “stands” where yes or no is asked, and nothing is written."""
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
class _Story:
    """The likeliest sentences of a story, and what the model made of them."""

    places: tuple[int, ...]
    """In the order of the text."""
    best: int
    likely: float
    """Probability that it answers."""
    stands: float
    """1 where what was written stands up to its check, else 0."""
    claim: str = ""
    """As printed; empty where yes or no is asked."""


def told_alone(told: Told, reader: Reader) -> list[Answer]:
    """Return what each story that answers does answer, the likeliest by words first."""
    likeliest, *others = _stories(told)[:MOST_READ] or [[]]
    stories = [s for own in others if (s := _story(told, own, reader))]
    if not stories:
        return []  # the likeliest has no rival, and need not be read
    best = _story(told, likeliest, reader)
    stories = [best, *stories] if best else stories
    if len(stories) < 2:
        return []
    if told.asked.kind == "yes or no":
        found = [_with_leaning(told, story, reader) for story in stories]
    else:
        found = [_with_value(told, story) for story in stories]
    return [answer for answer in found if answer]


def _stories(told: Told) -> list[list[int]]:
    """The places of each story's sentences, the likeliest first."""
    stories: dict[str, list[int]] = {}
    for sentence in sorted(told.sentences, key=lambda s: -s.likely):
        if sentence.likely >= LEAST_LIKELY:
            stories.setdefault(sentence.story, []).append(sentence.place)
    return list(stories.values())


def _story(told: Told, own: Sequence[int], reader: Reader) -> _Story | None:
    """Read a story; None where it does not answer."""
    best = told.sentences[own[0]]
    places = tuple(sorted(own[:READ_TOGETHER]))
    read = [told.candidates[p] for p in places]
    judged = reader.answers(read)
    if _likely(best, judged, stands=1.0) < ENOUGH:
        return None
    claim, stands = _written(told, read, reader)
    likely = _likely(best, judged, stands=stands)
    return _Story(places, best.place, likely, stands, claim) if likely >= ENOUGH else None


def _written(told: Told, read: Sequence[Candidate], reader: Reader) -> tuple[str, float]:
    """What the model answers from some sentences, and whether it stands up to its check."""
    if told.asked.kind == "yes or no":
        return "", STANDS_UNWRITTEN
    claim = MARKER.sub("", reader.written(read)).strip()
    sources = [Source(c.excerpt.text, c.context) for c in read]
    # What it only says again of the question counts for nothing: 代表团由韩正率领.
    found = verify(claim, sources, question="", names=told.asked.names)
    return claim, float(found.support == "supported" or bool(found.kept))


def _likely(sentence: Answer, judged: float | None, *, stands: float) -> float:
    """Probability that a story answers; by its words alone where the model cannot be asked."""
    if judged is None:
        return sentence.likely if sentence.on_subject else 0.0
    signals = _signals(sentence, judged, stands)
    total = CONSTANT + sum(weight * signals[name] for name, weight in WEIGHTS.items())
    return 1.0 / (1.0 + math.exp(-total))


def _signals(sentence: Answer, judged: float, stands: float) -> dict[str, float]:
    return {
        "likely": log_odds(sentence.likely),
        "judged": log_odds(judged),
        "about_most": sentence.about_most,
        "stands": stands,
    }


def stories_read(
    told: Told, reader: Reader
) -> Iterator[tuple[dict[str, float], Sequence[Candidate]]]:
    """Yield the signals of each story that would be read, and what is read: to fit `WEIGHTS`."""
    for own in _stories(told)[:MOST_READ]:
        read = [told.candidates[p] for p in sorted(own[:READ_TOGETHER])]
        judged = reader.answers(read)
        if judged is not None:
            _, stands = _written(told, read, reader)
            yield _signals(told.sentences[own[0]], judged, stands), read


def log_odds(probability: float) -> float:
    """Return log(p / (1 - p)), no further than that of .0001 and .9999."""
    within = min(max(probability, 1e-4), 1 - 1e-4)
    return math.log(within / (1 - within))


def _with_value(told: Told, story: _Story) -> Answer | None:
    """What a story answers: as the model puts it, else by the rules."""
    asked = told.asked
    said = "\n".join(asked.names.fold_text(told.candidates[p].excerpt.text) for p in story.places)
    value = value_of(asked, story.claim, said) if story.claim else None
    if value is None:
        best = replace(told.sentences[story.best], likely=story.likely)
        true = story.stands or not story.claim  # what is made up tells that nothing is there
        across = best.language != language_of(asked.folded)
        told_by_rules = best.value.written and asked.kind != "reason" and not across
        return best if true and told_by_rules else None
    letters = any(c.isalpha() for c in story.claim)
    return replace(
        told.sentences[_holding(told, story)],
        value=value,
        likely=story.likely,
        scope=scope(value.written) - scope(asked.folded),
        language=language_of(story.claim) if letters else language_of(asked.folded),
    )


def value_of(asked: Asked, printed: str, said: str) -> Value | None:
    """Return what a claim answers, if that stands in what it was written from.

    Args:
        asked: The question.
        printed: The claim.
        said: What it was written from, folded.
    """
    claim = asked.names.fold_text(printed).strip(' 。.“”「」"')
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
        return sum(word in text for word in words), place == story.best

    return max(story.places, key=said)


def _with_leaning(told: Told, story: _Story, reader: Reader) -> Answer | None:
    """The likeliest sentence, with what the model answers from it."""
    one, other = two_named(told.asked.folded) or ("是", "否")
    chance = reader.leaning(told.candidates[story.best], one, other)
    answer = replace(told.sentences[story.best], likely=story.likely)
    if chance is None:
        return answer if answer.value.stance else None
    return replace(answer, value=replace(answer.value, leaning=log_odds(chance)))
