"""Copies of a source: with a figure exchanged, a denial put in or the figures written otherwise."""

import pytest

from rag.verify import Source, verify

ROCKS = Source("这片岩石形成于2.51亿年前，年降水量为1,000－3,000毫米，2018年3月5日起开放。", "岩石")

SURVEY = Source("12月赞成的是27%，6月赞成的是59%，这揭示了北京的策略考量。", "纽约时报")


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("12月赞成的是59%，6月赞成的是27%。", SURVEY),
        ("这揭示了纽约的策略考量。", SURVEY),
        ("这片岩石形成于7.51亿年前。", ROCKS),
        ("2018-03-06起开放。", ROCKS),
    ],
)
def test_a_copy_with_one_thing_changed_contradicts_its_source(claim, source):
    assert verify(claim, [source], question="").support == "contradicted"


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("年降水量为1000－3,000毫米。", ROCKS),
        ("2018-03-05起开放。", ROCKS),
    ],
)
def test_figures_may_be_written_otherwise(claim, source):
    verdict = verify(claim, [source], question="")
    assert verdict.support == "supported", verdict.reason


def test_a_denial_that_the_source_has_of_another_is_none_of_these():
    source = Source("多数县区已经公布化债方案，云州、平阳两地仍未公布。", "化债")
    verdict = verify("云州仍未公布化债方案。", [source], question="")
    assert verdict.support == "supported", verdict.reason
