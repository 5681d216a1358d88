"""The dense index: Chroma, embedded under the home or a server named by ``CHROMA_URL``.

It is a LlamaIndex vector store (``BasePydanticVectorStore``), written with deterministic ids
and ``upsert``, and a derived index: whatever happens to it, the ledger fills it again.
"""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
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
from rag.model import ANYWHERE, Within

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from chromadb.api import ClientAPI
    from chromadb.api.models.Collection import Collection

    from rag.embed import Vectors
    from vectorstore.indexes import Entry

T = TypeVar("T")

BATCH = 1000
SERVER_SECONDS = 30.0
"""Chroma's HTTP client has no timeout of its own."""


class ChromaIndex(BasePydanticVectorStore):
    """Passages by cosine similarity."""

    stores_text: bool = False
    flat_metadata: bool = True

    _connect: Callable[[], ClientAPI] = PrivateAttr()
    _name: str = PrivateAttr()
    _collection: Collection = PrivateAttr()
    _deadline: float | None = PrivateAttr()

    def __init__(
        self, connect: Callable[[], ClientAPI], name: str, *, deadline: float | None = None
    ) -> None:
        """Open the collection ``name``, or make it.

        Args:
            connect: Opens a client; called again by ``refresh``.
            name: Of the collection.
            deadline: Seconds for each call; None for the embedded store.
        """
        super().__init__(stores_text=False)
        self._connect = connect
        self._name = name
        self._deadline = deadline
        self._collection = self._open()

    def _open(self) -> Collection:
        def open_() -> Collection:
            return self._connect().get_or_create_collection(
                self._name,
                embedding_function=None,
                configuration={"hnsw": {"space": "cosine", "ef_search": 200}},
            )

        return self._call(open_)

    @classmethod
    def embedded(cls, folder: Path, name: str) -> ChromaIndex:
        """Open or make the embedded store in ``folder``; one that does not open is made anew."""

        def connect() -> ClientAPI:
            # Chroma keeps one system for each folder and process; it would go on showing what
            # was there when it was opened, whatever another process has written since.
            SharedSystemClient.clear_system_cache()
            settings = ChromaSettings(anonymized_telemetry=False)
            return chromadb.PersistentClient(path=str(folder), settings=settings)

        try:
            return cls(connect, name)
        except StoreError:
            # Derived: the ledger fills it again. A kill while Chroma flushes can leave a
            # store that it cannot read any more.
            shutil.rmtree(folder, ignore_errors=True)
            return cls(connect, name)

    @classmethod
    def server(cls, url: str, name: str) -> ChromaIndex:
        """Use the Chroma server at ``url``.

        Raises:
            StoreError: When it does not answer.
        """
        parts = urlsplit(url if "//" in url else f"//{url}", scheme="http")
        if not parts.hostname:
            raise StoreError(f"CHROMA_URL is {url!r}: it should look like http://host:8000.")
        port = parts.port or (443 if parts.scheme == "https" else 8000)

        def connect() -> ClientAPI:
            return chromadb.HttpClient(
                host=str(parts.hostname),
                port=port,
                ssl=parts.scheme == "https",
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

    def seen(self) -> tuple[str, int]:
        """Return the ledger's id and the revision followed so far."""
        known = self._collection.metadata or {}
        return str(known.get("ledger", "")), int(known.get("revision", -1))

    def mark_seen(self, ledger: str, revision: int) -> None:
        """Remember them."""
        collection: Collection = self._collection
        self._call(lambda: collection.modify(metadata={"ledger": ledger, "revision": revision}))

    def refresh(self) -> None:
        """See what another process has written since this one opened the store."""
        self._collection = self._open()

    def ids(self) -> set[str]:
        """Return the ids of all passages in the index."""
        return set(self._call(lambda: self._collection.get(include=[]))["ids"])

    def count(self) -> int:
        """Return the number of passages in the index."""
        return int(self._call(self._collection.count))

    def upsert(self, entries: Sequence[Entry]) -> None:
        """Add passages; one with a known id is replaced."""
        self._upsert(
            [e.passage.id for e in entries],
            [e.vector for e in entries],
            [{"document_id": e.passage.document_id, "kind": e.passage.kind} for e in entries],
        )

    def _upsert(
        self, ids: list[str], vectors: list[Vectors], metadatas: list[dict[str, Any]]
    ) -> None:
        for start in range(0, len(ids), BATCH):
            part = slice(start, start + BATCH)
            self._call(
                lambda part=part: self._collection.upsert(  # type: ignore[misc]
                    ids=ids[part], embeddings=vectors[part], metadatas=metadatas[part]
                )
            )

    def delete_ids(self, ids: Sequence[str]) -> None:
        """Remove passages; unknown ids are passed over."""
        for start in range(0, len(ids), BATCH):
            part = list(ids[start : start + BATCH])
            self._call(lambda part=part: self._collection.delete(ids=part))  # type: ignore[misc]

    def search(
        self, vector: Vectors, k: int, *, within: Within = ANYWHERE
    ) -> list[tuple[str, float]]:
        """Return the ``k`` nearest passage ids with their cosine similarities."""
        count = self.count()
        if not count:
            return []
        found = self._call(
            lambda: self._collection.query(
                query_embeddings=[vector.tolist()],
                n_results=min(k, count),
                include=["distances"],
                where=_where(within),
            )
        )
        distances = (found["distances"] or [[]])[0]
        return [(i, 1.0 - float(d)) for i, d in zip(found["ids"][0], distances, strict=True)]

    # --- as a LlamaIndex vector store

    @property
    def client(self) -> Any:  # noqa: ANN401 - the signature of the base class
        """Return the Chroma collection."""
        return self._collection

    def add(self, nodes: Sequence[BaseNode], **_: Any) -> list[str]:
        """Add nodes that carry an embedding; one with a known id is replaced."""
        self._upsert(
            [n.node_id for n in nodes],
            [np.asarray(n.get_embedding(), dtype=np.float32) for n in nodes],
            [{"document_id": n.ref_doc_id or "", "kind": "body"} for n in nodes],
        )
        return [n.node_id for n in nodes]

    def delete(self, ref_doc_id: str, **_: Any) -> None:
        """Remove the nodes of a document."""
        self._call(lambda: self._collection.delete(where={"document_id": ref_doc_id}))

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
    """The condition in Chroma's words."""
    parts: list[dict[str, Any]] = []
    if within.documents is not None:
        parts.append({"document_id": {"$in": list(within.documents)}})
    if within.kinds is not None:
        parts.append({"kind": {"$in": list(within.kinds)}})
    if len(parts) > 1:
        return {"$and": parts}
    return parts[0] if parts else None


def _translated(call: Callable[[], T], where: str) -> T:
    """Chroma raises its own errors, ValueError, httpx's and, from its Rust core, bare ones."""
    try:
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
