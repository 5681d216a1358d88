"""Direction: words whose opposite stands in the source (加征 and 取消, rose and fell)."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from rag.checks.negation import denied
from rag.checks.reading import Fault, stem
from rag.tables import word_sides

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rag.checks.reading import Clause, Comparison


_FEW_CHARACTERS = 12
_FEW = 2
"""Clauses near a claim from which the closest alone must hold the opposite."""


def faults(it: Comparison) -> Iterator[Fault]:
    """Yield the words that say the opposite of the source."""
    before = replace(it.source, text=it.source.leads)
    said, near = _sides(it.clause), [_sides(clause) for clause in it.near]
    for line, sides in said.items():
        there = {side: word for held in near for side, word in held.get(line, {}).items()}
        if not near[0].get(line) and len(it.near) > _FEW and line not in _next(it):
            continue
        against = {side: word for side, word in there.items() if side not in sides}
        held = near[0].get(line) or there or _sides(before).get(line, {})
        against = against or {s: w for s, w in held.items() if s not in sides}
        if against and not sides.keys() & held.keys():
            word, other = next(iter(sides.values())), next(iter(against.values()))
            yield Fault("contradicted", f"says {word} where the source says {other}")


def is_opposable(word: str) -> bool:
    """Whether a word has an opposite in the table: so it tells what is done."""
    return word in _table()[0]


def opposed(one: str, other: str) -> bool:
    """Whether two words are on different sides of a line, of the table or of that of small words.

    The small ones (早 and 晚, for and against) are opposites only where one stands in the place
    of the other.
    """
    one, other = (stem(w) if w.isascii() else _bare(w) for w in (one, other))
    if one == other:
        return False
    for table in (_table()[0], _small()):
        there = dict(table.get(other, ()))
        if any(line in there and there[line] != side for line, side in table.get(one, ())):
            return True
    if one.isascii() or len(one) != 2 or len(other) != 2:
        return False
    first, last = zip(one, other, strict=True)
    if first[0] == first[1]:
        return opposed(*last)
    return last[0] == last[1] and opposed(*first)


def _bare(word: str) -> str:
    """多 of 多出, 最后 of 最后一个."""
    return word.rstrip("出于了个一位次下掉") or word


def _next(it: Comparison) -> dict[int, dict[int, str]]:
    """The sides of the clause after the closest, where that has no doer of its own: 低于上年."""
    at = next(n for n, clause in enumerate(it.sources) if clause is it.source)
    following = it.sources[at + 1 : at + 2]
    if (
        not following
        or following[0].segment != it.source.segment
        or len(following[0].text) > _FEW_CHARACTERS
    ):
        return {}
    return _sides(following[0])


def _sides(clause: Clause) -> dict[int, dict[int, str]]:
    """Line of the table → its sides that a clause holds, each with the word; denied words not."""
    table, pattern = _table()
    out: dict[int, dict[int, str]] = {}
    tokens = frozenset(clause.tokens)
    found = [word for word in pattern.findall(clause.text) if len(word) > 1 or word in tokens]
    found += [s for s in map(stem, filter(str.isascii, tokens)) if s in table]
    against = {word for heads in denied(clause) for word in heads[:1]}
    for word in found:
        if any(word == head or word in head for head in against):
            continue
        for line, side in table[word]:
            out.setdefault(line, {}).setdefault(side, word)
    return out


@lru_cache(maxsize=1)
def _small() -> dict[str, list[tuple[int, int]]]:
    places: dict[str, list[tuple[int, int]]] = {}
    for line, sides in enumerate(word_sides("verify_opposed.txt")):
        for side, words in enumerate(sides):
            for word in words:
                places.setdefault(stem(word) if word.isascii() else word, []).append((line, side))
    return places


@lru_cache(maxsize=1)
def _table() -> tuple[dict[str, list[tuple[int, int]]], re.Pattern[str]]:
    places: dict[str, list[tuple[int, int]]] = {}
    for line, sides in enumerate(word_sides("verify_contrasts.txt")):
        for side, words in enumerate(sides):
            for word in words:
                key = stem(word) if word.isascii() else word
                places.setdefault(key, []).append((line, side))
    chinese = sorted((w for w in places if not w.isascii()), key=len, reverse=True)
    return places, re.compile("|".join(map(re.escape, chinese)))
