import pytest

from rag.fuse import (
    ACROSS_FLOOR,
    DENSE_SHARE_ACROSS,
    DENSE_SHARE_SAME,
    WITH_TOKENS,
    Legs,
    fuse,
    merge,
    ranked,
    reciprocal_rank,
)

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


LATE = {"a": 0.2, "b": 0.6, "c": 0.3, "another": 0.9}


def test_where_tokens_are_known_they_weigh_most():
    scores = Legs(DENSE, LEXICAL, across=False, late=LATE).scores()
    dense, tokens, lexical = WITH_TOKENS
    assert dense + tokens + lexical == pytest.approx(1)
    # Shares of each one's best: cosines .8 and .4, tokens .2, .6 and .3, BM25 10 and 5.
    assert scores == pytest.approx(
        {
            "a": dense + tokens * 0.2 / 0.6,
            "b": dense * 0.5 + tokens + lexical,
            "c": tokens * 0.5 + lexical * 0.5,
        }
    )


def test_only_what_a_leg_found_is_ranked_by_its_tokens():
    assert set(Legs(DENSE, (), across=True, late=LATE).scores()) == {"a", "b"}


def test_weak_tokens_are_not_scaled_up_to_certainty():
    scores = Legs((("a", 0.8),), (), across=False, late={"a": 0.03}).scores()
    assert scores["a"] == pytest.approx(WITH_TOKENS[0] + WITH_TOKENS[1] * 0.03 / 0.3)


def test_a_passage_without_tokens_among_others_that_have_some_counts_by_its_legs():
    scores = Legs(DENSE, (), across=False, late={"a": 0.5}).scores()
    assert scores == pytest.approx({"a": WITH_TOKENS[0] + WITH_TOKENS[1], "b": WITH_TOKENS[0] / 2})


def test_without_tokens_the_two_legs_are_fused_as_an_endpoint_needs_it():
    assert Legs(DENSE, LEXICAL, across=False).scores() == fuse(DENSE, LEXICAL, DENSE_SHARE_SAME)
    assert Legs(DENSE, LEXICAL, across=True).scores() == fuse(DENSE, LEXICAL, DENSE_SHARE_ACROSS)
