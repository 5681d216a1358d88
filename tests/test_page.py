# ruff: noqa: E501  (pages are written as sites write them)
import time

import pytest

from eval.extraction import body_of, segments_right, token_score, tokens
from eval.pages import FAMILIES, make_page
from rag.errors import BadFileError
from rag.parse.page import page_encoding, parse_page

ARTICLE = """<html><head><title>大桥合龙_新浪新闻</title>
<meta property="og:site_name" content="新浪新闻">
<script type="application/ld+json">{"@type": "NewsArticle", "headline": "大桥合龙",
 "datePublished": "2024-05-06T10:20:00+08:00", "author": [{"name": "张三"}, {"name": "李四"}]}</script>
<link rel="canonical" href="https://news.example/a/1.html"></head><body>
<div class="nav"><a href="/">首页</a> <a href="/w">国际</a></div>
<div id="article"><h1>大桥合龙</h1>
<div class="date-source"><span>2024年05月06日 10:20</span> <span class="source">来源：新华社</span></div>
<p>　　大桥的主跨   合龙，
比原计划<b>提前</b>了四十天。<sup><a href="#fn1">[1]</a></sup></p>
<p>短段。</p>
<figure><img src="a.jpg"><figcaption>图为大桥全景。</figcaption></figure>
<h2>工程进展</h2>
<ul><li>第一项已经完成，没有事故</li><li>第二项在建</li></ul>
<table><thead><tr><th>指标</th><th>2024</th></tr></thead><tr><td>长度</td><td>1.2公里</td></tr></table>
<p>工程负责人表示，年底可以通车，请市民放心。</p>
<p>相关阅读：</p><ul><li><a href="1">海水淡化的成本五年里下降了一半，专家说</a></li><li><a href="2">地方选举</a></li></ul>
<ol><li id="fn1">据当地媒体报道。</li></ol>
<p>（责任编辑：王五）</p></div>
<div class="comments"><h3>网友评论(1)</h3><div class="comment-item"><span class="username">半杯凉茶</span>
<p>修得真快，坐等通车！</p><span class="time">2024-05-06 11:00</span><a href="#">回复</a></div></div>
<div class="footer">Copyright © 2024 新浪</div></body></html>"""


def page(html):
    return parse_page(html, name="page")


def body(html):
    return [line for line in body_of(page(html)).split("\n") if line.strip()]


def marked(parsed, role, value=None):
    return [
        parsed.text[m.start : m.end]
        for m in parsed.marks
        if m.role == role and value in (None, m.value)
    ]


# The text: what a reader sees.


def test_everything_visible_is_text_and_white_space_collapses_as_html_collapses_it():
    parsed = page(ARTICLE)
    assert "大桥的主跨 合龙， 比原计划提前了四十天。[1]" in parsed.text
    for words in ("首页 国际", "来源：新华社", "地方选举", "回复", "Copyright © 2024 新浪"):
        assert words in parsed.text


def test_paragraphs_stand_apart_and_items_and_rows_have_a_line_each():
    text = page(ARTICLE).text
    assert (
        "短段。\n\n图为大桥全景。\n\n工程进展\n\n第一项已经完成，没有事故\n第二项在建\n\n" in text
    )
    assert "指标 | 2024\n长度 | 1.2公里" in text


@pytest.mark.parametrize(
    "hidden",
    [
        "<script>secret</script>",
        "<style>secret</style>",
        "<template>secret</template>",
        "<noscript>secret</noscript>",
        "<div style='color:red; display: none'>secret</div>",
        "<p hidden>secret</p>",
        "<i aria-hidden=true>secret</i>",
        "<span class='sr-only'>secret</span>",
        "<!-- secret -->",
    ],
)
def test_what_a_reader_cannot_see_is_left_out(hidden):
    assert page(f"<p>One sentence, and {hidden}its end.</p>").text in (
        "One sentence, and its end.",
        "One sentence, and\n\nits end.",
    )


def test_preformatted_text_keeps_its_lines():
    assert page("<pre>def f():\n    return 1\n</pre>").text == "def f():\n    return 1"


def test_line_breaks_make_paragraphs_where_a_page_has_no_others():
    html = "<body>　　第一段，说了一些。<br><br>　　第二段，又说了一些。<br>　　第三段完。</body>"
    assert page(html).text == "第一段，说了一些。\n\n第二段，又说了一些。\n第三段完。"


def test_a_table_that_only_lays_out_the_page_is_no_table():
    html = "<table><tr><td>Menu</td><td><h1>Title of it</h1><p>A sentence, and more.</p></td></tr></table>"
    parsed = page(html)
    assert not marked(parsed, "table")
    assert " | " not in parsed.text


# Classes.


def test_the_article_is_what_bears_no_kind():
    assert body(ARTICLE) == [
        "大桥合龙",
        "大桥的主跨 合龙， 比原计划提前了四十天。[1]",
        "短段。",
        "工程进展",
        "第一项已经完成，没有事故",
        "第二项在建",
        "指标 | 2024",
        "长度 | 1.2公里",
        "工程负责人表示，年底可以通车，请市民放心。",
    ]


def test_captions_credits_comments_and_notes_are_marked_as_what_they_are():
    parsed = page(ARTICLE)
    assert marked(parsed, "kind", "caption") == ["图为大桥全景。"]
    assert marked(parsed, "kind", "comment") == ["修得真快，坐等通车！"]
    assert marked(parsed, "kind", "reference") == ["据当地媒体报道。"]
    assert "（责任编辑：王五）" in marked(parsed, "kind", "credit")
    assert "2024年05月06日 10:20 来源：新华社" in marked(parsed, "kind", "credit")


def test_navigation_related_links_tools_and_copyright_are_boilerplate():
    dropped = marked(page(ARTICLE), "kind", "boilerplate")
    for words in ("首页 国际", "相关阅读：", "地方选举", "2024-05-06 11:00回复"):
        assert words in dropped
    assert "海水淡化的成本五年里下降了一半，专家说" in dropped


def test_headings_tables_and_commenters_are_marked():
    parsed = page(ARTICLE)
    assert marked(parsed, "heading", "1") == ["大桥合龙"]
    assert marked(parsed, "heading", "2") == ["工程进展"]
    assert marked(parsed, "table") == ["指标 | 2024\n长度 | 1.2公里"]
    assert marked(parsed, "header") == ["指标 | 2024"]
    assert marked(parsed, "author") == ["半杯凉茶"]


def test_a_footnote_has_its_anchor_and_its_text_under_one_key():
    parsed = page(ARTICLE)
    assert marked(parsed, "anchor", "fn1") == ["[1]"]
    assert marked(parsed, "note", "fn1") == ["据当地媒体报道。"]


def test_a_commenters_name_within_the_comments_line_is_marked_alone():
    html = (
        "<h1>A headline here</h1><article><p>The ministry said on Tuesday that talks go on.</p>"
        "</article><div id=comments><p class=comment><b class=username>mossy</b>: I agree, fully.</p></div>"
    )
    parsed = page(html)
    assert marked(parsed, "author") == ["mossy"]
    assert marked(parsed, "kind", "comment") == ["mossy: I agree, fully."]


def test_answers_in_a_forum_are_comments_on_its_first_post():
    posts = "".join(
        f"<div class='post'><p class='author'>by <a class=username>user{i}</a></p>"
        f"<div class='content'>Post number {i} says something, at length.</div></div>"
        for i in range(1, 4)
    )
    parsed = page(f"<body class='section-viewtopic'><h2>What to do about it</h2>{posts}")
    assert "Post number 1 says something, at length." in body_of(parsed)
    assert marked(parsed, "kind", "comment") == [
        "Post number 2 says something, at length.",
        "Post number 3 says something, at length.",
    ]
    assert marked(parsed, "author") == ["user2", "user3"]


def test_positions_hold_where_a_line_begins_with_wide_spaces_and_control_characters():
    html = (
        "<h1>A headline here</h1><article><p>The ministry said on Tuesday that talks go on.</p>"
        "</article><div id=comments><p class=comment>&#7; &emsp;\u2009<b class=username>mossy</b>: Yes, indeed.</p></div>"
    )
    assert marked(page(html), "author") == ["mossy"]


def test_a_manual_is_read_with_its_code_and_headings():
    html = (
        "<main><h1>Threads</h1><p>A program runs in a process, and it may have threads.</p>"
        "<h2 id='references-and-related'>References and moves</h2>"
        "<pre><code class='language-rust'>let a = 1;</code></pre><p>This is how it goes, in short.</p></main>"
    )
    assert body(html) == [
        "Threads",
        "A program runs in a process, and it may have threads.",
        "References and moves",
        "let a = 1;",
        "This is how it goes, in short.",
    ]


def test_a_page_of_links_has_no_article():
    html = "<ul><li><a href=1>Home</a></li><li><a href=2>News of today, and more.</a></li></ul>"
    assert body(html) == []
    assert page(html).text == "Home\nNews of today, and more."


def test_names_that_lie_about_the_whole_article_are_not_believed():
    html = (
        "<body class='sidebar-open comments-on'><div class='widget'><h1>A headline here</h1>"
        "<p>The ministry said on Tuesday that talks go on.</p><p>They end in May.</p></div></body>"
    )
    assert body(html)[1:] == [
        "The ministry said on Tuesday that talks go on.",
        "They end in May.",
    ]


def test_an_article_of_one_sentence_among_long_links_is_found():
    links = "".join(
        f"<li><a href={i}>Union leaders said that rumor {i} was untrue</a></li>" for i in range(9)
    )
    html = f"<div><h1>Brief news today</h1><p>Local police said nobody was hurt.</p></div><div><h2>More briefs</h2><ul>{links}</ul></div>"
    assert body(html) == ["Brief news today", "Local police said nobody was hurt."]


def test_a_question_asked_by_an_interviewer_is_no_credit():
    html = "<h1>专访某人</h1><div><p>记者：您怎么看这件事？</p><p>某人：我认为很好，应该继续。</p></div>"
    assert "记者：您怎么看这件事？" in body(html)


# Metadata.


def test_metadata_comes_from_the_head_and_the_title_loses_the_sites_name():
    parsed = page(ARTICLE)
    assert (parsed.title, parsed.outlet, parsed.author) == ("大桥合龙", "新浪新闻", "张三, 李四")
    assert (parsed.published, parsed.published_from) == ("2024-05-06", "metadata")
    assert parsed.url == "https://news.example/a/1.html"
    assert parsed.format == "html"


def test_a_byline_serves_where_the_head_says_nothing():
    parsed = page(
        "<h1>关于供水的通知</h1><div>发布时间：2023年12月3日　来源：财新网　作者：何静</div>"
        "<p>新的供水管网将覆盖城北，细节尚未公布。</p>"
    )
    assert (parsed.published, parsed.published_from) == ("2023-12-03", "text")
    assert (parsed.outlet, parsed.author) == ("财新网", "何静")


def test_a_date_that_no_calendar_has_is_no_date():
    parsed = page("<meta name=pubdate content='2023-02-31'><p>Some words, here.</p>")
    assert parsed.published is None
    assert parsed.published_from is None


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Talks Stall Again in Geneva - BBC News", "Talks Stall Again in Geneva"),
        ("Talks Stall | World news | The Guardian", "Talks Stall"),
        ("两国会谈取得进展--时政--人民网", "两国会谈取得进展"),
        ("中美会谈：进展与分歧", "中美会谈：进展与分歧"),
    ],
)
def test_titles_lose_the_name_of_the_site(title, expected):
    assert page(f"<title>{title}</title><p>Some words, here.</p>").title == expected


def test_a_page_that_names_itself_nowhere_is_called_by_its_file():
    assert parse_page("<p>Some words, here.</p>", name="report").title == "report"


# Encodings.


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"<meta charset=gb2312>", "gb18030"),
        (b'<meta http-equiv="Content-Type" content="text/html; charset=GBK">', "gb18030"),
        (b"<?xml version='1.0' encoding='Big5'?>", "big5hkscs"),
        (b"\xef\xbb\xbf<p>", "utf-8-sig"),
        (b"\xff\xfe<\0", "utf-16"),
        (b"<meta charset='utf-16'>", "utf-8"),
        (b"<meta charset='no such thing'>", None),
        (b"<p>nothing said</p>", None),
        (b" " * 5000 + b"<meta charset=gbk>", None),
    ],
)
def test_a_page_says_its_encoding(data, expected):
    assert page_encoding(data) == expected


# Whatever may come.


@pytest.mark.parametrize(
    ("html", "reason"),
    [
        ("", "no text"),
        ("<!-- only a comment -->", "no text"),
        ("<img src=x><p> &nbsp; </p>", "no text"),
        ("<div id=root></div><script>fill()</script>", "script"),
    ],
)
def test_a_page_without_text_is_refused_with_the_reason(html, reason):
    with pytest.raises(BadFileError, match=reason):
        page(html)


@pytest.mark.parametrize("tag", ["div", "b", "table><tr><td", "ul><li", "blockquote"])
def test_text_below_ten_thousand_open_elements_is_not_lost(tag):
    html = f"<p>Before it, a sentence.</p>{f'<{tag}>' * 10_000}Deep text, here.<p>After it."
    text = page(html).text
    for words in ("Before it, a sentence.", "Deep text, here.", "After it."):
        assert words in text


def test_malformed_markup_keeps_its_text():
    text = page("<p>One <b>bold<p>Two</b>, then<table><tr><td>x</body></html>trailing words").text
    for words in ("One", "bold", "Two", "x", "trailing words"):
        assert words in text


def test_xhtml_with_cdata_and_elements_closed_at_once_is_read():
    html = (
        '<?xml version="1.0" encoding="utf-8"?><html xmlns="http://www.w3.org/1999/xhtml"><head>'
        '<title>T</title><script src="a"/></head><body><p><![CDATA[5 < 6 & so on, indeed.]]></p>'
        "<p>&#20013;&hellip;&amp;</p></body></html>"
    )
    assert page(html).text == "5 < 6 & so on, indeed.\n\n中…&"


def test_surrogates_and_control_characters_are_left_out():
    text = page("<p>a\ud800b\0c\x07d, &#7;e.</p>").text
    assert text == "abcd, e."


def test_a_page_that_a_script_would_unhide_is_read_hidden():
    assert page("<body style='display:none'><div hidden>Words, here.</div>").text == "Words, here."


def test_five_megabytes_take_seconds():
    html = "".join(
        f"<p>Paragraph {i} of a page, with <a href=x>links</a> in it.</p>" for i in range(80_000)
    )
    start = time.monotonic()
    parsed = page(f"<div class=content>{html}</div>")
    assert len(parsed.text) > 3_000_000
    assert time.monotonic() - start < 40


@pytest.mark.parametrize("number", range(len(FAMILIES)))
def test_marks_lie_in_the_text_in_order_and_every_segment_is_in_it(number):
    sample = make_page(number, seed=7)
    parsed = page(sample.html)
    assert list(parsed.marks) == sorted(parsed.marks, key=lambda m: (m.start, -m.end))
    assert all(0 <= m.start < m.end <= len(parsed.text) for m in parsed.marks)
    squeezed = "".join(parsed.text.split())
    for segment in [*sample.keep, *sample.drop, *sample.either]:
        assert "".join(segment.split()) in squeezed


@pytest.mark.parametrize("number", range(len(FAMILIES)))
def test_the_article_of_every_family_of_pages_is_told_from_the_rest(number):
    sample = make_page(number, seed=7)
    score = token_score(
        body_of(page(sample.html)), "\n".join(sample.keep), "\n".join(sample.either)
    )
    assert score.f1 >= 0.95


# The measure.


def test_tokens_are_chinese_characters_and_runs_of_other_letters():
    assert sorted(tokens("美国 GDP 增3%").elements()) == ["3", "GDP", "国", "增", "美"]


def test_precision_recall_and_f1_of_a_worked_case():
    score = token_score("a a b c", "a b b d e")  # shared: a, b; 2 of 4 and 2 of 5; 2*2/9
    assert (score.precision, score.recall) == (0.5, 0.4)
    assert score.f1 == pytest.approx(4 / 9)


def test_segments_that_count_neither_way_are_taken_off_the_surplus_only():
    assert token_score("title a b", "a b", "title").f1 == 1.0
    assert token_score("a", "a", "a").f1 == 1.0


def test_nothing_found_where_nothing_was_to_find_is_right():
    assert token_score("", "").f1 == 1.0
    assert token_score("a", "").f1 == 0.0


def test_segments_are_right_in_the_body_or_out_of_it():
    assert segments_right("one  two", keep=["one two", "three"], drop=["four", "two"]) == 2
