"""One form for matching: script, width, case, numerals and names folded; never shown.

Folded text serves comparison only. It may differ in length from what it was made of, so no
offset into it is ever turned into a span.
"""

from __future__ import annotations

import re
import unicodedata
from calendar import month_abbr, month_name
from functools import lru_cache
from typing import Literal

import opencc

from rag.resources import data_file, word_list

_CJK = re.compile(r"[㐀-䶿一-鿿豈-﫿]")
_LATIN = re.compile(r"[A-Za-z]+")
# Removed before matching: they change what a string equals and not what it says.
_INVISIBLE = re.compile(
    r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff\U000e0000-\U000e007f]"
)

_UNPRINTED = re.compile(rf"{_INVISIBLE.pattern}|[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")

# They say nothing of the subject, and would make an English footnote the best passage of a
# Chinese corpus for every English question.
STOP_WORDS = word_list("stop_words.txt")

Script = Literal["hans", "hant", "latin"]


@lru_cache(maxsize=4)
def _converter(config: str) -> opencc.OpenCC:
    return opencc.OpenCC(config)


def to_simplified(text: str) -> str:
    """Traditional characters to simplified ones; the rest unchanged."""
    return str(_converter("t2s").convert(text))


def to_traditional(text: str) -> str:
    """Simplified characters to traditional ones; the rest unchanged."""
    return str(_converter("s2t").convert(text))


def visible(text: str) -> str:
    """Leave out what does not print or makes other characters print otherwise than they stand."""
    return _UNPRINTED.sub("", text)


def fold(text: str) -> str:
    """Fold width (NFKC), case, invisible characters and script."""
    text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    return to_simplified(text).casefold()


_MONTHS = {name.casefold(): n for n in range(1, 13) for name in (month_name[n], month_abbr[n])}
_MONTHS["sept"] = 9
_MONTH_NAMES = "|".join(sorted(_MONTHS, key=len, reverse=True))
_ENGLISH_DATES = (
    # June 5, 2025 / 5 June 2025 / June 2025 / June 5 / June; a bare “may” is a verb more often.
    re.compile(rf"\b({_MONTH_NAMES})\.? (\d{{1,2}})(?:st|nd|rd|th)?(?:, ?|,? )(\d{{4}})\b"),
    re.compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th)? ({_MONTH_NAMES})\.?,? (\d{{4}})\b"),
    re.compile(rf"\b({_MONTH_NAMES})\.?,? (\d{{4}})\b"),
    re.compile(rf"\b({_MONTH_NAMES})\.? (\d{{1,2}})(?:st|nd|rd|th)?\b"),
    re.compile(rf"\b({_MONTH_NAMES.replace('|may', '')})\b"),
)


def fold_dates(folded: str) -> str:
    """Write English dates of folded text the Chinese way: ``june 5, 2025`` → ``2025年6月5日``."""

    def rewrite(match: re.Match[str]) -> str:
        month = next(_MONTHS[g] for g in match.groups() if g in _MONTHS)
        numbers = [g for g in match.groups() if g and g.isdigit()]
        year = next((n for n in numbers if len(n) == 4), None)
        day = next((n for n in numbers if len(n) < 3), None)
        return f"{year + '年' if year else ''}{month}月{day + '日' if day else ''}"

    for pattern in _ENGLISH_DATES:
        folded = pattern.sub(rewrite, folded)
    return folded


def language_of(text: str) -> str:
    """Return ``zh`` or ``en``: by the share of Chinese characters among the words.

    One Chinese character weighs about as much as half an English word.
    """
    chinese, latin = len(_CJK.findall(text)), len(_LATIN.findall(text))
    return "zh" if chinese and chinese >= latin else "en"


def script_of(text: str) -> Script:
    """Return the script of ``text``: ``hant`` where folding changes more than unfolding does."""
    if language_of(text) != "zh":
        return "latin"
    changed_by_folding = _differences(text, to_simplified(text))
    changed_by_unfolding = _differences(text, to_traditional(text))
    return "hant" if changed_by_folding > changed_by_unfolding else "hans"


def _differences(a: str, b: str) -> int:
    return sum(x != y for x, y in zip(a, b, strict=False)) + abs(len(a) - len(b))


@lru_cache(maxsize=1)
def aliases() -> dict[str, str]:
    """Folded name → folded standard name, from ``rag/data/aliases.txt``.

    A line gives the forms of one name, ``=`` between them; the first is the standard form.
    """
    table: dict[str, str] = {}
    for line in data_file("aliases.txt").read_text("utf-8").splitlines():
        names = [fold(n.strip()) for n in line.split("#")[0].split("=") if n.strip()]
        if names:
            table.update(dict.fromkeys(names[1:], names[0]))
    return table


@lru_cache(maxsize=1)
def _alias_pattern() -> re.Pattern[str]:
    names = sorted(aliases(), key=len, reverse=True)
    # A Latin name must stand as a word; a Chinese one may stand anywhere.
    forms = [rf"(?<![a-z]){re.escape(n)}(?![a-z])" if n[0].isascii() else n for n in names]
    return re.compile("|".join(forms))


def fold_names(text: str) -> str:
    """Fold, write dates one way, then replace every known name by its standard form."""
    table = aliases()
    return _alias_pattern().sub(lambda m: table[m[0]], fold_dates(fold(text)))
