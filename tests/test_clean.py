import pytest

from rag.clean import clean
from rag.load import describe, load_file
from rag.model import join_spans
from tests.conftest import SEEDS


def blocks_of(number):
    document = load_file(next(SEEDS.glob(f"{number}*")), max_bytes=10**6, new_id="x")
    return document, clean(document)


def texts(blocks, kind):
    return [b.excerpt.text for b in blocks if b.kind == kind]


def made_of(text):
    return clean(describe(text, id="x", source="s", name="n"))


@pytest.mark.parametrize("number", ["000", "001", "002", "003", "004"])
def test_every_block_is_the_characters_of_its_spans(number):
    document, blocks = blocks_of(number)
    assert blocks
    for block in blocks:
        assert join_spans(document.text, block.excerpt.spans) == block.excerpt.text


def test_the_hot_list_page_keeps_headline_figure_and_posts_and_no_navigation():
    _, blocks = blocks_of("000")
    body = "\n".join(texts(blocks, "body"))
    assert "中方领导人年底将访美？外交部回应" in body
    assert "阅读量 584 万" in body
    for navigation in ("关注", "直播", "复制链接", "QQ空间", "登录", "http", "Image"):
        assert navigation not in body


def test_the_three_posts_are_comments_that_begin_with_their_authors():
    _, blocks = blocks_of("000")
    posts = texts(blocks, "comment")
    assert [p.split("\n")[0] for p in posts] == ["刘海义12144", "前线第一人", "人间过客"]
    assert posts[2].endswith("所以现在的态")


def test_a_sentence_cut_by_a_page_is_whole_again():
    document, blocks = blocks_of("001")
    block = next(b for b in blocks if "不仅深刻影响特朗普第二任期内两国关系走向" in b.excerpt.text)
    assert len(block.excerpt.spans) > 1
    assert "国家社会科学基金" not in block.excerpt.text
    assert not any("走\n" in b.excerpt.text for b in blocks)
    assert document.text.count("两国关系走向，也在中美关系") == 0


def test_a_paragraph_cut_where_no_footnote_stands_is_whole_again():
    _, blocks = blocks_of("001")
    assert any("告一段落，达成的广泛共识意味着" in b.excerpt.text for b in blocks)


def test_footnotes_are_references_and_their_marks_are_not_in_the_body():
    _, blocks = blocks_of("001")
    references = texts(blocks, "reference")
    assert any("26.59万" in r for r in references)
    assert not any("[1]" in b or "<sup>" in b for b in texts(blocks, "body"))


def test_recommended_reading_copyright_and_credits_are_not_body():
    _, blocks = blocks_of("002")
    body = "\n".join(texts(blocks, "body"))
    for noise in ("网海拾贝", "Copyright", "未经许可", "责任编辑", "人气"):
        assert noise not in body
    assert any("责任编辑" in c for c in texts(blocks, "credit"))


def test_image_addresses_broken_over_two_lines_vanish():
    _, blocks = blocks_of("003")
    body = "\n".join(texts(blocks, "body"))
    assert "gtimg" not in body
    assert "/1000" not in body


def test_reader_comments_under_the_article_are_comments():
    _, blocks = blocks_of("004")
    comments = texts(blocks, "comment")
    assert "奥维尔\n纽时白左急坏了,,," in comments
    assert not any("屏蔽" in c for c in comments)
    assert not any("急坏" in b for b in texts(blocks, "body"))


def test_a_link_keeps_its_words_and_loses_its_address():
    (block,) = made_of("据[新华社](https://example.org/a)报道，双方**同意**会晤。")
    assert block.excerpt.text == "据新华社报道，双方同意会晤。"


def test_a_short_line_without_a_stop_is_a_heading_and_is_not_joined_to_the_next():
    blocks = made_of("两国高层互动频繁\n\n今年以来，双方进行了接触。")
    assert [b.heading for b in blocks] == [True, False]
