"""Tables of words in ``rag/data``: one set a line, ``|`` between the sides of a set."""

from __future__ import annotations

from functools import lru_cache

from rag.fold import fold
from rag.resources import data_file

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


@lru_cache(maxsize=4)
def renamings(name: str) -> tuple[tuple[str, str], ...]:
    """Return a table of ``short = full``, the longest short form first."""
    lines = (line.split("#")[0] for line in data_file(name).read_text("utf-8").splitlines())
    pairs = [tuple(map(str.strip, line.split("="))) for line in lines if "=" in line]
    return tuple(sorted(((a, b) for a, b in pairs), key=lambda pair: -len(pair[0])))


def countries() -> tuple[tuple[str, ...], ...]:
    """Return each country: its name, the letter or capital that stands for it, other names."""
    return tuple(side for (side,) in word_sides("verify_countries.txt")[1:])


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
