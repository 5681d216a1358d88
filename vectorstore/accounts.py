"""Users, their API keys and log-ins: one SQLite file of its own beside the ledger.

No secret is stored. A password is kept as scrypt makes it, slow on purpose; an API key or a
session's token is 256 random bits, for which one SHA-256 is enough.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import sqlite3
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal, TypeAlias, cast, get_args

from rag.errors import NotFoundError, SettingsError, StoreError, YoujuError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

Role: TypeAlias = Literal["reader", "editor", "admin"]
"""A reader asks and searches; an editor may also add and remove documents, and an administrator
change what answers as well."""

SHORTEST_PASSWORD = 12
"""Characters. NIST SP 800-63B asks for 15 where a password stands alone and 8 beside another
factor; length, and no rule about classes of characters."""
FAILURES = 5
"""Wrong passwords for one name after which it is locked."""
LOCKED_SECONDS = 900.0
KEY_PREFIX = "youju"
COST = 2**16
"""Scrypt's N: with r = 8 and p = 2 a hash takes 64 MB and about 0.2 s (one of the equal choices
that OWASP's password storage cheat sheet gives)."""

_TABLES = """
CREATE TABLE IF NOT EXISTS users (
    name TEXT PRIMARY KEY, role TEXT NOT NULL, password TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS keys (
    id TEXT PRIMARY KEY, user TEXT NOT NULL REFERENCES users (name) ON DELETE CASCADE,
    hash TEXT NOT NULL, label TEXT NOT NULL, created REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sessions (
    hash TEXT PRIMARY KEY, user TEXT NOT NULL REFERENCES users (name) ON DELETE CASCADE,
    ends REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS failures (name TEXT NOT NULL, at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS failures_of_name ON failures (name, at)
"""


class LockedError(YoujuError):
    """Too many wrong passwords for this name: it has to wait."""


@dataclass(frozen=True, slots=True)
class User:
    """Who asks."""

    name: str
    role: Role

    @property
    def may_edit(self) -> bool:
        """Whether documents may be added and removed."""
        return self.role in {"editor", "admin"}

    @property
    def may_administer(self) -> bool:
        """Whether the model that answers may be changed, for all."""
        return self.role == "admin"


@dataclass(frozen=True, slots=True)
class Key:
    """What may be told of an API key: all but its secret."""

    id: str
    user: str
    label: str
    created: float
    """Seconds since 1970."""


class Accounts:
    """The users of one home. Safe to share between threads, and between processes."""

    def __init__(
        self, path: Path, *, now: Callable[[], float] = time.time, cost: int = COST
    ) -> None:
        """Open the file, or make it, readable by its owner alone.

        Args:
            path: The SQLite file; its folder must exist.
            now: Seconds since 1970, for sessions and lock-outs.
            cost: Of a new password's hash: a power of two.

        Raises:
            StoreError: When it is not such a file.
        """
        self._lock = threading.RLock()
        self._now = now
        self._cost = cost
        try:
            path.touch(mode=0o600)
            self._db = sqlite3.connect(
                path, timeout=30, check_same_thread=False, isolation_level=None
            )
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA foreign_keys = ON")
            for statement in _TABLES.split(";"):
                self._db.execute(statement)
        except (OSError, sqlite3.Error) as error:
            raise StoreError(f"{path} cannot be read as a file of users ({error}).") from error

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                self._db.execute("ROLLBACK")
                raise

    def _rows(self, sql: str, values: Sequence[object] = ()) -> list[tuple[str, ...]]:
        with self._lock:
            return self._db.execute(sql, values).fetchall()

    # --- users

    def users(self) -> list[User]:
        """Return all users, by name."""
        return [User(n, _role(r)) for n, r in self._rows("SELECT name, role FROM users")]

    def add(self, name: str, password: str, role: Role) -> User:
        """Add a user; one who exists gets the new password and role, and is logged out.

        Raises:
            SettingsError: When the name, the password or the role will not do.
        """
        if not (0 < len(name) <= 64 and name.isprintable() and name == name.strip()):
            raise SettingsError("A user's name has 1 to 64 printable characters.")
        if len(password) < SHORTEST_PASSWORD:
            raise SettingsError(f"A password has at least {SHORTEST_PASSWORD} characters.")
        user = User(name, _role(role))
        hashed = _hash_password(password, secrets.token_bytes(16), self._cost)
        with self._writing() as db:
            db.execute("DELETE FROM sessions WHERE user = ?", [name])
            db.execute("DELETE FROM failures WHERE name = ?", [name])
            db.execute(
                "INSERT INTO users VALUES (?, ?, ?) ON CONFLICT (name)"
                " DO UPDATE SET role = excluded.role, password = excluded.password",
                [name, role, hashed],
            )
        return user

    def remove(self, name: str) -> None:
        """Remove a user with all keys and sessions.

        Raises:
            NotFoundError: When there is none of this name.
        """
        with self._writing() as db:
            if not db.execute("DELETE FROM users WHERE name = ?", [name]).rowcount:
                raise NotFoundError(f"No user is called {name!r}.")

    # --- log-ins

    def log_in(self, name: str, password: str, *, hours: float) -> str | None:
        """Check a password and begin a session.

        Args:
            name: Of the user.
            password: As typed.
            hours: How long the session lasts.

        Returns:
            The session's token; None when name or password is wrong. Both take as long.

        Raises:
            LockedError: After too many failures, whatever the password.
        """
        now = self._now()
        with self._writing() as db:
            # Written down before the password is looked at, and taken back when it is right:
            # many guesses sent at once find the lock as well.
            db.execute("DELETE FROM failures WHERE at < ?", [now - LOCKED_SECONDS])
            (failed,) = db.execute(
                "SELECT count(*) FROM failures WHERE name = ?", [name]
            ).fetchone()
            if failed < FAILURES:
                db.execute("INSERT INTO failures VALUES (?, ?)", [name, now])
        if failed >= FAILURES:
            raise LockedError(
                f"Too many wrong passwords. Try again in {LOCKED_SECONDS / 60:.0f} minutes."
            )
        rows = self._rows("SELECT password FROM users WHERE name = ?", [name])
        stored = rows[0][0] if rows else _nobodys_password(self._cost)
        if not (_is_password(password, stored) and rows):
            return None
        token = secrets.token_urlsafe(32)
        with self._writing() as db:
            db.execute("DELETE FROM failures WHERE name = ?", [name])
            db.execute("DELETE FROM sessions WHERE ends < ?", [now])
            db.execute(
                "INSERT INTO sessions VALUES (?, ?, ?)", [_digest(token), name, now + hours * 3600]
            )
        return token

    def of_session(self, token: str) -> User | None:
        """Return whose session it is; None when there is none or it has ended."""
        rows = self._rows(
            "SELECT u.name, u.role FROM sessions s JOIN users u ON u.name = s.user"
            " WHERE s.hash = ? AND s.ends > ?",
            [_digest(token), self._now()],
        )
        return User(rows[0][0], _role(rows[0][1])) if rows else None

    def log_out(self, token: str) -> None:
        """End a session."""
        with self._writing() as db:
            db.execute("DELETE FROM sessions WHERE hash = ?", [_digest(token)])

    # --- API keys

    def add_key(self, user: str, label: str = "") -> str:
        """Make an API key for a user and return it: the one time that it can be seen.

        Raises:
            NotFoundError: When there is no such user.
        """
        id, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
        key = f"{KEY_PREFIX}-{id}-{secret}"
        with self._writing() as db:
            if not db.execute("SELECT 1 FROM users WHERE name = ?", [user]).fetchone():
                raise NotFoundError(f"No user is called {user!r}.")
            db.execute(
                "INSERT INTO keys VALUES (?, ?, ?, ?, ?)",
                [id, user, _digest(key), label, self._now()],
            )
        return key

    def keys(self) -> list[Key]:
        """Return what may be told of all keys, by user and age."""
        rows = self._rows("SELECT id, user, label, created FROM keys ORDER BY user, created")
        return [Key(id, user, label, float(created)) for id, user, label, created in rows]

    def remove_key(self, id: str) -> None:
        """End an API key, by its id.

        Raises:
            NotFoundError: When there is none with this id.
        """
        with self._writing() as db:
            if not db.execute("DELETE FROM keys WHERE id = ?", [id]).rowcount:
                raise NotFoundError(f"No API key has the id {id!r}; `youju user list` shows them.")

    def of_key(self, key: str) -> User | None:
        """Return whose API key it is; None when it is nobody's."""
        prefix, _, rest = key.partition("-")
        id = rest.partition("-")[0]
        if prefix != KEY_PREFIX:
            return None
        rows = self._rows(
            "SELECT k.hash, u.name, u.role FROM keys k JOIN users u ON u.name = k.user"
            " WHERE k.id = ?",
            [id],
        )
        if not rows or not hmac.compare_digest(rows[0][0], _digest(key)):
            return None
        return User(rows[0][1], _role(rows[0][2]))


def _role(role: str) -> Role:
    if role not in get_args(Role):
        raise SettingsError(f"{role!r} is no role: {' or '.join(get_args(Role))}.")
    return cast("Role", role)


def _hash_password(password: str, salt: bytes, cost: int) -> str:
    """Return ``cost$salt$hash``, the latter two in hexadecimal."""
    hashed = hashlib.scrypt(
        password.encode(), salt=salt, n=cost, r=8, p=2, maxmem=2 * 128 * 8 * cost, dklen=32
    )
    return f"{cost}${salt.hex()}${hashed.hex()}"


def _is_password(password: str, stored: str) -> bool:
    cost, salt, _ = stored.split("$")
    return hmac.compare_digest(_hash_password(password, bytes.fromhex(salt), int(cost)), stored)


@cache
def _nobodys_password(cost: int) -> str:
    """What a name that does not exist is compared with, so that it takes as long."""
    return _hash_password(secrets.token_urlsafe(16), secrets.token_bytes(16), cost)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
