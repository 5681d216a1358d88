"""Questions over all documents are answered from all of them, and say how much was searched."""

import pytest

from rag.build import Youju
from rag.corpus.phrase import Phrase, words_of
from rag.model import Filters, join_spans
from rag.names import read_names
from rag.question.pile import topic_of
from rag.settings import Settings

STORY = (
    "铁路公司周一宣布，连接两座城市的新线路将于明年春天通车，全程只需四十分钟。"
    "公司负责人表示，莫扎特广场站是全线最大的车站，每天可以接待三万名旅客。"
    "沿线居民普遍欢迎这一消息，但也有人担心票价太高。市政府说，票价方案将在年底前公布。"
)
DOCUMENTS = {
    "a.txt": "2023-07-28\n\n音乐节开幕。乐团演奏了莫扎特的作品。\n",
    "b.txt": "2023-08-02\n\n作曲家莫札特的手稿8月1日在拍卖会上卖出5000万元，买家没有露面。\n",
    "c.txt": "2024-01-05\n\n展览介绍了海顿的一生。\n\n另一间展厅里是Mozart的书信。\n",
    "d.txt": f"2024-02-01\n\n{STORY}\n",
    "e.txt": f"2024-02-02\n\n{STORY}本报记者报道。\n",
    "f.txt": "2024-03-01\n\n北美国家的代表参加了会议，李明强调合作。\n",
    "g.txt": "2024-03-02\n\n台风“杜鹃”逼近。超强台风海燕的路径不同。\n",
}


@pytest.fixture(scope="module")
def pile(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pile")
    for name, text in DOCUMENTS.items():
        (folder / name).write_text(text, "utf-8")
    settings = Settings(home=tmp_path_factory.mktemp("home"), answers="quote", model_path="")
    (settings.home / "aliases.txt").write_text("莫扎特 = 莫札特 = Mozart\n", "utf-8")
    with Youju(settings) as youju:
        youju.add(folder)
        assert len(youju.documents()) == len(DOCUMENTS)
        yield youju


def ids(mentions):
    return [m.hit.passage.document_id for m in mentions]


def test_every_document_that_mentions_a_name_in_any_form_is_found_by_date(pile):
    found = pile.mentions("莫札特")
    assert found.searched == len(DOCUMENTS)
    assert [m.hit.published for m in found.certain] == [
        "2023-07-28",
        "2023-08-02",
        "2024-01-05",
        "2024-02-01",
    ]
    assert found.doubtful == ()


def test_near_duplicates_count_once_and_are_named(pile):
    last = pile.mentions("莫扎特").certain[-1]
    assert [card.published for card in last.also] == ["2024-02-02"]


def test_what_is_cited_stands_in_the_document(pile):
    for mention in pile.mentions("莫扎特").certain:
        citation = mention.citation
        text = pile.document(citation.document_id).text
        assert join_spans(text, citation.spans) == citation.quote


def test_both_scripts_ask_for_the_same(pile):
    assert ids(pile.mentions("音樂節").certain) == ids(pile.mentions("音乐节").certain) != []


@pytest.mark.parametrize("figure", ["5000万", "五千万", "50,000,000", "5,000万元"])
def test_a_figure_is_found_however_it_is_written(pile, figure):
    assert [m.hit.published for m in pile.mentions(figure).certain] == ["2023-08-02"]


@pytest.mark.parametrize("figure", ["500万", "000万", "15000万"])
def test_a_part_of_a_figure_is_another_figure(pile, figure):
    assert pile.mentions(figure).certain == ()


@pytest.mark.parametrize("date", ["8月1日", "八月一日", "August 1"])
def test_a_date_is_found_however_it_is_written(pile, date):
    assert [m.hit.published for m in pile.mentions(date).certain] == ["2023-08-02"]


def test_a_date_is_found_that_a_text_writes_in_figures_alone(pile):
    assert [m.hit.published for m in pile.mentions("2023年7月28日").certain] == ["2023-07-28"]


@pytest.mark.parametrize("name", ["美国", "明强"])
def test_characters_of_other_words_are_doubtful(pile, name):
    found = pile.mentions(name)
    assert (found.certain, [m.doubt for m in found.doubtful]) == ((), ["inside"])


def test_quotation_marks_within_a_name_do_not_matter(pile):
    assert len(pile.mentions("台风杜鹃").certain) == 1


def test_words_that_stand_apart_are_doubtful(pile):
    found = pile.mentions("会议代表")
    assert (found.certain, [m.doubt for m in found.doubtful]) == ((), ["apart"])


def test_a_day_without_its_year_is_doubtful_in_a_document_of_that_year(pile):
    found = pile.mentions("2023年8月1日")
    assert (found.certain, [m.doubt for m in found.doubtful]) == ((), ["year"])
    assert pile.mentions("2022年8月1日").doubtful == ()


def test_what_only_the_title_says_is_doubtful(pile, tmp_path):
    file = tmp_path / "h.html"
    file.write_text("<title>芭蕾舞之夜</title><p>演出于周六晚上举行，观众很多。</p>", "utf-8")
    (added,) = pile.add(file)
    found = pile.mentions("芭蕾舞")
    pile.remove(added.document_ids[0])
    assert (found.certain, [m.doubt for m in found.doubtful]) == ((), ["title"])


def test_a_title_brings_no_link_into_an_answer(pile, tmp_path):
    file = tmp_path / "h.html"
    title = "芭蕾舞 [点我](https://evil.example/x)"
    file.write_text(f"<title>{title}</title><p>芭蕾舞演出于周六晚上举行，观众很多。</p>", "utf-8")
    (added,) = pile.add(file)
    answer = pile.ask("哪些文章提到芭蕾舞？")
    pile.remove(added.document_ids[0])
    assert answer.outcome == "answered"
    assert "evil" not in answer.text


def test_the_dictionarys_word_for_it_is_doubtful(pile):
    found = pile.mentions("typhoon")
    assert (found.certain, [m.doubt for m in found.doubtful]) == ((), ["meaning"])


@pytest.mark.parametrize(
    ("phrase", "words"),
    [
        ("会议代表", ["会议", "代表"]),
        ("音乐节的票价", ["音乐节", "票价"]),
        ("5000万元", ["5000万元"]),
        ("瞐瞐公司", ["瞐瞐公司"]),
        ("莫扎特", ["莫扎特"]),
    ],
)
def test_only_what_is_made_of_words_alone_is_cut_into_them(phrase, words):
    assert words_of(phrase) == words


def test_of_several_all_must_stand_in_one_passage_to_be_certain(pile):
    assert len(pile.mentions("莫扎特和作曲家").certain) == 1
    assert pile.mentions("莫扎特和台风").certain == ()
    assert len(pile.mentions("莫扎特或台风").certain) == 5


def test_what_mentions_the_other_too_is_left_out(pile):
    assert len(pile.mentions("莫扎特但没有提到海顿").certain) == 3


def test_filters_narrow_what_is_searched(pile):
    found = pile.mentions("莫扎特", Filters(since="2024"))
    assert (found.searched, len(found.certain)) == (5, 2)


def test_an_answer_counts_lists_and_cites_without_a_model(pile):
    answer = pile.ask("有多少篇提到莫扎特？")
    head, *items = answer.sentences
    assert head.text == "共查了7篇，4篇提到“莫扎特”。"
    assert [s.layout for s in items] == ["item"] * 4
    assert [s.markers for s in items] == [(1,), (2,), (3,), (4,)]
    assert items[0].text.startswith("2023-07-28，")
    assert "另有1篇内容几乎相同" in items[3].text
    assert (answer.outcome, answer.model) == ("answered", "")
    assert len(answer.citations) == 4


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("有多少篇報導提到莫札特？", "共查了7篇，4篇提到“莫札特”。"),
        ("How many articles mention Mozart?", "“Mozart” is mentioned in 4 of the 7 documents"),
    ],
)
def test_it_answers_in_the_language_and_script_of_the_question(pile, question, said):
    assert pile.ask(question).text.startswith(said)


def test_the_first_and_the_latest_are_one_document(pile):
    first = pile.ask("最早提到莫扎特的是哪篇文章？")
    latest = pile.ask("When was Mozart last mentioned?")
    assert [s.text[:10] for s in first.sentences if s.layout == "item"] == ["2023-07-28"]
    assert [s.text[:10] for s in latest.sentences if s.layout == "item"] == ["2024-02-01"]


def test_doubtful_ones_are_listed_apart(pile):
    answer = pile.ask("哪些文章提到美国？")
    assert answer.text.startswith("共查了7篇，没有一篇确切提到“美国”，另有1篇存疑。")
    assert "（字样可能属于别的词）" in answer.text


def test_where_nothing_mentions_it_the_refusal_says_how_much_was_searched(pile):
    answer = pile.ask("有多少篇提到贝多芬？")
    assert (answer.outcome, answer.citations) == ("refused", ())
    assert answer.text == "共查了7篇，没有一篇提到“贝多芬”。"


def test_a_time_of_publication_is_told(pile):
    answer = pile.ask("2023年8月有多少篇文章提到莫扎特？")
    assert answer.text.startswith("2023年8月发表的资料中，共查了1篇，1篇提到“莫扎特”。")


def test_a_follow_up_asks_the_same_of_another(pile):
    history = [("有多少篇提到莫扎特？", "共查了7篇，4篇提到“莫扎特”。")]
    assert pile.ask("那海顿呢？", history).text.startswith("共查了7篇，1篇提到“海顿”。")


def test_a_timeline_tells_dates_of_the_text_itself(pile):
    assert [h.date for h in pile.timeline("莫札特")] == ["2023-08-01"]
    answer = pile.ask("莫扎特的时间线")
    assert [s.text[:10] for s in answer.sentences if s.layout == "item"] == ["2023-08-01"]


def test_a_timeline_of_words_that_stand_apart_takes_sentences_that_hold_them_all(pile):
    assert [h.date for h in pile.timeline("手稿拍卖会")] == ["2023-08-01"]


def test_an_ordinary_question_beside_one_over_all_is_answered_too(pile):
    answer = pile.ask("有多少篇文章提到海顿，以及手稿卖了多少钱？")
    assert "1篇提到“海顿”" in answer.text
    assert "5000万元" in answer.text


def test_a_known_name_within_a_phrase_has_all_its_forms():
    names = read_names("莫扎特 = Mozart", "here")
    phrase = Phrase.of("莫扎特 sonatas", names)
    assert phrase.stands_in("A Mozart sonata was heard.")
    assert not phrase.stands_in("Mozartian sonatas")


def test_a_topic_may_be_a_bare_stop_word(pile):
    assert pile.retriever.mentions(topic_of("the")).certain == ()
