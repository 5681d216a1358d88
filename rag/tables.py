"""Tables of words in ``rag/data``: one set a line, ``|`` between the sides of a set."""

from __future__ import annotations

import re
from functools import lru_cache

from rag.fold import fold
from rag.resources import data_file, word_list

Sides = tuple[tuple[str, ...], ...]


@lru_cache(maxsize=16)
def word_sides(name: str) -> tuple[Sides, ...]:
    """Return the lines of a table, each as its sides, each of these as its words, folded.

    ``_`` stands for a blank within a word; ``#`` begins a comment.
    """
    lines = (line.split("#")[0] for line in data_file(name).read_text("utf-8").splitlines())
    return tuple(
        tuple(
            tuple(fold(word.replace("_", " ")) for word in side.split()) for side in line.split("|")
        )
        for line in lines
        if line.strip()
    )


@lru_cache(maxsize=16)
def named_words(name: str) -> dict[str, frozenset[str]]:
    """Return a table whose lines begin with the name of their words; several may have one name."""
    lines = (line.split("#")[0].split() for line in data_file(name).read_text("utf-8").splitlines())
    out: dict[str, set[str]] = {}
    for first, *words in filter(None, lines):
        out.setdefault(first, set()).update(map(fold, words))
    return {first: frozenset(words) for first, words in out.items()}


@lru_cache(maxsize=1)
def short_names() -> tuple[tuple[str, str], ...]:
    """Return what newspapers shorten, each with what it is in full, the longest first.

    美商务, 韩商务 of a letter and a body; 财长 of an office. 美方 is 美国 and no more.
    """
    out: dict[str, str] = {}
    called = {land[0]: land for land, *_ in countries()}
    for side, *bodies in word_sides("verify_short_names.txt"):
        if not bodies:
            short, _, full = side
            out[short] = full
        for body in (body for words in bodies for body in words):
            written = {"方": "", "媒": "媒体", "企": "企业", "财长": "财政部长"}.get(body, body)
            out |= {letter + body: called[letter] + written for letter in side}
    return tuple(sorted(out.items(), key=lambda pair: -len(pair[0])))


def countries() -> tuple[tuple[str, ...], ...]:
    """Return each country: its name, the letter or capital that stands for it, other names."""
    return tuple(side for (side,) in word_sides("verify_countries.txt")[1:])


@lru_cache(maxsize=1)
def two_countries() -> re.Pattern[str]:
    """Return what finds two countries by their letters: 中美谈 holds no 美谈, 其中美国 no 中美."""
    pairs = "|".join(sorted(word_list("country_pairs.txt")))
    return re.compile(rf"(?<![\d其集当高初空家手心])(?:{pairs})(?![国洲央罗本度鲜盟湾院律])")


@lru_cache(maxsize=1)
def sides() -> frozenset[str]:
    """Who deals with whom in reports: countries, their capitals and seats, 美方, 双方."""
    called = {f"{name[0]}方" for name, *_ in countries()} - {"南方"}  # the south
    return frozenset(
        {form for name, _, *others in countries() for form in (name, *others)} | called | {"双方"}
    )


def alike(word: str) -> tuple[str, ...]:
    """Return the words that say the same in reports, by the table; itself among them."""
    return _alike().get(word, ())


@lru_cache(maxsize=1)
def _alike() -> dict[str, tuple[str, ...]]:
    out: dict[str, tuple[str, ...]] = {}
    for (line,) in word_sides("verify_alike.txt"):
        for word in line:
            out[word] = (*out.get(word, ()), *line)
    return out
