import pytest
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.llms import MockLLM
from llama_index.core.query_engine import RetrieverQueryEngine

from rag.model import Filters, join_spans
from rag.retrieve import fuse

SAME = [
    (
        "中方把美国输华产品关税最高加到了多少？",
        "中方把美國輸華產品關稅最高加到了多少？",
        "How high did China raise tariffs on American goods?",
        "加至125%",
    ),
    ("美国驻华大使是谁？", "美國駐華大使是誰？", "Who is the US ambassador to China?", "庞德伟"),
    (
        "特朗普政府宣布的对台军售金额是多少？",
        "川普政府宣布的對台軍售金額是多少？",
        "How much was the arms sale to Taiwan announced in December 2025?",
        "111亿美元",
    ),
    (
        "王毅与沙利文在哪里会晤？",
        "王毅與沙利文在哪裡會晤？",
        "Where did Wang Yi hold talks with Sullivan?",
        "马耳他",
    ),
    (
        "美商务部把多少家中国企业纳入实体清单？",
        "美商務部把多少家中國企業納入實體清單？",
        "How many Chinese companies did the Commerce Department put on the Entity List?",
        "54家",
    ),
]


@pytest.mark.parametrize(("simplified", "traditional", "english", "words"), SAME)
def test_three_forms_of_a_question_reach_the_same_passage(
    youju, simplified, traditional, english, words
):
    wanted = youju.search(simplified, 1)[0].passage
    assert words in wanted.text
    assert youju.search(traditional, 1)[0].passage == wanted
    assert wanted.id in [hit.passage.id for hit in youju.search(english, 5)]


def test_a_hit_tells_how_it_was_found_and_its_passage_resolves(youju):
    for hit in youju.search("TikTok 谈判", 8):
        text = youju.document(hit.passage.document_id).text
        assert join_spans(text, hit.passage.spans) == hit.passage.text
        assert set(hit.by) <= {"dense", "lexical"}
        assert 0 <= hit.score <= 1


def test_k_is_how_many_there_are_at_most(youju):
    assert len(youju.search("关税", 3)) == 3


@pytest.mark.parametrize(
    ("filters", "allowed"),
    [
        (Filters(documents=("001_03f6596dd746e4d6",)), {"001"}),
        (Filters(outlets=("紐約時報中文網",)), {"004"}),  # in the other script
        (Filters(since="2025-06", until="2025-09"), {"002", "004"}),
        (Filters(until="2024"), {"003"}),
        (Filters(since="2026-02-06"), {"000", "001"}),
        (Filters(kinds=("comment",)), {"000", "004"}),
        (Filters(languages=("en",)), set()),
        (Filters(outlets=("大纪元",), since="2026"), set()),
    ],
)
def test_filters_decide_what_may_be_found(youju, filters, allowed):
    hits = youju.search("中美领导人通话谈了什么？", 40, filters)
    assert {h.passage.document_id[:3] for h in hits} == allowed
    if filters.kinds:
        assert {h.kind for h in hits} == set(filters.kinds)


def test_an_answer_reads_only_what_passes_the_filters(youju, endpoint):
    endpoint.reply = lambda _: "中方将美国输华产品关税加至125%。"
    question = "中方把美国输华产品关税最高加到了多少？"
    assert youju.ask(question).outcome == "answered"
    elsewhere = youju.ask(question, filters=Filters(documents=("003_4d39b790cb4a6113",)))
    assert elsewhere.outcome == "refused"
    assert not elsewhere.citations
    assert {h.passage.document_id for h in elsewhere.hits} == {"003_4d39b790cb4a6113"}


def test_the_sentence_before_a_passage_is_known_to_the_hit(youju):
    hits = youju.search("近5600亿美元 双边货物贸易", 8)
    leaning = [h for h in hits if h.about and h.kind == "body"]
    assert leaning
    for hit in leaning:
        before = youju.ledger.passage_before(hit.passage)
        assert before.text.endswith(hit.about)
        assert before.section == hit.passage.section


def test_an_empty_home_finds_nothing(tmp_path):
    import rag

    with rag.open(tmp_path / "empty") as youju:
        assert youju.documents() == []
        assert youju.search("关税") == []


def test_it_is_a_llama_index_retriever_and_fits_a_stock_query_engine(youju):
    assert isinstance(youju.retriever, BaseRetriever)
    engine = RetrieverQueryEngine.from_args(youju.retriever, llm=MockLLM(max_tokens=8))
    response = engine.query("中方把关税加到了多少？")
    assert any("125%" in node.text for node in response.source_nodes)


def test_fusion_adds_each_legs_share_of_its_best():
    scores = fuse([("a", 0.8), ("b", 0.4)], [("b", 10.0), ("c", 5.0)], dense_share=0.5)
    assert scores == pytest.approx({"a": 0.5, "b": 0.25 + 0.5, "c": 0.25})


def test_a_weak_dense_leg_is_not_scaled_up_to_certainty():
    assert fuse([("a", 0.03)], [], dense_share=0.5)["a"] == pytest.approx(0.5 * 0.03 / 0.3)
