"""What the makers of claims know of words: their lists, a sentence's words, what a name calls."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from random import Random

from rag.tagger import tagged

_PLACES = ("countries", "provinces", "cities")
_ENDS = "省市县区镇村岛山河湖州国府"
"""Of names of places: 甘孜县 may be replaced with 康定县."""
_SURNAMES = frozenset(
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘"
    "杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
)
UNSURE = re.compile(
    r"如果|假如|倘若|若|是否|或|可能|也许|大概|似乎|除非|不仅|不但|不只|不得不|不能不|无论|不管|否则|几乎|"
    r"据说|传说|应该|应当|希望|试图|企图|想要|计划|打算|预计|为了"
)
_BRACKETS = re.compile(r"[（(《“「『【\[][^（(《“「『【\[）)》”」』】\]]*[）)》”」』】\]]")
MEASURE = (
    r"人(?![组次称])|名(?![称字])|位(?![于置])|座|家(?![族庭])|艘|岁|个|部(?![分队门])|场|所(?!以)|辆|架|条|"
    r"支|只|张|户|棵|米|公里|千米|公尺|厘米|平方|公顷|英里|英尺|吨|公斤|元|美元|欧元|英镑|万|亿|%"
)


@lru_cache(maxsize=1)
def word_lists() -> dict[str, tuple[str, ...]]:
    """The lists of words, by their names."""
    out: dict[str, tuple[str, ...]] = {}
    lines = (Path(__file__).parent / "made_words.txt").read_text("utf-8").splitlines()
    for name, *words in (line.split() for line in lines if line and line[0] != "#"):
        out[name] = (*out.get(name, ()), *words)
    return out


@dataclass(frozen=True, slots=True)
class Made:
    """A claim that was made of a sentence."""

    kind: str
    claim: str
    wrong: tuple[str, ...] = ()
    """The wrong part with the two characters before it; none in a true claim."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a sentence, as jieba has it."""

    text: str
    tag: str
    start: int

    @property
    def end(self) -> int:
        """Where it ends in the sentence."""
        return self.start + len(self.text)


@dataclass(frozen=True)
class Sentence:
    """A sentence in simplified characters, and what it stands among."""

    text: str
    document: str = ""
    """The text of its document: other names are taken from it."""

    @cached_property
    def words(self) -> tuple[Word, ...]:
        """In order."""
        return words_in(self.text)

    @cached_property
    def clauses(self) -> tuple[tuple[int, int], ...]:
        """Start and end of what stands between commas, outside of brackets and quotations."""
        hidden = covered(self.text)
        cuts = [m.start() for m in re.finditer("[，；。]", hidden)]
        return tuple(zip([0, *(c + 1 for c in cuts[:-1])], cuts, strict=True))

    def clause_at(self, place: int) -> str:
        """The clause that holds a place."""
        return next((self.text[s:e] for s, e in self.clauses if s <= place <= e), self.text)

    def changed(self, kind: str, *changes: tuple[int, int, str]) -> Made:
        """Put other words in some places; what is there afterwards is wrong."""
        out, wrong, at = "", [], 0
        for start, end, new in sorted(changes):
            out += self.text[at:start]
            after = new or self.text[end : end + 2]
            wrong.append((out[-2:] + after).strip("，。；"))
            out, at = out + new, end
        return Made(kind, out + self.text[at:], tuple(wrong))


Maker = Callable[[Sentence, Random], Made | None]


@lru_cache(maxsize=256)
def words_in(text: str) -> tuple[Word, ...]:
    """Return the words of a text, in order."""
    out, at = [], 0
    for word, tag in tagged(text):
        out.append(Word(word, tag, at))
        at += len(word)
    return tuple(out)


def covered(text: str) -> str:
    """The text with brackets and quotations blotted out, nested ones too."""
    while True:
        hidden = _BRACKETS.sub(lambda m: "＊" * len(m[0]), text)
        if hidden == text:
            return text
        text = hidden


def sort_of(word: Word, people: frozenset[str]) -> str:
    """What a name calls: a person, a country, a county; nothing where that is not sure."""
    if word.text in people:
        return "person"
    for sort in _PLACES:
        if word.text in word_lists()[sort]:
            return sort
    if word.tag.startswith("ns") and len(word.text) > 2 and word.text[-1] in _ENDS:
        return word.text[-1]
    return ""


@lru_cache(maxsize=64)
def people_of(document: str) -> frozenset[str]:
    """Persons of a document: known ones, and what looks like a name and stands there twice."""
    out = set()
    for word in words_in(document):
        name = word.text
        chinese = word.tag == "nr" and name[0] in _SURNAMES and 1 < len(name) < 4
        foreign = word.tag == "nrt" and len(name) > 2
        if (chinese or foreign) and _is_whole_name(name, document):
            out.add(name)
    return frozenset(out)


def _is_whole_name(name: str, document: str) -> bool:
    """Whether it stands there more than once, and not always with the same character beside it."""
    places = [m.start() for m in re.finditer(re.escape(name), document)]
    before = {document[max(at - 1, 0) : at] for at in places}
    after = {document[at + len(name) : at + len(name) + 1] for at in places}
    return len(before) > 1 and len(after) > 1 and "·" not in before | after
