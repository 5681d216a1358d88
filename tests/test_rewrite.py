"""Questions rewritten by the model: what is kept, and what the rules' result is kept instead of."""

import logging
import time

import pytest

from eval.names import known_names
from rag.answer import Answerer
from rag.answer.pipeline import WRITTEN_FROM
from rag.llm import make_chat_model
from rag.prompt import placeholders
from rag.question.rewrite import Rewriter, make_rewriter
from rag.question.standalone import stand_alone
from rag.settings import Settings
from tests.scripted_endpoint import KEY

HISTORY = [("2025年9月19日习近平和川普通电话，谈成TikTok了吗？", "没有，但取得了进展。")]
QUESTION = "那次通话里他呼吁不要做什么？"
BY_RULES = stand_alone(QUESTION, HISTORY, known_names())


@pytest.fixture
def rewriter(endpoint):
    settings = Settings(base_url=endpoint.url, api_key=KEY, model="scripted")
    return Rewriter(make_chat_model(settings)[0], known_names, seconds=5)


def test_the_models_rewriting_is_kept_where_it_holds(rewriter, endpoint):
    better = "习近平在2025年9月19日和川普的通话里呼吁美国不要做什么？"
    endpoint.reply = lambda _: f"改写：“{better}”"
    assert rewriter.stand_alone(QUESTION, [*HISTORY, ("美国呢？", "无。")]) == better
    (prompt,) = endpoint.prompts
    assert "问：2025年9月19日习近平和川普通电话，谈成TikTok了吗？" in prompt
    assert f"最后一个问题：{QUESTION}" in prompt


@pytest.mark.parametrize(
    "written",
    [
        "习近平呼吁美国不要采取单边贸易限制措施。",  # an answer
        "2025年9月20日的通话里习近平呼吁不要做什么？",  # a date that nobody gave
        "2025年9月19日的通话里普京呼吁不要做什么？",  # a name that nobody gave
        "What did Xi Jinping ask the United States not to do in that call?",  # another language
        "习近平呼吁不要做什么？\n川普呼吁不要做什么？",  # two lines
        "习近平呼吁不要做什么？" * 20,
    ],
)
def test_a_rewriting_that_does_not_hold_leaves_the_rules_result(rewriter, endpoint, written):
    endpoint.reply = lambda _: written
    assert rewriter.stand_alone(QUESTION, HISTORY) == BY_RULES


def test_the_questions_own_figures_may_not_be_lost(rewriter, endpoint):
    question = "他为什么说要加到125%？"
    endpoint.reply = lambda _: "川普为什么说要加关税？"
    assert rewriter.stand_alone(question, HISTORY) == stand_alone(question, HISTORY, known_names())


def test_a_question_that_stands_alone_is_not_given_to_the_model(rewriter, endpoint):
    assert rewriter.stand_alone("稀土有什么用？", HISTORY) == "稀土有什么用？"
    assert rewriter.stand_alone(QUESTION, []) == QUESTION
    assert endpoint.prompts == []


def test_traditional_questions_stay_traditional(rewriter, endpoint):
    endpoint.reply = lambda _: "习近平在和川普的通话里呼吁美国不要做什么？"
    history = [(HISTORY[0][0], "習近平呼籲美國避免單邊措施。")]
    assert "習近平" in rewriter.stand_alone("那次通話裡他呼籲美國不要做什麼？", history)


@pytest.mark.parametrize("behaviour", ["fails", "cut", "html", "too long", "no such model"])
def test_a_failing_model_leaves_the_rules_result_and_is_logged(
    rewriter, endpoint, behaviour, caplog
):
    endpoint.reply = lambda _: "习近平在通话里呼吁不要做什么？"
    endpoint.behaviour = behaviour
    with caplog.at_level(logging.WARNING, "rag.question.rewrite"):
        assert rewriter.stand_alone(QUESTION, HISTORY) == BY_RULES
        assert rewriter.translate(QUESTION, "en") == ""
    assert len(caplog.records) == 2


def test_a_slow_model_is_not_waited_for(endpoint):
    endpoint.behaviour = "only keep-alives"
    model, _ = make_chat_model(Settings(base_url=endpoint.url, api_key=KEY))
    started = time.monotonic()
    assert Rewriter(model, known_names, seconds=0.5).stand_alone(QUESTION, HISTORY) == BY_RULES
    late = Rewriter(model, known_names).translate(
        "美国加了多少关税？", "en", deadline=time.monotonic() + 0.5
    )
    assert late == ""
    assert time.monotonic() - started < 20


def test_a_translation_is_kept_with_its_figures(rewriter, endpoint):
    endpoint.reply = lambda _: "How much of the $11.1 billion arms sale was approved on June 5?"
    question = "6月5日批准了111亿美元军售中的多少？"
    assert rewriter.translate(question, "en") == endpoint.reply("")
    assert "Translate into English: 6月5日" in endpoint.prompts[0]


@pytest.mark.parametrize(
    ("question", "language", "written"),
    [
        ("中方加到了125%吗？", "en", "Did China raise it to 152%?"),
        ("中方加到了125%吗？", "en", "Did China raise it?"),
        ("中方加到了多少？", "en", "中方加到了多少？"),
        ("中方加到了多少？", "en", "It raised tariffs."),
        ("How far did China go?", "zh", "How far did China go?"),
    ],
)
def test_a_translation_that_does_not_hold_is_none(rewriter, endpoint, question, language, written):
    endpoint.reply = lambda _: written
    assert rewriter.translate(question, language) == ""


def test_nothing_is_translated_into_its_own_language(rewriter, endpoint):
    assert rewriter.translate("中方加到了多少？", "zh") == ""
    assert endpoint.prompts == []


@pytest.mark.parametrize(
    ("rewrite", "asked_for_follow_ups", "asked_for_translations"),
    [("auto", True, True), ("rules", False, False), ("model", True, True)],
)
def test_the_setting_says_who_rewrites(
    endpoint, rewrite, asked_for_follow_ups, asked_for_translations
):
    settings = Settings(base_url=endpoint.url, api_key=KEY, rewrite=rewrite)
    rewriter = make_rewriter(make_chat_model(settings)[0], settings, known_names)
    assert (rewriter is not None) == asked_for_translations
    if rewriter:
        rewriter.stand_alone(QUESTION, HISTORY)
        assert bool(endpoint.prompts) == asked_for_follow_ups


def test_the_embedded_model_leaves_follow_ups_to_the_rules():
    settings = Settings(model_path="/nowhere.gguf")  # asking it would raise
    rewriter = make_rewriter(make_chat_model(settings)[0], settings, known_names)
    assert rewriter.stand_alone(QUESTION, HISTORY) == BY_RULES


def test_known_names_are_translated_by_the_table_and_not_by_the_model(rewriter, endpoint):
    endpoint.reply = lambda _: "鲁比奥对王毅说了什么？"
    assert rewriter.translate("What did Marco Rubio tell Wang Yi?", "zh")
    assert endpoint.prompts == ["Translate into 中文: What did 鲁比奥 tell 王毅?"]


def test_the_prompts_have_the_placeholders_that_are_filled():
    assert placeholders("standalone") == {"history", "question"}
    assert placeholders("translate") == {"language", "question"}


def test_an_answer_shows_the_models_rewriting_as_what_was_understood(youju, endpoint):
    better = "美方把关税最高升到了多少？"
    endpoint.reply = lambda p: better if "最后一个问题" in p else "美方升至150%左右。"
    history = [("中方把美国输华产品关税最高加到了多少？", "中方将关税加至125%。")]
    answer = youju.ask("那美方升到了多少？", history)
    assert answer.understood_as == better


class EmptyRetriever:
    """Finds nothing, and notes what it was given."""

    def __init__(self):
        self.spoken = ["zh"]
        self.given = []

    def search(self, question, k=None, filters=None, *, translation=""):
        assert (question, k, filters) == ("中方加到了多少关税？", WRITTEN_FROM, None)
        self.given.append(translation)
        return []

    def similarity(self, question, texts):
        return []

    def around(self, passage):
        return []

    def languages(self):
        return self.spoken

    def frequency(self, word):
        return 0

    def passages(self):
        return 1

    def names(self):
        return known_names()


def test_the_search_is_given_a_translation_only_where_the_corpus_holds_the_language(endpoint):
    endpoint.reply = lambda _: "How far did China raise tariffs?"
    settings = Settings(base_url=endpoint.url, api_key=KEY)
    model, _ = make_chat_model(settings)
    retriever = EmptyRetriever()
    answerer = Answerer(retriever, model, settings, lambda: pytest.fail("nothing to read"))
    answerer.answer("中方加到了多少关税？")
    retriever.spoken.append("en")
    answerer.answer("中方加到了多少关税？")
    # Both are searched as asked first: the evidence does not wait for the translation.
    assert retriever.given == ["", "", "How far did China raise tariffs?"]
