"""Answer or refuse: one probability from several signals, none of them a rule alone."""

from __future__ import annotations

from math import exp
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

SIGNALS = ("kept", "coverage", "unknown", "similarity", "judged")
"""
kept        1 when a sentence of the model passed the check, else 0
coverage    share of the question's weight in what would be cited, with its context
unknown     share of the question's weight in words that no passage holds
similarity  cosine of the question to what would be cited, centred
judged      the model's probability that what would be cited answers the question
"""
CONSTANT = -5.64
WEIGHTS = {
    "kept": 2.71,
    "coverage": 2.53,
    "unknown": -2.19,
    "similarity": 1.03,
    "judged": 2.65,
}
"""Made by `python -m eval.calibrate`."""
MISSING = {"judged": 0.75}
"""Where an endpoint gives no log-probabilities: the median over the gold questions."""


def answerability(signals: Mapping[str, float]) -> float:
    """Probability that what would be shown answers the question, 0 to 1 (logistic regression)."""
    total = CONSTANT + sum(
        weight * signals.get(name, MISSING.get(name, 0.0)) for name, weight in WEIGHTS.items()
    )
    return 1.0 / (1.0 + exp(-total))
