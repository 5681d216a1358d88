"""The page in a real headless Chromium; the model is a scripted endpoint."""

import os
import re
from pathlib import Path

import pytest

from rag.model import join_spans
from rag.web import render
from rag.web.page import launch

TARIFF = "中方把美国输华产品关税最高加到了多少？"

pytestmark = pytest.mark.browser


@pytest.fixture
def page_at(open_with):
    pages = []

    def launch_(**given):
        youju = open_with(**given)
        page, address = launch(youju, host="127.0.0.1", port=0)
        pages.append(page)
        return youju, address

    yield launch_
    for page in pages:
        page.close()


@pytest.fixture
def tab(browser):
    context = browser.new_context(viewport={"width": 1360, "height": 850}, locale="zh-CN")
    tab = context.new_page()
    tab.set_default_timeout(20_000)
    tab.foreign = []
    tab.on(
        "request",
        lambda r: (
            tab.foreign.append(r.url)
            if not r.url.startswith(("http://127.0.0.1", "data:", "blob:"))
            else None
        ),
    )
    yield tab
    context.close()


def ask(tab, question):
    box = tab.locator("#question textarea")
    box.fill(question)
    box.press("Enter")


def test_ask_stream_click_a_citation_and_see_the_sentence(page_at, tab, endpoint):
    endpoint.reply = lambda _: "中方将美国输华产品关税加至125%。"
    endpoint.pause = 0.3
    youju, address = page_at()
    tab.goto(address)
    tab.get_by_text("5 篇文档").wait_for()

    ask(tab, TARIFF)
    # The best evidence is there, marked in its source, while the model still writes.
    tab.locator("#chat .evidence").wait_for()
    assert "125%" in tab.locator("#source-pane mark.cited").first.inner_text()
    tab.locator("#chat .draft").wait_for()
    assert tab.locator("#chat a.chip").count() == 0

    chip = tab.locator("#chat a.chip")
    chip.wait_for()
    assert tab.locator("#chat").get_by_text("中方将美国输华产品关税加至125%。").count()
    assert tab.locator("#chat .draft").count() == 0

    tab.locator("#source-pane").evaluate("e => { e.scrollTop = 0 }")
    chip.click()
    mark = tab.locator("#source-pane mark.cited.flash").first
    mark.wait_for()
    document_id, spans = render.read_citation_link(chip.get_attribute("href"))
    shown = "".join(tab.locator("#source-pane mark.cited").all_inner_texts())
    assert shown == join_spans(youju.document(document_id).text, spans)
    tab.wait_for_timeout(300)
    assert mark.is_visible()
    box, pane = mark.bounding_box(), tab.locator("#source-pane").bounding_box()
    assert pane["y"] <= box["y"] < pane["y"] + pane["height"]
    if os.environ.get("SCREENSHOT"):
        tab.wait_for_timeout(1500)
        tab.screenshot(path=os.environ["SCREENSHOT"])
    assert tab.foreign == []


def test_a_refusal_shows_nearest_passages_and_no_chip(page_at, tab, endpoint):
    endpoint.reply = lambda _: "王毅住在希尔顿酒店。"
    endpoint.judgement = 0.4
    _, address = page_at()
    tab.goto(address)
    ask(tab, "王毅访美期间住在哪家酒店？")
    tab.get_by_text("资料里没有找到这个问题的答案").wait_for()
    assert tab.locator("#chat a.chip").count() == 0
    nearest = tab.locator("#chat ul.nearest a")
    assert nearest.count() == 3
    nearest.first.click()
    tab.locator("#source-pane mark.cited").first.wait_for()


def test_an_example_question_is_asked_with_one_click(page_at, tab, endpoint):
    endpoint.reply = lambda _: "中方将美国输华产品关税加至125%。"
    _, address = page_at()
    tab.goto(address)
    tab.locator("#chat").get_by_text(TARIFF).click()
    tab.locator("#chat a.chip").wait_for()


def test_stop_ends_the_answer_and_the_next_question_works(page_at, tab, endpoint):
    endpoint.reply = lambda _: "中方将美国输华产品关税加至125%。" * 40
    endpoint.pause = 0.2
    _, address = page_at(deadline=60.0)
    tab.goto(address)
    ask(tab, TARIFF)
    tab.locator("#chat .draft").wait_for()
    tab.locator("#question button.stop-button, #question button[aria-label=Stop]").first.click()
    assert endpoint.closed_early.wait(10)
    endpoint.pause, endpoint.reply = 0.0, lambda _: "111亿美元"
    ask(tab, "特朗普政府宣布的对台军售金额是多少？")
    tab.locator("#chat a.chip").wait_for()


def test_retry_asks_again(page_at, tab, endpoint):
    endpoint.reply = lambda _: "125%。"
    _, address = page_at()
    tab.goto(address)
    ask(tab, TARIFF)
    tab.locator("#chat a.chip").wait_for()
    asked = len(endpoint.prompts)
    endpoint.reply = lambda _: "中方将美国输华产品关税加到125%。"
    tab.locator("#chat").get_by_label(re.compile("retry|重试", re.IGNORECASE)).first.click()
    tab.locator("#chat").get_by_text("中方将美国输华产品关税加到125%。").wait_for()
    tab.locator("#chat a.chip").wait_for()
    assert len(endpoint.prompts) > asked


@pytest.mark.parametrize(
    ("given", "behaviour", "words"),
    [
        ({"api_key": "wrong"}, "well", "OPENAI_API_KEY"),
        ({"base_url": "http://127.0.0.1:9/v1"}, "well", "Nothing answers at"),
        ({"deadline": 2.0}, "hangs", "YOUJU_DEADLINE"),
    ],
)
def test_a_failing_endpoint_is_one_sentence_on_the_page_with_the_evidence(
    page_at, tab, endpoint, given, behaviour, words
):
    endpoint.behaviour = behaviour
    _, address = page_at(**given)
    tab.goto(address)
    ask(tab, TARIFF)
    tab.locator("#chat .error").wait_for()
    assert words in tab.locator("#chat .error").inner_text()
    assert "125%" in tab.locator("#chat ul.nearest").inner_text()


def test_nothing_of_a_document_or_a_model_runs_in_the_browser(page_at, tab, endpoint, tmp_path):
    bad = (
        '<img src=x onerror="window.hacked=1"><script>window.hacked=2</script> '
        "[点我](javascript:window.hacked=3)"
    )
    path = tmp_path / "bad.md"
    path.write_text(f"# 公告\n\n量子公告内容是 {bad} 并且价格为42元。", "utf-8")
    youju, address = page_at()
    youju.add(path)
    endpoint.reply = lambda _: f"量子公告价格为42元。{bad}"
    tab.goto(address)
    ask(tab, "量子公告的价格为多少元？")
    tab.locator("#chat a.chip, #chat ul.nearest a").first.click()
    tab.locator("#source-pane mark.cited").first.wait_for()
    tab.wait_for_timeout(500)
    assert tab.evaluate("window.hacked") is None
    assert tab.locator("#chat img[src=x], #source-pane img").count() == 0
    assert tab.locator("a[href^='javascript:']").count() == 0


def test_the_page_forbids_other_hosts(page_at, tab):
    _, address = page_at()
    response = tab.goto(address)
    assert "default-src 'self'" in response.headers["content-security-policy"]


def test_a_citation_link_reads_back_to_what_it_names():
    link = render.citation_link("报告 2/第1版:a", ((3, 9), (12, 20)))
    assert render.read_citation_link(link) == ("报告 2/第1版:a", ((3, 9), (12, 20)))


def test_markdown_of_a_model_is_shown_to_the_letter():
    assert "<b>" not in render.plain("<b>x</b>")
    assert render.plain("**a** [b](c) $$d$$") == r"\*\*a\*\* \[b\]\(c\) \$\$d\$\$"


def test_screenshot_of_the_readme_exists():
    assert (Path(__file__).parent.parent / "docs" / "chat.png").is_file()
