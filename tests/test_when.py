"""What time a question speaks of, and how a date of publication fits it."""

import re
import time
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.question.when import (
    HALF_AFTER_DAYS,
    HALF_BEFORE_DAYS,
    HALF_OLDER_DAYS,
    RECENT_DAYS,
    When,
    closeness,
    explain,
    last_year,
    tells_bare_month,
    when,
)

TODAY = date(2026, 4, 15)  # a Wednesday


def span(question, **options):
    found = when(question, TODAY, **options)
    return (found.since, found.until) if found else None


@pytest.mark.parametrize(
    ("question", "since", "until"),
    [
        # simplified
        ("2025年6月5日两国元首通话谈了什么？", "2025-06-05", "2025-06-05"),
        ("2025年6月5号发生了什么", "2025-06-05", "2025-06-05"),
        ("2025 年 6 月 5 日", "2025-06-05", "2025-06-05"),
        ("２０２５年６月的电话", "2025-06", "2025-06"),
        ("二〇二五年六月五日", "2025-06-05", "2025-06-05"),
        ("二零二五年的顺差", "2025", "2025"),
        ("两千零二十五年的顺差", "2025", "2025"),
        ("2025年十二月", "2025-12", "2025-12"),
        ("2025年中国外贸顺差是多少？", "2025", "2025"),
        ("2025年初中生人数", "2025", "2025"),
        ("2025年底特律车展", "2025", "2025"),
        ("2025-06-05的声明", "2025-06-05", "2025-06-05"),
        ("2025/6/5的声明", "2025-06-05", "2025-06-05"),
        ("2025.6.5的声明", "2025-06-05", "2025-06-05"),
        ("2025-06的出口额", "2025-06", "2025-06"),
        ("25年6月的出口额", "2025-06", "2025-06"),
        ("1998年的洪水", "1998", "1998"),
        # traditional
        ("2025年6月5號發生了什麼？", "2025-06-05", "2025-06-05"),
        ("民國114年6月的出口", "2025-06", "2025-06"),
        ("二○二五年的貿易順差", "2025", "2025"),
        # English
        ("What was said on June 5, 2025?", "2025-06-05", "2025-06-05"),
        ("What was said on June 5th 2025?", "2025-06-05", "2025-06-05"),
        ("What was said on 5 June 2025?", "2025-06-05", "2025-06-05"),
        ("Which deal was signed in June 2025?", "2025-06", "2025-06"),
        ("Which deal was signed in Sept. 2025?", "2025-09", "2025-09"),
        ("the May 2025 talks", "2025-05", "2025-05"),
        ("How large was the surplus in 2023?", "2023", "2023"),
        ("the surplus of the year 2023", "2023", "2023"),
        ("What was China's 2025 trade surplus?", "2025", "2025"),
        ("What did a 1996 study examine?", "1996", "1996"),
        ("2015 赛季打败了谁？", "2015", "2015"),
        ("June   5,\n 2025", "2025-06-05", "2025-06-05"),
        ("WHAT HAPPENED IN JUNE OF 2025", "2025-06", "2025-06"),
    ],
)
def test_a_date_a_month_or_a_year_is_read_as_precisely_as_it_is_written(question, since, until):
    assert span(question) == (since, until)


@pytest.mark.parametrize(
    ("question", "since", "until"),
    [
        ("2025年上半年的出口", "2025-01", "2025-06"),
        ("2025年的下半年", "2025-07", "2025-12"),
        ("2025年第三季度", "2025-07", "2025-09"),
        ("2025年四季度", "2025-10", "2025-12"),
        ("2025年Q3", "2025-07", "2025-09"),
        ("2025年前三季度GDP", "2025-01", "2025-09"),
        ("2025年前5个月进出口", "2025-01", "2025-05"),
        ("2025年初的关税", "2025-01", "2025-03"),
        ("2025年年中", "2025-05", "2025-08"),
        ("2025年年底的会晤", "2025-10", "2025-12"),
        ("2025年6月下旬", "2025-06-21", "2025-06"),
        ("2025年6月初", "2025-06-01", "2025-06-10"),
        ("2025年夏季", "2025-06", "2025-08"),
        ("2025年冬天", "2025-12", "2026-02"),
        ("2025年第三季度出口與進口", "2025-07", "2025-09"),
        ("20世紀80年代的貿易", "1980", "1989"),
        ("90年代的中美关系", "1990", "1999"),
        ("1990年代的中美关系", "1990", "1999"),
        ("上世纪九十年代的中美关系", "1990", "1999"),
        ("20年代的贸易", "2020", "2029"),
        ("exports in Q3 2025", "2025-07", "2025-09"),
        ("2025 Q3 exports", "2025-07", "2025-09"),
        ("the third quarter of 2025", "2025-07", "2025-09"),
        ("the first half of 2025", "2025-01", "2025-06"),
        ("H2 2025", "2025-07", "2025-12"),
        ("early 2025", "2025-01", "2025-03"),
        ("mid-2025", "2025-05", "2025-08"),
        ("the end of 2025", "2025-10", "2025-12"),
        ("late June 2025", "2025-06-21", "2025-06"),
        ("summer of 2025", "2025-06", "2025-08"),
        ("trade in the 1990s", "1990", "1999"),
        ("trade in the '90s", "1990", "1999"),
    ],
)
def test_a_part_of_a_year_and_a_decade_are_spans(question, since, until):
    assert span(question) == (since, until)


@pytest.mark.parametrize(
    ("question", "since", "until"),
    [
        ("2023年到2025年的顺差", "2023", "2025"),
        ("2023至2025年的顺差", "2023", "2025"),
        ("2021、2022和2023年的顺差", "2021", "2023"),
        ("2024—2025学年有多少留学生？", "2024", "2025"),
        ("从2023年6月到2025年3月", "2023-06", "2025-03"),
        ("2025年3月到6月", "2025-03", "2025-06"),
        ("2025年3-6月", "2025-03", "2025-06"),
        ("2025年6月5日至7日", "2025-06-05", "2025-06-07"),
        ("2025年6月5日至7月8日", "2025-06-05", "2025-07-08"),
        ("從2023年到2025年的順差", "2023", "2025"),
        ("去年12月到今年3月", "2025-12", "2026-03"),
        ("from 2023 to 2025", "2023", "2025"),
        ("between 2023 and 2025", "2023", "2025"),
        ("between June 2023 and March 2025", "2023-06", "2025-03"),
        ("from March to June 2025", "2025-03", "2025-06"),
        ("June 5-7, 2025", "2025-06-05", "2025-06-07"),
        ("since 2023 until 2025", "2023", "2025"),
        ("the 2023–2025 plan", "2023", "2025"),
        ("students in 2024-25", "2024", "2025"),
        # two times, with anything between them
        ("2023年的顺差比2025年少多少？", "2023", "2025"),
        ("How does 2025 compare: more than in 2023 or less than in June 2025?", "2023", "2025-06"),
        ("2025年3月和6月的出口", "2025-03", "2025-06"),
    ],
)
def test_several_times_make_one_span_from_the_earliest_to_the_latest(question, since, until):
    assert span(question) == (since, until)


@pytest.mark.parametrize(
    ("question", "since", "until"),
    [
        ("2024年以来的关税", "2024", None),
        ("哪些美国官员在2023年6月以来访问了中国？", "2023-06", None),
        ("自2023年5月起的关税", "2023-05", None),
        ("2020年至今的关税", "2020", None),
        ("2020年到现在的关税", "2020", None),
        ("今年以来的关税", "2026", None),
        ("2024年之前的关税", None, "2023"),
        ("2024年6月以前的关税", None, "2024-05"),
        ("2024年3月1日之前", None, "2024-02-29"),
        ("2024年前的关税", None, "2023"),
        ("2024年前总统特朗普说了什么", "2024", "2024"),
        ("2025年底前完成什么", None, "2025-12"),
        ("2024年之后的关税", "2025", None),
        ("承诺到2035年排放下降多少？", None, "2035"),
        ("截至2025年6月的出口", None, "2025-06"),
        ("谈到2025年时说了什么", "2025", "2025"),
        ("2024年以來的關稅", "2024", None),
        ("2024年之後的關稅", "2025", None),
        ("tariffs since 2024", "2024", None),
        ("tariffs since June 2024", "2024-06", None),
        ("tariffs before 2024", None, "2023"),
        ("tariffs before March 1, 2024", None, "2024-02-29"),
        ("tariffs after June 2024", "2024-07", None),
        ("tariffs after the 2024 election", "2024", None),
        ("tariffs before the 2024 election", None, "2024"),
        ("areas hit by the 2010 drought", "2010", "2010"),
        ("areas reached by 2010", None, "2010"),
        ("tariffs until 2024", None, "2024"),
        ("to be done by the end of 2035", None, "2035-12"),
        ("from 2020 to now", "2020", None),
        ("from 2020 to the present", "2020", None),
        ("since last year", "2025", None),
    ],
)
def test_before_and_since_leave_one_side_open(question, since, until):
    found = when(question, TODAY)
    assert found is not None
    assert (found.since, found.until, found.latest) == (since, until, False)


@pytest.mark.parametrize(
    ("question", "since", "until"),
    [
        ("去年的顺差", "2025", "2025"),
        ("前年的顺差", "2024", "2024"),
        ("今年的目标", "2026", "2026"),
        ("美国大豆今年的价格是多少？", "2026", "2026"),
        ("明年的目标", "2027", "2027"),
        ("去年6月的会晤", "2025-06", "2025-06"),
        ("去年上半年", "2025-01", "2025-06"),
        ("今年第一季度", "2026-01", "2026-03"),
        ("上个月的出口", "2026-03", "2026-03"),
        ("本月5日的会晤", "2026-04-05", "2026-04-05"),
        ("上季度的出口", "2026-01", "2026-03"),
        ("上周的会晤", "2026-04-06", "2026-04-12"),
        ("上周五的会晤", "2026-04-10", "2026-04-10"),
        ("上周日本首相说了什么", "2026-04-06", "2026-04-12"),
        ("本周的会晤", "2026-04-13", "2026-04-19"),
        ("昨天的会晤", "2026-04-14", "2026-04-14"),
        ("昨日的会晤", "2026-04-14", "2026-04-14"),
        ("前天的会晤", "2026-04-13", "2026-04-13"),
        ("过去三年的顺差", "2023-04-15", "2026-04-15"),
        ("近5年来的顺差", "2021-04-15", "2026-04-15"),
        ("过去半年的顺差", "2025-10-15", "2026-04-15"),
        ("最近两个月的顺差", "2026-02-15", "2026-04-15"),
        ("十年来的顺差", "2016-04-15", "2026-04-15"),
        ("近年来的顺差", "2023-04-15", "2026-04-15"),
        ("未来五年的计划", "2026-04-15", "2031-04-15"),
        ("三年前的会晤", "2023", "2023"),
        ("两个月前的会晤", "2026-02", "2026-02"),
        ("10天前的会晤", "2026-04-05", "2026-04-05"),
        ("上個月的出口", "2026-03", "2026-03"),
        ("上週的會晤", "2026-04-06", "2026-04-12"),
        ("上個禮拜五的會晤", "2026-04-10", "2026-04-10"),
        ("過去三年的順差", "2023-04-15", "2026-04-15"),
        ("後年的目標", "2028", "2028"),
        ("the surplus of last year", "2025", "2025"),
        ("June of last year", "2025-06", "2025-06"),
        ("this year's target", "2026", "2026"),
        ("the year before last", "2024", "2024"),
        ("last June", "2025-06", "2025-06"),
        ("last March", "2026-03", "2026-03"),
        ("next June", "2026-06", "2026-06"),
        ("last month", "2026-03", "2026-03"),
        ("last quarter", "2026-01", "2026-03"),
        ("last week", "2026-04-06", "2026-04-12"),
        ("last Friday", "2026-04-10", "2026-04-10"),
        ("last Wednesday", "2026-04-08", "2026-04-08"),
        ("yesterday", "2026-04-14", "2026-04-14"),
        ("the day before yesterday", "2026-04-13", "2026-04-13"),
        ("the past three years", "2023-04-15", "2026-04-15"),
        ("over the last 10 years", "2016-04-15", "2026-04-15"),
        ("the past year", "2025-04-15", "2026-04-15"),
        ("the past decade", "2016-04-15", "2026-04-15"),
        ("in recent years", "2023-04-15", "2026-04-15"),
        ("three years ago", "2023", "2023"),
        ("two weeks ago", "2026-03-30", "2026-04-05"),
        ("the next five years", "2026-04-15", "2031-04-15"),
    ],
)
def test_relative_times_count_from_today(question, since, until):
    assert span(question) == (since, until)


def test_the_month_before_a_long_months_last_day_is_the_month_before():
    found = when("上个月 / last month", date(2026, 3, 31))
    assert found
    assert (found.since, found.until) == ("2026-02", "2026-02")


def test_a_stretch_that_ends_on_no_day_of_the_calendar_ends_on_the_months_last():
    found = when("过去三年", date(2024, 2, 29))
    assert found
    assert found.since == "2021-02-28"


@pytest.mark.parametrize("word", ["最近", "近期", "recently", "近來", "recent", "lately"])
def test_recently_is_the_90_days_before_the_newest_document(word):
    # 2026-03-20 less 90 days: 20 of March, 28 of February, 31 of January, 11 of December.
    assert RECENT_DAYS == 20 + 28 + 31 + 11
    question = f"特朗普 {word} 说了什么"
    assert span(question, latest_document="2026-03-20") == ("2025-12-20", "2026-03-20")
    assert span(question, latest_document="2026-03") == ("2025-12-31", "2026-03-31")
    assert span(question) == ("2026-01-15", "2026-04-15")  # 15 + 31 + 28 + 16 days


@pytest.mark.parametrize(
    "question",
    [
        "最新的关税是多少？",
        "目前的关税是多少？",
        "现在的关税是多少？",
        "现任大使是谁？",
        "当前的关税是多少？",
        "最近一次会晤在哪里？",
        "最新的關稅是多少？",
        "現任大使是誰？",
        "現在的關稅是多少？",
        "What is the latest tariff?",
        "Who is the current ambassador?",
        "the most recent meeting",
        "the newest tariff",
        "What is the tariff now?",
    ],
)
def test_what_asks_for_the_newest_names_no_period(question):
    found = when(question, TODAY)
    assert found is not None
    assert (found.since, found.until, found.latest) == (None, None, True)


@pytest.mark.parametrize(
    "question",
    ["2025年最新的数据", "the latest figures of 2025", "2025年最新的數據"],
)
def test_the_newest_of_a_period_keeps_the_period(question):
    found = when(question, TODAY)
    assert found is not None
    assert (found.since, found.until, found.latest) == ("2025", "2025", True)


@pytest.mark.parametrize(
    "question",
    [
        # no time at all
        "中方把美国输华产品关税最高加到了多少？",
        "周受资的年薪是多少？",
        "北京奥运会是哪一年举办的？",
        "“5年5万”倡议是什么时候提出的？",
        "Who is Zhou Shouzi?",
        "",
        "？！",
        # numbers that are no years
        "有2000人参加了吗？",
        "1945毫米的雨量",
        "5600亿美元的贸易",
        "编号2025的文件",
        "2023-2025毫米",
        "近2000年的历史",
        "有1500年历史的寺庙",
        "过去五千年",
        "判了五年",
        "Were 2000 people there?",
        "a loss of 2000 people",
        "a share of 2,025 dollars",
        "an increase of 2025.5 points",
        "version 2025",
        "房间2025",
        # no year for the day
        "6月5日的通话谈了什么？",
        "九月十九日的通话",
        "6月的出口",
        "上半年的出口",
        "the call on June 5",
        "exports in June",
        "What may China do?",
        "the troops march on",
        # titles, quotations and addresses
        "《1984年》是谁写的？",
        "《二十四小时在2025年》讲什么",
        "谁说了“2025年见”？",
        "「去年在馬倫巴」是什麼電影？",
        'Who wrote "In 1984"?',
        "https://example.org/2025/06/05/a.html 讲了什么",
        # words that only look like times
        "日本周刊讲了什么",
        "今日头条是什么？",
        "離北京最近的機場是哪個？",
        "日本月球探测",
        "以上年龄的人",
        "50岁以上年纪",
        "过去年均增长多少",
        "《光明日报》和光明年鉴",
        "什么后天条件导致免疫缺陷？",
        "the current account surplus",
        "the H1B visa",
    ],
)
def test_a_question_without_a_time_has_none(question):
    assert when(question, TODAY) is None


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("2025年，谁在6月5日通话？", "2025-06-05"),
        ("6月5日的通话，2025年的那次", "2025-06-05"),
        ("In 2025, what was signed on June 5?", "2025-06-05"),
        ("去年的通话是6月5日吗", "2025-06-05"),
        ("《1984年》提到的6月5日，2025年", "2025-06-05"),
    ],
)
def test_a_day_takes_the_year_named_elsewhere_and_narrows_it(question, expected):
    assert span(question) == (expected, expected)


def test_a_day_that_no_calendar_has_leaves_its_month():
    assert span("2025年2月30日") == ("2025-02", "2025-02")
    assert span("2025年13月") == ("2025", "2025")


def test_a_question_that_is_quoted_whole_is_still_read():
    assert span("“2025年的顺差？”") == ("2025", "2025")


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("去年的顺差", "去年"),
        ("上週五的會晤", "上週五"),
        ("２０２５年６月的电话", "２０２５年６月"),
        ("﹙㈱﹚去年", "去年"),  # folding lengthens what stands before
        ("2024年以來的關稅", "2024年以來"),
        ("Tariffs Since June 2024?", "Since June 2024"),
        ("2023年的顺差比2025年少多少？", "2023年 … 2025年"),
        ("2025年最新的数据", "2025年 … 最新"),
    ],
)
def test_the_words_are_those_of_the_question(question, words):
    found = when(question, TODAY)
    assert found is not None
    assert found.words == words


ISO_DAY = st.dates(date(1950, 1, 1), date(2090, 12, 31)).map(date.isoformat)
ISO = st.tuples(ISO_DAY, st.sampled_from([4, 7, 10])).map(lambda p: p[0][: p[1]])
PIECES = re.findall(
    r"\S+",
    """2025 年 月 日 6 5 0 20 999 去年 最近 过去 近 十 三 九 百 千 〇 个 前 后 之前 以来 到 至 - 和
    第 季度 上 下 半年 世纪 年代 初 底 民国 周 天 星期 五 最新 June may last next this year years
    month week ago since before in of to and , Q3 the 1990s 90 past few week's ' “ ” 《 》 . /""",
)
TIME_WORDS = st.sampled_from(PIECES)


@given(st.one_of(st.text(), st.lists(TIME_WORDS, max_size=14).map(" ".join)))
def test_any_question_is_read_without_error_into_dates_in_order(question):
    for text in (question, question.replace(" ", "")):
        found = when(text, TODAY, latest_document="2026-03")
        if found is None:
            continue
        assert found.words
        assert found.latest or found.since or found.until
        assert 0 <= closeness("2026-03-20", found, "2026-03-20") <= 1
        assert explain("2026-03-20", found)


@pytest.mark.parametrize("run", ["1", " ", "in 2023 and ", "2023、", "6月5", "“", "june ", "年前"])
def test_a_hostile_run_takes_time_in_proportion_to_its_length(run):
    started = time.process_time()
    when("in 2023" + run * (20_000 // len(run)), TODAY)
    assert time.process_time() - started < 3  # with one quadratic pattern, 25 for spaces


def test_a_publication_within_the_period_fits_whole():
    year = When("2025", "2025")
    assert closeness("2025-01-01", year) == closeness("2025-12-31", year) == 1.0
    assert closeness("2025-06", year) == closeness("2025", year) == 1.0


def test_a_year_fits_a_month_of_it_as_far_as_it_tells():
    assert closeness("2025", When("2025-06", "2025-06")) == 1.0
    assert closeness("2025-06", When("2025-06-05", "2025-06-05")) == 1.0


def test_what_is_published_after_halves_every_180_days():
    may = When("2025-05", "2025-05")
    # 31 May to 27 November: 30 + 31 + 31 + 30 + 31 + 27 days.
    assert HALF_AFTER_DAYS == 180 == 30 + 31 + 31 + 30 + 31 + 27
    assert closeness("2025-11-27", may) == pytest.approx(0.5)
    # and to 26 May of the next year: 3 + 31 + 31 + 28 + 31 + 30 + 26 = 180 days more.
    assert closeness("2026-05-26", may) == pytest.approx(0.25)
    # 31 May to 29 August: 30 + 31 + 29 = 90 days, half a half-life.
    assert closeness("2025-08-29", may) == pytest.approx(0.5**0.5)
    # an imprecise date counts from its nearer end: 1 November is 154 days after.
    assert closeness("2025-11", may) == pytest.approx(0.5 ** (154 / 180))


def test_what_is_published_before_halves_every_30_days():
    may = When("2025-05", "2025-05")
    assert HALF_BEFORE_DAYS == 30
    assert closeness("2025-04-01", may) == pytest.approx(0.5)  # 30 days before 1 May
    assert closeness("2025-03-02", may) == pytest.approx(0.25)  # 30 + 30
    assert closeness("2025-03", may) == pytest.approx(0.5 ** (31 / 30))  # from 31 March
    assert closeness("2025-04-01", may) < closeness("2025-07-01", may)


def test_an_open_side_has_no_end():
    assert closeness("2040-01-01", When("2024", None)) == 1.0
    assert closeness("1990", When(None, "2023")) == 1.0
    assert closeness("2023-12-02", When("2024", None)) == pytest.approx(0.5)  # 30 days before
    assert closeness("2024-06-28", When(None, "2023")) == pytest.approx(0.5)  # 180 days after


@pytest.mark.parametrize("asked", [When("2025", "2025"), When(None, None, latest=True)])
def test_an_undated_document_fits_no_time(asked):
    assert closeness(None, asked, "2026-03-20") == 0.0


def test_the_newest_fits_whole_and_older_ones_halve_every_90_days():
    latest = When(None, None, latest=True)
    assert closeness("2026-03-20", latest, "2026-03-20") == 1.0
    # 20 March back to 20 December is 90 days (see above).
    assert HALF_OLDER_DAYS == 90
    assert closeness("2025-12-20", latest, "2026-03-20") == pytest.approx(0.5)
    assert closeness("2025-09-21", latest, "2026-03-20") == pytest.approx(0.25)  # 90 more
    assert closeness("2026", latest, "2026-03-20") == 1.0  # as far as it tells
    assert closeness("2026-04-01", latest, "2026-03-20") == 1.0


def test_without_a_newest_document_nothing_can_be_told_of_the_latest():
    assert closeness("2026-03-20", When(None, None, latest=True)) == 0.0
    assert closeness("2025-03-20", When("2025", "2025", latest=True)) == 1.0


def test_the_newest_of_a_period_counts_back_from_its_end():
    asked = When("2025", "2025", latest=True)
    assert closeness("2025-12-31", asked, "2026-03-20") == 1.0
    assert closeness("2025-10-02", asked, "2026-03-20") == pytest.approx(0.5)  # 29 + 30 + 31
    assert closeness("2026-03-20", asked, "2026-03-20") == pytest.approx(0.5 ** (79 / 180))
    # where the newest document lies within the period, it is the newest of the period
    assert closeness("2025-06-05", asked, "2025-06-05") == 1.0


@given(ISO, ISO, ISO)
def test_closeness_is_a_share_and_whole_where_two_dates_overlap_whichever_is_vaguer(
    one, other, new
):
    asked = closeness(one, When(other, other))
    swapped = closeness(other, When(one, one))
    assert 0 <= asked <= 1
    assert (asked == 1.0) == (swapped == 1.0)
    assert (asked == 1.0) == (one.startswith(other) or other.startswith(one))
    assert 0 <= closeness(one, When(other, None, latest=True), new) <= 1


def test_a_date_that_is_none_is_an_error():
    with pytest.raises(ValueError, match="month"):
        closeness("2025-13", When("2025", "2025"))


@pytest.mark.parametrize(
    ("published", "asked", "newest", "text"),
    [
        ("2023-10", When("2023", "2023"), None, "published 2023-10, within the asked 2023"),
        # 30 of June, 31 of July, 31 of August, 19 of September
        (
            "2025-09-19",
            When("2025-05", "2025-05"),
            None,
            "published 2025-09-19, 111 days after the asked 2025-05",
        ),
        (
            "2025-04-30",
            When("2025-05", "2025-05"),
            None,
            "published 2025-04-30, 1 day before the asked 2025-05",
        ),
        (
            "2025-09",
            When("2025-05", "2025-05"),
            None,
            "published 2025-09, at least 93 days after the asked 2025-05",
        ),
        (
            "2025",
            When("2025-06", "2025-06"),
            None,
            "published 2025, perhaps within the asked 2025-06",
        ),
        (
            "2024-06-01",
            When("2023", "2025"),
            None,
            "published 2024-06-01, within the asked 2023 to 2025",
        ),
        (
            "2024-06-01",
            When("2024", None),
            None,
            "published 2024-06-01, within the asked time since 2024",
        ),
        (
            "2024-01-01",
            When(None, "2023"),
            None,
            "published 2024-01-01, 1 day after the asked time until 2023",
        ),
        ("2026-03-20", When(None, None, latest=True), "2026-03-20", "the newest: 2026-03-20"),
        (
            "2025-12-20",
            When(None, None, latest=True),
            "2026-03-20",
            "published 2025-12-20, 90 days before the newest",
        ),
        (
            "2025-12-20",
            When(None, None, latest=True),
            None,
            "published 2025-12-20; the newest is asked",
        ),
    ],
)
def test_the_fit_is_explained_in_a_few_words(published, asked, newest, text):
    assert explain(published, asked, newest) == text


@pytest.mark.parametrize(
    ("text", "year"),
    [("2024年谈过，2025年又谈。", "2025"), ("2025 年 3 月", "2025"), ("120年前", ""), ("", "")],
)
def test_the_last_year_that_a_text_names(text, year):
    assert last_year(text) == year


@pytest.mark.parametrize(
    ("text", "bare"), [("9月举行", True), ("2025年9月举行", False), ("九轮谈判", False)]
)
def test_a_month_is_bare_where_no_year_stands_before_it(text, bare):
    assert tells_bare_month(text) is bare
