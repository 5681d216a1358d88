"""What a reader can do at the page, without the page: every method returns values or HTML."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import shutil
import threading
import time
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import takewhile
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from rag.cards import shortened
from rag.clean import clean
from rag.errors import BadFileError, NotFoundError, QuestionError, SettingsError, YoujuError
from rag.feedback import log_feedback
from rag.fold import visible
from rag.load import short_name
from rag.model import Filters
from rag.web import export, pane, render, welcome
from rag.web.endpoints import key_for, may_choose, read_address
from rag.web.greeting import greets
from rag.web.reasons import told_error
from rag.web.running import Look, Running, Standing
from rag.web.suggest import suggest
from vectorstore.conversations import Conversations, Turn

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Generator, Mapping, Sequence

    from rag.build import Youju
    from rag.ingest import FileResult, Progress
    from rag.model import Answer, Citation, Event, Hit
    from rag.settings import Settings
    from rag.turns import Turns
    from rag.web.suggest import Suggestion
    from rag.web.words import Language, Words

LONGEST_QUESTION = 4000
LOOKS = 2000
"""Open pages of which it is known what they show; the oldest is forgotten."""
TITLE = 40
"""Characters of the first question that name a conversation."""
_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"|?*\\]')
_log = logging.getLogger(__name__)

Uploaded: TypeAlias = "tuple[str, Path]"
"""A file's name, with the folders it came in, and where the upload lies."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who does something, and in which words they are answered."""

    reader: str
    """The user's name; empty where there are no users."""
    may_edit: bool
    t: Words
    session: str = ""
    """One open page; empty where no answer is concerned."""
    may_administer: bool = False

    @property
    def place(self) -> tuple[str, str]:
        """Where an answer is shown: nobody else's page is, whatever session it names."""
        return self.reader, self.session

    @property
    def may_configure(self) -> bool:
        """Whether what answers may be changed: without users by anybody, else for all."""
        return self.may_administer or not self.reader


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What changes on the page; None: as it is."""

    live: str | None = None
    pane: str | None = None
    history: str | None = None
    head: str | None = None
    rail: str | None = None
    conversation: str | None = None
    state: Literal["busy", "free"] | None = None
    asked: bool = False
    """Whether what is written in the box has been taken as a question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question with all that shapes its answer."""

    question: str
    filters: Filters | None = None
    replaces: tuple[str, ...] = ()
    """Turns that leave when it is answered."""
    quoting: bool = False
    """Whether it is answered with quotations alone, without a language model."""


class Desk:
    """One home, its conversations, and the answers on their way."""

    def __init__(self, youju: Youju, turns: Turns, reopen: Callable[[Settings], Youju]) -> None:
        """Open the conversations of the home.

        Args:
            youju: The home.
            turns: The queue before the language model.
            reopen: Opens the home again with other settings.
        """
        self.youju = youju
        self._answering = youju
        self._reopen = reopen
        self._turns = turns
        self._conversations = Conversations(youju.settings.home / "conversations.db")
        self._running: dict[str, Running] = {}
        """By conversation: one at most of each."""
        self._looks: dict[tuple[str, str], Look] = {}
        self._beginning = threading.RLock()
        self._suggested: tuple[int, dict[Language, tuple[Suggestion, ...]]] = (-1, {})
        self._last: dict[str, Answer] = {}
        self._changing = threading.Lock()

    def close(self) -> None:
        """End with the process; what is being answered is shown as interrupted afterwards."""
        for running in list(self._running.values()):
            running.interrupt()
        self._conversations.close()

    # --- what is shown

    def opened(self, v: Visitor, id: str) -> Shown:
        """Return the page with a conversation; an unknown one is a new one."""
        shown = self._view(v, self._known(v, id))
        self._look(v, shown.conversation or "", self._seen(shown))
        return shown

    def restored(self, v: Visitor, id: str) -> Shown:
        """Return the page as it was left; where something has been asked at it already, as it is.

        What a page shows first may arrive after the first question has been sent.
        """
        if v.place in self._looks:
            return Shown()
        return self.opened(v, id)

    async def follow(self, v: Visitor, *, anew: bool = True) -> AsyncIterator[Shown]:
        """Yield what the page's conversation comes to, as long as it is being answered.

        Args:
            v: Whose page.
            anew: False: nothing, where the page shows all of it or is being told already.
        """
        before = self._looks.get(v.place)
        if before is None:
            return
        shown = await asyncio.to_thread(self._view, v, self._known(v, before.conversation))
        running = self._running.get(before.conversation)
        seen = self._seen(shown)
        same = before.seen == seen
        if not anew and same and (running is None or before.wake):
            return
        look = self._look(v, shown.conversation or "", seen)
        # An open document stays open where the answers are those that are known.
        yield replace(shown, pane=None) if same else shown
        if running is None:
            return
        found: tuple[Citation, ...] = ()
        texts: dict[str, str] = {}
        async with aclosing(running.follow(look)) as standings:
            async for standing in standings:
                if standing.ended:
                    break
                listed = None
                if standing.found != found:
                    found = standing.found
                    texts = self._texts(found, standing.hits)
                    # The best stands in the answer's own place already.
                    turn = Turn(
                        question="", state="running", asked="", found=found[1:], texts=texts
                    )
                    listed = self._sources_pane(pane.sources(turn, v.t), v.t)
                yield Shown(live=self._live(running, standing, texts, v.t), pane=listed)
        if not look.left:
            shown = await asyncio.to_thread(self._view, v, look.conversation)
            look.seen = self._seen(shown)
            yield shown

    def _look(self, v: Visitor, id: str, seen: str) -> Look:
        """What the page shows from now on; who follows for it what it showed before ends."""
        look = Look(id, seen)
        with self._beginning:
            before = self._looks.pop(v.place, None)
            self._looks[v.place] = look
            if len(self._looks) > LOOKS:
                del self._looks[next(iter(self._looks))]
        if before:
            before.leave()
        return look

    def _known(self, v: Visitor, id: str) -> str:
        """The id of a conversation of this reader; empty where there is none."""
        try:
            return id if id and self._title(v, id) else ""
        except NotFoundError:
            return ""

    def _view(self, v: Visitor, id: str) -> Shown:
        """The page with a conversation as it is stored, and the answer on its way, if any."""
        running = self._running.get(id)
        turns = self._turns_of(v, id)
        if running:
            busy = running.standing.progress.turn
            turns = [t for t in turns if busy not in {t.id, t.replaced_by}]
        texts = self._texts(running.standing.found, running.standing.hits) if running else {}
        body = pane.sources(turns[-1], v.t) if turns and not running else ""
        return Shown(
            live=self._live(running, running.standing, texts, v.t) if running else "",
            pane=self._sources_pane(body, v.t),
            history=self._history(v, id, turns, begun=running is not None),
            head=welcome.head(self._title(v, id), v.t),
            rail=self.rail(v, id),
            conversation=id,
            state="busy" if running else "free",
        )

    def _turns_of(self, v: Visitor, id: str) -> list[Turn]:
        return self._conversations.turns(v.reader, id) if id else []

    @staticmethod
    def _seen(shown: Shown) -> str:
        """What tells one view of a conversation from another."""
        return f"{shown.state} {hash(shown.history)}"

    @staticmethod
    def _live(running: Running, standing: Standing, texts: Mapping[str, str], t: Words) -> str:
        waited = time.monotonic() - running.began
        return render.progress_article(standing.progress, texts, t, waited=waited)

    def _title(self, v: Visitor, id: str) -> str:
        return self._conversations.title(v.reader, id) if id else ""

    def _history(self, v: Visitor, id: str, turns: Sequence[Turn], *, begun: bool = False) -> str:
        thumbs = self.youju.settings.feedback_log is not None
        inner = render.conversation(turns, v.t, thumbs=thumbs)
        if not turns and not begun:
            inner = self._empty(v)
        return f'<div class="conversation" data-id="{id}">{inner}</div>'

    def beginning(self, v: Visitor) -> str:
        """Return a conversation that has no question yet: what the corpus holds."""
        return self._history(v, "", ())

    def _empty(self, v: Visitor) -> str:
        documents = self.youju.documents()
        if not documents:
            return welcome.nothing(v.t, may_edit=v.may_edit)
        passages = self.youju.ledger.count_searched()
        return welcome.empty(documents, passages, self._suggestions(documents, v.t), v.t)

    def _suggestions(self, documents: Sequence[Any], t: Words) -> tuple[Suggestion, ...]:
        ledger = self.youju.ledger
        revision = ledger.revision
        if self._suggested[0] != revision:
            self._suggested = (revision, {})
        made = self._suggested[1]
        if t.language not in made:
            made[t.language] = suggest(documents, ledger.passages_of, ledger.names(), t)
        return made[t.language]

    def rail(self, v: Visitor, id: str) -> str:
        """Return the left edge of the page."""
        return welcome.rail(self._conversations.of_reader(v.reader), id, v.t)

    def talks(self, v: Visitor, words: str, id: str) -> str:
        """Return the conversations that hold ``words``."""
        found = self._conversations.of_reader(v.reader, words)
        return welcome.talks(found, id, v.t, searched=bool(words.strip()))

    @staticmethod
    def _sources_pane(body: str, t: Words) -> str:
        nothing = f'<p class="note">{t("sources.none")}</p>'
        return welcome.in_pane("sources", body or nothing, t)

    def sources(self, v: Visitor, id: str, turn_id: str) -> str:
        """Return the sources of one answer; without a conversation, what they will be."""
        turns = [turn for turn in self._turns_of(v, id) if turn.id == turn_id]
        return self._sources_pane(pane.sources(turns[0], v.t) if turns else "", v.t)

    def source(self, v: Visitor, link: str, quote: str, origin: str, *, whole: bool) -> str:
        """Return a document open at a citation.

        Args:
            v: Who opens it.
            link: Of a chip: document, characters, and of which text.
            quote: What was cited, to find it again where the text has changed.
            origin: ``sources`` or ``library``: where the way back leads.
            whole: Whether to show all of a long document.

        Raises:
            NotFoundError: When there is no such document and nothing was quoted from it.
        """
        place = render.read_citation_link(link)
        origin = "library" if origin == "library" else "sources"
        bar = welcome.document_bar(origin, v.t)
        if quote and not self.youju.ledger.has_document(place.document_id):
            return welcome.in_pane(origin, pane.removed_view(quote, v.t), v.t, bar=bar)
        document = self.youju.document(place.document_id)
        found = pane.locate(document, place.spans, place.text_name, quote)
        blocks = list(clean(document))
        if not v.may_edit:  # where it lies on the server's disk is not for every reader
            document = replace(document, source=PurePath(document.source).name)
        body = pane.document_view(document, blocks, found, v.t, whole=whole)
        return welcome.in_pane(origin, body, v.t, bar=bar)

    def shelf(self, v: Visitor, asked: Sequence[str]) -> str:
        """Return the library; ``asked``: ids of the documents that alone are asked."""
        documents = self.youju.documents()
        gone = frozenset(d.id for d in documents if not Path(d.file).exists())
        shelf = pane.Shelf(
            documents, self.youju.ledger.count_passages(), gone, frozenset(asked), v.may_edit
        )
        return welcome.in_pane("library", pane.library(shelf, v.t), v.t)

    # --- conversations

    def rename(self, v: Visitor, id: str, title: str) -> None:
        """Give a conversation another title."""
        self._conversations.rename(v.reader, id, title)

    def delete(self, v: Visitor, id: str) -> None:
        """Delete a conversation, and end what is being answered in it."""
        self._conversations.delete(v.reader, id)
        running = self._running.get(id)
        if running:
            running.halt()

    def markdown(self, v: Visitor, id: str, turn_id: str) -> str:
        """Return an answer as Markdown with footnotes."""
        return export.markdown(self._answer_of(v, id, turn_id), v.t)

    def exported(self, v: Visitor, id: str) -> tuple[str, str]:
        """Return a file's name and the conversation as one HTML page."""
        title = self._title(v, id)
        date = datetime.now(UTC).astimezone().strftime("%Y-%m-%d %H:%M")
        html = export.page(title, self._conversations.turns(v.reader, id), date, v.t)
        return f"{_UNSAFE.sub('', title).replace('/', '')[:60] or 'youju'}.html", html

    def _answer_of(self, v: Visitor, id: str, turn_id: str) -> Answer:
        for turn in self._turns_of(v, id):
            if turn.id == turn_id and turn.answer:
                return turn.answer
        raise NotFoundError("There is no answer there.")

    def judge(self, v: Visitor, id: str, turn_id: str, reason: str, *, good: bool) -> None:
        """Keep what the reader thought of an answer, with the answer and in the log.

        Raises:
            YoujuError: When there is no such answer, no log, or it cannot be written.
        """
        log = self.youju.settings.feedback_log
        answer = self._answer_of(v, id, turn_id)
        if log is None:
            raise BadFileError("No feedback is kept here (YOUJU_FEEDBACK_LOG).")
        before = takewhile(lambda turn: turn.id != turn_id, self._turns_of(v, id))
        history = [(turn.question, turn.answer.text) for turn in before if turn.answer]
        log_feedback(log, answer, "up" if good else "down", reason, history=history)
        self._conversations.judge(v.reader, id, turn_id, "good" if good else "bad")

    # --- answering

    def stop(self, v: Visitor) -> None:
        """Stop the answer on its way in the conversation that this page shows, if any."""
        look = self._looks.get(v.place)
        running = self._running.get(look.conversation) if look else None
        if running:
            running.halt()

    def ask(self, v: Visitor, id: str, asked: Asked) -> Shown:
        """Begin to answer a question; ``follow`` tells how that comes on.

        Args:
            v: Who asks.
            id: Of the conversation; empty or unknown: a new one.
            asked: The question.

        Raises:
            QuestionError: When another is being answered there, or at this page.
        """
        asked = replace(asked, question=visible(asked.question).strip()[:LONGEST_QUESTION])
        if not re.search(r"\w", asked.question):
            raise QuestionError(v.t("ask.nothing"))
        with self._beginning:
            look = self._looks.get(v.place)
            id = self._known(v, id)
            if id in self._running or (look and look.conversation in self._running):
                raise QuestionError(v.t("busy.new"))
            id = id or self._conversations.begin(v.reader, shortened(asked.question, TITLE))
            if greets(asked.question):
                self._conversations.append(v.reader, id, self._greeting(v, asked), asked.replaces)
            else:
                self._running[id] = self._begin(v, id, asked)
                self._running[id].start()
            look = self._look(v, id, "")
        shown = self._view(v, id)
        look.seen = self._seen(shown)
        return replace(shown, asked=True)

    def _greeting(self, v: Visitor, asked: Asked) -> Turn:
        """Say what this is, what the library holds, and what may be asked."""
        documents = self.youju.documents()
        offered = [s.text for s in self._suggestions(documents, v.t) if s.answerable]
        holds = welcome.holds(documents, self.youju.ledger.count_searched(), v.t)
        told = v.t("greeting.holds", holds=v.t("comma").join(holds)) if documents else ""
        return Turn(
            question=asked.question,
            state="greeted",
            asked=_now(),
            said=f"{v.t('greeting')}\n{told or v.t('greeting.none')}",
            offered=tuple(offered),
        )

    def _begin(self, v: Visitor, id: str, asked: Asked) -> Running:
        """Put the question in before it is answered."""
        turns = self._turns_of(v, id)
        title = shortened(asked.question, TITLE)
        # Its title is its first question, unless the reader gave it another.
        others = [t for t in turns if t.state != "greeted" and t.id not in asked.replaces]
        if turns and not others and self._title(v, id) == shortened(turns[0].question, TITLE):
            self._conversations.rename(v.reader, id, title)
        begun = Turn(question=asked.question, state="running", asked=_now())
        begun = replace(
            begun, id=self._conversations.append(v.reader, id, begun, replaces=asked.replaces)
        )
        history = [
            (turn.question, turn.answer.text)
            for turn in turns
            if turn.answer and turn.id not in asked.replaces
        ]
        youju = self._answering

        def events() -> Generator[Event]:
            ask = youju.quote if asked.quoting else youju.stream
            yield from ask(asked.question, history, asked.filters)

        def keep(standing: Standing) -> None:
            try:
                kept = self._turn(begun, standing, v.t)
                self._conversations.write(v.reader, id, begun.id, kept)
                if standing.answer:
                    self._last[v.reader] = standing.answer
            except NotFoundError:  # deleted meanwhile: so is its answer
                return
            finally:
                if standing.ended:
                    del self._running[id]

        progress = render.Progress(question=asked.question, turn=begun.id)
        standing = Standing(progress=progress, since=time.monotonic())
        return Running(standing, events, self._turns, keep)

    def _texts(self, citations: Sequence[Citation], hits: Sequence[Hit]) -> dict[str, str]:
        ids = {c.document_id for c in citations} | {h.passage.document_id for h in hits}
        return {d.id: d.sha256 for d in self.youju.ledger.cards(sorted(ids)).values()}

    def _turn(self, begun: Turn, standing: Standing, t: Words) -> Turn:
        """What is to be kept of an answer as it stands."""
        answer = standing.answer
        kept = replace(begun, waited=standing.waited)
        if not standing.ended or answer is None or answer.model_failure:
            kept = replace(
                kept,
                draft=standing.draft,
                found=standing.found,
                texts=self._texts(standing.found, standing.hits),
            )
        if not standing.ended:
            return kept
        if answer:
            texts = kept.texts | self._texts(answer.citations, answer.hits)
            return replace(kept, state="done", answer=answer, draft="", texts=texts)
        if standing.error is not None:
            return replace(kept, state="failed", error=standing.error or t("internal"))
        return replace(kept, state="stopped")

    # --- documents

    async def add(self, v: Visitor, files: Sequence[Uploaded]) -> AsyncIterator[str]:
        """Add uploaded files to the library, telling how that comes on.

        Raises:
            BadFileError: When this reader may not change the library.
        """
        self._check_editor(v)
        paths = await asyncio.to_thread(self._move_in, files)
        async for told in self._work(
            v, lambda show: self.youju.add(*paths, progress=show), len(paths)
        ):
            yield told

    async def reindex(self, v: Visitor, id: str = "") -> AsyncIterator[str]:
        """Cut and embed documents anew, telling how that comes on.

        Args:
            v: Who wants it.
            id: Of the one document; its file is read again where it has changed. Empty: all.

        Raises:
            BadFileError: When this reader may not change the library.
            NotFoundError: When there is no such document.
        """
        self._check_editor(v)
        youju = self.youju
        if not id:
            async for told in self._work(v, youju.reindex, 0):
                yield told
            return
        if not youju.ledger.has_document(id):
            raise NotFoundError("There is no such document any more.")
        file = youju.document(id).file

        def again(show: Callable[[Progress], None]) -> list[FileResult]:
            steps: list[Progress] = []
            results = youju.add(file, progress=steps.append) if Path(file).is_file() else []
            if all(r.state == "unchanged" for r in results):
                return youju.reindex(show, only=(file,))
            for step in steps:
                show(step)
            return results

        async for told in self._work(v, again, 1):
            yield told

    def remove(self, v: Visitor, id: str) -> None:
        """Remove a document.

        Raises:
            BadFileError: When this reader may not change the library.
            NotFoundError: When there is no such document.
        """
        self._check_editor(v)
        if not self.youju.ledger.has_document(id):
            raise NotFoundError("There is no such document any more.")
        self.youju.remove(id)

    @staticmethod
    def _check_editor(v: Visitor) -> None:
        if not v.may_edit:
            raise BadFileError(v.t("add.denied"))

    def _move_in(self, files: Sequence[Uploaded]) -> list[Path]:
        """Put uploads where they stay; one of the same name is a new version of the file."""
        folder = self.youju.settings.home / "uploads"
        paths = []
        for name, uploaded in files:
            parts = [_UNSAFE.sub("_", p).strip() for p in name.split("/")]
            kept = [short_name(p) for p in parts if p.strip(".")]
            target = folder.joinpath(*kept) if kept else folder / "file"
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.move(uploaded, target)
            except OSError as error:
                raise BadFileError(f"{name}: {error.strerror or error}.") from error
            paths.append(target)
        return paths

    async def _work(
        self,
        v: Visitor,
        work: Callable[[Callable[[Progress], None]], list[FileResult]],
        files: int,
    ) -> AsyncIterator[str]:
        """Do ``work`` in a thread; tell each file's state."""
        loop, steps = asyncio.get_running_loop(), asyncio.Queue[Any]()

        def tell(step: Progress | str) -> None:
            loop.call_soon_threadsafe(steps.put_nowait, step)

        def run() -> None:
            try:
                work(tell)
                tell(v.t("add.done"))
            except YoujuError as error:
                tell(f"{v.t('add.failed')}: {told_error(str(error), v.t)}")
            except Exception:  # noqa: BLE001 - the page must not wait for ever
                _log.exception("adding documents failed")
                tell(v.t("internal"))

        threading.Thread(target=run, name="youju-add", daemon=True).start()
        lines: list[tuple[str, str, str]] = []
        title = v.t("add.reading", n=0, all=files)
        while True:
            yield welcome.job(title, lines, v.t, done=False)
            step = await steps.get()
            while not isinstance(step, str):
                lines.append(_line(step.result, v.t))
                title = v.t("add.reading", n=step.files, all=step.of_files)
                if steps.empty():
                    break
                step = steps.get_nowait()
            if isinstance(step, str):
                yield welcome.job(step, lines, v.t, done=True)
                return

    # --- settings

    def last(self, v: Visitor) -> Answer | None:
        """Return the answer that this reader got last from this process."""
        return self._last.get(v.reader)

    def embedding(self) -> str:
        """Return the name of what the passages were embedded with."""
        made_with = json.loads(self.youju.ledger.meta("fingerprint") or "{}")
        name = str(made_with.get("embedding", "")).split("+")[0]
        # How its vectors are computed is nobody's business at a page.
        return name if self.youju.settings.embedding_base_url else name.split("/")[0]

    @property
    def settings(self) -> Settings:
        """The settings that answers are made with."""
        return self._answering.settings

    def may_choose_endpoint(self, v: Visitor) -> bool:
        """Whether there is more than one address to choose from."""
        return v.may_configure and bool(not v.reader or self.youju.settings.allowed_endpoints)

    def use_model(self, v: Visitor, address: str, model: str, key: str) -> bool:
        """Answer with another model from now on; return whether a key was left behind.

        Args:
            v: Who wants it.
            address: Of the endpoint; empty: the embedded model.
            model: Its name.
            key: For this address; empty: the one that this address had, if any.

        Raises:
            YoujuError: When this visitor may not, the address is not allowed, or it is none.
        """
        if not v.may_configure:
            raise BadFileError(v.t("settings.denied"))
        current, configured = self.settings, self.youju.settings
        base_url = read_address(address, v.t)
        if not may_choose(base_url, configured, log_ins=bool(v.reader)):
            raise SettingsError(v.t("settings.endpoint.denied"))
        api_key = key_for(base_url, key, current, configured)
        self.change(v, base_url=base_url, model=model.strip() or "default", api_key=api_key)
        return bool(base_url and current.api_key and not api_key)

    def change(self, v: Visitor, **changed: Any) -> None:
        """Answer with other settings from now on; where there are users, an administrator may.

        Raises:
            YoujuError: When they cannot be used.
        """
        if not v.may_configure:
            raise BadFileError(v.t("settings.denied"))
        settings = self.settings.model_copy(update=changed)
        if settings == self.settings:
            return
        with self._changing:
            before = self._answering
            same = settings == self.youju.settings
            self._answering = self.youju if same else self._reopen(settings)
            if before is not self.youju and not self._running:
                before.close()


def _now() -> str:
    return datetime.now(UTC).isoformat()


def _line(result: FileResult, t: Words) -> tuple[str, str, str]:
    name = Path(result.path).name
    # Where the home lies on the disk is nobody's business at a page.
    reason = result.reason.replace(f"{Path(result.path).parent}/", "").removeprefix(f"{name}: ")
    reason = f"{reason.rstrip('.')}." if reason.endswith("..") else reason
    return result.state, name, told_error(reason, t)
