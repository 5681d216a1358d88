"""Whatever stands in a text, twice as much of it takes about twice as long."""

import gc
import time
from statistics import median

import pytest

from rag.clean import clean
from rag.e5_pieces import PieceCounter
from rag.fold import fold
from rag.inline import images_in, links_in
from rag.learn import learned_names
from rag.load import describe, front_matter
from rag.model import Parsed
from rag.near import sketch
from rag.parse import Limits, parse
from rag.parse.page_words import COMMENT_UI, CREDIT_LINE
from rag.split import Sizes, split
from tests.conftest import document_of

LEAST = 0.15
"""Seconds of the shorter text: of less, most is the machine's own noise."""
MOST = 2.6


def lengths(texts):
    return [3 + len(text) // 2 for text in texts]


def prepared(data, name):
    """All that is done to a file before it is embedded."""
    for parsed in parse(data, name, Limits()):
        document = describe(parsed, id="x", source="/x", name="x")
        passages = split(document, clean(document), sizes=Sizes(), count_tokens=lengths)
        sketch(p.text for p in passages)
        learned_names("\n".join(p.text for p in passages))


def seconds(work, size):
    gc.collect()
    gc.disable()  # its passes cost by what the whole test run holds, not by this text
    try:
        began = time.process_time()
        work(size)
        return time.process_time() - began
    finally:
        gc.enable()


def assert_linear(work, size):
    """The size is doubled until it takes long enough to be measured; an own clock, no waiting."""
    while seconds(work, size) < LEAST:
        size *= 2
    found = {}
    # A step at one size (a cache that is full) is over at the next; a square is not.
    for longer in (size, 2 * size):
        ratios = found[longer] = []
        for _ in range(3):
            ratios.append(seconds(work, 2 * longer) / seconds(work, longer))
            if ratios[-1] <= MOST and len(ratios) == 1:
                return  # once is enough: noise only adds
        if median(ratios) <= MOST:
            return
    raise AssertionError(found)


TEXTS = {
    "images that do not end": ("a.md", lambda n: "![" * n),
    "images whose address does not end": ("a.md", lambda n: "![](" * n),
    "links whose address does not end": ("a.md", lambda n: "[](" * n),
    "links before white space": ("a.md", lambda n: "[](x" * n + " " * n),
    "a menu": ("a.md", lambda n: "- 首页\n" * n),
    "footnotes and their notes": (
        "a.md",
        lambda n: "字<sup>[1]</sup>" * n + "\n\n" + "[1] 注\n\n" * n,
    ),
    "lines of two characters": ("a.txt", lambda n: "字字\n" * n),
    "rows of two characters": ("a.csv", lambda n: "a,b\n" + "1,\n" * n),
    "lines without an end": ("a.txt", lambda n: ("这一行没有句号而且很长" * 6 + "\n") * n),
    "one line without an end": ("a.txt", lambda n: "没有句号的一行" * n),
    "a table with a wide header": (
        "a.csv",
        lambda n: ",".join(f"列{i}" for i in range(n)) + "\n" + "1,2\n" * n,
    ),
    "quotes that do not close": ("a.csv", lambda n: "a,b\n" + '"1\n' * n),
    "quotations that do not close": ("a.txt", lambda n: "“他说；" * n),
    "a heading of signs": ("a.md", lambda n: "# " + "#" * n + "x"),
    "a long heading over many paragraphs": (
        "a.md",
        lambda n: "# " + "题" * n + "\n\n" + "一句话，说完了。\n\n" * n,
    ),
    "brackets on one line": ("a.txt", lambda n: "甲（Ab），" * n),
    "brackets full of hyphens": ("a.txt", lambda n: f"甲（{'A-' * 55}!）\n" * n),
    "accents heaped on one letter": ("a.txt", lambda n: "a" + "\u0301\u0328" * n),
    "characters that do not print": ("a.txt", lambda n: "字\u200b" * n),
    "elements within one another": ("a.html", lambda n: "<body>" + "<div>一句话。" * n),
    "tables within one another": ("a.html", lambda n: "<body>" + "<table><tr><td>字" * n),
    "entities": ("a.html", lambda n: "<body>" + "<p>&lt;&#25991;&foo;&#8203;字，话。</p>" * n),
    "comment headings": ("a.html", lambda n: "<body><p>一句话。</p>" + "<p>评论</p>" * n),
    "a page of line breaks": ("a.html", lambda n: "<body>" + "字<br>" * n),
}


@pytest.mark.parametrize("what", TEXTS)
def test_preparing_a_file_takes_time_with_its_length_alone(what):
    name, text = TEXTS[what]
    assert_linear(lambda n: prepared(text(n).encode(), name), 500)


TOKENS = PieceCounter()
PIECES = {
    "images": lambda n: list(images_in("![](x\n" * n)),
    "links": lambda n: list(links_in('[](x "' * n)),
    "names": lambda n: learned_names("\n" * n),
    "folding": lambda n: fold("\u0301\u0328" * n),
    "tokens": lambda n: TOKENS(["\u0301字a " * n]),
}


@pytest.mark.parametrize("what", PIECES)
def test_a_step_takes_time_with_the_length_of_its_text_alone(what):
    assert_linear(PIECES[what], 1000)


@pytest.mark.parametrize(
    ("pattern", "line"),
    [(COMMENT_UI, "like " * 30 + "x"), (CREDIT_LINE, f"by {'A' * 60}!")],
)
def test_no_line_of_a_page_can_be_read_in_too_many_ways(pattern, line):
    assert seconds(lambda _: pattern.match(line), 0) < 0.1


def test_front_matter_is_bounded_whatever_stands_in_it():
    deep = "---\na: " + "[" * 9000 + "\n---\n正文。"
    wide = "---\n" + "a: b\n" * 5000 + "---\n正文。"
    for text in (deep, wide):
        assert seconds(lambda _, text=text: front_matter(text), 0) < 5
        assert front_matter(text).end == 0


def test_what_no_alias_stands_for_is_read_and_what_has_one_is_not():
    bomb = "---\na: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n---\n正文。"
    assert front_matter(bomb).refused
    assert front_matter(bomb).values == {}
    plain = front_matter("---\ntitle: 010\ndate: 2025-02-30\nauthor: ~\n---\n正文。")
    assert plain.values == {"title": "010", "date": "2025-02-30"}


def test_what_is_read_at_once_stays_whole_and_what_is_too_wide_for_that_is_cut():
    def passages(text, format):
        document = document_of(text, format=format)
        return split(document, clean(document), sizes=Sizes(), count_tokens=lengths)

    parsed = next(parse(("甲,乙\n" + "值,一\n" * 200).encode(), "a.csv", Limits()))
    assert isinstance(parsed, Parsed)
    document = describe(parsed, id="x", source="/x", name="x")
    rows = split(document, clean(document), sizes=Sizes(), count_tokens=lengths)
    assert all(p.text.startswith("甲,乙") for p in rows)
    headings = passages("短标题\n" * 20_000, "text")
    assert max(len(p.text) for p in headings) < 10_000
