"""The answers on their way in this process: each in a thread of its own, told to whoever looks.

An answer belongs to the server. It goes on whatever becomes of the page that asked for it, and its
end is stored before anybody is told of it; only ``Running.halt`` ends it early.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from rag.errors import YoujuError
from rag.model import Checked, Checking, Done, Evidence, Token
from rag.turns import StoppedError
from rag.web.render import Progress

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator, Iterator

    from rag.model import Answer, Citation, Event, Hit
    from rag.turns import Turns

GATHER = 0.12
"""Seconds for which tokens are gathered: a step for each would flood the socket."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Waiting:
    """The place in the queue has changed: 1 is next."""

    place: int


@dataclass(frozen=True, slots=True)
class Began:
    """The language model's turn has come."""


@dataclass(frozen=True, slots=True)
class Failed:
    """It cannot go on."""

    error: str
    """For the reader; empty for a fault of the program, which is in the log."""


@dataclass(frozen=True, slots=True)
class Ended:
    """Nothing comes any more."""


Step: TypeAlias = "Event | Waiting | Began | Failed | Ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How an answer stands: what to show, and what to keep of it when it ends here."""

    progress: Progress
    since: float
    """When the stage began, by the monotonic clock."""
    found: tuple[Citation, ...] = ()
    hits: tuple[Hit, ...] = ()
    answer: Answer | None = None
    error: str | None = None
    ended: bool = False

    @property
    def draft(self) -> str:
        """What the model has written so far; nothing of it is checked."""
        return self.progress.draft

    @property
    def waited(self) -> dict[str, float]:
        """Seconds by stage, in the order in which they began; together all that was waited."""
        seconds: dict[str, float] = {}
        for stage, _, took in self.progress.took:
            seconds[stage] = seconds.get(stage, 0.0) + took
        return seconds

    def after(self, step: Step, now: float) -> Standing:
        """Return how it stands after one more step."""
        after = self
        match step:
            case Evidence():
                after = self._stage("reading", now, n=len(step.hits))
                progress = replace(after.progress, best=next(iter(step.citations), None))
                found = _once(step.citations)
                after = replace(after, progress=progress, found=found, hits=step.hits)
            case Waiting():
                after = self._stage("waiting", now, n=step.place)
            case Began() if self.progress.stage == "waiting":
                after = self._stage("reading", now, n=len(self.hits))
            case Token():
                before = "" if self.progress.stage == "checking" else self.draft  # another draft
                after = self._stage("writing", now)
                draft = before + step.text
                after = replace(after, progress=replace(after.progress, draft=draft))
            case Checking() | Checked():
                after = self._stage("checking", now)
            case Done():
                after = replace(self, answer=step.answer)
            case Failed():
                after = replace(self, error=step.error)
            case Ended():
                after = replace(self._stage("", now), ended=True)
        return after

    def _stage(self, stage: str, now: float, n: int = 0) -> Standing:
        before = self.progress
        if stage == before.stage:
            return replace(self, progress=replace(before, n=n))
        over = (*before.took, (before.stage, before.n, now - self.since))
        progress = replace(before, stage=stage, n=n, took=over)
        return replace(self, progress=progress, since=now)


def _once(citations: tuple[Citation, ...]) -> tuple[Citation, ...]:
    """Leave out what says the same: of two parts of a question, or of two copies of a text."""
    once: dict[str, Citation] = {}
    for citation in citations:
        once.setdefault(citation.quote, citation)
    return tuple(once.values())


class Look:
    """What one open page shows: a conversation, until it shows another."""

    def __init__(self, conversation: str, seen: str = "") -> None:
        """Look at a conversation; empty: a new one."""
        self.conversation = conversation
        self.seen = seen
        """What of it has been shown (``Desk`` says how)."""
        self.left = False
        self.wake: Callable[[], None] | None = None
        """Of who follows an answer for it."""

    def leave(self) -> None:
        """Show it nothing any more. Safe in any thread."""
        self.left = True
        if self.wake:
            self.wake()


class Running:
    """One answer on its way."""

    def __init__(
        self,
        first: Standing,
        events: Callable[[], Generator[Event]],
        turns: Turns,
        keep: Callable[[Standing], None],
    ) -> None:
        """Keep what is needed; ``start`` begins it.

        Args:
            first: How it stands before anything has been done.
            events: Begins the answer; its first event needs no turn at the language model.
            turns: The queue before the language model.
            keep: Stores how it stands: whenever a stage begins, and at the end.
        """
        self.standing = first
        self.began = first.since
        self._events = events
        self._turns = turns
        self._keep = keep
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._followers: list[Callable[[], None]] = []

    def start(self) -> None:
        """Begin it, in a thread of its own."""
        threading.Thread(target=self._run, name="youju-answer", daemon=True).start()

    def halt(self) -> None:
        """End it: what is there is stored at once, the model's turn ends with its next word."""
        self._stop.set()
        self._go(Ended())

    def interrupt(self) -> None:
        """End it with the process: what is there is stored as what was cut off."""
        self._stop.set()
        with self._lock:
            if not self.standing.ended:
                self._keep(self.standing)
                self.standing = replace(self.standing, ended=True)

    async def follow(self, look: Look) -> AsyncGenerator[Standing]:
        """Yield how the answer stands, and whenever that changes; the last has ended.

        Nothing is yielded once ``look`` has been left.
        """
        loop, changed = asyncio.get_running_loop(), asyncio.Event()

        def wake() -> None:
            with suppress(RuntimeError):  # the loop of a page that was closed
                loop.call_soon_threadsafe(changed.set)

        with self._told(wake, look):
            while not look.left:
                changed.clear()
                standing = self.standing
                yield standing
                if standing.ended:
                    return
                await changed.wait()
                await asyncio.sleep(0 if look.left else GATHER)

    @contextmanager
    def _told(self, wake: Callable[[], None], look: Look) -> Iterator[None]:
        with self._lock:
            self._followers.append(wake)
        look.wake = wake
        try:
            yield
        finally:
            look.wake = None
            with self._lock:
                self._followers.remove(wake)

    def _run(self) -> None:
        try:
            # The stream is closed before the turn is given back: closing ends the model's work.
            with ExitStack() as turn, closing(self._events()) as events:
                first = next(events)
                self._go(first)
                if isinstance(first, Done):
                    return
                turn.enter_context(self._turns.take(on_position=self._wait, stop=self._stop))
                self._go(Began())
                for event in events:
                    self._go(event)
                    if self._stop.is_set():
                        return
        except StoppedError:
            return
        except YoujuError as error:
            self._go(Failed(str(error)))
        except Exception:  # noqa: BLE001 - the page must not wait for ever
            if not self._stop.is_set():  # else what it was made with may have been closed
                _log.exception("an answer failed")
            self._go(Failed(""))
        finally:
            self._go(Ended())

    def _wait(self, place: int) -> None:
        self._go(Waiting(place))

    def _go(self, step: Step) -> None:
        """Take one more step; after the end there is none."""
        with self._lock:
            before = self.standing
            if before.ended:
                return
            after = before.after(step, time.monotonic())
            try:
                if after.progress.stage != before.progress.stage or after.found != before.found:
                    self._keep(after)
            finally:  # nobody hears of an end that has not been stored
                self.standing = after
                followers = list(self._followers)
        for wake in followers:
            wake()
