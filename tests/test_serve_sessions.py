"""An open page is its user's: nobody else reads or stops what is answered there."""

import json

import httpx
import pytest

from rag.web.page import mount
from tests.scripted_endpoint import KEY
from tests.serving import serving
from tests.webpage import SAYS, TARIFF
from vectorstore.accounts import Accounts

PASSWORD = "correct horse battery"
NOTHING_PICKED = [[], [], [], [], [], "", ""]


@pytest.fixture
def accounts(tmp_path):
    accounts = Accounts(tmp_path / "accounts.db", cost=16)
    for name in ("ada", "bob"):
        accounts.add(name, PASSWORD, "reader")
    yield accounts
    accounts.close()


@pytest.fixture
def browsers(youju, accounts):
    with serving(youju, accounts=accounts, mount_page=mount) as url:
        opened = []
        for name in ("ada", "bob"):
            opened.append(httpx.Client(base_url=url, timeout=60))
            opened[-1].post("/login", data={"name": name, "password": PASSWORD})
        yield opened
        for browser in opened:
            browser.close()


def number_of(browser, element, event):
    config = browser.get("/config").json()
    (id,) = [c["id"] for c in config["components"] if c["props"].get("elem_id") == element]
    return next(d["id"] for d in config["dependencies"] if [id, event] in d["targets"])


def test_a_session_of_another_is_neither_read_nor_stopped(browsers, endpoint):
    ada, bob = browsers
    endpoint.reply = lambda _: SAYS
    endpoint.pause = 0.1
    asking, halting = (number_of(ada, "question", event) for event in ("submit", "stop"))
    session = {"session_hash": "adas", "trigger_id": None}
    following = number_of(ada, "pane", "seen_again")
    for body in (
        {"data": [TARIFF, "", *NOTHING_PICKED], "fn_index": asking, **session},
        {"data": [], "fn_index": following, **session},  # the page follows what was asked
    ):
        event = ada.post("/gradio_api/queue/join", json=body).json()["event_id"]
        if body["data"]:
            ada.get("/gradio_api/queue/data?session_hash=adas")

    for path in (
        "/gradio_api/queue/data?session_hash=adas",
        "/gradio_api/queue/data?session_hash=mine&session_hash=adas",
        "/gradio_api/queue/data?session%5Fhash=%61das",
        "/gradio_api/heartbeat/adas",
        "/gradio_api/heartbeat/%61das",
        "/gradio_api/call/any/adas",
        "/gradio_api/call/v2/any/adas",
    ):
        assert bob.get(path).status_code == 403, path
    for path, given in (
        ("/gradio_api/cancel", {"fn_index": following, "event_id": event}),
        ("/gradio_api/queue/join", {"data": [], "fn_index": halting}),
        ("/gradio_api/run/predict", {"data": [], "fn_index": halting}),
        ("/gradio_api/run/predict/", {"data": [], "fn_index": halting}),
        ("/gradio_api/component_server", {"component_id": 1, "fn_name": "x"}),
    ):
        assert bob.post(path, json={**given, **session}).status_code == 403, path
        text = json.dumps({"session_hash": "mine", **given, "y": [1]})[:-1]
        doubled = text + ', "session_hash": "adas"}'
        assert bob.post(path, content=doubled).status_code == 403, path

    with ada.stream("GET", "/gradio_api/queue/data?session_hash=adas") as events:
        told = "".join(events.iter_text())
    assert '"process_completed"' in told
    assert "125%" in told
    # Each has sessions of their own, and one that is called as a route is in nobody's way.
    for name in ("queue", "data", "gradio_api", "call", "heartbeat", "predict", "v2", ""):
        named = {"fn_index": 1, "event_id": "x", "session_hash": name}
        assert bob.post("/gradio_api/cancel", json=named).status_code == 200
    empty = {"data": [], "fn_index": halting, "session_hash": "adas"}
    assert ada.post("/gradio_api/queue/join", json=empty).status_code == 200
    assert ada.post("/gradio_api/run/predict", json=empty).status_code == 200
    assert (
        bob.post(
            "/gradio_api/cancel",
            json={**session, "session_hash": "bobs", "fn_index": 1, "event_id": "x"},
        ).status_code
        == 200
    )
    assert ada.get("/gradio_api/queue/data?session_hash=bobs").status_code == 403
    assert KEY not in told
