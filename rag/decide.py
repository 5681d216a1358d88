"""Answer or refuse: one probability from several signals, none of them a rule alone."""

from __future__ import annotations

from math import exp
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

SIGNALS = ("kept", "coverage", "unknown", "similarity", "unfit", "across", "judged")
"""
kept        1 when a sentence of the model passed the check, else 0; none where no model wrote
coverage    share of the question's weight in what would be cited, with its context
unknown     share of the question's weight in words that no passage holds
similarity  cosine of the question to what would be cited, centred
unfit       1 when a certain kind of thing is asked for, and what would be cited holds none
across      1 when it is of another language than the question: words then cover less of it
judged      the model's probability that what would be cited answers the question
"""
CONSTANT = -7.20
WEIGHTS = {
    "kept": 1.02,
    "coverage": 4.02,
    "unknown": -2.32,
    "similarity": 2.04,
    "unfit": -2.98,
    "across": 1.95,
    "judged": 4.05,
}
CONSTANT_QUOTING = -4.60
WEIGHTS_QUOTING = {
    "coverage": 4.88,
    "unknown": -2.37,
    "similarity": 3.14,
    "unfit": -3.53,
    "across": 1.91,
}
"""Where no model wrote, and the best sentence would be quoted. Both are made by
`python -m eval.calibrate`."""
MISSING = {"judged": 0.75}
"""Where an endpoint gives no log-probabilities: the median over the gold questions."""


def answerability(signals: Mapping[str, float]) -> float:
    """Probability that what would be shown answers the question, 0 to 1 (logistic regression)."""
    wrote = "kept" in signals
    constant, weights = (CONSTANT, WEIGHTS) if wrote else (CONSTANT_QUOTING, WEIGHTS_QUOTING)
    total = constant + sum(
        weight * signals.get(name, MISSING.get(name, 0.0)) for name, weight in weights.items()
    )
    return 1.0 / (1.0 + exp(-total))
