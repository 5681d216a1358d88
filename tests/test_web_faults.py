"""What goes wrong around an answer is said, and what is there stays: in a headless Chromium."""

import re

import pytest

from tests.serving import serving
from tests.webpage import (
    DESKTOP,
    NOT_FOUND,
    PHONE,
    SAYS,
    TARIFF,
    answered,
    ask,
    drop,
    serious_in,
    visit,
)
from vectorstore.accounts import Accounts

pytest_plugins = ("tests.webpage",)
pytestmark = pytest.mark.browser

UNKNOWN = "量子计算机的出口许可证编号是多少？"


def test_a_model_that_hangs_is_said_to_have_failed_and_a_quotation_is_one_click_away(
    page_at, new_tab, endpoint
):
    endpoint.behaviour = "hangs"
    _, address = page_at(deadline=4.0, refuse_below=0.999)
    tab = visit(new_tab(), address)
    ask(tab, TARIFF)
    tab.locator("#live a.evidence", has_text="125%").wait_for()
    answered(tab)
    turn = tab.locator("#history .turn")
    told = turn.inner_text()
    assert "语言模型没有回答" in turn.locator(".badge").inner_text()
    assert "YOUJU_DEADLINE" in turn.locator(".error").inner_text()
    assert "Try again" not in told  # in the reader's language
    assert NOT_FOUND not in told
    assert "125%" in turn.locator("a.nearest").first.inner_text()  # what stood there stands
    assert "125%" in tab.locator("#pane .listed").inner_text()
    assert turn.locator("[data-act=retry]").inner_text() == "重新回答"

    asked = len(endpoint.prompts)
    turn.locator("[data-act=quote]").click()
    tab.locator("#history .badge:not(.bad)").wait_for()
    assert len(endpoint.prompts) == asked  # no model was asked
    assert tab.locator("#history .turn").count() == 1
    endpoint.behaviour, endpoint.reply = "well", lambda _: SAYS
    tab.locator("#history [data-act=retry]").click()
    tab.locator("#history .said", has_text=SAYS).wait_for()


def test_a_quotation_in_the_place_of_a_model_that_failed_says_so(page_at, new_tab, endpoint):
    endpoint.behaviour = "fails"
    _, address = page_at()
    tab = visit(new_tab(), address)
    ask(tab, TARIFF)
    answered(tab)
    assert "语言模型没有回答" in tab.locator("#history .badge").inner_text()
    assert "状态 500" in tab.locator("#history .note").last.inner_text()
    assert tab.locator("#history a.chip").count() > 0
    assert tab.locator("#history [data-act=retry]").is_visible()


@pytest.mark.parametrize(
    ("key", "told"), [("wrong", "不认这个密钥"), (None, "需要密钥，而这里没有设置")]
)
def test_a_wrong_key_and_none_are_told_apart(page_at, new_tab, key, told):
    _, address = page_at(api_key=key)
    tab = visit(new_tab(), address)
    ask(tab, TARIFF)
    answered(tab)
    assert told in tab.locator("#history .turn").inner_text()


def test_the_same_evidence_is_listed_once_while_one_waits(page_at, new_tab, endpoint, tmp_path):
    for name in ("甲", "乙"):
        (tmp_path / f"{name}.md").write_text(f"# {name}报\n\n蓝鲸项目的预算是37万元。", "utf-8")
    endpoint.reply, endpoint.pause = (lambda _: SAYS), 0.3
    youju, address = page_at()
    youju.add(*tmp_path.glob("*.md"))
    tab = visit(new_tab(), address)
    ask(tab, "蓝鲸项目的预算是多少万元？蓝鲸项目的预算有几万元？")
    tab.locator("#pane a.card").first.wait_for()
    quotes = tab.locator("#live a.evidence q, #pane a.card q").all_inner_texts()
    assert len(quotes) == len(set(quotes))
    answered(tab)


def test_one_running_total_and_a_breakdown_that_adds_up(at, tab):
    at.says(SAYS, pause=0.3, judging=0.3)
    visit(tab, at.address)
    ask(tab, f"请问一下，{TARIFF}")
    tab.locator("#live .draft").wait_for()
    tab.wait_for_timeout(1200)
    stages = tab.locator("#live .stages")
    assert len(re.findall(r"\d+ 秒", stages.inner_text())) == 1
    answered(tab)
    whole, parts = re.search(
        r"用时 ([\d.]+) 秒（(.+?)）", tab.locator(".took").inner_text()
    ).groups()
    assert round(sum(map(float, re.findall(r"[\d.]+", parts))), 1) == float(whole) > 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_ticked_document_is_seen_to_be_ticked(at, new_tab, scheme):
    tab = visit(new_tab(color_scheme=scheme), at.address)
    tab.locator("#tab-library").click()
    box = tab.locator(".shelf input[type=checkbox]").first
    box.wait_for()

    def looks():
        return box.evaluate(
            "e => [getComputedStyle(e).backgroundColor, getComputedStyle(e).borderTopColor,"
            " getComputedStyle(document.querySelector('#pane')).backgroundColor]"
        )

    unticked = looks()
    box.check()
    fill, border, sheet = looks()
    assert fill != sheet
    assert fill != unticked[0]
    assert border != "rgba(0, 0, 0, 0)"
    assert unticked[1] not in {sheet, "rgba(0, 0, 0, 0)"}


# --- what the page says


def test_files_that_cannot_be_read_are_told_in_the_readers_language(page_at, new_tab, tmp_path):
    (tmp_path / "坏.pdf").write_bytes(b"%PDF-1.4 cut")
    (tmp_path / "甲.md").write_text("# 甲\n\n一句话。", "utf-8")
    (tmp_path / "同.md").write_text("# 甲\n\n一句话。", "utf-8")
    _, address = page_at(home=tmp_path / "new")
    tab = visit(new_tab(), address)
    drop(tab, "#talk", *(tmp_path / name for name in ("坏.pdf", "甲.md", "同.md")))
    tab.locator("#jobs .job.done").wait_for()
    told = tab.locator("#jobs").inner_text()
    assert "PDF 文件已损坏" in told
    assert "资料库里已有" in told
    assert "already" not in told
    assert "damaged" not in told


def test_nothing_but_marks_is_no_question(at, tab):
    visit(tab, at.address)
    ask(tab, "？？？")
    tab.locator(".toast-body", has_text="请写一个问题").wait_for()
    assert tab.locator(".turn").count() == 0
    assert tab.locator("#question textarea").input_value() == "？？？"


def test_the_settings_name_the_embedding_as_people_do(at, tab):
    visit(tab, at.address)
    tab.locator("#rail [data-act=settings]").click()
    tab.locator("#facts dl").wait_for()
    told = tab.locator("#facts").inner_text()
    assert "multilingual-e5-small" in told
    assert "maxsim" not in told
    assert "simplified" not in told
    assert "onnx" not in told


def test_the_library_finds_a_document_by_the_name_of_its_file(page_at, new_tab, tmp_path):
    (tmp_path / "采购清单-七月.csv").write_text("品名,数量\n螺丝,37\n螺母,12\n", "utf-8")
    (tmp_path / "水库.md").write_text("# 关于水库的说明\n\n水库有七座。", "utf-8")
    youju, address = page_at(home=tmp_path / "new")
    youju.add(tmp_path / "采购清单-七月.csv", tmp_path / "水库.md")
    tab = visit(new_tab(), address)
    tab.locator("#tab-library").click()
    rows = tab.locator(".shelf > li:visible")
    rows.nth(1).wait_for()
    assert tab.locator(".shelf .title", has_text="采购清单-七月").count() == 1  # no headline
    for words, title in (("七月.csv", "采购清单-七月"), ("水库.md", "关于水库的说明")):
        tab.locator("#pane input[type=search]").fill(words)
        assert rows.count() == 1
        assert title in rows.inner_text()


def test_who_greets_is_told_what_there_is_and_what_may_be_asked(at, tab):
    visit(tab, at.address)
    ask(tab, "你好，你能做什么？")
    turn = tab.locator("#history .turn.greeted")
    turn.wait_for()
    assert len(turn.locator(".said").inner_text().split("\n")) == 2
    assert "5 篇文档" in turn.inner_text()
    assert turn.locator("button.example").count() == 3
    assert tab.locator("#history .badge").count() == 0
    assert at.endpoint.prompts == []
    turn.locator("button.example").first.click()
    answered(tab)
    assert tab.locator("#history .turn").count() == 2
    assert "你好" not in tab.locator("#head h1").inner_text()  # named by its first question
    tab.reload()
    turn.wait_for()


def test_what_is_being_written_stays_in_sight_unless_one_reads_further_up(at, new_tab):
    at.says(SAYS * 4, pause=0.2)
    tab = visit(new_tab(viewport=PHONE), at.address)
    ask(tab, "你好")
    tab.locator("#history .turn.greeted").wait_for()
    ask(tab, TARIFF)
    stop = tab.locator("#live [data-act=stop]")
    tab.locator("#live .draft").wait_for()
    tab.wait_for_function(
        "document.querySelector('#live [data-act=stop]').getBoundingClientRect().bottom"
        " < document.querySelector('#dock').getBoundingClientRect().top + 1"
    )
    tab.locator("#talk").evaluate("e => { e.scrollTop = 0; }")
    tab.wait_for_timeout(1000)
    assert tab.locator("#talk").evaluate("e => e.scrollTop") == 0
    stop.dispatch_event("click")
    tab.locator("#history .turn.stopped").wait_for()


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_a_failed_login_keeps_the_name_and_the_form_is_fit_to_be_seen(
    youju, new_tab, tmp_path, viewport
):
    accounts = Accounts(tmp_path / "accounts.db", cost=16)
    accounts.add("ada", "correct horse battery", "reader")
    with serving(youju, accounts=accounts) as address:
        tab = new_tab(viewport=viewport)
        tab.goto(f"{address}/login")
        tab.get_by_label("用户名").fill('ada"><b>')
        tab.get_by_label("密码").fill("wrong")
        tab.get_by_role("button", name="登录").click()
        tab.get_by_role("alert").wait_for()
        assert tab.get_by_label("用户名").input_value() == 'ada"><b>'
        assert tab.evaluate("document.activeElement.name") == "password"
        for scheme in ("light", "dark"):
            tab.emulate_media(color_scheme=scheme)
            assert serious_in(tab) == []
        assert tab.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    accounts.close()
