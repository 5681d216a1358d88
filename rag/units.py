"""What the lexical leg matches: the units of a text, and what a question asks for in them.

Chinese is cut into single characters and bigrams, everything else into words, of which English
ones are stemmed; figures and dates are written one way first. Other ways to cut Chinese were
measured and gained nothing (ARCHITECTURE.md, “Chinese units”).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from rag.fold import STOP_WORDS, fold, fold_dates, fold_figures, language_of
from rag.glossary import chinese_alternatives, english_alternatives
from rag.stem import english_stem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rag.names import Names

_UNBROKEN = "぀-ヿ㐀-䶿一-鿿豈-﫿가-힣"
"""Scripts without blanks between words (and Korean, whose endings hang on the words)."""
_WORD = re.compile(rf"\d+(?:\.\d+)?|[{_UNBROKEN}]+|[^\W\d_{_UNBROKEN}]+(?:\d+)?")
_DAY = re.compile(r"(?<!\d)(?:(\d{4})年)?(1[0-2]|[1-9])月(?:(3[01]|[12]\d|[1-9])[日号])?")


@dataclass(frozen=True, slots=True)
class Form:
    """One way in which a passage may put what is asked for."""

    units: tuple[str, ...]
    weight: float = 1.0


Wanted = tuple[Form, ...]
"""Something a question asks for: of its forms the one that a passage fits best counts."""


def fold_for_units(text: str) -> str:
    """Fold script, width, case, dates and figures."""
    return fold_figures(fold_dates(fold(text)))


def units(text: str) -> list[str]:
    """Return the units of ``text`` in order, repetitions included."""
    return list(_units(fold_for_units(text)))


def _units(folded: str) -> Iterator[str]:
    for word in _WORD.findall(folded):
        if "぀" <= word[0] <= "鿿" or "가" <= word[0] <= "힣" or "豈" <= word[0] <= "﫿":
            yield from word
            yield from (word[i : i + 2] for i in range(len(word) - 1))
        elif word[0].isdigit():
            yield word
        elif word not in STOP_WORDS:
            yield _stem(word)
    for year, month, day in _DAY.findall(folded):
        # 6月5日 as one unit, and 6月: digits and characters alone say nothing.
        yield f"{month}月"
        if day:
            yield f"{month}月{day}日"
        if year:
            yield f"{year}年{month}月"


@lru_cache(maxsize=1 << 16)
def _stem(word: str) -> str:
    if not word.isascii():
        letters = unicodedata.normalize("NFD", word)
        word = "".join(c for c in letters if not unicodedata.combining(c)) or word
    return english_stem(word) if word.isascii() else word


def wanted(question: str, names: Names, language: str = "") -> list[Wanted]:
    """Return what ``question`` asks for.

    A name counts once, in whichever of its forms a passage holds. Where passages are of another
    language than the question, its words' meanings in the dictionary are wanted beside them.

    Args:
        question: In any language and script.
        names: Which names are the same.
        language: Of the passages; by default the question's own.
    """
    folded = fold_for_units(question)
    out: dict[Wanted, None] = {}
    between: list[str] = []
    at = 0
    for start, end, forms in names.find(folded):
        between.append(folded[at:start])
        written = dict.fromkeys(tuple(_units(form)) for form in forms)
        out[tuple(Form(form) for form in written if form)] = None
        at = end
    between.append(folded[at:])
    out |= dict.fromkeys((Form((unit,)),) for text in between for unit in _units(text))
    if language and language != language_of(question):
        out |= dict.fromkeys(
            _meanings(words) for words in _translated(_APART.join(between), language)
        )
    return [forms for forms in out if forms]


_APART = " , "
"""Where a name stood: it has its forms already, and words beside it make no phrase."""


def _translated(folded: str, language: str) -> Iterator[tuple[str, ...]]:
    """The words of a question in ``language``: for each its possible ones."""
    if language == "en":
        yield from english_alternatives(folded)
    else:
        for itself, words in chinese_alternatives(folded):
            yield tuple(w for w in words if w != itself and not w.isascii())


def _of_guess(word: str) -> tuple[str, ...]:
    """A word that is only guessed by its bigrams: single characters of it say too little."""
    found = tuple(_units(fold_for_units(word)))
    return tuple(u for u in found if len(u) > 1) or found


def _meanings(words: Sequence[str]) -> Wanted:
    """Meanings of one word; the more of them, the less each can be trusted."""
    found = dict.fromkeys(map(_of_guess, words))
    forms = [form for form in found if form]
    return tuple(Form(form, len(forms) ** -0.5) for form in forms)
