import re
from dataclasses import replace

import pytest

from rag.clean import clean
from rag.model import Mark, join_spans
from tests.conftest import document_of, seed


def blocks_of(number):
    document = seed(number)
    return document, clean(document)


def texts(blocks, kind):
    return [b.excerpt.text for b in blocks if b.kind == kind]


def made_of(text):
    return clean(document_of(text))


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


def test_what_stands_again_and_again_among_buttons_is_furniture_and_a_headline_is_not():
    post = "3小时前\n\n认证作者\n\n关注\n\n{}\n\n分享\n\n"
    page = "登录\n\n渔港今起扩建\n\n分享\n\n" + post.format("港口要扩建，我看行。")
    blocks = made_of(page + post.format("渔民说，再等等看。"))
    assert texts(blocks, "body") == ["渔港今起扩建", "港口要扩建，我看行。", "渔民说，再等等看。"]
    assert made_of("岗位设置\n\n全县设岗二十个。")[0].kind == "body"


@pytest.mark.parametrize("line", ["自动采集于 2031-02-06 06:26", "抓取自 example.org", "正文内容"])
def test_what_tells_only_how_a_text_got_here_is_no_text(line):
    assert texts(made_of(f"港口今起扩建，工期两年。\n\n{line}"), "boilerplate") == [line]


def test_a_link_keeps_its_words_and_loses_its_address():
    (block,) = made_of("据[新华社](https://example.org/a)报道，双方**同意**会晤。")
    assert block.excerpt.text == "据新华社报道，双方同意会晤。"


def test_a_short_line_without_a_stop_is_a_heading_and_is_not_joined_to_the_next():
    blocks = made_of("两国高层互动频繁\n\n今年以来，双方进行了接触。")
    assert [b.heading for b in blocks] == [True, False]


def marked(text, *marks, format="html"):
    return clean(document_of(text, format=format, marks=tuple(marks)))


def mark(text, words, role, value=""):
    start = text.index(words)
    return Mark(start, start + len(words), role, value)


def test_what_the_format_says_of_a_line_stands():
    text = "首页 新闻\n\n正文的一段，有一句话。\n\n甲读者\n\n读者说的话。\n\n图注一行"
    blocks = marked(
        text,
        mark(text, "首页 新闻", "kind", "boilerplate"),
        mark(text, "甲读者", "author"),
        mark(text, "甲读者\n\n读者说的话。", "kind", "comment"),
        mark(text, "图注一行", "kind", "caption"),
    )
    assert [b.kind for b in blocks] == ["boilerplate", "body", "credit", "comment", "caption"]
    assert blocks[3].excerpt.text == "甲读者\n读者说的话。"


def test_markup_is_markup_in_markdown_only():
    text = "价格是 [1](2) 的 **两** 倍，见表。"
    assert clean(document_of(text, format="html"))[0].excerpt.text == text
    assert clean(document_of(text))[0].excerpt.text == "价格是 1 的 两 倍，见表。"


def test_a_page_break_within_a_paragraph_is_bridged_over_header_and_footer():
    text = "这一段在第一页的末尾还没有说\n\n- 1 -\n\n年报\n\n完，在第二页才结束。"
    second = text.index("年报")
    blocks = marked(
        text,
        Mark(0, second, "page", "1"),
        Mark(second, len(text), "page", "2"),
        mark(text, "- 1 -", "kind", "boilerplate"),
        mark(text, "年报", "kind", "boilerplate"),
        format="pdf",
    )
    assert texts(blocks, "body") == ["这一段在第一页的末尾还没有说完，在第二页才结束。"]
    assert texts(blocks, "boilerplate") == ["- 1 -", "年报"]


def test_lines_broken_at_a_fixed_width_become_paragraphs_again():
    paragraph = (
        "这是一份很旧的文本文件，每行写满三十个汉字就换行，于是一句话常常跨过好几行才说完。" * 3
    )
    lines = [paragraph[i : i + 30] for i in range(0, len(paragraph), 30)]
    text = "　　" + "\n".join(lines) + "\n　　" + "\n".join(lines) + "\n"
    blocks = made_of(text)
    assert [b.excerpt.text.strip("　") for b in blocks] == [paragraph, paragraph]


def test_latin_lines_broken_at_a_fixed_width_keep_the_break_as_their_space():
    words = " ".join(f"word{n} follows the one before" for n in range(40)) + "."
    lines = []
    for word in words.split():
        if lines and len(lines[-1]) + len(word) < 72:
            lines[-1] += " " + word
        else:
            lines.append(word)
    (block,) = made_of("\n".join(lines) + "\n")
    assert block.excerpt.text.replace("\n", " ") == words


def test_what_does_not_print_is_left_out_and_offsets_still_hold():
    text = "政\u200b府\u202e公\u2066布\U000e0041了\x07预算。"
    (block,) = made_of(text)
    assert block.excerpt.text == "政府公布了预算。"
    assert join_spans(text, block.excerpt.spans) == block.excerpt.text


def test_a_table_drawn_in_markdown_carries_its_header_with_every_row():
    blocks = made_of("前言一句。\n\n| 国家 | 税率 |\n|---|---|\n| 甲国 | 10% |\n| 乙国 | 25% |\n")
    rows = [b for b in blocks if b.header]
    assert [b.excerpt.text for b in rows] == ["| 甲国 | 10% |", "| 乙国 | 25% |"]
    assert {b.header.text for b in rows} == {"| 国家 | 税率 |"}
    assert not any("---" in b.excerpt.text for b in blocks)


def test_a_footnote_knows_where_its_mark_stands_though_numbers_begin_again():
    text = (
        "甲句话。<sup>[1]</sup>乙句话。\n\n[1] 甲的注。\n\n---\n\n"
        "丙句话。<sup>[1]</sup>丁句话。\n\n[1] 丙的注。\n"
    )
    notes = [b for b in made_of(text) if b.kind == "reference"]
    places = [m.start() for m in re.finditer("<sup>", text)]
    assert [(b.excerpt.text, b.anchor) for b in notes] == [
        ("[1] 甲的注。", places[0]),
        ("[1] 丙的注。", places[1]),
    ]


def test_a_long_paragraph_about_copyright_is_body():
    paragraph = "The court ruled on copyright in 2024. " * 10
    assert made_of(paragraph)[0].kind == "body"
    assert made_of("Copyright 2024 The Company. All rights reserved.")[0].kind == "boilerplate"


def two_pages(between, kind="boilerplate"):
    """A table on one page, what stands below it, and more rows on the next."""
    first, second = "项目 | 限值 | 实测\n铅 | 0.01 | 0.004", "砷 | 0.05 | 0.002"
    text = f"{first}\n\n{between}\n\n{second}\n"
    at, behind = text.index(between), text.index(second)
    marks = (
        Mark(0, len(first), "table"),
        Mark(0, first.index("\n"), "header"),
        Mark(at, at + len(between), "kind", kind),
        Mark(behind, behind + len(second), "table"),
    )
    return clean(replace(document_of(text), marks=marks, format="pdf"))


def test_a_table_that_goes_on_over_a_page_keeps_its_columns_names():
    rows = [b for b in two_pages("第 1 页，共 2 页") if "砷" in b.excerpt.text]
    assert [b.header.text for b in rows] == ["项目 | 限值 | 实测"]


def test_a_table_below_other_words_is_another_one():
    rows = [b for b in two_pages("仪器见附件。", kind="body") if "砷" in b.excerpt.text]
    assert [b.header for b in rows] == [None]
