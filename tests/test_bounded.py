"""Replies of endpoints are bounded, and what reads them ends."""

import gzip
import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from rag.bounded import MOST_BYTES
from rag.embed import embed_question, make_embedding
from rag.errors import ModelProtocolError, ModelTimeoutError
from rag.llm import make_chat_model
from rag.rerank import make_reranker
from rag.settings import Settings

LARGE = b'{"a": "' + b"x" * (MOST_BYTES + 1000) + b'"}'
BOMB = gzip.compress(b" " * 2 * MOST_BYTES)
LINE = b'data: {"choices": [{"index": 0, "delta": {"content": "%s"}}]}\n\n' % (b"x" * 60_000)


def send_large(http):
    http.send_header("Content-Length", str(len(LARGE)))
    http.end_headers()
    http.wfile.write(LARGE)


def send_bomb(http):
    http.server.asked.append(http.headers.get("Accept-Encoding"))
    http.send_header("Content-Encoding", "gzip")
    http.send_header("Content-Length", str(len(BOMB)))
    http.end_headers()
    http.wfile.write(BOMB)


def send_without_end(http):
    http.end_headers()
    while True:
        http.wfile.write(LINE)


def trickle(http):
    http.end_headers()
    while True:
        http.wfile.write(b": still here\n\n")
        http.wfile.flush()
        time.sleep(0.1)


@contextmanager
def endpoint(send):
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_):
            return

        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            kind = "text/event-stream" if body.get("stream") else "application/json"
            self.send_response(200)
            self.send_header("Content-Type", kind)
            try:
                send(self)
            except OSError:
                self.server.left.set()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.left, server.asked = threading.Event(), []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    server.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def chat(url, deadline):
    model, _ = make_chat_model(Settings(base_url=url, api_key="k", deadline=deadline))
    ending = time.monotonic() + deadline
    return "".join(w.text for w in model.stream((("user", "?"),), max_tokens=5, deadline=ending))


def judge(url, deadline):
    model, _ = make_chat_model(Settings(base_url=url, api_key="k", deadline=deadline))
    ending = time.monotonic() + deadline
    return model.probability_of_yes((("user", "?"),), yes="是", no="否", deadline=ending)


def embed(url, deadline):
    settings = Settings(embedding_base_url=url, embedding_model="m", deadline=deadline)
    return embed_question(make_embedding(settings), "问")


def rank(url, deadline):
    from llama_index.core.schema import NodeWithScore, TextNode

    reranker = make_reranker(Settings(rerank_url=url, deadline=deadline))
    return reranker.postprocess_nodes([NodeWithScore(node=TextNode(text="文"))], query_str="问")


ASK = [chat, judge, embed, rank]


@pytest.mark.parametrize("ask", ASK)
@pytest.mark.parametrize("send", [send_large, send_without_end])
def test_a_reply_without_measure_is_given_up(ask, send):
    with endpoint(send) as server, pytest.raises(ModelProtocolError, match="MB"):
        ask(server.url, 60.0)


@pytest.mark.parametrize("ask", ASK)
def test_a_compressed_reply_is_not_unpacked(ask):
    with endpoint(send_bomb) as server:
        with pytest.raises(ModelProtocolError, match="compressed"):
            ask(server.url, 60.0)
        assert set(server.asked) == {"identity"}


@pytest.mark.parametrize("ask", ASK)
def test_a_reply_that_trickles_is_given_up_and_its_thread_ends(ask):
    before = set(threading.enumerate())
    with endpoint(trickle) as server:
        with pytest.raises(ModelTimeoutError):
            ask(server.url, 1.0)
        assert server.left.wait(30)  # the connection was closed
        for _ in range(100):
            reading = [t for t in set(threading.enumerate()) - before if t.name.startswith("youju")]
            if not reading:
                return
            time.sleep(0.1)
    pytest.fail(f"still reading: {reading}")
