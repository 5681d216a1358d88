"""A packaged rival, PaperQA, run in an environment of its own: `make rivals` makes that.

It is a child process that reads questions and writes answers, a JSON line each
(`eval/rival_worker.py`), so that none of its requirements is one of Youju's. Its language model is
Youju's, and so is its embedding, served here in OpenAI's protocol.
"""

from __future__ import annotations

import json
import subprocess
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from llama_index.llms.openai_like import OpenAILike

from rag.embed import make_embedding
from rag.errors import ModelError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llama_index.core.base.embeddings.base import BaseEmbedding

    from eval.homes import Home
    from rag.settings import Settings

ENVIRONMENT = Path(__file__).parent.parent / ".venv-rivals"
WORKER = Path(__file__).parent / "rival_worker.py"


@dataclass(frozen=True, slots=True)
class Read:
    """A piece of a document that the rival read."""

    document: str
    text: str
    score: float


@dataclass(frozen=True, slots=True)
class Said:
    """What the rival answered; its markers count ``chunks`` from 1."""

    text: str
    chunks: tuple[Read, ...]
    model: str


OFFLINE = "LITELLM_LOCAL_MODEL_COST_MAP=True"
"""Else its client asks the network what models cost."""


class Rival:
    """PaperQA over the documents of a home."""

    def __init__(self, process: subprocess.Popen[str], model: str) -> None:
        self._process = process
        self._model = model

    @classmethod
    @contextmanager
    def running(cls, home: Home, settings: Settings, folder: Path) -> Iterator[Rival]:
        """Start it, with the documents read in.

        Raises:
            SettingsError: When its environment is not there.
            ModelError: When it does not start.
        """
        python = ENVIRONMENT / "bin" / "python"
        if not python.exists():
            raise SettingsError(f"The rival's environment {ENVIRONMENT} is missing: make rivals.")
        texts = folder / "rival"
        texts.mkdir(exist_ok=True)
        for card in home.youju.documents():
            (texts / f"{card.id}.txt").write_text(home.library.document(card.id).text, "utf-8")
        model = home.youju.model
        if model is None:
            raise SettingsError("The rival needs a language model; these settings have none.")
        with (
            _embeddings(make_embedding(settings)) as embeddings,
            model._connect() as llm,
            (folder / "rival.log").open("w") as log,
        ):
            if not isinstance(llm, OpenAILike):
                raise SettingsError("The rival needs an OpenAI-compatible endpoint.")
            config = {
                "documents": str(texts),
                "model": llm.model,
                "base_url": llm.api_base,
                "key": llm.api_key,
                "embedding_url": embeddings,
                "seconds": settings.deadline,
            }
            process = _start([str(python), str(WORKER)], log)
            try:
                rival = cls(process, f"{model.name}, PaperQA")
                rival._exchange(config)
                yield rival
            finally:
                process.kill()
                process.wait()

    def ask(self, question: str) -> Said:
        """Return what it answers.

        Raises:
            ModelError: When it fails.
        """
        reply = self._exchange({"question": question})
        chunks = tuple(Read(c["document"], c["text"], c["score"]) for c in reply["chunks"])
        return Said(reply["text"], chunks, self._model)

    def _exchange(self, message: dict[str, Any]) -> dict[str, Any]:
        if self._process.stdin is None or self._process.stdout is None:
            raise ModelError("The rival's process has no pipes.")
        try:
            self._process.stdin.write(json.dumps(message, ensure_ascii=False) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise ModelError("The rival has ended; see rival.log in the run's folder.") from None
        line = self._process.stdout.readline()
        if not line:
            raise ModelError("The rival has ended; see rival.log in the run's folder.")
        reply: dict[str, Any] = json.loads(line)
        if reply.get("error"):
            raise ModelError(f"The rival failed: {reply['error']}")
        return reply


def _start(command: list[str], log: IO[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 - our own script
        ["/usr/bin/env", OFFLINE, *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        encoding="utf-8",
    )


@contextmanager
def _embeddings(embedding: BaseEmbedding) -> Iterator[str]:
    """Serve an embedding model on loopback, as OpenAI does; yield its address."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            return

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
            with lock:
                vectors = embedding.get_text_embedding_batch(texts)
            reply = {
                "object": "list",
                "model": body["model"],
                "data": [
                    {"object": "embedding", "index": i, "embedding": list(map(float, v))}
                    for i, v in enumerate(vectors)
                ],
                "usage": {"prompt_tokens": 0, "total_tokens": 0},
            }
            data = json.dumps(reply).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    finally:
        server.shutdown()
        server.server_close()
