import pytest

from eval.cases import read_cases
from eval.metrics import answer_correct, overlaps, rank_of_first, share, wilson
from tests.conftest import SEEDS


def test_gold_evidence_stands_in_the_seeds_to_the_character():
    texts = {p.stem: p.read_text("utf-8") for p in SEEDS.glob("*.txt")}
    cases = read_cases()
    assert len({c.id for c in cases}) == len(cases)
    for case in cases:
        assert case.answerable == bool(case.gold)
        assert case.answerable == bool(case.evidence)
        for evidence in case.evidence:
            assert evidence.quote in texts[evidence.document], case.id


@pytest.mark.parametrize(
    ("answer", "gold", "right"),
    [
        ("关税加至125%。", [["125%"]], True),
        ("普京與金正恩", [["普京"], ["金正恩"]], True),
        ("普京", [["普京"], ["金正恩"]], False),
        ("111 亿美元", [["111亿"]], True),
        ("11.1 billion dollars", [["111亿"]], True),
        ("在马耳他", [["Malta"]], True),
        ("一百五十", [["125%"]], False),
        ("无关", [], None),
    ],
)
def test_an_answer_is_right_when_it_holds_one_alternative_of_every_group(answer, gold, right):
    assert answer_correct(answer, gold) is right


def test_overlap_needs_one_common_character():
    assert overlaps(((0, 5),), ((4, 9),))
    assert not overlaps(((0, 5),), ((5, 9),))


def test_the_rank_of_the_first_relevant_item_counts_from_one():
    assert rank_of_first([False, True, True]) == 2
    assert rank_of_first([False]) is None


def test_not_scored_is_not_zero():
    assert share([True, False, None]) == 0.5
    assert share([None]) is None
    assert wilson([None]) is None


def test_wilsons_interval_of_8_of_10():
    # (0.8 + 1.9208/10 ± 1.96·√(0.016 + 0.009604)) / (1 + 0.38416)
    low, high = wilson([True] * 8 + [False] * 2)
    assert (low, high) == (pytest.approx(0.490, abs=1e-3), pytest.approx(0.943, abs=1e-3))
