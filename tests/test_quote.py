"""Answers that are quotations: the value of the row and column asked for, and nothing else."""

import pytest

from rag.model import QUOTED, join_spans
from rag.settings import Settings

DOCUMENTS = {
    "水质.txt": "白河市2024年饮用水检测报告\n\n检测项目 | 限值 | 实测值\n"
    "铅（mg/L） | 0.01 | 0.003\n"
    "浑浊度（NTU） | 1 | 0.42\n余氯（mg/L） | ≥0.05 | 0.28\n\n检测负责人：沈立新。",
    "年报.md": "# 远山精工 2024 年度报告\n\n## 一、业绩\n\n"
    "2024 年公司实现营业收入 31.2 亿元，同比增长 8.6%；"
    "净利润 2.1 亿元，同比下降 4.3%。利润下降主要因为钢材涨价。\n\n"
    "## 二、计划\n\n2025 年营业收入目标 36 亿元。",
    "门店.csv": "门店,城市,季度,销售额（万元）,店长\n东湖店,武汉,2024Q3,210.5,周敏\n"
    "东湖店,武汉,2024Q4,248.9,周敏\n"
    "南塘店,长沙,2024Q4,193.4,何一鸣\n",
}


@pytest.fixture(scope="module")
def youju(tmp_path_factory):
    folder = tmp_path_factory.mktemp("documents")
    for name, text in DOCUMENTS.items():
        (folder / name).write_text(text, "utf-8")
    home = tmp_path_factory.mktemp("home")
    from rag.build import open_home

    with open_home(settings=Settings(home=home, local_model="none")) as opened:
        for name in DOCUMENTS:
            opened.add(folder / name)
        yield opened


def short(answer):
    return [s.text[a:b] for s in answer.sentences for a, b in s.short]


@pytest.mark.parametrize(
    ("question", "said", "wrong"),
    [
        ("铅的实测值是多少？", "0.003", "0.01"),
        ("铅的限值是多少？", "0.01", "0.003"),
        ("2024年营业收入是多少？", "31.2 亿元", "36 亿元"),
        ("2025年的营业收入目标是多少？", "36 亿元", "31.2 亿元"),
        ("检测负责人是谁？", "沈立新", "周敏"),
    ],
)
def test_the_short_answer_is_the_value_that_was_asked_for(youju, question, said, wrong):
    answer = youju.ask(question)
    assert answer.outcome == "answered", answer.text
    assert any(said in s for s in short(answer)), answer
    assert not any(wrong == s for s in short(answer))


def test_where_the_reader_wavers_the_sentence_is_quoted_and_no_short_answer_stands_out(youju):
    answer = youju.ask("净利润同比下降多少？")
    assert "4.3%" in answer.text
    assert not short(answer)


def test_every_character_of_a_quotation_is_its_sources(youju):
    answer = youju.ask("净利润为什么下降？")
    for citation in answer.citations:
        text = youju.document(citation.document_id).text
        assert join_spans(text, citation.spans) == citation.quote
    (sentence, *_) = answer.sentences
    assert sentence.support == "quoted"
    assert sentence.reason == QUOTED
    assert "钢材" in sentence.text


def test_a_cell_is_cited_with_its_row_and_the_header_above_it(youju):
    answer = youju.ask("铅的实测值是多少？")
    (citation,) = answer.citations
    assert "检测项目 | 限值 | 实测值" in citation.quote
    assert "铅（mg/L） | 0.01 | 0.003" in citation.quote


def test_what_the_documents_do_not_say_is_refused(youju):
    answer = youju.ask("白河市图书馆几点关门？")
    assert answer.outcome == "refused"
    assert not answer.citations


def test_no_language_model_is_needed(youju):
    assert youju.ask("检测负责人是谁？").model == ""
    assert youju.ask("检测负责人是谁？").note == ""
