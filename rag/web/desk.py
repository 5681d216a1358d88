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
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from rag.cards import shortened
from rag.clean import clean
from rag.errors import BadFileError, NotFoundError, SettingsError, YoujuError
from rag.feedback import log_feedback
from rag.fold import visible
from rag.load import short_name
from rag.model import Filters
from rag.web import export, pane, render, welcome
from rag.web.endpoints import key_for, may_choose, read_address
from rag.web.running import Running, Standing
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
        self._running: dict[tuple[str, str], Running] = {}
        self._left: set[Running] = set()
        self._suggested: tuple[int, dict[Language, tuple[Suggestion, ...]]] = (-1, {})
        self._last: dict[str, Answer] = {}
        self._changing = threading.Lock()

    # --- what is shown

    def opened(self, v: Visitor, id: str) -> Shown:
        """Return the page with a conversation; an unknown one is a new one."""
        self.leave(v)
        try:
            turns = self._conversations.turns(v.reader, id) if id else []
        except NotFoundError:
            id, turns = "", []
        last = turns[-1] if turns else None
        body = pane.sources(last, v.t) if last else ""
        return Shown(
            live="",
            pane=self._sources_pane(body, v.t),
            history=self._history(v, id, turns),
            head=welcome.head(self._title(v, id), v.t),
            rail=self.rail(v, id),
            conversation=id,
            state="free",
        )

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

    def sources(self, v: Visitor, id: str, ordinal: int) -> str:
        """Return the sources of one answer; without a conversation, what they will be."""
        turns = self._conversations.turns(v.reader, id) if id else []
        body = pane.sources(turns[ordinal], v.t) if 0 <= ordinal < len(turns) else ""
        return self._sources_pane(body, v.t)

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
        """Delete a conversation."""
        self._conversations.delete(v.reader, id)

    def markdown(self, v: Visitor, id: str, ordinal: int) -> str:
        """Return an answer as Markdown with footnotes."""
        return export.markdown(self._answer_at(v, id, ordinal), v.t)

    def exported(self, v: Visitor, id: str) -> tuple[str, str]:
        """Return a file's name and the conversation as one HTML page."""
        title = self._title(v, id)
        date = datetime.now(UTC).astimezone().strftime("%Y-%m-%d %H:%M")
        html = export.page(title, self._conversations.turns(v.reader, id), date, v.t)
        return f"{_UNSAFE.sub('', title).replace('/', '')[:60] or 'youju'}.html", html

    def _answer_at(self, v: Visitor, id: str, ordinal: int) -> Answer:
        turns = self._conversations.turns(v.reader, id)
        answer = turns[ordinal].answer if 0 <= ordinal < len(turns) else None
        if answer is None:
            raise NotFoundError("There is no answer there.")
        return answer

    def judge(self, v: Visitor, id: str, ordinal: int, reason: str, *, good: bool) -> None:
        """Keep what the reader thought of an answer, with the answer and in the log.

        Raises:
            YoujuError: When there is no such answer, no log, or it cannot be written.
        """
        log = self.youju.settings.feedback_log
        answer = self._answer_at(v, id, ordinal)
        if log is None:
            raise BadFileError("No feedback is kept here (YOUJU_FEEDBACK_LOG).")
        before = self._conversations.turns(v.reader, id)[:ordinal]
        history = [(turn.question, turn.answer.text) for turn in before if turn.answer]
        log_feedback(log, answer, "up" if good else "down", reason, history=history)
        self._conversations.judge(v.reader, id, ordinal, "good" if good else "bad")

    # --- answering

    def stop(self, v: Visitor) -> None:
        """Stop the answer on its way at this page, if any."""
        running = self._running.get(v.place)
        if running:
            running.halt()

    def leave(self, v: Visitor) -> None:
        """Stop the answer on its way, and do not show it any more: another is looked at."""
        running = self._running.get(v.place)
        if running:
            self._left.add(running)
            running.halt()

    def is_busy(self, v: Visitor) -> bool:
        """Whether an answer is on its way at this page."""
        return v.place in self._running

    async def answer(
        self, v: Visitor, question: str, id: str, ordinal: int | None, filters: Filters
    ) -> AsyncIterator[Shown]:
        """Answer a question step by step; whatever ends it, what is there is kept.

        Args:
            v: Who asks.
            question: Not empty.
            id: Of the conversation; empty or unknown: a new one.
            ordinal: Which turn to replace, with all after it; None: one more.
            filters: Which documents may be read.
        """
        question = visible(question).strip()[:LONGEST_QUESTION]
        asking = await asyncio.to_thread(self._begin, v, question, id, ordinal)
        history = [
            (turn.question, turn.answer.text) for turn in asking.before if turn.answer is not None
        ]
        youju = self._answering

        def events() -> Generator[Event]:
            yield from youju.stream(question, history, filters)

        running = Running(events, self._turns)
        self._running[v.place] = running
        standing = Standing(
            progress=render.Progress(question=question, ordinal=asking.ordinal),
            since=time.monotonic(),
        )
        yield Shown(
            live=render.progress_article(standing.progress, {}, v.t),
            pane=self._sources_pane("", v.t),
            history=self._history(v, asking.id, asking.before, begun=True),
            head=welcome.head(self._title(v, asking.id), v.t),
            rail=self.rail(v, asking.id),
            conversation=asking.id,
            state="busy",
        )
        texts: dict[str, str] = {}
        found: tuple[Citation, ...] = ()
        try:
            async with aclosing(running.standings(standing)) as standings:
                async for standing in standings:
                    listed = None
                    if standing.found != found:
                        found = standing.found
                        texts = self._texts(standing.found, standing.hits)
                        turn = self._turn(question, asking.asked, standing, texts, v.t)
                        listed = self._sources_pane(pane.sources(turn, v.t), v.t)
                    if not standing.ended:
                        article = render.progress_article(standing.progress, texts, v.t)
                        yield Shown(live=article, pane=listed)
        finally:
            # Also when the page was closed in between.
            if standing.answer:
                texts = self._texts(standing.answer.citations, standing.answer.hits)
                self._last[v.reader] = standing.answer
            kept = self._turn(question, asking.asked, standing, texts, v.t)
            self._keep(v, asking, kept)
            if self._running.get(v.place) is running:
                del self._running[v.place]
        if running in self._left:
            self._left.discard(running)
            return
        turns = [*asking.before, kept]
        yield Shown(
            live="",
            pane=self._sources_pane(pane.sources(kept, v.t), v.t),
            history=self._history(v, asking.id, turns),
            rail=self.rail(v, asking.id),
            state="free",
        )

    def _begin(self, v: Visitor, question: str, id: str, ordinal: int | None) -> _Asking:
        """Find or make the conversation, and put the question in before it is answered."""
        try:
            before = self._conversations.turns(v.reader, id) if id else []
        except NotFoundError:
            id, before = "", []
        id = id or self._conversations.begin(v.reader, shortened(question, TITLE))
        place = len(before) if ordinal is None else max(0, min(ordinal, len(before)))
        asking = _Asking(id, place, tuple(before[:place]), datetime.now(UTC).isoformat())
        if before and place == 0 and self._title(v, id) == shortened(before[0].question, TITLE):
            self._conversations.rename(v.reader, id, shortened(question, TITLE))
        self._keep(v, asking, Turn(question=question, state="stopped", asked=asking.asked))
        return asking

    def _keep(self, v: Visitor, asking: _Asking, turn: Turn) -> None:
        try:
            self._conversations.keep(v.reader, asking.id, asking.ordinal, turn)
        except NotFoundError:  # deleted meanwhile: so is its answer
            return

    def _texts(self, citations: Sequence[Citation], hits: Sequence[Hit]) -> dict[str, str]:
        ids = {c.document_id for c in citations} | {h.passage.document_id for h in hits}
        return {d.id: d.sha256 for d in self.youju.ledger.cards(sorted(ids)).values()}

    @staticmethod
    def _turn(
        question: str, asked: str, standing: Standing, texts: Mapping[str, str], t: Words
    ) -> Turn:
        if standing.answer:
            return Turn(
                question=question, state="done", asked=asked, answer=standing.answer,
                texts=dict(texts),
            )  # fmt: skip
        failed = standing.error is not None
        return Turn(
            question=question,
            state="failed" if failed else "stopped",
            asked=asked,
            draft=standing.draft,
            error=(standing.error or t("internal")) if failed else "",
            found=standing.found,
            texts=dict(texts),
        )

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
                tell(f"{v.t('add.failed')}: {error}")
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
                lines.append(_line(step.result))
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
        return str(made_with.get("embedding", ""))

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


@dataclass(frozen=True, slots=True)
class _Asking:
    """A question that has its place in a conversation."""

    id: str
    ordinal: int
    before: tuple[Turn, ...]
    asked: str


def _line(result: FileResult) -> tuple[str, str, str]:
    name = Path(result.path).name
    # Where the home lies on the disk is nobody's business at a page.
    reason = result.reason.replace(f"{Path(result.path).parent}/", "").removeprefix(f"{name}: ")
    return result.state, name, f"{reason.rstrip('.')}." if reason.endswith("..") else reason
