"""Who may come in."""

import subprocess
import sys

import httpx
import pytest

from rag.errors import SettingsError
from rag.serve.commands import accounts_wanted
from rag.serve.gate import COOKIE
from rag.serve.limits import Rate
from rag.settings import Settings
from tests.serving import serving
from vectorstore.accounts import FAILURES, Accounts

ADA, BOB = "correct horse battery", "another long password"
QUESTION = {"question": "王毅访美期间会见了谁？"}


class Clock:
    def __init__(self):
        self.seconds = 1_000_000.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def accounts(tmp_path, clock):
    accounts = Accounts(tmp_path / "accounts.db", now=clock, cost=16)
    accounts.add("ada", ADA, "editor")
    accounts.add("bob", BOB, "reader")
    yield accounts
    accounts.close()


@pytest.fixture
def served(youju, accounts):
    with serving(youju, accounts=accounts) as url:
        yield url


@pytest.fixture
def browser_of(served):
    """A client that keeps cookies, as a browser does."""
    opened = []

    def open_(name=None, password=""):
        opened.append(httpx.Client(base_url=served, headers={"Accept": "text/html"}, timeout=30))
        if name:
            sent = opened[-1].post("/login", data={"name": name, "password": password})
            assert sent.status_code == 303
        return opened[-1]

    yield open_
    for client in opened:
        client.close()


def bearer(key):
    return {"Authorization": f"Bearer {key}"}


# --- the address


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org"])
def test_no_address_but_loopback_is_served_without_users(tmp_path, host):
    with pytest.raises(SettingsError, match="youju user add"):
        accounts_wanted(Settings(home=tmp_path, host=host))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.8.9.10"])
def test_loopback_asks_for_no_log_in_unless_told_to(tmp_path, host):
    assert accounts_wanted(Settings(home=tmp_path, host=host)) is None
    with pytest.raises(SettingsError):
        accounts_wanted(Settings(home=tmp_path, host=host, require_login=True))


def test_the_command_says_so_and_ends(tmp_path):
    ended = subprocess.run(
        [sys.executable, "-m", "rag.cli", "serve", "--home", str(tmp_path), "--host", "0.0.0.0"],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 2
    assert "youju user add NAME" in ended.stderr


def test_on_loopback_another_name_for_this_machine_is_turned_away(youju):
    with serving(youju) as url:
        port = url.rpartition(":")[2]
        for host, status in (
            (f"127.0.0.1:{port}", 200),
            (f"localhost:{port}", 200),
            ("localhost:1", 421),  # as `tests/test_serve_origin.py` has it, form by form
            (f"[::1]:{port}", 421),
            ("evil.example", 421),
            ("127.0.0.1.evil.example", 421),
            ("", 421),
        ):
            got = httpx.get(f"{url}/api/documents", headers={"Host": host})
            assert got.status_code == status, host


# --- coming in


def test_nothing_but_health_and_log_in_is_open(served):
    for path in ("/api/documents", "/v1/models", "/metrics", "/mcp", "/api/docs", "/", "/config"):
        got = httpx.get(served + path)
        assert got.status_code == 401, path
        assert got.headers["www-authenticate"] == "Bearer"
    for path in ("/healthz", "/readyz", "/login"):
        assert httpx.get(served + path).status_code in {200, 503}, path


def test_a_browser_is_sent_to_the_log_in_and_back(browser_of, served):
    browser = browser_of()
    sent = browser.get("/api/docs")
    assert sent.headers["location"] == "/login?to=/api/docs"
    page = browser.get(sent.headers["location"])
    assert 'value="/api/docs"' in page.text
    form = {"name": "ada", "password": ADA, "to": "/api/docs"}
    logged_in = browser.post("/login", data=form, headers={"Origin": served})
    assert logged_in.headers["location"] == "/api/docs"
    cookie = logged_in.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert browser.get("/api/docs").status_code == 200


@pytest.mark.parametrize("to", ["//evil.example", "https://evil.example", "/\\evil.example", "x"])
def test_a_log_in_leads_to_no_other_host(browser_of, to):
    browser = browser_of()
    assert browser.get("/login", params={"to": to}).text.count("evil") == 0
    sent = browser.post("/login", data={"name": "ada", "password": ADA, "to": to})
    assert sent.headers["location"] == "/"


def test_a_log_out_ends_the_session_itself(browser_of):
    browser = browser_of("ada", ADA)
    token = browser.cookies[COOKIE]
    assert browser.get("/api/documents").status_code == 200
    assert browser.post("/logout").headers["location"] == "/login"
    stolen = browser_of()
    stolen.cookies[COOKIE] = token
    assert stolen.get("/v1/models", headers={"Accept": "*/*"}).status_code == 401


def test_a_session_ends_by_itself(browser_of, clock, youju):
    browser = browser_of("ada", ADA)
    clock.seconds += youju.settings.session_hours * 3600 - 1
    assert browser.get("/api/documents").status_code == 200
    clock.seconds += 2
    assert browser.get("/api/documents").headers["location"].startswith("/login")


def test_five_wrong_passwords_lock_the_name(browser_of):
    browser = browser_of()
    wrong = {"name": "ada", "password": "wrong"}
    for _ in range(FAILURES):
        assert browser.post("/login", data=wrong).status_code == 401
    locked = browser.post("/login", data={"name": "ada", "password": ADA})
    assert locked.status_code == 429
    assert "set-cookie" not in locked.headers


def test_many_log_ins_from_one_address_have_to_wait(browser_of):
    browser = browser_of()
    statuses = [
        browser.post("/login", data={"name": f"user{n}", "password": "x"}).status_code
        for n in range(12)
    ]
    assert statuses == [401] * 10 + [429] * 2


def test_an_api_key_is_let_in_and_a_wrong_one_is_not(served, accounts):
    key = accounts.add_key("bob")
    assert httpx.get(f"{served}/v1/models", headers=bearer(key)).status_code == 200
    for headers in (bearer(key + "x"), {"Authorization": f"Basic {key}"}):
        assert httpx.get(f"{served}/v1/models", headers=headers).status_code == 401


# --- what they may do


def test_a_reader_may_ask_but_not_change_anything(served, accounts, youju):
    reader = httpx.Client(base_url=served, headers=bearer(accounts.add_key("bob")), timeout=30)
    editor = httpx.Client(base_url=served, headers=bearer(accounts.add_key("ada")), timeout=30)
    id = youju.documents()[0].id
    files = [("files", ("a.txt", "湖里有九条鲤鱼。".encode()))]
    with reader, editor:
        assert reader.post("/api/search", json=QUESTION).status_code == 200
        assert reader.post("/api/documents", files=files).status_code == 403
        assert reader.delete(f"/api/documents/{id}").status_code == 403
        assert reader.post("/gradio_api/upload", files=files).status_code == 403
        assert len(youju.documents()) == 5
        assert editor.post("/api/documents", files=files).status_code == 200
        assert editor.delete(f"/api/documents/{id}").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_another_sites_page_changes_nothing_by_somebodys_cookie(
    browser_of, youju, headers, accounts, served
):
    browser = browser_of("ada", ADA)
    id = youju.documents()[0].id
    assert browser.delete(f"/api/documents/{id}", headers=headers).status_code == 403
    assert browser.post("/logout", headers=headers).status_code == 403
    assert len(youju.documents()) == 5
    by_key = bearer(accounts.add_key("ada"))  # which no browser sends by itself
    got = httpx.post(f"{served}/api/search", json=QUESTION, headers=headers | by_key, timeout=30)
    assert got.status_code == 200


def test_nor_where_nobody_logs_in(youju):
    with serving(youju) as url:
        id = youju.documents()[0].id
        headers = {"Origin": "https://evil.example"}
        assert httpx.delete(f"{url}/api/documents/{id}", headers=headers).status_code == 403
        assert httpx.delete(f"{url}/api/documents/{id}").status_code == 200


def test_who_asks_too_often_is_told_how_long_to_wait_and_nobody_else_is(open_with, accounts):
    ada, bob = bearer(accounts.add_key("ada")), bearer(accounts.add_key("bob"))
    with serving(open_with(rate_per_minute=3), accounts=accounts) as url:
        statuses = []
        for _ in range(4):
            got = httpx.post(f"{url}/api/search", json=QUESTION, headers=bob, timeout=30)
            statuses.append(got.status_code)
        assert statuses == [200, 200, 200, 429]
        assert 1 <= int(got.headers["retry-after"]) <= 20
        got = httpx.post(f"{url}/api/search", json=QUESTION, headers=ada, timeout=30)
        assert got.status_code == 200


def test_a_bucket_fills_again_with_time():
    clock = Clock()
    rate = Rate(2, now=clock)
    assert [rate.wait("a"), rate.wait("a")] == [0, 0]
    assert rate.wait("a") == pytest.approx(30)
    clock.seconds += 30
    assert rate.wait("a") == 0
    assert rate.wait("a") > 0
    assert not any(Rate(0).wait("a") for _ in range(1000))


def test_every_response_keeps_browsers_from_other_hosts_and_frames(served, browser_of):
    for got in (httpx.get(f"{served}/login"), browser_of("ada", ADA).get("/api/documents")):
        assert "default-src 'self'" in got.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in got.headers["content-security-policy"]
        assert got.headers["x-content-type-options"] == "nosniff"
        assert got.headers["cache-control"] == "no-store"


# --- the command


def test_users_are_made_listed_and_removed_by_the_command(tmp_path):
    home = tmp_path / "home"

    def youju(*args, typed=""):
        return subprocess.run(
            [sys.executable, "-m", "rag.cli", "user", *args, "--home", str(home)],
            check=False,
            input=typed,
            capture_output=True,
            text=True,
            timeout=60,
        )

    assert youju("add", "ada", "--role", "editor", typed=ADA + "\n").returncode == 0
    short = youju("add", "bob", typed="short\n")
    assert short.returncode == 2
    key = youju("key", "ada", "--label", "laptop").stdout.strip()
    listed = youju("list").stdout
    assert "ada  editor" in listed
    assert "laptop" in listed
    assert key not in listed
    accounts = Accounts(home / "accounts.db")
    assert accounts.of_key(key).name == "ada"
    id = key.split("-")[1]
    assert youju("remove-key", id).returncode == 0
    assert accounts.of_key(key) is None
    assert youju("add", "root", "--role", "admin", typed=ADA + "\n").returncode == 0
    assert "root  admin" in youju("list").stdout
    assert youju("remove", "root").returncode == 0
    assert youju("remove", "ada").returncode == 0
    assert youju("remove", "ada").returncode == 3
    assert youju("list").stdout == ""
    accounts.close()
