"""Put the pieces together: the one module that knows them all.

What answers (``rag.engine``: models, indexes and the libraries under them) is loaded when it is
first needed: that takes three seconds, and listing documents or seeing that no file has changed
needs none of it.
"""

from __future__ import annotations

import atexit
import os
import sys
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

import watchfiles
from filelock import FileLock, Timeout

from rag.errors import BadFileError, StoreBusyError, StoreError, YoujuError
from rag.ingest import FileResult, Ingestion
from rag.late import embedding_name
from rag.names import KnownNames, given_names, seed_names
from rag.question.pile import topic_of
from rag.resources import resource
from rag.settings import Settings
from rag.split import SPLITTER
from vectorstore.integrity import damages
from vectorstore.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from rag.corpus.scan import Mentions
    from rag.corpus.timeline import Happening
    from rag.embed import Embedded
    from rag.engine import Engine
    from rag.ingest import Progress
    from rag.llm import ChatModel
    from rag.model import Answer, Document, Event, Filters, Hit
    from rag.reader import Reader
    from rag.retrieve import HybridRetriever

SYNC_EVERY = 50
"""Files after which the indexes follow the ledger during a long ``add``."""
SEEDING = "seeding"
"""The ledger's mark of a home that is being filled from the seeds (begun), or was (done)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What filters may name, and what some let through."""

    outlets: tuple[str, ...]
    languages: tuple[str, ...]
    tags: tuple[str, ...]
    documents: tuple[Document, ...]
    """Cards (their ``text`` is empty) of the documents that pass, by id."""


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
        given = given_names(settings)
        try:
            home.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"The home {home} cannot be made: {error.strerror}.") from error
        ledger = home / "ledger.db"
        kept = [home, ledger] if ledger.exists() else [home]
        self.read_only = not all(os.access(path, os.W_OK) for path in kept)
        """Whether the home can be asked and not changed."""
        self._lock = FileLock(home / "writer.lock")
        self._writing = threading.RLock()
        self._loading = threading.Lock()
        self._engine: Engine | None = None
        self._caught_up = False
        self._writes = False
        self.ledger = Ledger(
            ledger,
            self._fingerprint(),
            must_match=must_match,
            read_only=self.read_only,
        )
        self._names = KnownNames(given, self.ledger)
        if self.ledger.meta(SEEDING):
            self._names.also(seed_names())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop the embedded model's server and close the files."""
        if self._engine:
            self._engine.close()
        self.ledger.close()

    def _loaded(self) -> Engine:
        """What answers; its indexes may still be behind the ledger."""
        with self._loading:
            if self._engine is None:
                from rag.engine import Engine  # noqa: PLC0415 - see the top of this file

                self._engine = Engine(
                    self.settings,
                    self.ledger,
                    self._names.current,
                    writer_if_free=self._writer_if_free,
                    copied=self.read_only,
                )
            return self._engine

    def _ready(self) -> Engine:
        """What answers, once what a killed process left undone is finished.

        That is left to a writer that is at work.
        """
        engine = self._loaded()
        if not self._caught_up:
            if self.read_only:
                engine.follow()  # what was copied
            else:
                with suppress(StoreBusyError), self._write():
                    engine.follow()
            self._caught_up = True
        return engine

    @property
    def retriever(self) -> HybridRetriever:
        """The retriever, which is also a LlamaIndex ``BaseRetriever``."""
        return self._ready().retriever

    @property
    def model(self) -> ChatModel | None:
        """The language model that answers; None where the answers are quotations."""
        return self._loaded().model

    def reader(self) -> Reader:
        """Return what points at the words that answer."""
        return self._loaded().reader()

    def warm_up(self) -> None:
        """Load what the first question would wait for; a failure waits for the question."""
        try:
            self._ready().warm_up()
        except YoujuError:
            return

    # --- asking

    def ask(
        self,
        question: str,
        history: Sequence[tuple[str, str]] = (),
        filters: Filters | None = None,
    ) -> Answer:
        """Answer ``question``.

        Args:
            question: In Chinese (either script) or English.
            history: Earlier questions and answers of the conversation, oldest first.
            filters: Which documents and classes may be read.

        Returns:
            An answer in any case: where the language model fails, the best sentences quoted, and
            ``note`` says what failed and what to do.
        """
        return self._ready().answerer.answer(question, history, filters)

    def stream(
        self,
        question: str,
        history: Sequence[tuple[str, str]] = (),
        filters: Filters | None = None,
    ) -> Iterator[Event]:
        """Answer ``question`` step by step: Evidence, Token…, Checked…, Done."""
        return self._ready().answerer.stream(question, history, filters)

    def quote(
        self,
        question: str,
        history: Sequence[tuple[str, str]] = (),
        filters: Filters | None = None,
    ) -> Iterator[Event]:
        """Answer as ``stream`` does, with quotations alone: no language model is asked."""
        return self._ready().quoter.stream(question, history, filters)

    def search(
        self, question: str, k: int | None = None, filters: Filters | None = None
    ) -> list[Hit]:
        """Return the ``k`` best passages (default: ``settings.top_k``); asks no language model."""
        return self.retriever.search(question, k, filters)

    def mentions(self, topic: str, filters: Filters | None = None) -> Mentions:
        """Return every document that mentions ``topic``; asks no model.

        Args:
            topic: A name, word, date or figure, found in all its forms; 甲和乙 wants both in one
                passage, 甲或乙 one of them.
            filters: Which documents and classes are searched.
        """
        return self.retriever.mentions(topic_of(topic), filters)

    def timeline(self, topic: str, filters: Filters | None = None) -> tuple[Happening, ...]:
        """Return the dated sentences that mention ``topic``, the earliest date first."""
        return self.retriever.timeline(topic_of(topic), filters)

    # --- documents

    def documents(self) -> list[Document]:
        """Return the cards of all documents (their ``text`` is empty), by id."""
        return self.ledger.documents()

    def scope(self, filters: Filters | None = None) -> Scope:
        """Return every outlet, language and tag, and the documents that ``filters`` lets through.

        Args:
            filters: None: all documents.
        """
        ids = self.ledger.document_ids(filters, self._names.current().same) if filters else None
        cards = self.documents() if ids is None else self.ledger.cards(ids).values()
        return Scope(
            outlets=tuple(self.ledger.outlets()),
            languages=tuple(self.ledger.languages()),
            tags=tuple(self.ledger.tags()),
            documents=tuple(sorted(cards, key=lambda d: d.id)),
        )

    def document(self, document_id: str) -> Document:
        """Return one document with its text, by its id or an unambiguous beginning of it."""
        return self.ledger.document(document_id)

    def remove(self, document_id: str) -> Document:
        """Remove one document, by its id or an unambiguous beginning of it; return its card."""
        with self._write():
            document = self.ledger.card(document_id)
            self.ledger.remove(document.id)
            self._loaded().follow()
            return document

    def add(
        self,
        *paths: str | Path,
        sync: bool = False,
        tags: Sequence[str] | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> list[FileResult]:
        """Add files, and the files in folders. A bad file is reported; the rest go in.

        Args:
            paths: Files and folders.
            sync: Remove the documents of files that are gone from the folders.
            tags: For every document of these files, beside its own, instead of those that the
                files were given before; nothing is embedded again for that. None leaves those
                as they are, ``()`` takes them away.
            progress: Told how far it has come after each file.

        Raises:
            BadFileError: When a path does not exist.
            StoreBusyError: When another process is writing to this home.
        """
        with self._write():
            run = Ingestion(self.ledger, _LateEmbedder(self.settings, self._loaded), self.settings)
            return self._run(run.add((Path(p) for p in paths), sync=sync, tags=tags), progress)

    def watch(
        self,
        *paths: str | Path,
        sync: bool = False,
        tags: Sequence[str] | None = None,
        stop: threading.Event | None = None,
    ) -> Iterator[list[FileResult]]:
        """Add files, then again whenever something under ``paths`` changes.

        Args:
            paths: Files and folders.
            sync: Remove the documents of files that are gone.
            tags: As for ``add``.
            stop: Ends the watch when set.

        Yields:
            What became of the files that changed; the first time, of all.
        """
        yield self.add(*paths, sync=sync, tags=tags)
        missed = True  # what changed before the watch began
        for changes in watchfiles.watch(
            *paths, stop_event=stop, raise_interrupt=True, yield_on_timeout=True, rust_timeout=1000
        ):
            if not changes and not missed:
                continue
            missed = False
            results = self.add(*(p for p in paths if Path(p).exists()), sync=sync, tags=tags)
            changed = [r for r in results if r.state not in {"unchanged", "same text"}]
            if changed:
                yield changed

    def reindex(
        self, progress: Callable[[Progress], None] | None = None, *, only: Collection[str] = ()
    ) -> list[FileResult]:
        """Clean, split and embed all documents anew, from the texts in the ledger.

        Args:
            progress: Told each file's result.
            only: Paths of the files whose documents alone are meant.
        """
        with self._write():
            run = Ingestion(self.ledger, _LateEmbedder(self.settings, self._loaded), self.settings)
            results = self._run(run.reindex(only), progress)
            if not only:
                self.ledger.set_fingerprint(self._fingerprint())
            return results

    def _run(
        self, steps: Iterator[Progress], progress: Callable[[Progress], None] | None
    ) -> list[FileResult]:
        results: list[FileResult] = []
        followed = self.ledger.revision
        try:
            for step in steps:
                results.append(step.result)
                if progress:
                    progress(step)
                if self.ledger.revision - followed >= SYNC_EVERY:
                    self._loaded().follow()
                    followed = self.ledger.revision
        finally:
            # Also when interrupted: what is in the ledger is then found at once.
            if self.ledger.revision != followed:
                self._loaded().follow()
        return results

    def fill_from_seeds(self) -> None:
        """Add the seed documents; from now on their names count here (``rag.names.seed_names``).

        The mark is set before the first document and changed after the last: a kill in between
        leaves a home that the next start goes on filling.

        Raises:
            BadFileError: When one cannot be read.
        """
        self.ledger.set_meta(SEEDING, "begun")
        self._names.also(seed_names())
        failed = [r.reason for r in self.add(resource("seeds")) if r.state == "failed"]
        if failed:
            raise BadFileError("; ".join(failed))
        self.ledger.set_meta(SEEDING, "done")

    # --- keeping the indexes with the ledger

    def _fingerprint(self) -> dict[str, str]:
        return {
            "embedding": embedding_name(self.settings),
            "splitter": SPLITTER,
            "passage_tokens": str(self.settings.passage_tokens),
            "passage_overlap": str(self.settings.passage_overlap),
        }

    @contextmanager
    def _write(self) -> Iterator[None]:
        if self.read_only:
            raise StoreError(
                f"The home {self.settings.home} cannot be written: it can be asked, and not "
                "changed. Make it writable for this user, or use another with --home."
            )
        with self._writing:
            try:
                with self._lock.acquire(timeout=0):
                    self._writes = True
                    try:
                        yield
                    finally:
                        if self._engine:
                            self._engine.seal()
                        self._writes = False
            except Timeout:
                raise StoreBusyError(
                    f"Another process is writing to {self.settings.home}. Wait until it is done."
                ) from None

    @contextmanager
    def _writer_if_free(self) -> Iterator[bool]:
        """Keep other processes from writing, where none does; say whether that is so."""
        if self._writes or self.read_only:  # by this process, in whichever thread; by none
            yield True
            return
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            yield False
            return
        try:
            yield True
        finally:
            self._lock.release()

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, by the embedding model."""
        return self._loaded().count_tokens(texts)

    def check_texts(self) -> str:
        """Read the whole ledger again, and say that it holds what was stored.

        Raises:
            StoreError: When something is damaged; it names the documents.
        """
        found = list(damages(self.ledger))
        if found:
            raise StoreError(" ".join(found))
        return "every text has its hash, every passage is in its text"

    def check_indexes(self) -> str:
        """Say how the indexes stand to the ledger.

        Raises:
            StoreError: When one does not hold what the ledger holds.
        """
        return self._ready().check_indexes()


class _LateEmbedder:
    """The embedding model of a home, loaded when there is something to embed."""

    def __init__(self, settings: Settings, engine: Callable[[], Engine]) -> None:
        self.name = embedding_name(settings)
        self._engine = engine

    def embed(self, texts: Sequence[str]) -> Embedded:
        return self._engine().embed(texts)


__all__ = ["FileResult", "Scope", "Youju", "default_home", "open_home"]


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
        if say and not (settings.home / "ledger.db").exists():
            say(f"There is no home at {settings.home.absolute()}: an empty one is made there.")
        return Youju(settings, must_match=must_match)
    new = not (settings.home / "ledger.db").exists()
    youju = Youju(settings, must_match=must_match)
    try:
        if new or youju.ledger.meta(SEEDING) == "begun":
            if say:
                seeds = resource("seeds")
                say(f"{settings.home} is new: filling it from {seeds} (once, some seconds).")
            youju.fill_from_seeds()
    except BaseException:
        youju.close()
        raise
    return youju


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
