"""The dense index: Chroma, embedded under the home or a server named by ``CHROMA_URL``.

It is a LlamaIndex vector store (``BasePydanticVectorStore``), written with deterministic ids
and ``upsert``, and a derived index: whatever happens to it, the ledger fills it again.
"""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import chromadb
import httpx
import numpy as np
from chromadb.api.shared_system_client import SharedSystemClient
from chromadb.config import Settings as ChromaSettings
from chromadb.errors import ChromaError
from llama_index.core.schema import BaseNode, TextNode
from llama_index.core.vector_stores.types import (
    BasePydanticVectorStore,
    VectorStoreQuery,
    VectorStoreQueryResult,
)
from pydantic import PrivateAttr

from rag.errors import StoreError
from rag.fold import LANGUAGES, language_of
from rag.model import ANYWHERE, Passage, Within
from rag.origins import without_credentials
from vectorstore.indexes import panics_translated, spread

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from chromadb.api import ClientAPI
    from chromadb.api.models.Collection import Collection

    from rag.embed import Vectors
    from vectorstore.indexes import Entry

T = TypeVar("T")

BATCH = 1000
WIDE = 1000
"""Passages fetched to be filtered here. Chroma collects whatever passes a condition before it
searches: 1.5.9 takes 2 ms for the best 40 of 100,000 passages, 9 ms for the best 1,000, and 280 ms
for the best 40 under a condition that all of them pass."""
ITSELF = 1e-3
"""Cosine distance up to which a vector is the one that was looked for."""
SERVER_SECONDS = 30.0
"""Chroma's HTTP client has no timeout of its own."""


class ChromaIndex(BasePydanticVectorStore):
    """Passages by cosine similarity."""

    stores_text: bool = False
    flat_metadata: bool = True

    _connect: Callable[[], ClientAPI] = PrivateAttr()
    _name: str = PrivateAttr()
    _collections: dict[str, Collection] = PrivateAttr()
    _sizes: dict[str, int] = PrivateAttr()
    _deadline: float | None = PrivateAttr()

    def __init__(
        self, connect: Callable[[], ClientAPI], name: str, *, deadline: float | None = None
    ) -> None:
        """Open the collections ``name-…``, one a language, or make them.

        Args:
            connect: Opens a client; called again by ``refresh``.
            name: What the collections' names begin with.
            deadline: Seconds for each call; None for the embedded store.
        """
        super().__init__(stores_text=False)
        self._connect = connect
        self._name = name
        self._deadline = deadline
        self.refresh()

    def refresh(self) -> None:
        """See what another process has written since this one opened the store."""

        def open_() -> dict[str, Collection]:
            client = self._connect()
            return {
                language: client.get_or_create_collection(
                    f"{self._name}-{language}",
                    embedding_function=None,
                    configuration={"hnsw": {"space": "cosine", "ef_search": 200}},
                )
                for language in LANGUAGES
            }

        self._collections = self._call(open_)
        self._sizes = {}

    @classmethod
    def embedded(cls, folder: Path, name: str, *, anew: bool = True) -> ChromaIndex:
        """Open or make the embedded store in ``folder``.

        Args:
            folder: Made where it does not exist.
            name: What the collections' names begin with.
            anew: Whether one that does not open is made anew.
        """

        def connect() -> ClientAPI:
            # Chroma keeps one system for each folder and process; it would go on showing what
            # was there when it was opened, whatever another process has written since.
            SharedSystemClient.clear_system_cache()
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            settings = ChromaSettings(anonymized_telemetry=False)
            return chromadb.PersistentClient(path=str(folder), settings=settings)

        try:
            return cls(connect, name)
        except StoreError:
            if not anew:
                raise
            # Derived: the ledger fills it again. A kill while Chroma flushes can leave a
            # store that it cannot read any more.
            shutil.rmtree(folder, ignore_errors=True)
            return cls(connect, name)

    @classmethod
    def server(cls, url: str, name: str, token: str = "") -> ChromaIndex:
        """Use the Chroma server at ``url``.

        Args:
            url: Its address, or that of a proxy in front of it.
            name: Of the collection.
            token: Sent as a bearer token, where the proxy asks for one.

        Raises:
            StoreError: When it does not answer.
        """
        parts = urlsplit(url if "//" in url else f"//{url}", scheme="http")
        if not parts.hostname:
            shown = without_credentials(url)
            raise StoreError(f"CHROMA_URL is {shown!r}: it should look like http://host:8000.")
        port = parts.port or (443 if parts.scheme == "https" else 8000)

        def connect() -> ClientAPI:
            return chromadb.HttpClient(
                host=str(parts.hostname),
                port=port,
                ssl=parts.scheme == "https",
                headers={"Authorization": f"Bearer {token}"} if token else None,
                settings=ChromaSettings(anonymized_telemetry=False),
            )

        return cls(connect, name, deadline=SERVER_SECONDS)

    @classmethod
    def class_name(cls) -> str:
        """Name of this class in LlamaIndex's serialisation."""
        return "YoujuChromaIndex"

    def _call(self, call: Callable[[], T]) -> T:
        deadline = self._deadline
        if deadline is None:
            return _translated(call, "the embedded Chroma store")
        where = "the Chroma server"
        return _translated(lambda: _within(deadline, call, where), where)

    # --- as a derived index

    @property
    def _first(self) -> Collection:
        """The collection that remembers what has been seen."""
        return self._collections[LANGUAGES[0]]

    def seen(self) -> tuple[str, int]:
        """Return the ledger's id and the revision followed so far."""
        known = self._first.metadata or {}
        return str(known.get("ledger", "")), int(known.get("revision", -1))

    def mark_seen(self, ledger: str, revision: int) -> None:
        """Remember them."""
        first = self._first
        self._call(lambda: first.modify(metadata={"ledger": ledger, "revision": revision}))

    def ids(self) -> set[str]:
        """Return the ids of all passages in the index."""
        found = (self._call(partial(c.get, include=[])) for c in self._collections.values())
        return {id for page in found for id in page["ids"]}

    def count(self) -> int:
        """Return the number of passages in the index."""
        return sum(map(self._size, LANGUAGES))

    def _size(self, language: str) -> int:
        # Chroma counts its rows anew each time: 40 ms of each search at a million passages.
        if language not in self._sizes:
            self._sizes[language] = int(self._call(self._collections[language].count))
        return self._sizes[language]

    def finds_itself(self, most: int) -> bool:
        """Whether about ``most`` passages of each language are found by their own vectors."""
        for collection in self._collections.values():
            page = self._call(partial(collection.get, include=[]))
            ids = spread(page["ids"], most)
            if not ids:
                continue
            held = self._call(partial(collection.get, ids=ids, include=["embeddings"]))
            vectors = np.asarray(held["embeddings"])
            found = self._call(
                partial(
                    collection.query,
                    query_embeddings=vectors,
                    n_results=1,
                    include=["distances"],
                )
            )
            nearest = [distances[0] for distances in found["distances"] or [] if distances]
            if len(held["ids"]) != len(ids) or len(nearest) != len(ids) or max(nearest) > ITSELF:
                return False
        return True

    def upsert(self, entries: Sequence[Entry]) -> None:
        """Add passages; one with a known id is replaced."""
        self._upsert([(e.passage, e.vector, e.language) for e in entries])

    def _upsert(self, rows: Sequence[tuple[Passage, Vectors, str]]) -> None:
        self._sizes = {}
        for language, collection in self._collections.items():
            mine = [row for row in rows if row[2] == language]
            for start in range(0, len(mine), BATCH):
                part = mine[start : start + BATCH]
                self._call(
                    partial(
                        collection.upsert,
                        ids=[p.id for p, _, _ in part],
                        embeddings=np.stack([vector for _, vector, _ in part]),
                        metadatas=[
                            {"document_id": p.document_id, "kind": p.kind} for p, _, _ in part
                        ],
                    )
                )

    def delete_ids(self, ids: Sequence[str]) -> None:
        """Remove passages; unknown ids are passed over."""
        self._sizes = {}
        for collection in self._collections.values():
            for start in range(0, len(ids), BATCH):
                self._call(partial(collection.delete, ids=list(ids[start : start + BATCH])))

    def search(
        self, vector: Vectors, k: int, *, within: Within = ANYWHERE
    ) -> list[tuple[str, float]]:
        """Return the ``k`` nearest passage ids with their cosine similarities."""
        languages = LANGUAGES if within.language is None else [within.language]
        found = [hit for x in languages for hit in self._search(x, vector, k, within)]
        return sorted(found, key=lambda hit: (-hit[1], hit[0]))[:k]

    def _search(
        self, language: str, vector: Vectors, k: int, within: Within
    ) -> list[tuple[str, float]]:
        where = _where(within)
        if where is None:
            return [(id, cosine) for id, cosine, _ in self._query(language, vector, k)]
        # The classes of a thousand passages take Chroma four times as long as the search itself.
        wide = self._query(language, vector, WIDE, metadata=within.kinds is not None)
        kept = [(id, cosine) for id, cosine, facts in wide if _passes(within, id, facts)]
        if len(kept) >= k or len(wide) == self._size(language):
            return kept[:k]
        return [(id, cosine) for id, cosine, _ in self._query(language, vector, k, where=where)]

    def _query(
        self,
        language: str,
        vector: Vectors,
        k: int,
        *,
        where: dict[str, Any] | None = None,
        metadata: bool = False,
    ) -> list[tuple[str, float, Mapping[str, Any]]]:
        size = self._size(language)
        if not size:
            return []
        found = self._call(
            partial(
                self._collections[language].query,
                query_embeddings=[vector.tolist()],
                n_results=min(k, size),
                include=["distances", "metadatas"] if metadata else ["distances"],
                where=where,
            )
        )
        ids, distances = found["ids"][0], (found["distances"] or [[]])[0]
        facts: Sequence[Mapping[str, Any]] = (found["metadatas"] or [[{}] * len(ids)])[0]
        return [
            (id, 1.0 - float(distance), fact)
            for id, distance, fact in zip(ids, distances, facts, strict=True)
        ]

    # --- as a LlamaIndex vector store

    @property
    def client(self) -> Any:  # noqa: ANN401 - the signature of the base class
        """Return the Chroma collections by language."""
        return self._collections

    def add(self, nodes: Sequence[BaseNode], **_: Any) -> list[str]:
        """Add nodes that carry an embedding; one with a known id is replaced."""
        self._upsert(
            [
                (
                    Passage(
                        id=n.node_id,
                        document_id=n.ref_doc_id or "",
                        ordinal=0,
                        spans=(),
                        text=n.get_content(),
                    ),
                    np.asarray(n.get_embedding(), dtype=np.float32),
                    language_of(n.get_content()),
                )
                for n in nodes
            ]
        )
        return [n.node_id for n in nodes]

    def delete(self, ref_doc_id: str, **_: Any) -> None:
        """Remove the nodes of a document."""
        self._sizes = {}
        for collection in self._collections.values():
            self._call(partial(collection.delete, where={"document_id": ref_doc_id}))

    def delete_nodes(
        self,
        node_ids: list[str] | None = None,
        filters: Any = None,  # noqa: ANN401
        **_: Any,
    ) -> None:
        """Remove nodes by id."""
        if filters is not None:
            raise StoreError("ChromaIndex.delete_nodes takes ids, not filters.")
        self.delete_ids(node_ids or [])

    def clear(self) -> None:
        """Remove everything."""
        self.delete_ids(sorted(self.ids()))

    def query(self, query: VectorStoreQuery, **_: Any) -> VectorStoreQueryResult:
        """Return the nearest nodes; their texts are the ledger's, not Chroma's."""
        vector = np.asarray(query.query_embedding, dtype=np.float32)
        found = self.search(vector, query.similarity_top_k)
        return VectorStoreQueryResult(
            nodes=[TextNode(id_=i, text="") for i, _ in found],
            similarities=[s for _, s in found],
            ids=[i for i, _ in found],
        )


def _where(within: Within) -> dict[str, Any] | None:
    """The condition in Chroma's words; the language is a matter of collections."""
    parts: list[dict[str, Any]] = []
    if within.documents is not None:
        parts.append({"document_id": {"$in": list(within.documents)}})
    if within.kinds is not None:
        parts.append({"kind": {"$in": list(within.kinds)}})
    if len(parts) > 1:
        return {"$and": parts}
    return parts[0] if parts else None


def _passes(within: Within, id: str, facts: Mapping[str, Any]) -> bool:
    # A passage's id begins with its document's.
    return (within.documents is None or id.rpartition("@")[0] in within.documents) and (
        within.kinds is None or facts["kind"] in within.kinds
    )


def _translated(call: Callable[[], T], where: str) -> T:
    """Chroma raises its own errors, ValueError, httpx's and, from its Rust core, bare ones."""
    try:
        with panics_translated(where[:1].upper() + where[1:]):
            return call()
    except (ChromaError, httpx.HTTPError, ValueError, RuntimeError, OSError) as error:
        raise StoreError(
            f"{where[:1].upper()}{where[1:]} failed: {' '.join(str(error).split())[:200]}. "
            "Check CHROMA_URL, or delete the “chroma” folder of the home: it is derived."
        ) from error


def _within(seconds: float, call: Callable[[], T], where: str) -> T:
    pool = ThreadPoolExecutor(1)
    try:
        return pool.submit(call).result(seconds)
    except FutureTimeoutError:
        raise StoreError(
            f"{where[:1].upper()}{where[1:]} did not answer in {seconds:.0f} s."
        ) from None
    finally:
        pool.shutdown(wait=False)
