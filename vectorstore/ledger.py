"""The ledger: documents, passages, vectors, and the fingerprint of what shaped them.

One SQLite file. A document enters, changes or leaves in one transaction, which also raises the
revision; the indexes beside the ledger follow it from there (``vectorstore/indexes.py``).
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
import uuid
from contextlib import contextmanager
from dataclasses import fields
from typing import TYPE_CHECKING

import numpy as np

from rag.errors import FingerprintError, NotFoundError, StoreError
from rag.model import Document, Passage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from rag.embed import Vectors

SCHEMA = 1

_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE texts (sha256 TEXT PRIMARY KEY, text TEXT NOT NULL);
CREATE TABLE documents (
    id TEXT PRIMARY KEY, title TEXT NOT NULL, source TEXT NOT NULL UNIQUE,
    sha256 TEXT NOT NULL REFERENCES texts (sha256),
    outlet TEXT, author TEXT, url TEXT, published TEXT, published_from TEXT,
    language TEXT NOT NULL
);
CREATE TABLE vectors (key TEXT PRIMARY KEY, vector BLOB NOT NULL);
CREATE TABLE passages (
    id TEXT PRIMARY KEY,
    document_id TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    ordinal INTEGER NOT NULL, spans TEXT NOT NULL, text TEXT NOT NULL, kind TEXT NOT NULL,
    vector_key TEXT NOT NULL REFERENCES vectors (key)
);
CREATE INDEX passages_of_document ON passages (document_id, ordinal);
CREATE INDEX passages_of_vector ON passages (vector_key);
CREATE INDEX documents_of_text ON documents (sha256);
"""
_DOCUMENT_COLUMNS = tuple(f.name for f in fields(Document) if f.name != "text")


class Ledger:
    """The store of record of one home. Safe to share between threads."""

    def __init__(self, path: Path, fingerprint: dict[str, str]) -> None:
        """Open the file, or make it.

        Args:
            path: The SQLite file; its folder must exist.
            fingerprint: What shapes passages and vectors (embedding model, splitter, sizes).

        Raises:
            FingerprintError: When the file was made with another fingerprint.
            StoreError: When the file is not a ledger or is of another schema.
        """
        self._path = path
        self._lock = threading.RLock()
        try:
            self._db = sqlite3.connect(
                path, timeout=30, check_same_thread=False, isolation_level=None
            )
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.execute("PRAGMA foreign_keys = ON")
            self._create(fingerprint)
        except sqlite3.DatabaseError as error:
            raise StoreError(
                f"{path} cannot be read as a Youju ledger ({error}). Move it away, or use --home."
            ) from error
        self._check(fingerprint)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def _create(self, fingerprint: dict[str, str]) -> None:
        with self._transaction() as db:
            if db.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone():
                return
            for statement in _TABLES.split(";"):
                db.execute(statement)
            rows = {
                "schema": str(SCHEMA),
                "ledger": uuid.uuid4().hex,
                "revision": "0",
                "fingerprint": json.dumps(fingerprint, sort_keys=True),
            }
            db.executemany("INSERT INTO meta VALUES (?, ?)", rows.items())

    def _check(self, fingerprint: dict[str, str]) -> None:
        if self.meta("schema") != str(SCHEMA):
            raise StoreError(
                f"{self._path} has ledger schema {self.meta('schema')}, this Youju reads {SCHEMA}. "
                "Use the Youju that made it, or a new --home."
            )
        made_with = json.loads(self.meta("fingerprint") or "{}")
        changed = {k for k in made_with | fingerprint if made_with.get(k) != fingerprint.get(k)}
        if changed:
            listed = "; ".join(
                f"{k}: {made_with.get(k)} there, {fingerprint.get(k)} now" for k in sorted(changed)
            )
            raise FingerprintError(
                f"{self._path.parent} was indexed with other settings ({listed}). "
                "Set them back, or use a new --home and add the files again."
            )

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def _rows(self, sql: str, values: Sequence[object] = ()) -> list[tuple[str, ...]]:
        with self._lock:
            return self._db.execute(sql, values).fetchall()

    # --- what is known of the ledger itself

    def meta(self, key: str) -> str | None:
        """Return a stored fact of the ledger."""
        rows = self._rows("SELECT value FROM meta WHERE key = ?", [key])
        return rows[0][0] if rows else None

    def set_meta(self, key: str, value: str) -> None:
        """Store a fact of the ledger."""
        with self._transaction() as db:
            db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", [key, value])

    @property
    def id(self) -> str:
        """Random name given at creation; an index belongs to exactly one ledger."""
        return self.meta("ledger") or ""

    @property
    def revision(self) -> int:
        """Number of changes so far."""
        return int(self.meta("revision") or 0)

    # --- writing

    def put(
        self, document: Document, passages: Sequence[Passage], vectors: Vectors, keys: Sequence[str]
    ) -> None:
        """Add ``document`` or replace it: one transaction, all or nothing.

        Args:
            document: Replaces the document of the same id.
            passages: All its passages.
            vectors: Their vectors, shape ``(len(passages), dimension)``, not centred.
            keys: ``vector_key`` of each passage's text.
        """
        row = [getattr(document, column) for column in _DOCUMENT_COLUMNS]
        marks = ", ".join("?" * len(row))
        try:
            with self._transaction() as db:
                # A lone surrogate cannot be stored as UTF-8; the loader lets none through.
                db.execute(
                    "INSERT OR IGNORE INTO texts VALUES (?, ?)", [document.sha256, document.text]
                )
                db.execute("DELETE FROM documents WHERE id = ?", [document.id])
                db.execute(
                    f"INSERT INTO documents ({', '.join(_DOCUMENT_COLUMNS)}) VALUES ({marks})",  # noqa: S608
                    row,
                )
                db.executemany(
                    "INSERT OR IGNORE INTO vectors VALUES (?, ?)",
                    [(k, v.astype("<f4").tobytes()) for k, v in zip(keys, vectors, strict=True)],
                )
                db.executemany(
                    "INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?, ?)",
                    [
                        (p.id, p.document_id, p.ordinal, json.dumps(p.spans), p.text, p.kind, k)
                        for p, k in zip(passages, keys, strict=True)
                    ],
                )
                self._forget_orphans(db)
        except sqlite3.Error as error:
            raise StoreError(f"{document.id} was not stored: {error}.") from error

    def remove(self, document_id: str) -> None:
        """Remove a document and its passages: one transaction.

        Raises:
            NotFoundError: When there is no such document.
        """
        with self._transaction() as db:
            if not db.execute("DELETE FROM documents WHERE id = ?", [document_id]).rowcount:
                raise NotFoundError(f"No document “{document_id}”. `youju docs` lists the ids.")
            self._forget_orphans(db)

    @staticmethod
    def _forget_orphans(db: sqlite3.Connection) -> None:
        db.execute("DELETE FROM texts WHERE sha256 NOT IN (SELECT sha256 FROM documents)")
        db.execute("DELETE FROM vectors WHERE key NOT IN (SELECT vector_key FROM passages)")
        db.execute("UPDATE meta SET value = value + 1 WHERE key = 'revision'")

    # --- reading

    def documents(self) -> list[Document]:
        """Return every document's card (``text`` empty), by id."""
        columns = ", ".join(_DOCUMENT_COLUMNS)
        rows = self._rows(f"SELECT {columns} FROM documents ORDER BY id")  # noqa: S608
        return [Document(text="", **dict(zip(_DOCUMENT_COLUMNS, row, strict=True))) for row in rows]

    def document(self, document_id: str) -> Document:
        """Return a document with its text.

        Args:
            document_id: The id, or the beginning of one id only.

        Raises:
            NotFoundError: When no document, or more than one, fits.
        """
        columns = ", ".join(f"d.{c}" for c in _DOCUMENT_COLUMNS)
        select = f"SELECT {columns}, t.text FROM documents d JOIN texts t USING (sha256) WHERE "  # noqa: S608
        rows = self._rows(select + "d.id = ?", [document_id])
        if not rows and document_id:
            start = "substr(d.id, 1, length(?)) = ? LIMIT 2"
            rows = self._rows(select + start, [document_id, document_id])
        if len(rows) != 1:
            what = "More than one document begins with" if rows else "No document"
            raise NotFoundError(f"{what} “{document_id}”. `youju docs` lists the ids.")
        return Document(**dict(zip((*_DOCUMENT_COLUMNS, "text"), rows[0], strict=True)))

    def document_at(self, source: str) -> Document | None:
        """Return the document that was read from ``source``."""
        rows = self._rows("SELECT id FROM documents WHERE source = ?", [source])
        return self.document(rows[0][0]) if rows else None

    def has_document(self, document_id: str) -> bool:
        """Whether exactly this id is taken."""
        return bool(self._rows("SELECT 1 FROM documents WHERE id = ?", [document_id]))

    def passage_ids(self) -> set[str]:
        """Return the ids of all passages."""
        return {row[0] for row in self._rows("SELECT id FROM passages")}

    def passages(self, ids: Sequence[str]) -> list[Passage]:
        """Return passages in the order of ``ids``; ids that are gone are left out."""
        found: dict[str, Passage] = {}
        for chunk in _chunks(ids):
            marks = ", ".join("?" * len(chunk))
            found |= {p.id: p for p in self._passages(f"id IN ({marks})", chunk)}
        return [found[i] for i in ids if i in found]

    def passages_of(self, document_id: str) -> list[Passage]:
        """Return a document's passages in order."""
        return self._passages("document_id = ? ORDER BY ordinal", [document_id])

    def count_passages(self) -> dict[str, int]:
        """Return the number of passages of each document."""
        sql = "SELECT document_id, COUNT(*) FROM passages GROUP BY document_id"
        return {row[0]: int(row[1]) for row in self._rows(sql)}

    def _passages(self, where: str, values: Sequence[object]) -> list[Passage]:
        columns = "id, document_id, ordinal, spans, text, kind"
        rows = self._rows(f"SELECT {columns} FROM passages WHERE {where}", values)  # noqa: S608
        return [
            Passage(
                id=row[0],
                document_id=row[1],
                ordinal=int(row[2]),
                spans=tuple((s, e) for s, e in json.loads(row[3])),
                text=row[4],
                kind=row[5],  # type: ignore[arg-type]
            )
            for row in rows
        ]

    def vectors(self, keys: Sequence[str]) -> dict[str, Vectors]:
        """Return the stored vectors among ``keys``: text that need not be embedded again."""
        out: dict[str, Vectors] = {}
        for chunk in _chunks(keys):
            marks = ", ".join("?" * len(chunk))
            with self._lock:
                rows = self._db.execute(f"SELECT * FROM vectors WHERE key IN ({marks})", chunk)  # noqa: S608
                out |= {key: np.frombuffer(blob, "<f4") for key, blob in rows}
        return out

    def vectors_of(self, passage_ids: Sequence[str]) -> dict[str, Vectors]:
        """Return passages' vectors by passage id."""
        out: dict[str, Vectors] = {}
        for chunk in _chunks(passage_ids):
            marks = ", ".join("?" * len(chunk))
            sql = f"SELECT p.id, v.vector FROM passages p JOIN vectors v ON v.key = p.vector_key WHERE p.id IN ({marks})"  # noqa: S608, E501
            with self._lock:
                out |= {i: np.frombuffer(b, "<f4") for i, b in self._db.execute(sql, chunk)}
        return out


def vector_key(model_name: str, text: str) -> str:
    """Name of the vector that ``model_name`` gives ``text``."""
    return hashlib.sha256(f"{model_name}\0{text}".encode("utf-8", "surrogatepass")).hexdigest()


def _chunks(values: Sequence[str], size: int = 500) -> Iterator[list[str]]:
    for start in range(0, len(values), size):
        yield list(values[start : start + size])
