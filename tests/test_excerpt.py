from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from rag.excerpt import Excerpt, merge
from rag.model import join_spans

TEXT = "0123456789abcdefghij零一二三四五六七八九"

spans_in_order = st.lists(st.integers(0, len(TEXT)), max_size=12).map(
    lambda xs: list(zip(sorted(xs)[::2], sorted(xs)[1::2], strict=False))
)


@given(spans_in_order, st.integers(0, 40), st.integers(0, 40))
def test_a_cut_is_the_characters_that_its_spans_select(spans, a, b):
    excerpt = Excerpt.of(TEXT, spans)
    start, end = sorted((a, b))
    cut = excerpt.cut(start, end)
    assert cut.text == excerpt.text[start:end] == join_spans(TEXT, cut.spans)


@given(spans_in_order)
def test_merged_spans_are_disjoint_and_select_the_same(spans):
    merged = merge(spans)
    assert join_spans(TEXT, merged) == join_spans(TEXT, tuple(spans))
    assert all(s < e for s, e in merged)
    assert all(e < s for (_, e), (s, _) in pairwise(merged))


def test_strip_drops_white_space_at_both_ends_and_keeps_offsets():
    excerpt = Excerpt.of("xx  句子。 yy", [(2, 8)]).strip()
    assert excerpt.text == "句子。"
    assert excerpt.spans == ((4, 7),)


def test_white_space_alone_strips_to_nothing():
    assert Excerpt.of("a  b", [(1, 3)]).strip().spans == ()
