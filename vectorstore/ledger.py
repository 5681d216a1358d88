"""The ledger: documents, passages, vectors, and the fingerprint of what shaped them.

One SQLite file. A document enters, changes or leaves in one transaction, which also raises the
revision; the indexes beside the ledger follow it from there (``vectorstore/indexes.py``).
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import threading
import uuid
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from rag.errors import DamagedError, FingerprintError, NotFoundError, StoreError
from rag.model import Document, Mark, Passage, SourceFile, Stored
from vectorstore.integrity import Soundness

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from rag.embed import Vectors
    from rag.model import Filters

SCHEMA = 4

_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE texts (sha256 TEXT PRIMARY KEY, text TEXT NOT NULL);
CREATE TABLE files (
    path TEXT PRIMARY KEY, key TEXT NOT NULL, twin TEXT, tags TEXT NOT NULL DEFAULT '[]'
) WITHOUT ROWID;
CREATE INDEX files_of_key ON files (key);
CREATE TABLE documents (
    id TEXT PRIMARY KEY, title TEXT NOT NULL, source TEXT NOT NULL UNIQUE,
    part TEXT NOT NULL, file TEXT NOT NULL, sha256 TEXT NOT NULL REFERENCES texts (sha256),
    outlet TEXT, author TEXT, url TEXT, published TEXT, published_from TEXT,
    language TEXT NOT NULL, script TEXT NOT NULL, format TEXT NOT NULL, encoding TEXT,
    near TEXT, marks TEXT NOT NULL, sketch BLOB NOT NULL, tags TEXT NOT NULL DEFAULT '[]'
);
CREATE INDEX documents_of_text ON documents (sha256);
CREATE INDEX documents_of_file ON documents (file);
CREATE INDEX documents_near ON documents (near);
CREATE TABLE bands (
    band BLOB NOT NULL, document_id TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    PRIMARY KEY (band, document_id)
) WITHOUT ROWID;
CREATE INDEX bands_of_document ON bands (document_id);
CREATE TABLE vectors (key TEXT PRIMARY KEY, vector BLOB NOT NULL, tokens BLOB);
CREATE TABLE passages (
    id TEXT PRIMARY KEY,
    document_id TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    ordinal INTEGER NOT NULL, spans TEXT NOT NULL, text TEXT NOT NULL, kind TEXT NOT NULL,
    section TEXT NOT NULL, pages TEXT NOT NULL, anchor TEXT NOT NULL,
    vector_key TEXT REFERENCES vectors (key)
);
CREATE INDEX passages_of_document ON passages (document_id, ordinal);
CREATE INDEX passages_of_vector ON passages (vector_key);
CREATE TABLE changes (revision INTEGER NOT NULL, passage_id TEXT NOT NULL);
CREATE INDEX changes_of_revision ON changes (revision);
"""
_INDEXES_OF_3 = """
CREATE INDEX files_of_twin ON files (twin);
CREATE INDEX files_tagged ON files (tags) WHERE tags <> '[]';
CREATE INDEX documents_tagged ON documents (tags) WHERE tags <> '[]';
CREATE INDEX documents_by_card ON documents (outlet, language, published, id);
CREATE TABLE names (
    document_id TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    name TEXT NOT NULL, other TEXT NOT NULL,
    PRIMARY KEY (document_id, name, other)
) WITHOUT ROWID;
CREATE INDEX names_of_all ON names (name, other)
"""
_FROM_2_TO_3 = f"""
ALTER TABLE documents ADD COLUMN tags TEXT NOT NULL DEFAULT '[]';
ALTER TABLE files ADD COLUMN tags TEXT NOT NULL DEFAULT '[]';
{_INDEXES_OF_3}
"""
_FROM_3_TO_4 = "ALTER TABLE vectors ADD COLUMN tokens BLOB"
_STEPS = {"2": _FROM_2_TO_3 + ";" + _FROM_3_TO_4, "3": _FROM_3_TO_4}
"""What brings an older schema up to this one."""
_COLUMNS = (
    "id", "title", "source", "part", "sha256", "outlet", "author", "url", "published",
    "published_from", "language", "script", "format", "encoding", "near",
)  # fmt: skip
_EACH = "SELECT value FROM json_each(?)"
_TAGGED = (
    "(d.id IN (SELECT t.id FROM documents t, json_each(t.tags) e"  # noqa: S608
    f" WHERE t.tags <> '[]' AND e.value IN ({_EACH}))"
    " OR d.file IN (SELECT f.path FROM files f, json_each(f.tags) e"
    f" WHERE f.tags <> '[]' AND e.value IN ({_EACH}))"
    " OR d.id IN (SELECT f.twin FROM files f, json_each(f.tags) e"
    f" WHERE f.tags <> '[]' AND f.twin IS NOT NULL AND e.value IN ({_EACH})))"
)
# A document's tags are its own and those given to its file, or to a file with the same text.
_TAGS = (
    "d.tags, (SELECT json_group_array(json(tags)) FROM (SELECT f.tags FROM files f"
    " WHERE (f.path = d.file OR f.twin = d.id) AND f.tags <> '[]' ORDER BY f.path))"
)
_NO_DATE = "9999"


class Ledger:
    """The store of record of one home. Safe to share between threads."""

    def __init__(
        self,
        path: Path,
        fingerprint: dict[str, str],
        *,
        must_match: bool = True,
        read_only: bool = False,
    ) -> None:
        """Open the file, or make it, readable by its owner alone.

        Args:
            path: The SQLite file; its folder must exist.
            fingerprint: What shapes passages and vectors (embedding model, splitter, sizes).
            must_match: False to open a file of another fingerprint, in order to change that.
            read_only: Whether neither the file nor anything beside it can be written.

        Raises:
            FingerprintError: When the file was made with another fingerprint.
            StoreError: When the file is not a ledger or is of another schema.
        """
        self._path = path
        self._lock = threading.RLock()
        self._soundness = Soundness(self)
        try:
            if read_only:
                self._db = _read_only(path)
            else:
                if not path.exists():
                    path.touch(mode=0o600)
                self._db = _connected(path)
                self._db.execute("PRAGMA journal_mode = WAL")
                self._db.execute("PRAGMA synchronous = FULL")
                self._db.execute("PRAGMA foreign_keys = ON")
                self._db.execute("PRAGMA temp_store = MEMORY")
                self._db.execute("CREATE TEMP TABLE loose_vectors (key TEXT PRIMARY KEY)")
                self._db.execute("CREATE TEMP TABLE loose_texts (sha256 TEXT PRIMARY KEY)")
                self._create(fingerprint)
        except (OSError, sqlite3.Error, StoreError) as error:
            if path.exists() and not os.access(path, os.R_OK):
                raise StoreError(
                    f"{path} is not readable for this user. Ask its owner, or use --home."
                ) from error
            raise StoreError(
                f"{path} cannot be read as a Youju ledger ({error}). Move it away, or use --home."
            ) from error
        self._check_schema()
        if must_match:
            self._check(fingerprint)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def _create(self, fingerprint: dict[str, str]) -> None:
        with self._transaction() as db:
            if db.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone():
                self._migrate(db)
                return
            for statement in (_TABLES + _INDEXES_OF_3).split(";"):
                db.execute(statement)
            rows = {
                "schema": str(SCHEMA),
                "ledger": uuid.uuid4().hex,
                "revision": "0",
                "fingerprint": json.dumps(fingerprint, sort_keys=True),
            }
            db.executemany("INSERT INTO meta VALUES (?, ?)", rows.items())

    @staticmethod
    def _migrate(db: sqlite3.Connection) -> None:
        """Bring a ledger of an older schema up to this one, within the transaction.

        Vectors of before have no tokens: the fingerprint then asks for a ``reindex``.
        """
        (schema,) = db.execute("SELECT value FROM meta WHERE key = 'schema'").fetchone() or (None,)
        if schema in _STEPS:
            for statement in _STEPS[schema].split(";"):
                db.execute(statement)
            db.execute("UPDATE meta SET value = ? WHERE key = 'schema'", [str(SCHEMA)])

    def _check_schema(self) -> None:
        if self.meta("schema") != str(SCHEMA):
            raise StoreError(
                f"{self._path} has ledger schema {self.meta('schema')}, this Youju reads {SCHEMA}. "
                "Use the Youju that made it, or move the folder away and add its files again."
            )

    def _check(self, fingerprint: dict[str, str]) -> None:
        made_with = self.fingerprint()
        changed = {k for k in made_with | fingerprint if made_with.get(k) != fingerprint.get(k)}
        if changed:
            listed = "; ".join(
                f"{k}: {made_with.get(k)} there, {fingerprint.get(k)} now" for k in sorted(changed)
            )
            raise FingerprintError(
                f"{self._path.parent} was indexed with other settings ({listed}). Set them back, "
                "or run `youju reindex` to cut and embed its documents anew."
            )

    def fingerprint(self) -> dict[str, str]:
        """Return what the passages and vectors were made with."""
        with self._translated():
            return dict(json.loads(self.meta("fingerprint") or "{}"))

    def set_fingerprint(self, fingerprint: dict[str, str]) -> None:
        """Say what the passages and vectors are now made with."""
        self.set_meta("fingerprint", json.dumps(fingerprint, sort_keys=True))

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Make a sentence of what SQLite says, or of a value that is not what was written.

        Raises:
            StoreError: Instead of that.
        """
        try:
            yield
        except (sqlite3.Error, ValueError, TypeError) as error:
            raise StoreError(f"{self._path}: {error}.{_advice(error)}") from error

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._translated(), self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:  # on a full disk SQLite has rolled back by itself
                    self._db.execute("ROLLBACK")
                raise

    def _rows(self, sql: str, values: Sequence[object] = ()) -> list[tuple[str, ...]]:
        with self._translated(), self._lock:
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
        with self._translated():
            return int(self.meta("revision") or 0)

    # --- writing

    def put(
        self,
        file: SourceFile,
        entries: Sequence[Stored],
        vectors: Mapping[str, Vectors],
        tokens: Mapping[str, bytes] = MappingProxyType({}),
    ) -> None:
        """Make ``entries`` the documents of ``file``: one transaction, all or nothing.

        Args:
            file: Documents that came from it before and are not among ``entries`` leave.
            entries: Each replaces the document of the same id. Their tags are their own; those
                given to the file are added when they are read.
            vectors: By key, shape ``(dimension,)``, not centred: those that are new.
            tokens: By the same keys, packed (``rag/late.py``), where there are any.

        Raises:
            StoreError: When it cannot be stored; nothing has changed then.
        """
        try:
            with self._transaction() as db:
                ids = [e.document.id for e in entries]
                self._delete(db, [*self._ids_of_file(db, file.path), *ids])
                db.executemany(
                    "INSERT OR IGNORE INTO vectors VALUES (?, ?, ?)",
                    [
                        (k, v.astype("<f4").tobytes(), tokens.get(k) or None)
                        for k, v in vectors.items()
                    ],
                )
                for entry in entries:
                    self._insert(db, file, entry)
                db.execute(
                    "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)",
                    [file.path, file.key, file.twin, _json(file.tags)],
                )
                self._finish(db)
        except StoreError as error:
            raise StoreError(f"{file.path} was not stored. {error}") from error

    @staticmethod
    def _insert(db: sqlite3.Connection, file: SourceFile, entry: Stored) -> None:
        document = entry.document
        db.execute("INSERT OR IGNORE INTO texts VALUES (?, ?)", [document.sha256, document.text])
        marks = json.dumps(
            [[m.start, m.end, m.role, m.value] for m in document.marks], ensure_ascii=False
        )
        row = [getattr(document, c) for c in _COLUMNS]
        db.execute(
            f"INSERT INTO documents ({', '.join(_COLUMNS)}, file, marks, sketch, tags)"  # noqa: S608
            f" VALUES ({', '.join('?' * (len(_COLUMNS) + 4))})",
            [*row, file.path, marks, entry.sketch, _json(document.tags)],
        )
        db.executemany(
            "INSERT OR IGNORE INTO bands VALUES (?, ?)", [(b, document.id) for b in entry.bands]
        )
        db.executemany(
            "INSERT OR IGNORE INTO names VALUES (?, ?, ?)",
            [(document.id, name, other) for name, other in entry.names],
        )
        db.executemany(
            "INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    p.id, p.document_id, p.ordinal, json.dumps(p.spans), p.text, p.kind,
                    json.dumps(p.section, ensure_ascii=False), json.dumps(p.pages),
                    json.dumps(p.anchor), key,
                )
                for p, key in zip(entry.passages, entry.keys, strict=True)
            ],
        )  # fmt: skip
        _log_changes(db, [document.id])
        if entry.near:
            _link(db, {document.id, *entry.near})

    def remove(self, document_id: str) -> None:
        """Remove a document and its passages: one transaction.

        Raises:
            NotFoundError: When there is no such document.
        """
        with self._transaction() as db:
            if not db.execute("SELECT 1 FROM documents WHERE id = ?", [document_id]).fetchone():
                raise NotFoundError(f"No document “{document_id}”. `youju docs` lists the ids.")
            self._delete(db, [document_id])
            # A file none of whose documents are left is not known any more.
            db.execute(
                "DELETE FROM files WHERE twin IS NULL AND path NOT IN (SELECT file FROM documents)"
            )
            self._finish(db)

    def remove_file(self, path: str) -> list[str]:
        """Forget a file and remove its documents: one transaction; return their ids."""
        with self._transaction() as db:
            ids = self._ids_of_file(db, path)
            self._delete(db, ids)
            db.execute("DELETE FROM files WHERE path = ?", [path])
            self._finish(db)
        return ids

    def move_file(self, old: str, file: SourceFile) -> None:
        """Follow a file that was moved: its documents stay what they are."""
        with self._transaction() as db:
            db.execute("DELETE FROM files WHERE path IN (?, ?)", [old, file.path])
            db.execute(
                "INSERT INTO files VALUES (?, ?, ?, ?)",
                [file.path, file.key, file.twin, _json(file.tags)],
            )
            db.execute(
                "UPDATE documents SET file = ?1, source = ?1 || substr(source, length(file) + 1)"
                " WHERE file = ?2",
                [file.path, old],
            )

    def give_tags(self, file: SourceFile) -> None:
        """Replace the tags that a file was given; its passages, so the revision, stay."""
        with self._transaction() as db:
            db.execute("UPDATE files SET tags = ? WHERE path = ?", [_json(file.tags), file.path])

    @staticmethod
    def _ids_of_file(db: sqlite3.Connection, path: str) -> list[str]:
        return [row[0] for row in db.execute("SELECT id FROM documents WHERE file = ?", [path])]

    @staticmethod
    def _delete(db: sqlite3.Connection, ids: Sequence[str]) -> None:
        """Remove documents with all that only they used."""
        for id in ids:
            row = db.execute("SELECT sha256 FROM documents WHERE id = ?", [id]).fetchone()
            if row is None:
                continue
            _log_changes(db, [id])
            keys = db.execute(
                "SELECT DISTINCT vector_key FROM passages WHERE document_id = ?", [id]
            ).fetchall()
            db.execute("DELETE FROM documents WHERE id = ?", [id])
            # What a replacement may use again is kept until the end of the transaction.
            db.executemany("INSERT OR IGNORE INTO temp.loose_vectors VALUES (?)", keys)
            db.execute("INSERT OR IGNORE INTO temp.loose_texts VALUES (?)", row)
            heirs = {r[0] for r in db.execute("SELECT id FROM documents WHERE near = ?", [id])}
            _link(db, heirs)

    @staticmethod
    def _finish(db: sqlite3.Connection) -> None:
        """Drop what no document uses any more, and raise the revision."""
        db.execute(
            "DELETE FROM texts WHERE sha256 IN (SELECT sha256 FROM temp.loose_texts)"
            " AND NOT EXISTS (SELECT 1 FROM documents d WHERE d.sha256 = texts.sha256)"
        )
        db.execute(
            "DELETE FROM vectors WHERE key IN (SELECT key FROM temp.loose_vectors)"
            " AND NOT EXISTS (SELECT 1 FROM passages p WHERE p.vector_key = vectors.key)"
        )
        db.execute("DELETE FROM temp.loose_texts")
        db.execute("DELETE FROM temp.loose_vectors")
        db.execute("UPDATE meta SET value = value + 1 WHERE key = 'revision'")

    def forget_changes(self, revision: int) -> None:
        """Drop the log of changes up to ``revision``, which every index has followed."""
        with self._transaction() as db:
            db.execute("DELETE FROM changes WHERE revision <= ?", [revision])
            db.execute("INSERT OR REPLACE INTO meta VALUES ('changes_from', ?)", [revision])

    # --- reading

    def documents(self) -> list[Document]:
        """Return every document's card (``text`` empty), by id."""
        return self._cards("1 ORDER BY id", [])

    def cards(self, ids: Sequence[str]) -> dict[str, Document]:
        """Return the cards of these documents, by id; unknown ids are left out."""
        found: list[Document] = []
        for chunk in _chunks(ids):
            found += self._cards(f"id IN ({', '.join('?' * len(chunk))})", chunk)
        return {d.id: d for d in found}

    def documents_of(self, path: str) -> list[Document]:
        """Return the cards of the documents of a file, in the order of their ids."""
        return self._cards("file = ? ORDER BY id", [path])

    def with_text(self, sha256: str) -> Document | None:
        """Return the card of a document that has exactly this text."""
        return next(iter(self._cards("sha256 = ? ORDER BY id LIMIT 1", [sha256])), None)

    def _cards(self, where: str, values: Sequence[object]) -> list[Document]:
        columns = ", ".join(f"d.{c}" for c in _COLUMNS)
        rows = self._rows(f"SELECT {columns}, {_TAGS} FROM documents d WHERE {where}", values)  # noqa: S608
        with self._translated():
            return [
                Document(
                    text="",
                    **dict(zip(_COLUMNS, row, strict=True)),  # type: ignore[arg-type]
                    tags=_all_tags(own, given),
                )
                for *row, own, given in rows
            ]

    def file(self, path: str) -> SourceFile | None:
        """Return what is known of a file."""
        return next(iter(self._files("path = ?", [path])), None)

    def files_with(self, key: str) -> list[SourceFile]:
        """Return the files of this content."""
        return self._files("key = ? ORDER BY path", [key])

    def files(self) -> list[SourceFile]:
        """Return every file, by path."""
        return self._files("1 ORDER BY path", [])

    def _files(self, where: str, values: Sequence[object]) -> list[SourceFile]:
        rows = self._rows(f"SELECT path, key, twin, tags FROM files WHERE {where}", values)  # noqa: S608
        return [SourceFile(p, key, twin, tuple(json.loads(t))) for p, key, twin, t in rows]

    def own_tags(self, path: str) -> dict[str, tuple[str, ...]]:
        """Return the tags that a file's documents have of themselves, by id."""
        rows = self._rows("SELECT id, tags FROM documents WHERE file = ?", [path])
        return {id: tuple(json.loads(tags)) for id, tags in rows}

    def names(self) -> list[tuple[str, str]]:
        """Return the pairs of names that documents give, what most of them give first."""
        sql = "SELECT name, other FROM names GROUP BY 1, 2 ORDER BY COUNT(*) DESC, 1, 2"
        return [(name, other) for name, other in self._rows(sql)]

    # --- filters

    def outlets(self) -> list[str]:
        """Return every outlet, once."""
        sql = "SELECT DISTINCT outlet FROM documents WHERE outlet IS NOT NULL ORDER BY outlet"
        return [row[0] for row in self._rows(sql)]

    def languages(self) -> list[str]:
        """Return the languages of the documents."""
        return [r[0] for r in self._rows("SELECT DISTINCT language FROM documents ORDER BY 1")]

    def tags(self) -> list[str]:
        """Return every tag, once: the documents' own, and those given to files."""
        sql = (
            "SELECT value FROM documents, json_each(documents.tags) WHERE documents.tags <> '[]'"
            " UNION SELECT value FROM files, json_each(files.tags) WHERE files.tags <> '[]'"
            " ORDER BY 1"
        )
        return [row[0] for row in self._rows(sql)]

    def document_ids(
        self, filters: Filters, same_name: Callable[[str, str], bool]
    ) -> list[str] | None:
        """Return the ids of the documents that pass, exactly as ``Filters.allows`` decides.

        Args:
            filters: What may be found.
            same_name: Compares outlets, and tags: a name of the ledger with one of the filters.

        Returns:
            Ids in their order; None where no filter concerns documents.
        """
        if not filters.by_document():
            return None

        def among(names: Iterable[str], wanted: Sequence[str]) -> str:
            return _json([n for n in names if any(same_name(n, w) for w in wanted)])

        where, values = ["1"], list[str]()
        if filters.documents:
            where.append(f"d.id IN ({_EACH})")
            values.append(json.dumps(filters.documents))
        if filters.languages:
            where.append(f"d.language IN ({_EACH})")
            values.append(json.dumps(filters.languages))
        if filters.outlets:
            nameless = any(same_name("", wanted) for wanted in filters.outlets)
            where.append(f"(d.outlet IN ({_EACH}){' OR d.outlet IS NULL' if nameless else ''})")
            values.append(among(self.outlets(), filters.outlets))
        if filters.tags:
            where.append(_TAGGED)
            values += [among(self.tags(), filters.tags)] * 3
        if filters.since or filters.until:
            where.append("d.published <> ''")
        if filters.since:
            # 2025 is not before 2025-06: only what both dates tell is compared.
            where.append("substr(d.published, 1, length(?)) >= substr(?, 1, length(d.published))")
            values += [filters.since] * 2
        if filters.until:
            where.append("substr(d.published, 1, length(?)) <= ?")
            values += [filters.until] * 2
        sql = f"SELECT d.id FROM documents d WHERE {' AND '.join(where)} ORDER BY d.id"  # noqa: S608
        return [row[0] for row in self._rows(sql, values)]

    def sketches(self, bands: Sequence[bytes]) -> dict[str, bytes]:
        """Return the sketches of the documents that share a band, by document id."""
        marks = ", ".join("?" * len(bands))
        sql = f"SELECT id, sketch FROM documents WHERE id IN (SELECT document_id FROM bands WHERE band IN ({marks}))"  # noqa: S608, E501
        with self._translated(), self._lock:
            return dict(self._db.execute(sql, bands).fetchall())

    def card(self, document_id: str) -> Document:
        """Return a document without its text.

        Args:
            document_id: The id, or the beginning of one id only.

        Raises:
            NotFoundError: When no document, or more than one, fits.
        """
        found = self._cards("d.id = ?", [document_id])
        if not found and document_id:
            found = self._cards("substr(d.id, 1, length(?)) = ? LIMIT 2", [document_id] * 2)
        if len(found) != 1:
            what = "More than one document begins with" if found else "No document"
            raise NotFoundError(f"{what} “{document_id}”. `youju docs` lists the ids.")
        return found[0]

    def document(self, document_id: str) -> Document:
        """Return a document with its text, which is what was stored.

        Args:
            document_id: The id, or the beginning of one id only.

        Raises:
            NotFoundError: When no document, or more than one, fits.
            DamagedError: When its text has not the hash that it was stored under.
        """
        card = self.card(document_id)
        sql = "SELECT d.marks, t.text FROM documents d JOIN texts t USING (sha256) WHERE d.id = ?"
        rows = self._rows(sql, [card.id])
        with self._translated():
            document = replace(
                card,
                text=rows[0][1] if rows else "",
                marks=tuple(Mark(*m) for m in json.loads(rows[0][0])) if rows else (),
            )
        if hashlib.sha256(document.text.encode("utf-8", "surrogatepass")).hexdigest() != (
            document.sha256
        ):
            raise DamagedError(
                f"The text of “{card.id}” in {self._path} is not what was stored: it is damaged "
                f"and not shown. `youju rm {card.id}`, then add {card.file} again."
            )
        return document

    def has_document(self, document_id: str) -> bool:
        """Whether exactly this id is taken."""
        return bool(self._rows("SELECT 1 FROM documents WHERE id = ?", [document_id]))

    def passage_ids(self) -> set[str]:
        """Return the ids of all passages that are searched."""
        sql = "SELECT id FROM passages WHERE vector_key IS NOT NULL"
        return {row[0] for row in self._rows(sql)}

    def changes_since(self, revision: int) -> set[str] | None:
        """Return the ids of passages that came, went or changed after ``revision``.

        None where the log does not reach back so far.
        """
        if revision < int(self.meta("changes_from") or 0):
            return None
        sql = "SELECT passage_id FROM changes WHERE revision > ?"
        return {row[0] for row in self._rows(sql, [revision])}

    def searched(self, passage_ids: Sequence[str]) -> set[str]:
        """Return those of ``passage_ids`` that are there and are searched."""
        out: set[str] = set()
        for chunk in _chunks(passage_ids):
            marks = ", ".join("?" * len(chunk))
            sql = f"SELECT id FROM passages WHERE vector_key IS NOT NULL AND id IN ({marks})"  # noqa: S608
            out |= {row[0] for row in self._rows(sql, chunk)}
        return out

    def passages(self, ids: Sequence[str]) -> list[Passage]:
        """Return passages in the order of ``ids``; ids that are gone are left out."""
        found: dict[str, Passage] = {}
        for chunk in _chunks(ids):
            marks = ", ".join("?" * len(chunk))
            found |= {p.id: p for p in self._passages(f"id IN ({marks})", chunk)}
        return [found[i] for i in ids if i in found]

    def vector_keys(self, passage_ids: Sequence[str]) -> dict[str, str | None]:
        """Return the names of passages' vectors by passage id."""
        out: dict[str, str | None] = {}
        for chunk in _chunks(passage_ids):
            marks = ", ".join("?" * len(chunk))
            sql = f"SELECT id, vector_key FROM passages WHERE id IN ({marks})"  # noqa: S608
            out |= {row[0]: row[1] for row in self._rows(sql, chunk)}
        return out

    def sound(self, passages: Sequence[Passage]) -> list[Passage]:
        """Return those of ``passages`` whose text is still what was stored."""
        return self._soundness.of(passages)

    def passages_of(self, document_id: str) -> list[Passage]:
        """Return a document's passages in order."""
        return self._passages("document_id = ? ORDER BY ordinal", [document_id])

    def passage_before(self, passage: Passage) -> Passage | None:
        """Return the passage of the same class that comes before it in its document."""
        where = "document_id = ? AND ordinal < ? AND kind = ? ORDER BY ordinal DESC LIMIT 1"
        found = self._passages(where, [passage.document_id, passage.ordinal, passage.kind])
        return found[0] if found else None

    def around(self, passage: Passage) -> list[Passage]:
        """Return the passages right before and after one, of its class and section."""
        where = "document_id = ? AND ordinal IN (?, ?) AND kind = ? ORDER BY ordinal"
        before, after = passage.ordinal - 1, passage.ordinal + 1
        found = self._passages(where, [passage.document_id, before, after, passage.kind])
        return [p for p in found if p.section == passage.section]

    def count_passages(self, ids: Sequence[str] | None = None) -> dict[str, int]:
        """Return the number of searched passages of each document, or of these documents."""
        where = "" if ids is None else f"WHERE document_id IN ({', '.join('?' * len(ids))})"
        sql = f"SELECT document_id, COUNT(vector_key) FROM passages {where} GROUP BY document_id"  # noqa: S608
        return {row[0]: int(row[1]) for row in self._rows(sql, ids or [])}

    def count_searched(self) -> int:
        """Return the number of passages that are searched: what every index should hold."""
        sql = "SELECT COUNT(*) FROM passages WHERE vector_key IS NOT NULL"
        return int(self._rows(sql)[0][0])

    def count_documents(self) -> int:
        """Return the number of documents."""
        return int(self._rows("SELECT COUNT(*) FROM documents")[0][0])

    def titles(self) -> list[tuple[str, str]]:
        """Return the id and the title of every document."""
        return [(id, title) for id, title in self._rows("SELECT id, title FROM documents")]

    def _passages(self, where: str, values: Sequence[object]) -> list[Passage]:
        columns = "id, document_id, ordinal, spans, text, kind, section, pages, anchor"
        rows = self._rows(f"SELECT {columns} FROM passages WHERE {where}", values)  # noqa: S608
        with self._translated():
            return [
                Passage(
                    id=row[0],
                    document_id=row[1],
                    ordinal=int(row[2]),
                    spans=tuple((s, e) for s, e in json.loads(row[3])),
                    text=row[4],
                    kind=row[5],  # type: ignore[arg-type]
                    section=tuple(json.loads(row[6])),
                    pages=tuple(json.loads(row[7])),
                    anchor=tuple((s, e) for s, e in json.loads(row[8])),
                )
                for row in rows
            ]

    def integrity(self) -> str:
        """Return what SQLite finds wrong with the file: “ok”, or its first complaint."""
        return str(self._rows("PRAGMA integrity_check(1)")[0][0])

    def without_vector(self, keys: Sequence[str]) -> list[str]:
        """Return those of ``keys`` that have no vector yet: only their texts need embedding."""
        known: set[str] = set()
        for chunk in _chunks(keys):
            marks = ", ".join("?" * len(chunk))
            rows = self._rows(f"SELECT key FROM vectors WHERE key IN ({marks})", chunk)  # noqa: S608
            known |= {row[0] for row in rows}
        return [key for key in keys if key not in known]

    def vectors_within(
        self, documents: Sequence[str], kinds: Sequence[str] | None, most: int
    ) -> dict[str, tuple[str, Vectors]] | None:
        """Return text and vector, by passage id, of what is searched in these documents.

        None where that is more than ``most`` passages.
        """
        out: dict[str, tuple[str, Vectors]] = {}
        for chunk in _chunks(documents):
            values = [*chunk, *(kinds or ())]
            of_kind = f"AND p.kind IN ({', '.join('?' * len(kinds))})" if kinds else ""
            sql = f"""SELECT p.id, p.text, v.vector FROM passages p
                JOIN vectors v ON v.key = p.vector_key
                WHERE p.document_id IN ({", ".join("?" * len(chunk))}) {of_kind} LIMIT ?"""  # noqa: S608
            with self._translated(), self._lock:
                rows = self._db.execute(sql, [*values, most + 1]).fetchall()
                out |= {id: (text, np.frombuffer(vector, "<f4")) for id, text, vector in rows}
            if len(out) > most:
                return None
        return out

    def vectors_of(self, passage_ids: Sequence[str]) -> dict[str, Vectors]:
        """Return passages' vectors by passage id."""
        out: dict[str, Vectors] = {}
        for chunk in _chunks(passage_ids):
            marks = ", ".join("?" * len(chunk))
            sql = f"SELECT p.id, v.vector FROM passages p JOIN vectors v ON v.key = p.vector_key WHERE p.id IN ({marks})"  # noqa: S608, E501
            with self._translated(), self._lock:
                out |= {i: np.frombuffer(b, "<f4") for i, b in self._db.execute(sql, chunk)}
        return out

    def tokens_of(self, passage_ids: Sequence[str]) -> dict[str, bytes]:
        """Return passages' packed tokens by passage id; those without any are left out."""
        out: dict[str, bytes] = {}
        for chunk in _chunks(passage_ids):
            marks = ", ".join("?" * len(chunk))
            sql = f"SELECT p.id, v.tokens FROM passages p JOIN vectors v ON v.key = p.vector_key WHERE p.id IN ({marks}) AND v.tokens IS NOT NULL"  # noqa: S608, E501
            with self._translated(), self._lock:
                out |= dict(self._db.execute(sql, chunk).fetchall())
        return out


def _connected(path: Path | str, *, uri: bool = False) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=30, check_same_thread=False, isolation_level=None, uri=uri)


def _read_only(path: Path) -> sqlite3.Connection:
    """Open a file that cannot be written; its log beside it is read where there is one."""
    address = f"{path.absolute().as_uri()}?mode=ro"
    try:
        db = _connected(address, uri=True)
        db.execute("SELECT 1 FROM meta").fetchone()
    except sqlite3.OperationalError:  # SQLite would make the log, to see whether it is empty
        db = _connected(f"{address}&immutable=1", uri=True)
    return db


def _json(values: Sequence[str]) -> str:
    return json.dumps(values, ensure_ascii=False)


def _all_tags(own: str, given: str) -> tuple[str, ...]:
    """A document's own tags, then those given to files, each once."""
    return tuple(dict.fromkeys(chain(json.loads(own), *json.loads(given))))


def _log_changes(db: sqlite3.Connection, document_ids: Sequence[str]) -> None:
    """Note a document's passages under the revision that this transaction makes."""
    db.executemany(
        "INSERT INTO changes SELECT (SELECT value + 1 FROM meta WHERE key = 'revision'), id"
        " FROM passages WHERE document_id = ? AND vector_key IS NOT NULL",
        [(id,) for id in document_ids],
    )


def _link(db: sqlite3.Connection, ids: set[str]) -> None:
    """Make the earliest of near-duplicates stand for all of them, whatever order they came in."""
    marks = ", ".join("?" * len(ids))
    rows = db.execute(
        f"SELECT id FROM documents WHERE id IN ({marks}) OR near IN ({marks})"  # noqa: S608
        f" OR id IN (SELECT near FROM documents WHERE id IN ({marks}))"
        f" OR near IN (SELECT near FROM documents WHERE id IN ({marks}))"
        f" ORDER BY COALESCE(published, '{_NO_DATE}'), id",
        [*ids] * 4,
    ).fetchall()
    for (id,) in rows:
        first = rows[0][0]
        near = None if id == first else first
        db.execute("UPDATE documents SET near = ? WHERE id = ?", [near, id])


def _advice(error: Exception) -> str:
    """What to do about it."""
    told = str(error).lower()
    if "full" in told:
        return " Free some space; what was committed before is kept."
    if "locked" in told or "busy" in told:
        return " Another process is at work on it; try again."
    if "readonly" in told or "read-only" in told:
        return " It cannot be written here; what it holds can be asked."
    return " It is damaged: restore a backup, or move the home away and add its files again."


def _chunks(values: Sequence[str], size: int = 500) -> Iterator[list[str]]:
    for start in range(0, len(values), size):
        yield list(values[start : start + size])
