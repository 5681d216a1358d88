"""A real HTTP server that speaks OpenAI's protocol, well or badly, as a test tells it to."""

from __future__ import annotations

import json
import math
import re
import threading
import time
from contextlib import contextmanager
from difflib import SequenceMatcher
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KEY = "right-key"
_OFFERED = re.compile(r"只回答“(.+?)”或“(.+?)”")


_NUMBERED = re.compile(r"^(\d+)\. (.*)$", re.MULTILINE)
COPIED = 0.5


def copied(sentence: str, passages: str) -> dict[str, Any]:
    """A judge that supports what is copied: a sentence of which a passage holds most at once."""
    match = SequenceMatcher(None, passages, sentence, autojunk=False).find_longest_match()
    words = passages[match.a : match.a + match.size]
    if match.size < COPIED * len(sentence):
        return {"verdict": "unsupported", "words": [], "fault": "not in the passages"}
    return {"verdict": "supported", "words": [{"passage": 0, "text": words}]}


class ScriptedEndpoint:
    """Answers chat completions; ``behaviour`` says how."""

    def __init__(self) -> None:
        self.reply: Callable[[str], str] = lambda prompt: "MISSING: 这一点"
        """What it writes to a prompt that asks for an answer, or for a rewritten question."""
        self.verdict: Callable[[str, str], dict[str, Any]] = copied
        """What it says of a sentence beside the passages: a verdict and words."""
        self.mend: Callable[[str], str] = lambda sentence: ""
        """What it makes of a sentence that failed."""
        self.searches: Callable[[str], list[str]] = lambda missing: []
        """What it would search for, for what a draft left open."""
        self.judgement = 0.9
        """Probability of the first of the two words that a question offers: 只回答“能”或“不能”."""
        self.judging = 0.0
        """Seconds that a judgement takes."""
        self.behaviour = "well"
        self.pause = 0.0
        """Seconds between pieces."""
        self.prompts: list[str] = []
        self.bodies: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        """What each request had as authorization, before it is looked at."""
        self.closed_early = threading.Event()
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: Any) -> None:
                return

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                try:
                    endpoint._answer(self, body)
                except (BrokenPipeError, ConnectionResetError):
                    endpoint.closed_early.set()
                self.close_connection = True

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    @contextmanager
    def running(self) -> Iterator[ScriptedEndpoint]:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()

    def _answer(self, http: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        self.keys.append(http.headers.get("Authorization"))
        if http.headers.get("Authorization") != f"Bearer {KEY}":
            return _send(http, 401, json.dumps({"error": {"message": "Invalid API Key"}}))
        prompt = body["messages"][-1]["content"]
        self.prompts.append(prompt)
        self.bodies.append(body)
        match self.behaviour:
            case "hangs":
                time.sleep(30)
                return None
            case "html":
                return _send(http, 200, "<html>Welcome to the proxy</html>", "text/html")
            case "fails":
                return _send(http, 500, json.dumps({"error": {"message": "out of memory"}}))
            case "no such model":
                return _send(http, 404, json.dumps({"error": {"message": "no model of this name"}}))
        if not body.get("stream"):
            time.sleep(self.judging)
            return _send(http, 200, json.dumps(self._judgement(prompt)))
        http.send_response(200)
        http.send_header("Content-Type", "text/event-stream")
        http.send_header("Connection", "close")
        http.end_headers()
        if self.behaviour == "only keep-alives":
            while True:
                http.wfile.write(b": still here\n\n")
                http.wfile.flush()
                time.sleep(0.1)
        text = self._written(prompt)
        pieces = [text[i : i + 4] for i in range(0, len(text), 4)]
        if self.behaviour == "cut":
            pieces = pieces[: len(pieces) // 2]
        for piece in pieces:
            _event(http, _chunk({"content": piece}))
            time.sleep(self.pause)
        if self.behaviour == "cut":
            return None
        if self.behaviour == "error in the middle":
            http.wfile.write(b'data: {"error": {"message": "GPU fell off", "code": 500}}\n\n')
            return None
        _event(http, _chunk({}, "length" if self.behaviour == "too long" else "stop"))
        _event(
            http,
            {
                **_chunk({}),
                "choices": [],
                "usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10},
            },
        )
        http.wfile.write(b"data: [DONE]\n\n")
        return None

    def _written(self, prompt: str) -> str:
        passages, _, sentences = prompt.partition("\n\nSentences:\n")
        if sentences:
            numbered = _NUMBERED.findall(sentences)
            said = [{"n": int(n), **self.verdict(text, passages)} for n, text in numbered]
            return json.dumps({"sentences": said}, ensure_ascii=False)
        _, _, wrong = prompt.partition("\n\nSentences and what is wrong with them:\n")
        if wrong:
            numbered = _NUMBERED.findall(wrong)
            mended = [{"n": int(n), "text": self.mend(text)} for n, text in numbered]
            return json.dumps({"sentences": mended}, ensure_ascii=False)
        _, _, missing = prompt.partition("\n\nMissing:\n")
        if missing:
            return json.dumps({"searches": self.searches(missing)}, ensure_ascii=False)
        return self.reply(prompt)

    def _judgement(self, prompt: str) -> dict[str, Any]:
        yes, no = (_OFFERED.findall(prompt) or [("能", "不能")])[-1]
        top = [
            {"token": yes, "logprob": math.log(self.judgement), "bytes": None},
            {"token": no, "logprob": math.log(1 - self.judgement), "bytes": None},
        ]
        return {
            "id": "x",
            "object": "chat.completion",
            "created": 0,
            "model": "scripted",
            "choices": [
                {
                    "index": 0,
                    "finish_reason": "stop",
                    "message": {"role": "assistant", "content": yes},
                    "logprobs": {"content": [{**top[0], "top_logprobs": top}], "refusal": None},
                }
            ],
            "usage": {"prompt_tokens": 5, "completion_tokens": 1, "total_tokens": 6},
        }


def _chunk(delta: dict[str, str], finish: str | None = None) -> dict[str, Any]:
    return {
        "id": "x",
        "object": "chat.completion.chunk",
        "created": 0,
        "model": "scripted",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    }


def _event(http: BaseHTTPRequestHandler, value: dict[str, Any]) -> None:
    http.wfile.write(f"data: {json.dumps(value, ensure_ascii=False)}\n\n".encode())
    http.wfile.flush()


def _send(
    http: BaseHTTPRequestHandler, status: int, body: str, kind: str = "application/json"
) -> None:
    data = body.encode()
    http.send_response(status)
    http.send_header("Content-Type", kind)
    http.send_header("Content-Length", str(len(data)))
    http.end_headers()
    http.wfile.write(data)
