"""The page within `youju serve`, where readers log in: in a real headless Chromium."""

import io
import logging

import pytest

from rag.serve.logs import write_json_lines
from rag.web.page import mount
from tests.serving import serving
from tests.webpage import SAYS, TARIFF, answered, ask, serious_in, settled
from vectorstore.accounts import Accounts

PASSWORD = "correct horse battery"

pytest_plugins = ("tests.webpage",)
pytestmark = pytest.mark.browser


@pytest.fixture
def accounts(tmp_path):
    accounts = Accounts(tmp_path / "accounts.db", cost=16)
    accounts.add("ada", PASSWORD, "editor")
    accounts.add("bob", PASSWORD, "reader")
    yield accounts
    accounts.close()


@pytest.fixture
def logged():
    """What the server logs, as it does by default."""
    root, written = logging.getLogger(), io.StringIO()
    handlers, level = root.handlers[:], root.level
    write_json_lines(texts=False)
    root.handlers[0].setStream(written)
    yield written
    root.handlers[:], root.level = handlers, level


@pytest.fixture
def address(youju, endpoint, accounts):
    endpoint.reply = lambda _: SAYS
    with serving(youju, accounts=accounts, mount_page=mount) as address:
        yield address


def log_in(tab, address, name):
    if address:
        tab.goto(address)
    tab.get_by_label("用户名").fill(name)
    tab.get_by_label("密码").fill(PASSWORD)
    tab.get_by_role("button", name="登录").click()
    return settled(tab)


def test_each_reader_logs_in_and_has_conversations_of_their_own(address, new_tab, accounts, logged):
    ada = new_tab()
    ada.goto(address)
    assert serious_in(ada) == []  # the form
    log_in(ada, address, "ada")
    ask(ada, TARIFF)
    answered(ada)
    ada.locator("#history a.chip").first.click()
    ada.locator("#pane mark.cited", has_text="125%").wait_for()
    ada.locator("#tab-library").click()
    ada.locator(".shelf [data-act=remove]").first.wait_for()

    bob = log_in(new_tab(), address, "bob")
    assert bob.locator("#rail .talk").count() == 0
    bob.locator("#tab-library").click()
    bob.locator(".shelf > li").first.wait_for()
    for act in ("remove", "reindex", "reindex-all", "add-files", "add-folder"):
        assert bob.locator(f"[data-act={act}]").count() == 0
    bob.locator("#rail [data-act=settings]").click()
    bob.locator("#facts", has_text="bob").wait_for()
    assert bob.locator("#model input, #model textarea").first.is_disabled()
    assert bob.locator("#apply").count() == 0

    bob.locator("button.leave").click()
    bob.get_by_label("密码").wait_for()
    bob.goto(address)
    bob.get_by_label("密码").wait_for()  # it has ended

    # A session that ends while its page is open: said, and what was written is not lost.
    accounts.add("ada", PASSWORD, "editor")  # a new password ends the sessions of the old one
    ask(ada, "还有呢？")
    ada.locator("#apart", has_text="登录已经结束").wait_for()
    ada.locator("#apart a", has_text="重新登录").click()
    log_in(ada, "", "ada")
    ada.locator("#history a.chip").first.wait_for()
    assert ada.locator("#question textarea").input_value() == "还有呢？"

    assert '"user": "ada"' in logged.getvalue()
    for text in (TARIFF[:8], "还有呢", "125%"):
        assert text not in logged.getvalue()
