"""The log: one JSON object a line, without questions and texts.

An exception's message may quote what somebody asked, so of one that was not expected only its
class and the places in the code are written.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Any

LOG = logging.getLogger("youju.serve")
QUIET = ("mcp", "httpx", "httpx2", "openai", "chromadb", "uvicorn.access", "llama_index")
"""Libraries whose lines below a warning hold addresses and arguments."""


class JsonLines(logging.Formatter):
    """Formats a record as one JSON object; ``extra={"fields": …}`` adds to it."""

    def __init__(self, *, texts: bool) -> None:
        """Say whether the messages of exceptions may be written."""
        super().__init__()
        self._texts = texts

    def format(self, record: logging.LogRecord) -> str:
        """Return one line."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info and record.exc_info[0] is not None:
            kind, error, trace = record.exc_info
            line["error"] = kind.__name__
            line["at"] = [f"{f.filename}:{f.lineno}" for f in traceback.extract_tb(trace)[-8:]]
            if self._texts:
                line["error_message"] = str(error)
        return json.dumps(line, ensure_ascii=False)


def write_json_lines(*, texts: bool) -> None:
    """Send everything that is logged to standard error as JSON lines.

    Args:
        texts: Whether questions, answers and the messages of exceptions may be written.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(texts=texts))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
