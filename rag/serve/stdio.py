"""MCP over standard input and output, for one client that starts Youju as its child."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from opentelemetry.trace import NoOpTracer

from rag.serve.logs import write_json_lines
from rag.serve.mcp import make_mcp
from rag.serve.service import make_service, make_turns

if TYPE_CHECKING:
    from rag.build import Youju


def serve_stdio(youju: Youju) -> None:
    """Serve until standard input ends; the log goes to standard error."""
    write_json_lines(texts=youju.settings.log_texts)
    threading.Thread(target=youju.warm_up, name="youju-warm-up", daemon=True).start()
    turns = make_turns(youju.settings)
    service = make_service(youju, accounts=None, turns=turns, tracer=NoOpTracer())
    make_mcp(service).run("stdio")
