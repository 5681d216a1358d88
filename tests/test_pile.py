"""Which questions are over all documents, and what each asks for."""

import json

import pytest

from rag.names import Names
from rag.question import understand
from rag.question.pile import read_pile, read_piles, topic_of
from tests.conftest import SEEDS

NONE = Names(())


@pytest.mark.parametrize(
    ("question", "asks"),
    [
        ("有多少篇提到莫扎特？", "count"),
        ("这些文章里一共有几篇谈到莫扎特", "count"),
        ("提到莫扎特的文章有多少篇？", "count"),
        ("莫扎特被多少篇文章提到过？", "count"),
        ("有多少关于莫扎特的报道？", "count"),
        ("統計一下有多少篇報導提到莫扎特", "count"),
        ("哪些文件提到莫扎特？", "list"),
        ("有哪些报道跟莫扎特有关？", "list"),
        ("提到莫扎特的都有哪些文章？", "list"),
        ("莫扎特出现在哪些文章里？", "list"),
        ("列出所有提到莫扎特的", "list"),
        ("可以帮我找一下提到莫扎特的文章吗？", "list"),
        ("資料裡有沒有提到莫扎特的文章？", "list"),
        ("最早提到莫扎特的是哪篇文章？", "first"),
        ("第一次提到莫扎特是什么时候？", "first"),
        ("哪篇文章最早提到莫扎特？", "first"),
        ("最近一次提到莫扎特是哪天？", "latest"),
        ("最新一篇关于莫扎特的报道是什么时候的？", "latest"),
        ("莫扎特的时间线", "timeline"),
        ("能帮我做一个莫扎特的时间线吗？", "timeline"),
        ("按时间顺序列出所有提到莫扎特的文章", "list"),
        ("How many articles mention 莫扎特?", "count"),
        ("In how many of the documents is 莫扎特 mentioned?", "count"),
        ("Which reports talk about 莫扎特?", "list"),
        ("List all documents that mention 莫扎特", "list"),
        ("Are there any articles about 莫扎特?", "list"),
        ("When was 莫扎特 first mentioned?", "first"),
        ("What is the most recent article about 莫扎特?", "latest"),
        ("Timeline of 莫扎特", "timeline"),
    ],
)
def test_a_question_over_all_documents_says_what_it_asks_and_of_what(question, asks):
    pile = read_pile(question)
    assert pile is not None
    assert (pile.asks, pile.topic.wanted) == (asks, (("莫扎特",),))


@pytest.mark.parametrize(
    "question",
    [
        "有多少人提到莫扎特？",
        "有多少公司涉及此案？",
        "莫扎特写了多少篇文章？",
        "莫扎特第一次提到海顿是什么时候？",
        "最早提到这一点的是谁？",
        "这份报告提到了哪些文件？",
        "这篇文章提到了哪些城市？",
        "提到关税的国家有多少？",
        "列出所有提到的国家",
        "报道里有哪些关于关税的措施？",
        "文章里有哪些提到的城市？",
        "海顿的文件有多少份提到莫扎特？",
        "有多少份工作涉及音乐？",
        "哪些材料含有石墨烯？",
        "恐龙最早什么时候出现？",
        "最近一次地震是什么时候？",
        "哪些文件规定了补贴标准？",
        "有多少篇提到？",
        "哪些文章提到它？",
        "有多少篇提到他的妻子？",
        "哪些文章提到这次会议？",
        "哪些文章提到地震造成多大损失？",
        "Which articles mention his wife?",
        "How many people mention Mozart?",
        "Which papers did Mozart publish?",
        "How many pages does the report contain?",
        "When did Haydn first mention Mozart?",
        "Which of the suspects did the report mention?",
        f"有多少篇提到{'很' * 5_000}？",
    ],
)
def test_an_ordinary_question_stays_one(question):
    assert read_piles(question).asked == ()


def test_no_question_of_the_sets_is_taken_for_one_over_all_documents():
    sets = [p for p in (SEEDS.parent / "eval").rglob("*.jsonl") if p.name != "mentions.jsonl"]
    asked = {
        case["question"]
        for path in sets
        for case in map(json.loads, path.read_text("utf-8").splitlines())
        if isinstance(case.get("question"), str)
    }
    assert len(asked) > 500
    assert [question for question in sorted(asked) if read_piles(question).asked] == []


@pytest.mark.parametrize(
    ("topic", "wanted"),
    [
        ("莫扎特和海顿", (("莫扎特",), ("海顿",))),
        ("莫扎特、海顿和贝多芬", (("莫扎特",), ("海顿",), ("贝多芬",))),
        ("5,000万元", (("5,000万元",),)),
        ("莫扎特、海顿或贝多芬", (("莫扎特", "海顿", "贝多芬"),)),
        ("both Mozart and Haydn", (("Mozart",), ("Haydn",))),
        ("世界和平", (("世界和平",),)),
        ("“战争与和平”", (("战争与和平",),)),
    ],
)
def test_a_topic_of_several_words_wants_all_or_any(topic, wanted):
    assert topic_of(topic).wanted == wanted


def test_what_is_not_to_be_mentioned_is_told_apart():
    topic = read_pile("哪些文章提到莫扎特但没有提到海顿？").topic
    assert (topic.wanted, topic.without) == ((("莫扎特",),), ("海顿",))


@pytest.mark.parametrize(
    "question",
    [
        "2023年8月有多少篇文章提到莫扎特？",
        "2023年8月的报道里有哪些提到莫扎特？",
        "How many articles published in August 2023 mention 莫扎特?",
        "List the articles about 莫扎特 in August 2023",
    ],
)
def test_a_time_of_publication_narrows_it(question):
    pile = read_pile(question)
    assert (pile.topic.text, pile.since, pile.until) == ("莫扎特", "2023-08", "2023-08")


HISTORY = [("有多少篇提到莫扎特？", "共查了5篇，2篇提到“莫扎特”。")]


@pytest.mark.parametrize(
    ("question", "asks", "topic"),
    [
        ("那海顿呢？", "count", "海顿"),
        ("What about Haydn?", "count", "Haydn"),
        ("分别是哪些？", "list", "莫扎特"),
        ("其中最早的是哪篇？", "first", "莫扎特"),
        ("哪些文章提到他？", "list", "莫扎特"),
    ],
)
def test_a_follow_up_leans_on_the_question_before(question, asks, topic):
    ((_, pile),) = read_piles(question, HISTORY).asked
    assert (pile.asks, pile.topic.text) == (asks, topic)


def test_a_follow_up_that_asks_something_else_is_an_ordinary_question():
    assert read_piles("他是哪年去世的呢？", HISTORY).asked == ()


def test_several_such_questions_in_one_are_parts_and_none_is_asked_twice():
    asked = "有多少篇提到莫扎特，分别是哪些？哪些提到海顿？最早的是哪篇？"
    parts = understand(asked, asked, (), NONE).parts
    assert [(p.pile.asks, p.pile.topic.text) for p in parts] == [
        ("count", "莫扎特"),
        ("list", "海顿"),
        ("first", "海顿"),
    ]


def test_beside_an_ordinary_question_it_is_a_part_of_its_own():
    asked = "有多少篇文章提到莫扎特，以及海顿住在哪里？"
    first, second = understand(asked, asked, (), NONE).parts
    assert first.pile is not None
    assert (second.text, second.pile) == ("海顿住在哪里", None)


def test_what_only_the_history_tells_is_asked_of_all_documents_too():
    history = [("莫扎特是哪里人？", "莫扎特出生在萨尔茨堡。")]
    asked, understood = "有多少篇提到他的妻子？", "有多少篇提到莫扎特的妻子？"
    (part,) = understand(asked, understood, history, NONE).parts
    assert part.pile.topic.text == "莫扎特的妻子"


def test_a_name_may_begin_like_a_pronoun():
    assert read_pile("有多少篇提到那不勒斯？").topic.text == "那不勒斯"
    assert read_pile("那不勒斯的时间线").topic.text == "那不勒斯"
    assert read_pile("有多少篇提到“他信”？").topic.text == "他信"


def test_what_is_only_said_beside_it_is_no_question():
    asked = "我在写论文，有多少篇文章提到莫扎特？"
    (part,) = understand(asked, asked, (), NONE).parts
    assert part.pile is not None
