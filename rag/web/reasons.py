"""What checks, models and files are found wanting for, in the reader's language.

Below the page it is said in English.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from rag.model import DISAGREE, QUOTED
from rag.web.words import traditional

if TYPE_CHECKING:
    from rag.web.words import Words

_GAP = re.compile(r"\\\{([ab])\\\}")
_HERE = Path(__file__).parent / "words"


@lru_cache(maxsize=2)
def _patterns(file: str = "reasons") -> tuple[tuple[re.Pattern[str], str], ...]:
    """Each English sentence with its gaps, and how it is said in Chinese; the narrower first."""
    table: dict[str, str] = json.loads((_HERE / f"{file}.json").read_text("utf-8"))
    return tuple(
        (re.compile(_GAP.sub(r"(?P<\1>.+?)", re.escape(english)), re.DOTALL), chinese)
        for english, chinese in table.items()
    )


def in_chinese(reason: str) -> str | None:
    """Return a check's reason in Chinese; None where nobody has translated it."""
    for pattern, chinese in _patterns():
        match = pattern.fullmatch(reason)
        if match:
            return chinese.format(**match.groupdict())
    return None


def told(reason: str, t: Words) -> str:
    """Return a check's reason as the reader reads it; as it is, where it has no translation."""
    if t.language == "en":
        return reason
    chinese = in_chinese(reason) or reason
    return traditional(chinese) if t.language == "zh-Hant" else chinese


def told_error(error: str, t: Words) -> str:
    """Return an error as the reader reads it; what of it has no translation stays as it is."""
    if t.language == "en":
        return error
    for pattern, chinese in _patterns("errors"):
        error = pattern.sub(lambda match, to=chinese: to.format(**match.groupdict()), error)  # type: ignore[misc]
    return traditional(error) if t.language == "zh-Hant" else error


def why_quoted(reason: str, t: Words) -> str:
    """Return why the source's own words stand where the model's could; empty where none could."""
    if reason == QUOTED:
        return ""
    if reason == DISAGREE:
        return t("support.quoted.disagree")
    return t("support.quoted.note", reason=told(reason, t))
