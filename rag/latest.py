"""Who says it and as of when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag.fold import script_of, to_traditional
from rag.question.asks import wants_latest
from rag.untrusted import plain
from rag.wording import WORDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.compose import Source
    from rag.model import Hit


def source_label(hit: Hit, latin: bool = False) -> str:  # noqa: FBT001, FBT002
    """Return who says so and when, as an answer puts it: 《大纪元》（2025-06-05）."""
    who = plain(hit.outlet or hit.title)
    words = WORDS["latin" if latin else "hans"]
    label = words.outlet.format(who.strip("《》 "))
    return words.dated.format(label, hit.published) if hit.published else label


def as_of(question: str, chosen: Sequence[Source]) -> str:
    """Return as of when an answer holds, where the question asks for the latest.

    Args:
        question: As asked; its script is the phrase's.
        chosen: What the answer cites.

    Returns:
        “截至2025-09-19（资料中最新的一篇）” or its like in English; empty where nothing was asked
        of the present, or no date is known.
    """
    dates = [c.hit.published for c in chosen if c.hit.published]
    if not dates or not wants_latest(question):
        return ""
    script = script_of(question)
    phrase = WORDS[script].as_of.format(max(dates))
    return to_traditional(phrase) if script == "hant" else phrase
