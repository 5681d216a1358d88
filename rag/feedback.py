"""Keep what a reader thinks of an answer: a line of JSON, where a log was asked for.

A line is an answer as eval records hold it, with a verdict: `youju eval label` makes a case of it.
It holds the question, the answer and the passages found, so the log is off by default
(``YOUJU_FEEDBACK_LOG``) and readable by its owner alone. Settings and keys are never in it.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, TypeAlias

from rag.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rag.model import Answer

Opinion: TypeAlias = Literal["up", "down"]

LONGEST_REASON = 2_000


def log_feedback(
    path: Path,
    answer: Answer,
    verdict: Opinion,
    reason: str = "",
    *,
    history: Sequence[tuple[str, str]] = (),
) -> None:
    """Add a line to the log.

    Args:
        path: Of the log; it is made where there is none.
        answer: As it was shown.
        verdict: ``up`` or ``down``.
        reason: In the reader's words; what is longer than 2,000 characters is cut.
        history: Earlier questions and answers of the conversation, oldest first.

    Raises:
        StoreError: When the log cannot be written.
    """
    line = {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "verdict": verdict,
        "reason": reason.strip()[:LONGEST_REASON],
        "history": [list(turn) for turn in history],
        "answer": answer.to_dict(),
    }
    data = (json.dumps(line, ensure_ascii=False) + "\n").encode("utf-8", "replace")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(file, data)  # one write: lines of several processes do not mix
        finally:
            os.close(file)
    except OSError as error:
        raise StoreError(f"The feedback log {path} cannot be written: {error.strerror}.") from error
