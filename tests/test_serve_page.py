"""The page within `youju serve`."""

import httpx
import pytest

from rag.errors import SettingsError
from rag.settings import Settings
from rag.web.page import launch, mount, serve
from tests.serving import serving
from vectorstore.accounts import Accounts

PASSWORD = "correct horse battery"


@pytest.mark.parametrize("given", [{"host": "0.0.0.0"}, {"host": "::"}, {"require_login": True}])
def test_the_chat_page_is_served_to_nobody_else(tmp_path, given):
    with pytest.raises(SettingsError, match="youju serve --host"):
        serve(None, Settings(home=tmp_path, **given), open_browser=False, say=print)


def test_the_chat_page_minds_who_asks_as_the_server_does(youju):
    page, address = launch(youju, host="127.0.0.1", port=0)
    join = f"{address}gradio_api/queue/join"
    with httpx.Client() as client:
        assert client.get(address).status_code == 200
        assert client.get(address, headers={"Host": "evil.example"}).status_code == 421
        for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
            assert client.post(join, json={}, headers=headers).status_code == 403
        assert client.post(join, json={}).status_code == 422
    page.close()


def test_the_page_is_at_the_root_and_takes_no_other_path(youju):
    with serving(youju, mount_page=mount) as url, httpx.Client(base_url=url) as client:
        page = client.get("/")
        assert page.status_code == 200
        assert "gradio" in page.text
        assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
        assert client.get("/config").json()["components"]
        assert client.get("/healthz").text == "ok\n"
        assert client.get("/api/documents").json()["total"] == 5
        assert client.get("/v1/models").json()["data"]
        assert client.get("/api/nothing").json()["error"]["type"] == "not_found"


@pytest.fixture
def accounts(tmp_path):
    accounts = Accounts(tmp_path / "accounts.db", cost=16)
    accounts.add("ada", PASSWORD, "reader")
    yield accounts
    accounts.close()


def test_nothing_of_the_page_is_seen_without_a_log_in(youju, accounts):
    with (
        serving(youju, accounts=accounts, mount_page=mount) as url,
        httpx.Client(base_url=url, headers={"Accept": "text/html"}) as client,
    ):
        assert client.get("/").headers["location"] == "/login?to=/"
        assert client.get("/config").status_code == 303
        assert client.post("/gradio_api/queue/join", json={}).status_code == 401
        client.post("/login", data={"name": "ada", "password": PASSWORD})
        assert "gradio" in client.get("/").text
        assert client.get("/config").status_code == 200
