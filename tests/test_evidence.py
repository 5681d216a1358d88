"""Which sentences may answer, and which words of a question tell that."""

from tests.candidates import chosen, hit

TALKS = "6月，两国在伦敦谈判。这是过去四个月来的第四轮谈判。"


def _terms(question, *texts):
    terms, _ = chosen(question, *(hit(text) for text in texts or (TALKS,)))
    return {t.word: t for t in terms}


def test_a_word_that_no_passage_holds_is_unknown():
    terms = _terms("谈判的酒店叫什么？")
    assert terms["酒店"].unknown
    assert not terms["谈判"].unknown


def test_what_sort_of_text_is_asked_about_is_not_unknown_for_standing_nowhere():
    terms = _terms("这篇论文怎么看谈判？")
    assert not terms["论文"].unknown
    assert terms["论文"].weight < terms["谈判"].weight


def test_a_name_is_one_word_whatever_it_stands_beside():
    assert "韩正" in _terms("韩正在2023年会见了谁？")


def test_a_length_of_time_is_one_word():
    assert "四个月" in _terms("此前四个月里谈了几轮？")


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
