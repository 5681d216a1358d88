"""Whose the open pages are: Gradio lets whoever names one's session read and stop its answers."""

from __future__ import annotations

import json
import re
from collections import deque
from typing import TYPE_CHECKING, Any

from starlette.datastructures import QueryParams

from rag.serve.problems import problem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

AT_PAGE = "/gradio_api/"
UPLOADS = "/gradio_api/upload"
"""Large, and of no session."""
MOST_OF_ONE = 1000
"""Sessions of one user that are remembered; the oldest is forgotten first."""
_IN_PATH = re.compile(r"/gradio_api/(?:heartbeat/|stream/|call/(?:v2/)?[^/]+/)([^/]+)")
"""Of a call Gradio takes a session for the id of its event."""


class OwnSessions:
    """Gives a session to the user who names it first, and turns all others away from it."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap ``app``; the gate is before it."""
        self._app = app
        self._owners: dict[str, str] = {}
        self._of: dict[str, deque[str]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer that its session is another's."""
        reader = scope.get("youju.reader")
        if scope["type"] != "http" or reader is None or AT_PAGE not in scope["path"]:
            return await self._app(scope, receive, send)
        messages: list[Message] = []
        if scope["method"] == "POST" and not scope["path"].endswith(UPLOADS):
            messages = await _all_of(receive)
        named = {*_in_address(scope), *_in_body(messages)}
        if any(self._owners.get(session, reader.name) != reader.name for session in named):
            return await problem(403, "This page is another user's.")(scope, receive, send)
        self._remember(named, reader.name)
        later = iter(messages)

        async def again() -> Message:
            message = next(later, None)
            return message if message is not None else await receive()

        return await self._app(scope, again, send)

    def _remember(self, sessions: Iterable[str], name: str) -> None:
        known = self._of.setdefault(name, deque())
        for session in sessions:
            if session not in self._owners:
                self._owners[session] = name
                known.append(session)
        while len(known) > MOST_OF_ONE:
            del self._owners[known.popleft()]


async def _all_of(receive: Receive) -> list[Message]:
    messages = [await receive()]
    while messages[-1].get("more_body", False):
        messages.append(await receive())
    return messages


def _in_address(scope: Scope) -> Iterable[str]:
    yield from QueryParams(scope["query_string"]).getlist("session_hash")
    in_path = _IN_PATH.search(scope["path"]) if scope["method"] != "POST" else None
    if in_path:
        yield in_path[1]


def _in_body(messages: Iterable[Message]) -> Iterable[str]:
    try:
        body: Any = json.loads(b"".join(m.get("body", b"") for m in messages) or b"null")
    except ValueError:  # no JSON: Gradio reads no session in it
        return
    if isinstance(body, dict) and isinstance(body.get("session_hash"), str):
        yield body["session_hash"]
