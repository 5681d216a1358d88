"""Conversations: questions and their answers, as they were given, with what they cited.

One SQLite file of its own, ``conversations.db`` in the home: it is the readers', not the
documents', and a ledger that is rebuilt leaves it as it is. Every conversation belongs to one
reader; nobody else finds, reads or changes it.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import uuid
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, TypeAlias

from pydantic import TypeAdapter

from rag.errors import NotFoundError, StoreError
from rag.fold import fold
from rag.model import Answer, Citation

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

SCHEMA = 2
LONGEST_TITLE = 120

State: TypeAlias = Literal["running", "done", "stopped", "failed", "greeted"]

_CONVERSATIONS = """
CREATE TABLE conversations (
    id TEXT PRIMARY KEY, reader TEXT NOT NULL, title TEXT NOT NULL, changed TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX conversations_of_reader ON conversations (reader, changed)
"""
_TURNS = """
CREATE TABLE turns (
    at INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
    conversation_id TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    replaced_by TEXT NOT NULL, turn TEXT NOT NULL, words TEXT NOT NULL
);
CREATE INDEX turns_of_conversation ON turns (conversation_id, at)
"""
_TURNS_FROM_1 = f"""
ALTER TABLE turns RENAME TO turns_1;
{_TURNS};
INSERT INTO turns (id, conversation_id, replaced_by, turn, words)
    SELECT lower(hex(randomblob(16))), conversation_id, '', turn, words FROM turns_1
    ORDER BY conversation_id, ordinal;
DROP TABLE turns_1
"""  # noqa: S608 - of constants


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """One line of the list."""

    id: str
    title: str
    changed: str
    """ISO time in UTC of its last question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A question and what came of it."""

    question: str
    state: State
    """``running``: its end is not stored yet, or never will be: its process has been killed.
    ``stopped``: by the reader, before it was checked. ``greeted``: it asks nothing."""
    asked: str
    """ISO time in UTC."""
    id: str = ""
    """Given by the store."""
    replaced_by: str = ""
    """The turn that takes its place once that one is done."""
    answer: Answer | None = None
    """What stands; only of a turn that is done."""
    draft: str = ""
    """What the model had written when it was stopped; nothing of it is checked."""
    error: str = ""
    found: tuple[Citation, ...] = ()
    """The sentences found before the model wrote; of a turn that is done, where it failed."""
    waited: dict[str, float] = field(default_factory=dict)
    """Seconds from the question to the answer, by stage; together all of them."""
    said: str = ""
    """To who greets."""
    offered: tuple[str, ...] = ()
    """Questions to go on with."""
    texts: dict[str, str] = field(default_factory=dict)
    """By document id: the content hash of the text that the turn's spans point into."""
    verdict: Literal["", "good", "bad"] = ""
    """What the reader thought of it."""


class Conversations:
    """The conversations of all readers of one home. Safe to share between threads."""

    def __init__(self, path: Path) -> None:
        """Open the file, or make it.

        Raises:
            StoreError: When it is not a file of conversations, or of another schema.
        """
        self._lock = threading.RLock()
        try:
            if not path.exists():
                path.touch(mode=0o600)  # of its owner alone
            self._db = sqlite3.connect(
                path, timeout=30, check_same_thread=False, isolation_level=None
            )
            self._db.create_function("youju_fold", 1, fold, deterministic=True)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA foreign_keys = ON")
            with self._transaction() as db:
                (version,) = db.execute("PRAGMA user_version").fetchone()
                made = {0: f"{_CONVERSATIONS};{_TURNS}", 1: _TURNS_FROM_1}.get(version, "")
                for statement in filter(str.strip, made.split(";")):
                    db.execute(statement)
                    db.execute(f"PRAGMA user_version = {SCHEMA}")
        except (OSError, sqlite3.DatabaseError) as error:
            raise StoreError(
                f"{path} cannot be read as Youju's conversations ({error}). Move it away."
            ) from error
        if version not in range(SCHEMA + 1):
            raise StoreError(
                f"{path} has schema {version} of conversations, this Youju reads {SCHEMA}. "
                "Use the Youju that made it, or move it away."
            )

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def begin(self, reader: str, title: str) -> str:
        """Begin a conversation; return its id.

        Args:
            reader: The user's name; empty where there are no users.
            title: Shown in the list until the reader gives another.
        """
        id = uuid.uuid4().hex
        with self._transaction() as db:
            db.execute(
                "INSERT INTO conversations VALUES (?, ?, ?, ?)", [id, reader, _title(title), _now()]
            )
        return id

    def of_reader(self, reader: str, words: str = "") -> list[Conversation]:
        """Return a reader's conversations, the latest first.

        Args:
            reader: Whose.
            words: Only those whose title, questions or answers hold all of these, in either
                script.
        """
        where, values = "reader = ?", [reader]
        for word in fold(words).split():
            where += (
                " AND (instr(youju_fold(title), ?) OR id IN"
                " (SELECT conversation_id FROM turns WHERE instr(words, ?)))"
            )
            values += [word, word]
        sql = f"SELECT id, title, changed FROM conversations WHERE {where} ORDER BY changed DESC"  # noqa: S608
        with self._lock:
            rows = self._db.execute(sql, values).fetchall()
        return [Conversation(id=id, title=title, changed=at) for id, title, at in rows]

    def title(self, reader: str, id: str) -> str:
        """Return a conversation's title.

        Raises:
            NotFoundError: When this reader has no such conversation.
        """
        sql = "SELECT title FROM conversations WHERE id = ? AND reader = ?"
        with self._lock:
            row = self._db.execute(sql, [id, reader]).fetchone()
        if row is None:
            raise NotFoundError("There is no such conversation.")
        return str(row[0])

    def rename(self, reader: str, id: str, title: str) -> None:
        """Give a conversation another title; an empty one changes nothing.

        Raises:
            NotFoundError: When this reader has no such conversation.
        """
        title = _title(title) or self.title(reader, id)
        with self._own(reader, id) as db:
            db.execute("UPDATE conversations SET title = ? WHERE id = ?", [title, id])

    def delete(self, reader: str, id: str) -> None:
        """Delete a conversation with its turns.

        Raises:
            NotFoundError: When this reader has no such conversation.
        """
        with self._own(reader, id) as db:
            db.execute("DELETE FROM conversations WHERE id = ?", [id])

    def turns(self, reader: str, id: str) -> list[Turn]:
        """Return a conversation's turns in order.

        Raises:
            NotFoundError: When this reader has no such conversation.
        """
        self.title(reader, id)
        sql = "SELECT id, replaced_by, turn FROM turns WHERE conversation_id = ? ORDER BY at"
        with self._lock:
            rows = self._db.execute(sql, [id]).fetchall()
        return [
            replace(_read_turn().validate_json(turn), id=turn_id, replaced_by=by)
            for turn_id, by, turn in rows
        ]

    def append(self, reader: str, id: str, turn: Turn, replaces: Collection[str] = ()) -> str:
        """Add a turn at the end; return its id.

        Args:
            reader: Whose conversation it is.
            id: The conversation.
            turn: What to store.
            replaces: Ids of turns that leave when this one is done, and not before.

        Raises:
            NotFoundError: When this reader has no such conversation.
        """
        turn_id = uuid.uuid4().hex
        with self._own(reader, id) as db:
            db.execute(
                "INSERT INTO turns (id, conversation_id, replaced_by, turn, words)"
                " VALUES (?, ?, '', '', '')",
                [turn_id, id],
            )
            db.executemany(
                "UPDATE turns SET replaced_by = ? WHERE conversation_id = ? AND id = ?",
                [[turn_id, id, replaced] for replaced in replaces],
            )
            _store(db, id, turn_id, turn)
        return turn_id

    def write(self, reader: str, id: str, turn_id: str, turn: Turn) -> None:
        """Store what has become of a turn; no other turn leaves but those that it replaces.

        Raises:
            NotFoundError: When this reader has no such conversation.
        """
        with self._own(reader, id) as db:
            _store(db, id, turn_id, turn)

    def judge(self, reader: str, id: str, turn_id: str, verdict: Literal["good", "bad"]) -> None:
        """Note what the reader thought of a turn; nothing else of it changes.

        Raises:
            NotFoundError: When this reader has no such conversation.
        """
        with self._own(reader, id) as db:
            db.execute(
                "UPDATE turns SET turn = json_set(turn, '$.verdict', ?)"
                " WHERE conversation_id = ? AND id = ?",
                [verdict, id, turn_id],
            )

    @contextmanager
    def _own(self, reader: str, id: str) -> Iterator[sqlite3.Connection]:
        with self._transaction() as db:
            self.title(reader, id)
            yield db

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise


def _store(db: sqlite3.Connection, id: str, turn_id: str, turn: Turn) -> None:
    words = fold(f"{turn.question}\n{turn.answer.text if turn.answer else turn.draft}")
    body = json.dumps(asdict(turn), ensure_ascii=False)
    place = [id, turn_id]
    db.execute(
        "UPDATE turns SET turn = ?, words = ? WHERE conversation_id = ? AND id = ?",
        [body, words, *place],
    )
    if turn.state == "done":
        db.execute("DELETE FROM turns WHERE conversation_id = ? AND replaced_by = ?", place)
    elif turn.state != "running":  # then what it was to replace stands
        db.execute(
            "UPDATE turns SET replaced_by = '' WHERE conversation_id = ? AND replaced_by = ?", place
        )
    db.execute("UPDATE conversations SET changed = ? WHERE id = ?", [_now(), id])


@lru_cache
def _read_turn() -> TypeAdapter[Turn]:
    """Rebuild a turn from stored JSON; fields that it no longer has are left out."""
    return TypeAdapter(Turn)


def _title(text: str) -> str:
    return " ".join(text.split())[:LONGEST_TITLE]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
