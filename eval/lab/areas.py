"""Area under the ROC curve."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def area(scored: Iterable[tuple[float, bool]]) -> float:
    """Return the probability that a true item scores higher than a false one (ties are halves).

    >>> area([(0.9, True), (0.8, False), (0.7, True)])
    0.5
    """
    scored = list(scored)
    yes = [s for s, is_true in scored if is_true]
    no = [s for s, is_true in scored if not is_true]
    if not yes or not no:
        return float("nan")
    wins = sum((y > n) + 0.5 * (y == n) for y in yes for n in no)
    return wins / (len(yes) * len(no))
