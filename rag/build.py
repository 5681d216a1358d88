"""Put the pieces together: the one module that knows them all."""

from __future__ import annotations

import atexit
import re
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

import numpy as np
from filelock import FileLock, Timeout

from rag.answer import Answerer
from rag.budget import count_tokens
from rag.clean import clean
from rag.embed import Centring, E5Embedding, embed_passages, make_embedding
from rag.errors import BadFileError, StoreBusyError, StoreError, YoujuError
from rag.evidence import Corpus
from rag.llm import make_chat_model
from rag.load import find_files, load_file
from rag.prompt import load_prompt
from rag.resources import resource
from rag.retrieve import HybridRetriever, Indexes
from rag.settings import Settings
from rag.split import SPLITTER, split
from vectorstore import ChromaIndex, Entry, Ledger, LexicalIndex, bring_up_to_date
from vectorstore.ledger import vector_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rag.embed import Vectors
    from rag.llm import ChatModel
    from rag.model import Answer, Document, Event, Hit, Passage

SYNC_EVERY = 50
"""Documents after which the indexes follow the ledger during a long ``add``."""

State = Literal["added", "updated", "unchanged", "same text", "failed"]


@dataclass(frozen=True, slots=True)
class FileResult:
    """What became of one file."""

    path: str
    state: State
    document_id: str | None = None
    passages: int = 0
    reason: str = ""


class Youju:
    """One home: its documents, and answers over them. Safe to share between threads.

    Made by :func:`open`; close it, or use it in a ``with`` statement.
    """

    def __init__(self, settings: Settings) -> None:
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
        self.ledger = Ledger(home / "ledger.db", self._fingerprint())
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
        self, *paths: str | Path, progress: Callable[[FileResult], None] | None = None
    ) -> list[FileResult]:
        """Add files, and the files in folders. A bad file is reported; the rest go in.

        Args:
            paths: Files and folders.
            progress: Called with each result as it comes.

        Raises:
            BadFileError: When a path does not exist.
            StoreBusyError: When another process is writing to this home.
        """
        results: list[FileResult] = []
        with self._write():
            files = find_files(Path(p) for p in paths)
            while batch := list(islice(files, SYNC_EVERY)):
                for path in batch:
                    results.append(self._add_file(path))
                    if progress:
                        progress(results[-1])
                self._follow()
        return results

    def _add_file(self, path: Path) -> FileResult:
        try:
            source = str(path.resolve())
            known = self.ledger.document_at(source)
            new_id = known.id if known else self._new_id(path)
            document = load_file(path, max_bytes=self.settings.max_file_bytes, new_id=new_id)
        except BadFileError as error:
            return FileResult(str(path), "failed", reason=str(error))
        if known == document:
            count = len(self.ledger.passages_of(document.id))
            return FileResult(str(path), "unchanged", document.id, count)
        twin = None if known else self._twin(document)
        if twin and Path(twin.source).exists():
            return FileResult(str(path), "same text", twin.id, reason=f"already in as {twin.id}")
        if twin:
            document = replace(document, id=twin.id)  # the file was moved
        passages = self._store(document)
        return FileResult(
            str(path), "updated" if known or twin else "added", document.id, len(passages)
        )

    def _twin(self, document: Document) -> Document | None:
        return next((d for d in self.documents() if d.sha256 == document.sha256), None)

    def _store(self, document: Document) -> list[Passage]:
        passages = split(
            document,
            clean(document),
            max_tokens=self.settings.passage_tokens,
            count_tokens=self._count_tokens,
        )
        model = self._embedding.model_name
        texts = [p.text for p in passages]
        keys = [vector_key(model, t) for t in texts]
        vectors = self.ledger.vectors(keys)
        missing = {k: t for k, t in zip(keys, texts, strict=True) if k not in vectors}
        if missing:
            made = embed_passages(self._embedding, list(missing.values()))
            vectors |= dict(zip(missing, made, strict=True))
        self.ledger.put(document, passages, self._stack([vectors[k] for k in keys]), keys)
        return passages

    @staticmethod
    def _stack(vectors: list[Vectors]) -> Vectors:
        return np.stack(vectors) if vectors else np.empty((0, 0), dtype=np.float32)

    def _count_tokens(self, text: str) -> int:
        if isinstance(self._embedding, E5Embedding):
            return self._embedding.count_tokens(text)
        return count_tokens(text)

    def _new_id(self, path: Path) -> str:
        """A readable id: the file's name, with a number where that is taken."""
        stem = re.sub(r"[^\w.-]+", "-", path.stem).strip("-.")[:80] or "document"
        id, number = stem, 1
        while self.ledger.has_document(id):
            number += 1
            id = f"{stem}-{number}"
        return id

    # --- keeping the indexes with the ledger

    def _fingerprint(self) -> dict[str, str]:
        return {
            "embedding": self._embedding.model_name,
            "splitter": SPLITTER,
            "passage_tokens": str(self.settings.passage_tokens),
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
        wanted = sum(self.ledger.count_passages().values())
        for index in (self._dense, self._lexical):
            if index.count() != wanted:
                raise StoreError(
                    f"{type(index).__name__} holds {index.count()} passages, the ledger {wanted}. "
                    "Another process may be writing; else open the home again."
                )
        return f"dense and lexical hold the ledger's {wanted} passages"

    def _entries(self, passage_ids: Sequence[str]) -> list[Entry]:
        languages = {d.id: d.language for d in self.documents()}
        vectors = self.ledger.vectors_of(passage_ids)
        return [
            Entry(p, self._centring.passages(vectors[p.id][None], languages[p.document_id])[0])
            for p in self.ledger.passages(passage_ids)
        ]


SEEDING = "seeding"


def open_home(
    home: str | Path | None = None,
    *,
    settings: Settings | None = None,
    say: Callable[[str], None] | None = None,
) -> Youju:
    """Open a home.

    Args:
        home: A folder, made and left empty where it does not exist. Without it the home of the
            settings is opened, and filled from the seed documents the first time.
        settings: Instead of the environment's.
        say: Told what is being done when that takes time.
    """
    settings = settings or Settings.load()
    if home is not None:
        return Youju(settings.model_copy(update={"home": Path(home)}))
    new = not (settings.home / "ledger.db").exists()
    youju = Youju(settings)
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
