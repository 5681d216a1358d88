"""What the requests of one server share."""
# ruff: noqa: TC002 - FastAPI reads the annotations when it runs

from __future__ import annotations

import threading
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, TypeVar

import anyio.to_thread
from fastapi import Depends
from starlette.requests import Request

from rag.errors import YoujuError
from rag.serve.answering import Answering
from rag.serve.limits import Rate
from rag.serve.logs import LOG
from rag.serve.metrics import Metrics
from rag.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from opentelemetry.trace import Tracer

    from rag.build import Youju
    from rag.model import Event
    from rag.settings import Settings
    from vectorstore.accounts import Accounts

T = TypeVar("T")

SEARCHES = 8
"""Searches at once: a search is computing, and more at once than cores only share them out."""
LOG_INS_A_MINUTE = 10
"""From one address."""
EMBEDDED_TURNS, ENDPOINT_TURNS = 1, 4
STOP_SECONDS = 20.0
FIRST_QUESTIONS = ("会长是谁，2021年6月谈了什么？", "What did they agree on in June 2021?")
"""Asked as far as their evidence before anybody is let in: what they load is loaded then."""
TRY_AGAIN = 2.0
"""Seconds after which a home that could not be read is tried again."""


@dataclass(slots=True)
class Lanes:
    """Threads by what they do, so that none waits for another kind of work."""

    search: anyio.CapacityLimiter = field(default_factory=lambda: anyio.CapacityLimiter(SEARCHES))
    documents: anyio.CapacityLimiter = field(default_factory=lambda: anyio.CapacityLimiter(8))
    changes: anyio.CapacityLimiter = field(default_factory=lambda: anyio.CapacityLimiter(1))
    log_ins: anyio.CapacityLimiter = field(default_factory=lambda: anyio.CapacityLimiter(2))

    @staticmethod
    async def run(lane: anyio.CapacityLimiter, work: Callable[[], T]) -> T:
        """Run ``work`` in a thread of ``lane``."""
        return await anyio.to_thread.run_sync(work, limiter=lane)


class Readiness:
    """Whether questions can be answered yet: loading takes some seconds."""

    def __init__(self, youju: Youju) -> None:
        """Nothing is loaded yet."""
        self._youju = youju
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._load, name="youju-load", daemon=True)
        self._loaded = False
        self._why = "loading"

    def start(self) -> None:
        """Load on a thread, again and again until it works; then warm the model up."""
        self._thread.start()

    def stop(self) -> None:
        """Try no more; a load under way may take as long as a search."""
        self._stop.set()
        self._thread.join(STOP_SECONDS)

    def _load(self) -> None:
        while not self._stop.is_set():
            try:
                for question in FIRST_QUESTIONS:
                    with closing(self._evidence(question)) as events:
                        next(events)
            except YoujuError as error:
                self._why = str(error)
                self._stop.wait(TRY_AGAIN)
            except Exception as error:  # noqa: BLE001 - who asks whether it is ready must be told
                LOG.error("a fault in Youju", exc_info=error)
                self._why = "a fault in Youju; its log tells where"
                self._stop.wait(TRY_AGAIN)
            else:
                self._loaded = True
                break
        if not self._stop.is_set():
            self._youju.warm_up()

    def _evidence(self, question: str) -> Generator[Event]:
        yield from self._youju.stream(question)

    def why_not(self) -> str:
        """Return what is in the way, empty when nothing is."""
        if not self._loaded:
            return self._why
        try:
            self._youju.ledger.revision  # noqa: B018 - whether it can be read
        except YoujuError as error:
            return str(error)
        return ""


@dataclass(frozen=True, slots=True)
class Service:
    """What the requests of one server share."""

    youju: Youju
    answering: Answering
    metrics: Metrics
    readiness: Readiness
    accounts: Accounts | None
    """None: nobody logs in."""
    lanes: Lanes = field(default_factory=Lanes)
    log_ins: Rate = field(default_factory=lambda: Rate(LOG_INS_A_MINUTE))


def make_service(
    youju: Youju, *, accounts: Accounts | None, turns: Turns, tracer: Tracer
) -> Service:
    """Return the service over one home.

    Args:
        youju: The home.
        accounts: Who may come in; None: everybody.
        turns: The line for the language model.
        tracer: Traces the stages of answers.
    """
    metrics = Metrics(turns)
    return Service(
        youju=youju,
        answering=Answering(youju, turns, metrics, tracer),
        metrics=metrics,
        readiness=Readiness(youju),
        accounts=accounts,
    )


def make_turns(settings: Settings) -> Turns:
    """Return the line for the language model that ``settings`` ask for."""
    return Turns(settings.turns or (ENDPOINT_TURNS if settings.base_url else EMBEDDED_TURNS))


def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


Shared = Annotated[Service, Depends(_service)]
"""In the signature of what answers a request: the service."""
