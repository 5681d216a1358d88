"""How often somebody may ask, and how large what is sent may be."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from starlette.requests import ClientDisconnect

from rag.serve.problems import problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY_BYTES = 4_000_000
"""Of a request that uploads nothing; a page sends its conversation along."""
UPLOAD_MARGIN = 1_000_000
"""What a form has around its files."""
MOST_KNOWN = 10_000
"""Names that a limit remembers before it forgets those that have waited long enough."""


class Rate:
    """A bucket of tokens for each name: as many at once as may be sent in a minute."""

    def __init__(self, per_minute: int, *, now: Callable[[], float] = time.monotonic) -> None:
        """Begin with full buckets; 0 a minute: no limit."""
        self._most = float(per_minute)
        self._now = now
        self._lock = threading.Lock()
        self._left: dict[str, tuple[float, float]] = {}

    def wait(self, name: str) -> float:
        """Take a token of ``name``; return 0, or the seconds to wait where none is left."""
        if not self._most:
            return 0.0
        now = self._now()
        with self._lock:
            left = self._filled(name, now)
            if left < 1:
                return (1 - left) * 60 / self._most
            if len(self._left) >= MOST_KNOWN:
                self._left = {
                    n: kept for n, kept in self._left.items() if self._filled(n, now) < self._most
                }
            self._left[name] = (left - 1, now)
            return 0.0

    def _filled(self, name: str, now: float) -> float:
        left, at = self._left.get(name, (self._most, now))
        return min(self._most, left + (now - at) * self._most / 60)


class BodyLimit:
    """Ends a request that sends too much, before it is read whole."""

    def __init__(self, app: ASGIApp, *, upload_bytes: int) -> None:
        """Wrap ``app``.

        Args:
            app: What answers.
            upload_bytes: Most bytes of all files of one upload.
        """
        self._app = app
        self._upload = upload_bytes + UPLOAD_MARGIN

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, counting what arrives."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        path = scope["path"]
        uploads = path == "/api/documents" or path.endswith("/gradio_api/upload")
        most = self._upload if uploads else BODY_BYTES
        arrived = 0
        begun = False

        async def counted() -> Message:
            nonlocal arrived
            message = await receive()
            arrived += len(message.get("body", b""))
            return message if arrived <= most else {"type": "http.disconnect"}

        async def watched(message: Message) -> None:
            nonlocal begun
            if arrived <= most or begun:
                begun = True
                await send(message)

        too_large = problem(413, f"At most {most} bytes may be sent at once.")
        if int(dict(scope["headers"]).get(b"content-length", b"0")) > most:
            return await too_large(scope, receive, send)
        try:
            await self._app(scope, counted, watched)
        except ClientDisconnect:
            if arrived <= most:
                raise
        if arrived > most and not begun:
            await too_large(scope, receive, send)
        return None
