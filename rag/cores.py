"""Who computes first: what a reader waits to see goes before the rest of another's answer.

More at once than there are cores only makes each of them late. Of twenty readers who ask together
none should wait for the evidence while another's answer is being checked.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from itertools import count as count_from
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

PATIENCE = 2.0
"""Seconds after which what waits for others to see something waits no more: it goes on, too."""


class Cores:
    """As many places as there are cores. Safe to share between threads."""

    def __init__(self, count: int, *, patience: float = PATIENCE) -> None:
        """Free ``count`` places, 1 or more."""
        self._changed = threading.Condition()
        self._free = count
        self._patience = patience
        self._came = count_from(0)
        self._waiting: list[tuple[int, int]] = []
        """Rank and number of each who waits: the least is next."""

    def first(self) -> AbstractContextManager[None]:
        """Hold a place, before all that can wait."""
        return self._place(0)

    def after(self) -> AbstractContextManager[None]:
        """Hold a place once nobody waits for a first one, or after a while."""
        return self._place(1)

    @contextmanager
    def _place(self, rank: int) -> Iterator[None]:
        with self._changed:
            number = next(self._came)
            if not self._waits((rank, number), self._patience if rank else None):
                self._waits((0, number), None)
            self._free -= 1
        try:
            yield
        finally:
            with self._changed:
                self._free += 1
                self._changed.notify_all()

    def _waits(self, ticket: tuple[int, int], seconds: float | None) -> bool:
        """Wait until it is the ticket's turn, at most so long; tell whether it is."""
        self._waiting.append(ticket)
        try:
            return self._changed.wait_for(
                lambda: self._free > 0 and ticket == min(self._waiting), seconds
            )
        finally:
            self._waiting.remove(ticket)
            self._changed.notify_all()
