"""A real `youju serve` on a port of loopback, in a thread."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager

import uvicorn

from rag.serve.app import make_app
from rag.serve.listen import configured


@contextmanager
def serving(youju, *, host="127.0.0.1", **given):
    """Serve a home; yield its address."""
    listener = socket.create_server((host, 0))
    app = make_app(youju, **given)
    log_ins = given.get("accounts") is not None
    server = uvicorn.Server(configured(app, youju.settings, log_ins=log_ins))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    end = time.monotonic() + 20
    while not server.started:
        assert time.monotonic() < end
        time.sleep(0.01)
    try:
        yield f"http://{host}:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)
        listener.close()
