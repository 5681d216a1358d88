"""HTTP clients whose replies are bounded: in size, in time, and never compressed.

What an endpoint sends is read into memory by libraries that have no limit: 100 MB, or a few
hundred KB that unpack to gigabytes, took 2 GB of the server. A reply that trickles kept a thread.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

MOST_BYTES = 16_000_000
"""Of one reply: a thousand times what an answer or a batch of vectors takes."""
_PLAIN = {"Accept-Encoding": "identity"}


class TooLargeError(httpx.DecodingError):
    """A reply is larger than any that was asked for, or compressed."""


def bounded_client(seconds: float) -> httpx.Client:
    """Return a client that gives up on a reply after ``seconds``, or so many bytes.

    It follows no redirect.
    """

    def bound(response: httpx.Response) -> None:
        response.stream = _Bounded(response, seconds)

    return httpx.Client(timeout=seconds, headers=_PLAIN, event_hooks={"response": [bound]})


def bounded_async_client(seconds: float) -> httpx.AsyncClient:
    """Return the same for who awaits it."""

    async def bound(response: httpx.Response) -> None:
        response.stream = _Bounded(response, seconds)

    return httpx.AsyncClient(timeout=seconds, headers=_PLAIN, event_hooks={"response": [bound]})


class _Bounded(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A reply's bytes as long as they are within bounds."""

    def __init__(self, response: httpx.Response, seconds: float) -> None:
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise TooLargeError("it is compressed, which was not asked for")
        self._stream = response.stream
        self._ending = time.monotonic() + seconds
        self._got = 0

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._stream:  # type: ignore[union-attr]
            yield self._within(piece)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._stream:  # type: ignore[union-attr]
            yield self._within(piece)

    def _within(self, piece: bytes) -> bytes:
        self._got += len(piece)
        if self._got > MOST_BYTES:
            raise TooLargeError(f"it has more than {MOST_BYTES // 1_000_000} MB")
        # httpx bounds the wait for each piece; a slow reply has ever so many.
        if time.monotonic() > self._ending:
            raise httpx.ReadTimeout("the reply took too long")
        return piece

    def close(self) -> None:
        self._stream.close()  # type: ignore[union-attr]

    async def aclose(self) -> None:
        await self._stream.aclose()  # type: ignore[union-attr]
