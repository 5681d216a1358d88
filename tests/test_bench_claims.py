"""Claims made of the questions of an open set."""

import random

import pytest

from eval.bench_claims import claims_in, filled
from eval.squad import Paragraph, Question

TEXT = "云雀山高812米，山顶常年积雪。旁边的山峰高640米。贺鸣在1931年登顶，向导是陈立群。"


@pytest.mark.parametrize(
    ("question", "answer", "claim"),
    [
        ("云雀山高多少米？", "812米", "云雀山高812米。"),
        ("云雀山高多少米？", "812", "云雀山高812米。"),
        ("贺鸣什么时候登顶？", "1931年", "贺鸣1931年登顶。"),
        ("登顶云雀山的是谁？", "贺鸣", "登顶云雀山的是贺鸣。"),
        ("贺鸣为什么登山？", "为了测量", ""),
        ("谁在什么时候登顶？", "贺鸣", ""),
    ],
)
def test_an_answer_stands_where_its_question_asks(question, answer, claim):
    assert filled(question, answer) == claim


@pytest.mark.parametrize(
    ("question", "answer", "kind", "wrong"),
    [
        ("云雀山高多少米？", "812米", "figure", "云雀山高640米。"),
        ("登顶的是谁？", "贺鸣", "name", "登顶的是陈立群。"),
    ],
)
def test_a_wrong_claim_has_another_of_the_paragraph_in_its_place(question, answer, kind, wrong):
    asked = Question("q", question, answer, TEXT.index(answer))
    true, other = claims_in(Paragraph(TEXT, 0, "登山史", (asked,)), random.Random(1))
    assert (true.wrong, other.wrong, other.text) == ("", kind, wrong)
    assert answer in true.source.quote
    assert true.source.context.startswith("登山史\n")
