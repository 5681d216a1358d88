"""What the server tells of itself: log, figures, traces. Never what somebody asked."""

import json
import logging
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from rag.serve.logs import JsonLines, write_json_lines
from rag.serve.tracing import tracing
from tests.serving import serving

TARIFF = "中方把美国输华产品关税最高加到了多少？"
REPLY = "中方将美国输华产品关税最高加至125%。[1]"
SECRET = "张三的秘密问题"


@pytest.fixture(autouse=True)
def _logging_as_before():
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level


def ask_all_ways(url):
    """Questions that are answered, that fail, and that are none."""
    for path, form in (
        ("/api/ask", {"question": TARIFF}),
        ("/api/ask/stream", {"question": SECRET}),
        ("/api/search", {"question": SECRET}),
        ("/api/ask", {"question": SECRET, "colour": SECRET}),
        ("/v1/chat/completions", {"model": SECRET, "messages": []}),
    ):
        httpx.post(url + path, json=form, timeout=30)
    httpx.get(f"{url}/api/documents/{SECRET}")
    httpx.get(f"{url}/api/scope", params={"outlet": SECRET})


def lines_of(capsys):
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_the_log_is_json_lines_without_a_word_of_what_was_asked(youju, endpoint, capsys):
    endpoint.reply = lambda prompt: REPLY
    write_json_lines(texts=False)
    with serving(youju) as url:
        ask_all_ways(url)
    err = capsys.readouterr().err
    for text in (TARIFF, SECRET, "125%", "张三", "%E5%BC%A0"):
        assert text not in err
    lines = [json.loads(line) for line in err.splitlines()]
    (asked,) = [line for line in lines if line.get("route") == "/api/ask" and line["status"] == 200]
    assert asked["seconds"] > 0
    assert re.fullmatch("[0-9a-f]{32}", asked["request"])
    routes = {line["route"] for line in lines if "route" in line}
    assert "/api/documents/{document_id}" in routes


def test_the_setting_adds_the_question(open_with, endpoint, capsys):
    endpoint.reply = lambda prompt: REPLY
    write_json_lines(texts=True)
    with serving(open_with(log_texts=True)) as url:
        httpx.post(f"{url}/api/search", json={"question": TARIFF}, timeout=30)
    assert TARIFF in [line.get("question") for line in lines_of(capsys)]


def test_an_unexpected_error_is_logged_by_its_place_and_not_its_words():
    try:
        int(SECRET)
    except ValueError:
        record = logging.getLogger("x").makeRecord(
            "x", logging.ERROR, "", 0, "a fault", (), __import__("sys").exc_info()
        )
    line = JsonLines(texts=False).format(record)
    assert SECRET not in line
    assert json.loads(line)["error"] == "ValueError"
    assert "test_serve_watch.py" in json.loads(line)["at"][0]
    assert SECRET in json.loads(JsonLines(texts=True).format(record))["error_message"]


def test_prometheus_reads_requests_answers_stages_and_the_line(youju, endpoint):
    endpoint.reply = lambda prompt: REPLY
    with serving(youju) as url:
        httpx.post(f"{url}/api/ask", json={"question": TARIFF}, timeout=30)
        httpx.get(f"{url}/api/documents/nowhere")
        text = httpx.get(f"{url}/metrics").text
    figures = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert figures['youju_requests_total{method="POST",route="/api/ask",status="200"}'] == "1.0"
    assert (
        figures[
            'youju_requests_total{method="GET",route="/api/documents/{document_id}",status="404"}'
        ]
        == "1.0"
    )
    assert figures['youju_answers_total{outcome="answered"}'] == "1.0"
    assert figures['youju_tokens_total{kind="completion"}'] == "3.0"
    for stage in ("search", "wait", "write"):
        assert figures[f'youju_answer_seconds_count{{stage="{stage}"}}'] == "1.0"
    assert figures["youju_waiting"] == figures["youju_writing"] == "0.0"
    assert "nowhere" not in text


def test_a_trace_holds_the_stages_of_an_answer_and_no_text(youju, endpoint):
    endpoint.reply = lambda prompt: REPLY
    received = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append((self.headers.get("Content-Encoding"), body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Collector) as collector:
        threading.Thread(target=collector.serve_forever, daemon=True).start()
        to = f"http://127.0.0.1:{collector.server_address[1]}/v1/traces"
        parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        with tracing(to) as tracer, serving(youju, tracer=tracer) as url:
            httpx.post(
                f"{url}/api/ask",
                json={"question": TARIFF},
                headers={"traceparent": parent},
                timeout=30,
            )
        collector.shutdown()
    spans = {}
    for _, body in received:
        assert TARIFF.encode() not in body
        sent = ExportTraceServiceRequest.FromString(body)
        for resource in sent.resource_spans:
            for scope in resource.scope_spans:
                spans |= {span.name: span for span in scope.spans}
    assert {"POST /api/ask", "search", "wait", "write"} <= set(spans)
    request = spans["POST /api/ask"]
    assert request.trace_id.hex() == parent.split("-")[1]
    assert {spans[s].parent_span_id for s in ("search", "wait", "write")} == {request.span_id}


def test_without_the_setting_nothing_is_traced():
    with tracing(None) as tracer, tracer.start_as_current_span("x") as span:
        assert not span.is_recording()
