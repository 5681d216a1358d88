"""Who may come in.

On loopback everybody may, at the very address that is served. On any other address a request has
an API key or a log-in's cookie. No request may come from another site's page (`origin.py`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse

from rag.serve.origin import at_own_address, from_another_page
from rag.serve.problems import problem

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import ASGIApp, Receive, Scope, Send

    from rag.serve.limits import Rate
    from vectorstore.accounts import Accounts, User

COOKIE = "youju_session"
ALWAYS_OPEN = frozenset({"/healthz", "/readyz", "/login"})
COUNTED = ("/api/", "/v1/", "/mcp")
"""What a user may send only so often: the page's own requests are many for one question, and its
questions wait in line."""
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
NOT_BY_THIS_NAME = (
    "Without log-ins Youju answers at the address and port that it serves, and by no other name. "
    "Behind a proxy set YOUJU_REQUIRE_LOGIN; a tunnel has the same port at both ends."
)
FOR_EDITORS = "Only an editor may add or remove documents."


@dataclass(frozen=True, slots=True)
class Reader:
    """Who sent a request: ``scope["youju.reader"]``."""

    name: str
    """Empty where nobody logs in."""
    may_edit: bool
    may_administer: bool = False


ANYBODY = Reader("", may_edit=True, may_administer=True)


class Gate:
    """Lets a request in as somebody, or turns it away."""

    def __init__(self, app: ASGIApp, *, accounts: Accounts | None, rate: Rate) -> None:
        """Wrap ``app``.

        Args:
            app: What answers; it finds a ``Reader`` in ``scope["youju.reader"]``.
            accounts: Who may come in; None: everybody, on loopback.
            rate: How often each may ask.
        """
        self._app = app
        self._accounts = accounts
        self._rate = rate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer that it may not come in."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] != "http":  # nothing here speaks WebSocket
            await send({"type": "websocket.close", "code": 1008})
        else:
            turned_away = self._turned_away(scope)
            await (turned_away or self._app)(scope, receive, send)

    def _turned_away(self, scope: Scope) -> Response | None:
        """Say who sends a request, or the answer to one that may not come in."""
        if not self._is_addressed(scope):
            return problem(421, NOT_BY_THIS_NAME)
        by_key = self._by_key(scope)
        # No browser sends a key of ours by itself, and to no page of elsewhere is one let in.
        if not by_key and from_another_page(scope, behind_proxy=self._accounts is not None):
            return problem(403, "This came from another site's page.")
        if scope["path"] in ALWAYS_OPEN:
            return None
        reader = by_key or self._reader(scope)
        if reader is None:
            return self._ask_to_log_in(scope)
        scope["youju.reader"] = reader
        return None if scope["method"] in SAFE else self._not_allowed(scope, reader)

    def _is_addressed(self, scope: Scope) -> bool:
        if self._accounts is None:
            return at_own_address(scope)
        return len(HTTPConnection(scope).headers.getlist("host")) < 2

    def _not_allowed(self, scope: Scope, reader: Reader) -> Response | None:
        if scope["path"].endswith("/gradio_api/upload") and not reader.may_edit:
            return problem(403, FOR_EDITORS)
        counted = self._accounts and scope["path"].startswith(COUNTED)
        wait = self._rate.wait(reader.name) if counted else 0.0
        if not wait:
            return None
        retry = {"Retry-After": str(math.ceil(wait))}
        return problem(429, "Too many requests; wait a little.", headers=retry)

    def _by_key(self, scope: Scope) -> Reader | None:
        """Return whose API key a request has; where nobody logs in a key means nothing."""
        scheme, _, key = HTTPConnection(scope).headers.get("authorization", "").partition(" ")
        if self._accounts is None or scheme.lower() != "bearer":
            return None
        return _reader_of(self._accounts.of_key(key.strip()))

    def _reader(self, scope: Scope) -> Reader | None:
        if self._accounts is None:
            return ANYBODY
        request = HTTPConnection(scope)
        token = request.cookies.get(COOKIE)
        if request.headers.get("authorization") or not token:  # a wrong key is no log-in
            return None
        return _reader_of(self._accounts.of_session(token))

    @staticmethod
    def _ask_to_log_in(scope: Scope) -> Response:
        accepts = HTTPConnection(scope).headers.get("accept", "")
        if scope["method"] == "GET" and "text/html" in accepts:
            return RedirectResponse(f"/login?to={quote(scope['path'])}", 303)
        return problem(
            401,
            "Log in, or send an API key: Authorization: Bearer youju-…",
            headers={"WWW-Authenticate": "Bearer"},
        )


def _reader_of(user: User | None) -> Reader | None:
    return Reader(user.name, user.may_edit, user.may_administer) if user else None
