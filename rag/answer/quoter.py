"""Answers that are quotations: the reader points, the pointed-at is weighed, and shown or not.

hits → quotations → how likely each answers → the model asked where in doubt → shown or refused
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rag.answer.asked import Said
from rag.answer.lists import whole_list
from rag.answer.quote import chosen, context_of, disagreeing, quotations
from rag.answer.translate import translation
from rag.compose import Statement
from rag.decide import UNSURE, answerability
from rag.evidence import coverage
from rag.judging import says_what_is_asked
from rag.latest import source_label
from rag.model import DISAGREE, QUOTED
from rag.voices import in_front, said_by_source

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rag.answer.asked import Asked, Reading, Retriever
    from rag.answer.quote import Quotation
    from rag.cores import Cores
    from rag.evidence import Term
    from rag.llm import ChatModel
    from rag.question.rewrite import Language
    from rag.reader import Reader

WEIGHED, JUDGED = 8, 2
"""Of the reader's quotations, those that are weighed, and those that a model may be asked of."""
MOST_TRANSLATED = 2
"""Quotations of an answer: each is some seconds of the embedded model's time."""


@dataclass(frozen=True, slots=True)
class _Weighed:
    """A quotation, and the numbers that say how likely it answers."""

    quotation: Quotation
    signals: dict[str, float]

    @classmethod
    def of(cls, quotation: Quotation, **signals: float) -> _Weighed:
        """Sum up the signals as ``answerable``."""
        signals.pop("answerable", None)
        known = {name: round(value, 4) for name, value in signals.items()}
        return cls(quotation, known | {"answerable": round(answerability(known), 4)})

    @property
    def likely(self) -> float:
        """The probability that it answers."""
        return self.signals["answerable"]


@dataclass(frozen=True, slots=True)
class _Finding:
    """What came of one part of a question; no statements: the documents do not say."""

    reading: Reading
    statements: tuple[Statement, ...]
    signals: dict[str, float]


class Quoter:
    """Quotes what answers a question, as far as it is likely to."""

    def __init__(
        self,
        retriever: Retriever,
        reader: Callable[[], Reader],
        model: ChatModel | None,
        cores: Cores,
        refuse_below: float,
    ) -> None:
        """Keep the parts.

        Args:
            retriever: Finds passages.
            reader: Loads what points.
            model: Is asked whether a quotation answers, where that is in doubt; None: nobody is.
            cores: Who computes first.
            refuse_below: Probability of an answer below which nothing is shown.
        """
        self._retriever = retriever
        self._reader = reader
        self._model = model
        self._cores = cores
        self._refuse_below = refuse_below

    def quote(self, asked: Asked, readings: Sequence[Reading], *, ask_model: bool = True) -> Said:
        """What a reader points at, of each part, where that is likely to answer it."""
        findings = [self._pointed(asked, reading, ask_model=ask_model) for reading in readings]
        shown = [f for f in findings if _likely(f) >= self._refuse_below]
        return Said(
            # One sentence may answer two parts.
            statements=tuple({(s.lead, s.text): s for f in shown for s in f.statements}.values()),
            open_=tuple(f.reading.part.text for f in findings if f not in shown),
            signals=_weakest(findings),
        )

    def _pointed(self, asked: Asked, reading: Reading, *, ask_model: bool) -> _Finding:
        with self._cores.after():
            found = quotations(reading.part, (*reading.hits, *reading.more), self._reader())
            weighed = self._weighed(asked, reading, found[:WEIGHED])
        asked.watch.lap("read")
        if not weighed:
            return _Finding(reading, (), signals={})
        weighed = self._judged(asked, reading, weighed) if ask_model else weighed
        signals = weighed[0].signals
        found = [w.quotation for w in weighed]
        shown = chosen(found, several=reading.part.several)
        if reading.part.several and len(listed := whole_list(shown[0], self._retriever.around)) > 1:
            shown = listed
        sides = disagreeing(found)
        if reading.part.latest:
            sides, shown = [], [_latest(sides, shown[0])]
        statements = tuple(_quoted_side(asked, q) for q in sides) or tuple(
            _quotation(asked, q) for q in shown
        )
        return _Finding(reading, statements, signals)

    def _weighed(
        self, asked: Asked, reading: Reading, found: Sequence[Quotation]
    ) -> list[_Weighed]:
        """Return quotations by how likely they answer, the likeliest first."""
        fold_text = self._retriever.names().fold_text
        similar = self._retriever.similarity(reading.part.text, [q.text for q in found])
        # Of a follow-up, what is new has to be said, and not only what it leans on.
        new = _said_in(reading.terms, fold_text(asked.question.asked))
        read = [fold_text(f"{context_of(q.hit)}\n{q.text}") for q in found]
        weighed = [
            _Weighed.of(
                q,
                reader=q.probability,
                coverage=min(coverage(terms, text) for terms in (reading.terms, new)),
                similarity=alike,
            )
            for q, text, alike in zip(found, read, similar, strict=True)
        ]
        return sorted(weighed, key=lambda w: -w.likely)

    def _judged(
        self, asked: Asked, reading: Reading, weighed: Sequence[_Weighed]
    ) -> list[_Weighed]:
        """Ask the model of the first quotations in doubt, until one is likely to answer."""
        low, high = UNSURE
        out = list(weighed)
        for place, one in enumerate(weighed[:JUDGED]):
            if not self._model or not low < one.likely < high:
                break
            quotation = one.quotation
            judged = says_what_is_asked(
                self._model, reading.part.text, quotation.answer, [quotation], asked.deadline
            )
            if judged is None:
                break
            out[place] = _Weighed.of(quotation, **one.signals, judged=judged)
            if out[place].likely >= self._refuse_below:
                break
        asked.watch.lap("judge")
        # What was not asked about is no better known than what was asked about and found wanting.
        return sorted(out[:JUDGED], key=lambda w: -w.likely) + out[JUDGED:]

    def translated(self, asked: Asked, said: Said) -> Said:
        """Add to quotations in another language than the question's what they say in that."""
        model = self._model
        language: Language = "en" if asked.question.script == "latin" else "zh"
        if model is None:
            return said
        names = self._retriever.names()
        statements = list(said.statements)
        for place, one in enumerate(statements[:MOST_TRANSLATED]):
            in_it = translation(model, one.text, language, names, asked.deadline)
            statements[place] = replace(one, translation=in_it)
        asked.watch.lap("translate")
        return replace(said, statements=tuple(statements))


def _said_in(terms: Sequence[Term], folded: str) -> tuple[Term, ...]:
    """Those of the terms that stand in a text; all, where none does."""
    return tuple(t for t in terms if any(a in folded for a in t.alternatives)) or tuple(terms)


def _quotation(asked: Asked, quotation: Quotation) -> Statement:
    """A quotation as it is shown: who says so, its words, and which of them answer."""
    return Statement(
        text=quotation.text,
        support="quoted",
        reason=QUOTED,
        sources=(quotation,),
        lead="" if quotation.layout else in_front(asked.question.asked, quotation),
        short=quotation.short,
        layout=quotation.layout,
    )


def _quoted_side(asked: Asked, quotation: Quotation) -> Statement:
    """A quotation that is one side of a disagreement."""
    latin = asked.question.script == "latin"
    return Statement(
        text=quotation.text,
        support="quoted",
        reason=DISAGREE,
        sources=(quotation,),
        lead=said_by_source(asked.question.asked, quotation),
        side=source_label(quotation.hit, latin),
        short=quotation.short,
    )


def _latest(sides: Sequence[Quotation], otherwise: Quotation) -> Quotation:
    """The side of the latest document; an undated one counts as the earliest."""
    return max(sides, key=lambda q: q.hit.published or "", default=otherwise)


def _likely(finding: _Finding) -> float:
    return finding.signals.get("answerable", 0.0) if finding.statements else 0.0


def _weakest(findings: Sequence[_Finding]) -> dict[str, float]:
    """The signals of the part that is most in doubt."""
    known = [f.signals for f in findings if f.signals]
    return min(known, key=lambda s: s["answerable"], default={})
