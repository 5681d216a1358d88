"""A list that answers is quoted whole, each item with its citation."""

import pytest

from rag.model import join_spans
from rag.settings import Settings

ITEMS = [
    "原料价格波动：棉花和化纤占成本的三成，去年涨了两次价，公司没有签长期合同。",
    "客户集中：前三名客户买走了六成产品，其中两家的合同明年到期，续签还在谈。",
    "汇率变动：四成收入用美元结算，公司没有做套期保值，也没有外币借款可以对冲。",
    "设备老化：二车间的织机已经用了十一年，备件停产，故障停机时间比前年多了一倍。",
    "环保要求：印染废水的排放标准后年提高，现有处理站需要扩建，预算尚未批准。",
]
DOCUMENTS = {
    "年报.md": "# 云溪纺织年度报告\n\n## 四、风险\n\n董事会每年评估一次。公司面临的主要风险有：\n\n"
    + "\n".join(f"{n}. {item}" for n, item in enumerate(ITEMS, 1))
    + "\n\n上述风险由审计委员会跟踪。\n",
    "值班.txt": "值班安排\n\n1. 周一由孟凡值班。\n2. 周二由祝小棠值班。\n3. 周三由雷山值班。\n",
}


@pytest.fixture(scope="module")
def youju(tmp_path_factory):
    folder = tmp_path_factory.mktemp("documents")
    for name, text in DOCUMENTS.items():
        (folder / name).write_text(text, "utf-8")
    from rag.build import open_home

    home = tmp_path_factory.mktemp("home")
    with open_home(settings=Settings(home=home, local_model="none", refuse_below=0.3)) as opened:
        opened.add(folder)
        yield opened


@pytest.fixture(scope="module")
def answer(youju):
    return youju.ask("公司面临哪些主要风险？")


def test_every_item_is_shown_under_what_leads_up_to_it(answer):
    lead, *items = answer.sentences
    assert lead.text == "公司面临的主要风险有："
    assert [item.text for item in items] == ITEMS
    assert {item.layout for item in items} == {"item"}
    assert {s.support for s in answer.sentences} == {"quoted"}


def test_a_list_that_goes_on_in_the_next_passage_is_followed(answer):
    passages = {h.passage.id for h in answer.hits}
    assert len(passages) > 1
    assert [s.markers for s in answer.sentences] == [(n,) for n in range(1, 7)]


def test_each_item_cites_its_own_characters(youju, answer):
    for citation in answer.citations:
        text = youju.document(citation.document_id).text
        assert join_spans(text, citation.spans) == citation.quote
    assert [c.quote for c in answer.citations[1:]] == ITEMS


def test_one_thing_asked_for_is_one_item(youju):
    answer = youju.ask("公司有几成收入用美元结算？")
    assert [s.layout for s in answer.sentences] == [""]


def test_items_that_nothing_leads_up_to_are_no_answer_together(youju):
    answer = youju.ask("值班安排里，周二由哪些人值班？")
    assert "祝小棠" in answer.text
    assert "item" not in {s.layout for s in answer.sentences}
