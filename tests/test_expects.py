"""What kind of thing a question asks for, and whether a text holds one."""

import pytest

from rag.expects import expected, holds
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
