"""Turns at the language model: who asks first writes first, and everybody knows their place.

A model answers few questions at once. Retrieval needs no turn; only what comes after the evidence
does::

    events = youju.stream(question)
    evidence = next(events)          # at once, however long the queue is
    with turns.take(on_position=show, stop=stop):
        for event in events: ...
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rag.errors import YoujuError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LOOK_EVERY = 0.05
"""Seconds after which a waiting reader looks whether it has been told to stop."""


class StoppedError(YoujuError):
    """The reader stopped before its turn came."""


class QueueFullError(YoujuError):
    """As many readers wait as may."""


class Turns:
    """A fair queue, first in first out. Safe to share between threads."""

    def __init__(self, slots: int, most_waiting: int = 200) -> None:
        """Open the queue.

        Args:
            slots: Readers whose turn it may be at once, 1 or more.
            most_waiting: Readers that may wait; the next is told that the queue is full.
        """
        self.slots = slots
        self._most_waiting = most_waiting
        self._changed = threading.Condition()
        self._queue: OrderedDict[object, None] = OrderedDict()
        self._taken = 0

    @property
    def waiting(self) -> int:
        """Readers whose turn has not come."""
        with self._changed:
            return len(self._queue)

    @property
    def taken(self) -> int:
        """Readers whose turn it is."""
        with self._changed:
            return self._taken

    @contextmanager
    def take(
        self,
        on_position: Callable[[int], None] | None = None,
        stop: threading.Event | None = None,
    ) -> Iterator[None]:
        """Wait for a turn, and hold it for the body of the ``with``.

        Args:
            on_position: Told the place in the queue whenever it changes, 1 for the next reader;
                never called where a slot is free at once. It runs in the waiting thread.
            stop: Ends the wait when set; a turn that has begun is the body's to end.

        Raises:
            StoppedError: When ``stop`` is set before the turn has come.
            QueueFullError: When too many wait already.
        """
        self._wait(on_position, stop)
        try:
            yield
        finally:
            with self._changed:
                self._taken -= 1
                self._changed.notify_all()

    def _wait(
        self, on_position: Callable[[int], None] | None, stop: threading.Event | None
    ) -> None:
        ticket = object()
        with self._changed:
            if self._taken >= self.slots and len(self._queue) >= self._most_waiting:
                raise QueueFullError(
                    f"{len(self._queue)} questions wait for the language model already. "
                    "Try again in a while."
                )
            self._queue[ticket] = None
        told = 0
        try:
            while True:
                with self._changed:
                    place = list(self._queue).index(ticket) + 1
                    if stop is not None and stop.is_set():
                        raise StoppedError("Stopped before its turn came.")
                    if place <= self.slots - self._taken:
                        self._taken += 1
                        return
                    if place == told or on_position is None:
                        self._changed.wait(None if stop is None else LOOK_EVERY)
                        continue
                # Outside of the lock: whoever shows a place must not hold up the others.
                told = place
                on_position(place)
        finally:
            with self._changed:
                del self._queue[ticket]
                self._changed.notify_all()
