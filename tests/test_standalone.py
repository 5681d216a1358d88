"""Follow-up questions made to stand alone by rules."""

import json
import random

import pytest

from eval.cases import read_cases
from eval.followups import CONVERSATIONS, read_conversations
from eval.names import known_names
from rag.question import standalone
from rag.question.parts import is_task

CALL = [("2025年9月19日习近平和川普通电话，谈成TikTok了吗？", "没有。")]
TALKS = [("王毅和布林肯6月18日在北京会谈谈了什么？", "谈了台湾问题。")]
APPLE = [("苹果公司去年在印度生产了多少手机？", "约2000万部。")]
GREER = [("格里尔是什么人？", "美国贸易代表。"), ("稀土有什么用？", "造尖端电子产品。")]


def stand_alone(question, history):
    """As in the home that is filled from the seeds."""
    return standalone.stand_alone(question, history, known_names())


def test_without_history_a_question_is_only_stripped():
    assert stand_alone(" 他是谁？ ", []) == "他是谁？"


@pytest.mark.parametrize(
    ("history", "question", "alone"),
    [
        ([("张三丰为什么辞职？", "因为健康。")], "他的继任者是谁？", "张三丰的继任者是谁？"),
        ([("张三丰为什么辞职？", "因为健康。")], "谁接替了他？", "谁接替了张三丰？"),
        ([("2024年法国总统是谁？", "马克龙。")], "他什么时候访华？", "马克龙什么时候访华？"),
        ([("谁会见了代表团？", "是中国驻美大使谢锋。")], "他说了什么？", "谢锋说了什么？"),
        ([("孙韵是谁？", "史汀生中心的项目主任。")], "她怕什么？", "孙韵怕什么？"),
        (TALKS, "他们达成共识了吗？", "王毅和布林肯达成共识了吗？"),
        (TALKS, "双方达成共识了吗？", "王毅和布林肯达成共识了吗？"),
        (APPLE, "它在越南有工厂吗？", "苹果公司在越南有工厂吗？"),
        (APPLE, "该公司的市值是多少？", "苹果公司的市值是多少？"),
        ([("主席国是哪个国家？", "是南非。")], "该国总统是谁？", "南非总统是谁？"),
    ],
)
def test_a_pronoun_becomes_the_name_that_it_stands_for(history, question, alone):
    assert stand_alone(question, history) == alone


def test_a_name_is_looked_for_further_back_where_the_last_turn_has_none():
    assert stand_alone("他说北京不愿批准什么？", GREER) == "格里尔说北京不愿批准什么？"


def test_who_said_it_stays_in_front_of_whom_it_is_about():
    history = [("人间过客说特朗普为什么慌了？", "因为选举。")]
    assert stand_alone("他怕什么？", history) == "人间过客说特朗普怕什么？"
    assert stand_alone("他还说了什么？", history) == "人间过客还说了什么？"


@pytest.mark.parametrize(
    ("history", "question", "alone"),
    [
        (CALL, "那次通话持续了多久？", "2025年9月19日习近平和川普的通话持续了多久？"),
        (TALKS, "那次会谈持续了多久？", "6月18日王毅和布林肯在北京的会谈持续了多久？"),
        (
            [("习近平和特朗普在釜山是哪天见的面？", "2025年10月30日。")],
            "这次会晤有什么作用？",
            "2025年10月30日习近平和特朗普在釜山的会晤有什么作用？",
        ),
        ([("“5年5万”倡议是谁提出的？", "习近平。")], "那个倡议顺利吗？", "“5年5万”倡议顺利吗？"),
        (
            [("6月5日的通话谈了什么？", "关税。")],
            "那天川普几点发的帖？",
            "6月5日的通话那天川普几点发的帖？",
        ),
        (
            [("布林肯是几月访华的？", "6月。"), ("耶伦几月在北京见的何立峰？", "7月。")],
            "六月那次还见了谁？",
            "布林肯是6月访华的，六月那次还见了谁？",
        ),
    ],
)
def test_an_event_is_named_with_its_parties_and_date(history, question, alone):
    assert stand_alone(question, history) == alone


def test_earlier_questions_are_resolved_before_a_later_one_leans_on_them():
    history = [("最后一轮经贸磋商在哪里举行？", "吉隆坡。"), ("那轮磋商达成共识了吗？", "达成了。")]
    assert stand_alone("那次谈判之前呢发生了什么？", history).startswith("最后一轮经贸磋商之前")


@pytest.mark.parametrize(
    ("history", "question", "alone"),
    [
        ([("谈判里美方怎么处理管制？", "暂停。")], "那中方呢？", "谈判里中方怎么处理管制？"),
        ([("支持美国的占比怎么变了？", "降了。")], "支持中国的呢？", "支持中国的占比怎么变了？"),
        ([("他的第一个考虑是什么？", "稳定。")], "第三个呢？", "他的第三个考虑是什么？"),
        (
            [("首届展会在哪里举行？", "上海。"), ("第四届呢？", "北京。")],
            "最后一届呢？",
            "最后一届展会在哪里举行？",
        ),
        ([("2024年法国总统是谁？", "马克龙。")], "德国呢？", "2024年德国总统是谁？"),
        (APPLE, "今年呢？", "苹果公司今年在印度生产了多少手机？"),
        (
            [("拜登任内美国加了哪些关税？", "电动车关税。")],
            "特朗普呢？",
            "特朗普任内美国加了哪些关税？",
        ),
        (
            [("What did Yellen say about chips?", "Much.")],
            "And what about tariffs?",
            "What did Yellen say about tariffs?",
        ),
    ],
)
def test_what_of_another_replaces_its_like_in_the_last_question(history, question, alone):
    assert stand_alone(question, history) == alone


@pytest.mark.parametrize(
    ("history", "question", "alone"),
    [
        ([("美国想会晤吗？", "想。")], "为什么？", "美国想会晤，为什么？"),
        ([("美国起诉了谁？", "多家企业。")], "用什么理由？", "美国起诉了多家企业，用什么理由？"),
        (
            [("中方加到了多少？", "125%。")],
            "那美方升到了多少？",
            "中方加到了多少？美方升到了多少？",
        ),
        (
            [("Where did they meet?", "In Busan.")],
            "And why?",
            "Where did they meet? Why?",
        ),
    ],
)
def test_what_cannot_be_told_closer_gets_the_last_question_in_front(history, question, alone):
    assert stand_alone(question, history) == alone


def test_traditional_characters_stay_traditional():
    history = [("貝森特主張和中國廣泛「脫鉤」嗎？", "不。")]
    assert stand_alone("那他覺得關稅有用嗎？", history) == "貝森特覺得關稅有用嗎？"
    simplified = [("贝森特主张脱钩吗？", "不。")]
    assert stand_alone("那他覺得關稅有用嗎？", simplified) == "貝森特覺得關稅有用嗎？"


@pytest.mark.parametrize(
    ("history", "question", "alone"),
    [
        ([("What did Powell say?", "Much.")], "Did he resign?", "Did Powell resign?"),
        ([("What did Powell say?", "Much.")], "What is his view?", "What is Powell's view?"),
        ([("谁是美国财长？", "贝森特。")], "What does he want?", "What does 贝森特 want?"),
    ],
)
def test_an_english_pronoun_becomes_a_name(history, question, alone):
    assert stand_alone(question, history) == alone


@pytest.mark.parametrize(
    "question",
    [
        "为什么美国要限制芯片出口？",  # begins like an ellipsis
        "稀土有什么用？",  # short
        "信强说拜登需要中国配合，他给的理由是什么？",  # the pronoun's name comes before it
        "马耳他会晤用了什么语言？",  # 他 in a name
        "美国还有其他盟友支持这样做吗？",
        "Who said that China would retaliate?",
        "Is it true that Beijing imposed export controls?",
    ],
)
def test_a_change_of_subject_is_left_as_it_is(question):
    assert stand_alone(question, CALL) == question
    assert stand_alone(question, GREER) == question


def test_gold_questions_after_another_subject_are_left_as_they_are():
    asked = [c.question for c in read_cases() if not c.history]
    asked += [c.alone for c in read_conversations()]
    # What asks nothing of the documents (谢谢) is declined before.
    changed = [q for q in asked if not is_task(q) and stand_alone(q, TALKS) != q]
    # “这个事件” leans as far as rules can tell.
    assert changed == ["头条热榜上这个事件的阅读量是多少？"]


def test_every_conversation_changes_as_its_kind_says():
    for talk in read_conversations():
        alone = stand_alone(talk.question, talk.history)
        assert (alone == talk.question) == (talk.kind == "standalone"), talk.id
        assert "\n" not in alone


def test_any_text_is_taken():
    rows = [json.loads(line) for line in CONVERSATIONS.read_text("utf-8").splitlines()]
    pieces = [t for r in rows for t in (r["question"], *r["history"][0])]
    pieces += [
        "",
        " ",
        "呢？",
        "他",
        "那",
        "？",
        "\r\n",
        "ß",
        "İ他",
        "𠮷他们",
        "\ufeff那次",
        "What about?",
    ]
    chance = random.Random(5)
    for _ in range(400):
        asked, answer, question = ("".join(chance.sample(pieces, 1 + i % 2)) for i in range(3))
        cut = chance.randrange(len(question) + 1)
        stand_alone(question[cut:], [(asked[cut:], answer[:cut])])
