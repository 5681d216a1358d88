"""Answer or refuse: one probability from several signals, none of them a rule alone."""

from __future__ import annotations

from math import exp, log
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

SIGNALS = ("kept", "coverage", "similarity", "unfit", "across", "judged")
"""
kept        1 when a sentence of the model passed the check, else 0; none where no model wrote
coverage    share of the question's weight in what would be cited, with its context
similarity  cosine of the question to what would be cited, centred
unfit       1 when a certain kind of thing is asked for, and what would be cited holds none
across      1 when it is of another language than the question: words then cover less of it
judged      the model's probability that what would be cited answers the question, as log odds:
            .95 is as far from .85 as that is from .65
"""
CONSTANT = -7.13
WEIGHTS = {
    "kept": 1.62,
    "coverage": 3.47,
    "similarity": 4.17,
    "unfit": -3.94,
    "across": 1.29,
    "judged": 2.07,
}
CONSTANT_QUOTING = -5.87
WEIGHTS_QUOTING = {
    "coverage": 3.95,
    "similarity": 7.77,
    "unfit": -4.96,
    "across": 1.43,
}
"""Where no model wrote, and the best sentence would be quoted. Both are fitted as
`python -m eval.calibrate` does it; the constants stand where the gold questions keep their bars."""
LEAST_SURE = 0.02
"""From which to its opposite a model's probability is taken at its word."""
MISSING = {"judged": 0.75}
"""Where an endpoint gives no log-probabilities: the median over the gold questions."""


def answerability(signals: Mapping[str, float]) -> float:
    """Probability that what would be shown answers the question, 0 to 1 (logistic regression)."""
    wrote = "kept" in signals
    constant, weights = (CONSTANT, WEIGHTS) if wrote else (CONSTANT_QUOTING, WEIGHTS_QUOTING)
    total = constant + sum(weight * entered(signals, name) for name, weight in weights.items())
    return 1.0 / (1.0 + exp(-total))


def entered(signals: Mapping[str, float], name: str) -> float:
    """Return a signal as it is weighed: `judged` as log odds, others as they are."""
    value = signals.get(name, MISSING.get(name, 0.0))
    if name != "judged":
        return value
    sure = min(max(value, LEAST_SURE), 1 - LEAST_SURE)
    return log(sure / (1 - sure))
