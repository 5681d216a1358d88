"""Strangers: names and things of a claim that its source does not know."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import jieba

from rag.checks.reading import LIGHT, Fault, Known, fold_claim, in_full
from rag.fold import STOP_WORDS, language_of
from rag.glossary import chinese_alternatives, english_alternatives, sort_of
from rag.names import shipped_names
from rag.resources import word_list
from rag.sounds import heard, name_around
from rag.tables import countries, two_countries
from rag.tagger import tagged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rag.checks.reading import Comparison, Word
    from rag.names import Names

SORTS = word_list("verify_sorts.txt")
_NAME_TAGS = ("nr", "ns", "nt", "nz")
_COUNTRIES = {land: others for land, *others in countries()}
"""Country → the letter that stands for it, its capital and seats."""
_NOT_NAMES = (
    SORTS
    | {f"{land[0]}{who}" for land in _COUNTRIES for who in "方媒"}
    | {"双方", "两国", "官方", "资料"}
)
_COUNTS = frozenset("一二三四五六七八九十")
_LATIN_NAME = re.compile(r"(?<![a-z])[a-z][a-z0-9.-]+")
_CAPITALISED = re.compile(r"(?<=[a-z,;0-9] )[A-Z][A-Za-z-]+")
_DATE = re.compile(r"(\d[年月日号])")
"""The end of a date: 22日中欧 holds no 日中."""


def faults(it: Comparison) -> Iterator[Fault]:
    """Yield the names and the things that the source lacks."""
    known = Known(f"{it.around.text}\n{it.cards}")
    for title in _WORK.findall(it.clause.written):
        if not it.source.english and fold_claim(title, it.clause.names) not in known.text:
            yield Fault("unsupported", f"not in the source: {title}")
            return
    yield from _nothing_known(it, known)
    for word in it.clause.words:
        if known.says(word) or _in_parts(word, known) or shortened(word.text, known.text):
            continue
        if word.is_name and cut_wrongly(it.clause.text, word.start, word.text, known, it.question):
            continue
        if word.is_name:
            across = it.clause.english and not it.source.english
            if across and (is_common(word.forms) or word.text in _phrases(it.clause.written)):
                continue
            if _called_otherwise(word, it):
                continue
            yield Fault("unsupported", f"not in the source: {word.text}")
            return
        if it.source.english:
            continue
        if word.text in SORTS:
            continue
        plain = not it.clause.english and len(word.text) > 1 and word.text not in it.question
        if plain and word.tag.startswith(_THINGS) and not _meant(word, known):
            yield Fault("unsupported", f"not in the source: {word.text}")
            return


def in_english(word: str, text: Known) -> bool:
    """Whether an English text has a meaning of a Chinese word, or of how it ends (堵墙: wall)."""
    ends = (word, *(word[n:] for n in range(1, len(word))))
    return any(
        text.holds(meaning)
        for end in ends
        for group in english_alternatives(end)
        for meaning in group
        if meaning.isalpha() and meaning not in STOP_WORDS
    )


def shortened(word: str, text: str) -> bool:
    """Whether a word is short for words of a text: 重卡 for 重型卡车."""
    if not _SHORT_FORM.fullmatch(word):
        return False
    return bool(re.search("[㐀-鿿]?".join(map(re.escape, word)) + "[㐀-鿿]", text))


_SHORT_FORM = re.compile(r"[㐀-鿿]{2,3}")


def cut_wrongly(text: str, at: int, word: str, known: Known, question: str = "") -> bool:
    """Whether a word is pieces of two that stand in the source: 赞黎 of 称赞黎小舟."""
    if at < 0 or len(word) > len("赞黎小"):
        return False
    there = f"{known.text}\n{question}"
    inner = word.strip(_BESIDE_NAMES)
    if 1 < len(inner) < len(word) and inner in there:
        return True
    covered = [False] * len(word)
    for size in (3, 2):
        for start in range(max(at - size + 1, 0), at + len(word)):
            piece = text[start : start + size]
            inside = start >= at and start + size <= at + len(word)
            if len(piece) == size and not inside and piece in there and piece.isalpha():
                for n in range(max(start, at), min(start + size, at + len(word))):
                    covered[n - at] = True
    bare = {n for n, found in enumerate(covered) if not found}
    at_edge = len(bare) == 1 and bare <= {0, len(word) - 1}
    return not bare or (at_edge and word[min(bare)] in _BESIDE_NAMES)


_BESIDE_NAMES = "由和与及被把将从在于为是作所来去后前第的了等又也都就而并给让使"
"""Characters that the tagger puts to a name beside them: 由威廉, 维拉第."""


def _nothing_known(it: Comparison, known: Known) -> Iterator[Fault]:
    """A clause added to the others, of which no word is in the source."""
    words = [w for w in it.clause.words if w.text not in LIGHT]
    if len(it.claim) < 2 or not words or it.clause.english != it.source.english:
        return
    if it.clause.figures or it.is_bare:
        return
    if not any(
        known.says(w) or _in_parts(w, known) or same_meaning(w.text, known.text) for w in words
    ):
        yield Fault("unsupported", f"not in the source: {it.clause.written}")


POINTS_BACK = re.compile(r"[他她它]|其(?!他|余|实)|该|这[位名家项一]|此[次人]|公司|两人|双方")
_HE = re.compile(r"[他她它]们?|该[国公]")
_LATIN_WORD = re.compile(r"[A-Z][A-Za-z-]{2,}")


def _called_otherwise(word: Word, it: Comparison) -> bool:
    """Whether a source calls it by a pronoun, or in the other script."""
    if not it.clause.english and it.source.english:
        near = name_around(it.clause.text, word.start, word.start + len(word.text))
        latin = {name for c in it.sources for name in _LATIN_WORD.findall(c.written)}
        places = (word.text, *near)
        return any(heard(name, place) for name in latin for place in places) or in_english(
            word.text, it.around
        )
    if word.text in it.question and _HE.search(it.quotes.text):
        return True
    elsewhere = any(clause.known.says(word) for clause in it.offered)
    return elsewhere and bool(POINTS_BACK.search(it.source.text))


_TITLE = re.compile(r"(?:[A-Z][A-Za-z-]+ )+[A-Z][A-Za-z-]+")


def _phrases(written: str) -> frozenset[str]:
    """The words of names of several English words: Wall Street Journal."""
    names = [name.casefold().split() for name in _TITLE.findall(written)]
    return frozenset(w for name in names if name[-1] not in _BY_SOUND for w in name)


_BY_SOUND = frozenset(("county", "city", "province", "district", "town", "village", "prefecture"))
"""What follows a name that is written by its sound: Hedong County."""


_THINGS = ("n", "j", "z", "b", "l", "i", "x", "d", "v")
"""Tags of words that tell of something, as jieba gives them."""


_WORK = re.compile(r"《([^》]+)》")
"""A paper, a book or a law."""
ENDINGS = frozenset("到至成出为上入过完掉给回起")
"""What may end a verb without changing what it says: 移到 is 移至."""


def differ_in_ending(one: str, other: str) -> bool:
    """Whether two Chinese verbs differ in how they end only: 加到, 加至."""
    return one[0] == other[0] and set(one[1:] + other[1:]) <= ENDINGS


_COMMON, _COMMON_VERB = 100, 500
"""Times in jieba's corpus from which an adverb, and a verb, says little by itself."""


_KINDS = frozenset(
    re.findall(
        r"\w+",
        "county city province district town village lake river port bay island university college "
        "school hospital bank company group ministry department committee council agency office",
    )
)
"""English words that tell what a named thing is: one Chinese character, or none, says it."""


_COMMON_ENDING = re.compile(
    r"(?:[^aeiou]ers|ists|ions|ings|ments|ness|ities|ly|ive|ous|eastern|western)$"
)
"""Of English words that are no names, though a sentence begins with them."""


def is_common(forms: tuple[str, ...]) -> bool:
    """Whether an English word with its Chinese ones is no name: Department, Wall."""
    if forms[0] in _KINDS or _COMMON_ENDING.search(forms[0]):
        return True
    return len(forms) > 1 and not any(tag.startswith(_NAME_TAGS) for _, tag in tagged(forms[1]))


def _meant(word: Word, known: Known) -> bool:
    """Whether the source has a word that CC-CEDICT gives one meaning with this one: 战胜, 击败."""
    common = jieba.dt.FREQ.get(word.text, 0)
    if word.tag == "v" and (common > _COMMON_VERB or word.text[-1] in ENDINGS):
        return True
    if word.tag == "d" and common > _COMMON:
        return True
    if not english_alternatives(word.text):
        return word.tag.startswith("v") and any(c in known.text for c in word.text)
    return same_meaning(word.text, known.text)


def same_meaning(word: str, text: str) -> bool:
    """Whether the dictionary gives a word and one of a text's one meaning.

    Two Chinese words by one of English, two English words by one of Chinese.
    """
    if word.isascii():
        meant = {form for _, forms in chinese_alternatives(word) for form in forms[1:]}
        there = {form for _, forms in chinese_alternatives(text) for form in forms[1:]}
    else:
        meant = {m for group in english_alternatives(word) for m in group}
        there = {m for group in english_alternatives(text) for m in group}
    return bool(meant & there)


_BODIES = ("大学", "学院", "银行", "医院", "法院")
"""Ends of names that are told from one another by what stands before."""


def _in_parts(word: Word, known: Known) -> bool:  # noqa: PLR0911 - a way a line
    """美国商务部 where the source has 美国 and 商务部; 中企 where it has 中国企业."""
    text = word.text
    if text.isascii():
        return False
    body = _without_country(text)
    if body != text and len(body) > 1 and body in known.text:
        return True
    if word.is_name and text.endswith(_BODIES) and text not in known.text:
        return False  # 北京大学, of 北京 and 清华大学
    if len(text) > 3 and all(text[i : i + 2] in known.text for i in range(0, len(text) - 1, 2)):
        return True
    if word.is_name:
        return False
    if len(text) == 2 and word.tag.startswith(("v", "a")):
        return any(c in known.text for c in text)  # 加到 where it has 加至
    return all(c in known.text for c in text)


def _without_country(name: str) -> str:
    """商务部 of 法国商务部; a mere kind of body, as 委员会, is too little of a name."""
    rest = next((name.removeprefix(land) for land in _COUNTRIES if name.startswith(land)), name)
    return name if sort_of(rest) == "word" else rest


def is_known(name: str, known: Known) -> bool:
    """Whether folded text holds a name: 美国商务部 is 美商务部 in the newspapers."""
    body = _without_country(name)
    return (
        known.holds(name)
        or (len(body) > 1 and body in known.text)
        or (name in _COUNTRIES and _is_meant(name, known.text))
    )


def _is_meant(land: str, text: str) -> bool:
    """Whether a text means a country by its capital, by 对华 or by 中欧 (``two_countries``)."""
    letter, *seats = _COUNTRIES[land]
    if any(seat in text for seat in seats) or land in in_full(text):
        return True
    return any({letter, land[0]} & set(pair) for pair in two_countries().findall(text))


def names_in(text: str, names: Names | None = None) -> list[tuple[str, ...]]:
    """Return the names in a text, each with the forms that would do, folded.

    Args:
        text: In any language.
        names: Which names are the same; by default those that ship.
    """
    names = names or shipped_names()
    found: dict[tuple[str, ...], None] = {}
    for line in text.splitlines():
        english = language_of(line) == "en"
        folded = _DATE.sub(r"\1 ", names.fold_text(line))
        found |= {(known[0],): None for _, _, known in names.find(folded)}
        if english:
            words = set(_CAPITALISED.findall(line))
            for word, alike in chinese_alternatives(line, names):
                if word in {w.casefold() for w in words}:
                    found[alike] = None
        else:
            between = names.find(folded)
            ends = [0, *(end for _, end, _ in between)]
            starts = [*(start for start, _, _ in between), len(folded)]
            pieces = (folded[a:b] for a, b in zip(ends, starts, strict=True))
            for word, tag in (pair for piece in pieces for pair in tagged(piece)):
                named = tag.startswith(_NAME_TAGS) and not two_countries().match(word)
                if named and len(word) > 1 and not word.isascii() and word[0] not in _COUNTS:
                    found[(word,)] = None
            found |= {(word,): None for word in _LATIN_NAME.findall(folded)}
    return [forms for forms in found if forms[0] not in _NOT_NAMES]
