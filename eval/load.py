"""Many readers at once: `python -m eval.load`.

Starts `youju serve` as a process, and a language model that answers at a fixed rate, so that what
is measured is the server and not the model. Each reader asks one question after another and
follows the stream; further readers search all the while. A table tells how long each waited for
the search's results and for the answer, whether any was lost, and whether anybody was overtaken.
"""

from __future__ import annotations

import argparse
import json
import math
import socket
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from rag.errors import YoujuError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

QUESTIONS = (
    "中方把美国输华产品关税最高加到了多少？",
    "釜山会晤之后美国对华出售了什么芯片？",
    "王毅访美期间会见了谁？",
    "2023年中美元首在哪里会晤？",
    "美国把多少中国企业列入实体清单？",
)
REPLY = "根据资料，双方就此进行了磋商，有关情况以资料原文为准。"
"""What the model writes, whatever it is asked: one sentence, which is checked and fails, so that it
is written twice; streamed a character a piece."""
TOGETHER = 0.25
"""Seconds: closer than this, before and after are as good as the same."""
START_SECONDS = 180.0


@dataclass(slots=True)
class Asked:
    """One question: when what happened, in seconds since the bench began."""

    began: float
    evidence: float = math.nan
    writing: float = math.nan
    """First piece of the draft: its turn has come."""
    ended: float = math.nan
    answered: bool = False
    trouble: str = ""
    """The last line that came, of a question without an answer."""


@dataclass(slots=True)
class Measured:
    """All that was measured."""

    asked: list[Asked] = field(default_factory=list)
    searches: list[float] = field(default_factory=list)
    lost_searches: int = 0
    seconds: float = 0.0

    @property
    def lost(self) -> int:
        """Questions without an answer."""
        return sum(not a.answered for a in self.asked)

    @property
    def overtaken(self) -> int:
        """Questions that began to be written clearly after one that had come clearly later.

        Several are written at once, and the first piece of each comes when its own work is done:
        who got a turn together with another may be seen a little after it.
        """
        written = [a for a in self.asked if not math.isnan(a.writing)]
        return sum(
            any(
                b.evidence > a.evidence + TOGETHER and b.writing < a.writing - TOGETHER
                for b in written
            )
            for a in written
        )


class FixedRateModel(BaseHTTPRequestHandler):
    """OpenAI's protocol; an answer takes ``seconds``, a judgement nothing."""

    protocol_version = "HTTP/1.1"
    seconds = 1.0

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        """Answer one request."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.close_connection = True
        with suppress(ConnectionError):  # who asked has gone
            self._answer(body)

    def _answer(self, body: dict[str, Any]) -> None:
        if not body.get("stream"):
            message = {"role": "assistant", "content": "是"}
            return self._whole({"index": 0, "finish_reason": "stop", "message": message})
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        for piece in REPLY:
            time.sleep(self.seconds / len(REPLY))
            self._chunk({"content": piece}, None)
        self._chunk({}, "stop")
        self.wfile.write(b"data: [DONE]\n\n")
        return None

    def _whole(self, choice: dict[str, Any]) -> None:
        data = json.dumps(_completion("chat.completion", choice)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _chunk(self, delta: dict[str, str], finish: str | None) -> None:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        data = json.dumps(_completion("chat.completion.chunk", choice))
        self.wfile.write(f"data: {data}\n\n".encode())
        self.wfile.flush()


def _completion(kind: str, choice: dict[str, Any]) -> dict[str, Any]:
    return {"id": "x", "object": kind, "created": 0, "model": "fixed-rate", "choices": [choice]}


@contextmanager
def fixed_rate_model(seconds: float) -> Iterator[str]:
    """Serve a model whose every answer takes ``seconds``; give its base address."""
    handler = type("Handler", (FixedRateModel,), {"seconds": seconds})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
        server.shutdown()


@contextmanager
def served(home: Path | None, model: str, turns: int) -> Iterator[str]:
    """Run `youju serve` over ``home`` (None: the seeds, in a new one); give its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        settings = {
            "OPENAI_BASE_URL": model,
            "YOUJU_PORT": port,
            "YOUJU_TURNS": turns,
            "YOUJU_HOME": home.resolve() if home else Path(folder) / "home",
        }
        lines = [f"{name}={value}" for name, value in settings.items()]
        Path(folder, ".env").write_text("\n".join(lines), "utf-8")
        with Path(folder, "log").open("wb") as log:
            server = subprocess.Popen(
                [sys.executable, "-m", "rag.cli", "serve", "--no-page"], cwd=folder, stderr=log
            )
        url = f"http://127.0.0.1:{port}"
        try:
            wait_until_ready(url, lambda: server.poll() is None)
            yield url
        finally:
            server.terminate()
            server.wait()


def wait_until_ready(url: str, runs: Callable[[], bool] = lambda: True) -> None:
    """Wait until a server can answer.

    Raises:
        YoujuError: When it does not run any more, or takes too long.
    """
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and runs():
        try:
            if httpx.get(f"{url}/readyz").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise YoujuError("`youju serve` did not come up.")


def measure(url: str, *, readers: int, rounds: int, searchers: int) -> Measured:
    """Let readers ask, and others search until the last has its answer."""
    measured = Measured()
    start = time.monotonic()
    all_answered = threading.Event()

    # One for all: what a client loads to be able to speak TLS would be charged to the server.
    certificates = httpx.create_ssl_context()

    def read(number: int) -> None:
        with httpx.Client(base_url=url, timeout=600, verify=certificates) as client:
            for turn in range(rounds):
                question = QUESTIONS[(number + turn) % len(QUESTIONS)]
                measured.asked.append(_ask(client, question, start))

    def search(number: int) -> None:
        with httpx.Client(base_url=url, timeout=60, verify=certificates) as client:
            while not all_answered.is_set():
                began = time.monotonic()
                form = {"question": QUESTIONS[number % len(QUESTIONS)]}
                response = client.post("/api/search", json=form)
                if response.status_code == 200 and response.json()["hits"]:
                    measured.searches.append(time.monotonic() - began)
                else:
                    measured.lost_searches += 1
                all_answered.wait(1.0)  # a person reads in between

    asking = [threading.Thread(target=read, args=[n]) for n in range(readers)]
    searching = [threading.Thread(target=search, args=[n]) for n in range(searchers)]
    for thread in (*asking, *searching):
        thread.start()
    for thread in asking:
        thread.join()
    all_answered.set()
    for thread in searching:
        thread.join()
    measured.seconds = time.monotonic() - start
    return measured


def _ask(client: httpx.Client, question: str, start: float) -> Asked:
    asked = Asked(time.monotonic() - start)
    try:
        with client.stream("POST", "/api/ask/stream", json={"question": question}) as response:
            for line in response.iter_lines():
                _note(asked, line, time.monotonic() - start)
                asked.trouble = line or asked.trouble
    except httpx.TransportError as error:
        asked.trouble = repr(error)
    return asked


def _note(asked: Asked, line: str, now: float) -> None:
    match line.removeprefix("event: ") if line.startswith("event: ") else "":
        case "evidence" if math.isnan(asked.evidence):
            asked.evidence = now
        case "draft" if math.isnan(asked.writing):
            asked.writing = now
        case "answer":
            asked.ended = now
            asked.answered = True


def quantile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that ``share`` of them do not exceed; nan of none."""
    ordered = sorted(v for v in values if not math.isnan(v))
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else math.nan


def table(measured: Measured) -> str:
    """Return the figures as a Markdown table."""
    asked = measured.asked
    rows = {
        "question → evidence on the page": [a.evidence - a.began for a in asked],
        "search (/api/search) meanwhile": measured.searches,
        "evidence → its turn at the model": [a.writing - a.evidence for a in asked],
        "question → answer": [a.ended - a.began for a in asked],
    }
    lines = ["| seconds | n | p50 | p95 | max |", "|---|---|---|---|---|"]
    for name, values in rows.items():
        p50, p95, most = (quantile(values, share) for share in (0.5, 0.95, 1.0))
        lines.append(f"| {name} | {len(values)} | {p50:.2f} | {p95:.2f} | {most:.2f} |")
    lines.append(
        f"\n{len(asked)} questions in {measured.seconds:.1f} s; "
        f"lost: {measured.lost} questions, {measured.lost_searches} searches; "
        f"overtaken: {measured.overtaken}."
    )
    lines += [f"lost: {a.trouble}" for a in asked if not a.answered]
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, help="default: a new one of the seeds")
    parser.add_argument("--readers", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3, help="questions of each reader")
    parser.add_argument("--searchers", type=int, default=5, help="who only search, all the while")
    parser.add_argument("--seconds", type=float, default=1.0, help="of the model, an answer")
    parser.add_argument("--turns", type=int, default=4, help="answers written at once")
    args = parser.parse_args()
    with (
        fixed_rate_model(args.seconds) as model,
        served(args.home, model, args.turns) as url,
    ):
        measured = measure(url, readers=args.readers, rounds=args.rounds, searchers=args.searchers)
    print(table(measured))


if __name__ == "__main__":
    main()
