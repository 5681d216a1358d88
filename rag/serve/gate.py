"""Who may come in.

On loopback everybody may, and only by a loopback name: a page elsewhere that points a name of its
own here (DNS rebinding) is turned away. On any other address a request has an API key or a
log-in's cookie. A request that changes something must not come from another site's page.
"""

from __future__ import annotations

import ipaddress
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse

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
    "Without log-ins Youju answers to loopback names only. Behind a proxy set YOUJU_REQUIRE_LOGIN."
)
FOR_EDITORS = "Only an editor may add or remove documents."


@dataclass(frozen=True, slots=True)
class Reader:
    """Who sent a request: ``scope["youju.reader"]``."""

    name: str
    """Empty where nobody logs in."""
    may_edit: bool


ANYBODY = Reader("", may_edit=True)


def is_loopback(host: str) -> bool:
    """Whether an address or name is this machine's own."""
    host = host.strip("[]")
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def host_of(host: str) -> str:
    """Return the name in a Host header, without its port; empty where it is none."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def from_elsewhere(scope: Scope) -> bool:
    """Whether a browser says that another site's page sent this request."""
    headers = HTTPConnection(scope).headers
    origin = headers.get("origin")
    if origin is not None:
        return urlsplit(origin).netloc != headers.get("host")
    return headers.get("sec-fetch-site", "none") not in {"same-origin", "none"}


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
        headers = HTTPConnection(scope).headers
        changes = scope["method"] not in SAFE
        by_key = headers.get("authorization", "")
        if self._accounts is None and not is_loopback(host_of(headers.get("host", ""))):
            return problem(421, NOT_BY_THIS_NAME)
        if changes and not by_key and from_elsewhere(scope):
            return problem(403, "This came from another site's page.")
        if scope["path"] in ALWAYS_OPEN:
            return None
        reader = self._reader(scope, by_key)
        if reader is None:
            return self._ask_to_log_in(scope)
        scope["youju.reader"] = reader
        return self._not_allowed(scope, reader) if changes else None

    def _not_allowed(self, scope: Scope, reader: Reader) -> Response | None:
        if scope["path"].endswith("/gradio_api/upload") and not reader.may_edit:
            return problem(403, FOR_EDITORS)
        counted = self._accounts and scope["path"].startswith(COUNTED)
        wait = self._rate.wait(reader.name) if counted else 0.0
        if not wait:
            return None
        retry = {"Retry-After": str(math.ceil(wait))}
        return problem(429, "Too many requests; wait a little.", headers=retry)

    def _reader(self, scope: Scope, by_key: str) -> Reader | None:
        if self._accounts is None:
            return ANYBODY
        user: User | None
        if by_key:
            scheme, _, key = by_key.partition(" ")
            user = self._accounts.of_key(key.strip()) if scheme.lower() == "bearer" else None
        else:
            token = HTTPConnection(scope).cookies.get(COOKIE)
            user = self._accounts.of_session(token) if token else None
        return Reader(user.name, user.may_edit) if user else None

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
