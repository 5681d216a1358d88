"""What a number is worth: intervals by the bootstrap, and tests of two runs question by question.

Every draw has a fixed seed: the same records give the same figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from math import comb
from typing import TYPE_CHECKING, Literal

import numpy as np

from eval.metrics import wilson

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

RESAMPLES = 2_000
SEED = 2026
SIGNIFICANT = 0.05
EXACT, FLIPS = 12, 9_999
"""Of the permutation test: up to so many differences every choice of signs is tried."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean with its 95 % interval, over ``n`` questions that were scored."""

    mean: float
    low: float
    high: float
    n: int


def estimate(values: Sequence[float | None]) -> Estimate | None:
    """Return the mean and its percentile bootstrap interval; None where nothing was scored.

    >>> estimate([True, True, None])
    Estimate(mean=1.0, low=1.0, high=1.0, n=2)
    """
    scored = [float(v) for v in values if v is not None]
    if not scored:
        return None
    low, high = _interval(np.array(scored))
    return Estimate(sum(scored) / len(scored), low, high, len(scored))


def ceiling(values: Sequence[float | None]) -> float | None:
    """Upper end of the 95 % interval that a floor is compared with; None: nothing scored.

    Of a share it is Wilson's: resampling three failures gives three failures, and an interval
    without width would call any small slice certain.

    >>> round(ceiling([False, False, False]), 2)
    0.56
    """
    scored = [v for v in values if v is not None]
    if all(v in {0, 1} for v in scored):
        interval = wilson([bool(v) for v in scored])
        return interval[1] if interval else None
    found = estimate(scored)
    return found.high if found else None


def quantile(values: Sequence[float | None], share: float) -> float | None:
    """Return a quantile of what was scored.

    >>> quantile([1.0, 3.0, None], 0.5)
    2.0
    """
    scored = [float(v) for v in values if v is not None]
    return float(np.quantile(scored, share)) if scored else None


def mcnemar(broke: int, healed: int) -> float:
    """Return the exact two-sided p of McNemar's test (1947): a binomial of the pairs that differ.

    >>> mcnemar(1, 7)  # 2 · (C(8,0) + C(8,1)) / 2⁸
    0.0703125
    """
    n, k = broke + healed, min(broke, healed)
    return min(1.0, 2 * sum(comb(n, i) for i in range(k + 1)) / (1 << n))


def permutation(changes: Sequence[float] | NDArray[np.float64]) -> float:
    """Return the two-sided p of the paired permutation test (Fisher 1935).

    By chance alone each difference might as well have the other sign: p is the share of all such
    choices whose sum is as far from 0; of `FLIPS` of them where there are too many for all.

    >>> permutation([0.5, 0.25, 0.25, 0.0])  # 2 of the 2³ choices
    0.25
    """
    moved = np.array([c for c in changes if c])
    if not len(moved):
        return 1.0
    if len(moved) <= EXACT:
        signs = np.array(list(product((1.0, -1.0), repeat=len(moved))))
        extra = 0
    else:
        signs = np.random.default_rng(SEED).choice((1.0, -1.0), (FLIPS, len(moved)))
        extra = 1  # the choice that was seen is one of all
    far = np.abs(signs @ moved) >= abs(moved.sum()) - 1e-9
    return float((far.sum() + extra) / (len(signs) + extra))


def holm(ps: Sequence[float]) -> list[float]:
    """Return each p among the others (Holm 1979): of twenty metrics one is below .05 by chance.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    out, least = [0.0] * len(ps), 0.0
    for rank, at in enumerate(sorted(range(len(ps)), key=lambda i: ps[i])):
        least = max(least, min(1.0, (len(ps) - rank) * ps[at]))
        out[at] = least
    return out


@dataclass(frozen=True, slots=True)
class Difference:
    """A metric of two runs, over the questions that were scored in both."""

    before: float
    after: float
    low: float
    high: float
    """Paired bootstrap interval of the mean difference, after less before."""
    p: float
    """McNemar's where each question is right or wrong, else of the paired permutation test."""
    n: int
    adjusted: float | None = None
    """``p`` among the other metrics that were compared (`holm`)."""

    @property
    def mean(self) -> float:
        """Return after less before."""
        return self.after - self.before

    @property
    def verdict(self) -> Literal["same", "noise", "change"]:
        """Whether the two differ by more than chance."""
        if self.mean == 0 and self.low == self.high:
            return "same"
        p = self.p if self.adjusted is None else self.adjusted
        return "change" if p < SIGNIFICANT else "noise"


def difference(pairs: Sequence[tuple[float | None, float | None]]) -> Difference | None:
    """Compare before and after, question by question; None where no pair was scored.

    >>> found = difference([(0, 1)] * 6 + [(1, 1)] * 4)
    >>> found.mean, found.p, found.verdict
    (0.6, 0.03125, 'change')
    """
    scored = [(float(a), float(b)) for a, b in pairs if a is not None and b is not None]
    if not scored:
        return None
    table = np.array(scored)
    changes = table[:, 1] - table[:, 0]
    low, high = _interval(changes)
    yes_or_no = bool(np.isin(table, (0.0, 1.0)).all())
    broke, healed = int((changes < 0).sum()), int((changes > 0).sum())
    p = mcnemar(broke, healed) if yes_or_no else permutation(changes)
    before, after = table.mean(axis=0)
    return Difference(float(before), float(after), low, high, p, len(scored))


def _interval(values: NDArray[np.float64]) -> tuple[float, float]:
    means = values[_draws(len(values))].mean(axis=1)
    low, high = np.quantile(means, (0.025, 0.975))
    return float(low), float(high)


@lru_cache(maxsize=256)
def _draws(count: int) -> NDArray[np.int64]:
    """Rows of each resample: shape ``(RESAMPLES, count)``."""
    return np.random.default_rng(SEED).integers(0, count, (RESAMPLES, count))


def kappa(pairs: Sequence[tuple[bool, bool]]) -> float | None:
    """Return Cohen's kappa (1960): agreement beyond that of chance; None without pairs.

    >>> kappa([(True, True), (False, False), (True, False), (False, True)])
    0.0
    """
    if not pairs:
        return None
    n = len(pairs)
    agreed = sum(a == b for a, b in pairs) / n
    one, other = sum(a for a, _ in pairs) / n, sum(b for _, b in pairs) / n
    chance = one * other + (1 - one) * (1 - other)
    return 1.0 if chance == 1 else (agreed - chance) / (1 - chance)
