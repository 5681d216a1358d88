"""Reranking by setting: a ``/rerank`` endpoint on loopback that also misbehaves, and LlamaIndex's
own postprocessors."""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from llama_index.core.postprocessor import SimilarityPostprocessor
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import NodeWithScore, TextNode
from pydantic import SecretStr

from rag.errors import (
    ModelError,
    ModelProtocolError,
    ModelRefusedError,
    ModelTimeoutError,
    ModelUnreachableError,
    SettingsError,
)
from rag.model import Hit, Passage
from rag.rerank import MOST_BYTES, RerankEndpoint, make_reranker, rerank
from rag.settings import Settings

KEY = "right-key"
TEXTS = ("北京今天下雨。", "出口增长了百分之五。", "出口下降，进口增长。")


def hits(texts=TEXTS, published="2025-06-01"):
    return [
        Hit(
            passage=Passage(
                id=f"d:{i}", document_id="d", ordinal=i, spans=((0, len(text)),), text=text
            ),
            title="海关",
            outlet=None,
            author=None,
            published=published,
            score=0.9 - i / 10,
            by={"lexical": i + 1},
            about="前一句。",
        )
        for i, text in enumerate(texts)
    ]


def order(found):
    return [hit.passage.ordinal for hit in found]


def shared_characters(question, text):
    return float(len(set(question) & set(text)))


def jina(scores):
    return {
        "model": "m",
        "usage": {"total_tokens": 9},
        "results": [{"index": i, "relevance_score": s} for i, s in scores],
    }


def tei(scores):
    return [{"index": i, "score": s} for i, s in scores]


class Reranker:
    """Scores by shared characters and answers best first; ``dialect`` is whose manners it has."""

    def __init__(self):
        self.dialect = "jina"
        self.status = 200
        self.body = None
        """Instead of the ranking: bytes, as they are."""
        self.kind = "application/json"
        self.pause = 0.0
        """Seconds before the answer, or between its bytes where ``trickles``."""
        self.trickles = False
        self.cut = False
        self.asked = []
        self.paths = []
        reranker = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                return

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                reranker.asked.append(body)
                reranker.paths.append(self.path)
                with suppress(BrokenPipeError, ConnectionResetError):
                    reranker._answer(self, body)
                self.close_connection = True

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True

    @property
    def url(self):
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    @contextmanager
    def running(self):
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()

    def _answer(self, http, body):
        if http.headers.get("Authorization") != f"Bearer {KEY}":
            return self._send(http, 401, b'{"detail": "Unauthorized"}')
        if self.body is not None:
            return self._send(http, self.status, self.body)
        texts = body.get("texts") if self.dialect == "tei" else body.get("documents")
        if texts is None:
            message = b"Failed to deserialize the JSON body: missing field `texts` at line 1"
            return self._send(http, 422, message)
        if self.dialect == "cohere":
            strange = set(body) - {"model", "query", "documents", "top_n"}
            if strange:
                return self._send(http, 422, b'{"message": "unknown field: not a valid field"}')
        scores = [(i, shared_characters(body["query"], t)) for i, t in enumerate(texts)]
        scores.sort(key=lambda s: -s[1])
        answer = tei(scores) if self.dialect == "tei" else jina(scores)
        return self._send(http, self.status, json.dumps(answer).encode())

    def _send(self, http, status, data):
        if not self.trickles:
            time.sleep(self.pause)
        http.send_response(status)
        http.send_header("Content-Type", self.kind)
        http.send_header("Content-Length", str(len(data) + (100 if self.cut else 0)))
        http.end_headers()
        if not self.trickles:
            http.wfile.write(data)
            return
        for byte in data:
            http.wfile.write(bytes([byte]))
            http.wfile.flush()
            time.sleep(self.pause)


@pytest.fixture
def server():
    with Reranker().running() as reranker:
        yield reranker


def endpoint(server, **given):
    return RerankEndpoint(**{"url": server.url, "api_key": SecretStr(KEY), **given})


# The endpoint


@pytest.mark.parametrize("dialect", ["jina", "cohere", "tei"])
def test_hits_come_back_in_the_endpoints_order_with_its_scores(server, dialect):
    server.dialect = dialect
    before = hits()
    found = rerank(endpoint(server), "出口下降", before)
    assert order(found) == [2, 1, 0]
    assert [h.score for h in found] == [4.0, 2.0, 1.0]
    assert found[0].by == {"lexical": 3}
    assert found[0].about == "前一句。"
    assert before == hits()


def test_the_model_the_question_and_every_passage_are_sent_under_title_and_date(server):
    rerank(endpoint(server, model="bge-reranker"), "出口下降", hits(TEXTS[:1]))
    assert server.paths == ["/v1/rerank"]
    assert server.asked == [
        {
            "model": "bge-reranker",
            "query": "出口下降",
            "documents": ["title: 海关\npublished: 2025-06-01\n\n北京今天下雨。"],
            "top_n": 1,
        }
    ]


def test_a_passage_without_a_date_is_sent_without_one(server):
    rerank(endpoint(server), "出口下降", hits(TEXTS[:1], published=None))
    assert server.asked[0]["documents"] == ["title: 海关\n\n北京今天下雨。"]


def test_a_server_that_asks_for_texts_is_asked_in_its_own_way_from_then_on(server):
    server.dialect = "tei"
    reranker = endpoint(server)
    rerank(reranker, "出口下降", hits())
    rerank(reranker, "北京", hits())
    assert [sorted(body) for body in server.asked] == [
        ["documents", "model", "query", "top_n"],
        ["query", "texts", "truncate"],
        ["query", "texts", "truncate"],
    ]


def test_an_answer_out_of_order_is_sorted_and_equal_scores_keep_the_order_of_the_hits(server):
    server.body = json.dumps(jina([(2, 0.5), (1, 0.5), (0, -3)])).encode()
    assert order(rerank(endpoint(server), "出口", hits())) == [1, 2, 0]


def test_a_score_may_be_a_whole_number_and_the_answer_may_say_more(server):
    server.body = b'{"results": [{"index": 0, "relevance_score": 1, "document": {"text": "x"}}]}'
    assert rerank(endpoint(server), "出口", hits(TEXTS[:1]))[0].score == 1.0


def test_no_hits_ask_nobody(server):
    assert rerank(endpoint(server), "出口", []) == []
    assert server.asked == []


def test_half_a_surrogate_in_a_question_or_passage_is_not_sent(server):
    found = rerank(endpoint(server), "出口\ud83d", hits(("出口\udcff", "雨")))
    assert order(found) == [0, 1]
    assert server.asked[0]["query"] == "出口?"
    assert server.asked[0]["documents"][0].endswith("出口?")


# The endpoint, misbehaving


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"<html>Welcome to the proxy</html>", "not JSON"),
        (b"", "not JSON"),
        (b"\xff\xfe\x00", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"null", "not a ranking"),
        (b"{}", "not a ranking"),
        (b'{"results": {"0": 1.0}}', "not a ranking"),
        (b'{"data": [{"index": 0, "relevance_score": 1}]}', "not a ranking"),
        (b'{"results": [{"index": 0}]}', "not a ranking"),
        (b'{"results": [{"index": "0", "relevance_score": 1}]}', "not a ranking"),
        (b'{"results": [{"index": true, "relevance_score": 1}]}', "not a ranking"),
        (b'{"results": [{"index": 0, "relevance_score": "high"}]}', "not a ranking"),
        (b'{"results": [{"index": 0, "relevance_score": null}]}', "not a ranking"),
        (b'{"results": [{"index": 0, "relevance_score": NaN}]}', "not a ranking"),
        (b'{"results": [{"index": 0, "relevance_score": 1e999}]}', "not a ranking"),
        (b'{"results": [{"index": -1, "relevance_score": 1}]}', "not a ranking"),
        (json.dumps(jina([(0, 1), (1, 1), (3, 1)])).encode(), "passage 3 of 3, counted from 0"),
        (json.dumps(jina([(0, 1), (1, 1), (1, 1)])).encode(), "passage 1 twice"),
        (json.dumps(tei([(0, 1), (2, 1)])).encode(), "only 2 of 3 passages"),
        (b"[]", "only 0 of 3 passages"),
    ],
    ids=lambda value: value[:48] if isinstance(value, bytes) else value,
)
def test_an_answer_that_is_no_whole_ranking_is_an_error_that_says_so(server, body, says):
    server.body = body
    with pytest.raises(ModelProtocolError, match=says) as raised:
        rerank(endpoint(server), "出口", hits())
    assert server.url in str(raised.value)
    assert "YOUJU_RERANK_" in str(raised.value)
    assert len(str(raised.value)) < 400


@pytest.mark.parametrize(
    ("status", "body", "says"),
    [
        (403, b'{"message": "invalid api token"}', r"invalid api token.*YOUJU_RERANK_API_KEY"),
        (404, b'{"error": {"message": "no model x"}}', r"no model x.*YOUJU_RERANK_MODEL"),
        (404, b"<html>404</html>", r"no reason given.*YOUJU_RERANK_URL"),
        (413, b'{"error": "batch size 40 > 32"}', r"batch size 40 > 32.*YOUJU_RERANK_DEPTH"),
        (422, b'{"detail": [{"loc": ["body", "query"], "msg": "too long"}]}', "too long.*query"),
        (429, b'{"detail": "slow down"}', r"over its limit \(429\): slow down"),
        (500, b'{"error": {"message": "out of memory"}}', "status 500: out of memory"),
        (501, b'{"error": {"message": "Start it with `--reranking`"}}', "--reranking"),
        (307, b"", "status 307: no reason given"),
    ],
)
def test_a_refusal_is_told_with_its_reason_and_what_to_do(server, status, body, says):
    server.status, server.body = status, body
    with pytest.raises(ModelRefusedError, match=says):
        rerank(endpoint(server), "出口", hits())
    assert len(server.asked) == 1


def test_a_server_that_refuses_both_ways_of_asking_is_asked_no_third_time(server):
    server.status, server.body = 422, b"missing field `texts`"
    with pytest.raises(ModelRefusedError, match="did not take the passages"):
        rerank(endpoint(server), "出口", hits())
    assert len(server.asked) == 2


def test_a_wrong_key_is_told_without_showing_it(server):
    reranker = endpoint(server, api_key=SecretStr("wrong-key"))
    with pytest.raises(ModelRefusedError, match="YOUJU_RERANK_API_KEY") as raised:
        rerank(reranker, "出口", hits())
    assert "wrong-key" not in str(raised.value) + repr(reranker)


def test_a_server_that_hangs_is_given_up_at_the_deadline(server):
    server.pause = 30
    began = time.monotonic()
    with pytest.raises(ModelTimeoutError, match="YOUJU_DEADLINE"):
        rerank(endpoint(server, deadline=0.4), "出口", hits())
    assert time.monotonic() - began < 10


def test_a_body_that_trickles_is_given_up_at_the_deadline_too(server):
    server.trickles, server.pause = True, 0.1  # each byte well within any read timeout
    began = time.monotonic()
    with pytest.raises(ModelTimeoutError, match="did not answer in time"):
        rerank(endpoint(server, deadline=0.5), "出口", hits())
    assert time.monotonic() - began < 10


def test_a_slow_body_within_the_deadline_is_read_to_its_end(server):
    server.trickles, server.pause = True, 0.001
    assert order(rerank(endpoint(server), "出口下降", hits())) == [2, 1, 0]


def test_a_body_that_breaks_off_is_an_error(server):
    server.cut = True
    with pytest.raises(ModelProtocolError, match="broke off"):
        rerank(endpoint(server), "出口", hits())


def test_an_answer_without_end_is_not_read_to_its_end(server):
    server.body = b" " * (MOST_BYTES + 1)
    with pytest.raises(ModelProtocolError, match="more than 8 MB"):
        rerank(endpoint(server), "出口", hits())


def test_nobody_at_the_address_is_an_error_that_names_the_setting():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/v1"
    with pytest.raises(ModelUnreachableError, match="YOUJU_RERANK_URL"):
        rerank(RerankEndpoint(url=url), "出口", hits())


# By setting


def settings(**given):
    return Settings.load(environ={f"YOUJU_RERANK_{k.upper()}": v for k, v in given.items()})


def test_there_is_no_reranker_unless_one_is_set():
    assert make_reranker(settings()) is None
    assert settings().rerank_depth == 24


@pytest.mark.parametrize("ending", ["", "/", "/rerank"])
def test_an_endpoint_is_set_by_its_address_key_and_model(server, ending):
    chosen = settings(url=server.url + ending, api_key=KEY, model="bge")
    assert order(rerank(make_reranker(chosen), "出口下降", hits())) == [2, 1, 0]
    assert server.paths == ["/v1/rerank"]
    assert server.asked[0]["model"] == "bge"
    assert KEY not in repr(chosen)


@pytest.mark.parametrize(
    "url", ["localhost:8012", "ftp://x/v1", "http://", "http://x:port", "rerank"]
)
def test_an_address_that_is_none_is_a_wrong_setting(url):
    with pytest.raises(SettingsError, match="YOUJU_RERANK_URL"):
        make_reranker(settings(url=url))


@pytest.mark.parametrize("key", ["密钥", "two\nlines"])
def test_a_key_that_no_header_may_hold_is_a_wrong_setting(key):
    with pytest.raises(SettingsError, match="YOUJU_RERANK_API_KEY") as raised:
        make_reranker(settings(url="http://localhost:1/v1", api_key=key))
    assert key not in str(raised.value)


def test_a_stock_postprocessor_works_by_setting():
    reranker = make_reranker(
        settings(
            postprocessor="llama_index.core.postprocessor:SimilarityPostprocessor",
            arguments='{"similarity_cutoff": 0.75}',
        )
    )
    found = rerank(reranker, "出口", hits())
    assert found == hits()[:2]


def test_an_order_that_is_not_that_of_the_scores_is_kept():
    reranker = make_reranker(
        settings(postprocessor="llama_index.core.postprocessor:LongContextReorder")
    )
    found = rerank(reranker, "出口", hits())
    assert sorted(order(found)) == [0, 1, 2]
    assert [h.score for h in found] != sorted((h.score for h in found), reverse=True)


def test_an_endpoint_and_a_postprocessor_are_one_too_many():
    with pytest.raises(SettingsError, match=r"YOUJU_RERANK_POSTPROCESSOR.*choose"):
        settings(url="http://localhost:1/v1", postprocessor="a:B", api_key="sk-secret")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("SimilarityPostprocessor", "package.module:Class"),
        ("llama_index.core.postprocessor:", "package.module:Class"),
        (":SimilarityPostprocessor", "package.module:Class"),
        (".postprocessor:SimilarityPostprocessor", "package.module:Class"),
        ("llama_index.no_such_module:X", "Install its package"),
        ("llama_index.core.postprocessor:SimilarityPostprocesor", "has no SimilarityPostprocesor"),
        ("llama_index.core.schema:TextNode", "not a LlamaIndex BaseNodePostprocessor"),
        ("os:getcwd", "not a LlamaIndex BaseNodePostprocessor"),
        (
            "llama_index.core.postprocessor.types:BaseNodePostprocessor",
            "YOUJU_RERANK_ARGUMENTS",  # it is abstract
        ),
    ],
)
def test_a_name_that_is_no_postprocessor_is_a_wrong_setting(name, says):
    with pytest.raises(SettingsError, match=says):
        make_reranker(settings(postprocessor=name))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ('{"similarity_cutof": 0.7}', "similarity_cutof"),  # Pydantic would pass over it
        ('{"similarity_cutoff": "sk-secret"}', "similarity_cutoff: Input should be"),
    ],
)
def test_arguments_that_do_not_fit_are_a_wrong_setting(arguments, says):
    chosen = settings(
        postprocessor="llama_index.core.postprocessor:SimilarityPostprocessor", arguments=arguments
    )
    with pytest.raises(SettingsError, match=f"YOUJU_RERANK_ARGUMENTS.*{says}") as raised:
        make_reranker(chosen)
    assert "sk-secret" not in str(raised.value) + repr(chosen)


@pytest.mark.parametrize("arguments", ["{", "[1]", '"x"', "3"])
def test_arguments_are_a_json_object(arguments):
    with pytest.raises(SettingsError, match="YOUJU_RERANK_ARGUMENTS"):
        settings(arguments=arguments)


@pytest.mark.parametrize("depth", ["0", "201", "all"])
def test_the_depth_is_between_1_and_200(depth):
    with pytest.raises(SettingsError, match="YOUJU_RERANK_DEPTH"):
        settings(depth=depth)


# Somebody else's postprocessor, misbehaving


class StrangeError(Exception):
    """What a vendor's package may raise: kin to nothing."""


class Strange(BaseNodePostprocessor):
    """Installed under this module's name, as a vendor's would be."""

    does: str

    def _postprocess_nodes(self, nodes, query_bundle=None):
        match self.does:
            case "raises":
                raise StrangeError("quota of 3 used up")
            case "hangs":
                time.sleep(30)
            case "invents":
                return [*nodes, NodeWithScore(node=TextNode(id_="d:99", text="x"), score=1.0)]
            case "repeats":
                return [nodes[0], nodes[0]]
            case "gives nan":
                nodes[0].score = float("nan")
            case "gives none":
                nodes[0].score = None
            case "returns nothing":
                return None
            case "changes the text":
                nodes[0].node.set_content("改过")
            case "reads the question":
                return [n for n in nodes if query_bundle.query_str in n.node.get_content()]
        return nodes


def strange(does, **given):
    name = f"{Strange.__module__}:Strange"
    assert Strange.__module__ in sys.modules
    return make_reranker(
        Settings.load(
            environ={}, rerank_postprocessor=name, rerank_arguments={"does": does}, **given
        )
    )


@pytest.mark.parametrize(
    ("does", "says"),
    [
        ("raises", "StrangeError: quota of 3 used up.*YOUJU_RERANK_POSTPROCESSOR"),
        ("returns nothing", "TypeError.*YOUJU_RERANK_POSTPROCESSOR"),
        ("invents", "d:99.*not given"),
        ("repeats", "d:0.*already"),
        ("gives nan", "d:0.*score nan"),
    ],
)
def test_what_a_postprocessor_does_wrong_is_an_error_for_the_caller(does, says):
    with pytest.raises(ModelError, match=says):
        rerank(strange(does), "出口", hits())


def test_a_postprocessor_that_hangs_is_given_up_at_the_deadline():
    began = time.monotonic()
    with pytest.raises(ModelTimeoutError, match="Strange did not answer in time"):
        rerank(strange("hangs", deadline=0.3), "出口", hits())
    assert time.monotonic() - began < 10


def test_a_postprocessor_reads_the_question_and_may_drop_hits():
    assert order(rerank(strange("reads the question"), "出口", hits())) == [1, 2]


def test_a_postprocessor_without_scores_leaves_those_of_the_search():
    assert rerank(strange("gives none"), "出口", hits()) == hits()


def test_a_postprocessor_cannot_change_what_is_cited():
    assert rerank(strange("changes the text"), "出口", hits()) == hits()


def test_any_llama_index_postprocessor_can_be_given_directly():
    found = rerank(SimilarityPostprocessor(similarity_cutoff=0.85), "出口", hits())
    assert order(found) == [0]
