"""Names of an English question that Chinese passages give by their sound only.

Dong Jun is 董军 and Henrietta Levin 亨丽埃塔·莱文, and no table of names knows either. Among what
the legs found, a passage in which a name of the question can be heard counts as if it held it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rag.fold import STOP_WORDS, fold
from rag.glossary import chinese_alternatives
from rag.sounds import heard

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rag.model import Passage
    from rag.names import Names

A_NAME = 20.0
"""BM25 points for a name that is heard: what a rare name of two characters brings, with its
units (董军: 26 over the seeds)."""

_CAPITALISED = re.compile(r"\b[A-Z][a-z]+(?:[-' ][A-Z][a-z]+)+(?![A-Za-z0-9])")
_DOTS = re.compile(r"[·‧・•]")
"""Between the parts of a foreign name."""


def latin_names(question: str, names: Names) -> tuple[str, ...]:
    """Return the names in an English question for which no Chinese form is known.

    What the dictionary or the table of names knows is none, and neither is a single word: in many
    passages some characters or other sound like it.
    """
    found: list[str] = []
    for match in _CAPITALISED.finditer(question):
        words = fold(match[0]).split()
        while words and words[0] in STOP_WORDS:
            words = words[1:]  # begins the sentence: Did Dong Jun…
        if len(words) < 2:
            continue
        name = " ".join(words)
        known = names.find(name) or any(c for _, (_, *c) in chinese_alternatives(name, names))
        if not known:
            found.append(name)
    return tuple(dict.fromkeys(found))


def with_heard(
    lexical: Sequence[tuple[str, float]],
    dense: Sequence[tuple[str, float]],
    asked: Sequence[str],
    passages: Mapping[str, Passage],
) -> Sequence[tuple[str, float]]:
    """Add to the lexical leg what names are heard in the passages that either leg found.

    Args:
        lexical: Ids and BM25 scores, best first.
        dense: Ids and cosine similarities, best first.
        asked: Names in Latin letters, folded.
        passages: The passages by id; of others nothing is known.
    """
    if not asked:
        return lexical
    scores = dict(lexical)
    for id in dict.fromkeys(id for id, _ in (*lexical, *dense)):
        if id in passages:
            text = _DOTS.sub("", fold(passages[id].text))
            names = sum(heard(name, text) for name in asked)
            if names:
                scores[id] = scores.get(id, 0.0) + A_NAME * names
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))
