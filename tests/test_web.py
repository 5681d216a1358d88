"""The page in a real headless Chromium; the model is a scripted endpoint."""

import json
import re
import time
from pathlib import Path

import pytest
from gradio.utils import get_upload_folder

from rag.errors import BadFileError
from rag.model import join_spans
from rag.web import render
from rag.web.page import _uploads
from tests.webpage import (
    DESKTOP,
    HOTEL,
    NOT_FOUND,
    PHONE,
    SAYS,
    TARIFF,
    a_week_passes,
    answered,
    ask,
    drop,
    made_turn,
    open_talk,
    serious_in,
    talk_with,
    visit,
    watch,
)

pytest_plugins = ("tests.webpage",)
pytestmark = pytest.mark.browser


# --- asking, and checking an answer


def test_an_answer_comes_in_steps_and_its_citations_open_their_sentences(at, new_tab):
    at.says(SAYS, pause=0.3, judging=0.5)
    tab = visit(new_tab(permissions=["clipboard-read", "clipboard-write"]), at.address)
    stages = watch(tab, "#live .now", "now => now.dataset.stage")
    ask(tab, TARIFF)
    # The best evidence is there while the model still writes, and no chip.
    tab.locator("#live a.evidence", has_text="125%").wait_for()
    tab.locator("#pane .listed", has_text="找到的原文").wait_for()
    tab.locator("#live .draft").wait_for()
    assert tab.locator("#talk a.chip").count() == 0
    told = tab.locator("#live .stages").inner_text()
    assert re.search(r"已查找\s+已读 \d+ 个段落\s+正在写", told)
    assert tab.locator("#heard").inner_text().startswith("正在写")  # screen readers hear it
    tab.wait_for_function("document.querySelector('#live .clock')?.textContent.includes('秒')")
    answered(tab)
    assert stages()[-3:] == ["reading", "writing", "checking"]  # searching may be over at once
    see_that_the_times_add_up(tab.locator(".took").inner_text())
    assert tab.locator("#heard").inner_text() == "每句都有依据"
    assert tab.locator("#history .said").first.inner_text().startswith(SAYS)
    assert tab.locator("#history .badge.good").count() == 1

    see_cited_apart_from_also_found(tab)
    see_the_card_of(tab, tab.locator("#history a.chip").first)
    copy_as_markdown(tab)
    see_the_exact_sentence_of(at, tab, tab.locator("#history a.chip").first)


def see_that_the_times_add_up(told):
    whole, parts = re.search(r"用时 ([\d.]+) 秒（(.+)） · 10 词元", told).groups()
    for stage in ("写作", "核对"):
        assert stage in parts
    assert round(sum(map(float, re.findall(r"[\d.]+", parts))), 1) == float(whole)


def see_cited_apart_from_also_found(tab):
    cited, also = tab.locator("#pane .listed").all()
    assert cited.locator("h2").inner_text() == "引用"
    assert also.locator("h2").inner_text().startswith("另外找到")
    assert cited.locator("a.card").count() == 1
    links = [a.get_attribute("href") for a in also.locator("a.card").all()]
    assert links
    assert cited.locator("a.card").first.get_attribute("href") not in links


def see_the_card_of(tab, chip):
    chip.hover()
    tip = tab.locator("#tip")
    tip.wait_for()
    for words in ("125%", "特朗普归来与中美博弈的新阶段", "国际问题研究", "2026-03"):
        assert words in tip.inner_text()
    tab.keyboard.press("Escape")
    assert tip.is_hidden()
    chip.focus()  # the keyboard sees the same
    tip.wait_for()
    assert chip.get_attribute("aria-describedby") == "tip"


def copy_as_markdown(tab):
    tab.locator("#history [data-act=copy]").click()
    tab.locator("#told.shown", has_text="已复制").wait_for()
    text = tab.evaluate("navigator.clipboard.readText()")
    assert text.startswith(f"{SAYS}[^1]")
    assert "\n[^1]: 特朗普归来与中美博弈的新阶段 · 国际问题研究" in text
    assert "美方更将对华关税升至150%左右" in text


def see_the_exact_sentence_of(at, tab, chip):
    chip.click()
    mark = tab.locator("#pane mark.cited.flash").first
    mark.wait_for()
    place = render.read_citation_link(chip.get_attribute("href"))
    shown = "".join(tab.locator("#pane mark.cited").all_inner_texts())
    document = at.youju.document(place.document_id)
    assert shown == join_spans(document.text, place.spans)
    tab.wait_for_timeout(200)
    box, pane = mark.bounding_box(), tab.locator("#pane-body").bounding_box()
    assert pane["y"] <= box["y"] < pane["y"] + pane["height"]
    assert len(tab.locator("#pane .doc p").all()) > 5  # its neighbourhood


def test_a_refusal_shows_nearest_passages_and_no_chip(at, tab):
    at.says("王毅住在希尔顿酒店。", judgement=0.3)
    visit(tab, at.address)
    ask(tab, HOTEL)
    tab.locator("#history .badge.none").wait_for()
    assert NOT_FOUND in tab.locator("#history").inner_text()
    assert tab.locator("a.chip").count() == 0
    nearest = tab.locator("#history a.nearest")
    assert nearest.count() == 3
    assert tab.locator("#pane .listed h2").all_inner_texts() == ["最相近的段落 不是答案"]
    nearest.first.click()
    tab.locator("#pane mark.cited").first.wait_for()


def test_the_verdict_is_seen_at_a_glance_and_keys_go_from_citation_to_citation(at, tab):
    talk_with(at.youju, made_turn(at.youju), title="各方")
    visit(tab, at.address)
    open_talk(tab, "各方")
    badge = tab.locator("#history .badge").inner_text()
    assert "各方说法不一" in badge
    assert "3 句需要留意" in badge
    assert tab.locator(".sentence:not(.care)").first.locator(".why").count() == 0
    partial = tab.locator(".sentence.partial")
    partial.locator(".why").hover()
    assert "只提到了通话" in tab.locator("#tip").inner_text()
    assert tab.locator(".sentence.quoted .why").inner_text() == "直接引用原文"
    assert tab.locator(".sentence.unsupported a.chip").count() == 0
    one, two = (side.bounding_box() for side in tab.locator(".side").all())
    assert one["y"] == two["y"]
    assert one["x"] + one["width"] <= two["x"]
    second = tab.locator(".side").nth(1).inner_text()
    assert "纽约时报中文网，2025-09-19" in second
    assert "习近平底气十足" in second
    tab.locator(".sentence.quoted .why").hover()
    tab.locator("#tip", has_text="没有通过核对（原文没有“3”）").wait_for()
    whole = tab.locator("#history").inner_text()
    for words in ("理解为：各方对关税怎么说？", "资料没有回答", "何时生效", "截至2026年3月"):
        assert words in whole

    tab.locator("#history h2").first.click()
    tab.keyboard.press("j")
    tab.locator("#pane .cite-at", has_text="引用 1 / 2").wait_for()
    tab.keyboard.press("j")
    tab.locator("#pane .cite-at", has_text="引用 2 / 2").wait_for()
    assert "中国政府称" in tab.locator("#pane mark.cited").first.inner_text()
    tab.keyboard.press("k")
    tab.locator("#pane .cite-at", has_text="引用 1 / 2").wait_for()
    tab.locator("#pane [data-act=back]").click()
    tab.locator("#pane .listed").first.wait_for()
    # Who is writing a question goes on writing: there, letters are letters.
    box = tab.locator("#question textarea")
    box.focus()
    tab.keyboard.press("Alt+ArrowUp")
    tab.locator("#pane .cite-at", has_text="引用 2 / 2").wait_for()
    tab.keyboard.press("j")
    assert box.input_value() == "j"
    tab.keyboard.press("Escape")
    tab.keyboard.press("j")
    tab.locator("#pane .cite-at", has_text="引用 1 / 2").wait_for()


def test_sources_that_disagree_are_shown_in_two_columns(page_at, new_tab, tmp_path):
    for outlet, date, lost in (("甲日报", "2025-03-02", 8), ("乙晚报", "2025-03-03", 23)):
        head = f"---\ntitle: {outlet}的报道\noutlet: {outlet}\ndate: {date}\n---\n\n"
        body = f"青岩县三月一日遭遇暴雨。青岩县的暴雨造成{lost}人失踪。\n"
        (tmp_path / f"{outlet}.md").write_text(head + body, "utf-8")
    youju, address = page_at(base_url=None, api_key=None, local_model="none")
    youju.add(*tmp_path.glob("*.md"))
    tab = visit(new_tab(), address)
    ask(tab, "青岩县的暴雨造成多少人失踪？")
    answered(tab)
    sides = tab.locator("#history .side")
    assert sides.count() == 2
    told = sorted(sides.all_inner_texts(), key=lambda text: "23" in text)
    expected = (("甲日报", "2025-03-02", "8人失踪"), ("乙晚报", "2025-03-03", "23人失踪"))
    for words, text in zip(expected, told, strict=True):
        assert all(word in text for word in words), text
    assert tab.locator("#history .badge").inner_text() == "各方说法不一"
    left, right = (side.bounding_box() for side in sides.all())
    assert left["y"] == right["y"]
    assert left["x"] + left["width"] <= right["x"]
    sides.nth(1).locator("a.chip").first.click()
    tab.locator("#pane mark.cited", has_text="人失踪").wait_for()
    tab.set_viewport_size(PHONE)  # too narrow for two: one under the other
    upper, lower = (side.bounding_box() for side in sides.all())
    assert upper["y"] + upper["height"] <= lower["y"]
    assert upper["x"] == lower["x"]


# --- progress, stopping, asking again


def test_stop_keeps_what_is_there_and_says_that_it_is_not_checked(at, tab):
    at.says(SAYS * 40, pause=0.2)
    visit(tab, at.address)
    ask(tab, TARIFF)
    tab.locator("#live .draft").wait_for()
    tab.locator("#question .stop-button").click()
    note = tab.locator("#history .stopped .badge")
    note.wait_for()
    assert note.inner_text() == "已停止。下面的内容没有经过核对。"
    assert "中方" in tab.locator("#history .draft").inner_text()
    assert tab.locator("#history a.chip").count() == 0
    assert at.endpoint.closed_early.wait(10)
    at.says("111亿美元")
    ask(tab, "特朗普政府宣布的对台军售金额是多少？")
    answered(tab, 2)
    assert tab.locator("#history a.chip").count() == 1
    tab.reload()
    tab.locator("#history .stopped .draft").wait_for()


def test_retry_and_an_edited_question_replace_the_answer(at, tab):
    at.says("125%。")
    visit(tab, at.address)
    ask(tab, TARIFF)
    answered(tab)
    at.says("中方将美国输华产品关税加到125%。")
    tab.locator("#history [data-act=retry]").click()
    tab.locator("#history .said", has_text="加到125%").wait_for()
    assert tab.locator("#history .turn").count() == 1
    ask(tab, TARIFF)
    answered(tab, 2)
    # What would go with it is said before it goes.
    first = tab.locator("#history .turn").first
    first.locator("[data-act=retry]").click()
    first.locator("[data-act=retry]", has_text="其后的 1 个问答也会被替换").wait_for()
    assert tab.locator("#live .turn").count() == 0
    at.says("111亿美元")
    first.locator(".question").hover()
    first.locator("[data-act=edit]").click()
    assert "其后的 1 个问答也会被替换" in tab.locator(".editing").inner_text()
    area = tab.locator(".editing textarea")
    assert area.input_value() == TARIFF
    area.press("Escape")
    assert tab.locator(".editing").count() == 0
    first.locator("[data-act=edit]").click()
    area.fill("特朗普政府宣布的对台军售金额是多少？")
    tab.locator(".editing button.primary").click()
    tab.locator("#history h2", has_text="对台军售").wait_for()
    answered(tab)
    assert tab.locator("#history .turn").count() == 1
    assert "111亿" in tab.locator("#history .said").inner_text()


# --- conversations


def test_a_conversation_comes_back_after_a_reload_and_is_exported_as_one_offline_page(
    at, tab, tmp_path
):
    visit(tab, at.address)
    ask(tab, TARIFF)
    answered(tab)
    tab.reload()
    tab.locator("#history a.chip").first.click()
    assert "125%" in tab.locator("#pane mark.cited").first.inner_text()
    with tab.expect_download() as download:
        tab.locator("[data-act=export]").click()
    file = tmp_path / "exported.html"
    download.value.save_as(file)
    assert download.value.suggested_filename.endswith(".html")
    html = file.read_text("utf-8")
    assert "://" not in html
    assert "<script" not in html
    tab.context.set_offline(True)
    tab.goto(file.as_uri())
    assert SAYS in tab.inner_text("body")
    assert "美方更将对华关税升至150%左右" in tab.inner_text("blockquote")


def test_last_weeks_citation_opens_its_exact_sentence_and_says_what_has_changed_since(
    page_at, new_tab, tmp_path, endpoint
):
    source = tmp_path / "预算.md"
    source.write_text("# 预算\n\n第一段。\n\n蓝鲸项目的预算是37万元。\n", "utf-8")
    endpoint.reply = lambda _: "蓝鲸项目的预算是37万元。"
    youju, address = page_at()
    youju.add(source)
    tab = visit(new_tab(), address)
    ask(tab, "蓝鲸项目的预算是多少万元？")
    answered(tab)
    youju.close()
    a_week_passes(youju.settings.home)
    again, address = page_at()
    tab = visit(new_tab(), address)
    tab.locator("#rail .talk").first.click()
    chip = tab.locator("#history a.chip").first
    chip.click()
    tab.locator("#pane mark.cited", has_text="37万元").wait_for()
    assert tab.locator("#pane .notice.changed").count() == 0

    source.write_text("# 预算\n\n新的一段。\n\n又一段。\n\n蓝鲸项目的预算是37万元。\n", "utf-8")
    again.add(source)
    chip.click()
    tab.locator("#pane .notice.changed", has_text="有改动").wait_for()
    assert tab.locator("#pane mark.cited").inner_text() == "蓝鲸项目的预算是37万元。"

    source.write_text("# 预算\n\n蓝鲸项目取消了，预算另有安排。\n", "utf-8")
    again.add(source)
    chip.click()
    tab.locator("#pane .notice.changed", has_text="已经不在其中").wait_for()
    assert tab.locator("#pane blockquote").inner_text() == "蓝鲸项目的预算是37万元。"
    assert tab.locator("#pane mark.cited").count() == 0

    again.remove("预算")
    chip.click()
    tab.locator("#pane .notice.changed", has_text="已经不在资料库里").wait_for()


def test_conversations_are_listed_renamed_searched_and_deleted(at, tab):
    talk_with(at.youju, made_turn(at.youju, question="鲸鱼有多重？"), title="蓝色的鲸")
    talk_with(at.youju, made_turn(at.youju), title="别的事")
    visit(tab, at.address)
    tab.locator("#rail input[type=search]").fill("鯨魚")
    row = tab.locator("#rail .talks li")
    tab.wait_for_function("document.querySelectorAll('#rail .talks li').length === 1")
    assert row.inner_text().strip() == "蓝色的鲸"
    row.hover()
    row.locator("[data-act=rename]").click()
    row.locator("input").fill("白色的鲸")
    row.locator("input").press("Enter")
    tab.locator("#rail .talk", has_text="白色的鲸").wait_for()
    tab.reload()
    row = tab.locator("#rail .talks li", has_text="白色的鲸")
    row.hover()
    row.locator("[data-act=delete]").click()
    assert row.count() == 1  # it asks first
    row.locator("[data-act=delete]", has_text="确认删除").click()
    row.wait_for(state="detached")
    tab.reload()
    tab.locator("#rail .talk", has_text="别的事").wait_for()
    assert tab.locator("#rail .talk", has_text="白色的鲸").count() == 0


# --- documents


def test_dropped_files_and_folders_go_in_with_a_result_each(page_at, new_tab, endpoint, tmp_path):
    endpoint.reply = lambda _: "蓝鲸项目的预算是37万元。"
    folder = tmp_path / "夹"
    (folder / "内").mkdir(parents=True)
    (folder / "内" / "报告.md").write_text("# 报告\n\n蓝鲸项目的预算是37万元。", "utf-8")
    (tmp_path / "坏.pdf").write_bytes(bytes([0, 1, 2, 3]))
    youju, address = page_at()
    tab = visit(new_tab(), address)
    told = watch(tab, "#jobs .job:not(.done) p", "p => p.innerText.trim()")
    drop(tab, "#talk", folder, tmp_path / "坏.pdf")
    tab.locator("#jobs .job.done").wait_for()
    lines = tab.locator("#jobs li").all_inner_texts()
    assert any(line.startswith("已加入") and "报告.md" in line for line in lines)
    assert any(line.startswith("失败") and "坏.pdf" in line for line in lines)
    (report,) = [d for d in youju.documents() if d.title == "报告"]
    assert Path(report.file).parts[-3:] == ("夹", "内", "报告.md")  # folders stay folders
    assert told()[0] == "正在加入 0 / 2"
    tab.locator("#jobs [data-act=dismiss]").click()
    tab.locator("#jobs .job").wait_for(state="detached")
    tab.locator("#scope-line", has_text="全部 6 篇文档").wait_for()
    ask(tab, "蓝鲸项目的预算是多少万元？")
    answered(tab)
    tab.locator("#history a.chip").first.click()
    tab.locator("#pane mark.cited", has_text="37万元").wait_for()


def test_the_library_lists_opens_filters_and_removes(page_at, new_tab, endpoint, tmp_path):
    body = "".join(f"第{n}期工程由{n + 3}家单位承担，预算是{n * 37}万元。" for n in range(1, 25))
    (tmp_path / "a.md").write_text(f"# 原稿\n\n{body}", "utf-8")
    (tmp_path / "b.md").write_text(f"# 转载\n\n{body}又及。", "utf-8")
    endpoint.reply = lambda _: SAYS
    youju, address = page_at()
    youju.add(tmp_path / "a.md", tmp_path / "b.md")
    tab = visit(new_tab(), address)
    tab.locator("#tab-library").click()
    entry = tab.locator(".shelf > li", has_text="特朗普归来")
    entry.wait_for()
    for words in ("国际问题研究", "2026-03", "个段落", "可检索"):
        assert words in entry.inner_text()
    twins = tab.locator(".shelf .twins")
    assert twins.count() == 1  # near-duplicates stand together
    assert twins.locator("summary").inner_text().startswith("内容几乎相同")
    tab.locator("#pane input[type=search]").fill("特朗普归来")
    assert tab.locator(".shelf > li:visible").count() == 1
    entry.locator("input").check()
    tab.locator(".ask-these button").click()
    tab.locator("#scope-line", has_text="1 篇文档 · 《特朗普归来").wait_for()
    ask(tab, TARIFF)
    answered(tab)
    held = {
        render.read_citation_link(a.get_attribute("href")).document_id
        for a in tab.locator("#pane a.card").all()
    }
    assert held == {youju.document("001").id}
    tab.locator("#tab-library").click()
    tab.locator(".shelf .title", has_text="习近平底气").click()
    tab.locator("#pane .doc h2", has_text="习近平底气十足").wait_for()
    tab.locator("#pane [data-act=back]").click()
    row = tab.locator(".shelf > li", has_text="习近平底气")
    row.locator("[data-act=remove]").click()
    row.locator("[data-act=remove]", has_text="确认移除").click()
    row.wait_for(state="detached")
    assert not any("习近平底气" in d.title for d in youju.documents())


def test_one_document_or_all_are_indexed_anew_from_the_library(page_at, new_tab, tmp_path):
    folder = tmp_path / "夹"
    folder.mkdir()
    (folder / "甲.md").write_text("# 甲文\n\n水库有七座。", "utf-8")
    (folder / "乙.md").write_text("# 乙文\n\n铁路有三条。", "utf-8")
    youju, address = page_at(home=tmp_path / "new")
    tab = visit(new_tab(), address)
    tab.locator("#pick-folder").set_input_files(folder)  # with the folder's name
    tab.locator("#jobs .job.done").wait_for()
    first = next(d for d in youju.documents() if d.title == "甲文")
    assert Path(first.file).parts[-2:] == ("夹", "甲.md")
    Path(first.file).write_text("# 甲文\n\n水库有九座。", "utf-8")
    tab.locator(".welcome", has_text="2 篇文档").wait_for()
    tab.locator("#tab-library").click()
    tab.locator(".shelf > li", has_text="甲文").locator("[data-act=reindex]").click()
    tab.locator("#jobs .job.done li", has_text="已更新").wait_for()
    assert "水库有九座" in youju.document(first.id).text  # its file was read again
    tab.locator(".shelf > li", has_text="乙文").locator("[data-act=reindex]").click()
    tab.locator("#jobs .job.done li", has_text="乙").wait_for()
    assert tab.locator("#jobs li").count() == 1
    tab.locator("[data-act=reindex-all]").click()
    tab.wait_for_function("document.querySelectorAll('#jobs .job.done li').length === 2")


def test_a_path_that_is_no_upload_is_refused(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("不该进资料库的内容。", "utf-8")
    for path in (str(secret), f"{get_upload_folder()}/../{secret}", get_upload_folder()):
        with pytest.raises(BadFileError):
            _uploads([{"name": "x.txt", "path": path}])


# --- the empty state


def test_the_empty_state_says_what_there_is_and_offers_questions_from_it(at, tab):
    visit(tab, at.address)
    told = tab.locator(".welcome").inner_text()
    for words in ("5 篇文档", "个段落", "2023-10 – 2026-03", "中文"):
        assert words in told
    questions = tab.locator(".example .q").all_inner_texts()
    assert len(questions) == 4
    assert tab.locator(".example.open-question").count() == 1
    everything = "".join(at.youju.document(d.id).text for d in at.youju.documents())
    first = questions[0].rstrip("？")
    before, after = first.split("多少", 1)
    assert before in everything
    assert after in everything
    tab.locator(".example").first.click()
    answered(tab)
    assert tab.locator("#history h2").inner_text() == questions[0]
    # The one that has no answer is answered so.
    at.says("他身高一米八。", judgement=0.1)
    tab.locator("#rail [data-act=new]").click()
    tab.locator(".example.open-question").click()
    tab.locator("#history .badge.none").wait_for()
    assert NOT_FOUND in tab.locator("#history").inner_text()
    assert tab.locator("a.chip").count() == 0


def test_an_empty_corpus_says_how_to_add_documents(page_at, new_tab, tmp_path):
    _, address = page_at(home=tmp_path / "empty")
    tab = visit(new_tab(), address)
    told = tab.locator(".welcome").inner_text()
    assert "资料库还是空的" in told
    assert "youju add" in told
    tab.locator("#pick-files").set_input_files(
        {"name": "报告.md", "mimeType": "text/markdown", "buffer": "# 报告\n\n正文一句。".encode()}
    )
    tab.locator("#jobs .job.done").wait_for()
    tab.locator(".welcome", has_text="1 篇文档").wait_for()


# --- languages, input methods, keyboard, looks


@pytest.mark.parametrize(
    ("locale", "html", "hello", "label", "placeholder"),
    [
        ("zh-TW", "zh-Hant", "想查證什麼？", "篩選", "提問…"),
        ("en-GB", "en", "What would you like to check?", "Filter", "Ask in English"),
    ],
)
def test_the_page_speaks_the_browsers_language(
    at, new_tab, locale, html, hello, label, placeholder
):
    tab = visit(new_tab(locale=locale), at.address)
    assert tab.locator(".welcome h2").inner_text() == hello
    assert tab.evaluate("document.documentElement.lang") == html
    assert tab.locator("#scope > button").inner_text().startswith(label)
    assert placeholder in tab.locator("#question textarea").get_attribute("placeholder")
    # A chosen language stands for the browser's.
    tab.locator("#rail [data-act=settings]").click()
    tab.locator("#language").get_by_text("简体中文").click()
    tab.locator(".welcome h2", has_text="想查证什么？").wait_for()
    tab.locator("#scope > button", has_text="筛选").wait_for()
    tab.locator("#question textarea[placeholder^='用中文']").wait_for()


def test_enter_during_composition_does_not_send(at, tab):
    visit(tab, at.address)
    box = tab.locator("#question textarea")
    box.focus()
    ime = tab.context.new_cdp_session(tab)
    ime.send("Input.imeSetComposition", {"text": "guan", "selectionStart": 4, "selectionEnd": 4})
    for extra in ("isComposing: true", "keyCode: 229"):
        box.evaluate(
            "e => e.dispatchEvent(new KeyboardEvent('keydown',"
            f" {{ key: 'Enter', bubbles: true, cancelable: true, {extra} }}))"
        )
    tab.wait_for_timeout(500)
    assert tab.locator(".turn").count() == 0
    assert box.input_value() == "guan"
    ime.send("Input.insertText", {"text": "关税"})
    box.press("Shift+Enter")
    assert box.input_value() == "关税\n"
    box.fill(TARIFF)
    box.press("Enter")
    answered(tab)


def test_everything_is_done_by_keyboard_alone(at, tab):
    visit(tab, at.address)
    tab.wait_for_function("document.activeElement.matches('#question textarea')")
    tab.keyboard.type(TARIFF)
    tab.keyboard.press("Enter")
    answered(tab)
    tab_to(tab, "#history a.chip", back=True)
    tab.locator("#tip").wait_for()
    tab.keyboard.press("Enter")
    tab.locator("#pane mark.cited").first.wait_for()
    tab_to(tab, "#history [data-act=copy]")
    tab_to(tab, "#history [data-act=retry]")
    tab_to(tab, "#question textarea")
    tab_to(tab, "#scope > button")
    tab.keyboard.press("Enter")
    tab_to(tab, "#scope-documents input")
    tab_to(tab, "#tab-sources")
    tab.keyboard.press("ArrowRight")
    tab.wait_for_function("document.activeElement.id === 'tab-library'")
    tab.locator(".shelf").wait_for()
    tab_to(tab, ".shelf input[type=checkbox]")
    tab.keyboard.press("Space")
    tab_to(tab, ".ask-these button")
    tab.keyboard.press("Enter")
    tab.locator("#scope-line", has_text="1 篇文档").wait_for()
    tab_to(tab, "#rail [data-act=settings]", back=True)
    tab.keyboard.press("Enter")
    tab.wait_for_function("document.activeElement.closest('#drawer')")
    for _ in range(20):  # the drawer holds the focus
        tab.keyboard.press("Tab")
        assert tab.evaluate("!document.activeElement.closest('#main, #rail, #pane')")
    tab.keyboard.press("Escape")
    tab.wait_for_function("!document.body.matches('.drawer-open')")
    tab.locator("#history h2").first.click()  # from where nothing is written
    tab.keyboard.press("/")
    tab.wait_for_function("document.activeElement.matches('#question textarea')")


def tab_to(tab, selector, *, back=False):
    """Press Tab until an element has the focus, which is seen."""
    for _ in range(80):
        tab.keyboard.press("Shift+Tab" if back else "Tab")
        if tab.evaluate("s => document.activeElement.matches(s)", selector):
            return
    raise AssertionError(f"{selector} is not reached")


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_light_and_dark_phone_and_desktop_and_nothing_keeps_anybody_out(at, new_tab, viewport):
    talk_with(at.youju, made_turn(at.youju), title="样子")
    tab = visit(new_tab(color_scheme="light", viewport=viewport), at.address)
    phone = viewport is PHONE

    def fits():
        """Nothing stands out of the page; and the axe checker has no serious complaint."""
        assert tab.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
        assert out_of_the_window(tab) == []
        for scheme in ("dark", "light"):  # the system's, also while the page is open
            tab.emulate_media(color_scheme=scheme)
            dark = "true" if scheme == "dark" else "false"
            tab.wait_for_function(f"document.body.matches('.dark') === {dark}")
            tab.wait_for_timeout(250)  # what fades
            background = tab.evaluate("getComputedStyle(document.body).backgroundColor")
            bright = sum(map(int, re.findall(r"\d+", background)[:3])) > 380
            assert bright == (scheme == "light")
            assert serious_in(tab) == [], scheme

    def menu():
        if phone:
            tab.locator("[data-act=menu]").click()

    fits()
    menu()
    open_talk(tab, "样子")
    pane = tab.locator("#pane")
    assert pane.is_visible() != phone
    fits()
    tab.locator("#history a.chip").first.click()
    tab.locator("#pane mark.cited.flash").first.wait_for()
    tab.wait_for_timeout(400)
    box = pane.bounding_box()
    if phone:  # a sheet from below
        assert (box["x"], box["width"]) == (0, viewport["width"])
        assert box["y"] > 60
        fits()
        tab.locator("[data-act=pane-close]").click()
        pane.wait_for(state="hidden")
    else:
        assert box["x"] > viewport["width"] / 2
    menu()
    tab.locator("#rail [data-act=library]").click()
    tab.locator(".shelf").wait_for()
    fits()
    if phone:
        tab.locator("[data-act=pane-close]").click()
        pane.wait_for(state="hidden")
    tab.locator("#scope > button").click()
    menu()
    tab.locator("#rail [data-act=settings]").click()
    tab.locator("#facts dl").wait_for()
    tab.wait_for_timeout(300)
    fits()


def out_of_the_window(tab):
    """What can be seen and stands out of the window at a side."""
    return tab.evaluate(
        """() => [...document.querySelectorAll('#main *, #pane *, #drawer *')].filter((e) => {
          const box = e.getBoundingClientRect();
          return box.width > 1 && box.height > 1 && e.checkVisibility({ visibilityProperty: true })
            && (box.right > innerWidth + 1 || box.left < -1);
        }).map((e) => e.outerHTML.slice(0, 120))"""
    )


# --- settings and feedback


def test_the_drawer_shows_what_answered_and_changes_it(page_at, new_tab, endpoint):
    endpoint.reply = lambda _: SAYS
    youju, address = page_at()
    tab = visit(new_tab(), address)
    ask(tab, TARIFF)
    answered(tab)
    tab.locator("#rail [data-act=settings]").click()
    facts = tab.locator("#facts")
    facts.get_by_text("scripted", exact=False).first.wait_for()
    told = facts.inner_text()
    for words in (endpoint.url, "5 篇文档", "multilingual-e5-small", "7 词元", "3 词元", "秒"):
        assert words in told
    assert tab.locator("#endpoint textarea, #endpoint input").first.input_value() == endpoint.url
    tab.locator("#model textarea, #model input").first.fill("another")
    tab.locator("#apply").click()
    facts.get_by_text("another", exact=False).first.wait_for()
    tab.locator("[data-act=settings-close]").click()
    ask(tab, TARIFF)
    answered(tab, 2)
    assert tab.locator(".took").nth(1).inner_text().endswith("another")
    assert youju.settings.model == "scripted"  # of the home itself
    assert tab.locator("[data-act=good]").count() == 0  # no log of what readers think is kept

    # How strict: what is not supported is left out, or kept and marked, and never cited.
    endpoint.reply = lambda _: f"{SAYS}火星上有三座关税博物馆。"
    ask(tab, TARIFF)
    answered(tab, 3)
    assert "博物馆" not in tab.locator("#history .turn").nth(2).inner_text()
    tab.locator("#rail [data-act=settings]").click()
    tab.locator("#strictness").get_by_text("保留并标出").click()
    tab.locator("#passages input[type=range]").press("ArrowRight")
    tab.locator("[data-act=settings-close]").click()
    endpoint.pause = 0.2
    ask(tab, TARIFF)
    tab.locator("#live .stages", has_text="已读 9 个段落").wait_for()
    answered(tab, 4)
    marked = tab.locator("#history .turn").nth(3).locator(".sentence.unsupported")
    assert "博物馆" in marked.inner_text()
    assert marked.locator("a.chip").count() == 0


def test_thumbs_say_where_what_is_thought_goes(at, tab):
    visit(tab, at.address)
    ask(tab, TARIFF)
    answered(tab)
    for thumb in ("good", "bad"):  # said before anything is logged
        assert "写入本机" in tab.locator(f"#history [data-act={thumb}]").get_attribute("title")
    tab.locator("#history [data-act=bad]").click()
    form = tab.locator(".why-bad")
    assert "写入本机的评价记录" in form.inner_text()
    form.get_by_text("引用不支持这句话").click()
    form.locator("textarea").fill("引的是另一句")
    form.locator("button.primary").click()
    tab.locator("#history [data-act=bad][aria-pressed=true]").wait_for()
    tab.reload()
    tab.locator("#history [data-act=bad][aria-pressed=true]").wait_for()
    kept = [json.loads(x) for x in at.youju.settings.feedback_log.read_text("utf-8").splitlines()]
    assert TARIFF in json.dumps(kept[-1], ensure_ascii=False)
    assert kept[-1]["reason"] == "source: 引的是另一句"


# --- many readers


def test_who_comes_later_reads_the_evidence_at_once_and_sees_the_place_in_the_line(
    page_at, new_tab, endpoint
):
    endpoint.reply = lambda _: SAYS * 30
    endpoint.pause = 0.2
    _, address = page_at(turns=1)
    first, second = visit(new_tab(), address), visit(new_tab(), address)
    ask(first, TARIFF)
    first.locator("#live .draft").wait_for()
    ask(second, TARIFF)
    second.locator("#live a.evidence").wait_for()
    second.locator("#live .now", has_text="排队等候写作，第 1 位").wait_for()
    first.locator("#question .stop-button").click()  # frees the slot
    second.locator("#live .draft").wait_for()
    second.locator("#question .stop-button").click()
    second.locator("#history .stopped .badge").wait_for()


# --- what can go wrong


def test_nothing_of_a_document_or_a_model_runs_in_the_browser_and_a_failing_model_is_said(
    page_at, new_tab, endpoint, tmp_path
):
    bad = (
        '<img src=x onerror="window.hacked=1"><script>window.hacked=2</script> '
        "[点我](javascript:window.hacked=3) ${window.hacked=4} {{hacked}}"
    )
    path = tmp_path / "bad.md"
    path.write_text(f"# 公告{bad}\n\n量子公告内容是 {bad} 并且价格为42元。", "utf-8")
    youju, address = page_at()
    youju.add(path)
    endpoint.reply = lambda _: f"量子公告价格为42元。{bad}"
    tab = visit(new_tab(), address)
    ask(tab, f"量子公告的价格为多少元？{bad}")
    answered(tab)
    tab.locator("#history a.chip, #history a.nearest").first.click()
    tab.locator("#pane mark.cited").first.wait_for()
    tab.locator("#tab-library").click()
    tab.locator(".shelf").wait_for()
    tab.wait_for_timeout(300)
    assert tab.evaluate("window.hacked") is None
    assert tab.locator("img[src=x]").count() == 0
    assert tab.locator("a[href^='javascript:']").count() == 0

    endpoint.behaviour = "fails"  # it is said, with the evidence
    ask(tab, TARIFF)
    answered(tab, 2)
    last = tab.locator("#history .turn").nth(1)
    assert "125%" in last.locator(".answer").inner_text()
    assert last.locator(".error, .note").count() > 0


# --- the scope


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


def test_a_scope_is_chosen_told_and_cleared(at, tab):
    visit(tab, at.address)
    tab.locator("#scope-line", has_text="全部 5 篇文档").wait_for()
    tab.locator("#scope > button").click()
    choose(tab, "documents", "习近平底气十足")
    tab.locator("#scope-line", has_text="1 篇文档 · 《习近平底气十足").wait_for()
    at.says(SAYS, judgement=0.1)
    ask(tab, TARIFF)
    tab.locator("#history .badge.none").wait_for()
    nearest = [a.get_attribute("href") for a in tab.locator("#history a.nearest").all()]
    shown = {render.read_citation_link(link).document_id for link in nearest}
    assert shown == {at.youju.document("004").id}
    tab.locator("#scope-clear").click()
    tab.locator("#scope-line", has_text="全部 5 篇文档").wait_for()
    assert tab.locator("#scope-clear").is_hidden()

    # A date that is none, and a scope without documents: said, and no model is asked.
    turns = tab.locator(".turn").count()
    at.endpoint.prompts.clear()
    write_date(tab, "since", "soon")
    tab.locator("#scope-line", has_text="“soon” 不是日期；请写 2025").wait_for()
    ask(tab, TARIFF)
    tab.get_by_text("“soon” 不是日期").nth(1).wait_for()
    write_date(tab, "since", "2030")
    tab.locator("#scope-line .error", has_text="没有文档在这个范围里").wait_for()
    ask(tab, TARIFF)
    tab.wait_for_timeout(500)
    assert tab.locator(".turn").count() == turns
    assert at.endpoint.prompts == []
    assert tab.locator("#question textarea").input_value() == TARIFF  # nothing is lost


# --- the page as served


def test_the_page_needs_no_other_host_and_is_painted_soon(at, tab):
    response = tab.goto(at.address)  # a request to another host would fail the test: new_tab
    for directive in ("default-src 'self'", "frame-ancestors 'none'"):
        assert directive in response.headers["content-security-policy"]
    tab.locator(".welcome").wait_for()
    # Characters are drawn in fonts of the reader's system: none is loaded.
    assert tab.evaluate("[...document.fonts].filter((f) => f.status !== 'unloaded').length") == 0
    fonts = tab.locator(".welcome h2").evaluate("e => getComputedStyle(e).fontFamily")
    for name in ("PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "sans-serif"):
        assert name in fonts

    tab.goto("about:blank")  # what follows is a reader's second visit
    started = time.monotonic()
    tab.goto(at.address)
    tab.locator(".welcome").wait_for()
    seconds = time.monotonic() - started
    painted = tab.evaluate(
        "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0"
    )
    print(f"first contentful paint {painted / 1000:.2f} s, the empty state after {seconds:.2f} s")
    assert painted / 1000 < 6  # python -m tests.start_up measures it alone: 2 s is the bar
