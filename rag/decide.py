"""Answer or refuse: one probability from several signals, none of them a rule alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag.odds import log_odds, probability

if TYPE_CHECKING:
    from collections.abc import Mapping

SIGNALS = ("kept", "coverage", "similarity", "unfit", "judged", "whether")
"""
kept        1 when a sentence of the model passed the check, or, where yes or no is asked, a source
            says otherwise than it, else 0; none where no model wrote
coverage    share of the question's weight in what would be cited, with its context
similarity  cosine of the question to what would be cited, centred
unfit       1 when a certain kind of thing is asked for, and what would be cited holds none, or
            no passage names that kind
judged      the model's probability that what would be shown says what is asked for, as log odds:
            .95 is as far from .85 as that is from .65
whether     1 where yes or no is asked: there the model is asked another way, and is less sure
across      (quoting) 1 when what would be cited is of another language than the question: words
            then cover less of it
"""
CONSTANT = -9.75
WEIGHTS = {
    "kept": 1.34,
    "coverage": 4.08,
    "similarity": 0.68,
    "unfit": -3.54,
    "judged": 3.82,
    "whether": 3.08,
}
CONSTANT_QUOTING = -5.87
WEIGHTS_QUOTING = {
    "coverage": 3.95,
    "similarity": 7.77,
    "unfit": -4.96,
    "across": 1.43,
}
"""Where no model wrote, and the best sentence would be quoted. The weights above are those that
`python -m eval.calibrate` prints for the gold and the reworded questions; these are of an earlier
fit of the same kind, which over them errs no more than a new one."""
LEAST_SURE = 0.02
"""From which to its opposite a model's probability is taken at its word."""
MISSING = {"judged": 0.84}
"""Where an endpoint gives no log-probabilities: what errs least over the questions fitted on."""


def answerability(signals: Mapping[str, float]) -> float:
    """Probability that what would be shown answers the question, 0 to 1 (logistic regression)."""
    wrote = "kept" in signals
    constant, weights = (CONSTANT, WEIGHTS) if wrote else (CONSTANT_QUOTING, WEIGHTS_QUOTING)
    return probability(constant, weights, {name: entered(signals, name) for name in weights})


def entered(signals: Mapping[str, float], name: str) -> float:
    """Return a signal as it is weighed: `judged` as log odds, others as they are."""
    value = signals.get(name, MISSING.get(name, 0.0))
    return log_odds(value, least=LEAST_SURE) if name == "judged" else value
