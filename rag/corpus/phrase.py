"""How a text may put what is looked for: all forms of names, figures and dates, either script."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import jieba

from rag.fold import STOP_WORDS, fold, fold_dates, fold_figures, language_of
from rag.glossary import chinese_alternatives, english_alternatives
from rag.tagger import tagged
from rag.units import Form, units

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rag.names import Names
    from rag.units import Wanted

_CHINESE = "㐀-䶿一-鿿豈-﫿"
_LOOSE = re.compile(
    rf"[“”\"'‘’「」『』《》〈〉【】()·・•‧]+|(?<=[{_CHINESE}])\s+|\s+(?=[{_CHINESE}])"
)
"""What may stand within a name or not: 台风“杜鹃” is 台风杜鹃."""
_NUMERALS = "零〇一二两三四五六七八九十百千万亿"
_NUMBER = re.compile(rf"[\d{_NUMERALS}]")
_PARTICLES = ("u", "p", "c", "f", "x")
"""Tags of 的, 在, 和, 里 and of marks."""
_ISO = re.compile(r"(?<!\d)((?:19|20)\d\d)([-/.])(0?[1-9]|1[0-2])\2(0?[1-9]|[12]\d|3[01])(?!\d)")
_DATE = re.compile(r"(?<!\d)(?:(\d{4})年)?(\d{1,2})月(?:(\d{1,2})[日号])?")
_LETTER = "a-z0-9\u00df-\u024f"
NEAR = 12
"""Characters beside a place that tell how its words are to be cut."""
_PLURAL = re.compile(r"(?<=[a-z]{3})(?<!s)s$")


def compact(folded: str) -> str:
    """Leave out of folded text what may stand within a name or not."""
    return _LOOSE.sub("", folded)


def in_figures(text: str) -> str:
    """Fold text, with its figures and dates written one way."""
    return _in_figures(fold(text))


def _in_figures(folded: str) -> str:
    return compact(fold_figures(fold_dates(_ISO.sub(_day, folded))))


def _day(match: re.Match[str]) -> str:
    return f"{match[1]}年{int(match[3])}月{int(match[4])}日"


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that are looked for as they stand."""

    plain: re.Pattern[str]
    """In compact folded text."""
    figures: re.Pattern[str] | None
    """In text with its figures written one way, where it has any."""
    needs: tuple[Wanted, ...]
    """What the lexical index has of a passage that holds it."""

    @classmethod
    def of(cls, text: str, names: Names) -> Phrase:
        """Read what is looked for."""
        folded, figured = fold(text).strip(), in_figures(text)
        pieces = list(_pieces(folded, names))
        has_figures = bool(_NUMBER.search(figured))
        return cls(
            _pattern(pieces),
            _pattern(list(_pieces(figured, names))) if has_figures else None,
            tuple(_needs(pieces)) or _whole(figured),
        )

    def stands_in(self, text: str) -> bool:
        """Whether a text holds it, if only as parts of other words."""
        if self.plain.search(text):  # most do as they are, and folding takes time
            return True
        folded = fold(text)
        if self.plain.search(compact(folded)):
            return True
        return bool(self.figures and self.figures.search(_in_figures(folded)))

    def stands_alone_in(self, text: str) -> bool:
        """Whether a text holds it other than as parts of other words: 北美国家 holds no 美国."""
        if self.figures:  # a figure ends where its digits do
            return self.stands_in(text)
        plain = compact(fold(text))
        return any(_is_whole(plain, *m.span()) for m in self.plain.finditer(plain))


def words_of(text: str) -> list[str]:
    """Return the words that a phrase is made of: 台风 and 杜鹃; itself where it is no such phrase.

    What leaves single characters over that are no particles is a name or a figure, and stays whole.
    """
    words: list[str] = []
    for word, tag in tagged(fold(text)):
        if len(word) > 1 and word.isalpha():
            words += [] if word in STOP_WORDS else [word]
        elif word.strip() and not tag.startswith(_PARTICLES):
            return [text]
    return list(dict.fromkeys(words)) or [text]


def day_without_year(text: str) -> tuple[str, str]:
    """Cut 2025年6月5日 into its year and its day; empty where that is not all that it says."""
    match = _DATE.fullmatch(in_figures(text))
    if not match or not match[1] or not match[3]:
        return "", ""
    return match[1], f"{match[2]}月{match[3]}日"


def meanings_of(text: str) -> tuple[tuple[str, ...], ...]:
    """Return the dictionary's words of the other language: all of these, and of each any.

    Empty where a word has none.
    """
    folded = fold(text)
    if language_of(folded) == "en":
        found = [(*words,) for itself, (_, *words) in chinese_alternatives(folded)]
    else:
        found = english_alternatives(folded) if len(list(jieba.cut(folded))) == 1 else []
    return tuple(found) if all(found) else ()


def _pieces(folded: str, names: Names) -> Iterator[tuple[str, ...]]:
    """A phrase in order: each name with its forms, and what stands between."""
    at = 0
    for start, end, forms in [*names.find(folded), (len(folded), len(folded), ())]:
        for piece in ((folded[at:start],), forms):
            written = tuple(dict.fromkeys(filter(None, map(compact, piece))))
            if written:
                yield written
        at = end


def _pattern(pieces: Iterable[tuple[str, ...]]) -> re.Pattern[str]:
    written = "".join(f"(?:{'|'.join(map(_bounded, forms))})" for forms in pieces)
    return re.compile(written, re.IGNORECASE)


def _bounded(form: str) -> str:
    """A form that is no part of a longer word or number; an English one in singular or plural."""
    before = after = ""
    if re.match(rf"[{_LETTER}]", form):
        before = rf"(?<![{_LETTER}])" if not form[0].isdigit() else r"(?<!\d)(?<!\d[.,])"
    elif form[0] in _NUMERALS:
        before = rf"(?<![\d{_NUMERALS}点])"
    if form[-1].isdigit():
        after = rf"(?!\d|[.,]\d|[{_NUMERALS}%])"
    elif re.search(rf"[{_LETTER}]$", form):
        form = _PLURAL.sub("", form)
        after = rf"{'(?:s|es)?' if len(form) > 2 else ''}(?![{_LETTER}])"
    elif form[-1] in _NUMERALS:
        after = rf"(?![\d{_NUMERALS}])"
    return before + re.escape(form).replace(r"\ ", r"\s+") + after


def _needs(pieces: Iterable[tuple[str, ...]]) -> Iterator[Wanted]:
    """Units of each piece, by its words, between which something loose may stand.

    Figures and dates stand otherwise in other company, and are left out.
    """
    for forms in pieces:
        cut = (" ".join(jieba.cut(_DATE.sub(" ", form), HMM=False)) for form in forms)
        ways = [tuple(u for u in units(words) if not _NUMBER.search(u)) for words in cut]
        if all(ways):
            yield tuple(Form(way) for way in dict.fromkeys(ways))


def _whole(figured: str) -> tuple[Wanted, ...]:
    """Units of what has nothing but figures; of a date also as 2025-06-05 and 2025/6/5."""
    written = [figured, *(_DATE.sub(partial(_numbered, width=n), figured) for n in (1, 2))]
    forms = [Form(tuple(dict.fromkeys(units(text)))) for text in dict.fromkeys(written)]
    return (tuple(forms),) if all(form.units for form in forms) else ()


def _numbered(match: re.Match[str], *, width: int) -> str:
    return " ".join(f"{int(part):0{width}}" for part in match.groups() if part)


def _is_whole(text: str, start: int, end: int) -> bool:
    """Whether the words of a text can be cut so that ``[start, end)`` begins and ends with one."""
    at = max(0, start - NEAR)
    for word in jieba.cut(text[at : end + NEAR], HMM=False):
        stop = at + len(word)
        if at < start < stop < end:  # 北美|国家 sticks into 美国
            held, rest = text[start:stop], text[max(0, start - NEAR) : start]
            if not (_is_word(held) or _absorbed(rest, start - at, last=True)):
                return False
        if start < at < end < stop:
            held, rest = text[at:end], text[end : end + NEAR]
            if not (_is_word(held) or _absorbed(rest, stop - end, last=False)):
                return False
        at = stop
    return True


def _is_word(held: str) -> bool:
    """Whether what the two share is a word itself: 强台风 and 台风杜鹃."""
    return len(held) > 1 and bool(jieba.dt.FREQ.get(held))


def _absorbed(rest: str, left: int, *, last: bool) -> bool:
    """Whether what is left of a word that was cut is part of another word: 李明|超出席 is 出席."""
    words = list(jieba.cut(rest, HMM=False))
    return bool(words) and len(words[-1 if last else 0]) > left
