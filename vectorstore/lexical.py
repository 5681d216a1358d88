"""The lexical index: BM25 over folded characters and bigrams, in SQLite's FTS5."""

from __future__ import annotations

import json
import re
import sqlite3
import threading
from typing import TYPE_CHECKING

from rag.errors import StoreError
from rag.fold import STOP_WORDS, fold_names
from rag.model import ANYWHERE, Within

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from vectorstore.indexes import Entry

_WORDS = re.compile(r"[a-z][a-z0-9]*|\d+(?:\.\d+)?|[㐀-䶿一-鿿豈-﫿]+")
LAYOUT = 3
"""Number of the tables' layout: a file of another one is filled anew."""
SEARCH = (
    "SELECT ids.id, -bm25(units) AS score FROM units JOIN ids ON ids.row = units.rowid"
    " WHERE units MATCH ?1"
    " AND (?2 IS NULL OR ids.document IN (SELECT value FROM json_each(?2)))"
    " AND (?3 IS NULL OR ids.kind IN (SELECT value FROM json_each(?3)))"
    " ORDER BY score DESC, ids.id LIMIT ?4"
)
# unicode61 would cut 3.8 in two; a letter in place of the point keeps it one token.
_POINT = "p"


def lexical_units(text: str) -> list[str]:
    """Return what is matched: words, numbers, Chinese characters and bigrams, names folded."""
    units: list[str] = []
    for word in _WORDS.findall(fold_names(text)):
        if word in STOP_WORDS:
            continue
        if word[0].isascii():
            units.append(word.replace(".", _POINT))
        else:
            units += word
            units += [word[i : i + 2] for i in range(len(word) - 1)]
    return units


def _json(values: Sequence[str] | None) -> str | None:
    return None if values is None else json.dumps(list(values))


class LexicalIndex:
    """A derived index that answers by BM25. Safe to share between threads."""

    def __init__(self, path: Path) -> None:
        """Open or make the SQLite file at ``path``; a broken one is made anew."""
        self._lock = threading.RLock()
        try:
            self._db = self._open(path)
        except sqlite3.DatabaseError:
            path.unlink(missing_ok=True)  # derived: the ledger fills it again
            try:
                self._db = self._open(path)
            except sqlite3.Error as error:
                raise StoreError(f"The lexical index {path} cannot be made: {error}.") from error

    @staticmethod
    def _open(path: Path) -> sqlite3.Connection:
        db = sqlite3.connect(path, timeout=30, check_same_thread=False, isolation_level=None)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        if db.execute("PRAGMA user_version").fetchone()[0] != LAYOUT:
            # Of another layout, or new: the ledger fills it.
            for table in ("seen", "ids", "vocabulary", "units"):
                db.execute(f"DROP TABLE IF EXISTS {table}")
            db.execute(f"PRAGMA user_version = {LAYOUT}")
        db.execute("CREATE TABLE IF NOT EXISTS seen (ledger TEXT, revision INTEGER)")
        db.execute(
            "CREATE TABLE IF NOT EXISTS ids"
            " (row INTEGER PRIMARY KEY, id TEXT UNIQUE, document TEXT, kind TEXT)"
        )
        db.execute(
            "CREATE VIRTUAL TABLE IF NOT EXISTS units USING fts5"
            "(words, tokenize = 'unicode61 remove_diacritics 2')"
        )
        db.execute("CREATE VIRTUAL TABLE IF NOT EXISTS vocabulary USING fts5vocab(units, 'row')")
        return db

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def seen(self) -> tuple[str, int]:
        """Return the ledger's id and the revision followed so far."""
        with self._lock:
            row = self._db.execute("SELECT ledger, revision FROM seen").fetchone()
        return (row[0], row[1]) if row else ("", -1)

    def mark_seen(self, ledger: str, revision: int) -> None:
        """Remember them."""
        with self._lock, self._db:
            self._db.execute("BEGIN")
            self._db.execute("DELETE FROM seen")
            self._db.execute("INSERT INTO seen VALUES (?, ?)", [ledger, revision])

    def ids(self) -> set[str]:
        """Return the ids of all passages in the index."""
        with self._lock:
            return {row[0] for row in self._db.execute("SELECT id FROM ids")}

    def count(self) -> int:
        """Return the number of passages in the index."""
        with self._lock:
            return int(self._db.execute("SELECT COUNT(*) FROM ids").fetchone()[0])

    def upsert(self, entries: Sequence[Entry]) -> None:
        """Add passages; one with a known id is replaced."""
        with self._lock, self._db:
            self._db.execute("BEGIN")
            self._delete([e.passage.id for e in entries])
            for entry in entries:
                units = " ".join(lexical_units(entry.passage.text))
                row = self._db.execute("INSERT INTO units VALUES (?)", [units]).lastrowid
                p = entry.passage
                self._db.execute(
                    "INSERT INTO ids VALUES (?, ?, ?, ?)", [row, p.id, p.document_id, p.kind]
                )

    def delete_ids(self, ids: Sequence[str]) -> None:
        """Remove passages; unknown ids are passed over."""
        with self._lock, self._db:
            self._db.execute("BEGIN")
            self._delete(ids)

    def _delete(self, ids: Sequence[str]) -> None:
        for id in ids:
            row = self._db.execute("SELECT row FROM ids WHERE id = ?", [id]).fetchone()
            if row:
                self._db.execute("DELETE FROM units WHERE rowid = ?", row)
                self._db.execute("DELETE FROM ids WHERE id = ?", [id])

    def search(
        self, question: str, k: int, *, expansion: Sequence[str] = (), within: Within = ANYWHERE
    ) -> list[tuple[str, float]]:
        """Return the ``k`` best passage ids with their BM25 scores (higher is better).

        Args:
            question: In any language and script.
            k: At most so many.
            expansion: Further words that the passage may hold; only their bigrams count, since
                single characters of a guessed word say too little.
            within: Where to look.
        """
        units = dict.fromkeys(lexical_units(question))
        for word in expansion:
            units |= dict.fromkeys(u for u in lexical_units(word) if len(u) > 1)
        if not units:
            return []
        match = " OR ".join(f'"{unit}"' for unit in units)
        with self._lock:
            values = [match, _json(within.documents), _json(within.kinds), k]
            return [(row[0], row[1]) for row in self._db.execute(SEARCH, values)]

    def frequency(self, unit: str) -> int:
        """Return in how many passages a unit (see ``lexical_units``) occurs."""
        sql = "SELECT doc FROM vocabulary WHERE term = ?"
        with self._lock:
            row = self._db.execute(sql, [unit]).fetchone()
        return int(row[0]) if row else 0
