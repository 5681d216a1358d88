"""Logistic regression: one probability from several signals, and a probability as a signal."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def probability(
    constant: float, weights: Mapping[str, float], signals: Mapping[str, float]
) -> float:
    """Return 1 / (1 + e^-s), 0 to 1, where s is the constant and the weighted sum of the signals.

    >>> probability(-2.0, {"cosine": 4.0}, {"cosine": 0.5})
    0.5
    """
    total = constant + sum(weight * signals[name] for name, weight in weights.items())
    return 1.0 / (1.0 + math.exp(-total))


def log_odds(chance: float, *, least: float = 1e-4) -> float:
    """Return log(p / (1 - p)), of a probability no nearer to 0 or 1 than ``least``.

    >>> log_odds(0.5), round(log_odds(1.0, least=0.02), 3)
    (0.0, 3.892)
    """
    within = min(max(chance, least), 1.0 - least)
    return math.log(within / (1.0 - within))
