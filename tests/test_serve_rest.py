import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
import schemathesis
from hypothesis import given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection

from rag.model import join_spans
from rag.serve.app import make_app
from rag.serve.rest import safe_name
from rag.turns import Turns
from tests.serving import serving

TARIFF = "中方把美国输华产品关税最高加到了多少？"
REPLY = "中方将美国输华产品关税最高加至125%。[1]"


def events_of(lines):
    """Server-sent events as (name, data)."""
    name = None
    for line in lines:
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))


@pytest.fixture
def client(youju, endpoint):
    endpoint.reply = lambda prompt: REPLY
    with serving(youju) as url, httpx.Client(base_url=url, timeout=30) as client:
        yield client


def test_an_answer_is_the_one_that_the_library_gives(client, youju):
    body = client.post("/api/ask", json={"question": TARIFF}).raise_for_status().json()
    assert body["outcome"] == "answered"
    assert "125%" in body["text"]
    (citation, *_) = body["citations"]
    text = youju.document(citation["document_id"]).text
    assert join_spans(text, tuple(map(tuple, citation["spans"]))) == citation["quote"]


def test_a_stream_tells_evidence_first_and_ends_with_the_answer(client):
    with client.stream("POST", "/api/ask/stream", json={"question": TARIFF}) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        events = list(events_of(response.iter_lines()))
    names = [name for name, _ in events]
    assert names[0] == "evidence"
    assert names[-1] == "answer"
    told = [name for name, before in zip(names, ["", *names], strict=False) if name != before]
    assert told == ["evidence", "draft", "checking", "checked", "answer"]
    assert events[0][1]["citations"]
    assert events[-1][1]["outcome"] == "answered"


@pytest.mark.parametrize("behaviour", ["fails", "cut", "html", "error in the middle"])
def test_of_a_model_that_fails_nothing_is_shown_but_quotations(client, endpoint, behaviour):
    endpoint.behaviour = behaviour
    body = client.post("/api/ask", json={"question": TARIFF}).raise_for_status().json()
    assert {s["support"] for s in body["sentences"]} == {"quoted"}
    assert "language model" in body["note"]


def test_what_fails_before_the_evidence_is_an_error_with_its_reason(open_with):
    with serving(open_with(rerank_url="http://127.0.0.1:9")) as url:
        response = httpx.post(f"{url}/api/ask", json={"question": TARIFF})
        assert response.status_code == 503
        assert response.headers["retry-after"]
        assert response.json()["error"]["type"] == "ModelUnreachableError"
        with httpx.stream("POST", f"{url}/api/ask/stream", json={"question": TARIFF}) as stream:
            events = list(events_of(stream.iter_lines()))
    assert [name for name, _ in events] == ["error"]


def test_a_search_asks_no_model_and_minds_the_scope(client, endpoint):
    outlets = client.get("/api/scope").json()["outlets"]
    hits = client.post("/api/search", json={"question": TARIFF, "k": 3}).json()["hits"]
    assert len(hits) == 3
    assert endpoint.prompts == []
    for outlet in outlets:
        form = {"question": TARIFF, "scope": {"outlets": [outlet]}}
        hits = client.post("/api/search", json=form).json()["hits"]
        assert hits
        assert {h["outlet"] for h in hits} == {outlet}


def test_documents_are_listed_and_read_by_their_characters(client, youju):
    page = client.get("/api/documents", params={"limit": 2, "offset": 1}).json()
    assert page["total"] == 5
    assert [c["id"] for c in page["documents"]] == [d.id for d in youju.documents()][1:3]
    card = page["documents"][0]
    text = youju.document(card["id"]).text
    got = client.get(
        f"/api/documents/{card['id']}", params={"start": 10, "end": 30, "spans": "3-9,20-24"}
    ).json()
    assert got["text"] == text[10:30]
    assert got["quote"] == text[3:9] + text[20:24]
    assert got["length"] == len(text)
    assert "/" not in got["card"]["file"]  # nothing of the server's disk


def test_spans_outside_of_the_text_are_refused(client, youju):
    id = youju.documents()[0].id
    for spans in ("5-3", "0-999999999"):
        response = client.get(f"/api/documents/{id}", params={"spans": spans})
        assert response.status_code == 422
        assert "does not lie within" in response.json()["error"]["message"]
    assert client.get("/api/documents/zzzz").status_code == 404


def test_an_upload_is_found_and_its_removal_takes_the_file_too(client, youju):
    text = "海星科技公司于2026年5月在厦门发布了代号为白鹭的量子芯片，售价为4217元。"
    files = [
        ("files", ("../../白鹭 芯片.txt", text.encode())),
        ("files", ("broken.pdf", b"%PDF-1.4 not really")),
    ]
    sent = client.post("/api/documents", files=files, data={"tags": ["新品"]})
    good, bad = sent.raise_for_status().json()["results"]
    assert (good["file"], good["state"]) == ("白鹭 芯片.txt", "added")
    assert bad["state"] == "failed"
    assert str(youju.settings.home) not in bad["reason"]
    uploads = youju.settings.home / "uploads"
    assert [p.name for p in uploads.rglob("*") if p.is_file()] == ["白鹭 芯片.txt"]
    hits = client.post("/api/search", json={"question": "白鹭量子芯片的售价"}).json()["hits"]
    assert "4217" in hits[0]["passage"]["text"]
    (id,) = good["document_ids"]
    assert client.delete(f"/api/documents/{id[:-1]}").status_code == 404  # the whole id
    assert client.delete(f"/api/documents/{id}").json()["tags"] == ["新品"]
    assert client.get(f"/api/documents/{id}").status_code == 404
    assert not list(uploads.rglob("*"))


def test_two_uploads_of_one_name_are_two_documents(client):
    for text in ("第一份文件说山上有七棵松树。", "第二份文件说湖里有九条鲤鱼。"):
        sent = client.post("/api/documents", files=[("files", ("same.txt", text.encode()))])
        assert sent.json()["results"][0]["state"] == "added"
    assert client.get("/api/documents").json()["total"] == 7


def test_a_file_sent_twice_at_once_is_one(client):
    file = ("files", ("same.txt", "山上有七棵松树。".encode()))
    sent = client.post("/api/documents", files=[file, file])
    (result,) = sent.raise_for_status().json()["results"]
    assert result["state"] == "added"
    assert client.get(f"/api/documents/{result['document_ids'][0]}").status_code == 200


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Windows\\a.txt", "a.txt"),
        ("..", "upload"),
        ("", "upload"),
        (".hidden", "hidden"),
        ("a\x00b\n.txt", "a_b_.txt"),
        ("part!of.zip", "part_of.zip"),
        ("新闻.html", "新闻.html"),
    ],
)
def test_an_uploads_name_is_made_safe(sent, kept):
    assert safe_name(sent) == kept


def test_a_long_name_keeps_its_extension():
    name = safe_name("长" * 300 + ".docx")
    assert name.endswith(".docx")
    assert len(name.encode()) <= 120


def test_too_large_an_upload_is_turned_away_before_it_is_read(open_with):
    youju = open_with(max_file_bytes=1000)
    with serving(youju) as url:
        files = [("files", ("a.txt", b"x" * 3_000_000))]
        assert httpx.post(f"{url}/api/documents", files=files).status_code == 413

        def without_length():
            yield b'--b\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\n'
            for _ in range(30):
                yield b"x" * 100_000

        sent = httpx.post(
            f"{url}/api/documents",
            content=without_length(),
            headers={"content-type": "multipart/form-data; boundary=b"},
        )
        assert sent.status_code == 413


def test_what_is_not_there_is_told_in_the_form_of_every_error(client):
    for method, path, status in (
        ("GET", "/api/nothing", 404),
        ("GET", "/v1/engines", 404),
        ("GET", "/api/ask", 405),
        ("POST", "/api/ask", 422),
    ):
        response = client.request(method, path)
        assert response.status_code == status
        assert set(response.json()["error"]) == {"message", "type", "code", "param"}


def test_the_schemas_page_needs_no_other_host(client):
    page = client.get("/api/docs").text
    for path in client.get("/api/openapi.json").json()["paths"]:
        assert f"<code>{path}</code>" in page
    assert "://" not in page.replace("http://json-schema", "")
    assert "<script" not in page


def test_it_says_when_it_is_ready(client):
    assert client.get("/healthz").text == "ok\n"
    end = time.monotonic() + 20
    while client.get("/readyz").status_code != 200:
        assert time.monotonic() < end
        time.sleep(0.05)


def test_searching_waits_for_no_answer_and_the_line_tells_its_places(open_with, endpoint):
    endpoint.reply = lambda prompt: REPLY
    endpoint.pause = 0.3
    with serving(open_with(), turns=Turns(1)) as url:
        places = {}

        def ask(n):
            with httpx.stream(
                "POST", f"{url}/api/ask/stream", json={"question": TARIFF}, timeout=60
            ) as response:
                got = list(events_of(response.iter_lines()))
            places[n] = [data["place"] for name, data in got if name == "position"]
            assert got[-1][0] == "answer"

        readers = [threading.Thread(target=ask, args=[n]) for n in range(3)]
        for reader in readers:
            reader.start()
            time.sleep(0.4)
        assert httpx.post(f"{url}/api/search", json={"question": TARIFF}).json()["hits"]
        assert any(reader.is_alive() for reader in readers)
        for reader in readers:
            reader.join(60)
        assert places == {0: [], 1: [1], 2: [2, 1]}


def test_the_time_in_line_is_not_taken_from_the_answers_own(open_with, endpoint):
    endpoint.reply = lambda prompt: REPLY
    turns = Turns(1)
    youju = open_with(deadline=6.0)
    youju.search("你好")  # loading is over
    with serving(youju, turns=turns) as url, ThreadPoolExecutor() as pool:
        with turns.take():
            asked = pool.submit(httpx.post, f"{url}/api/ask", json={"question": TARIFF}, timeout=60)
            time.sleep(7)  # more than the deadline
        answer = asked.result().json()
    assert (answer["outcome"], answer["note"]) == ("answered", "")
    assert answer["timings"]["total"] < 6


@pytest.mark.parametrize("path", ["/api/ask", "/api/ask/stream"])
def test_a_reader_who_goes_away_frees_the_turn(open_with, endpoint, path):
    endpoint.reply = lambda prompt: REPLY * (30 if TARIFF in prompt else 1)
    endpoint.pause = 0.05
    turns = Turns(1)
    with serving(open_with(), turns=turns) as url:
        host, port = url.removeprefix("http://").split(":")
        body = json.dumps({"question": TARIFF}).encode()
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(
                b"POST %s HTTP/1.1\r\nHost: localhost:%s\r\nContent-Type: application/json\r\n"
                b"Content-Length: %d\r\n\r\n%s" % (path.encode(), port.encode(), len(body), body)
            )
            end = time.monotonic() + 20
            while not turns.taken:
                assert time.monotonic() < end
                time.sleep(0.01)
        end = time.monotonic() + 3
        while turns.taken:
            assert time.monotonic() < end, "the turn is still taken"
            time.sleep(0.01)


def at_loopback(app):
    """The application as if it were served at http://localhost."""

    async def served(scope, receive, send):
        await app({**scope, "server": ("127.0.0.1", 80)}, receive, send)

    return served


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_every_operation_keeps_to_its_schema(youju, endpoint, mode):
    """Schemathesis: made-up requests, good and bad, never fault and answer as the schema says."""
    endpoint.reply = lambda prompt: REPLY
    here = {"Host": "localhost"}
    app = at_loopback(make_app(youju))
    schema = schemathesis.openapi.from_asgi("/api/openapi.json", app, headers=here)
    operations = [found.ok() for found in schema.get_all_operations()]
    if mode is GenerationMode.NEGATIVE:  # no input, or any text in a path, cannot be wrong
        operations = [o for o in operations if o.body or o.query]
    checked = []
    for operation in operations:

        @given(case=operation.as_strategy(generation_mode=mode))
        @settings(max_examples=10, deadline=None, database=None, derandomize=True)
        def check(case):
            # A form's values are all bytes: it cannot be told a number from a text there.
            form = case.media_type == "multipart/form-data"
            but = [negative_data_rejection] if form else []
            case.call_and_validate(headers=here, excluded_checks=but)
            checked.append((case.method, case.path))

        check()
    assert len(set(checked)) == len(operations) >= 8


def test_a_fault_ends_a_stream_with_an_error_and_is_logged(client, youju, monkeypatch, caplog):
    def broken(*_):
        yield from ()
        raise ZeroDivisionError(TARIFF)

    monkeypatch.setattr(youju, "stream", broken)
    with client.stream("POST", "/api/ask/stream", json={"question": TARIFF}) as response:
        ((name, fault),) = events_of(response.iter_lines())
    assert (name, fault["type"]) == ("error", "FaultError")
    assert TARIFF not in fault["message"]
    assert client.post("/api/ask", json={"question": TARIFF}).status_code == 500
    assert "a fault in Youju" in caplog.messages
