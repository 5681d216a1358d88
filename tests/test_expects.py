"""What kind of thing a question asks for, and whether a text holds one."""

import pytest

from eval.names import known_names
from rag.question.expects import done_by_another, expected, holds, of_another, only_named

NAMES = known_names()


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("通话持续了多久？", "duration"),
        ("会谈谈了几天？", "duration"),
        ("那是哪几天？", "day"),
        ("何立峰访问的具体日期是哪一天？", "day"),
        ("On what day did they meet?", "day"),
        ("他哪一年出任大使？", "year"),
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
        ("僵局拖了多久？", "僵局持续了一个多月。", True),
        ("僵局拖了多久？", "僵局始于5月。", False),
        ("他哪一年出任大使？", "大使周二会见了外长。", False),
        ("他哪一年出任大使？", "他民国二十三年出任大使。", True),
        ("他还得讨好哪些人？", "他还得讨好华尔街的精英。", True),
        ("人类最早什么时候到达美洲？", "人类在大约1.3万年前经白令陆桥进入美洲。", True),
        ("高尔夫球是什么时候出现的？", "它在15世纪的苏格兰流行开来。", True),
        ("When did humans reach America?", "They came 21,000 years ago.", True),
        ("How long can a blue whale grow?", "Females reach about 30 metres.", True),
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
        ("第二轮谈判是几月举行的？", "第三次会晤在马德里。", True),
        ("第二轮谈判是几月举行的？", "从5月到10月共举行了五轮谈判。", True),
        ("第二次通话谈了什么？", "两人在电话里谈了贸易。", False),
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
        ("《河岸日报》怎么看？", "《河岸日报》说会涨。2031年，它改了口。", False),
    ],
)
def test_a_footnote_that_names_a_work_does_not_tell_what_the_work_says(question, text, only):
    assert only_named(question, text) is only


@pytest.mark.parametrize(
    ("question", "text", "by_another"),
    [
        ("习近平发了什么帖子？", "特朗普发帖说，跟习近平的通话非常成功。", True),
        ("习近平发了什么帖子？", "习近平发帖说，跟特朗普的通话非常成功。", False),
        ("习近平发了什么帖子？", "特朗普发帖说，通话非常成功。", False),  # may be of what both did
        ("特朗普对习近平说了什么？", "习近平告诉记者，特朗普邀请他访美。", False),
        ("通话谈了什么？", "特朗普说，跟习近平谈了贸易。", False),
    ],
)
def test_what_another_does_beside_whom_is_asked_about_is_no_answer(question, text, by_another):
    assert done_by_another(question, text, NAMES) is by_another
