"""Substitutes: a word between words of the source, where the source has another.

A claim that copies its source but for one word says something else, whatever the word: 宋代沉船
and 明代沉船. Words that say the same, by the tables and the dictionary, are let through.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

import jieba

from rag.checks.reading import LIGHT, Fault, Known, alike, stem
from rag.checks.strangers import ENDINGS, same_meaning
from rag.fold import STOP_WORDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rag.checks.reading import Comparison

LONGEST = 4
"""Words that may be put in place of others."""
AROUND = 2
"""Words that must be the same beside them, in all."""
_PRONOUN = re.compile(r"[他她它其这那该本此双]")
_NOUNS = ("n", "en")
_FREE = ("r", "u", "y", "m", "p", "c", "q", "x", "d")
"""Tags of words that carry little: pronouns, particles, figures (which others look at)."""


def faults(it: Comparison) -> Iterator[Fault]:
    """Yield the words that stand in the place of others."""
    if it.is_bare or it.clause.english != it.source.english:
        return
    said, there = it.clause.tokens, it.source.tokens
    if it.clause.english:
        said, there = (tuple(map(stem, words)) for words in (said, there))
    tags = dict(it.clause.tagged)
    blocks = SequenceMatcher(None, said, there, autojunk=False).get_opcodes()
    for n, (kind, a, b, c, d) in enumerate(blocks):
        if kind != "replace" or max(b - a, d - c) > LONGEST:
            continue
        before = blocks[n - 1][2] - blocks[n - 1][1] if n else 0
        after = blocks[n + 1][2] - blocks[n + 1][1] if n + 1 < len(blocks) else 0
        edge = (not n and not a) or n + 1 == len(blocks)
        if before + after < AROUND + edge or not (before or after):
            continue
        surname = it.clause.tokens[a - 1] if a else ""
        if len(surname) == 1 and tags.get(surname) == "nr":
            said_ = surname + "".join(it.clause.tokens[a:b])
            if said_ not in it.quotes.text:
                yield Fault("contradicted", f"says {said_} where the source has another name")
                return
        new = [w for w in it.clause.tokens[a:b] if _carries(w, tags.get(w, ""))]
        old = "".join(it.source.tokens[c:d])
        if new and not _same(new, it.source.tokens[c:d], it):
            yield Fault("contradicted", f"says {''.join(new)} where the source says {old}")
            return


def _carries(word: str, tag: str) -> bool:
    if word in LIGHT or word in STOP_WORDS or not word[0].isalpha():
        return False
    return not tag.startswith(_FREE)


def _is_ending(word: str, old: Sequence[str]) -> bool:
    """Whether two verbs differ in how they end only: 加到, 加至."""
    return any(word[0] == w[0] and set(word[1:] + w[1:]) <= ENDINGS for w in old)


def _shares(word: str, old: Sequence[str]) -> bool:
    """Whether a verb shares a character with words that the dictionary knows: 开会, 会议."""
    return any(set(word) & set(w) for w in old if jieba.dt.FREQ.get(w, 0))


def _same(new: Sequence[str], old: Sequence[str], it: Comparison) -> bool:
    known = Known("".join(old) if not it.clause.english else " ".join(old))
    if all(w in LIGHT or w in STOP_WORDS or _PRONOUN.match(w) or not w[0].isalpha() for w in old):
        return True
    whole, tags, was = it.quotes, dict(it.clause.tagged), dict(it.source.tagged)
    for word in new:
        if word in it.question:
            continue
        if not word.isascii() and all(c in it.source.text for c in word):
            continue  # 仓因, of 铁票仓因为
        if tags.get(word, "").startswith("v") and _shares(word, old):
            continue
        if known.holds(word) or any(known.holds(form) for form in alike(word)):
            continue
        noun = (
            len(new) == len(old) == 1
            and tags.get(word, "").startswith(_NOUNS)
            and was.get(old[0], "").startswith(_NOUNS)
        )
        if (whole.holds(word) and not noun) or (len(word) > 1 and _is_ending(word, old)):
            continue
        if same_meaning(word, known.text):
            continue
        return False
    return True
