"""Say what works and what does not, and what to do about it."""

from __future__ import annotations

import platform
import sqlite3
import sys
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from rag.build import open_home
from rag.endpoint import free_cores
from rag.errors import YoujuError
from rag.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from rag.llm import ChatModel


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    what: str
    ok: bool
    found: str

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return asdict(self)


def examine(home: str | None, *, deep: bool = False) -> list[Finding]:
    """Look at the machine, the settings, the home, the embedding and the language model.

    Args:
        home: As for every command.
        deep: Whether every stored text is read again and compared with its hash.
    """
    findings = [
        Finding(
            "Python",
            sys.version_info >= (3, 11),
            f"{platform.python_version()}, SQLite {sqlite3.sqlite_version}, {free_cores()} cores",
        )
    ]

    def look(what: str, at: Callable[[], str]) -> bool:
        try:
            findings.append(Finding(what, ok=True, found=at()))
        except YoujuError as error:
            findings.append(Finding(what, ok=False, found=str(error)))
        return findings[-1].ok

    if not look("settings", lambda: f"home {home or Settings.load().home}"):
        return findings
    try:
        youju = open_home(home)
    except YoujuError as error:
        return [*findings, Finding("home", ok=False, found=str(error))]
    with youju:
        look(
            "documents",
            lambda: f"{len(youju.documents())}, {youju.ledger.count_searched()} passages",
        )
        if deep:
            look("texts", youju.check_texts)
        look("indexes", youju.check_indexes)
        look("embedding", lambda: _timed(lambda: f"{len(youju.retriever.embed('试'))} dimensions"))
        look("language model", lambda: _timed(lambda: _greet(youju.model)))
    return findings


def _greet(model: ChatModel | None) -> str:
    if model is None:
        return "none: the answers are quotations"
    pieces = model.stream(
        (("user", "只回答一个字：好"),), max_tokens=16, deadline=time.monotonic() + 120
    )
    return f"{model.name} says “{''.join(p.text for p in pieces).strip()}”"


def _timed(look: Callable[[], str]) -> str:
    started = time.monotonic()
    found = look()
    return f"{found} ({time.monotonic() - started:.1f} s)"
