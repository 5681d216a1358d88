"""Show a quotation or refuse: one probability from several signals, none of them a rule alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag.odds import log_odds, probability

if TYPE_CHECKING:
    from collections.abc import Mapping

CONSTANT_QUOTING = -2.37
WEIGHTS_QUOTING = {"reader": 0.58, "coverage": 1.59, "similarity": 2.95}
"""
reader      the reader's probability that it answers, as log odds
coverage    share of the question's weight in it, with its title and the sentence before
similarity  cosine of the question to it, centred
"""
CONSTANT_JUDGED = -1.61
WEIGHTS_JUDGED = {"reader": 0.85, "coverage": 0.49, "similarity": 0.64, "judged": 0.85}
"""
judged      the language model's probability that it says what is asked for, as log odds

`python -m eval.calibrate` printed them for the tuned halves of the gold and reworded questions and
of those over other documents (225, and 112 that the model judged). The threshold of .6 is an even
chance.
"""
UNSURE = (0.1, 0.95)
"""Between which a language model is asked, where there is one: beyond, its word changes little."""
LEAST_SURE = 0.02
"""From which to its opposite a model's probability is taken at its word."""
LEAST_SURE_READER = 0.002


def answerability(signals: Mapping[str, float]) -> float:
    """Probability that a quotation answers the question, 0 to 1 (logistic regression)."""
    constant, weights = CONSTANT_QUOTING, WEIGHTS_QUOTING
    if "judged" in signals:
        constant, weights = CONSTANT_JUDGED, WEIGHTS_JUDGED
    return probability(constant, weights, {name: entered(signals, name) for name in weights})


def entered(signals: Mapping[str, float], name: str) -> float:
    """Return a signal as it is weighed: probabilities as log odds, others as they are."""
    value = signals.get(name, 0.0)
    if name == "judged":
        return log_odds(value, least=LEAST_SURE)
    return log_odds(value, least=LEAST_SURE_READER) if name == "reader" else value
