"""Chinese words and what kind each is, as jieba has it but for what it wrongly takes for names."""

from __future__ import annotations

import logging
from functools import lru_cache
from typing import TYPE_CHECKING

import jieba.posseg

from rag.tables import named_words

if TYPE_CHECKING:
    from collections.abc import Iterator

jieba.setLogLevel(logging.WARNING)

MISTAKEN = ("nr", "ns", "nz")
"""Tags of people, places and other names: one in eight of the first is an ordinary word."""

SHORTEST = 2
"""Characters of a name."""


@lru_cache(maxsize=1024)
def tagged(text: str) -> tuple[tuple[str, str], ...]:
    """Cut a text into words, each with its tag: ``nr`` of a person, ``ns`` of a place."""
    return tuple(_parted(text))


def _parted(text: str) -> Iterator[tuple[str, str]]:
    for pair in jieba.posseg.cut(text):
        tag = _kind(pair.word, pair.flag or "x")
        if tag == "nr" and pair.word[0] == "由" and len(pair.word) > SHORTEST:
            yield "由", "p"  # 由林剑主持: nobody is called 由
            yield pair.word[1:], tag
        else:
            yield pair.word, tag


def _kind(word: str, tag: str) -> str:
    return _ordinary().get(word, tag) if tag.startswith(MISTAKEN) else tag


@lru_cache(maxsize=1)
def _ordinary() -> dict[str, str]:
    """Words that are no names, each with the tag that it should have."""
    kinds = named_words("ordinary_words.txt")
    return {word: kind for kind, words in kinds.items() for word in words}
