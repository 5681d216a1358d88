"""Yes or no, up or down: which side of a question a clause takes."""

from __future__ import annotations

import re

from rag.disagree.tables import contraries, stands
from rag.tagger import tagged

_EITHER = re.compile(r"([^\W\d_]{1,6})(?:还是|\s+or\s+)([^\W\d_]{1,12})")
_DENIAL = re.compile(
    r"没有?|未能?|并非|并未|否认|抵消|得不偿失|弊大于利|不(?!仅|但|只|过|同|断|少|久|料|得不)|无(?!论|数|人机|线)|拒绝|驳回|取消|撤销|废除"
    r"|\b(?:not|no|never|denied|denies|rejected|refused|without)\b|n't\b"
)
_NO_DENIAL = re.compile(
    r"没有[^，。]{1,6}的(?=\w)|有没有|是不是|会不会|能不能|不得不|不实消息|没有理由不|not only"
)
_ASKS_WHETHER_ONLY = re.compile(
    r"(?:只|仅|光)(?!要|有.{1,12}才|能|好|不过)|\b(?:only|solely|nothing but)\b"
)
_ONLY = re.compile(
    r"(?:全部?|全都|都)(?:是|集中|围绕|限于|用于|来自|在)|(?:只|仅)(?!要|仅是?[^，。]*也)|唯一|单纯"
    r"|\b(?:only|solely|entirely|exclusively)\b|\bnothing but\b"
)
_MORE = re.compile(
    r"不[仅只]|以外|除了|此外|各(?:个)?(?:领域|方面)|多个(?:领域|方面)|(?:[^、，。]{1,8}、){2,}"
    r"|\b(?:not only|besides|as well as|also)\b|\w+, \w+(?: \w+)?,? and\b"
)


_APART, _EVEN = 1.0, 0.2
"""Log odds between two answers of a model to yes or no from which they differ, where one is above
the second and the other below: a small model is a little fond of yes."""


def lean_apart(one: float, other: float) -> bool:
    """Whether a model answers yes from one text and no from another; log odds."""
    low, high = sorted((one, other))
    return high - low >= _APART and low < _EVEN < high


def asks_whether_only(question: str) -> bool:
    """Whether a folded question asks if something is all there is: 只谈了贸易吗."""
    return bool(_ASKS_WHETHER_ONLY.search(question))


def breadth_of(clause: str) -> tuple[str, str]:
    """The words by which a folded clause says that it is all, or that there is more; and which.

    >>> breadth_of("全部集中在贸易话题上"), breadth_of("增进外交、经贸、军队等各领域交流")
    (('全部集中', 'only'), ('各领域', 'more'))
    """
    more = [m[0] for m in _MORE.finditer(clause)]
    only = _ONLY.search(clause)
    if more:
        return more[-1], "more"
    return (only[0], "only") if only else ("", "")


def stance_of(question: str, clause: str) -> tuple[str, str]:
    """The word by which a folded clause answers yes or no to a folded question, and the side."""
    if asks_whether_only(question):
        return breadth_of(clause)
    return side_of(clause, alternatives(question))


def either(question: str) -> str:
    """The part of a folded question that names two things to choose from: 上升还是下降."""
    found = _EITHER.search(question)
    return found[0] if found else ""


def two_named(question: str) -> tuple[str, str] | None:
    """The two words that a folded question gives to choose from.

    >>> two_named("冰盖的冰量是在增加还是减少")
    ('增加', '减少')
    """
    named = _EITHER.search(question)
    if not named:
        return None
    first, second = (tagged(named[n])[end][0] for n, end in ((1, -1), (2, 0)))
    return first, second


def alternatives(question: str) -> tuple[tuple[tuple[str, ...], ...], ...]:
    """Pairs of sides that a folded question names, or of which it names one, each by its words."""
    named = two_named(question)
    if not named:
        return _contraries_in(question)
    first, second = named
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
