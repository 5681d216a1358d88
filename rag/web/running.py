"""One answer being made in a thread of its own, told step by step to whoever shows it."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from rag.errors import YoujuError
from rag.model import Checked, Checking, Done, Evidence, Token
from rag.turns import StoppedError
from rag.web.render import Progress

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator

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

    def after(self, step: Step, now: float) -> Standing:
        """Return how it stands after one more step."""
        after = self
        match step:
            case Evidence():
                best = step.citations[0] if step.citations else None
                after = self._stage("reading", now, n=len(step.hits), best=best)
                after = replace(after, found=step.citations, hits=step.hits)
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
                after = replace(self, ended=True)
        return after

    def _stage(self, stage: str, now: float, n: int = 0, best: Citation | None = None) -> Standing:
        before = self.progress
        if stage == before.stage:
            return replace(self, progress=replace(before, n=n))
        over = (*before.took, (before.stage, before.n, now - self.since))
        progress = replace(before, stage=stage, n=n, took=over, best=best or before.best)
        return replace(self, progress=progress, since=now)


class Running:
    """An answer on its way; ``standings`` tells how it comes on, ``halt`` ends it."""

    def __init__(self, events: Callable[[], Generator[Event]], turns: Turns) -> None:
        """Keep what is needed; ``standings`` starts it.

        Args:
            events: Begins the answer; its first event needs no turn at the language model.
            turns: The queue before the language model.
        """
        self._events = events
        self._turns = turns
        self._stop = threading.Event()
        self._tell: Callable[[Step], None] = lambda _: None

    def halt(self) -> None:
        """End it: whoever shows it learns so at once, the model's turn ends with its next word."""
        self._stop.set()
        self._tell(Ended())

    async def standings(self, first: Standing) -> AsyncGenerator[Standing]:
        """Yield how the answer stands whenever that changes; the last has ended.

        However the reading of this ends, the answer's thread ends too.
        """
        loop, steps = asyncio.get_running_loop(), asyncio.Queue[Step]()

        def tell(step: Step) -> None:
            loop.call_soon_threadsafe(steps.put_nowait, step)

        self._tell = tell
        threading.Thread(target=self._run, name="youju-answer", daemon=True).start()
        standing = first
        try:
            while not standing.ended:
                standing = standing.after(await steps.get(), time.monotonic())
                while not steps.empty() and not standing.ended:
                    standing = standing.after(steps.get_nowait(), time.monotonic())
                yield standing
                await asyncio.sleep(0 if standing.ended else GATHER)
        finally:
            self._tell = lambda _: None
            self._stop.set()

    def _run(self) -> None:
        try:
            # The stream is closed before the turn is given back: closing ends the model's work.
            with ExitStack() as turn, closing(self._events()) as events:
                first = next(events)
                self._say(first)
                if isinstance(first, Done):
                    return
                turn.enter_context(self._turns.take(on_position=self._wait, stop=self._stop))
                self._say(Began())
                for event in events:
                    self._say(event)
                    if self._stop.is_set():
                        return
        except StoppedError:
            return
        except YoujuError as error:
            self._say(Failed(str(error)))
        except Exception:  # noqa: BLE001 - the page must not wait for ever
            _log.exception("an answer failed")
            self._say(Failed(""))
        finally:
            self._say(Ended())

    def _wait(self, place: int) -> None:
        self._say(Waiting(place))

    def _say(self, step: Step) -> None:
        if not self._stop.is_set():
            self._tell(step)
