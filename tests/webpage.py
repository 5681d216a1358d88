"""What the browser tests share: a page over the seeds, tabs that watch themselves, deeds.

PYTEST_DONT_REWRITE: loaded as a plugin and imported as a module; its asserts say what is wrong.
"""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rag.build import Youju
from rag.model import Answer, Citation, Sentence
from rag.settings import Settings
from rag.web.page import launch
from tests.scripted_endpoint import KEY, ScriptedEndpoint
from vectorstore.conversations import Conversations, Turn

TARIFF = "中方把美国输华产品关税最高加到了多少？"
HOTEL = "王毅访美期间住在哪家酒店？"
SAYS = "中方将美国输华产品关税加至125%。"
NOT_FOUND = "资料里没有找到这个问题的答案"
DESKTOP = {"width": 1360, "height": 850}
PHONE = {"width": 360, "height": 740}


@pytest.fixture(scope="session")
def site(_seed_home, tmp_path_factory):
    """One home, one page and one endpoint for the tests that change none of the documents."""
    home = Path(shutil.copytree(_seed_home, tmp_path_factory.mktemp("site") / "home"))
    with ScriptedEndpoint().running() as endpoint:
        settings = Settings(
            home=home, base_url=endpoint.url, api_key=KEY, model="scripted", deadline=30.0,
            feedback_log=home / "feedback.jsonl",
        )  # fmt: skip
        with Youju(settings) as youju:
            youju.search(TARIFF)
            page, address = launch(youju, host="127.0.0.1", port=0)
            yield Site(youju, endpoint, address)
            page.close()


class Site:
    def __init__(self, youju, endpoint, address):
        self.youju, self.endpoint, self.address = youju, endpoint, address

    def says(self, text=SAYS, judgement=0.9, pause=0.0, judging=0.0):
        self.endpoint.reply = lambda _: text
        self.endpoint.judgement, self.endpoint.judging = judgement, judging
        self.endpoint.pause = pause
        self.endpoint.behaviour = "well"
        self.endpoint.prompts.clear()
        self.endpoint.closed_early.clear()


@pytest.fixture
def at(site):
    site.says()
    return site


@pytest.fixture
def page_at(open_with):
    """A page over a home of the test's own."""
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
def new_tab(browser):
    contexts = []

    def open_(**given):
        context = browser.new_context(**{"viewport": DESKTOP, "locale": "zh-CN", **given})
        contexts.append(context)
        tab = context.new_page()
        tab.set_default_timeout(30_000)
        tab.foreign, tab.errors = [], []
        tab.on("request", lambda r: tab.foreign.append(r.url) if _is_foreign(r.url) else None)
        tab.on("pageerror", lambda error: tab.errors.append(str(error)))
        return tab

    yield open_
    for tab in [tab for context in contexts for tab in context.pages]:
        assert tab.foreign == [], "the page asked another host"
        assert tab.errors == [], "the page's script failed"
    for context in contexts:
        context.close()


def _is_foreign(url):
    return not url.startswith(("http://127.0.0.1", "data:", "blob:", "file:"))


@pytest.fixture
def tab(new_tab):
    return new_tab()


def visit(tab, address):
    tab.goto(address)
    return settled(tab)


def settled(tab):
    """The page when it can be used."""
    tab.locator("#history .conversation").wait_for()
    tab.wait_for_function("window.youju && document.querySelector('#pane[role]')")
    return tab


def ask(tab, question):
    box = tab.locator("#question textarea")
    box.fill(question)
    box.press("Enter")


def answered(tab, count=1):
    tab.locator("#history .turn .acts").nth(count - 1).wait_for()
    tab.locator("#live .turn").wait_for(state="detached")


def talk_with(youju, *turns, title="对话"):
    kept = Conversations(youju.settings.home / "conversations.db")
    id = kept.begin("", title)
    for turn in turns:
        kept.append("", id, turn)
    kept.close()
    return id


def a_week_passes(home):
    """All conversations of a home were held a week ago."""
    before = (datetime.now(UTC) - timedelta(days=7)).isoformat()
    with closing(sqlite3.connect(home / "conversations.db", isolation_level=None)) as db:
        db.execute("UPDATE conversations SET changed = ?", [before])
        db.execute("UPDATE turns SET turn = json_set(turn, '$.asked', ?)", [before])


def open_talk(tab, title):
    tab.locator("#rail .talk", has_text=title).first.click()
    tab.locator("#head h1", has_text=title).wait_for()
    tab.locator("#history .turn").first.wait_for()


def made_turn(youju, **given):
    """An answer with two sides, a quotation, and a part that stays open; from real characters."""
    document = youju.document("001")
    at = document.text.index("中方将美国输华产品关税加至125%")
    other = youju.document("004")
    there = other.text.index("中国政府称这次对话是")
    citations = (
        Citation(
            marker=1, document_id=document.id, title=document.title, outlet=document.outlet,
            published=document.published, spans=((at, at + 19),), inferred=True,
            quote=document.text[at : at + 19],
        ),
        Citation(
            marker=2, document_id=other.id, title=other.title, outlet=other.outlet,
            published=other.published, spans=((there, there + 25),),
            quote=other.text[there : there + 25],
        ),
    )  # fmt: skip
    sentences = (
        Sentence(text="中方加至125%。", markers=(1,), support="supported", reason=""),
        Sentence(text="通话务实。", markers=(2,), support="partial", reason="只提到了通话"),
        Sentence(
            text="中方加至125%。", markers=(1,), support="supported", reason="",
            side="国际问题研究，2026-03",
        ),
        Sentence(
            text="双方称之为双赢。", markers=(2,), support="quoted", reason="not in the source: 3",
            side="纽约时报中文网，2025-09-19",
        ),
        Sentence(text="第三方反对。", markers=(2,), support="unsupported", reason="no source"),
    )  # fmt: skip
    answer = Answer(
        question="各方怎么说？", understood_as="各方对关税怎么说？", text="…", outcome="partial",
        sentences=sentences, citations=citations, hits=tuple(youju.search(TARIFF, 6)),
        model="made", missing=("何时生效",), note="截至2026年3月。",
    )  # fmt: skip
    turn = Turn(
        question="各方怎么说？", state="done", asked="2026-01-01T00:00:00+00:00", answer=answer,
        texts={document.id: document.sha256, other.id: other.sha256},
    )  # fmt: skip
    return replace(turn, **given)


def watch(tab, selector, value):
    """Begin to note what an element comes to say; return what gives all of it, in order.

    Args:
        tab: Where it stands.
        selector: Of the element, which may come and go.
        value: A function of the script: what it says.
    """
    tab.evaluate(
        """([selector, value]) => {
          window.noted = [];
          const say = eval(value);
          const look = () => {
            const at = document.querySelector(selector);
            const said = at && say(at);
            if (said && window.noted.at(-1) !== said) window.noted.push(said);
          };
          new MutationObserver(look).observe(document.body, {
            childList: true, subtree: true, characterData: true, attributes: true });
        }""",
        [selector, value],
    )
    return lambda: tab.evaluate("window.noted")


def drop(tab, selector, *paths):
    """Drop files and folders of the disk on an element, as a hand does."""
    box = tab.locator(selector).bounding_box()
    hand = tab.context.new_cdp_session(tab)
    files = [str(path) for path in paths]
    for type in ("dragEnter", "dragOver", "drop"):
        hand.send(
            "Input.dispatchDragEvent",
            {
                "type": type,
                "x": box["x"] + box["width"] / 2,
                "y": box["y"] + box["height"] / 2,
                "data": {"items": [], "files": files, "dragOperationsMask": 1},
            },
        )


def serious_in(tab):
    """What the axe checker finds serious or critical: rule, impact, elements."""
    from axe_playwright_python.sync_playwright import Axe

    return [
        (v["id"], v["impact"], [node["html"][:160] for node in v["nodes"]][:4])
        for v in Axe().run(tab).response["violations"]
        if v["impact"] in {"serious", "critical"}
    ]
