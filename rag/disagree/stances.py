"""Yes or no, up or down: which side of a question a clause takes."""

from __future__ import annotations

import re

from rag.disagree.tables import contraries, stands, tagged

_EITHER = re.compile(r"([^\W\d_]{1,6})(?:还是|\s+or\s+)([^\W\d_]{1,12})")
_DENIAL = re.compile(
    r"没有?|未能?|并非|并未|否认|不(?!仅|但|只|过|同|断|少|久|料|得不)|无(?!论|数|人机|线)|拒绝|驳回|取消|撤销|废除"
    r"|\b(?:not|no|never|denied|denies|rejected|refused|without)\b|n't\b"
)
_NO_DENIAL = re.compile(
    r"没有[^，。]{1,6}的(?=\w)|有没有|是不是|会不会|能不能|不得不|不实消息|没有理由不|not only"
)


def either(question: str) -> str:
    """The part of a folded question that names two things to choose from: 上升还是下降."""
    found = _EITHER.search(question)
    return found[0] if found else ""


def alternatives(question: str) -> tuple[tuple[tuple[str, ...], ...], ...]:
    """Pairs of sides that a folded question names, or of which it names one, each by its words."""
    named = _EITHER.search(question)
    if not named:
        return _contraries_in(question)
    first, second = (tagged(named[n])[end][0] for n, end in ((1, -1), (2, 0)))
    return _contraries_in(f"{first} {second}") or (((first,), (second,)),)


def side_of(clause: str, pairs: tuple[tuple[tuple[str, ...], ...], ...]) -> tuple[str, str]:
    """The word by which a folded clause takes a side, and the side: 0, 1, yes or no.

    Empty where there are sides to choose from and it takes none of them, or both.
    """
    denied = len(_DENIAL.findall(_NO_DENIAL.sub("", clause))) % 2 == 1
    for sides in pairs:
        said = [[w for w in words if stands(w, clause)] for words in sides]
        taken = [n for n, words in enumerate(said) if words]
        if len(taken) == 1:
            return said[taken[0]][0], str(1 - taken[0] if denied else taken[0])
    if pairs:
        return "", ""
    return ("否", "no") if denied else ("是", "yes")


def _contraries_in(text: str) -> tuple[tuple[tuple[str, ...], ...], ...]:
    return tuple(
        sides for sides in contraries() if any(stands(w, text) for side in sides for w in side)
    )
