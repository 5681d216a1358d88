"""Gold cases: questions with what a right answer holds and where it stands."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from rag.model import Document, Span

GOLD = Path(__file__).parent / "gold.jsonl"


@dataclass(frozen=True, slots=True)
class GoldEvidence:
    """Exact characters of a document that answer."""

    document: str
    quote: str

    def span(self, document: Document) -> Span:
        """Return where the quote stands."""
        start = document.text.index(self.quote)
        return start, start + len(self.quote)


@dataclass(frozen=True, slots=True)
class Case:
    """One question. ``gold`` is a list of groups; a right answer holds one of each."""

    id: str
    slice: str
    question: str
    history: tuple[tuple[str, str], ...]
    answerable: bool
    gold: tuple[tuple[str, ...], ...]
    evidence: tuple[GoldEvidence, ...]
    held_out: bool
    """Prompts and thresholds are not tuned on it."""
    notes: str


def read_cases(path: Path = GOLD, keep: Callable[[Case], bool] = lambda _: True) -> list[Case]:
    """Read cases from a JSON-lines file."""
    with path.open(encoding="utf-8") as file:
        cases = [_case(json.loads(line)) for line in file if line.strip()]
    return [case for case in cases if keep(case)]


def _case(row: dict[str, Any]) -> Case:
    return Case(
        id=row["id"],
        slice=row["slice"],
        question=row["question"],
        history=tuple((q, a) for q, a in row["history"]),
        answerable=row["answerable"],
        gold=tuple(tuple(group) for group in row["gold"]),
        evidence=tuple(GoldEvidence(**e) for e in row["evidence"]),
        held_out=row["held_out"],
        notes=row["notes"],
    )
