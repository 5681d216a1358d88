"""From a question to an answer of which every sentence is checked.

    understand → retrieve → choose sentences → write → check each sentence → decide

The model writes; the code decides what is kept, what is cited, and when to say that the
documents do not know.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from rag.budget import within_budget
from rag.decide import answerability
from rag.evidence import Corpus, question_terms, select
from rag.fold import Script, language_of, script_of, to_traditional
from rag.model import (
    Answer,
    Checked,
    Citation,
    Done,
    Evidence,
    Sentence,
    Token,
    Usage,
)
from rag.prompt import fill
from rag.reading import reading_units
from rag.rewrite import make_rewriter
from rag.split import sentences as split_sentences
from rag.standalone import stand_alone
from rag.verify import Source, Verdict, verify
from rag.wording import WORDS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from rag.evidence import Candidate, Term
    from rag.llm import ChatModel
    from rag.model import Event, Filters, Hit, Passage
    from rag.names import Names
    from rag.rewrite import Language
    from rag.settings import Settings

MOST_SENTENCES = 5
"""Sentences that the model reads. The answering one is among them for 98 % of gold questions."""
SHOWN_FIRST = 3

_MARKER = re.compile(r"\s*[\[［【](?:资料)?\s*(\d{1,2})\s*[\]］】]")
_PREAMBLE = re.compile(r"^(?:根据|依据|按照)资料[^，,：:]{0,6}[，,：:]\s*|^(?:回答|答案?)[:：]\s*")


@dataclass(slots=True)
class _Stopwatch:
    """Seconds by stage, for one answer."""

    started: float = field(default_factory=time.monotonic)
    seconds: dict[str, float] = field(default_factory=dict)
    _last: float = field(default_factory=time.monotonic)

    def lap(self, stage: str) -> None:
        now = time.monotonic()
        self.seconds[stage] = round(self.seconds.get(stage, 0.0) + now - self._last, 4)
        self._last = now

    def total(self) -> dict[str, float]:
        return {**self.seconds, "total": round(time.monotonic() - self.started, 4)}


@dataclass(frozen=True, slots=True)
class _Reading:
    """All that is known before the model writes."""

    question: str
    understood_as: str
    script: Script
    hits: tuple[Hit, ...]
    candidates: tuple[Candidate, ...]
    terms: tuple[Term, ...]

    @property
    def never_mentioned(self) -> list[str]:
        """Words of the question that occur nowhere in the corpus."""
        return [t.word for t in self.terms if t.unknown]

    @property
    def unknown_share(self) -> float:
        """Share of the question's weight in such words, 0 to 1."""
        total = sum(t.weight for t in self.terms)
        return sum(t.weight for t in self.terms if t.unknown) / total if total else 1.0


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


class Answerer:
    """Answers questions over what ``retriever`` finds."""

    def __init__(self, retriever: Retriever, model: ChatModel, settings: Settings) -> None:
        """Keep the parts.

        Args:
            retriever: Finds passages for a question.
            model: Writes.
            settings: Budgets, deadline, and who rewrites a question.
        """
        self._retriever = retriever
        self._corpus = Corpus(retriever.frequency, retriever.passages, retriever.names)
        self._model = model
        self._settings = settings
        self._rewriter = make_rewriter(model, settings)

    def answer(
        self,
        question: str,
        history: Sequence[tuple[str, str]] = (),
        filters: Filters | None = None,
    ) -> Answer:
        """Return the answer that stands at the end of ``stream``."""
        for event in self.stream(question, history, filters):
            if isinstance(event, Done):
                return event.answer
        raise AssertionError("a stream ends with Done or raises")

    def stream(
        self,
        question: str,
        history: Sequence[tuple[str, str]] = (),
        filters: Filters | None = None,
    ) -> Iterator[Event]:
        """Yield Evidence, Token…, Checked…, Done.

        Raises:
            ModelError: When the model fails; what was found has been yielded before.
        """
        watch = _Stopwatch()
        deadline = watch.started + self._settings.deadline
        reading = self._read(question, history, filters, deadline)
        watch.lap("search")
        yield Evidence(
            _cite_all(reading.candidates[:SHOWN_FIRST]), reading.hits, reading.understood_as
        )
        if not any(c.coverage_in_context for c in reading.candidates):
            yield Done(self._refuse(reading, watch, Usage(), {}))
            return

        messages = fill(
            "answer",
            question=reading.understood_as,
            passages="\n".join(f"[{i}] {c.reading}" for i, c in enumerate(reading.candidates, 1)),
            language=WORDS[reading.script].answer_in,
        )
        draft, usage = "", Usage()
        for piece in self._model.stream(
            messages, max_tokens=self._settings.answer_tokens, deadline=deadline
        ):
            draft += piece.text
            usage = piece.usage or usage
            if piece.text:
                yield Token(piece.text)
        watch.lap("write")

        sources = [Source(c.excerpt.text, c.context) for c in reading.candidates]
        checked = [
            (claim, self._verified(claim, sources, reading, hint)) for claim, hint in _claims(draft)
        ]
        kept = [(claim, verdict) for claim, verdict in checked if verdict.support == "supported"]
        watch.lap("check")
        used = self._used(reading, kept)
        signals = self._signals(reading, kept, used)
        said = self._model.probability_of_yes(
            fill(
                "answerable",
                sources=" ".join(c.reading for c in used),
                question=reading.understood_as,
            ),
            yes="能",
            no="不能",
            deadline=deadline,
        )
        if said is not None:
            signals["judged"] = round(said, 4)
        watch.lap("judge")
        signals["answerable"] = round(answerability(signals), 4)

        if signals["answerable"] < self._settings.refuse_below:
            yield Done(self._refuse(reading, watch, usage, signals))
            return
        answer = self._compose(reading, kept, checked, signals)
        for sentence in answer.sentences:
            yield Checked(sentence)
        yield Done(replace(answer, usage=usage, timings=watch.total()))

    # --- before the model

    def _read(
        self,
        question: str,
        history: Sequence[tuple[str, str]],
        filters: Filters | None,
        deadline: float,
    ) -> _Reading:
        if self._rewriter:
            understood = self._rewriter.stand_alone(question, history, deadline=deadline)
        else:
            understood = stand_alone(question, history)
        translation = self._translation(understood, deadline)
        hits = self._retriever.search(understood, None, filters, translation=translation)
        terms = question_terms(understood, self._corpus)
        units = reading_units(hits, self._retriever.around, tokens=self._settings.reading_tokens)
        names = self._retriever.names()
        candidates = within_budget(
            select(understood, terms, units, most=MOST_SENTENCES, names=names),
            tokens=self._settings.prompt_tokens,
            text=lambda c: c.reading,
        )
        return _Reading(
            question, understood, script_of(question), tuple(hits), tuple(candidates), terms
        )

    def _translation(self, question: str, deadline: float) -> str:
        """The question in the corpus' other language; nothing where it holds but one."""
        other: Language = "en" if language_of(question) == "zh" else "zh"
        if not self._rewriter or other not in self._retriever.languages():
            return ""
        return self._rewriter.translate(question, other, deadline=deadline)

    # --- after the model

    def _verified(
        self, claim: str, sources: Sequence[Source], reading: _Reading, hint: Sequence[int]
    ) -> Verdict:
        return verify(
            claim,
            sources,
            question=reading.understood_as,
            hint=hint,
            names=self._retriever.names(),
        )

    @staticmethod
    def _used(reading: _Reading, kept: list[tuple[str, Verdict]]) -> list[Candidate]:
        """What the answer would cite: else the best sentence, which could be quoted."""
        cited = dict.fromkeys(i for _, verdict in kept for i in verdict.sources)
        return [reading.candidates[i] for i in cited] or [reading.candidates[0]]

    def _signals(
        self, reading: _Reading, kept: list[tuple[str, Verdict]], used: Sequence[Candidate]
    ) -> dict[str, float]:
        """The numbers that the decision to answer or refuse is made from."""
        similar = self._retriever.similarity(reading.understood_as, [c.reading for c in used])
        return {
            "kept": float(bool(kept)),
            "coverage": round(max(c.coverage_in_context for c in used), 4),
            "unknown": round(reading.unknown_share, 4),
            "similarity": round(max(similar), 4),
        }

    def _compose(
        self,
        reading: _Reading,
        kept: list[tuple[str, Verdict]],
        checked: list[tuple[str, Verdict]],
        signals: dict[str, float],
    ) -> Answer:
        """Number the citations by first appearance and put the text together."""
        words = WORDS[reading.script]
        markers: dict[int, int] = {}
        sentences: list[Sentence] = []
        for claim, verdict in kept:
            numbers = tuple(markers.setdefault(i, len(markers) + 1) for i in verdict.sources)
            text = to_traditional(claim) if reading.script == "hant" else claim
            sentences.append(
                Sentence(text=text, markers=numbers, support="supported", reason=verdict.reason)
            )
        if not sentences:
            # A correct quotation beats a fluent guess.
            markers[0] = 1
            reason = checked[0][1].reason if checked else "the model wrote nothing"
            quote = reading.candidates[0].excerpt.text
            sentences.append(Sentence(text=quote, markers=(1,), support="quoted", reason=reason))
        dropped = len(checked) - len(kept) if kept else 0
        citations = tuple(
            _cite(reading.candidates[index], marker) for index, marker in markers.items()
        )
        text = words.join.join(s.text + "".join(f"[{m}]" for m in s.markers) for s in sentences)
        return Answer(
            question=reading.question,
            understood_as=reading.understood_as,
            text=text,
            outcome="partial" if dropped else "answered",
            sentences=tuple(sentences),
            citations=citations,
            hits=reading.hits,
            model=self._model.name,
            signals=signals,
        )

    def _refuse(
        self, reading: _Reading, watch: _Stopwatch, usage: Usage, signals: dict[str, float]
    ) -> Answer:
        """Say that the documents do not say it, and what of the question they never mention."""
        words = WORDS[reading.script]
        text = words.not_found
        if reading.never_mentioned:
            named = words.list_join.join(
                words.quoted.format(w) for w in reading.never_mentioned[:3]
            )
            text += words.never_mentioned.format(named)
        if reading.script == "hant":
            text = to_traditional(text)
        return Answer(
            question=reading.question,
            understood_as=reading.understood_as,
            text=text,
            outcome="refused",
            sentences=(),
            citations=(),
            hits=reading.hits,
            model=self._model.name,
            usage=usage,
            timings=watch.total(),
            signals=signals,
        )


def _claims(draft: str) -> list[tuple[str, list[int]]]:
    """Cut a draft into sentences without markers, each with the indices its markers named."""
    out: list[tuple[str, list[int]]] = []
    # A marker stands behind the full stop as often as before it: let it count for its sentence.
    draft = re.sub(
        r"([。！？!?])((?:\s*[\[［【](?:资料)?\d{1,2}[\]］】])+)", r"\2\1", draft.strip()
    )
    for start, end in split_sentences(draft):
        sentence = draft[start:end]
        hint = [int(n) - 1 for n in _MARKER.findall(sentence)]
        claim = _PREAMBLE.sub("", _MARKER.sub("", sentence)).strip(" \n*#>`-")
        if claim:
            out.append((claim, hint))
    return out


def _cite(candidate: Candidate, marker: int) -> Citation:
    return Citation(
        marker=marker,
        document_id=candidate.hit.passage.document_id,
        title=candidate.hit.title,
        outlet=candidate.hit.outlet,
        published=candidate.hit.published,
        inferred=candidate.hit.inferred,
        page=candidate.hit.passage.page_at(candidate.excerpt.spans[0][0]),
        kind=candidate.hit.kind,
        spans=candidate.excerpt.spans,
        quote=candidate.excerpt.text,
    )


def _cite_all(candidates: Sequence[Candidate]) -> tuple[Citation, ...]:
    return tuple(_cite(c, marker) for marker, c in enumerate(candidates, 1))
