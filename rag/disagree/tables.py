"""The word lists of disagreement: what a question may be about, units, contraries, scopes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from rag.tables import countries, word_sides


@dataclass(frozen=True, slots=True)
class Aspect:
    """A thing that questions ask about: dying, height, who founded it."""

    words: tuple[str, ...]
    """That tell of it, folded."""
    units: frozenset[str]
    """Of its figures."""
    pattern: re.Pattern[str]

    def told(self, text: str) -> bool:
        """Whether a folded text has one of the words."""
        return bool(self.pattern.search(text))


@lru_cache(maxsize=1)
def aspects() -> tuple[Aspect, ...]:
    """All of them."""
    out = []
    for words, *units in word_sides("aspects.txt"):
        forms = (rf"\b{re.escape(w)}\b" if w.isascii() else re.escape(w) for w in words)
        pattern = re.compile("|".join(forms))
        out.append(Aspect(words, frozenset(units[0] if units else ()), pattern))
    return tuple(out)


@lru_cache(maxsize=1)
def units() -> dict[str, str]:
    """Each form of a unit, and the one that stands for all."""
    return {form: forms[0] for forms, *_ in word_sides("measures.txt") for form in forms}


def contraries() -> tuple[tuple[tuple[str, ...], ...], ...]:
    """Pairs of sides, each with its words, that exclude one another."""
    return word_sides("contraries.txt")


@lru_cache(maxsize=1)
def country_names() -> frozenset[str]:
    """Names of countries: a text from one need not name it."""
    return frozenset(name for name, *_ in countries())


@lru_cache(maxsize=1)
def _country_called() -> dict[str, str]:
    return {form: line[0] for line in countries() for form in line}


_POST = re.compile(
    r"驻(?P<to>.{1,4}?)(?:首席|前任|新任|候任)?(?:大使|公使|代办|总?领事)"
    r"|(?:ambassador|envoy|consul) to (?P<en>[^\s,.?]+)"
)


def posts(folded: str) -> frozenset[str]:
    """To which countries a folded text has envoys sent: 驻美大使 is none 驻华大使."""
    found = (match["to"] or match["en"] for match in _POST.finditer(folded))
    return frozenset(_country_called().get(name, name) for name in found)


_NO_SCOPE = re.compile(
    r"最[高多低少](?:可?[达至]|只|[可能])|[生成增延拉]长|[部市局省县院校队会家董行州]长|长[期江城沙征大久]"
)
"""最多达, 生长 and 长江 hold words of scopes and narrow nothing."""


def scope(text: str) -> frozenset[int]:
    """Which lines of the table of scopes a folded clause has a word of."""
    text = _NO_SCOPE.sub("", text)
    lines = enumerate(word_sides("scopes.txt"))
    return frozenset(n for n, (words, *_) in lines if any(stands(w, text) for w in words))


def stands(word: str, text: str) -> bool:
    """Whether a word stands in a text; an English one as a whole word."""
    return bool(re.search(rf"\b{re.escape(word)}\b", text)) if word.isascii() else word in text
