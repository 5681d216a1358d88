"""Serving an application at one address, in the foreground or on a thread."""

from __future__ import annotations

import errno
import logging
import threading
import time
from typing import TYPE_CHECKING

import uvicorn

from rag.errors import YoujuError

if TYPE_CHECKING:
    import socket

    from starlette.types import ASGIApp

    from rag.settings import Settings

STOP_SECONDS = 10
"""That requests under way may take when the server is told to stop."""
START_SECONDS = 30.0


def configured(
    app: ASGIApp, settings: Settings, *, log_ins: bool, stop_seconds: int = STOP_SECONDS
) -> uvicorn.Config:
    """Return how ``app`` is served where ``settings`` say.

    Args:
        app: What answers.
        settings: Address, port, and which proxies are believed.
        log_ins: Whether there are any; without, there is no proxy, and none is believed.
        stop_seconds: That requests under way may take at the end.
    """
    believed = settings.forwarded_allow_ips if log_ins else ""
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(believed),
        forwarded_allow_ips=believed,
        timeout_graceful_shutdown=stop_seconds,
    )


def bound(config: uvicorn.Config) -> socket.socket:
    """Take the address.

    Raises:
        YoujuError: When it cannot be had.
    """
    logger = logging.getLogger("uvicorn.error")
    said, logger.disabled = logger.disabled, True  # it would say less, and first
    try:
        return config.bind_socket()
    except SystemExit as end:
        cause = end.__context__
        taken = isinstance(cause, OSError) and cause.errno == errno.EADDRINUSE
        why = (
            "is in use, maybe by another Youju that is still open. End that one, or take"
            if taken
            else f"cannot be had ({cause}). Take"
        )
        raise YoujuError(
            f"{config.host}:{config.port} {why} another port: --port {config.port + 1}, or "
            "--port 0 for any that is free."
        ) from None
    finally:
        logger.disabled = said


def address_of(listener: socket.socket) -> str:
    """Return what a browser is pointed to."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class Background:
    """A server on a thread of its own."""

    def __init__(self, config: uvicorn.Config) -> None:
        """Serve from now on.

        Raises:
            YoujuError: When the address cannot be had, or the application does not start.
        """
        self._listener = bound(config)
        self.address = address_of(self._listener)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._listener]}, daemon=True
        )
        self._thread.start()
        end = time.monotonic() + START_SECONDS
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > end:
                self.close()
                raise YoujuError(f"{self.address} did not start. See the log.")
            time.sleep(0.01)

    def wait(self) -> None:
        """Return when it has ended."""
        self._thread.join()

    def close(self) -> None:
        """End it."""
        self._server.should_exit = True
        self._thread.join(STOP_SECONDS + 1)
        self._listener.close()
