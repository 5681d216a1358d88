"""Whose words they are is said in front of them, in the question's language and script."""

import pytest

from rag.voices import attribution, in_front, said_by_source, speaker_of
from tests.candidates import chosen, hit

QUESTION = "大豆价格会怎样？"


def candidate(text, **given):
    _, candidates = chosen(QUESTION, hit(text, **given))
    return candidates[0]


@pytest.mark.parametrize(
    ("sentence", "speaker"),
    [
        ("美国贸易代表格里尔5月30日接受CNBC采访时说，美方关切。", "美国贸易代表格里尔"),
        ("吴心伯认为，关键在于台湾问题。", "吴心伯"),
        ("習近平在通話中強調，雙方應增進交流。", "習近平"),
        ("但川普表示，他將訪問中國。", "川普"),
        ("The deal is off, said Maria Lind.", "Maria Lind"),
        ("Organisers said 90,000 people came.", "Organisers"),
        ("9月在马德里举行第四轮谈判。", ""),
        ("他名称不详，被称为老王。", ""),
        ("Prices rose by 4 percent.", ""),
    ],
)
def test_the_speaker_is_the_one_that_the_sentence_names(sentence, speaker):
    assert speaker_of(sentence) == speaker


def test_a_comment_is_never_stated_as_fact():
    said = candidate("夏风\n大豆价格明年要翻倍。", kind="comment", outlet="观察者网")
    assert attribution(said).voice == "comment"
    assert in_front(QUESTION, said) == "据《观察者网》（2030-01-01）的读者评论，夏风说："
    assert in_front("大豆價格會怎樣？", said) == "據《观察者网》（2030-01-01）的讀者評論，夏风說："
    english = in_front("What of the price?", said)
    assert english == "In a reader's comment at 观察者网 (2030-01-01), 夏风 says: "


def test_a_comment_without_a_name_is_a_readers():
    said = candidate("大豆价格明年要翻倍。", kind="comment")
    assert "一名读者说：" in in_front(QUESTION, said)


def test_a_post_on_a_page_of_posts_is_a_users():
    said = candidate("前线第一人\n大豆价格跌了。", kind="comment", title="头条热榜")
    assert attribution(said).voice == "post"
    assert "用户帖子，前线第一人说：" in in_front(QUESTION, said)


def test_the_name_before_a_post_is_its_author():
    said = candidate("人间过客 [大豆价格没有跌，今天又涨了！", kind="comment", title="头条热榜")
    assert attribution(said).speaker == "人间过客"
    unnamed = candidate("第二，大豆价格会跌。 你怎么看？", kind="comment", title="头条热榜")
    assert attribution(unnamed).speaker == ""


def test_a_claim_keeps_its_speaker_where_the_answer_leaves_him_out():
    said = candidate("经济学家李稻葵认为，大豆价格会涨。")
    assert (
        in_front(QUESTION, said, "大豆价格会涨。")
        == "据《晨报》（2030-01-01），经济学家李稻葵表示："
    )
    assert in_front(QUESTION, said, "李稻葵认为大豆价格会涨。") == ""


def test_an_opinion_of_an_outlet_is_given_to_it():
    assert in_front(QUESTION, candidate("大豆价格显然应该放开。")) == "《晨报》（2030-01-01）称："


def test_a_plain_fact_needs_no_words_in_front():
    assert in_front(QUESTION, candidate("大豆价格每吨涨到3000元。")) == ""


def test_a_side_of_a_disagreement_names_its_source():
    said = candidate("大豆价格涨了。", outlet="联合早报", published="2025-09-19")
    assert said_by_source(QUESTION, said) == "《联合早报》（2025-09-19）称："
    assert said_by_source("What of it?", said) == "联合早报 (2025-09-19) says: "


def test_a_plain_fact_that_a_speaker_told_is_a_fact_that_the_source_reports():
    said = candidate("外交部长王毅表示，会晤在马耳他举行。")
    assert in_front("会晤在哪里举行？", said, "在马耳他。") == ""
    assert "王毅表示：" in in_front("会晤怎么样？", said, "会晤在马耳他举行。")


def test_a_later_passage_of_a_comment_is_its_authors_too():
    said = candidate("第二，大豆价格会跌。", kind="comment", title="头条热榜", about="人间过客")
    assert attribution(said).speaker == "人间过客"
