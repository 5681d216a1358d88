"""What the model is asked about sentences besides the answer, over real HTTP."""

import time

import pytest

from rag.judging import Judge
from tests.candidates import chosen, hit

QUESTION = "青禾音乐节3月有多少人到场？"
TEXT = "青禾音乐节有3万人到场。"


@pytest.fixture
def sentence():
    _, (found,) = chosen(QUESTION, hit(TEXT, title="河岸日报", published="2031-08-03"))
    return found


@pytest.fixture
def judge(youju):
    return Judge(youju.model, QUESTION, time.monotonic() + 20)


def test_whether_sentences_of_one_document_answer_is_asked_with_its_title(
    judge, endpoint, sentence
):
    endpoint.judgement = 0.8
    assert judge.answers([sentence]) == pytest.approx(0.8)
    (prompt,) = endpoint.prompts
    assert f"《河岸日报》：{TEXT}" in prompt
    assert QUESTION in prompt


def test_whether_an_answer_says_what_is_asked_is_asked_with_what_it_would_cite_and_the_date(
    judge, endpoint, sentence
):
    endpoint.judgement = 0.7
    assert judge.is_answered("3万人", [sentence]) == pytest.approx(0.7)
    assert f"（2031-08-03）{TEXT}" in endpoint.prompts[0]
    assert "回答：3万人" in endpoint.prompts[0]


def test_a_leaning_is_asked_in_the_words_that_the_question_offers(judge, endpoint, sentence):
    endpoint.judgement = 0.3
    assert judge.leaning(sentence, "增加", "减少") == pytest.approx(0.3)
    assert "只回答“增加”或“减少”" in endpoint.prompts[0]


def test_what_one_document_answers_is_written_from_its_sentences_alone(judge, endpoint, sentence):
    endpoint.reply = lambda _: "3万人"
    assert judge.written([sentence]) == "3万人"
    assert f"[1] {TEXT}" in endpoint.prompts[0]


def test_a_model_that_fails_leaves_the_signal_out(judge, endpoint, sentence):
    endpoint.behaviour = "fails"
    assert judge.answers([sentence]) is None
    assert judge.is_answered("3万人", [sentence]) is None
    assert judge.leaning(sentence, "是", "否") is None
    assert judge.written([sentence]) == ""
