import math

import pytest

from eval.load import Asked, Measured, fixed_rate_model, measure, quantile, table, wait_until_ready
from rag.turns import Turns
from tests.serving import serving


def test_many_readers_none_is_lost_and_none_overtaken(open_with):
    with (
        fixed_rate_model(0.4) as model,
        serving(open_with(base_url=model), turns=Turns(2)) as url,
    ):
        wait_until_ready(url)
        measured = measure(url, readers=6, rounds=1, searchers=2)
    assert len(measured.asked) == 6
    assert (measured.lost, measured.lost_searches, measured.overtaken) == (0, 0, 0)
    assert measured.searches
    assert all(a.began < a.evidence < a.writing < a.ended for a in measured.asked)


def test_who_is_written_before_one_that_came_clearly_earlier_has_overtaken_it():
    first = Asked(0.0, evidence=1.0, writing=9.0)
    later = Asked(0.0, evidence=2.0, writing=5.0)
    almost = Asked(0.0, evidence=1.1, writing=8.0)
    beside = Asked(0.0, evidence=2.0, writing=8.9)
    assert Measured([first, later]).overtaken == 1
    assert Measured([first, almost]).overtaken == 0
    assert Measured([first, beside]).overtaken == 0
    assert Measured([first, Asked(0.0)]).overtaken == 0


@pytest.mark.parametrize(("share", "value"), [(0.5, 2.0), (0.95, 4.0), (1.0, 4.0), (0.0, 1.0)])
def test_a_quantile_is_a_value_that_was_measured(share, value):
    assert quantile([3.0, 1.0, math.nan, 4.0, 2.0], share) == value


def test_the_table_names_what_was_lost():
    told = table(Measured([Asked(0.0, trouble="cut off")], searches=[0.25]))
    assert "lost: 1 questions" in told
    assert "lost: cut off" in told
    assert "| search (/api/search) meanwhile | 1 | 0.25 | 0.25 | 0.25 |" in told
