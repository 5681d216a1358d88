"""Ask a language model, through LlamaIndex's LLM interface, within a deadline.

An answer counts as complete only when the endpoint says that it stopped by itself.
"""

from __future__ import annotations

import math
import queue
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from llama_index.core.base.llms.types import ChatMessage, MessageRole
from llama_index.core.llms import LLM
from llama_index.llms.openai_like import OpenAILike

from rag.bounded import bounded_client
from rag.endpoint import NO_KEY, translated
from rag.errors import ModelProtocolError, ModelTimeoutError, ModelUnreachableError
from rag.local_model import WEIGHTS
from rag.local_server import LocalServer
from rag.model import Usage
from rag.origins import without_credentials

if TYPE_CHECKING:
    from rag.prompt import Messages
    from rag.settings import Settings

T = TypeVar("T")
Connect: TypeAlias = Callable[[], AbstractContextManager[LLM]]

CONTEXT_WINDOW = 4096
TOP_LOGPROBS = 20


@dataclass(frozen=True, slots=True)
class Written:
    """A piece of what the model writes; the last one carries the usage."""

    text: str
    usage: Usage | None = None


class ChatModel:
    """A language model to ask. ``name`` is what answers report."""

    def __init__(self, name: str, connect: Connect, address: str, *, restarts: bool) -> None:
        """Keep how to reach the model; nothing is started yet.

        Args:
            name: Of the model, for people.
            connect: Opens a LlamaIndex LLM for one request, and closes its connection after it.
            address: Where it is, for messages.
            restarts: Whether ``connect`` brings a dead endpoint back, so that trying again helps.
        """
        self.name = name
        self._connect = connect
        self._address = without_credentials(address)
        self._restarts = restarts
        self._sampling: dict[str, float] = {"temperature": 0.0}

    def sampling(self, temperature: float, seed: int) -> ChatModel:
        """Return the same model, writing by chance with a seed, not always the likeliest word."""
        other = ChatModel(self.name, self._connect, self._address, restarts=self._restarts)
        other._sampling = {"temperature": temperature, "seed": seed}
        return other

    def stream(self, messages: Messages, *, max_tokens: int, deadline: float) -> Iterator[Written]:
        """Yield the answer as it is written.

        Args:
            messages: Role and content, in order.
            max_tokens: At most so many are written.
            deadline: ``time.monotonic()`` value by which all must be done.

        Raises:
            ModelError: When the endpoint fails, is late, or ends before the answer does.
        """
        started = False
        try:
            for piece in self._stream(messages, max_tokens, deadline):
                started = True
                yield piece
        except ModelUnreachableError:
            if started or not self._restarts:
                raise
            yield from self._stream(messages, max_tokens, deadline)

    def write(self, messages: Messages, *, max_tokens: int, deadline: float) -> str:
        """Return all that the model writes; arguments and errors as of ``stream``."""
        pieces = self.stream(messages, max_tokens=max_tokens, deadline=deadline)
        return "".join(piece.text for piece in pieces)

    def _stream(self, messages: Messages, max_tokens: int, deadline: float) -> Iterator[Written]:
        def responses() -> Generator[Any, None, None]:
            with translated("the language model", self._address), self._connect() as llm:
                yield from llm.stream_chat(
                    _chat(messages),
                    max_tokens=max_tokens,
                    **self._sampling,
                    stream_options={"include_usage": True},
                )

        finish: str | None = None
        usage: Usage | None = None
        wrote = False
        for response in _within(responses(), deadline, self._address):
            raw = response.raw
            for choice in getattr(raw, "choices", None) or []:
                finish = choice.finish_reason or finish
            usage = _usage(raw) or usage
            if response.delta:
                wrote = True
                yield Written(response.delta)
        if not wrote or finish is None:
            raise ModelProtocolError(
                f"The language model at {self._address} ended before its answer did "
                f"(finish_reason {finish!r}). Is OPENAI_BASE_URL an OpenAI-compatible endpoint?"
            )
        if finish != "stop":
            raise ModelProtocolError(
                f"The answer was cut off (finish_reason “{finish}”). Raise YOUJU_ANSWER_TOKENS."
            )
        yield Written("", usage or Usage())

    def probability_of_yes(
        self, messages: Messages, *, yes: str, no: str, deadline: float
    ) -> float | None:
        """Return the model's probability of answering ``yes`` rather than ``no``.

        None when the endpoint gives no log-probabilities: then this signal is missing, not 0.
        """

        def ask() -> Generator[Any, None, None]:
            with translated("the language model", self._address), self._connect() as llm:
                yield llm.chat(
                    _chat(messages),
                    max_tokens=1,
                    temperature=0.0,
                    logprobs=True,
                    top_logprobs=TOP_LOGPROBS,
                )

        response = next(iter(_within(ask(), deadline, self._address)))
        choices = getattr(response.raw, "choices", None) or []
        content = (
            getattr(getattr(choices[0], "logprobs", None), "content", None) if choices else None
        )
        if not content:
            return None
        mass = {yes: 0.0, no: 0.0}
        for alternative in content[0].top_logprobs:
            token = alternative.token.strip()
            for word in mass:
                if token and word.startswith(token):
                    mass[word] += math.exp(alternative.logprob)
        total = sum(mass.values())
        return mass[yes] / total if total else None


def make_chat_model(settings: Settings) -> tuple[ChatModel | None, LocalServer | None]:
    """Return the model that ``settings`` ask for, if any, and the server to stop at the end."""
    if settings.base_url:
        base_url = settings.base_url
        key = settings.api_key.get_secret_value() if settings.api_key else NO_KEY

        def open_endpoint() -> AbstractContextManager[LLM]:
            return _openai_like(settings.model, base_url, key, settings.deadline)

        return ChatModel(settings.model, open_endpoint, base_url, restarts=False), None
    if settings.model_path:
        name = settings.model_path.stem
    elif settings.local_model == "none":
        return None, None
    else:
        name = WEIGHTS[settings.local_model].name
    server = LocalServer(settings)

    def open_embedded() -> AbstractContextManager[LLM]:
        address = server.address()
        return _openai_like("embedded", address.url, address.key, settings.deadline)

    return ChatModel(name, open_embedded, "its own process", restarts=True), server


@contextmanager
def _openai_like(model: str, base_url: str, key: str, deadline: float) -> Iterator[LLM]:
    # A connection of its own: closing it is the one sure way to tell the server that nobody
    # reads any more (the vendor's stream object waits for the garbage collector).
    with bounded_client(deadline) as connection:
        yield OpenAILike(
            model=model,
            api_base=base_url,
            api_key=key,
            is_chat_model=True,
            context_window=CONTEXT_WINDOW,
            max_retries=0,
            timeout=deadline,
            http_client=connection,
        )


def _chat(messages: Messages) -> list[ChatMessage]:
    return [ChatMessage(role=MessageRole(role), content=content) for role, content in messages]


def _usage(raw: Any) -> Usage | None:  # noqa: ANN401 - whatever the vendor's chunk is
    usage = getattr(raw, "usage", None)
    if usage is None:
        return None
    return Usage(
        prompt_tokens=usage.prompt_tokens or 0, completion_tokens=usage.completion_tokens or 0
    )


_END = object()


def _within(items: Generator[T, None, None], deadline: float, address: str) -> Iterator[T]:
    """Pass ``items`` on from a thread of their own, until the deadline.

    A read timeout alone does not bound an answer: keep-alive lines reset it for ever.
    """
    passing: queue.Queue[Any] = queue.Queue()
    given_up = threading.Event()

    def read() -> None:
        try:
            with closing(items):
                for item in items:
                    passing.put(item)
                    if given_up.is_set():
                        return
            passing.put(_END)
        except BaseException as error:  # noqa: BLE001 - handed to the reader, who raises it
            passing.put(error)

    threading.Thread(target=read, name="youju-model-reader", daemon=True).start()
    try:
        while True:
            try:
                item = passing.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise ModelTimeoutError(
                    f"The language model at {address} did not finish in time. "
                    "Try again, or raise YOUJU_DEADLINE."
                ) from None
            if item is _END:
                return
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        given_up.set()
