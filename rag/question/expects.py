"""What kind of thing a question asks for, where its own words tell; most tell none."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal, TypeAlias

from rag.fold import fold
from rag.glossary import sort_of
from rag.resources import word_list
from rag.tagger import tagged

Kind: TypeAlias = Literal[
    "duration", "percent", "money", "count", "day", "year", "date", "person", "place", "words"
]

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
_TITLES = word_list("titles.txt")
_NO_NAME = re.compile(r"[者人员]$|^第|[a-z0-9]")
"""Who is told by what he does or by a place in a row, or by Latin letters (CEO)."""


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
