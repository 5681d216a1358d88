"""What answers over a home: the models, the indexes derived from its ledger, and the answerer."""

from __future__ import annotations

import time
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

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rag.embed import Embedded, Vectors
    from rag.model import Passage
    from rag.names import Names
    from rag.reader import Reader
    from rag.settings import Settings
    from vectorstore.ledger import Ledger


def _token(settings: Settings) -> str:
    return settings.chroma_token.get_secret_value() if settings.chroma_token else ""


class Engine:
    """Models, indexes and answerer of one home."""

    def __init__(self, settings: Settings, ledger: Ledger, names: Callable[[], Names]) -> None:
        self._settings = settings
        self._ledger = ledger
        self._embedding = make_embedding(settings)
        self._centring = Centring(self._embedding.model_name)
        name = f"youju-{ledger.id[:16]}"
        self._dense = (
            ChromaIndex.server(settings.chroma_url, name, _token(settings))
            if settings.chroma_url
            else ChromaIndex.embedded(settings.home / "chroma", name)
        )
        (settings.home / "lexical.db").unlink(missing_ok=True)  # of 0.2
        self._lexical = LexicalIndex(settings.home / "lexical")
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

    def follow(self) -> None:
        """Bring both indexes to what the ledger holds. Only the process that writes may."""
        for index in (self._dense, self._lexical):
            bring_up_to_date(index, self._ledger, self._entries)
        self._ledger.forget_changes(self._ledger.revision)

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
        return f"dense and lexical hold the ledger's {wanted} passages"

    def _entries(self, passage_ids: Sequence[str]) -> list[Entry]:
        vectors = self._ledger.vectors_of(passage_ids)
        passages = self._ledger.passages(passage_ids)
        return [self._entry(p, vectors[p.id]) for p in passages]

    def _entry(self, passage: Passage, vector: Vectors) -> Entry:
        language = language_of(passage.text)
        return Entry(passage, self._centring.passages(vector[None], language)[0], language)
