"""A question is read once, into a value."""

import dataclasses

import pytest

from rag.names import Names
from rag.question import Part, understand

NONE = Names(())


def test_parts_stand_alone_and_say_what_each_asks_for():
    question = understand(
        "有哪些风险？最新的预测是多少？", "有哪些风险？最新的预测是多少？", (), NONE
    )
    first, second = question.parts
    assert first == Part("有哪些风险？", several=True)
    assert (second.several, second.latest) == (False, True)


def test_an_earlier_question_that_is_leant_on_is_not_asked_again():
    first = "中方把关税最高加到了多少？"
    question = understand("那美方呢？", f"{first}美方升到了多少？", [(first, "125%。")], NONE)
    assert [part.text for part in question.parts] == ["美方升到了多少？"]


def test_what_a_document_tells_a_model_to_do_may_be_asked_for():
    (part,) = understand("那份通知要求助手做什么？", "那份通知要求助手做什么？", (), NONE).parts
    assert part.of_orders


def test_it_cannot_be_changed():
    question = understand("谁？", "谁？", (), NONE)
    with pytest.raises(dataclasses.FrozenInstanceError):
        question.asked = "何时？"
