import pytest

from eval.names import known_names
from rag.units import Form, units, wanted


def of(question, language=""):
    return wanted(question, known_names(), language)


def test_chinese_is_cut_into_characters_and_bigrams():
    assert units("加关税") == ["加", "关", "税", "加关", "关税"]


def test_english_is_cut_into_stems_without_stop_words():
    assert units("The tariffs were raised") == units("raising a tariff")[::-1]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("關稅", "关税"),
        ("ＡＢＣ１２３", "abc123"),
        ("六月五日", "6月5日"),
        ("June 5, 2025", "2025年6月5日"),
        ("二〇二五年", "2025年"),
        ("111亿", "11.1 billion"),
        ("百分之五", "5%"),
        ("Pelé", "pele"),
    ],
)
def test_two_ways_to_write_one_thing_have_the_same_units(one, other):
    assert sorted(units(one)) == sorted(units(other))


def test_a_day_is_a_unit_of_its_own():
    assert {"6月5日", "2025年6月"} <= set(units("2025年6月5日"))
    assert "6月5日" not in units("6月15日")


@pytest.mark.parametrize("text", ["2025年6月", "6月5日", "June 5, 2025", "in June", "六月"])
def test_a_month_is_a_unit_too_whatever_else_of_the_date_is_told(text):
    assert "6月" in units(text)
    assert "6月" not in units("2025年16月")


def test_a_name_is_wanted_once_in_any_of_its_forms():
    name = next(forms for forms in of("川普访华") if len(forms) > 1)
    assert Form(("特", "朗", "普", "特朗", "朗普")) in name
    assert Form(("川", "普", "川普")) in name
    assert Form(("trump",)) in name
    assert of("川普访华") == of("特朗普訪華")


def test_words_of_another_language_are_wanted_only_where_the_passages_are_of_it():
    assert of("volcanoes") == [(Form(("volcano",)),)]
    own, meanings = of("volcanoes", "zh")
    assert own == (Form(("volcano",)),)
    assert Form(("火山",), len(meanings) ** -0.5) in meanings
    assert any(Form(("volcano",), len(m) ** -0.5) in m for m in of("火山", "en"))
    assert of("火山", "zh") == of("火山")


def test_a_question_of_signs_wants_nothing():
    assert of("?!…") == []
