import pytest

from rag.fuse import ACROSS_FLOOR, Legs, fuse, merge, ranked, reciprocal_rank

DENSE = (("a", 0.8), ("b", 0.4))
LEXICAL = (("b", 10.0), ("c", 5.0))


def test_fusion_adds_each_legs_share_of_its_best():
    scores = fuse(DENSE, LEXICAL, 0.5)
    # a: .5 · .8/.8; b: .5 · .4/.8 + .5 · 10/10; c: .5 · 5/10
    assert scores == pytest.approx({"a": 0.5, "b": 0.75, "c": 0.25})


def test_a_weak_dense_leg_is_not_scaled_up_to_certainty():
    assert fuse((("a", 0.03),), (), 0.5)["a"] == pytest.approx(0.5 * 0.03 / 0.3)


def test_a_negative_cosine_takes_nothing_away():
    assert fuse((("a", 0.5), ("b", -0.2)), (("b", 1.0),), 0.5)["b"] == 0.5


def test_languages_are_merged_by_their_best_cosine_and_not_by_shared_words():
    own = Legs((("mine", 0.2),), (("mine", 30.0),), across=False)
    other = Legs((("theirs", 0.4),), (("theirs", 2.0),), across=True)
    scores = merge([own, other])
    # Each is the best of its language (1.0); the trust is .2 against .4 · 1.1.
    assert scores == pytest.approx({"theirs": 1.0, "mine": (0.45 * 0.2 / 0.3 + 0.55) * 0.2 / 0.44})
    assert pytest.approx(1.1) == ACROSS_FLOOR


def test_a_passage_counts_by_the_way_to_ask_that_it_fits_best():
    asked = Legs((("a", 0.5), ("b", 0.25)), (), across=False)
    translated = Legs((("b", 0.5), ("a", 0.25)), (), across=False)
    assert merge([asked, translated]) == pytest.approx({"a": 0.45, "b": 0.45})


def test_where_the_dense_leg_finds_nothing_the_lexical_one_stands():
    assert merge([Legs((), LEXICAL, across=False)]) == pytest.approx({"b": 0.55, "c": 0.275})


def test_nothing_found_is_nothing_merged():
    assert merge([]) == {}


def test_reciprocal_rank_knows_ranks_only():
    scores = reciprocal_rank([DENSE, LEXICAL])
    assert scores == pytest.approx({"a": 1 / 61, "b": 1 / 62 + 1 / 61, "c": 1 / 62})


def test_equal_scores_are_ranked_by_id():
    assert ranked({"b": 1.0, "a": 1.0, "c": 2.0}) == (("c", 2.0), ("a", 1.0), ("b", 1.0))
