"""Whose key goes where, and who may say where questions and documents go."""

import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from llama_index.core.schema import NodeWithScore, TextNode
from pydantic import SecretStr

from rag.build import Youju
from rag.embed import embed_question, make_embedding
from rag.errors import SettingsError, YoujuError
from rag.llm import make_chat_model
from rag.rerank import make_reranker
from rag.settings import Settings
from rag.turns import Turns
from rag.web.desk import Asked, Desk, Visitor
from rag.web.page import mount
from rag.web.words import words_in
from tests.coroutines import run
from tests.scripted_endpoint import KEY, ScriptedEndpoint
from tests.serving import serving
from tests.test_web_users import log_in
from tests.webpage import SAYS, TARIFF, answered, ask, visit
from vectorstore.accounts import Accounts

pytest_plugins = ("tests.webpage",)
PASSWORD = "correct horse battery"
T = words_in("zh-Hans")
ANYBODY = Visitor(reader="", may_edit=True, t=T, session="one")
EDITOR = Visitor(reader="ed", may_edit=True, t=T, session="two")
ADMIN = Visitor(reader="root", may_edit=True, may_administer=True, t=T, session="three")


@pytest.fixture
def other():
    with ScriptedEndpoint().running() as other:
        other.reply = lambda _: SAYS
        yield other


@pytest.fixture
def desk_with(open_with, endpoint):
    endpoint.reply = lambda _: SAYS

    desks = []

    def open_(**given):
        desks.append(Desk(open_with(**given), Turns(1), Youju))
        return desks[-1]

    yield open_
    for desk in desks:
        desk.close()


def asked(desk, v=ANYBODY):
    desk.ask(v, "", Asked(question=TARIFF))

    async def all_of_it():
        return [s async for s in desk.follow(v)]

    run(all_of_it())


def key_of(desk):
    key = desk.settings.api_key
    return key.get_secret_value() if key else None


# --- a key belongs to its address


def test_a_new_address_is_not_sent_the_key_of_the_old_one(desk_with, endpoint, other):
    desk = desk_with()
    left = desk.use_model(ANYBODY, other.url, "scripted", "")
    assert left
    asked(desk)
    assert other.keys
    assert not [key for key in other.keys if KEY in str(key)]
    assert endpoint.keys == []


def test_a_key_that_is_given_with_an_address_goes_there_and_no_further(desk_with, other):
    desk = desk_with()
    assert not desk.use_model(ANYBODY, other.url, "scripted", KEY)
    asked(desk)
    assert set(other.keys) == {f"Bearer {KEY}"}
    assert desk.use_model(ANYBODY, "http://127.0.0.1:1/v1", "scripted", "")
    assert key_of(desk) is None


def test_back_at_the_configured_address_its_key_is_used_again(desk_with, endpoint, other):
    desk = desk_with()
    desk.use_model(ANYBODY, other.url, "scripted", "another key")
    assert not desk.use_model(ANYBODY, endpoint.url, "scripted", "")
    assert key_of(desk) == KEY
    desk.use_model(ANYBODY, other.url, "scripted", "")
    assert key_of(desk) is None  # what was typed there once is forgotten


@pytest.mark.parametrize(
    ("address", "keeps"),
    [
        ("https://model.example/v1", True),
        ("https://model.example:443/v2/", True),
        ("HTTPS://Model.Example/v1", True),
        ("http://model.example/v1", False),
        ("https://model.example:8443/v1", False),
        ("https://model.example.evil.example/v1", False),
        ("https://evil.example/model.example/v1", False),
        ("https://model.example./v1", False),
        ("http://model.example:443/v1", False),
        ("", False),
    ],
)
def test_an_address_is_its_scheme_host_and_port(desk_with, address, keeps):
    desk = desk_with(base_url="https://model.example/v1", local_model="none")
    desk.use_model(ANYBODY, address, "m", "")
    assert key_of(desk) == (KEY if keeps else None)


@pytest.mark.parametrize(
    "address",
    [
        "https://model.example@evil.example/v1",
        "https://model.example:x@evil.example/v1",
        "https://evil.example\\@model.example/v1",
        "https://model.example\\.evil.example/v1",
        "https://model。example/v1",
        "https://model.example:99999/v1",
        "ftp://model.example/v1",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "//model.example/v1",
        "model.example/v1",
        "https://",
        "https:// model.example/v1",
    ],
)
def test_what_is_no_plain_address_is_refused(desk_with, address):
    desk = desk_with(base_url="https://model.example/v1")
    with pytest.raises(YoujuError, match="https://"):
        desk.use_model(ANYBODY, address, "m", "")
    assert desk.settings == desk.youju.settings


def test_a_stray_key_goes_to_no_address_that_is_given_later(desk_with, other):
    desk = desk_with(base_url=None, local_model="none")
    desk.use_model(ANYBODY, other.url, "scripted", "")
    assert key_of(desk) is None


# --- who may change it


def test_where_there_are_users_only_an_administrator_may_change_what_answers(desk_with, endpoint):
    desk = desk_with(allowed_endpoints="https://model.example")
    reader = Visitor(reader="ann", may_edit=False, t=T)
    for v in (reader, EDITOR):
        for address in ("https://model.example/v1", endpoint.url, ""):
            with pytest.raises(YoujuError):
                desk.use_model(v, address, "m", "")
        with pytest.raises(YoujuError):
            desk.change(v, top_k=9)
    desk.use_model(ADMIN, "https://model.example/v1", "m", "")
    assert desk.settings.base_url == "https://model.example/v1"
    desk.change(ADMIN, top_k=9)
    assert desk.settings.top_k == 9


@pytest.mark.parametrize(
    "address",
    [
        "https://other.example/v1",
        "http://model.example/v1",
        "https://model.example:8443/v1",
        "http://127.0.0.1:8081/v1",
        "http://localhost:8080/v1",
        "",
    ],
)
@pytest.mark.parametrize("v", [ADMIN, ANYBODY])
def test_where_addresses_are_listed_no_other_can_be_chosen(desk_with, endpoint, v, address):
    desk = desk_with(allowed_endpoints="https://model.example, http://127.0.0.1:8080")
    with pytest.raises(YoujuError, match="YOUJU_ALLOWED_ENDPOINTS"):
        desk.use_model(v, address, "m", "a key")
    for allowed in ("https://model.example/v1", "http://127.0.0.1:8080/v1", endpoint.url):
        desk.use_model(v, allowed, "m", "")
        assert desk.settings.base_url == allowed


def test_where_none_is_listed_an_administrator_can_only_go_back(desk_with, endpoint, other):
    desk = desk_with()
    for address in (other.url, "", f"{endpoint.url}/another"):
        with pytest.raises(YoujuError, match="YOUJU_ALLOWED_ENDPOINTS"):
            desk.use_model(ADMIN, address, "m", "")
    assert desk.settings == desk.youju.settings
    desk.use_model(ADMIN, endpoint.url, "another", "")
    assert (desk.settings.model, key_of(desk)) == ("another", KEY)


def test_the_addresses_that_are_allowed_are_read_from_one_line():
    given = {"YOUJU_ALLOWED_ENDPOINTS": " https://Model.example/v1 ,http://127.0.0.1:8080,"}
    settings = Settings.load(environ=given)
    assert settings.allowed_endpoints == ("https://model.example:443", "http://127.0.0.1:8080")
    assert Settings().allowed_endpoints == ()
    for wrong in ("*", "model.example", "https://a@b", "https://*.example"):
        with pytest.raises(SettingsError, match="YOUJU_ALLOWED_ENDPOINTS"):
            Settings.load(environ={"YOUJU_ALLOWED_ENDPOINTS": wrong})


# --- an endpoint that sends elsewhere


@contextmanager
def sending_elsewhere(target, status):
    """A server that answers whatever is sent with a redirect."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(status)
            self.send_header("Location", f"{target}{self.path}")
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST  # noqa: N815

        def log_message(self, *_):
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
        server.shutdown()


@contextmanager
def listening():
    """A server that only notes what arrives."""
    arrived = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            arrived.append((self.headers.get("Authorization"), body))
            self.send_error(500)

        do_GET = do_POST  # noqa: N815

        def log_message(self, *_):
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}", arrived
        server.shutdown()


def soon():
    return time.monotonic() + 10


def chat(url):
    model, _ = make_chat_model(Settings(base_url=url, api_key=KEY))
    list(model.stream([("user", "secret")], max_tokens=5, deadline=soon()))


def judge(url):
    model, _ = make_chat_model(Settings(base_url=url, api_key=KEY))
    model.probability_of_yes([("user", "secret")], yes="a", no="b", deadline=soon())


def embed(url):
    settings = Settings(embedding_base_url=url, embedding_api_key=SecretStr(KEY), deadline=5)
    embed_question(make_embedding(settings), "secret")


def rerank(url):
    settings = Settings(rerank_url=url, rerank_api_key=SecretStr(KEY))
    nodes = [NodeWithScore(node=TextNode(text=text), score=0.5) for text in ("secret", "more")]
    make_reranker(settings).postprocess_nodes(nodes, query_str="secret")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("send", [chat, judge, embed, rerank])
def test_neither_key_nor_text_follows_an_endpoint_that_sends_elsewhere(send, status):
    with listening() as (elsewhere, arrived), sending_elsewhere(elsewhere, status) as url:
        with pytest.raises(YoujuError, match=str(status)):
            send(url)
        assert arrived == []


# --- the page


@pytest.mark.browser
def test_the_page_says_that_a_new_address_has_no_key(page_at, new_tab, endpoint, other):
    endpoint.reply = lambda _: SAYS
    _, address = page_at()
    tab = visit(new_tab(), address)
    tab.locator("#rail [data-act=settings]").click()
    box = tab.locator("#endpoint textarea, #endpoint input").first
    box.fill(other.url)
    tab.locator("#apply").click()
    tab.locator(".toast-body", has_text="没有密钥").wait_for()
    tab.locator("#facts", has_text="密钥只属于").wait_for()
    tab.locator("#facts").get_by_text(other.url, exact=False).first.wait_for()
    tab.locator("[data-act=settings-close]").click()
    ask(tab, TARIFF)
    answered(tab)
    assert other.keys
    assert not [key for key in other.keys if KEY in str(key)]


@pytest.fixture
def accounts(tmp_path):
    accounts = Accounts(tmp_path / "accounts.db", cost=16)
    accounts.add("ada", PASSWORD, "admin")
    accounts.add("ed", PASSWORD, "editor")
    yield accounts
    accounts.close()


@pytest.mark.browser
def test_an_administrator_changes_the_model_at_the_page_and_an_editor_does_not(
    open_with, accounts, new_tab, other
):
    youju = open_with(allowed_endpoints=other.url)
    with serving(youju, accounts=accounts, mount_page=mount) as address:
        editor = log_in(new_tab(), address, "ed")
        editor.locator("#rail [data-act=settings]").click()
        editor.locator("#facts", has_text="ed").wait_for()
        assert editor.locator("#endpoint input, #endpoint textarea").first.is_disabled()
        assert editor.locator("#apply").count() == 0
        admin = log_in(new_tab(), address, "ada")
        admin.locator("#tab-library").click()
        admin.locator(".shelf [data-act=remove]").first.wait_for()  # all that an editor may
        admin.locator("#rail [data-act=settings]").click()
        admin.locator("#facts", has_text="ada").wait_for()
        box = admin.locator("#endpoint input, #endpoint textarea").first
        box.fill("https://evil.example/v1")
        admin.locator("#apply").click()
        admin.locator(".toast-body", has_text="YOUJU_ALLOWED_ENDPOINTS").wait_for()
        box.fill(other.url)
        admin.locator("#key input").fill(KEY)
        admin.locator("#apply").click()
        admin.locator("#facts").get_by_text(other.url, exact=False).first.wait_for()
        admin.locator("[data-act=settings-close]").click()
        ask(admin, TARIFF)
        answered(admin)
        assert set(other.keys) == {f"Bearer {KEY}"}
