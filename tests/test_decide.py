"""Show or refuse, from several signals."""

import pytest

from rag.decide import answerability, entered

LIKELY = {"reader": 0.95, "coverage": 0.8, "similarity": 0.5, "judged": 0.9}


def test_a_models_probability_enters_as_log_odds():
    # ln(.9 / .1) = 2.197; certainty is taken at ln(.98 / .02) = 3.892
    assert entered({"judged": 0.9}, "judged") == pytest.approx(2.197, abs=1e-3)
    assert entered({"judged": 1.0}, "judged") == pytest.approx(3.892, abs=1e-3)
    assert entered({"judged": 0.5}, "judged") == 0.0


@pytest.mark.parametrize(
    ("signal", "worse"),
    [("reader", 0.2), ("coverage", 0.2), ("similarity", 0.1), ("judged", 0.4)],
)
def test_each_signal_moves_the_decision(signal, worse):
    assert answerability(LIKELY) > 0.6
    assert answerability(LIKELY | {signal: worse}) < answerability(LIKELY)


def test_without_a_judgement_other_weights_decide():
    pointed = {k: v for k, v in LIKELY.items() if k != "judged"}
    assert answerability(pointed) != answerability(LIKELY)
