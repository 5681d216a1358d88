"""Run a coroutine to its end, whatever runs in the test's own thread."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine


T = TypeVar("T")


def run(coroutine: Coroutine[object, object, T]) -> T:
    """Its value. In a thread of its own: Playwright's sync API leaves an event loop running in
    the main thread for as long as the browser is open, and one thread runs one loop."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()
