"""How much a question asks for, where its own words tell."""

from __future__ import annotations

import re

from rag.fold import fold

_WANTS_SEVERAL = re.compile(
    r"分别|各(?:自|是|有|国|方|说|怎)|哪些|哪[两三四五几]|都(?:有|说|提|做)|几(?:点|条|个方面|层)|[和与跟].{2,20}(?:相比|不同|区别)"
    r"|\b(?:respectively|both|each|what are|which (?:\w+ )?\w+s)\b"
)
_LATEST = re.compile(
    r"最新|目前|现在|现任|当前|如今|眼下|截至|最近一次|今天的?情况|迄今"
    r"|\b(?:latest|current|currently|now|at present|today|most recent|so far|up to now|as of now)\b"
)


def wants_several(question: str) -> bool:
    """Whether the answer is likely to stand in several places."""
    return bool(_WANTS_SEVERAL.search(fold(question)))


def wants_latest(question: str) -> bool:
    """Whether a question asks for what holds now, rather than for all that was said."""
    return bool(_LATEST.search(fold(question)))
