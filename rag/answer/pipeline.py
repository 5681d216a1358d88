"""From a question to an answer that shows nothing but what its sources say.

    understand → cut into parts → each part: search → quote, or write and check → decide

A reader points at sentences, and they are quoted; or an endpoint's model writes, and each of its
sentences is shown only with the words of the source that support it (`rag/answer/write.py`).
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future
from dataclasses import replace
from typing import TYPE_CHECKING

from rag.answer.asked import Asked, Reading, Said, Stopwatch
from rag.answer.follow import further_searches, with_further
from rag.answer.quoter import Quoter
from rag.answer.write import Task, interleaved, write
from rag.budget import within_budget
from rag.compose import cite, compose, in_script
from rag.cores import Cores
from rag.corpus.tell import narrowed, tell, tell_time
from rag.endpoint import free_cores
from rag.errors import ModelError
from rag.evidence import Corpus, known_by_title, question_terms, select
from rag.fold import language_of, script_of
from rag.latest import as_of
from rag.model import Answer, Checked, Done, Evidence
from rag.question import Part, understand
from rag.question.parts import is_task
from rag.question.pile import read_piles
from rag.question.rewrite import make_rewriter
from rag.question.standalone import stand_alone
from rag.reading import reading_units
from rag.wording import WORDS

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    from rag.answer.asked import Retriever
    from rag.answer.write import Written
    from rag.compose import Source
    from rag.corpus.tell import Told
    from rag.fold import Script
    from rag.llm import ChatModel
    from rag.model import Event, Filters, Outcome
    from rag.question.pile import Pile
    from rag.question.rewrite import Language
    from rag.reader import Reader
    from rag.settings import Settings

QUOTED_FROM, WRITTEN_FROM = 12, 40
"""Passages that the reader reads for a quotation, and most that are put before a model."""
MOST_SENTENCES, MOST_WHERE_SEVERAL = 5, 8
"""Sentences shown while the answer is made; more where it is likely to stand in several places."""
SHOWN_FIRST = 3


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
        self._quotes = settings.quotes or model is None
        self._retriever = retriever
        self._corpus = Corpus(retriever.frequency, retriever.passages, retriever.names)
        self._cores = Cores(free_cores())
        self._under_way: dict[tuple[Part, Filters | None, str], Future[Reading]] = {}
        self._sharing = threading.Lock()
        self._model = model
        self._settings = settings
        self._quoter = Quoter(retriever, reader, model, self._cores, settings.refuse_below)
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
        watch = Stopwatch()
        deadline = watch.started + self._settings.deadline
        if is_task(question):
            yield Done(self._decline(question))
            return
        piles = read_piles(question, history)
        understood = question if piles.asked else self._understand(question, history, deadline)
        asked = Asked(
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
            outcome = Said(())
        elif self._quotes or self._model is None:
            outcome = self._quoter.translated(asked, self._quoter.quote(asked, readings))
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

    def _read(self, part: Part, filters: Filters | None, translation: str = "") -> Reading:
        """Search; who asks the same at the same moment shares what is found."""
        key = (part, filters, translation)
        with self._sharing:
            shared = self._under_way.get(key)
            mine: Future[Reading] = self._under_way.setdefault(key, Future())
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

    def _searched(self, part: Part, filters: Filters | None, translation: str) -> Reading:
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
        return Reading(
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

    def _over_all(self, asked: Asked, pile: Pile) -> Told:
        """What is said of all documents; no model is asked."""
        filters = narrowed(asked.filters, pile)
        script = asked.question.script
        with self._cores.first():
            found = self._retriever.mentions(pile.topic, filters)
            if pile.asks != "timeline":
                return tell(found, pile, script)
            dated = self._retriever.timeline(pile.topic, filters)
            return tell_time(dated, found.searched, pile, script)

    # --- writing

    def _written(
        self, asked: Asked, readings: Sequence[Reading], model: ChatModel
    ) -> Generator[Event, None, Said]:
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
            return Said((), open_=_questions(readings))
        try:
            written = yield from write(model, task, asked.watch.lap)
        except ModelError as error:
            # A model that fails is no sign that the documents are silent.
            quoted = self._quoter.quote(asked, readings, ask_model=False)
            return replace(quoted, trouble=str(error))
        searches: tuple[str, ...] = ()
        if written.missing:
            written, searches = yield from self._followed(asked, readings, task, written, model)
        if written.left_out and not written.statements and not written.missing:
            # A correct quotation beats a fluent guess.
            return self._quoter.quote(asked, readings)
        return replace(self._standing(asked, readings, written, model.name), searches=searches)

    def _followed(
        self,
        asked: Asked,
        readings: Sequence[Reading],
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
        self, asked: Asked, readings: Sequence[Reading], written: Written, model: str
    ) -> Said:
        words = WORDS[asked.question.script]
        return Said(
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

    def _answered(self, asked: Asked, readings: Sequence[Reading], said: Said) -> Answer:
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


def _also_told(outcome: Said, told: Sequence[Told]) -> Said:
    """What was found in all documents, before what was found for the other parts."""
    return replace(
        outcome,
        statements=(*(s for t in told for s in t.statements), *outcome.statements),
        hits=tuple(m.hit for t in told for m in t.shown),
        silence="".join(t.silence for t in told),
    )


def _evidence(asked: Asked, readings: Sequence[Reading], told: Sequence[Told]) -> Evidence:
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


def _nothing_found(readings: Sequence[Reading], script: Script) -> str:
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


def _questions(readings: Sequence[Reading]) -> tuple[str, ...]:
    return tuple(reading.part.text for reading in readings)
