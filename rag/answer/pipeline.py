"""From a question to an answer of which every sentence is checked.

    understand → cut into parts → each part: retrieve → choose sentences → write → check → decide

The model writes; the code decides what is kept, what is cited, and when to say that the
documents do not know. Without a model the best sentences, quoted, are the answer.
"""

from __future__ import annotations

import re
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from rag.answer.quote import QUOTED, chosen, context_of, disagreeing, quotations
from rag.budget import within_budget
from rag.compose import Statement, cite, compose, in_script
from rag.cores import Cores
from rag.decide import UNSURE, answerability
from rag.disagree import (
    READS,
    Asked,
    answers_told,
    as_of,
    compared,
    later,
    source_label,
    wants_latest,
)
from rag.endpoint import free_cores
from rag.errors import ModelError
from rag.evidence import (
    Corpus,
    asks_for_unknown,
    coverage,
    known_by_title,
    points,
    question_terms,
    select,
    wants_several,
)
from rag.expects import done_by_another, expected, holds, of_another, only_named
from rag.fold import fold, language_of, script_of
from rag.judging import Judge, answer_prompt
from rag.model import Answer, Checked, Checking, Done, Evidence, Token, Usage
from rag.parts import is_task, parts
from rag.prompt import MARKER, fill
from rag.reading import reading_units
from rag.rewrite import make_rewriter
from rag.split import sentences as split_sentences
from rag.standalone import stand_alone
from rag.untrusted import plain
from rag.verify import Source, verify
from rag.voices import in_front, own_words, said_by_source
from rag.wording import WORDS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Iterator, Sequence

    from rag.answer.quote import Quotation
    from rag.disagree import Compared, Told
    from rag.evidence import Candidate, Term
    from rag.fold import Script
    from rag.llm import ChatModel
    from rag.model import Event, Filters, Hit, Outcome, Passage
    from rag.names import Names
    from rag.prompt import Messages
    from rag.reader import Reader
    from rag.rewrite import Language
    from rag.settings import Settings
    from rag.verify import Verdict

QUOTED_FROM = 12
"""Passages that the reader reads for a quotation."""
MOST_SENTENCES, MOST_WHERE_SEVERAL = 5, 8
"""Sentences that the model reads; more where the answer is likely to stand in several places."""
SHOWN_FIRST = 3
WORTH_ANOTHER_TRY = 0.5
"""Share of the question in the best sentence, from which a failed draft is written once more."""
ABOUT_AS_GOOD = 0.75
"""Share of what the best sentence holds of the question, from which another is as good to quote."""
AGREED = 0.8
"""Probability that a second document answers the same, from which that tells more than all else."""
BESIDE_A_FOUND_PART = 0.2
"""How much less likely an answer to one part may be where another part was found: what is asked in
one breath stands in the same documents. Parts that the seeds do not answer were below .25."""

_MARKER_AFTER_STOP = re.compile(r"([。！？!?])((?:\s*[\[［【](?:资料)?\d{1,2}[\]］】])+)")
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

    def leave_out(self, seconds: float) -> None:
        """Take away what was waited for others: it is no time of this answer's."""
        self.started += seconds
        self._last += seconds

    def total(self) -> dict[str, float]:
        return {**self.seconds, "total": round(time.monotonic() - self.started, 4)}


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question as it came, and how it is understood."""

    question: str
    understood_as: str
    filters: Filters | None
    seconds: float
    """That all may take."""
    watch: _Stopwatch

    @property
    def deadline(self) -> float:
        """``time.monotonic()`` by which all must be done."""
        return self.watch.started + self.seconds

    @property
    def script(self) -> Script:
        """Of the question as it came: what the answer is written in."""
        return script_of(self.question)


@dataclass(frozen=True, slots=True)
class _Reading:
    """All that is known about one part of a question before the model writes."""

    question: str
    hits: tuple[Hit, ...]
    candidates: tuple[Candidate, ...]
    terms: tuple[Term, ...]
    wide: tuple[Candidate, ...]
    """More sentences, for telling whether sources disagree."""
    whether: bool
    """Whether yes or no is asked."""
    more: tuple[Hit, ...] = ()
    """Passages beyond the hits, for a reader that reads many."""

    @property
    def never_mentioned(self) -> list[str]:
        """Words of the question that occur nowhere in the corpus."""
        return [t.word for t in self.terms if t.unknown]


@dataclass(frozen=True, slots=True)
class _Checked:
    """A sentence of a draft and what its check found."""

    claim: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class _Shown:
    """What would be shown of one part: what stands of a draft, else a quotation."""

    kept: tuple[_Checked, ...]
    sources: tuple[Candidate, ...]
    """What would be cited, or quoted."""
    passed: bool
    """Whether something stands; or, where yes or no is asked, a source says no to it."""

    @property
    def text(self) -> str:
        """As far as the model is asked about it."""
        claims = " ".join(c.verdict.kept or c.claim for c in self.kept)
        return claims or own_words(self.sources[0])


@dataclass(frozen=True, slots=True)
class _Draft:
    """What the model wrote."""

    text: str
    usage: Usage
    trouble: str = ""
    """Why there is none: what the model, or the way to it, failed with."""


@dataclass(frozen=True, slots=True)
class _Finding:
    """What came of one part of a question; no statements: the documents do not say."""

    reading: _Reading
    statements: tuple[Statement, ...]
    whole: bool
    """Whether nothing of what the model wrote was left out."""
    signals: dict[str, float]
    drafts: tuple[_Draft, ...] = ()


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

    def __init__(
        self,
        retriever: Retriever,
        model: ChatModel | None,
        settings: Settings,
        reader: Callable[[], Reader] | None = None,
    ) -> None:
        """Keep the parts.

        Args:
            retriever: Finds passages for a question.
            model: Writes; None: the answer is the best sentences, quoted.
            settings: Budgets, deadline, and who rewrites a question.
            reader: Loads what points at the sentences that are quoted: where the settings ask
                for quotations, and where the model fails.
        """
        self._reader = reader
        self._quotes = settings.quotes and reader is not None
        self._retriever = retriever
        self._corpus = Corpus(retriever.frequency, retriever.passages, retriever.names)
        self._cores = Cores(free_cores())
        self._under_way: dict[tuple[str, Filters | None, str], Future[_Reading]] = {}
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
        understood = self._understand(question, history, deadline)
        asked = _Asked(question, understood, filters, self._settings.deadline, watch)
        readings = [self._read(part, filters) for part in self._asked_now(understood, history)]
        watch.lap("search")
        shown = time.monotonic()
        yield _evidence(asked, readings)
        watch.leave_out(time.monotonic() - shown)  # in line for the model
        translations = [self._translation(r.question, asked.deadline) for r in readings]
        watch.lap("translate")
        if any(translations):
            readings = [
                self._read(r.question, filters, t) if t else r
                for r, t in zip(readings, translations, strict=True)
            ]
            watch.lap("search")
            yield _evidence(asked, readings)
        findings = []
        for reading in readings:
            finding = yield from self._find(asked, reading)
            findings.append(finding)
        answer = self._answered(asked, _likely(findings, self._settings.refuse_below))
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

    def _asked_now(self, understood: str, history: Sequence[tuple[str, str]]) -> tuple[str, ...]:
        """The parts of a question, but for an earlier one that only stands there to be leant on."""
        answered = {fold(earlier).strip() for earlier, _ in history}
        found = parts(understood, self._retriever.names())
        return tuple(p for p in found if fold(p).strip() not in answered) or found

    def _read(self, question: str, filters: Filters | None, translation: str = "") -> _Reading:
        """Search; who asks the same at the same moment shares what is found."""
        key = (question, filters, translation)
        with self._sharing:
            shared = self._under_way.get(key)
            mine: Future[_Reading] = self._under_way.setdefault(key, Future())
        if shared:
            return shared.result()
        try:
            with self._cores.first():
                mine.set_result(self._searched(question, filters, translation))
        except BaseException as error:
            mine.set_exception(error)
            raise
        finally:
            with self._sharing:
                del self._under_way[key]
        return mine.result()

    def _searched(self, question: str, filters: Filters | None, translation: str) -> _Reading:
        count = max(self._settings.top_k, QUOTED_FROM) if self._quotes else None
        found = self._retriever.search(question, count, filters, translation=translation)
        hits = found[: self._settings.top_k]
        terms = question_terms(question, self._corpus)
        most = MOST_WHERE_SEVERAL if wants_several(question) else MOST_SENTENCES
        units = reading_units(hits, self._retriever.around, tokens=self._settings.reading_tokens)
        names = self._retriever.names()
        wide = select(question, terms, units, most=max(most, READS), names=names)
        candidates = within_budget(
            wide[:most],
            tokens=self._settings.prompt_tokens,
            text=lambda c: c.reading,
        )
        terms = known_by_title(terms, candidates, names)
        asks = Asked.of(question, names)
        whether = asks is not None and asks.kind == "yes or no"
        return _Reading(
            question,
            tuple(hits),
            tuple(candidates),
            terms,
            tuple(wide),
            whether,
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

    # --- one part of the question

    def _find(self, asked: _Asked, reading: _Reading) -> Generator[Event, None, _Finding]:
        """Have one part quoted, or written and checked; and decide."""
        if self._quotes and self._reader:
            return self._quoted(asked, reading, self._reader())
        if not any(c.coverage_in_context for c in reading.candidates):
            return _Finding(reading, (), whole=True, signals={})
        with self._cores.after():
            told = answers_told(
                reading.question,
                reading.terms,
                reading.wide,
                self._retriever.names(),
                self._retriever.similarity,
            )
            disagree = bool(compared(told).sides)
        judge = self._judge(asked, reading)
        others = self._compared(asked, told, judge) if disagree else None
        if others and others.sides:
            return _Finding(reading, _both_sides(asked, reading, others), whole=True, signals={})
        messages = answer_prompt(reading.question, reading.candidates, asked.script)
        draft = yield from self._write(messages, asked)
        yield Checking()
        drafts = [draft]
        if draft.trouble and self._reader:
            # A model that fails is no sign that the documents are silent.
            quoted = self._quoted(asked, reading, self._reader())
            return replace(quoted, drafts=(draft,))
        checked = self._check(draft.text, reading)
        shown = self._shown(reading, checked)
        asked.watch.lap("check")
        if checked and not shown.passed and _worth_another_try(reading, draft.text):
            again = (
                *messages,
                ("assistant", draft.text),
                *fill("again", claim=checked[0].claim, fault=checked[0].verdict.reason),
            )
            drafts.append((yield from self._write(again, asked)))
            yield Checking()
            checked = self._check(drafts[-1].text, reading)
            shown = self._shown(reading, checked)
            asked.watch.lap("check")
        if drafts[0].trouble:
            judge = None
        others = others or self._compared(asked, told, judge)
        if others.sides:
            sides = _both_sides(asked, reading, others)
            return _Finding(reading, sides, whole=True, signals={}, drafts=tuple(drafts))
        signals = self._signals(asked, reading, shown, others.agreed, judge)
        statements = self._statements(asked, reading, checked, shown)
        whole = len(shown.kept) == len(checked) or not shown.kept
        return _Finding(reading, statements, whole, signals, tuple(drafts))

    def _quoted(self, asked: _Asked, reading: _Reading, reader: Reader) -> _Finding:
        """What a reader points at; whether it is shown is decided with the other parts."""
        with self._cores.after():
            found = quotations(reading.question, (*reading.hits, *reading.more), reader)
        asked.watch.lap("read")
        if not found:
            return _Finding(reading, (), whole=True, signals={})
        shown = chosen(found, several=wants_several(reading.question))
        sides = disagreeing(found)
        if wants_latest(reading.question):
            sides, shown = [], [_latest(sides, shown[0])]
        statements = tuple(_quoted_side(asked, q) for q in sides) or tuple(
            _quotation(asked, q) for q in shown
        )
        signals = self._signals_of(reading, shown[0])
        judge = self._judge(asked, reading)
        low, high = UNSURE
        if judge and low < signals["answerable"] < high:
            judged = judge.is_answered(shown[0].answer, [shown[0]])
            if judged is not None:
                signals["judged"] = round(judged, 4)
                signals["answerable"] = round(answerability(signals), 4)
            asked.watch.lap("judge")
        return _Finding(reading, statements, whole=True, signals=signals)

    def _signals_of(self, reading: _Reading, quotation: Quotation) -> dict[str, float]:
        """The numbers that showing a quotation is decided from, and their sum."""
        said = f"{context_of(quotation.hit)}\n{quotation.text}"
        covered = coverage(reading.terms, self._retriever.names().fold_text(said))
        with self._cores.after():
            (similar,) = self._retriever.similarity(reading.question, [quotation.text])
        signals = {
            "reader": round(quotation.probability, 4),
            "coverage": round(covered, 4),
            "similarity": round(similar, 4),
        }
        return signals | {"answerable": round(answerability(signals), 4)}

    def _judge(self, asked: _Asked, reading: _Reading) -> Judge | None:
        return Judge(self._model, reading.question, asked.deadline) if self._model else None

    def _compared(self, asked: _Asked, told: Told | None, judge: Judge | None) -> Compared:
        """What the documents answer, each read alone."""
        found = compared(told, judge)
        asked.watch.lap("compare")
        return found

    def _write(self, messages: Messages, asked: _Asked) -> Generator[Event, None, _Draft]:
        """Have the model write, as far as there is one."""
        if self._model is None:
            return _Draft("", Usage(), WORDS[asked.script].no_model)
        text, usage = "", Usage()
        try:
            for piece in self._model.stream(
                messages, max_tokens=self._settings.answer_tokens, deadline=asked.deadline
            ):
                text += piece.text
                usage = piece.usage or usage
                if piece.text:
                    yield Token(piece.text)
        except ModelError as error:
            # What was written of an answer that did not end is not an answer.
            return _Draft("", usage, str(error))
        finally:
            asked.watch.lap("write")
        return _Draft(plain(text), usage)

    def _check(self, draft: str, reading: _Reading) -> list[_Checked]:
        sources = [Source(c.excerpt.text, c.context) for c in reading.candidates]
        names = self._retriever.names()
        with self._cores.after():
            checked = [
                _Checked(
                    claim, verify(claim, sources, question=reading.question, hint=hint, names=names)
                )
                for claim, hint in _claims(draft)
            ]
        kept = _standing(checked)
        # Whom a sentence is about, its source may name; who is asked for, it has to name itself.
        whom = expected(reading.question) == "person"
        said = " ".join(c.claim for c in kept) if whom else _said(kept, reading)
        if not kept or self._fits(reading.question, said):
            return checked
        # All of it is true, and none of it what was asked for.
        return [_Checked(c.claim, _beside_the_point(c)) for c in checked]

    def _signals(
        self,
        asked: _Asked,
        reading: _Reading,
        shown: _Shown,
        agreed: float,
        judge: Judge | None,
    ) -> dict[str, float]:
        """The numbers that the decision to answer or refuse is made from, and their sum.

        Args:
            asked: For its watch.
            reading: The part of the question.
            shown: What would be shown.
            agreed: The probability that a second document answers the same.
            judge: None where no model wrote one.
        """
        used = shown.sources
        said = _said(shown.kept, reading) if shown.kept else used[0].reading
        with self._cores.after():
            similar = self._retriever.similarity(reading.question, [c.reading for c in used])
        unfit = asks_for_unknown(reading.question, reading.terms) or not self._fits(
            reading.question, said
        )
        signals = {
            "coverage": round(max(c.coverage_in_context for c in used), 4),
            "similarity": round(max(similar), 4),
            "unfit": float(unfit),
            "across": float(language_of(reading.question) != language_of(used[0].excerpt.text)),
        }
        if judge:
            signals["kept"] = float(shown.passed)
            signals["whether"] = float(reading.whether)
            judged = judge.answers(used) if reading.whether else judge.is_answered(shown.text, used)
            if judged is not None:
                signals["judged"] = round(judged, 4)
            asked.watch.lap("judge")
        signals["agreed"] = round(agreed, 4)
        likely = max(answerability(signals), agreed if agreed >= AGREED else 0.0)
        return signals | {"answerable": round(likely, 4)}

    def _fits(self, question: str, said: str) -> bool:
        """Whether what is said holds such a thing as is asked for; most questions tell none."""
        names = self._retriever.names()
        if of_another(question, said) or only_named(question, said):
            return False
        if done_by_another(question, said, names):
            return False
        kind = expected(question)
        return kind is None or holds(kind, said, question, names)

    def _shown(self, reading: _Reading, checked: Sequence[_Checked]) -> _Shown:
        kept = tuple(_standing(checked))
        denying = None if kept else _denying(reading, checked)
        sources = _cited(kept, reading) or (denying or self._best(reading),)
        return _Shown(kept, sources, passed=bool(kept or denying))

    def _best(self, reading: _Reading) -> Candidate:
        """The sentence to quote: of the best ones, the first that holds what is asked for."""
        least = ABOUT_AS_GOOD * reading.candidates[0].coverage_in_context
        for candidate in reading.candidates:
            near = candidate.coverage_in_context >= least
            if near and self._fits(reading.question, candidate.reading):
                return candidate
        return reading.candidates[0]

    def _statements(
        self,
        asked: _Asked,
        reading: _Reading,
        checked: Sequence[_Checked],
        shown: _Shown,
    ) -> tuple[Statement, ...]:
        """What is shown: the sentences that stand; else the best sentence, quoted."""
        listed = _cut_short(reading, checked)
        if listed:
            lead = in_front(asked.question, listed)
            reason = "the model named but some of the points"
            return (Statement(own_words(listed), "quoted", reason, (listed,), lead),)
        mark = self._settings.unsupported == "mark"
        out: list[Statement] = []
        for claim, verdict in ((c.claim, c.verdict) for c in checked):
            sources = tuple(reading.candidates[i] for i in verdict.sources)
            text = verdict.kept if verdict.support == "partial" and not mark else claim
            if verdict.support in {"supported", "partial"} and text and sources:
                lead = in_front(asked.question, sources[0], text)
                out.append(Statement(text, verdict.support, verdict.reason, sources, lead))
            elif mark and verdict.support != "contradicted":
                out.append(Statement(claim, "unsupported", verdict.reason, ()))
        if any(s.sources for s in out):
            return tuple(out)
        # A correct quotation beats a fluent guess.
        best = shown.sources[0]
        reason = checked[0].verdict.reason if checked else "the model wrote nothing"
        lead = in_front(asked.question, best)
        return (Statement(own_words(best), "quoted", reason, (best,), lead), *out)

    # --- putting it together

    def _answered(self, asked: _Asked, findings: Sequence[_Finding]) -> Answer:
        words = WORDS[asked.script]
        # One sentence may answer two parts.
        by_text = {(s.lead, s.text): s for f in findings for s in f.statements}
        statements = list(by_text.values())
        open_ = [f.reading for f in findings if not f.statements]
        composed = compose(statements, asked.script)
        drafts = [d for f in findings for d in f.drafts]
        troubles = list(dict.fromkeys(d.trouble for d in drafts if d.trouble))
        notes = [words.without_model.format(t) for t in troubles] if statements else troubles
        notes = [in_script(note, asked.script) for note in notes]
        outcome: Outcome
        if statements:
            text = composed.text
            if open_:
                text += words.join + in_script(_still_open(open_, asked.script), asked.script)
            whole = not open_ and all(f.whole for f in findings)
            outcome = "answered" if whole else "partial"
        else:
            text = in_script(_nothing_found(open_, asked.script), asked.script)
            outcome = "refused"
        used = [source for statement in statements for source in statement.sources]
        notes.append(as_of(asked.question, used))
        wrote = self._model is not None and any(d.text for d in drafts)
        return Answer(
            question=asked.question,
            understood_as=asked.understood_as,
            text=text,
            outcome=outcome,
            sentences=composed.sentences,
            citations=composed.citations,
            hits=_distinct_hits(findings),
            model=self._model.name if self._model and wrote else "",
            usage=Usage(
                prompt_tokens=sum(d.usage.prompt_tokens for d in drafts),
                completion_tokens=sum(d.usage.completion_tokens for d in drafts),
            ),
            timings=asked.watch.total(),
            signals=_weakest(findings),
            missing=tuple(r.question for r in open_) if statements else (),
            note=" ".join(filter(None, notes)),
            model_failure=" ".join(troubles) if self._model else "",
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


def _quotation(asked: _Asked, quotation: Quotation) -> Statement:
    """A quotation as it is shown: who says so, its words, and which of them answer."""
    return Statement(
        text=quotation.text,
        support="quoted",
        reason=QUOTED,
        sources=(quotation,),
        lead=in_front(asked.question, quotation),
        short=quotation.short,
    )


def _quoted_side(asked: _Asked, quotation: Quotation) -> Statement:
    """A quotation that is one side of a disagreement."""
    latin = asked.script == "latin"
    return Statement(
        text=quotation.text,
        support="quoted",
        reason="the sources disagree",
        sources=(quotation,),
        lead=said_by_source(asked.question, quotation),
        side=source_label(quotation.hit, latin),
        short=quotation.short,
    )


def _latest(sides: Sequence[Quotation], otherwise: Quotation) -> Quotation:
    """The side of the latest document; an undated one counts as the earliest."""
    return max(sides, key=lambda q: q.hit.published or "", default=otherwise)


def _both_sides(asked: _Asked, reading: _Reading, others: Compared) -> tuple[Statement, ...]:
    """What each side says; of the latest is asked, only that."""
    sides = others.sides
    if wants_latest(reading.question):
        sides = (later(sides, reading.wide),)
    return tuple(_side(asked, side.quote, side.label) for side in sides)


def _side(asked: _Asked, quote: Candidate, label: str) -> Statement:
    return Statement(
        text=quote.excerpt.text.strip(),
        support="quoted",
        reason="the sources disagree",
        sources=(quote,),
        lead=said_by_source(asked.question, quote),
        side=label,
    )


def _likely(findings: Sequence[_Finding], refuse_below: float) -> list[_Finding]:
    """Leave out what is said of a part that the documents are not likely to answer."""

    def likely(finding: _Finding) -> float:
        return finding.signals.get("answerable", 1.0) if finding.statements else 0.0

    found = len(findings) > 1 and any(likely(f) >= refuse_below for f in findings)

    def enough(finding: _Finding) -> float:
        passed = finding.signals.get("kept", 0.0)  # a mere quote is given no allowance
        return refuse_below - (BESIDE_A_FOUND_PART if found and passed else 0.0)

    return [
        f if likely(f) >= enough(f) else replace(f, statements=(), whole=True) for f in findings
    ]


def _evidence(asked: _Asked, readings: Sequence[_Reading]) -> Evidence:
    """The best sentences of each part, those of the first part first."""
    share = max(1, SHOWN_FIRST // len(readings))
    best = [c for r in readings for c in r.candidates[:share]]
    hits = {h.passage.id: h for r in readings for h in r.hits}
    return Evidence(
        tuple(cite(c, marker) for marker, c in enumerate(best, 1)),
        tuple(hits.values()),
        asked.understood_as,
    )


def _standing(checked: Sequence[_Checked]) -> list[_Checked]:
    """The sentences of which something stands."""
    return [
        c
        for c in checked
        if c.verdict.support == "supported" or (c.verdict.support == "partial" and c.verdict.kept)
    ]


def _denying(reading: _Reading, checked: Sequence[_Checked]) -> Candidate | None:
    """The source that says otherwise than a draft that answers yes or no: so it answers."""
    against = checked[0].verdict.against if checked and reading.whether else ()
    return reading.candidates[against[0]] if against else None


def _cited(kept: Sequence[_Checked], reading: _Reading) -> tuple[Candidate, ...]:
    """The sources that what stands is cited from, each once."""
    places = dict.fromkeys(i for c in kept for i in c.verdict.sources)
    return tuple(reading.candidates[i] for i in places)


def _cut_short(reading: _Reading, checked: Sequence[_Checked]) -> Candidate | None:
    """The source that counts up more points than the answer has, where all are asked for."""
    if not wants_several(reading.question):
        return None
    kept = _standing(checked)
    said = points(" ".join(c.claim for c in kept))
    return next((c for c in _cited(kept, reading) if points(c.excerpt.text) > max(said, 1)), None)


def _said(kept: Sequence[_Checked], reading: _Reading) -> str:
    """What stands, with what it stands on."""
    return " ".join([*(c.claim for c in kept), *(c.reading for c in _cited(kept, reading))])


def _beside_the_point(checked: _Checked) -> Verdict:
    return replace(
        checked.verdict,
        support="unsupported",
        reason="does not say what is asked for",
        sources=(),
        failing=checked.claim,
        kept="",
    )


def _worth_another_try(reading: _Reading, draft: str) -> bool:
    if fold(draft).strip(" 。.?!") == fold(reading.question).strip(" 。.?!"):
        return True  # it has but said the question again
    return max(c.coverage_in_context for c in reading.candidates) >= WORTH_ANOTHER_TRY


def _claims(draft: str) -> list[tuple[str, list[int]]]:
    """Cut a draft into sentences without markers, each with the indices its markers named."""
    out: list[tuple[str, list[int]]] = []
    # A marker stands behind the full stop as often as before it: let it count for its sentence.
    draft = _MARKER_AFTER_STOP.sub(r"\2\1", draft.strip())
    for start, end in split_sentences(draft):
        sentence = draft[start:end]
        hint = [int(n) - 1 for n in MARKER.findall(sentence)]
        claim = _PREAMBLE.sub("", MARKER.sub("", sentence)).strip(" \n*#>`-")
        if claim:
            out.append((claim, hint))
    return out


def _nothing_found(readings: Sequence[_Reading], script: Script) -> str:
    """Say that the documents do not say it, and what of the question they never mention."""
    words = WORDS[script]
    never = list(dict.fromkeys(w for r in readings for w in r.never_mentioned))
    if not never:
        return words.not_found
    named = words.list_join.join(words.quoted.format(w) for w in never[:3])
    return words.not_found + words.never_mentioned.format(named)


def _still_open(readings: Sequence[_Reading], script: Script) -> str:
    words = WORDS[script]
    named = words.list_join.join(words.quoted.format(r.question) for r in readings)
    return words.still_open.format(named)


def _weakest(findings: Sequence[_Finding]) -> dict[str, float]:
    """The signals of the part that is most in doubt."""
    known = [f.signals for f in findings if f.signals]
    return min(known, key=lambda s: s["answerable"], default={})


def _distinct_hits(findings: Sequence[_Finding]) -> tuple[Hit, ...]:
    return tuple({h.passage.id: h for f in findings for h in f.reading.hits}.values())
