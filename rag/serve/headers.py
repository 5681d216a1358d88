"""What every response tells the browser: nothing from, to or within any other host."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.datastructures import MutableHeaders

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

OWN = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    "connect-src 'self' blob: data:; worker-src 'self' blob:; frame-ancestors 'none'; "
    "base-uri 'self'; form-action 'self'; object-src 'none'"
)
"""Nothing is loaded from or sent to another host. Gradio's page has its scripts inline and makes
functions of strings: stricter it does not start."""
HEADERS = {
    "Content-Security-Policy": OWN,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not no-referrer: browsers would then send a form's Origin as “null”.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
SHARING = "access-control-"
"""How a server lets the pages of other origins read it. Gradio does so; we never do."""


def keep_to_own_host(headers: MutableHeaders) -> None:
    """Put ``HEADERS`` on a response, and take away what lets other origins read it."""
    for name in [name for name in headers if name.startswith(SHARING)]:
        del headers[name]
    for name, value in HEADERS.items():
        headers[name] = value


class OwnHostOnly:
    """Has every response keep to its own host."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap ``app``."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                keep_to_own_host(MutableHeaders(scope=message))
            await send(message)

        await self._app(scope, receive, with_headers)
