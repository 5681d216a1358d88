"""From where a request may come: no other page, whatever it sends along."""

import ipaddress
import socket
from urllib.parse import urlsplit

import httpx
import pytest

from rag.serve.gate import Gate
from rag.serve.limits import Rate
from rag.serve.origin import is_loopback
from rag.web.page import launch, mount
from tests.coroutines import run
from tests.serving import serving
from vectorstore.accounts import Accounts

PASSWORD = "correct horse battery"
HERE = ("127.0.0.1", 7860)
OWN = "http://127.0.0.1:7860"
METHODS = ("GET", "HEAD", "OPTIONS", "POST", "DELETE", "PUT")
ROUTES = (
    "/",
    "/api/documents",
    "/api/ask/stream",
    "/config",
    "/gradio_api/queue/join",
    "/gradio_api/queue/data",
    "/gradio_api/heartbeat/x",
    "/healthz",
    "/login",
    "/mcp",
    "/metrics",
    "/v1/models",
)
KEYS = ((), (("authorization", "Bearer x"),), (("authorization", "Basic eDp5"),))
FOREIGN_ORIGINS = (
    "null",
    "",
    "file://",
    "https://evil.example",
    "https://127.0.0.1:7860",
    "http://127.0.0.1",
    "http://127.0.0.1:7861",
    "http://127.0.0.2:7860",
    "http://localhost:7860",
    "http://localhost.:7860",
    "http://127.0.0.1.:7860",
    "http://127.0.0.1.evil.example:7860",
    "http://[::1]:7860",
    "http://[::ffff:127.0.0.1]:7860",
    "http://[::ffff:7f00:1]:7860",
    "http://0.0.0.0:7860",
    "http://2130706433:7860",
    "http://0x7f000001:7860",
    "http://127.1:7860",
    "http://evil@127.0.0.1:7860",
    "http://127.0.0.1:7860@evil.example",
    "http://127.0.0.1:7860/",
    "http://127.0.0.1:7860, https://evil.example",
)
FOREIGN_HOSTS = (
    "",
    "evil.example",
    "evil.example:7860",
    "127.0.0.1.evil.example:7860",
    "127.0.0.1",
    "127.0.0.1:7861",
    "127.0.0.1:07860",
    "127.0.0.1.:7860",
    "127.0.0.2:7860",
    "localhost.:7860",
    "[::1]:7860",
    "[::ffff:127.0.0.1]:7860",
    "[::ffff:7f00:1]:7860",
    "0.0.0.0:7860",
    "2130706433:7860",
    "0x7f000001:7860",
    "0x7f.0.0.1:7860",
    "0177.0.0.1:7860",
    "127.1:7860",
    "127.0.0.1:7860@evil.example",
    "evil@127.0.0.1:7860",
    "127.0.0.1:7860, evil.example",
)


@pytest.fixture
def accounts(tmp_path):
    accounts = Accounts(tmp_path / "accounts.db", cost=16)
    accounts.add("ada", PASSWORD, "editor")
    yield accounts
    accounts.close()


def status_of(*headers, method="GET", path="/api/documents", server=HERE, scheme="http", who=None):
    """What the gate answers; 200: it let the request in."""
    sent = []

    async def inside(_scope, _receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": b"",
        "scheme": scheme,
        "server": server,
        "headers": [(name.encode(), value.encode()) for name, value in headers],
    }
    run(Gate(inside, accounts=who, rate=Rate(0))(scope, None, send))
    return sent[0]["status"]


def at(host):
    return ("host", host)


def by(origin):
    return ("origin", origin)


# --- without log-ins


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("origin", FOREIGN_ORIGINS)
def test_a_page_of_another_origin_is_turned_away_by_every_method_at_every_route(origin, key):
    for method in METHODS:
        for path in ROUTES:
            got = status_of(at(HERE[0] + ":7860"), by(origin), *key, method=method, path=path)
            assert got == 403, (method, path)


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("host", FOREIGN_HOSTS)
def test_a_host_that_is_not_the_address_served_is_turned_away_everywhere(host, key):
    for method in METHODS:
        for path in ROUTES:
            for origin in ((), (by(f"http://{host}"),), (by(OWN),)):
                got = status_of(at(host), *origin, *key, method=method, path=path)
                assert got == 421, (method, path, origin)


def test_no_host_and_two_hosts_and_two_origins_are_turned_away():
    assert status_of() == 421
    assert status_of(at("127.0.0.1:7860"), at("127.0.0.1:7860")) == 421
    assert status_of(at("127.0.0.1:7860"), at("evil.example")) == 421
    assert status_of(at("127.0.0.1:7860"), by(OWN), by("https://evil.example")) == 403
    assert status_of(at("127.0.0.1:7860"), by("https://evil.example"), by(OWN)) == 403


@pytest.mark.parametrize(
    ("server", "host"),
    [
        (HERE, "127.0.0.1:7860"),
        (HERE, "localhost:7860"),
        (HERE, "LOCALHOST:7860"),
        (("127.0.0.1", 80), "127.0.0.1"),
        (("127.0.0.1", 80), "localhost:80"),
        (("::1", 7860), "[::1]:7860"),
        (("::1", 7860), "localhost:7860"),
        (("127.0.0.2", 7860), "127.0.0.2:7860"),
    ],
)
def test_the_address_served_is_let_in_and_its_own_page_too(server, host):
    for method in METHODS:
        assert status_of(at(host), method=method, server=server) == 200
        own = by(f"http://{host.lower()}")
        assert status_of(at(host), own, method=method, server=server) == 200


@pytest.mark.parametrize("key", KEYS)
def test_another_loopback_address_is_no_less_strict(key):
    there = ("127.0.0.2", 7860)
    for origin in ("https://evil.example", "http://127.0.0.1:7860", "http://localhost:7860"):
        assert status_of(at("127.0.0.2:7860"), by(origin), *key, server=there) == 403
    for host in ("127.0.0.1:7860", "localhost:7860"):
        assert status_of(at(host), *key, server=there) == 421


@pytest.mark.parametrize("key", KEYS)
def test_an_address_that_is_not_loopback_lets_nobody_in_without_log_ins(key):
    for server in (("192.168.1.5", 7860), ("0.0.0.0", 7860), ("/run/youju.sock", None), None):
        for host in ("192.168.1.5:7860", "127.0.0.1:7860", "localhost:7860"):
            assert status_of(at(host), *key, server=server) == 421


def test_an_ipv4_address_in_ipv6_is_no_loopback_whatever_python_says(monkeypatch):
    # As Python 3.13 has it.
    monkeypatch.setattr(
        ipaddress.IPv6Address,
        "is_loopback",
        property(lambda a: a.ipv4_mapped.is_loopback if a.ipv4_mapped else int(a) == 1),
    )
    assert is_loopback("::1")
    for host in ("::ffff:127.0.0.1", "::ffff:7f00:1", "[::ffff:127.0.0.1]"):
        assert not is_loopback(host)
    for server in (HERE, ("::ffff:127.0.0.1", 7860)):
        for host in ("[::ffff:127.0.0.1]:7860", "[::ffff:7f00:1]:7860"):
            assert status_of(at(host), server=server) == 421


# --- what browsers say beside the origin


def fetched(site, mode="cors", dest="empty"):
    return (("sec-fetch-site", site), ("sec-fetch-mode", mode), ("sec-fetch-dest", dest))


@pytest.mark.parametrize("site", ["cross-site", "same-site", "anything"])
@pytest.mark.parametrize("mode", ["cors", "no-cors", "websocket"])
def test_where_there_is_no_origin_the_browsers_word_counts(site, mode):
    for method in METHODS:
        for path in ROUTES:
            got = status_of(at("127.0.0.1:7860"), *fetched(site, mode), method=method, path=path)
            assert got == 403, (method, path)


def test_what_the_page_itself_asks_for_and_what_is_typed_is_let_in():
    for site in ("same-origin", "none"):
        for method in METHODS:
            assert status_of(at("127.0.0.1:7860"), *fetched(site), method=method) == 200


def test_a_link_of_another_site_opens_the_page_and_nothing_else():
    link = fetched("cross-site", "navigate", "document")
    for path in ("/", "/login", "/api/docs"):
        assert status_of(at("127.0.0.1:7860"), *link, path=path) == 200
    for path in ("/api/documents", "/config", "/gradio_api/heartbeat/x", "/metrics", "//"):
        assert status_of(at("127.0.0.1:7860"), *link, path=path) == 403
    for method in ("HEAD", "OPTIONS", "POST"):
        assert status_of(at("127.0.0.1:7860"), *link, method=method, path="/") == 403
    assert status_of(at("127.0.0.1:7860"), *link, by("null"), path="/") == 403
    for dest in ("iframe", "embed", "object", "frame"):
        framed = fetched("cross-site", "navigate", dest)
        assert status_of(at("127.0.0.1:7860"), *framed, path="/") == 403


# --- with log-ins


def test_with_log_ins_another_sites_page_reads_nothing_by_somebodys_cookie(accounts):
    cookie = ("cookie", f"youju_session={accounts.log_in('ada', PASSWORD, hours=1)}")
    host = at("docs.example")
    assert status_of(host, cookie, who=accounts) == 200
    for method in METHODS:
        for path in ROUTES:
            for said in ((by("https://evil.example"),), (by("null"),), fetched("cross-site")):
                got = status_of(host, cookie, *said, method=method, path=path, who=accounts)
                assert got == 403, (method, path, said)
    for key in KEYS:  # none of which is anybody's
        assert status_of(host, cookie, by("https://evil.example"), *key, who=accounts) == 403


@pytest.mark.parametrize(
    ("scheme", "host", "origin", "status"),
    [
        ("https", "docs.example", "https://docs.example", 200),
        ("https", "docs.example:443", "https://docs.example", 200),
        ("https", "docs.example:8443", "https://docs.example:8443", 200),
        ("https", "Docs.Example", "https://docs.example", 200),
        ("http", "docs.example", "http://docs.example", 200),
        ("http", "docs.example:80", "http://docs.example", 200),
        # A proxy that ends TLS and is not trusted to say so.
        ("http", "docs.example", "https://docs.example", 200),
        ("https", "docs.example", "http://docs.example", 403),
        ("https", "docs.example", "https://docs.example:8443", 403),
        ("https", "docs.example", "https://docs.example.", 403),
        ("https", "docs.example", "https://evil@docs.example", 403),
        ("https", "docs.example", "ftp://docs.example", 403),
        ("https", "docs.example", "null", 403),
    ],
)
def test_behind_a_proxy_the_origin_is_the_host_that_it_passes_on(
    scheme, host, origin, status, accounts
):
    cookie = ("cookie", f"youju_session={accounts.log_in('ada', PASSWORD, hours=1)}")
    got = status_of(
        at(host), by(origin), cookie, method="DELETE", scheme=scheme, server=None, who=accounts
    )
    assert got == status


def test_a_program_with_a_key_needs_no_origin_and_two_hosts_are_none(accounts):
    key = ("authorization", f"Bearer {accounts.add_key('ada')}")
    assert status_of(at("docs.example"), key, who=accounts) == 200
    assert status_of(at("docs.example"), key, by("app://client"), who=accounts) == 200
    assert status_of(at("docs.example"), at("docs.example"), key, who=accounts) == 421


# --- the servers themselves


@pytest.fixture(params=["serve", "chat"])
def address(request, youju):
    """Both ways to the page."""
    if request.param == "serve":
        with serving(youju, mount_page=mount) as url:
            yield url
    else:
        page, url = launch(youju, host="127.0.0.1", port=0)
        yield url.rstrip("/")
        page.close()


def said(address, request):
    """The first line of what a server answers to these bytes."""
    to = urlsplit(address)
    with socket.create_connection((to.hostname, to.port), timeout=10) as connection:
        connection.sendall(request.replace("\n", "\r\n").encode() + b"\r\n\r\n")
        return connection.recv(4096).split(b"\r\n")[0].decode()


def test_no_response_lets_another_origin_read_it(address):
    asked = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization",
    }
    with httpx.Client(base_url=address, timeout=30) as client:
        for origin in (None, address, "http://127.0.0.1:1", "http://localhost:1", "null"):
            for path in ("/", "/config", "/gradio_api/info", "/gradio_api/heartbeat", "/nothing"):
                for method in ("GET", "HEAD", "OPTIONS", "POST"):
                    headers = {"Origin": origin, **asked} if origin else asked
                    got = client.request(method, path, headers=headers)
                    assert not [h for h in got.headers if h.startswith("access-control")]
                    if origin not in {None, address}:
                        assert got.status_code == 403, (method, path)
                        assert "frame-ancestors 'none'" in got.headers["content-security-policy"]


def test_the_servers_mind_missing_and_doubled_hosts(address):
    host = urlsplit(address).netloc
    assert " 200 " in said(address, f"GET / HTTP/1.1\nHost: {host}\nConnection: close")
    for headers in (
        "GET / HTTP/1.0",
        "GET / HTTP/1.1",
        f"GET / HTTP/1.1\nHost: {host}\nHost: evil.example",
        f"GET / HTTP/1.1\nHost: evil.example\nHost: {host}",
        f"GET http://evil.example/ HTTP/1.1\nHost: evil.example\nX-Forwarded-Host: {host}",
    ):
        assert said(address, headers).split()[1] in {"400", "421"}, headers


def test_what_a_proxy_would_say_is_not_believed_on_loopback(address):
    host = urlsplit(address).netloc
    with httpx.Client(base_url=address, timeout=30) as client:
        headers = {"Origin": f"https://{host}", "X-Forwarded-Proto": "https"}
        assert client.post("/gradio_api/queue/join", json={}, headers=headers).status_code == 403


@pytest.mark.parametrize("kind", ["serve", "chat"])
def test_another_loopback_address_is_served_as_strictly(youju, kind):
    if kind == "chat":
        page, url = launch(youju, host="127.0.0.2", port=0)
    else:
        running = serving(youju, host="127.0.0.2", mount_page=mount)
        url = running.__enter__()
    try:
        with httpx.Client(base_url=url, timeout=30) as client:
            assert client.get("/").status_code == 200
            for key in ({}, {"Authorization": "Bearer x"}):
                headers = {"Origin": "https://evil.example", **key}
                assert client.get("/config", headers=headers).status_code == 403
                assert client.options("/config", headers=headers).status_code == 403
            assert client.get("/", headers={"Host": "localhost"}).status_code == 421
    finally:
        page.close() if kind == "chat" else running.__exit__(None, None, None)


def test_many_log_ins_have_to_wait_whatever_they_say_of_where_they_come_from(youju, accounts):
    with serving(youju, accounts=accounts) as url, httpx.Client(base_url=url) as client:
        statuses = [
            client.post(
                "/login",
                data={"name": f"user{n}", "password": "x"},
                headers={"X-Forwarded-For": f"198.51.100.{n}"},
            ).status_code
            for n in range(12)
        ]
    assert statuses == [401] * 10 + [429] * 2
