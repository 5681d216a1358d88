import pytest

from rag.clean import clean
from rag.load import load_file
from rag.model import join_spans
from rag.split import sentences, split
from tests.conftest import SEEDS


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
    document = load_file(next(SEEDS.glob(f"{number}*")), max_bytes=10**6, new_id="x")
    passages = split(document, clean(document), max_tokens=200, count_tokens=len)
    assert [p.ordinal for p in passages] == list(range(len(passages)))
    assert len({p.id for p in passages}) == len(passages)
    for passage in passages:
        assert join_spans(document.text, passage.spans) == passage.text
        assert len(passage.text) <= 200 or len(cut(passage.text)) == 1 or passage.kind != "body"
        assert "http" not in passage.text or passage.kind == "reference"


def test_a_sentence_cut_by_a_page_is_in_one_passage_of_several_spans():
    document = load_file(next(SEEDS.glob("001*")), max_bytes=10**6, new_id="x")
    passages = split(document, clean(document), max_tokens=200, count_tokens=len)
    (passage,) = [p for p in passages if "不仅深刻影响特朗普第二任期内两国关系走向" in p.text]
    assert len(passage.spans) > 1


def test_a_heading_begins_the_passage_that_follows_it():
    document = load_file(next(SEEDS.glob("003*")), max_bytes=10**6, new_id="x")
    passages = split(document, clean(document), max_tokens=200, count_tokens=len)
    assert any(p.text.startswith("中美多层级多领域接触正在展开\n深圳卫视") for p in passages)
