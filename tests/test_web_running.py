"""Answers belong to the server, not to the page that asked: in a real headless Chromium."""

import os
import signal
import subprocess
import sys

import pytest

from tests.scripted_endpoint import KEY
from tests.webpage import SAYS, TARIFF, answered, ask, open_talk, settled, visit

pytest_plugins = ("tests.webpage",)
pytestmark = pytest.mark.browser

ARMS = "特朗普政府宣布的对台军售金额是多少？"


def written(tab):
    tab.locator("#live .draft").wait_for()


# --- an answer goes on without its page


def test_a_reload_while_it_writes_follows_the_same_answer_to_its_end(at, tab):
    at.says(SAYS, pause=0.3)
    visit(tab, at.address)
    ask(tab, TARIFF)
    written(tab)
    tab.reload()
    tab.locator("#live a.evidence", has_text="125%").wait_for()
    written(tab)
    assert tab.locator("#live h2").inner_text() == TARIFF
    waited = tab.locator("#live .clock").get_attribute("data-waited")
    assert float(waited) > 0.4  # since the question, not since the reload
    answered(tab)
    assert tab.locator("#history .turn.done a.chip").count() > 0
    assert len(at.endpoint.prompts) == 2  # written once, judged once
    assert not at.endpoint.closed_early.is_set()


def test_an_answer_whose_tab_was_closed_is_there_when_another_opens_the_conversation(at, new_tab):
    at.says(SAYS, pause=0.2)
    first = visit(new_tab(), at.address)
    question = f"请问，{TARIFF}"
    ask(first, question)
    written(first)
    first.close()
    second = visit(new_tab(), at.address)
    second.locator("#rail .talk", has_text=question[:12]).first.click()
    second.locator("#head h1", has_text=question[:12]).wait_for()
    answered(second)
    assert second.locator("#history a.chip").count() > 0
    assert second.locator("#history .stopped").count() == 0


def test_a_new_conversation_lets_the_answer_go_on_and_asks_its_own_question(at, tab):
    at.says(SAYS, pause=0.3)
    visit(tab, at.address)
    ask(tab, TARIFF)
    written(tab)
    tab.locator("#rail [data-act=new]").click()
    tab.locator(".welcome").wait_for()
    assert tab.locator("#live .turn").count() == 0
    ask(tab, ARMS)
    tab.locator("#live h2", has_text=ARMS).wait_for()
    tab.locator("#question .stop-button").click()  # this one alone
    tab.locator("#history .turn.stopped").wait_for()
    tab.locator("#rail .talk", has_text=TARIFF[:12]).first.click()
    tab.locator("#head h1", has_text=TARIFF[:12]).wait_for()
    answered(tab)
    assert tab.locator("#history h2").all_inner_texts() == [TARIFF]
    assert tab.locator("#history a.chip").count() > 0


def test_stopped_answers_keep_their_evidence(at, tab):
    at.says(SAYS * 40, pause=0.3)
    visit(tab, at.address)
    ask(tab, TARIFF)
    tab.locator("#live a.evidence").wait_for()
    tab.locator("#question .stop-button").click()
    stopped = tab.locator("#history .turn.stopped")
    stopped.wait_for()
    assert "还没有写出内容" not in stopped.inner_text()
    for _ in range(2):
        assert "125%" in stopped.locator("a.nearest").first.inner_text()
        tab.reload()
        stopped.wait_for()


# --- two tabs at one conversation


def test_two_tabs_at_one_conversation_see_and_keep_each_others_answers(at, new_tab):
    first = visit(new_tab(), at.address)
    question = f"再问一次，{TARIFF}"
    ask(first, question)
    answered(first)
    second = visit(new_tab(), at.address)
    open_talk(second, question[:12])

    at.says("111亿美元", pause=0.3)
    ask(second, ARMS)
    written(second)
    # Who comes back to the first tab follows what the second has asked.
    first.evaluate("window.dispatchEvent(new Event('focus'))")
    first.locator("#live h2", has_text=ARMS).wait_for()
    assert first.locator(".stopped").count() == 0
    answered(second, 2)
    answered(first, 2)

    # Asking again from what a tab has seen takes nothing of what it has not seen.
    third = visit(new_tab(), at.address)
    open_talk(third, question[:12])
    third.locator("#history .turn").nth(1).wait_for()
    at.says(SAYS)
    ask(second, "关税的最高数字是多少？")
    answered(second, 3)
    third.locator("#history .turn").nth(1).locator("[data-act=retry]").click()
    third.locator("#history .turn").nth(2).wait_for()
    answered(third, 3)
    for tab in (first, second, third):
        tab.goto(at.address)
        settled(tab)
        open_talk(tab, question[:12])
        questions = tab.locator("#history h2").all_inner_texts()
        assert questions == [question, "关税的最高数字是多少？", ARMS]
        assert tab.locator("#history .turn.done").count() == 3


def test_one_question_at_a_time_and_the_next_one_stays_in_the_box(at, new_tab):
    at.says(SAYS, pause=0.3)
    tab = visit(new_tab(), at.address)
    ask(tab, TARIFF)
    written(tab)
    ask(tab, ARMS)
    tab.locator(".toast-body", has_text="请等这次回答结束").wait_for()
    assert tab.locator("#question textarea").input_value() == ARMS
    answered(tab)
    tab.locator("#question textarea").press("Enter")
    answered(tab, 2)


# --- before the page has been filled, and after the server was killed


def test_a_question_sent_before_the_pages_first_refresh_is_answered(at, tab):
    """What the page asks for when it is loaded comes back seconds later."""
    held = []
    tab.route(
        "**/gradio_api/run/predict*",
        lambda route: held.append(route) if len(held) < 3 else route.continue_(),
    )
    tab.goto(at.address)
    box = tab.locator("#question textarea")
    box.wait_for()
    tab.wait_for_function("window.youju")
    tab.wait_for_timeout(300)
    ask(tab, TARIFF)
    tab.wait_for_timeout(700)
    for route in held:
        route.continue_()
    tab.unroute("**/gradio_api/run/predict*")
    answered(tab)
    assert tab.locator("#history h2").all_inner_texts() == [TARIFF]
    assert tab.locator("#history a.chip").count() > 0


def test_what_a_killed_server_was_answering_is_shown_as_interrupted_with_its_evidence(
    seed_home, endpoint, new_tab
):
    endpoint.reply = lambda _: SAYS * 100
    endpoint.pause = 0.3
    environment = {
        **os.environ, "OPENAI_BASE_URL": endpoint.url, "OPENAI_API_KEY": KEY,
        "YOUJU_MODEL": "scripted",
    }  # fmt: skip
    tab = new_tab()

    def start():
        server = subprocess.Popen(
            [sys.executable, "-m", "rag.cli", "chat", "--home", str(seed_home), "--port", "0"],
            env=environment, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        line = next(line for line in server.stderr if "http://" in line)
        return server, line.split("http://")[1].split()[0]

    server, address = start()
    try:
        visit(tab, f"http://{address}")
        ask(tab, TARIFF)
        written(tab)
        server.send_signal(signal.SIGKILL)
        server.wait(20)
        server, address = start()
        visit(tab, f"http://{address}")
        tab.locator("#rail .talk").first.click()
        turn = tab.locator("#history .turn")
        turn.wait_for()
        assert "中途停止" in turn.locator(".badge").inner_text()
        assert turn.locator("h2").inner_text() == TARIFF
        assert "125%" in turn.locator("a.nearest").first.inner_text()
        assert turn.locator("[data-act=retry]").is_visible()
    finally:
        server.kill()
        server.wait(20)
