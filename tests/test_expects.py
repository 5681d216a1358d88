"""What kind of thing a question asks for, and whether a text holds one."""

import pytest

from rag.expects import expected, holds, of_another, only_named
from rag.names import shipped_names

NAMES = shipped_names()


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("通话持续了多久？", "duration"),
        ("会谈谈了几天？", "duration"),
        ("那是哪几天？", "day"),
        ("何立峰访问的具体日期是哪一天？", "day"),
        ("On what day did they meet?", "day"),
        ("他哪一年出任大使？", "date"),
        ("什么时候会晤？", "date"),
        ("会晤在哪里举行？", "place"),
        ("谁率团？", "person"),
        ("美国驻华大使是谁？", "person"),
        ("李稻葵是什么人？", None),  # a description answers it
        ("哪些美国官员访问了中国？", "person"),
        ("Which American officials went to Beijing?", "person"),
        ("他为什么辞职？", None),
    ],
)
def test_the_words_of_a_question_tell_what_kind_of_thing_it_asks_for(question, kind):
    assert expected(question) == kind


@pytest.mark.parametrize(
    ("question", "text", "there"),
    [
        ("他哪一天访问华盛顿？", "《华尔街日报》9月底爆料称他将访问华盛顿。", False),
        ("他哪一天访问华盛顿？", "他9月28日访问华盛顿。", True),
        ("他哪天来？", "他周二到访。", True),
        ("On what day did they meet?", "They met on June 5.", True),
        ("他什么时候访问？", "他9月底访问。", True),
        ("2025年6月的通话持续了多久？", "2025年6月两人通了电话。", False),
        ("通话持续了多久？", "通话持续了90分钟。", True),
    ],
)
def test_a_text_answers_only_with_such_a_thing_that_the_question_does_not_hold(
    question, text, there
):
    assert holds(expected(question), text, question, NAMES) is there


@pytest.mark.parametrize(
    ("question", "text", "other"),
    [
        ("第二轮谈判是几月举行的？", "5月在日内瓦举行首轮经贸谈判。", True),
        ("第二轮谈判是几月举行的？", "首轮在日内瓦，第二轮6月在伦敦。", False),
        ("首轮谈判是几月举行的？", "第1轮谈判5月举行。", False),
        ("第二轮谈判是几月举行的？", "第三次会晤在马德里。", False),
        ("When was the second round of talks?", "9月在马德里举行的第四轮谈判。", True),
    ],
)
def test_what_is_said_of_the_first_round_is_no_answer_about_the_second(question, text, other):
    assert of_another(question, text) is other


@pytest.mark.parametrize(
    ("question", "text", "only"),
    [
        ("《施政逻辑》得出了什么结论？", "宫某：《施政逻辑》，《国际研究》2025年第5期。", True),
        ("《施政逻辑》发表在哪里？", "宫某：《施政逻辑》，《国际研究》2025年第5期。", False),
        ("《施政逻辑》得出了什么结论？", "《施政逻辑》一文认为，一切照旧。", False),
    ],
)
def test_a_footnote_that_names_a_work_does_not_tell_what_the_work_says(question, text, only):
    assert only_named(question, text) is only
