"""The few tests that ask the embedded language model itself."""

import pytest

from rag.build import Youju
from rag.llm import make_chat_model
from rag.model import join_spans
from rag.settings import Settings

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def embedded(_seed_home):
    with Youju(Settings.load(home=_seed_home)) as youju:
        yield youju


def test_the_question_of_the_readme_is_answered_with_125_percent_and_its_sentence(embedded):
    answer = embedded.ask("中方把美国输华产品关税最高加到了多少？")
    assert "125%" in answer.text
    assert answer.citations[0].document_id.startswith("001")
    for citation in answer.citations:
        text = embedded.document(citation.document_id).text
        assert join_spans(text, citation.spans) == citation.quote


@pytest.mark.parametrize("question", ["王毅访美期间住在哪家酒店？", "习近平有几个孩子？"])
def test_what_the_seeds_do_not_say_is_refused(embedded, question):
    answer = embedded.ask(question)
    assert (answer.outcome, answer.citations) == ("refused", ())


def test_another_endpoint_works_by_settings_alone(_seed_home, embedded):
    """The other endpoint is a llama.cpp server process of its own, reached as any other is.

    Its model is too small to judge what it writes: then the answer is quoted, and says so.
    """
    embedded._loaded()._server.stop()  # one model process at a time
    _, server = make_chat_model(Settings.load())
    try:
        address = server.address()
        settings = Settings(
            home=_seed_home, base_url=address.url, api_key=address.key, model="qwen",
            context_tokens=500, answer_tokens=60, deadline=40,
        )  # fmt: skip
        with Youju(settings) as youju:
            answer = youju.ask("特朗普政府宣布的对台军售方案金额是多少？")
        assert "111亿" in answer.text
        assert all(s.support == "quoted" for s in answer.sentences) or not answer.model_failure
    finally:
        server.stop()
