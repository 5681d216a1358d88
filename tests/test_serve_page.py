"""The page within `youju serve`."""

import httpx
import pytest

from rag.web.page import mount
from tests.serving import serving
from vectorstore.accounts import Accounts

PASSWORD = "correct horse battery"


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
