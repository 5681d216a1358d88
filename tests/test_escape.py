"""What is of a document goes out as text: rendered as Markdown, nothing of it is live."""

import json

import httpx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from rag.compose import Statement, compose
from rag.escape import literal, markdown, unescaped
from rag.model import Answer, Hit, Passage
from rag.serve.footnotes import whole, without_under
from rag.voices import said_by_source
from tests.coroutines import run
from tests.serving import serving

IMAGE = "![x](https://evil.example/p.png?d=1)"
LIVE = [
    IMAGE,
    "[win](https://evil.example)",
    "<img src=https://evil.example/p.png>",
    "<https://evil.example/a>",
    "![a[b]](//evil.zz/p)",
    "[a[b](c)](d)",
    "![x][y]\n\n[y]: /p.png",
    "(//evil.zz/p.png)",
    "[](javascript:alert(1))",
    "&lt;img src=//evil.zz/p&gt;",
    r"\![x](//evil.zz/p)",
    "<b>fat</b><script>1</script>",
    "!",
    ": /evil",
    "](//evil.zz)",
    "[1]: //evil.zz",
]
PIECES = st.lists(
    st.sampled_from([*LIVE, *"![]()<>:\\`*_&\n ", "涨了 5%", "a", "//e.zz/p", "[1]", "&#33;"]),
    max_size=8,
).map("".join)


def live_in(text):
    """Links, images and tags that a Markdown renderer makes of a text."""
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    inner = [t for token in tokens for t in [token, *(token.children or [])]]
    return [t.type for t in inner if t.type in {"link_open", "image", "html_inline", "html_block"}]


def rendered(text):
    """A text's words, as a reader of the rendered Markdown sees them."""
    inner = [t for token in MarkdownIt("commonmark").parse(text) for t in token.children or []]
    return "".join(t.content for t in inner)


def answer_of(*texts, title="题", outlet=None, note=""):
    passage = Passage(id="d@0", document_id="d", ordinal=0, spans=((0, 1),), text="原文")
    hit = Hit(
        passage=passage, title=title, outlet=outlet, author=None, published=None, score=1.0, by={}
    )

    class Source:
        pass

    source = Source()
    source.hit = hit

    class Excerpt:
        spans = ((0, 1),)

    source.excerpt = Excerpt()
    source.excerpt.text = texts[0]
    said = [
        Statement(
            text=text,
            support="quoted",
            reason="",
            sources=(source,),
            lead=said_by_source("涨了多少？", source),
        )
        for text in texts
    ]
    composed = compose(said, "hans")
    return Answer(
        question="涨了多少？",
        understood_as="",
        text=composed.text,
        outcome="answered",
        sentences=composed.sentences,
        citations=composed.citations,
        hits=(hit,),
        model="",
        note=note,
    )


@pytest.mark.parametrize("text", LIVE)
def test_markdown_of_a_document_holds_nothing_live(text):
    for where in ("{}", "好[1]{}", "好！[1]{}\n\n", "!{}", "[a]{}"):
        assert live_in(where.format(markdown(text))) == []
        assert live_in(where.format(literal(text))) == []


@settings(max_examples=60, deadline=None)
@given(PIECES, PIECES, PIECES, PIECES)
@example("a![", "](//evil.zz/p)", "t", "o")
@example("好!", "(//evil.zz/p.png)", "t", "o")
def test_whatever_documents_say_an_answer_has_no_link_image_or_tag_of_theirs(a, b, title, outlet):
    answer = answer_of(a, b, title=title, outlet=outlet, note=a)
    assert live_in(whole(answer)) == []
    assert live_in(answer.text) == []


@settings(max_examples=40, deadline=None)
@given(st.text(st.sampled_from("a1[]()!<>*_~`$&;#:|\\ 涨-+."), max_size=20))
def test_literal_markdown_is_read_as_the_text_it_was(text):
    line = " ".join(text.split())
    assert " ".join(rendered(literal(line)).split()) == line
    assert unescaped(literal(line)) == line or "\\" in line


def test_ordinary_text_is_not_changed():
    for text in (
        "中方将美国输华产品关税最高加至125%。",
        "GDP rose 3-4% [note 2], (2025); snake_case, R&D, 5 < 6 > 4.",
        "研究[1]表明：涨了。",
    ):
        assert markdown(text) == text


def test_an_earlier_answer_comes_back_as_it_was():
    answer = answer_of("涨了 5*3 倍。", title="题*目", note="没有模型")
    assert "\\*" in whole(answer)
    assert without_under(whole(answer)) == answer.text


FILE = f"""---
title: '{IMAGE} <img src=x onerror=1> 关税'
outlet: '[晚报](https://evil.example) {IMAGE}'
---
显然，中方将美国输华的灯笼产品关税最高加至125%，[详情](https://evil.example/a)见{IMAGE}公告。
"""
QUESTION = "中方把美国输华的灯笼产品关税最高加至多少？"


@pytest.fixture
def planted(open_with, tmp_path):
    file = tmp_path / "planted.md"
    file.write_text(FILE, "utf-8")
    youju = open_with(base_url=None, answers="quote")
    youju.add(file)
    return youju


def test_what_v1_sends_shows_no_link_image_or_tag_of_a_document(planted):
    with serving(planted) as url:
        form = {"model": "youju", "messages": [{"role": "user", "content": QUESTION}]}
        sent = httpx.post(f"{url}/v1/chat/completions", json=form, timeout=60).json()
        form["stream"] = True
        stream = httpx.post(f"{url}/v1/chat/completions", json=form, timeout=60).text
    message = sent["choices"][0]["message"]
    assert IMAGE in message["youju"]["citations"][0]["title"]
    assert "125%" in message["content"]
    assert live_in(message["content"]) == []
    chunks = [json.loads(x[6:]) for x in stream.splitlines() if x.startswith("data: {")]
    streamed = "".join(c["choices"][0]["delta"].get("content", "") for c in chunks)
    assert streamed == message["content"]


def test_what_mcp_sends_as_text_shows_none_either(planted):
    from mcp import Client
    from mcp.client.streamable_http import streamable_http_client

    async def main(url):
        async with Client(streamable_http_client(f"{url}/mcp")) as client:
            for tool in ("ask", "search"):
                got = await client.call_tool(tool, {"question": QUESTION})
                assert "125%" in got.content[0].text
                assert live_in(got.content[0].text) == []

    with serving(planted) as url:
        run(main(url))
