import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.fold import (
    chinese_number,
    fold,
    fold_dates,
    fold_figures,
    language_of,
    script_of,
)

FIGURES = st.text(
    "0123456789,.零〇一二两三四五六七八九十百千万亿年月日个人%第点分之 号", max_size=12
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("關稅", "关税"),
        ("１２５％", "125%"),
        ("June 5, 2025", "2025年6月5日"),
        ("5 June 2025", "2025年6月5日"),
        ("October 2025", "2025年10月"),
        ("特朗\u200b普", "特朗普"),
    ],
)
def test_two_forms_of_one_thing_fold_to_the_same(one, other):
    assert fold_dates(fold(one)) == fold_dates(fold(other))


@given(st.text())
def test_folding_again_changes_nothing(text):
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    ("text", "figure"),
    [
        ("六月五日", "6月5日"),
        ("06月05号", "6月5日"),
        ("二〇二五年", "2025年"),
        ("一百二十五%", "125%"),
        ("两次", "2次"),
        ("第十五轮", "第15轮"),
        ("二十世纪", "20世纪"),
        ("一月", "1月"),
        ("111亿", "11100000000"),
        ("11.1 billion", "11100000000"),
        ("5600万", "56000000"),
        ("五千六百万", "56000000"),
        ("3百万", "3000000"),
        ("3 million", "3000000"),
        ("3亿5000万", "350000000"),
        ("三点五亿", "350000000"),
        ("一亿两千三百万人", "123000000人"),
        ("8.5万亿", "8500000000000"),
        ("1,234", "1234"),
        ("1,234.5", "1234.5"),
        ("百分之五", "5%"),
        ("百分之二点五", "2.5%"),
        ("5 percent", "5%"),
        ("5 per cent", "5%"),
        ("5％", "5%"),
    ],
)
def test_a_figure_is_written_one_way(text, figure):
    assert fold_figures(fold(text)) == figure


@pytest.mark.parametrize(
    "text",
    [
        "一个",
        "一次",
        "三星",
        "五角大楼",
        "十分",
        "一些",
        "万科",
        "七八个",
        "三四十人",
        "两国",
        "四人帮",
        "百年",
        "数百万",
        "一千零一夜",
        "二次元",
        "两岸三成立",
        "5千克",
        "1,2,3",
        "周三",
        "covid19万",
    ],
)
def test_a_numeral_that_is_no_figure_stays(text):
    assert fold_figures(text) == text


@given(FIGURES)
def test_writing_figures_again_changes_nothing(text):
    assert fold_figures(fold_figures(text)) == fold_figures(text)


@given(st.integers(10**4, 10**11))
def test_an_amount_is_the_same_in_digits_and_scaled(amount):
    assert fold_figures(f"{amount}万") == fold_figures(f"{amount * 10**4:,}")


def test_a_chinese_numeral_has_a_value_unless_it_says_about_so_many():
    numerals = ("二十六", "一百零五", "二〇二五", "一亿两千万", "三万亿", "十", "七八", "三四十")
    values = [26, 105, 2025, 120_000_000, 3 * 10**12, 10, None, None]
    assert [chinese_number(n) for n in numerals] == values


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


@pytest.mark.parametrize(
    ("written", "one_way"),
    [
        ("2025 年 3 月 5 日", "2025年3月5日"),
        ("3.4% in may from 4.1% in april", "3.4% in 5月 from 4.1% in 4月"),
        ("it may be so", "it may be so"),
        ("去年 5 家", "去年 5 家"),
    ],
)
def test_a_date_is_written_one_way(written, one_way):
    assert fold_dates(written) == one_way
