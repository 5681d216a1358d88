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
    tab.locator("#source-pane").get_by_text("5 篇文档").wait_for()

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


def choose(tab, of, *labels):
    """Choose from one of the scope's lists."""
    box = tab.locator(f"#scope-{of} input")
    for label in labels:
        box.click()
        box.fill(label)
        tab.locator("ul[role=listbox] li", has_text=label).first.click()
    box.press("Escape")


def write_date(tab, of, date):
    box = tab.locator(f"#scope-{of} input, #scope-{of} textarea").first
    box.fill(date)
    box.press("Tab")


@pytest.fixture
def scoped(page_at, tab):
    """Open the page with its scope unfolded."""

    def open_(**given):
        youju, address = page_at(**given)
        tab.goto(address)
        tab.get_by_text("范围：全部 5 篇文档").wait_for()
        tab.locator("#scope").get_by_text("范围 · Scope").click()
        return youju

    return open_


def test_of_a_chosen_document_alone_comes_what_is_cited(scoped, tab, endpoint):
    endpoint.reply = lambda _: "中方将美国输华产品关税加至125%。"
    youju = scoped()
    unfiltered = {h.passage.document_id for h in youju.search(TARIFF, 24)}
    assert len(unfiltered) > 1
    holds_it = youju.document("001")
    choose(tab, "documents", holds_it.title[:12])
    tab.locator("#scope-line", has_text="范围：1 篇文档").wait_for()
    ask(tab, TARIFF)
    tab.locator("#chat a.chip").first.wait_for()
    chips = [c.get_attribute("href") for c in tab.locator("#chat a.chip").all()]
    assert {render.read_citation_link(c)[0] for c in chips} == {holds_it.id}
    # Another document: what is nearest comes from that one, and the first is not cited.
    tab.locator("#scope-clear").click()
    tab.get_by_text("范围：全部 5 篇文档").wait_for()
    other = next(d for d in youju.documents() if d.id != holds_it.id)
    choose(tab, "documents", other.title[:12])
    tab.locator("#scope-line", has_text="范围：1 篇文档").wait_for()
    endpoint.judgement = 0.1
    ask(tab, TARIFF)
    tab.get_by_text("资料里没有找到这个问题的答案").wait_for()
    nearest = [a.get_attribute("href") for a in tab.locator("#chat ul.nearest a").all()]
    shown = {render.read_citation_link(link)[0] for link in nearest}
    assert shown == {other.id}


def test_tags_and_classes_filter_and_the_line_tells_it(scoped, tab, endpoint, tmp_path):
    (tmp_path / "a.md").write_text("---\ntags: 蓝鲸\n---\n# 报告\n\n预算是37万元。", "utf-8")
    youju = scoped()
    youju.add(tmp_path / "a.md")
    tab.reload()  # what there is to choose is read when the page loads
    tab.get_by_text("范围：全部 6 篇文档").wait_for()
    tab.locator("#scope").get_by_text("范围 · Scope").click()
    choose(tab, "tags", "蓝鲸")
    choose(tab, "kinds", "正文")
    tab.locator("#scope-line", has_text="范围：1 篇文档 · 正文 · #蓝鲸").wait_for()
    endpoint.reply = lambda _: "预算是37万元。"
    ask(tab, "报告里的预算是多少万元？")
    chip = tab.locator("#chat a.chip").first
    chip.wait_for()
    assert render.read_citation_link(chip.get_attribute("href"))[0] == "a"


def test_a_bad_date_and_an_empty_scope_are_said_on_the_page_and_no_model_is_asked(
    scoped, tab, endpoint
):
    scoped()
    write_date(tab, "since", "soon")
    tab.locator("#scope-line", has_text="“soon” 不是日期；请写 2025").wait_for()
    ask(tab, TARIFF)
    tab.locator("#chat .error", has_text="“soon” 不是日期").wait_for()
    write_date(tab, "since", "2030")
    tab.locator("#scope-line .error", has_text="没有文档在这个范围里").wait_for()
    ask(tab, TARIFF)
    tab.locator("#chat .error", has_text="没有文档在这个范围里").wait_for()
    assert endpoint.prompts == []
    tab.locator("#scope-clear").click()
    tab.get_by_text("范围：全部 5 篇文档").wait_for()
    assert tab.locator("#scope-clear").is_hidden()
    endpoint.reply = lambda _: "中方将美国输华产品关税加至125%。"
    ask(tab, TARIFF)
    tab.locator("#chat a.chip").first.wait_for()


@pytest.mark.parametrize("width", [1280, 360])
def test_the_scope_fits_the_width_of_the_screen(scoped, tab, width):
    tab.set_viewport_size({"width": width, "height": 800})
    scoped()
    write_date(tab, "since", "2020")
    choose(tab, "documents", "特朗普归来", "习近平底气")
    tab.locator("#scope-clear").wait_for()
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    line, clear = (tab.locator(s).bounding_box() for s in ("#scope-line", "#scope-clear"))
    assert line["height"] < 40  # one line
    assert line["x"] + line["width"] <= clear["x"]
    assert clear["x"] + clear["width"] <= width


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
