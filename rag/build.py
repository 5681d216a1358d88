"""Put the pieces together: the one module that knows them all."""

from __future__ import annotations

import atexit
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Self

import watchfiles
from filelock import FileLock, Timeout

from rag.answer import Answerer
from rag.embed import Centring, make_embedding
from rag.errors import BadFileError, StoreBusyError, StoreError, YoujuError
from rag.evidence import Corpus
from rag.ingest import FileResult, Ingestion
from rag.llm import make_chat_model
from rag.prompt import load_prompt
from rag.resources import resource
from rag.retrieve import HybridRetriever, Indexes
from rag.settings import Settings
from rag.split import SPLITTER
from vectorstore import ChromaIndex, Entry, Ledger, LexicalIndex, bring_up_to_date

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rag.ingest import Progress
    from rag.llm import ChatModel
    from rag.model import Answer, Document, Event, Hit

SYNC_EVERY = 50
"""Files after which the indexes follow the ledger during a long ``add``."""


class Youju:
    """One home: its documents, and answers over them. Safe to share between threads.

    Made by :func:`open`; close it, or use it in a ``with`` statement.
    """

    def __init__(self, settings: Settings, *, must_match: bool = True) -> None:
        """Open the home of ``settings``.

        Args:
            settings: All of them.
            must_match: False to open a home that was indexed otherwise, in order to ``reindex``.
        """
        self.settings = settings
        home = settings.home
        try:
            home.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"The home {home} cannot be made: {error.strerror}.") from error
        self._lock = FileLock(home / "writer.lock")
        self._writing = threading.RLock()
        self._embedding = make_embedding(settings)
        self._centring = Centring(self._embedding.model_name)
        self.ledger = Ledger(home / "ledger.db", self._fingerprint(), must_match=must_match)
        name = f"youju-{self.ledger.id[:16]}"
        self._dense = (
            ChromaIndex.server(settings.chroma_url, name)
            if settings.chroma_url
            else ChromaIndex.embedded(home / "chroma", name)
        )
        self._lexical = LexicalIndex(home / "lexical.db")
        self._model, self._server = make_chat_model(settings)
        self.retriever = HybridRetriever(
            Indexes(self.ledger, self._dense, self._lexical), self._embedding, k=settings.top_k
        )
        corpus = Corpus(self.retriever.frequency, self.retriever.passages)
        self._answerer = Answerer(
            self.retriever.search, corpus, self.retriever.similarity, self._model, settings
        )
        self._catch_up()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop the embedded model's server and close the files."""
        if self._server:
            self._server.stop()
        self._lexical.close()
        self.ledger.close()

    @property
    def model(self) -> ChatModel:
        """The language model that answers."""
        return self._model

    def warm_up(self) -> None:
        """Load what the first question would wait for; a failure waits for the question."""
        try:
            self.retriever.search("你好")
            deadline = time.monotonic() + self.settings.deadline
            fixed = load_prompt("answer")[:1]
            for _ in self._model.stream(
                (*fixed, ("user", "只回答：好")), max_tokens=16, deadline=deadline
            ):
                pass
        except YoujuError:
            return

    # --- asking

    def ask(self, question: str, history: Sequence[tuple[str, str]] = ()) -> Answer:
        """Answer ``question``.

        Args:
            question: In Chinese (either script) or English.
            history: Earlier questions and answers of the conversation, oldest first.

        Raises:
            ModelError: When the language model fails; the message says what to do.
        """
        return self._answerer.answer(question, history)

    def stream(self, question: str, history: Sequence[tuple[str, str]] = ()) -> Iterator[Event]:
        """Answer ``question`` step by step: Evidence, Token…, Checked…, Done."""
        return self._answerer.stream(question, history)

    def search(self, question: str, k: int | None = None) -> list[Hit]:
        """Return the ``k`` best passages (default: ``settings.top_k``); asks no language model."""
        return self.retriever.search(question, k)

    # --- documents

    def documents(self) -> list[Document]:
        """Return the cards of all documents (their ``text`` is empty), by id."""
        return self.ledger.documents()

    def document(self, document_id: str) -> Document:
        """Return one document with its text, by its id or an unambiguous beginning of it."""
        return self.ledger.document(document_id)

    def remove(self, document_id: str) -> Document:
        """Remove one document, by its id or an unambiguous beginning of it; return its card."""
        with self._write():
            document = self.ledger.document(document_id)
            self.ledger.remove(document.id)
            self._follow()
            return replace(document, text="")

    def add(
        self,
        *paths: str | Path,
        sync: bool = False,
        progress: Callable[[Progress], None] | None = None,
    ) -> list[FileResult]:
        """Add files, and the files in folders. A bad file is reported; the rest go in.

        Args:
            paths: Files and folders.
            sync: Remove the documents of files that are gone from the folders.
            progress: Told how far it has come after each file.

        Raises:
            BadFileError: When a path does not exist.
            StoreBusyError: When another process is writing to this home.
        """
        with self._write():
            run = Ingestion(self.ledger, self._embedding, self.settings)
            return self._run(run.add((Path(p) for p in paths), sync=sync), progress)

    def watch(
        self, *paths: str | Path, sync: bool = False, stop: threading.Event | None = None
    ) -> Iterator[list[FileResult]]:
        """Add files, then again whenever something under ``paths`` changes.

        Args:
            paths: Files and folders.
            sync: Remove the documents of files that are gone.
            stop: Ends the watch when set.

        Yields:
            What became of the files that changed; the first time, of all.
        """
        yield self.add(*paths, sync=sync)
        for _ in watchfiles.watch(*paths, stop_event=stop, raise_interrupt=True):
            results = self.add(*(p for p in paths if Path(p).exists()), sync=sync)
            changed = [r for r in results if r.state not in {"unchanged", "same text"}]
            if changed:
                yield changed

    def reindex(self, progress: Callable[[Progress], None] | None = None) -> list[FileResult]:
        """Clean, split and embed all documents anew, from the texts in the ledger."""
        with self._write():
            run = Ingestion(self.ledger, self._embedding, self.settings)
            results = self._run(run.reindex(), progress)
            self.ledger.set_fingerprint(self._fingerprint())
            return results

    def _run(
        self, steps: Iterator[Progress], progress: Callable[[Progress], None] | None
    ) -> list[FileResult]:
        results: list[FileResult] = []
        waiting = 0
        try:
            for step in steps:
                results.append(step.result)
                waiting += 1
                if progress:
                    progress(step)
                if waiting >= SYNC_EVERY:
                    self._follow()
                    waiting = 0
        finally:
            # Also when interrupted: what is in the ledger is then found at once.
            self._follow()
        return results

    # --- keeping the indexes with the ledger

    def _fingerprint(self) -> dict[str, str]:
        return {
            "embedding": self._embedding.model_name,
            "splitter": SPLITTER,
            "passage_tokens": str(self.settings.passage_tokens),
            "passage_overlap": str(self.settings.passage_overlap),
        }

    @contextmanager
    def _write(self) -> Iterator[None]:
        with self._writing:
            try:
                with self._lock.acquire(timeout=0):
                    yield
            except Timeout:
                raise StoreBusyError(
                    f"Another process is writing to {self.settings.home}. Wait until it is done."
                ) from None

    def _follow(self) -> None:
        for index in (self._dense, self._lexical):
            bring_up_to_date(index, self.ledger, self._entries)
        self.ledger.forget_changes(self.ledger.revision)

    def _catch_up(self) -> None:
        """On opening: finish what a killed process left; leave it to a writer that is at work."""
        try:
            with self._write():
                self._follow()
        except StoreBusyError:
            return

    def check_indexes(self) -> str:
        """Say how the indexes stand to the ledger.

        Raises:
            StoreError: When one does not hold what the ledger holds.
        """
        wanted = self.ledger.count_searched()
        for index in (self._dense, self._lexical):
            if index.count() != wanted:
                raise StoreError(
                    f"{type(index).__name__} holds {index.count()} passages, the ledger {wanted}. "
                    "Another process may be writing; else open the home again."
                )
        return f"dense and lexical hold the ledger's {wanted} passages"

    def _entries(self, passage_ids: Sequence[str]) -> list[Entry]:
        vectors = self.ledger.vectors_of(passage_ids)
        passages = self.ledger.passages(passage_ids)
        cards = self.ledger.cards(sorted({p.document_id for p in passages}))
        return [
            Entry(
                p,
                self._centring.passages(vectors[p.id][None], cards[p.document_id].language)[0],
            )
            for p in passages
        ]


SEEDING = "seeding"


__all__ = ["FileResult", "Youju", "default_home", "open_home"]


def open_home(
    home: str | Path | None = None,
    *,
    settings: Settings | None = None,
    say: Callable[[str], None] | None = None,
    must_match: bool = True,
) -> Youju:
    """Open a home.

    Args:
        home: A folder, made and left empty where it does not exist. Without it the home of the
            settings is opened, and filled from the seed documents the first time.
        settings: Instead of the environment's.
        say: Told what is being done when that takes time.
        must_match: False to open a home that was indexed otherwise, in order to ``reindex``.
    """
    settings = settings or Settings.load()
    if home is not None:
        settings = settings.model_copy(update={"home": Path(home)})
        return Youju(settings, must_match=must_match)
    new = not (settings.home / "ledger.db").exists()
    youju = Youju(settings, must_match=must_match)
    try:
        # The mark is set before the first document and taken away after the last: a kill in
        # between leaves a home that the next start goes on filling.
        if new:
            youju.ledger.set_meta(SEEDING, "begun")
        if youju.ledger.meta(SEEDING) == "begun":
            _fill_from_seeds(youju, say or (lambda _: None))
    except BaseException:
        youju.close()
        raise
    return youju


def _fill_from_seeds(youju: Youju, say: Callable[[str], None]) -> None:
    folder = resource("seeds")
    say(f"{youju.settings.home} is new: filling it from {folder} (once, some seconds).")
    results = youju.add(folder)
    failed = [r.reason for r in results if r.state == "failed"]
    if failed:
        raise BadFileError("; ".join(failed))
    youju.ledger.set_meta(SEEDING, "done")


_default: Youju | None = None
_default_lock = threading.Lock()


def default_home() -> Youju:
    """Return the process's one open default home: the model stays loaded between questions."""
    global _default  # noqa: PLW0603 - behind the module-level `ask`, and nothing else
    with _default_lock:
        if _default is None:
            _default = open_home(say=lambda text: print(text, file=sys.stderr))  # noqa: T201
            atexit.register(_default.close)
        return _default
