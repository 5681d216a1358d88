"""Answers for many readers at once: each in a thread of its own, its writing in turn.

Searching waits for nobody. The server's own threads never wait for the language model, so that
a search is answered however many answers are being written.
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
import time
from contextlib import ExitStack, aclosing, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from rag.errors import YoujuError
from rag.model import Done, Event
from rag.serve.logs import LOG
from rag.turns import StoppedError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator, Iterator

    from opentelemetry.trace import Tracer
    from starlette.requests import Request

    from rag.build import Youju
    from rag.model import Answer, Filters
    from rag.serve.metrics import Metrics
    from rag.turns import Turns

ALIVE_EVERY = 10.0
"""Seconds of silence after which a stream says that it is alive: proxies end silent ones."""
LOOK_EVERY = 0.25
"""Seconds after which it is looked whether who waits for a whole answer has gone."""


class FaultError(YoujuError):
    """Something that nobody expected."""


class ServerStoppingError(YoujuError):
    """The server is being stopped while an answer is under way."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with all that shapes its answer."""

    question: str
    history: tuple[tuple[str, str], ...] = ()
    filters: Filters | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """The place in the line for the language model, 1 for the next."""

    place: int


@dataclass(frozen=True, slots=True)
class Alive:
    """Nothing new, for a while."""


Step: TypeAlias = Event | Position | Alive
"""What an answer goes through: Evidence, Position…, Token…, Checking, Checked…, Done; Alive
in between."""


class Answering:
    """Answers questions over one home."""

    def __init__(self, youju: Youju, turns: Turns, metrics: Metrics, tracer: Tracer) -> None:
        """Keep what answers, and what watches it."""
        self._youju = youju
        self._turns = turns
        self._metrics = metrics
        self._tracer = tracer
        self._open: set[Callable[[YoujuError], None]] = set()
        self._stopping = False

    async def steps(self, asked: Asked) -> AsyncGenerator[Step]:
        """Yield the steps of an answer; who stops iterating gives up its turn.

        Raises:
            YoujuError: When the answer fails.
        """
        loop = asyncio.get_running_loop()
        arrived: asyncio.Queue[Step | YoujuError] = asyncio.Queue()
        stop = threading.Event()

        def put(item: Step | YoujuError) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(arrived.put_nowait, item)

        def run() -> None:
            try:
                self._answer(asked, put, stop)
            except YoujuError as error:
                put(error)
            except BaseException as error:  # noqa: BLE001 - the reader must not wait for ever
                LOG.error("a fault in Youju", exc_info=error)
                put(FaultError("A fault in Youju; its log tells where."))

        context = contextvars.copy_context()  # of the request's trace
        threading.Thread(target=partial(context.run, run), name="youju-answer", daemon=True).start()
        self._open.add(put)
        if self._stopping:
            put(_stopping())
        try:
            while True:
                try:
                    item = await asyncio.wait_for(arrived.get(), ALIVE_EVERY)
                except TimeoutError:
                    yield Alive()
                    continue
                if isinstance(item, YoujuError):
                    raise item
                yield item
                if isinstance(item, Done):
                    return
        finally:
            self._open.discard(put)
            stop.set()

    async def answer(self, asked: Asked, request: Request | None = None) -> Answer:
        """Return the answer that stands at the end.

        Args:
            asked: The question.
            request: Who waits for it; when its client goes away, the answer is given up.

        Raises:
            YoujuError: When the answer fails.
        """
        answering = asyncio.ensure_future(self._last(asked))
        try:
            while not (await asyncio.wait({answering}, timeout=LOOK_EVERY))[0]:
                if request is not None and await request.is_disconnected():
                    raise StoppedError("The client went away.")
            return answering.result()
        finally:
            answering.cancel()

    async def _last(self, asked: Asked) -> Answer:
        async with aclosing(self.steps(asked)) as steps:
            async for step in steps:
                if isinstance(step, Done):
                    return step.answer
        raise AssertionError("the steps end with Done or raise")

    def stop_all(self) -> None:
        """End every answer under way with an error that says why. Safe in a signal handler."""
        self._stopping = True
        for put in list(self._open):
            put(_stopping())

    def _answer(self, asked: Asked, put: Callable[[Step], None], stop: threading.Event) -> None:
        """Go through an answer in this thread; what comes after the evidence waits its turn."""
        try:
            # The stream is closed before the turn is given back: closing ends the model's work.
            with (
                ExitStack() as turn,
                closing(self._stream(asked)) as events,
            ):
                with self._stage("search"):
                    event = next(events)
                put(event)
                if isinstance(event, Done):
                    return self._metrics.answered(event.answer)
                with self._stage("wait"):
                    turn.enter_context(self._turns.take(lambda n: put(Position(n)), stop))
                with self._stage("write"):
                    for event in _until(stop, events):
                        if isinstance(event, Done):
                            self._metrics.answered(event.answer)
                        put(event)
        except Exception as error:
            self._metrics.failed(error)
            raise

    def _stream(self, asked: Asked) -> Generator[Event]:
        yield from self._youju.stream(asked.question, asked.history, asked.filters)

    @contextmanager
    def _stage(self, name: str) -> Iterator[None]:
        started = time.monotonic()
        with self._tracer.start_as_current_span(name, record_exception=False):
            try:
                yield
            finally:
                self._metrics.stage(name, time.monotonic() - started)


def _until(stop: threading.Event, events: Iterator[Event]) -> Iterator[Event]:
    for event in events:
        if stop.is_set():
            raise StoppedError("Stopped while it was written.")
        yield event


def _stopping() -> ServerStoppingError:
    return ServerStoppingError("The server is being stopped; ask again.")
