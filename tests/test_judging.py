"""What the model is asked about a quotation, over real HTTP."""

import time

import pytest

from rag.judging import says_what_is_asked
from tests.candidates import chosen, hit

QUESTION = "青禾音乐节3月有多少人到场？"
TEXT = "青禾音乐节有3万人到场。"


@pytest.fixture
def sentence():
    _, (found,) = chosen(QUESTION, hit(TEXT, title="河岸日报", published="2031-08-03"))
    return found


def test_whether_a_quotation_says_what_is_asked_is_asked_with_its_words_and_the_date(
    youju, endpoint, sentence
):
    endpoint.judgement = 0.7
    said = says_what_is_asked(
        youju.model, QUESTION, "3万人", [sentence], deadline=time.monotonic() + 20
    )
    assert said == pytest.approx(0.7)
    assert f"（2031-08-03）{TEXT}" in endpoint.prompts[0]
    assert "回答：3万人" in endpoint.prompts[0]


def test_a_model_that_fails_leaves_the_signal_out(youju, endpoint, sentence):
    endpoint.behaviour = "fails"
    deadline = time.monotonic() + 20
    assert says_what_is_asked(youju.model, QUESTION, "3万人", [sentence], deadline) is None
