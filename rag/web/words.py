"""What the page itself says, in the reader's language."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal, TypeAlias

from rag.fold import to_traditional

Language: TypeAlias = Literal["zh-Hans", "zh-Hant", "en"]
LANGUAGES: tuple[Language, ...] = ("zh-Hans", "zh-Hant", "en")
NAMES: dict[Language, str] = {"zh-Hans": "简体中文", "zh-Hant": "繁體中文", "en": "English"}
"""Every language in its own."""
LOCALES: dict[str, Language] = {
    "en": "en",
    "zh": "zh-Hans",
    "zh-CN": "zh-Hans",
    "zh-SG": "zh-Hans",
    "zh-Hans": "zh-Hans",
    "zh-TW": "zh-Hant",
    "zh-HK": "zh-Hant",
    "zh-MO": "zh-Hant",
    "zh-Hant": "zh-Hant",
}
"""The languages by what browsers call them."""

_HERE = Path(__file__).parent / "words"
_TRADITIONAL = re.compile(r"zh\b.*\b(hant|tw|hk|mo)\b")


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language: ``words("verdict.some", n=2)``."""

    language: Language
    table: dict[str, str]

    def __call__(self, key: str, **values: object) -> str:
        """Return what ``key`` says; of a number ``n``, the singular where it has one."""
        if values.get("n") == 1 and f"{key}.one" in self.table:
            key = f"{key}.one"
        return self.table[key].format(**values) if values else self.table[key]


@lru_cache(maxsize=len(LANGUAGES))
def words_in(language: Language) -> Words:
    """Return the words of a language; Traditional Chinese is made of Simplified."""
    file = _HERE / ("en.json" if language == "en" else "zh.json")
    table: dict[str, str] = json.loads(file.read_text("utf-8"))
    if language == "zh-Hant":
        table = {key: traditional(text) for key, text in table.items()}
    return Words(language, table)


def traditional(text: str) -> str:
    """Return ``text`` as Taiwan and Hong Kong write; characters alone would give 覈對 and 裏."""
    return to_traditional(text).replace("覈", "核").replace("裏", "裡")


def choose_language(chosen: str, accepted: str) -> Language:
    """Return the page's language.

    Args:
        chosen: By the reader; empty or unknown: as the browser says.
        accepted: The browser's ``Accept-Language``; the first that the page speaks counts.
    """
    for language in LANGUAGES:
        if chosen == language:
            return language
    for wanted in accepted.casefold().split(","):
        tag = wanted.split(";")[0].strip()
        if tag.startswith("zh"):
            return "zh-Hant" if _TRADITIONAL.match(tag) else "zh-Hans"
        if tag.startswith("en"):
            return "en"
    return "zh-Hans"
