from dataclasses import replace

from rag.budget import count_tokens
from rag.model import Hit, Passage, join_spans
from rag.reading import reading_units

TEXT = "第一句话在这里。第二句话在这里。第三句话在这里。第四句话在这里。第五句话在这里。"
SENTENCE = 8


def passage(ordinal, **given):
    start = ordinal * SENTENCE
    span = (start, start + SENTENCE)
    made = Passage(
        id=f"p{ordinal}",
        document_id="d",
        ordinal=ordinal,
        spans=(span,),
        text=join_spans(TEXT, (span,)),
        pages=(ordinal + 1,),
    )
    return replace(made, **given)


def hit(passage, score=1.0):
    return Hit(
        passage=passage, title="", outlet=None, author=None, published=None, score=score, by={}
    )


def around(p):
    return [passage(n) for n in (p.ordinal - 1, p.ordinal + 1) if 0 <= n < 5]


COST = count_tokens(passage(0).text)


def test_hits_that_follow_one_another_are_read_as_one_and_the_better_one_stands_for_it():
    hits = [hit(passage(2), 0.9), hit(passage(4), 0.8), hit(passage(1), 0.7)]
    units = reading_units(hits, lambda _: [], tokens=0)
    assert [u.passage.text for u in units] == [
        "第二句话在这里。第三句话在这里。",
        "第五句话在这里。",
    ]
    assert [u.score for u in units] == [0.9, 0.8]


def test_spans_pages_and_text_of_a_unit_still_agree():
    (unit,) = reading_units([hit(passage(2))], around, tokens=9 * COST)
    assert join_spans(TEXT, unit.passage.spans) == unit.passage.text
    assert unit.passage.pages == (2, 3, 4)
    assert unit.passage.page_at(2 * SENTENCE) == 3


def test_the_best_hit_is_widened_first_and_only_as_far_as_the_budget_goes():
    hits = [hit(passage(1), 0.9), hit(passage(4), 0.8)]
    units = reading_units(hits, around, tokens=4 * COST)
    assert [u.passage.text for u in units] == [TEXT[: 3 * SENTENCE], TEXT[4 * SENTENCE :]]


def test_hits_themselves_are_never_cut():
    units = reading_units([hit(passage(0)), hit(passage(3))], around, tokens=1)
    assert [u.passage.id for u in units] == ["p0", "p3"]


def test_passages_of_another_section_or_class_are_not_joined():
    hits = [hit(passage(1)), hit(passage(2, section=("其他",))), hit(passage(3, kind="comment"))]
    assert len(reading_units(hits, lambda _: [], tokens=0)) == 3


def test_a_comment_is_whole_and_is_not_widened():
    (unit,) = reading_units([hit(passage(2, kind="comment"))], around, tokens=9 * COST)
    assert unit.passage.id == "p2"
    assert len(unit.passage.spans) == 1
