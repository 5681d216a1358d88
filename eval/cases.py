"""Gold cases: questions with what a right answer holds and where it stands.

One case is one line of JSON with every key of ``REQUIRED`` and, where it needs them, those of
``OPTIONAL``::

    {"id": "fact-01", "slice": "one fact", "question": "…", "history": [["question", "answer"]],
     "answerable": true, "gold": [["125%"]],
     "evidence": [[{"document": "001_03f6596dd746e4d6", "quote": "…"}]],
     "held_out": false, "notes": "",
     "missing": [["价格", "多少钱"]], "sides": [["12人"], ["17人"]], "wrong": ["110%"],
     "documents": [{"name": "report-a.txt", "text": "…"}]}
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from rag.model import Document, Span

GOLD = Path(__file__).parent / "gold.jsonl"

REQUIRED = frozenset(
    ("id", "slice", "question", "history", "answerable", "gold", "evidence", "held_out", "notes")
)
OPTIONAL = frozenset(("missing", "sides", "wrong", "documents"))


@dataclass(frozen=True, slots=True)
class GoldEvidence:
    """Exact characters of a document that answer.

    ``document`` is the name of a seed without its suffix, or the name of one of the case's own
    documents.
    """

    document: str
    quote: str

    def span(self, document: Document) -> Span:
        """Return where the quote first stands.

        Raises:
            ValueError: If it does not stand there.
        """
        start = document.text.index(self.quote)
        return start, start + len(self.quote)


@dataclass(frozen=True, slots=True)
class CaseDocument:
    """A document that only this case adds to the seeds, written for the test."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Case:
    """One question, with what a right answer to it holds."""

    id: str
    slice: str
    question: str
    history: tuple[tuple[str, str], ...]
    answerable: bool
    gold: tuple[tuple[str, ...], ...]
    """Groups of alternatives; a right answer holds one of each."""
    evidence: tuple[tuple[GoldEvidence, ...], ...]
    """Groups of alternatives; citations have found a group when they overlap one of it."""
    held_out: bool
    """Prompts and thresholds are not tuned on it."""
    notes: str
    missing: tuple[tuple[str, ...], ...] = ()
    """Groups of words; a partial answer names one of each as not in the documents."""
    sides: tuple[tuple[str, ...], ...] = ()
    """Groups of words, one for each side of a disagreement; a right answer holds one of each."""
    wrong: tuple[str, ...] = ()
    """What would be a false answer, as it stands in the documents: the limit for the value."""
    documents: tuple[CaseDocument, ...] = ()


def read_cases(path: Path = GOLD, keep: Callable[[Case], bool] = lambda _: True) -> list[Case]:
    """Read cases from a JSON-lines file.

    Raises:
        ValueError: If a line is no case; the message holds its number and what is wrong.
    """
    with path.open(encoding="utf-8") as file:
        lines = enumerate(file, start=1)
        cases = [_read_line(f"{path.name}:{n}", line) for n, line in lines if line.strip()]
    return [case for case in cases if keep(case)]


def _read_line(where: str, line: str) -> Case:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        raise ValueError(f"{where}: not JSON: {error}") from error
    if missing := REQUIRED - row.keys():
        raise ValueError(f"{where}: missing keys: {', '.join(sorted(missing))}")
    if unknown := row.keys() - REQUIRED - OPTIONAL:
        raise ValueError(f"{where}: unknown keys: {', '.join(sorted(unknown))}")
    try:
        return _case(row)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{where}: {error}") from error


def _case(row: dict[str, Any]) -> Case:
    return Case(
        id=row["id"],
        slice=row["slice"],
        question=row["question"],
        history=tuple((question, answer) for question, answer in row["history"]),
        answerable=row["answerable"],
        gold=_groups(row["gold"]),
        evidence=tuple(
            tuple(GoldEvidence(**alternative) for alternative in group) for group in row["evidence"]
        ),
        held_out=row["held_out"],
        notes=row["notes"],
        missing=_groups(row.get("missing", [])),
        sides=_groups(row.get("sides", [])),
        wrong=_strings(row.get("wrong", [])),
        documents=tuple(CaseDocument(**document) for document in row.get("documents", [])),
    )


def _strings(strings: object) -> tuple[str, ...]:
    """Return strings as a tuple.

    Raises:
        ValueError: If one is none, or empty.
    """
    if not isinstance(strings, list) or not all(isinstance(s, str) and s for s in strings):
        raise ValueError(f"not strings: {strings}")
    return tuple(strings)


def _groups(groups: list[Any]) -> tuple[tuple[str, ...], ...]:
    """Return groups as tuples.

    Raises:
        ValueError: If a group is a bare string, which would be read as its characters, or empty.
    """
    if any(isinstance(group, str) or not group for group in groups):
        raise ValueError(f"not groups of alternatives: {groups}")
    return tuple(tuple(group) for group in groups)
