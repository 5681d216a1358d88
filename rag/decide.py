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

Where a quotation is shown that a reader points at:

reader      the reader's probability that it answers, as log odds
coverage    share of the question's weight in it, with its title and the sentence before
similarity  cosine of the question to it, centred
judged      the language model's probability that it says what is asked for, as log odds, where one
            is asked
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
CONSTANT_QUOTING = -2.37
WEIGHTS_QUOTING = {"reader": 0.58, "coverage": 1.59, "similarity": 2.95}
CONSTANT_JUDGED = -4.11
WEIGHTS_JUDGED = {"reader": 0.50, "coverage": 1.50, "similarity": 4.00, "judged": 0.95}
"""Where a quotation is shown; the latter where a language model was asked whether it answers.
`python -m eval.calibrate` printed them for the tuned halves of the gold and reworded questions and
of those over other documents (225, and 133 that the model judged). The threshold of .6 is an even
chance."""
UNSURE = (0.2, 0.9)
"""Between which a language model is asked, where there is one: beyond, its word changes little."""
LEAST_SURE = 0.02
"""From which to its opposite a model's probability is taken at its word."""
LEAST_SURE_READER = 0.002
MISSING = {"judged": 0.84}
"""Where an endpoint gives no log-probabilities: what errs least over the questions fitted on."""


def answerability(signals: Mapping[str, float]) -> float:
    """Probability that what would be shown answers the question, 0 to 1 (logistic regression)."""
    constant, weights = CONSTANT_QUOTING, WEIGHTS_QUOTING
    if "kept" in signals:
        constant, weights = CONSTANT, WEIGHTS
    elif "judged" in signals:
        constant, weights = CONSTANT_JUDGED, WEIGHTS_JUDGED
    return probability(constant, weights, {name: entered(signals, name) for name in weights})


def entered(signals: Mapping[str, float], name: str) -> float:
    """Return a signal as it is weighed: probabilities as log odds, others as they are."""
    value = signals.get(name, MISSING.get(name, 0.0))
    if name == "judged":
        return log_odds(value, least=LEAST_SURE)
    return log_odds(value, least=LEAST_SURE_READER) if name == "reader" else value
