import pytest

from rag.fold import fold, fold_names, language_of, script_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("川普", "特朗普"),
        ("Trump", "特朗普"),
        ("海格塞斯", "赫格塞思"),
        ("關稅", "关税"),
        ("１２５％", "125%"),
        ("June 5, 2025", "2025年6月5日"),
        ("5 June 2025", "2025年6月5日"),
        ("October 2025", "2025年10月"),
        ("Kuala Lumpur", "吉隆坡"),
        ("特朗\u200b普", "特朗普"),
    ],
)
def test_two_forms_of_one_thing_fold_to_the_same(one, other):
    assert fold_names(one) == fold_names(other)


def test_us_the_pronoun_is_not_the_country():
    assert fold_names("tell us") == "tell us"


def test_may_the_verb_is_not_a_month():
    assert fold_names("it may be") == "it may be"


def test_folding_leaves_plain_text_alone():
    assert fold("中方 abc 12") == "中方 abc 12"


@pytest.mark.parametrize(
    ("text", "language", "script"),
    [
        ("中方把关税加到了多少？", "zh", "hans"),
        ("中方把關稅加到了多少？", "zh", "hant"),
        ("How high did tariffs go?", "en", "latin"),
        ("TikTok的首席执行官是谁？", "zh", "hans"),
        ("", "en", "latin"),
    ],
)
def test_language_and_script_of_a_question(text, language, script):
    assert (language_of(text), script_of(text)) == (language, script)
