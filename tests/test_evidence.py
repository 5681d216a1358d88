"""Which sentences may answer, and which words of a question tell that."""

from rag.evidence import known_by_title, points
from rag.names import shipped_names
from tests.candidates import chosen, hit

TALKS = "6月，两国在伦敦谈判。这是过去四个月来的第四轮谈判。"


def _terms(question, *texts):
    terms, _ = chosen(question, *(hit(text) for text in texts or (TALKS,)))
    return {t.word: t for t in terms}


def test_a_word_that_no_passage_holds_is_unknown():
    terms = _terms("谈判的酒店叫什么？")
    assert terms["酒店"].unknown
    assert not terms["谈判"].unknown


def test_what_is_done_may_be_said_in_other_words_and_is_never_unknown():
    terms = _terms("两国什么时候抵达去谈判？", TALKS)
    assert not terms["抵达"].unknown
    assert terms["抵达"].weight < terms["谈判"].weight


def test_a_word_is_cut_into_words_only():
    terms = _terms("高尔夫球谈判在哪里举行？", TALKS, "高尔基在伦敦。")
    assert terms["高尔夫球"].unknown


def test_how_much_is_asked_is_no_word_that_an_answer_holds():
    assert "百分之几" not in _terms("谈判成功的占百分之几？")
    assert "company" not in _terms("Which company met the delegation in London?")


def test_what_sort_of_text_is_asked_about_is_not_unknown_for_standing_nowhere():
    terms = _terms("这篇论文怎么看谈判？")
    assert not terms["论文"].unknown
    assert terms["论文"].weight < terms["谈判"].weight


def test_a_name_is_one_word_whatever_it_stands_beside():
    assert "韩正" in _terms("韩正在2023年会见了谁？")


def test_a_length_of_time_is_one_word():
    assert "四个月" in _terms("这轮谈判开了四个月吗？")


def test_of_english_words_those_that_the_dictionary_lacks_tell_nothing_but_names_do():
    terms = _terms("Who did Norhaven see two days later at the talks?")
    assert "days" not in terms
    assert terms["norhaven"].unknown


def test_an_irregular_english_form_is_looked_up_by_its_base():
    assert "会见" in _terms("Who met the delegation?")["met"].alternatives


def test_points_that_are_counted_up_are_one_statement():
    text = "他算过账，至少有三层考虑：第一，稳住局面。第二，给各方降温。第三，留出余地。天气不错。"
    _, candidates = chosen("他有哪三层考虑？", hit(text))
    assert candidates[0].excerpt.text.endswith("第三，留出余地。")
    assert "天气不错。" in [c.excerpt.text for c in candidates]


def test_points_that_are_talked_over_are_one_statement_of_the_points_alone():
    post = (
        "他这样说，有三层考虑：第一，稳住基本盘。眼下内外压力都很大。第二，给对方降温。"
        "风险谁都清楚。第三，留出回旋空间。这很现实。"
    )
    _, candidates = chosen("他有哪三层考虑？", hit(post))
    best = candidates[0].excerpt
    assert (
        best.text
        == "他这样说，有三层考虑：第一，稳住基本盘。第二，给对方降温。第三，留出回旋空间。"
    )
    assert "".join(post[a:b] for a, b in best.spans) == best.text
    assert points(best.text) == 3


def test_points_of_which_one_is_missing_are_left_apart():
    post = "他有三层考虑：第一，稳住基本盘。眼下压力很大。第三，留出回旋空间。"
    _, candidates = chosen("他有哪三层考虑？", hit(post))
    assert max(points(c.excerpt.text) for c in candidates) == 1


def test_a_month_told_without_its_year_is_of_the_year_named_before_it():
    text = "从2025年5月到10月，双方谈了五轮。9月在马德里举行了第四轮谈判。"
    question = "2025年9月双方谈到第几轮？"
    _, candidates = chosen(question, hit(text, published=None))
    told = {c.excerpt.text[:2]: c.coverage_in_context for c in candidates}
    _, without = chosen(question, hit(text[text.index("9月在") :], published=None))
    assert told["9月"] > without[0].coverage_in_context
    _, given = chosen(question, hit(text[text.index("9月在") :], published=None, year="2025"))
    assert given[0].coverage_in_context > without[0].coverage_in_context


def test_how_far_back_a_question_looks_is_no_word_that_an_answer_holds():
    terms, _ = chosen("截至9月中旬，双方在此前四个月里谈了几轮？", hit("双方谈了四轮。"))
    assert {"四个月", "中旬"}.isdisjoint(t.word for t in terms)
    terms, _ = chosen("会议开了四个月吗？", hit("会议开了四个月。"))
    assert "四个月" in {t.word for t in terms}


def test_who_wrote_a_comment_is_known_in_all_of_it():
    question = "网友夏风说了什么？"
    _, named = chosen(question, hit("我看悬。", kind="comment", about="夏风"))
    _, unnamed = chosen(question, hit("我看悬。", kind="comment"))
    assert named[0].coverage_in_context > unnamed[0].coverage_in_context


def test_a_word_that_stands_only_in_a_title_is_known():
    terms, candidates = chosen(
        "通古斯大爆炸的原因？", hit("爆炸源于小行星。", title="通古斯：林海")
    )
    assert [t.unknown for t in terms if t.word == "通古斯"] == [True]
    assert not any(
        t.unknown for t in known_by_title(terms, candidates, shipped_names()) if t.word == "通古斯"
    )


def test_an_english_word_is_known_in_any_of_its_forms():
    terms, _ = chosen("What followed the invasion?", hit("They counted deaths since the invasion."))
    assert [t.unknown for t in terms if t.word == "invasion"] == [False]
