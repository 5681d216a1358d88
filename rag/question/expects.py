"""What kind of thing a question asks for, and whether a text holds one.

How long was the call? A passage about the call that holds no duration does not answer, however
near it is. Kinds are told by the question's own words; most questions tell none.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import takewhile
from typing import TYPE_CHECKING, Literal, TypeAlias

from rag.figures import whole_number
from rag.fold import fold, fold_dates
from rag.glossary import sort_of
from rag.question.standalone import name_tag
from rag.resources import word_list
from rag.tagger import tagged

if TYPE_CHECKING:
    from rag.names import Names

Kind: TypeAlias = Literal[
    "duration", "percent", "money", "count", "day", "year", "date", "person", "place", "words"
]

_NUMBER = r"(?:\d[\d,.]*|[一二两三四五六七八九十百千万数几半]+)\s*(?:多|余|来)?"
_ASKS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    (
        "duration",
        re.compile(
            r"多久|多长时间|(?:多少|(?<!哪)几)(?:个)?(?:小时|分钟|秒|天|周|星期|个月)|how long\b"
            r"|how many (?:hours|minutes|days|weeks|months)"
        ),
    ),
    ("percent", re.compile(r"百分之(?:几|多少)|多少个?百分点|what percent|how many percent")),
    (
        "money",
        re.compile(
            r"多少(?:钱|美元|元|人民币|欧元)|(?:价格|售价|金额|造价|报价|工资|薪水|身家)(?:是|为|有)?多少"
            r"|how much (?:money|did .{3,60} (?:cost|pay|sell)|does .{3,60} cost)|what price"
            r"|how much is .{3,40} worth"
        ),
    ),
    ("count", re.compile(r"(?:多少|几)(?:人|名|位|家|架|次|艘|所|轮|倍|辆|个)|how many\b")),
    (
        "day",
        re.compile(
            r"哪[一几]?[天日]|几[日号](?!线)|具体(?:日期|是什么时候)"
            r"|\b(?:what|which|exact) (?:day|date)\b|\bon which day\b"
        ),
    ),
    ("year", re.compile(r"哪一?年(?![级轻])|哪个年份|\b(?:what|which) year\b")),
    (
        "date",
        re.compile(
            r"什么时候|何时|哪一?(?:天|年|月|日)|几[月号日]|什么日期|(?:日期|时间)是(?:什么|哪)"
            r"|\bwhen\b|(?:what|which) (?:day|date|year|month)\b"
        ),
    ),
    (
        "words",
        re.compile(r"原话|原文是(?:什么|怎么)|一字一句|exact words|verbatim|quote "),
    ),
    (
        "person",
        re.compile(
            r"谁|哪(?:一)?位|何人|什么人|叫什么名"
            r"|哪(?:些|几[个位名])[^，,]{0,6}?(?:人(?![民均口])|官员|高官|领导|学者|专家|部长|议员|总统|大使)"
            r"|\bwho(?:m|se)?\b"
            r"|\b(?:what|which) (?:\w+ ){0,2}"
            r"(?:people|persons?|officials?|leaders?|ministers?|experts?)\b"
        ),
    ),
    (
        "place",
        re.compile(
            r"哪里|哪儿|在哪(?!些|种|个方面|方面)|何处|何地|什么地方|哪(?:一)?(?:个|座)?(?:城市|国家|地方|省|州)|哪国"
            r"|\bwhere\b|(?:what|which) (?:city|country|place|province|state)\b"
        ),
    ),
)
_LONG_AGO = (
    r"[\d一二三四五六七八九十]世纪|公元前|[\d万亿]\s*年(?:以|之)?前"
    r"|[\d,]+ years ago|\bcentur(?:y|ies)\b|\bbce?\b"
)
_ENGLISH_DAYS = "monday|tuesday|wednesday|thursday|friday|saturday|sunday|yesterday|today|tomorrow"
_HOLDS: dict[Kind, re.Pattern[str]] = {
    "duration": re.compile(
        rf"{_NUMBER}(?:个[多半]?)?(?:小时|分钟|秒|天|周|星期)|{_NUMBER}个[多半]?月|[数半]月|"
        r"(?<!\d)(?<!时隔)(?<!相隔)(?:\d{1,3}|[一二两三四五六七八九十数几半]+)(?:多|余|来)?年"
        r"|整[天夜日]|彻夜"
        r"|\b(?:hours?|minutes?|days?|weeks?|months?|years?)\b"
        r"|\b(?:metres?|meters?|kilomet(?:re|er)s?|km|miles?|feet|foot|yards?|inch(?:es)?|cm)\b"
    ),
    "percent": re.compile(r"\d\s*%|百分之|个百分点|percent|[一二两三四五六七八九]成"),
    "money": re.compile(
        rf"{_NUMBER}[万亿]*(?:美元|元|人民币|欧元|日元|港元|美金|英镑)|[$¥€£]\s*\d|\bdollars?\b"
    ),
    "count": re.compile(
        r"\d|[一二两三四五六七八九十百千万数几]+(?:[多余]?[人名位家架次艘所轮倍辆个])|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|dozens?|hundreds?)\b"
    ),
    "day": re.compile(
        r"\d{1,2}\s*[日号]|[一二三四五六七八九十]+[日号]|[昨今明前后当同次翌][天日]|周[一二三四五六日末]"
        r"|星期[一二三四五六日天]|除夕|元旦|春节|圣诞|\d{4}-\d{1,2}-\d{1,2}"
        rf"|\b(?:{_ENGLISH_DAYS})\b"
    ),
    "year": re.compile(
        rf"\d{{4}}|\d{{2}}年|[〇一二三四五六七八九十]{{2,4}}年|[去今明前后当同次翌上]一?年|年份|{_LONG_AGO}"
    ),
    "date": re.compile(
        r"\d{4}|\d{1,2}\s*[年月日号]|[一二三四五六七八九十]+[月日号]|[去今明前后当同次翌]年|[昨今明前后当同次翌][天日]|(?:上|本|下|这)(?:个)?(?:月|周|星期)"
        r"|周[一二三四五六日末]|星期[一二三四五六日天]|年[初中底末]|月[初中底末]|[春夏秋冬][季天节]"
        rf"|{_LONG_AGO}"
        rf"|\b(?:january|february|march|april|may|june|july|august|september|october|november|december|{_ENGLISH_DAYS})\b"
    ),
    "words": re.compile(r"[“”\"「」『』]"),
}
_TAGGED: dict[Kind, tuple[str, ...]] = {"person": ("nr", "nrt", "nrfg"), "place": ("ns", "nt")}
_BODIES = re.compile(r"代表团|访问团|商会|人士|精英|势力|农民|民众|选民|阶层|派系")
"""People who have no name of a person."""
_PLACE_ENDS = re.compile(r"[宫馆厅店港岛湾场院楼堂城镇村州省市县国营]$")
_CAPITALISED = re.compile(r"(?<![.!?] )(?<!^)\b[A-Z][a-z]+")
_TITLES = word_list("titles.txt")
_NO_NAME = re.compile(r"[者人员]$|^第|[a-z0-9]")
"""Who is told by what he does or by a place in a row, or by Latin letters (CEO)."""
_COUNTED = "轮|次|届|场|期|批|阶段|季度"
_ORDINAL = re.compile(rf"(?:第([一二三四五六七八九十]+|\d+)|(首))个?({_COUNTED})")
_NUMBERED = frozenset(("轮", "批", "阶段"))
"""What has no other name than its number: that a text does not give it tells of another."""
_EN_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")
_EN_ORDINAL = re.compile(rf"\b({'|'.join(_EN_ORDINALS)}) (?:\w+ )?rounds?\b")
_ASKS_WHAT_IT_SAYS = re.compile(
    r"结论|观点|主张|认为|指出|怎么[说看写]|(?:说|讲|写|谈)了?(?:什么|哪些)|内容|论点"
    r"|\b(?:conclu\w+|argues?|says?|claims?)\b"
)
_NAMES_A_WORK = re.compile(
    r"^\W*[^。！？!?]{0,80}?[《“\"][^》”\"]+[》”\"][^。！？]{0,60}?(?:第\d+[期卷页]|\d{4}[年,]|出版社|https?:|p+\.)"
)


@lru_cache(maxsize=256)  # one answer asks many times over
def expected(question: str) -> Kind | None:
    """Return the kind of thing that a question asks for, where its words tell.

    >>> expected("通话持续了多久？"), expected("他为什么辞职？")
    ('duration', None)
    """
    folded = fold(question)
    if _is_defined(folded):
        return None
    return next((kind for kind, asks in _ASKS if asks.search(folded)), None)


def _is_defined(folded: str) -> bool:
    """Whether a question names somebody and asks who that is: a description answers it.

    What ends in a title or in another word of the dictionary is no name: 新任大使, 领奖人.
    """
    match = re.match(r"([^，,的]{2,8}?)(?:到底|究竟)?是(?:谁|何人|什么人|什么样的人)", folded)
    if not match:
        return False
    who = match[1]
    if all(tag.startswith("nr") for _, tag in tagged(who)):
        return True
    if sort_of(who) == "name" or _NO_NAME.search(who):
        return False
    ends = (who[at:] for at in range(len(who) - 1))
    return not any(end in _TITLES or sort_of(end) == "word" for end in ends)


def holds(kind: Kind, text: str, question: str, names: Names) -> bool:
    """Whether ``text`` holds a thing of ``kind`` that ``question`` does not.

    Args:
        kind: Of what is asked for.
        text: What would answer, with what a reader of it knows besides.
        question: What stands in it already is no answer to it.
        names: Which names are the same.
    """
    if kind in _HOLDS:
        folded, asked = fold_dates(fold(text)), fold_dates(fold(question))
        found = {m[0] for m in _HOLDS[kind].finditer(folded)}
        if kind != "words":
            found -= {m[0] for m in _HOLDS[kind].finditer(asked)}
        return bool(found)
    folded, asked = names.fold_text(text), names.fold_text(question)
    if any(w not in asked for w in (m.casefold() for m in _CAPITALISED.findall(text))):
        return True
    if kind == "person" and {*_BODIES.findall(folded)} - {*_BODIES.findall(asked)}:
        return True
    tags = {forms[0]: name_tag(forms[0], names) for _, _, forms in names.find(folded)}
    known = {
        name
        for name, tag in tags.items()
        if (tag == "nr" if kind == "person" else tag not in {"nr", "n"})
    }
    found = {
        word
        for word, tag in tagged(folded)
        if tag in _TAGGED[kind] or (kind == "place" and len(word) > 1 and _PLACE_ENDS.search(word))
    }
    return any(word not in asked for word in found | known)


def of_another(question: str, text: str) -> bool:
    """Whether ``text`` tells of the first round or of none, where the second is asked about.

    >>> of_another("第二轮谈判是几月举行的？", "5月在日内瓦举行首轮谈判")
    True
    """
    asked, told = _ordinals(question), _ordinals(text)
    units = {unit for _, unit in told} | _NUMBERED
    return any(unit in units for _, unit in asked - told)


def done_by_another(question: str, text: str, names: Names) -> bool:
    """Whether somebody else does in ``text``, beside whom it is asked of, what the question asks.

    >>> done_by_another("林肯写了什么？", "莫扎特写信说，跟林肯谈过。", Names(()))
    True
    """
    asked, told = names.fold_text(question), names.fold_text(text)
    whom, who = _doers(asked), _doers(told)
    beside = any(name in told for name in whom)
    return beside and bool(who) and not whom & who and not any(name in asked for name in who)


def _doers(folded: str) -> frozenset[str]:
    """The persons named before the first verb of a text."""
    before = takewhile(lambda pair: not pair[1].startswith("v"), tagged(folded))
    return frozenset(word for word, tag in before if tag in _TAGGED["person"])


def _ordinals(text: str) -> set[tuple[int, str]]:
    """第二轮 as (2, 轮), with what is counted; fourth round as (4, 轮)."""
    folded = fold(text)
    found = {(1 if m[2] else whole_number(m[1]), m[3]) for m in _ORDINAL.finditer(folded)}
    return found | {(_EN_ORDINALS.index(m[1]) + 1, "轮") for m in _EN_ORDINAL.finditer(folded)}


def only_named(question: str, text: str) -> bool:
    """Whether what a work says is asked for, and ``text`` but names the work, as a footnote does.

    >>> only_named("《潮汐与港口》得出了什么结论？", "周海生：《潮汐与港口》，2021年第5期。")
    True
    """
    return bool(_ASKS_WHAT_IT_SAYS.search(fold(question)) and _NAMES_A_WORK.search(fold(text)))
