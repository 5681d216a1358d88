"""What kind of thing a question asks for."""

import pytest

from rag.question.expects import expected


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
