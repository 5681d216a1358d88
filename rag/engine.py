"""What answers over a home: the models, the indexes derived from its ledger, and the answerer."""

from __future__ import annotations

import logging
import shutil
import time
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from rag.answer import Answerer
from rag.embed import Centring, count_tokens, embed_with_tokens, make_embedding
from rag.endpoint import free_cores
from rag.errors import StoreError
from rag.fold import language_of
from rag.llm import make_chat_model
from rag.prompt import load_prompt
from rag.reader.bundled import bundled_reader
from rag.rerank import make_reranker
from rag.retrieve import HybridRetriever, Indexes, Reranking
from vectorstore.chroma import ChromaIndex
from vectorstore.indexes import Entry, bring_up_to_date
from vectorstore.lexical import LexicalIndex
from vectorstore.seal import Seal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from rag.embed import Embedded, Vectors
    from rag.model import Passage
    from rag.names import Names
    from rag.reader import Reader
    from rag.settings import Settings
    from vectorstore.ledger import Ledger


def _copies(home: Path) -> TemporaryDirectory[str]:
    """Copy the indexes of a home, and their seals, to where they can be written."""
    place = TemporaryDirectory(prefix="youju-", ignore_cleanup_errors=True)
    for name in ("chroma", "lexical"):
        with suppress(OSError):  # they are derived
            shutil.copytree(home / name, Path(place.name) / name)
            shutil.copy2(home / f"{name}.seal", place.name)
    for path in Path(place.name).rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
    return place


LOG = logging.getLogger(__name__)


def _token(settings: Settings) -> str:
    return settings.chroma_token.get_secret_value() if settings.chroma_token else ""


class Engine:
    """Models, indexes and answerer of one home."""

    def __init__(
        self,
        settings: Settings,
        ledger: Ledger,
        names: Callable[[], Names],
        *,
        writer_if_free: Callable[[], AbstractContextManager[bool]],
        copied: bool = False,
    ) -> None:
        """Load what answers.

        Args:
            settings: All of them.
            ledger: Of the home.
            names: Tells which names are the same.
            writer_if_free: Keeps other processes from writing while the indexes are opened, and
                says whether none does: then a damaged one may be made anew.
            copied: Whether the indexes are copied first: Chroma and tantivy write into their
                folders also to read, and those of the home cannot be written.
        """
        self._settings = settings
        self._ledger = ledger
        self.repairs: list[str] = []
        """What was found damaged and made anew, in words."""
        self._embedding = make_embedding(settings)
        self._centring = Centring(self._embedding.model_name)
        name = f"youju-{ledger.id[:16]}"
        self._copies = _copies(settings.home) if copied else None
        place = Path(self._copies.name) if self._copies else settings.home
        chroma, lexical = place / "chroma", place / "lexical"
        self._seals = {folder: Seal(folder) for folder in (chroma, lexical)}
        if settings.chroma_url:
            del self._seals[chroma]
            self._dense = ChromaIndex.server(settings.chroma_url, name, _token(settings))
        with writer_if_free() as alone:
            if not settings.chroma_url:
                self._make_sure(chroma, name, alone=alone)
                self._dense = ChromaIndex.embedded(chroma, name, anew=alone)
            self._make_sure(lexical, alone=alone)
            self._lexical = LexicalIndex(lexical, anew=alone)
            (place / "lexical.db").unlink(missing_ok=True)  # of 0.2
            for seal in self._seals.values():
                seal.opened()
        self.model, self._server = make_chat_model(settings)
        reranker = make_reranker(settings)
        self.retriever = HybridRetriever(
            Indexes(ledger, self._dense, self._lexical),
            self._embedding,
            names,
            k=settings.top_k,
            reranking=Reranking(reranker, settings.rerank_depth) if reranker else None,
        )
        self.answerer = Answerer(self.retriever, self.model, settings, self.reader)
        self.quoter = Answerer(self.retriever, None, settings, self.reader)

    def close(self) -> None:
        """Stop the embedded model's server and close the files."""
        if self._server:
            self._server.stop()
        self._lexical.close()
        for seal in self._seals.values():
            seal.closed()
        if self._copies:
            self._copies.cleanup()

    def reader(self) -> Reader:
        """Return what points at the words that answer; loaded when first needed."""
        return bundled_reader(self._settings.threads or free_cores())

    def warm_up(self) -> None:
        """Load what the first question would wait for."""
        self.retriever.search("你好")
        if self._settings.quotes:
            self.reader()
            return
        if self.model is None:
            return
        deadline = time.monotonic() + self._settings.deadline
        fixed = load_prompt("answer")[:1]
        for _ in self.model.stream(
            (*fixed, ("user", "只回答：好")), max_tokens=16, deadline=deadline
        ):
            pass

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, by the embedding model."""
        return count_tokens(self._embedding, texts)

    def embed(self, texts: Sequence[str]) -> Embedded:
        """Embed passages and their tokens."""
        return embed_with_tokens(self._embedding, texts)

    # --- keeping the indexes with the ledger

    def _make_sure(self, folder: Path, *check: str, alone: bool) -> None:
        """Look whether an index may be opened; clear a damaged one away, to be filled anew.

        Raises:
            StoreError: When it is damaged while another process writes.
        """
        if self._seals[folder].is_sound(*check, alone=alone):
            return
        if not alone:
            raise StoreError(
                f"The index {folder} is damaged, and another process is writing to this home. "
                "Try again when that is done: the index is then filled from the ledger."
            )
        self._seals[folder].lift()
        shutil.rmtree(folder, ignore_errors=True)
        self.repairs.append(f"The index {folder} was damaged and is filled again from the ledger.")
        LOG.warning("%s", self.repairs[-1])

    def follow(self) -> None:
        """Bring both indexes to what the ledger holds. Only the process that writes may."""

        def changing() -> None:
            for seal in self._seals.values():
                seal.lift()

        for index in (self._dense, self._lexical):
            try:
                bring_up_to_date(index, self._ledger, self._entries, changing)
            except StoreError:  # another process may have made it anew
                index.refresh()
                bring_up_to_date(index, self._ledger, self._entries, changing)
        if not self._copies:
            self._ledger.forget_changes(self._ledger.revision)

    def seal(self) -> None:
        """Seal the indexes as they are. Only the process that writes may."""
        for seal in self._seals.values():
            seal.press()

    def check_indexes(self) -> str:
        """Say how the indexes stand to the ledger.

        Raises:
            StoreError: When one does not hold what the ledger holds.
        """
        wanted = self._ledger.count_searched()
        for index in (self._dense, self._lexical):
            if index.count() != wanted:
                raise StoreError(
                    f"{type(index).__name__} holds {index.count()} passages, the ledger {wanted}. "
                    "Another process may be writing; else open the home again."
                )
        held = f"dense and lexical hold the ledger's {wanted} passages"
        return ". ".join((held, *self.repairs))

    def _entries(self, passage_ids: Sequence[str]) -> list[Entry]:
        vectors = self._ledger.vectors_of(passage_ids)
        passages = self._ledger.passages(passage_ids)
        return [self._entry(p, vectors[p.id]) for p in passages]

    def _entry(self, passage: Passage, vector: Vectors) -> Entry:
        language = language_of(passage.text)
        return Entry(passage, self._centring.passages(vector[None], language)[0], language)
