"""Make a follow-up question stand alone, by rules.

Pasting the whole history in front makes retrieval worse; only the last question is put in front,
and only where the new one leans on it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_LEANS = re.compile(
    r"^(?:那|那么|还有|然后|呢|为什么|為什麼|而|and\b|what about|how about|then\b|why\b)"
    r"|[他她它其该該此](?![国國])|他们|她们|那次|这次|那个|这个|上述|呢[？?]?$"
    r"|\b(?:he|she|it|they|him|her|his|their|that|this|those|these)\b",
    re.IGNORECASE,
)
SHORT = 6
"""Characters; a shorter question names too little to be searched for."""


def stand_alone(question: str, history: Sequence[tuple[str, str]]) -> str:
    """Return ``question`` with what it leans on.

    Args:
        question: As asked.
        history: Earlier questions and answers, oldest first.
    """
    question = question.strip()
    if not history or not (_LEANS.search(question) or len(question) < SHORT):
        return question
    return f"{history[-1][0].strip()} {question}"
