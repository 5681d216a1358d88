"""From a question to an answer that shows nothing but what its sources say.

    understand → cut into parts → each part: search → quote, or write and check → decide

A reader points at sentences, and they are quoted; or an endpoint's model writes, and each of its
sentences is shown only with the words of the source that support it (`rag/answer/write.py`).
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from rag.answer.follow import further_searches, with_further
from rag.answer.lists import whole_list
from rag.answer.quote import chosen, context_of, disagreeing, quotations
from rag.answer.translate import translation
from rag.answer.write import Task, interleaved, write
from rag.budget import within_budget
from rag.compose import Statement, cite, compose, in_script
from rag.cores import Cores
from rag.corpus.tell import narrowed, tell, tell_time
from rag.decide import UNSURE, answerability
from rag.endpoint import free_cores
from rag.errors import ModelError
from rag.evidence import Corpus, coverage, known_by_title, question_terms, select
from rag.fold import language_of, script_of
from rag.judging import says_what_is_asked
from rag.latest import as_of, source_label
from rag.model import DISAGREE, QUOTED, Answer, Checked, Done, Evidence, Usage
from rag.question import Part, understand
from rag.question.parts import is_task
from rag.question.pile import read_piles
from rag.question.rewrite import make_rewriter
from rag.question.standalone import stand_alone
from rag.reading import reading_units
from rag.voices import in_front, said_by_source
from rag.wording import WORDS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Iterator, Sequence

    from rag.answer.quote import Quotation
    from rag.answer.write import Written
    from rag.compose import Source
    from rag.corpus.scan import Mentions
    from rag.corpus.tell import Told
    from rag.corpus.timeline import Happening
    from rag.evidence import Candidate, Term
    from rag.fold import Script
    from rag.llm import ChatModel
    from rag.model import Event, Filters, Hit, Outcome, Passage
    from rag.names import Names
    from rag.question import Question
    from rag.question.pile import Pile, Topic
    from rag.question.rewrite import Language
    from rag.reader import Reader
    from rag.settings import Settings

QUOTED_FROM, WRITTEN_FROM = 12, 40
"""Passages that the reader reads for a quotation, and most that are put before a model."""
WEIGHED, JUDGED = 8, 2
"""Of the reader's quotations, those that are weighed, and those that a model may be asked of."""
MOST_TRANSLATED = 2
"""Quotations of an answer: each is some seconds of the embedded model's time."""
MOST_SENTENCES, MOST_WHERE_SEVERAL = 5, 8
"""Sentences shown while the answer is made; more where it is likely to stand in several places."""
SHOWN_FIRST = 3


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

    def leave_out(self, seconds: float) -> None:
        """Take away what was waited for others: it is no time of this answer's."""
        self.started += seconds
        self._last += seconds

    def total(self) -> dict[str, float]:
        return {**self.seconds, "total": round(time.monotonic() - self.started, 4)}


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question under way."""

    question: Question
    filters: Filters | None
    seconds: float
    """That all may take."""
    watch: _Stopwatch

    @property
    def deadline(self) -> float:
        """``time.monotonic()`` by which all must be done."""
        return self.watch.started + self.seconds


@dataclass(frozen=True, slots=True)
class _Reading:
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

    reading: _Reading
    statements: tuple[Statement, ...]
    signals: dict[str, float]


@dataclass(frozen=True, slots=True)
class _Outcome:
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


class Answerer:
    """Answers questions over what ``retriever`` finds."""

    def __init__(
        self,
        retriever: Retriever,
        model: ChatModel | None,
        settings: Settings,
        reader: Callable[[], Reader],
    ) -> None:
        """Keep the parts.

        Args:
            retriever: Finds passages for a question.
            model: Writes, or is asked whether a quotation answers; None: nobody is asked.
            settings: Budgets, deadline, and who rewrites a question.
            reader: Loads what points at the sentences that are quoted.
        """
        self._reader = reader
        self._quotes = settings.quotes or model is None
        self._retriever = retriever
        self._corpus = Corpus(retriever.frequency, retriever.passages, retriever.names)
        self._cores = Cores(free_cores())
        self._under_way: dict[tuple[Part, Filters | None, str], Future[_Reading]] = {}
        self._sharing = threading.Lock()
        self._model = model
        self._settings = settings
        self._rewriter = make_rewriter(model, settings, retriever.names) if model else None

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
        """Yield Evidence, Token…, Checking, Checked…, Done.

        A model that fails ends nothing: the best sentences are quoted, and ``Answer.note`` says
        what failed. Evidence comes a second time where a translated question found more.
        """
        watch = _Stopwatch()
        deadline = watch.started + self._settings.deadline
        if is_task(question):
            yield Done(self._decline(question))
            return
        piles = read_piles(question, history)
        understood = question if piles.asked else self._understand(question, history, deadline)
        asked = _Asked(
            understand(question, understood, history, self._retriever.names()),
            filters,
            self._settings.deadline,
            watch,
        )
        told = [self._over_all(asked, p.pile) for p in asked.question.parts if p.pile]
        readings = [self._read(part, filters) for part in asked.question.parts if not part.pile]
        watch.lap("search")
        shown = time.monotonic()
        yield _evidence(asked, readings, told)
        watch.leave_out(time.monotonic() - shown)  # in line for the model
        translations = [self._translation(r.part.text, asked.deadline) for r in readings]
        watch.lap("translate")
        if any(translations):
            readings = [
                self._read(r.part, filters, t) if t else r
                for r, t in zip(readings, translations, strict=True)
            ]
            watch.lap("search")
            yield _evidence(asked, readings, told)
        if not readings:
            outcome = _Outcome(())
        elif self._quotes or self._model is None:
            outcome = self._translated(asked, self._quoted(asked, readings))
        else:
            outcome = yield from self._written(asked, readings, self._model)
        answer = self._answered(asked, readings, _also_told(outcome, told))
        for sentence in answer.sentences:
            yield Checked(sentence)
        yield Done(answer)

    # --- before the model

    def _understand(
        self, question: str, history: Sequence[tuple[str, str]], deadline: float
    ) -> str:
        if self._rewriter:
            try:
                return self._rewriter.stand_alone(question, history, deadline=deadline)
            except ModelError:
                pass  # the rules do without; the answer's note tells of a model that stays away
        return stand_alone(question, history, self._retriever.names())

    def _read(self, part: Part, filters: Filters | None, translation: str = "") -> _Reading:
        """Search; who asks the same at the same moment shares what is found."""
        key = (part, filters, translation)
        with self._sharing:
            shared = self._under_way.get(key)
            mine: Future[_Reading] = self._under_way.setdefault(key, Future())
        if shared:
            return shared.result()
        try:
            with self._cores.first():
                mine.set_result(self._searched(part, filters, translation))
        except BaseException as error:
            mine.set_exception(error)
            raise
        finally:
            with self._sharing:
                del self._under_way[key]
        return mine.result()

    def _searched(self, part: Part, filters: Filters | None, translation: str) -> _Reading:
        question = part.text
        count = max(self._settings.top_k, QUOTED_FROM if self._quotes else WRITTEN_FROM)
        found = self._retriever.search(question, count, filters, translation=translation)
        hits = found[: self._settings.top_k]
        terms = question_terms(question, self._corpus)
        most = MOST_WHERE_SEVERAL if part.several else MOST_SENTENCES
        units = reading_units(hits, self._retriever.around, tokens=self._settings.reading_tokens)
        candidates = within_budget(
            select(question, terms, units, most=most, names=self._retriever.names()),
            tokens=self._settings.prompt_tokens,
            text=lambda c: c.reading,
        )
        return _Reading(
            part,
            tuple(hits),
            tuple(candidates),
            known_by_title(terms, candidates, self._retriever.names()),
            more=tuple(found[len(hits) :]),
        )

    def _translation(self, question: str, deadline: float) -> str:
        """The question in the corpus' other language; nothing where it holds but one."""
        other: Language = "en" if language_of(question) == "zh" else "zh"
        if self._quotes or not self._rewriter or other not in self._retriever.languages():
            return ""
        try:
            return self._rewriter.translate(question, other, deadline=deadline)
        except ModelError:
            return ""  # as above

    def _over_all(self, asked: _Asked, pile: Pile) -> Told:
        """What is said of all documents; no model is asked."""
        filters = narrowed(asked.filters, pile)
        script = asked.question.script
        with self._cores.first():
            found = self._retriever.mentions(pile.topic, filters)
            if pile.asks != "timeline":
                return tell(found, pile, script)
            dated = self._retriever.timeline(pile.topic, filters)
            return tell_time(dated, found.searched, pile, script)

    # --- quoting

    def _quoted(
        self, asked: _Asked, readings: Sequence[_Reading], *, ask_model: bool = True
    ) -> _Outcome:
        """What a reader points at, of each part, where that is likely to answer it."""
        findings = [self._pointed(asked, reading, ask_model=ask_model) for reading in readings]
        shown = [f for f in findings if _likely(f) >= self._settings.refuse_below]
        return _Outcome(
            # One sentence may answer two parts.
            statements=tuple({(s.lead, s.text): s for f in shown for s in f.statements}.values()),
            open_=tuple(f.reading.part.text for f in findings if f not in shown),
            signals=_weakest(findings),
        )

    def _pointed(self, asked: _Asked, reading: _Reading, *, ask_model: bool) -> _Finding:
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
        self, asked: _Asked, reading: _Reading, found: Sequence[Quotation]
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
        self, asked: _Asked, reading: _Reading, weighed: Sequence[_Weighed]
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
            if out[place].likely >= self._settings.refuse_below:
                break
        asked.watch.lap("judge")
        # What was not asked about is no better known than what was asked about and found wanting.
        return sorted(out[:JUDGED], key=lambda w: -w.likely) + out[JUDGED:]

    def _translated(self, asked: _Asked, said: _Outcome) -> _Outcome:
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

    # --- writing

    def _written(
        self, asked: _Asked, readings: Sequence[_Reading], model: ChatModel
    ) -> Generator[Event, None, _Outcome]:
        """What an endpoint's model writes, as far as the sources support it."""
        found = [(*r.hits, *r.more) for r in readings]
        task = Task(
            question=asked.question.to_write,
            hits=interleaved(found, self._settings.context_tokens),
            budget=self._settings.context_tokens,
            script=asked.question.script,
            tokens=self._settings.answer_tokens,
            deadline=asked.deadline,
            mark=self._settings.unsupported == "mark",
        )
        if not task.hits:
            return _Outcome((), open_=tuple(r.part.text for r in readings))
        try:
            written = yield from write(model, task, asked.watch.lap)
        except ModelError as error:
            # A model that fails is no sign that the documents are silent.
            quoted = self._quoted(asked, readings, ask_model=False)
            return replace(quoted, trouble=str(error))
        searches: tuple[str, ...] = ()
        if written.missing:
            written, searches = yield from self._followed(asked, readings, task, written, model)
        if written.left_out and not written.statements and not written.missing:
            # A correct quotation beats a fluent guess.
            return self._quoted(asked, readings)
        return replace(self._standing(asked, readings, written, model.name), searches=searches)

    def _followed(
        self,
        asked: _Asked,
        readings: Sequence[_Reading],
        task: Task,
        written: Written,
        model: ChatModel,
    ) -> Generator[Event, None, tuple[Written, tuple[str, ...]]]:
        """Search for what a draft left open, and write once more with what that finds.

        Returns what stands, and the questions searched with.
        """
        if 2 * time.monotonic() > asked.deadline + asked.watch.started:
            return written, ()  # a second draft takes as long as the first
        searches = further_searches(model, task.question, written, asked.deadline)
        more = [self._read(Part.of(search), asked.filters) for search in searches]
        asked.watch.lap("search")
        found = interleaved([r.hits for r in more], task.budget)
        hits = with_further(written, found, task.hits, task.budget)
        if not hits:
            return written, searches
        yield _evidence(asked, [*more, *readings], ())
        try:
            second = yield from write(model, replace(task, hits=hits), asked.watch.lap)
        except ModelError:
            return written, searches  # what was checked stands
        better = second.statements and len(second.missing) < len(written.missing)
        kept = second if better else written
        return replace(kept, usage=written.usage + second.usage), searches

    def _standing(
        self, asked: _Asked, readings: Sequence[_Reading], written: Written, model: str
    ) -> _Outcome:
        words = WORDS[asked.question.script]
        return _Outcome(
            statements=written.statements,
            open_=written.missing or (() if written.statements else _questions(readings)),
            whole=not written.left_out,
            model=model,
            usage=written.usage,
            note=words.left_out.format(written.left_out)
            if written.left_out and written.statements
            else "",
        )

    # --- putting it together

    def _answered(self, asked: _Asked, readings: Sequence[_Reading], said: _Outcome) -> Answer:
        words = WORDS[asked.question.script]
        composed = compose(said.statements, asked.question.script)
        outcome: Outcome
        if said.statements:
            text = composed.text
            if said.open_:
                text += words.join + in_script(
                    _still_open(said.open_, asked.question.script), asked.question.script
                )
            outcome = "answered" if said.whole and not said.open_ else "partial"
            trouble = words.without_model.format(said.trouble) if said.trouble else ""
        else:
            nothing = said.silence or _nothing_found(readings, asked.question.script)
            text = in_script(nothing, asked.question.script)
            outcome = "refused"
            trouble = said.trouble
        used = [source for statement in said.statements for source in statement.sources]
        notes = (
            in_script(trouble, asked.question.script),
            in_script(said.note, asked.question.script),
            in_script(said.silence if said.statements else "", asked.question.script),
        )
        return Answer(
            question=asked.question.asked,
            understood_as=asked.question.understood,
            text=text,
            outcome=outcome,
            sentences=composed.sentences,
            citations=composed.citations,
            hits=tuple(
                {
                    h.passage.id: h for h in (*said.hits, *(h for r in readings for h in r.hits))
                }.values()
            ),
            model=said.model,
            usage=said.usage,
            timings=asked.watch.total(),
            signals=said.signals,
            missing=said.open_ if said.statements else (),
            note=" ".join(filter(None, (*notes, as_of(asked.question.asked, used)))),
            model_failure=said.trouble,
            searches=said.searches,
        )

    def _decline(self, question: str) -> Answer:
        script = script_of(question)
        return Answer(
            question=question,
            understood_as=question,
            text=in_script(WORDS[script].declined, script),
            outcome="declined",
            sentences=(),
            citations=(),
            hits=(),
            model="",
        )


def _said_in(terms: Sequence[Term], folded: str) -> tuple[Term, ...]:
    """Those of the terms that stand in a text; all, where none does."""
    return tuple(t for t in terms if any(a in folded for a in t.alternatives)) or tuple(terms)


def _quotation(asked: _Asked, quotation: Quotation) -> Statement:
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


def _quoted_side(asked: _Asked, quotation: Quotation) -> Statement:
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


def _also_told(outcome: _Outcome, told: Sequence[Told]) -> _Outcome:
    """What was found in all documents, before what was found for the other parts."""
    return replace(
        outcome,
        statements=(*(s for t in told for s in t.statements), *outcome.statements),
        hits=tuple(m.hit for t in told for m in t.shown),
        silence="".join(t.silence for t in told),
    )


def _evidence(asked: _Asked, readings: Sequence[_Reading], told: Sequence[Told]) -> Evidence:
    """The best sentences of each part, those of the first part first."""
    share = max(1, SHOWN_FIRST // (len(readings) + len(told)))
    best: list[Source] = [m for t in told for m in t.shown[:share]]
    best += [c for r in readings for c in r.candidates[:share]]
    hits = {m.hit.passage.id: m.hit for t in told for m in t.shown}
    hits |= {h.passage.id: h for r in readings for h in r.hits}
    return Evidence(
        tuple(cite(c, marker) for marker, c in enumerate(best, 1)),
        tuple(hits.values()),
        asked.question.understood,
    )


def _nothing_found(readings: Sequence[_Reading], script: Script) -> str:
    """Say that the documents do not say it, and what of the question they never mention."""
    words = WORDS[script]
    never = list(dict.fromkeys(w for r in readings for w in r.never_mentioned))
    if not never:
        return words.not_found
    named = words.list_join.join(words.quoted.format(w) for w in never[:3])
    return words.not_found + words.never_mentioned.format(named)


def _still_open(open_: Sequence[str], script: Script) -> str:
    words = WORDS[script]
    named = words.list_join.join(words.quoted.format(part) for part in open_)
    return words.still_open.format(named)


def _questions(readings: Sequence[_Reading]) -> tuple[str, ...]:
    return tuple(reading.part.text for reading in readings)


def _weakest(findings: Sequence[_Finding]) -> dict[str, float]:
    """The signals of the part that is most in doubt."""
    known = [f.signals for f in findings if f.signals]
    return min(known, key=lambda s: s["answerable"], default={})
