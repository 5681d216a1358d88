"""Metrics: small pure functions. What cannot be scored is None, never 0."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rag.figures import missing_figures
from rag.names import shipped_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.model import Spans


def answer_correct(answer: str, gold: Sequence[Sequence[str]]) -> bool | None:
    """Whether ``answer`` holds one alternative of every group, scripts and names folded.

    >>> answer_correct("普京與金正恩", [["普京"], ["金正恩"]])
    True
    """
    if not gold:
        return None
    names = shipped_names()
    folded = names.fold_text(answer).replace(" ", "")

    def holds(alternative: str) -> bool:
        if any(c.isdigit() for c in alternative) and not missing_figures(alternative, answer):
            return True
        return names.fold_text(alternative).replace(" ", "") in folded

    return all(any(holds(a) for a in group) for group in gold)


def overlaps(a: Spans, b: Spans) -> bool:
    """Whether two sets of spans of one document share a character."""
    return any(s < y and x < e for s, e in a for x, y in b)


def rank_of_first(relevant: Sequence[bool]) -> int | None:
    """Rank, from 1, of the first relevant item; None where there is none."""
    return next((rank for rank, is_so in enumerate(relevant, 1) if is_so), None)


def share(flags: Sequence[bool | None]) -> float | None:
    """Share of true among the scored; None where nothing was scored.

    >>> share([True, False, None])
    0.5
    """
    scored = [flag for flag in flags if flag is not None]
    return sum(scored) / len(scored) if scored else None


def wilson(flags: Sequence[bool | None]) -> tuple[float, float] | None:
    """95 % interval of a share (Wilson 1927): fit for small samples and shares near 1."""
    scored = [flag for flag in flags if flag is not None]
    if not scored:
        return None
    n, z = len(scored), 1.96
    p = sum(scored) / n
    middle, half = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)
