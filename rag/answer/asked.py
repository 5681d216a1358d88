"""A question on its way to an answer: what was asked, what was found, what is to be said."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from rag.model import Usage

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from rag.compose import Statement
    from rag.corpus.scan import Mentions
    from rag.corpus.timeline import Happening
    from rag.evidence import Candidate, Term
    from rag.model import Filters, Hit, Passage
    from rag.names import Names
    from rag.question import Part, Question
    from rag.question.pile import Topic


@dataclass(slots=True)
class Stopwatch:
    """Seconds by stage, for one answer."""

    started: float = field(default_factory=time.monotonic)
    seconds: dict[str, float] = field(default_factory=dict)
    _last: float = field(default_factory=time.monotonic)

    def lap(self, stage: str) -> None:
        """Count the time since the last lap towards ``stage``."""
        now = time.monotonic()
        self.seconds[stage] = round(self.seconds.get(stage, 0.0) + now - self._last, 4)
        self._last = now

    def leave_out(self, seconds: float) -> None:
        """Exclude time spent waiting for other requests."""
        self.started += seconds
        self._last += seconds

    def total(self) -> dict[str, float]:
        """Return the seconds of each stage, and of all."""
        return {**self.seconds, "total": round(time.monotonic() - self.started, 4)}


@dataclass(frozen=True, slots=True)
class Asked:
    """A question under way."""

    question: Question
    filters: Filters | None
    seconds: float
    """That all may take."""
    watch: Stopwatch

    @property
    def deadline(self) -> float:
        """``time.monotonic()`` by which all must be done."""
        return self.watch.started + self.seconds


@dataclass(frozen=True, slots=True)
class Reading:
    """What was found for one part of a question."""

    part: Part
    hits: tuple[Hit, ...]
    candidates: tuple[Candidate, ...]
    """The best sentences, shown while the answer is made."""
    terms: tuple[Term, ...]
    more: tuple[Hit, ...]
    """Passages beyond the hits, for a reader or a model that reads many."""

    @property
    def never_mentioned(self) -> list[str]:
        """Words of the question that occur nowhere in the corpus."""
        return [t.word for t in self.terms if t.unknown]


@dataclass(frozen=True, slots=True)
class Said:
    """What is to be said of a whole question."""

    statements: tuple[Statement, ...]
    open_: tuple[str, ...] = ()
    """What of it the documents do not answer."""
    whole: bool = True
    """Whether nothing of what was written was left out."""
    signals: dict[str, float] = field(default_factory=dict)
    model: str = ""
    """Which wrote it; empty for quotations."""
    usage: Usage = field(default_factory=Usage)
    note: str = ""
    trouble: str = ""
    """What the model failed with."""
    searches: tuple[str, ...] = ()
    """Questions that were searched for besides, for what a first draft left open."""
    hits: tuple[Hit, ...] = ()
    """Passages that were found by looking through all documents."""
    silence: str = ""
    """Why nothing is said of all documents."""


class Retriever(Protocol):
    """What an answerer needs of a retriever: `rag.retrieve.HybridRetriever` is one."""

    def search(
        self, question: str, k: int | None, filters: Filters | None, *, translation: str = ""
    ) -> list[Hit]:
        """Return the ``k`` best; ``translation`` is the question in the other language."""

    def similarity(self, question: str, texts: Sequence[str]) -> list[float]:
        """Cosine of ``question`` to each of ``texts``, centred."""

    def around(self, passage: Passage) -> Sequence[Passage]:
        """Return the passages right before and after one."""

    def languages(self) -> Collection[str]:
        """Return the languages that many of the passages are in."""

    def frequency(self, word: str) -> int:
        """Return the number of passages that hold a word."""

    def passages(self) -> int:
        """Return the number of passages."""

    def names(self) -> Names:
        """Return which names are the same."""

    def mentions(self, topic: Topic, filters: Filters | None = None) -> Mentions:
        """Return all documents that mention a topic."""

    def timeline(self, topic: Topic, filters: Filters | None = None) -> tuple[Happening, ...]:
        """Return what documents date of a topic."""
