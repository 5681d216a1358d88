"""Whether an index's files are those that were written: told before a library maps them.

Tantivy panics over flipped bits, Chroma ends the process over some and answers otherwise over
others. So what is written is sealed: a digest of the files stands beside their folder. A folder
that was closed well and whose files have their sizes and times still is opened at once; else the
digest is worked out, and where there is no seal (a writer was killed) a child process opens and
searches the index first (``vectorstore/check.py``).
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LAYOUT = 1
"""Number of what a digest is of: a seal of another one tells nothing."""
CHECK_SECONDS = 120.0
"""After which a child that checks an index is taken to hang, and its index to be damaged…"""
CHECK_SECONDS_A_GIGABYTE = 300.0
"""…with so much more for its size."""
_CHILD = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]);"
    " from vectorstore.check import main; sys.exit(main(*sys.argv[2:]))"
)
_LIST = "index_metadata.pickle"
_PASSING = {".lock", ".sqlite3-journal", ".sqlite3-wal", ".sqlite3-shm"}
"""What comes and goes while a folder is in use."""
_Files: TypeAlias = dict[str, list[int]]


class Seal:
    """The seal of one index's folder, ``chroma`` or ``lexical``."""

    def __init__(self, folder: Path) -> None:
        """Know where it stands: ``chroma.seal`` beside ``chroma``."""
        self._folder = folder
        self._path = folder.with_name(f"{folder.name}.seal")
        self._digest: str | None = None
        """Of what this process knows to be sound; None while it changes the files."""

    def is_sound(self, *check: str, alone: bool = True) -> bool:
        """Whether the folder may be opened; one that does not exist may.

        Args:
            check: The arguments of the child that is asked where no seal tells.
            alone: Whether no other process writes: one that does has looked at it before.
        """
        if not self._folder.exists():
            return True
        sealed, closed = self._read()
        if sealed and closed == _stat(self._folder):
            self._digest = sealed
            return True
        digest = digest_of(self._folder) if sealed else None
        if sealed and digest == sealed:
            self._digest = sealed
            return True
        if sealed and self._read()[0] == sealed:
            return False
        # There is none, or another process has begun to write.
        return not alone or self._child_opens(check)

    def _child_opens(self, check: tuple[str, ...]) -> bool:
        size = sum(size for size, _ in _stat(self._folder).values())
        command = [sys.executable, "-c", _CHILD, json.dumps(sys.path), str(self._folder), *check]
        try:
            child = subprocess.run(  # noqa: S603 - this program itself
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=CHECK_SECONDS + size / 1e9 * CHECK_SECONDS_A_GIGABYTE,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return False
        return child.returncode == 0

    def opened(self) -> None:
        """Say that the files are in use: who finds that after a kill works the digest out."""
        if self._digest:
            self._write(self._digest, None)

    def lift(self) -> None:
        """Take the seal away: the files are about to change."""
        self._digest = None
        self._path.unlink(missing_ok=True)

    def press(self) -> None:
        """Seal the files as they are, where that is not done."""
        if self._digest is None and self._folder.exists():
            self._digest = digest_of(self._folder)
            if self._digest:
                self._write(self._digest, None)

    def closed(self) -> None:
        """Say that the files were let go of, as they are sealed."""
        if self._digest and self._read()[0] == self._digest:
            self._write(self._digest, _stat(self._folder))

    def _read(self) -> tuple[str, _Files | None]:
        try:
            seal = json.loads(self._path.read_text("utf-8"))
            return str(seal["digest"] if seal["layout"] == LAYOUT else ""), seal["closed"]
        except (OSError, ValueError, LookupError, TypeError):
            return "", None

    def _write(self, digest: str, closed: _Files | None) -> None:
        new = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        with suppress(OSError):  # without a seal the next one to open it looks closer
            seal = {"layout": LAYOUT, "digest": digest, "closed": closed}
            new.write_text(json.dumps(seal), "utf-8")
            new.replace(self._path)


def digest_of(folder: Path) -> str | None:
    """Return a digest of what an index holds; None where it cannot be read.

    Chroma notes each opening in its database, and its files of a graph mean nothing (it makes them
    anew when it opens them) until it writes the list of the graph's vectors: neither counts.
    """
    files = [p for p in sorted(folder.rglob("*")) if p.is_file() and p.suffix not in _PASSING]
    counted = [p for p in files if p.suffix != ".bin" or p.with_name(_LIST) in files]
    try:
        with ThreadPoolExecutor(2) as pool:
            digests = list(pool.map(_digest_of_file, counted))
    except (OSError, sqlite3.Error, UnicodeError):
        return None
    names = [str(p.relative_to(folder)) for p in counted]
    return hashlib.sha256(json.dumps([names, digests]).encode()).hexdigest()


def _digest_of_file(path: Path) -> str:
    if path.suffix == ".sqlite3":
        return _digest_of_database(path)
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _digest_of_database(path: Path) -> str:
    """Of all rows; what merely finds them is checked by SQLite."""
    digest = hashlib.sha256()
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:
        (found,) = db.execute("PRAGMA integrity_check(1)").fetchone()
        digest.update(found.encode())
        for row in _rows(db):
            digest.update(repr(row).encode())
    return digest.hexdigest()


def _rows(db: sqlite3.Connection) -> Iterator[tuple[object, ...]]:
    tables = "SELECT name, sql FROM sqlite_master WHERE type = 'table' ORDER BY name"
    for name, sql in db.execute(tables).fetchall():
        yield name, sql
        if name != "acquire_write" and not sql.startswith("CREATE VIRTUAL"):
            yield from db.execute(f'SELECT * FROM "{name}"')  # noqa: S608 - a name of its own


def _stat(folder: Path) -> _Files:
    """Sizes and times of a folder's files; those of one that vanishes meanwhile are left out."""
    found: _Files = {}
    for path in sorted(folder.rglob("*")):
        with suppress(OSError):
            if path.is_file() and path.suffix not in _PASSING:
                stat = path.stat()
                found[str(path.relative_to(folder))] = [stat.st_size, stat.st_mtime_ns]
    return found
