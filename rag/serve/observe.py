"""Every request counted, logged and traced; and the headers that every response has."""

from __future__ import annotations

import logging
import time
import uuid
from typing import TYPE_CHECKING

from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.datastructures import Headers, MutableHeaders

from rag.serve.headers import keep_to_own_host
from rag.serve.logs import LOG

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from rag.serve.metrics import Metrics

PRIVATE = ("/api/", "/v1/", "/mcp", "/login")
"""Paths whose responses nothing in between may keep."""
PROBES = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked every few seconds by machines: not a line each."""


class Observe:
    """The outermost layer."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics, tracer: Tracer) -> None:
        """Wrap ``app``."""
        self._app = app
        self._metrics = metrics
        self._tracer = tracer
        self._propagator = TraceContextTextMapPropagator()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        started = time.monotonic()
        request_id = uuid.uuid4().hex
        status = 0

        async def with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = request_id
                keep_to_own_host(headers)
                if scope["path"].startswith(PRIVATE):
                    headers["Cache-Control"] = "no-store"
            await send(message)

        caller = self._propagator.extract(dict(Headers(scope=scope)))
        with self._tracer.start_as_current_span(
            scope["method"], context=caller, kind=SpanKind.SERVER, record_exception=False
        ) as span:
            try:
                await self._app(scope, receive, with_headers)
            finally:
                # None was sent: the client had gone, or the server is going.
                status = status or 499
                seconds = time.monotonic() - started
                route = route_of(scope)
                self._metrics.request(scope["method"], route, status, seconds)
                span.update_name(f"{scope['method']} {route}")
                span.set_attributes(
                    {
                        "http.request.method": scope["method"],
                        "http.route": route,
                        "http.response.status_code": status,
                    }
                )
                if status >= 500:
                    span.set_status(Status(StatusCode.ERROR))
                reader = scope.get("youju.reader")
                LOG.log(
                    logging.DEBUG if scope["path"] in PROBES else logging.INFO,
                    "request",
                    extra={
                        "fields": {
                            "request": request_id,
                            "method": scope["method"],
                            "route": route,
                            "status": status,
                            "seconds": round(seconds, 4),
                            "user": reader.name if reader else None,
                            **scope.get("youju.log", {}),
                        }
                    },
                )
        return None


def route_of(scope: Scope) -> str:
    """Return the route's pattern, so that neither ids nor what was asked are told."""
    path: str | None = getattr(scope.get("route"), "path", None)
    if path:
        return path
    return "other" if scope["path"].startswith(("/api", "/v1")) else "page"
