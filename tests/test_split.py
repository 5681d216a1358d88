from itertools import pairwise

import pytest

from rag.clean import clean
from rag.model import Mark, join_spans
from rag.split import Sizes, sentences, split
from tests.conftest import document_of, seed


def lengths(texts):
    return [len(t) for t in texts]


def passages_of(document, tokens=200, overlap=0):
    return split(document, clean(document), sizes=Sizes(tokens, overlap), count_tokens=lengths)


def cut(text):
    return [text[s:e] for s, e in sentences(text)]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("一句。两句！三句？", ["一句。", "两句！", "三句？"]),
        ("他说：“好。我来。”她走了。", ["他说：“好。我来。”", "她走了。"]),
        ("“算盘算得很精。”信强表示，拜登深知。", ["“算盘算得很精。”信强表示，拜登深知。"]),
        ("「好。」他說。然後走了……", ["「好。」他說。", "然後走了……"]),
        ("It rose 3.8%. The U.S. agreed. Why?", ["It rose 3.8%.", "The U.S. agreed.", "Why?"]),
        ("第一行\n第二行", ["第一行", "第二行"]),
        ("", []),
        ("。", ["。"]),
    ],
)
def test_sentences_end_where_a_reader_ends_them(text, parts):
    assert cut(text) == parts


def test_a_long_sentence_is_cut_at_its_semicolons():
    long = "美方取消关税，" + "继续暂停措施一年，" * 12 + "好；" + "双方同意，" * 20 + "好。"
    assert len(cut(long)) == 2
    assert "".join(cut(long)) == long


@pytest.mark.parametrize("number", ["000", "001", "002", "003", "004"])
def test_passages_of_the_seeds_resolve_and_fit(number):
    document = seed(number)
    passages = passages_of(document)
    assert [p.ordinal for p in passages] == list(range(len(passages)))
    assert len({p.id for p in passages}) == len(passages)
    for passage in passages:
        assert join_spans(document.text, passage.spans) == passage.text
        assert len(passage.text) <= 200 or len(cut(passage.text)) == 1 or passage.kind != "body"
        assert "http" not in passage.text or passage.kind in {"reference", "boilerplate"}


def test_a_sentence_cut_by_a_page_is_in_one_passage_of_several_spans():
    document = seed("001")
    passages = passages_of(document)
    (passage,) = [p for p in passages if "不仅深刻影响特朗普第二任期内两国关系走向" in p.text]
    assert len(passage.spans) > 1


def test_a_heading_begins_the_passage_that_follows_it():
    document = seed("003")
    passages = passages_of(document)
    assert any(p.text.startswith("中美多层级多领域接触正在展开\n深圳卫视") for p in passages)


def test_rows_of_a_table_go_in_groups_under_its_header():
    rows = "\n".join(f"| 第{n}省 | {n}亿元 |" for n in range(30))
    document = document_of(f"| 省份 | 产值 |\n|---|---|\n{rows}\n")
    passages = passages_of(document, tokens=80)
    assert len(passages) > 3
    for passage in passages:
        assert passage.text.startswith("| 省份 | 产值 |\n")
        assert len(passage.text) <= 80
        assert join_spans(document.text, passage.spans) == passage.text
    assert sum(p.text.count("亿元") for p in passages) == 30


def test_headings_are_carried_along_as_the_section():
    document = document_of(
        "# 总则\n\n甲句。\n\n## 细则\n\n乙句。\n\n# 附则\n\n丙句。", title="章程"
    )
    sections = [p.section for p in passages_of(document)]
    assert sections == [("总则",), ("总则", "细则"), ("附则",)]


def test_overlap_repeats_whole_sentences():
    document = document_of("".join(f"第{n}句话有十个字长。" for n in range(9)))
    passages = passages_of(document, tokens=32, overlap=1)
    for before, after in pairwise(passages):
        assert after.text.startswith(cut(before.text)[-1])
        assert join_spans(document.text, after.spans) == after.text


def test_a_sentence_without_end_is_cut_so_that_it_can_be_embedded():
    document = document_of("没有标点的一大段" * 500)
    passages = passages_of(document, tokens=128)
    assert all(len(p.text) <= 128 for p in passages)
    assert "".join(p.text for p in passages) == document.text


def test_a_passage_knows_its_pages():
    text = "第一页的一句话。\n\n第二页的一句话。"
    half = text.index("第二页")
    marks = (Mark(0, half, "page", "7"), Mark(half, len(text), "page", "8"))
    document = document_of(text, format="pdf", marks=marks)
    (passage,) = passages_of(document)
    assert passage.page_at(0) == 7
    assert passage.page_at(half) == 8 or passage.pages == (7,)


def test_a_footnote_knows_the_sentence_that_it_belongs_to():
    document = document_of("甲句话。乙句话。<sup>[1]</sup>丙句话。\n\n[1] 乙的注。\n")
    note = next(p for p in passages_of(document) if p.kind == "reference")
    assert join_spans(document.text, note.anchor) == "乙句话。"


def test_lines_of_running_latin_text_are_one_sentence():
    text = (
        "The ministry said on Tuesday that the new tariffs would be\n"
        "suspended for ninety days.\nIt gave no reason."
    )
    assert len(cut(text)) == 2


def test_every_passage_of_a_long_comment_knows_who_wrote_it():
    said = "".join(f"第{n}句评论说得很长很长很长很长很长很长很长很长。" for n in range(20))
    text = f"# 题\n\n正文的一句话。\n\n## 网友评论\n\n- 夏风\n\n{said}\n"
    document = document_of(text)
    comments = [p for p in passages_of(document, tokens=64) if p.kind == "comment"]
    assert len(comments) > 1
    assert {join_spans(document.text, p.anchor) for p in comments} == {"夏风"}
