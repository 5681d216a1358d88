"""Errors over HTTP: one form for all, the one that OpenAI's clients read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from rag.errors import (
    BadFileError,
    ModelError,
    ModelTimeoutError,
    ModelUnreachableError,
    NotFoundError,
    StoreBusyError,
    StoreError,
    YoujuError,
)
from rag.serve.answering import ServerStoppingError
from rag.serve.forms import Fault, Problem
from rag.serve.logs import LOG
from rag.turns import QueueFullError, StoppedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import FastAPI
    from starlette.requests import Request

STATUS: tuple[tuple[type[YoujuError], int], ...] = (
    (NotFoundError, 404),
    (StoreBusyError, 409),
    (BadFileError, 422),
    (StoppedError, 499),
    (QueueFullError, 503),
    (ServerStoppingError, 503),
    (ModelTimeoutError, 504),
    (ModelUnreachableError, 503),
    (ModelError, 502),
    (StoreError, 503),
)
"""The first class that fits; 499 is nginx's for a client that went away: nobody reads it."""
RETRY_SECONDS = "5"
_FOLDERS = re.compile(r"(?<![\w:/.])/(?:[^\s/:,;'\"“”（）()]+/)+")
TYPES = {
    400: "bad_request",
    401: "not_logged_in",
    403: "not_allowed",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    421: "wrong_host",
    422: "invalid_request",
    429: "too_many_requests",
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return how FastAPI's schema describes these errors."""
    return {status: {"model": Problem} for status in statuses}


def events(*names: str) -> dict[str, Any]:
    """Return how the schema describes server-sent events; no names: they have none."""
    event = {"event": {"type": "string", "enum": list(names)}} if names else {}
    schema = {
        "type": "object",
        "properties": {**event, "data": {"type": "string"}},
        "required": [*event, "data"],
    }
    return {"text/event-stream": {"schema": schema}}


def fault_of(error: YoujuError) -> Fault:
    """Return an error in words, with its class as the type."""
    return Fault(message=without_paths(str(error)), type=type(error).__name__)


def without_paths(text: str) -> str:
    """Return a text in which files have their names alone: where they lie is the server's matter.

    >>> without_paths("/srv/youju/ledger.db cannot be read.")
    'ledger.db cannot be read.'
    """
    return _FOLDERS.sub("", text)


def status_of(error: YoujuError) -> int:
    """Return the HTTP status of an error."""
    return next((status for kind, status in STATUS if isinstance(error, kind)), 500)


def problem(
    status: int, message: str, *, type: str = "", headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """Return a response that tells an error."""
    fault = Fault(message=message, type=type or TYPES.get(status, "error"))
    return JSONResponse(Problem(error=fault).model_dump(), status, headers)


def add_problems(app: FastAPI) -> None:
    """Let ``app`` answer errors in this form."""

    @app.exception_handler(YoujuError)
    async def of_youju(_: Request, error: YoujuError) -> JSONResponse:
        status = status_of(error)
        headers = {"Retry-After": RETRY_SECONDS} if status in {409, 503} else None
        fault = fault_of(error)
        return problem(status, fault.message, type=fault.type, headers=headers)

    @app.exception_handler(RequestValidationError)
    async def of_forms(_: Request, error: RequestValidationError) -> JSONResponse:
        # What was sent is left out: it may not even be text that can be sent back.
        told = "; ".join(
            f"{'.'.join(str(part) for part in e['loc'])}: {e['msg']}" for e in error.errors()[:5]
        )
        return problem(422, told.encode("utf-8", "replace").decode())

    @app.exception_handler(HTTPException)
    async def of_http(_: Request, error: HTTPException) -> JSONResponse:
        return problem(error.status_code, str(error.detail), headers=error.headers)

    @app.exception_handler(Exception)
    async def of_faults(_: Request, error: Exception) -> JSONResponse:
        LOG.error("a fault in Youju", exc_info=error)
        return problem(500, "A fault in Youju; its log tells where.", type="fault")
