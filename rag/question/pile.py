"""Questions over all documents: how many mention something, which, and which first or last.

有多少篇提到莫扎特？ asks of the documents themselves; 他提到莫扎特几次？ asks what one of them says
and is an ordinary question. So a question counts only where the whole of it has one of the forms of
``pile_forms``, with documents as what mentions; all else is left to the ordinary way.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import jieba

from rag.fold import to_simplified
from rag.question.pile_forms import CHINESE, ENGLISH, LEANING, MAY_I, POLITE, SCOPE
from rag.question.when import when
from rag.tagger import tagged

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rag.question.pile_forms import Asks


LONGEST = 200
"""Characters of a question that is looked at: a topic is short, and the forms take time."""


@dataclass(frozen=True, slots=True)
class Topic:
    """What documents are to mention."""

    text: str
    """As asked."""
    wanted: tuple[tuple[str, ...], ...]
    """All of these, and of each any."""
    without: tuple[str, ...] = ()
    """None of these."""


@dataclass(frozen=True, slots=True)
class Pile:
    """What is asked of all documents."""

    asks: Asks
    topic: Topic
    since: str | None = None
    """Only of documents published then or later."""
    until: str | None = None
    time: str = ""
    """How the question says that: 去年."""


@dataclass(frozen=True, slots=True)
class Piles:
    """What several sentences ask of all documents, and what else they ask."""

    asked: tuple[tuple[str, Pile], ...] = ()
    """With the words that ask it."""
    rest: str = ""


def read_piles(question: str, history: Sequence[tuple[str, str]] = ()) -> Piles:
    """Return what a question asks of all documents, sentence by sentence.

    Args:
        question: One sentence or several.
        history: Earlier questions and answers: 那海顿呢？ asks again what was asked before.

    >>> [pile.asks for _, pile in read_piles("有多少篇提到莫扎特，最早的是哪篇？").asked]
    ['count', 'first']
    """
    before: Pile | None = None
    for earlier, _ in history:
        found = _in_turn(earlier, before).asked
        before = found[-1][1] if found else None
    return _in_turn(question, before)


def _in_turn(question: str, before: Pile | None) -> Piles:
    if len(question) > LONGEST:
        return Piles(rest=question)
    whole = read_pile(question) or follow_up(question, before)
    if whole:
        return Piles(((question, whole),))
    out: dict[Pile, str] = {}
    rest: list[str] = []
    for clause in filter(None, map(str.strip, _CLAUSE.split(question))):
        pile = read_pile(clause) or follow_up(clause, before)
        if pile is None:
            rest.append(clause)
        elif not (before in out and pile == replace(before, asks="list")):
            out[pile] = clause  # 有多少篇, 分别是哪些: what is counted is listed anyway
        before = pile or before
    if not out:
        return Piles(rest=question)
    left = "，".join(rest)
    return Piles(tuple((c, p) for p, c in out.items()), left if _ASKING.search(left) else "")


def read_pile(question: str) -> Pile | None:
    """Return what one sentence asks of all documents; None for an ordinary question.

    >>> read_pile("有多少篇文章提到莫扎特？").topic.text
    '莫扎特'
    >>> read_pile("How many people mention Mozart?")
    """
    text = _plain(question)
    if len(text) > LONGEST:
        return None
    for asks, pattern in (*CHINESE, *ENGLISH):  # a Chinese name may be asked for in English
        found = pattern.fullmatch(text)
        pile = _pile(asks, found.groupdict()) if found else None
        if pile:
            return pile
    return None


def follow_up(question: str, before: Pile | None) -> Pile | None:
    """Return what a question asks that leans on one over all documents."""
    if before is None:
        return None
    text = _plain(question)
    for asks, pattern in LEANING:
        found = pattern.fullmatch(text)
        topic = _without_then(found.groupdict().get("topic") or "") if found else ""
        if found and (not topic or _is_topic(topic)):
            asked = replace(before, asks=asks or before.asks)
            return replace(asked, topic=topic_of(topic)) if topic else asked
    named = _PRONOUN.sub(before.topic.text, text)
    return read_pile(named) if named != text else None


def _without_then(topic: str) -> str:
    """那海顿 is 海顿, and 那不勒斯 a town."""
    words = [word for word, _ in tagged(topic)]
    return "".join(words[1:] if words and words[0] in {"那", "那么"} else words)


def topic_of(text: str) -> Topic:
    """Return a topic that is given by itself.

    莫扎特和海顿 is both, 莫扎特或海顿 either, 莫扎特但没有提到海顿 the one without the other.
    """
    plain = to_simplified(unicodedata.normalize("NFKC", text)).strip()
    wanted, *without = [plain] if _QUOTED.fullmatch(plain) else _BUT_NOT.split(plain, maxsplit=1)
    return Topic(
        plain.strip(_QUOTES) if _QUOTED.fullmatch(plain) else plain,
        tuple(_wanted(wanted)),
        tuple(w for rest in without for either in _wanted(rest) for w in either),
    )


def _plain(question: str) -> str:
    text = to_simplified(unicodedata.normalize("NFKC", question)).strip().rstrip("?.!。~ ")
    asked = POLITE.sub("", text)
    return asked.removesuffix("吗") if MAY_I.match(text) else asked


def _pile(asks: Asks, found: dict[str, str | None]) -> Pile | None:
    written = next(v for k, v in found.items() if k.startswith("topic") and v)
    topic = _ENDS.sub("", written.strip(" ,了过"))
    scope = found.get("scope") or ""
    late = _LATE_TIME.fullmatch(topic)
    if late and not scope and when(late["scope"], datetime.now(UTC).date()):
        topic, scope = late["topic"], late["scope"]
    is_quoted = bool(_QUOTED.fullmatch(topic))
    said = _BUT_NOT.sub(" ", topic)
    if not topic.strip(_QUOTES) or (not is_quoted and not _is_topic(said)):
        return None
    time = when(scope, datetime.now(UTC).date()) if scope else None
    words = time.words if time else ""
    if not SCOPE.fullmatch(scope.replace(words, "", 1)):
        return None
    since, until = (time.since, time.until) if time else (None, None)
    return Pile(asks, topic_of(topic), since, until, words if since or until else "")


# --- topics

_QUOTES = "“”\"'‘’「」『』《》 "
_QUOTED = re.compile(r"[“\"‘'「『《][^“”\"‘’「」『』《》]+[”\"’'」』》]")
_ENDS = re.compile(
    r"(?:(?:这|那)一?(?:个词|个名字|个人|件事|个话题)|一词|字样|的(?:内容|事情?|消息|字样))$"
)
_NO_TOPIC = re.compile(
    # What asks or denies.
    r"谁|什么|哪(?!吒)|多[少大高长久远重深]|几[个名位次篇]|怎么|怎样|如何|为何|是否|吗$|呢$|^的|的$"
    r"|[没未不]有?(?:提|谈|说|讲|涉)"
    r"|\b(?:what|who|whom|when|where|why|how|which|did|does|do|was|were|is|are|has|have|had|will|would"
    r"|can|could|should|not|without|never|this|that|these|those|its?|he|him|his|she|hers?|they|them|their)\b",
    re.IGNORECASE,
)
_POINTERS = "这那该此其他她它我你某自"
_BUT_NOT = re.compile(
    r"\s*,?\s*(?:但是?|而|却|并且?)?(?:没有?|未|不)(?:提到|提及|谈到|涉及)(?:过|了)?|,?\s+but\s+(?:do(?:es)?\s+)?not(?:\s+mention)?\s+"
    r"|\s+without\s+mentioning\s+",
    re.IGNORECASE,
)
_LATE_TIME = re.compile(r"(?P<topic>.+?) (?P<scope>(?:in|from|during|since|before|after) .+)")
_CLAUSE = re.compile(r"[,，?？;；。]\s*(?:以及|并且|还有|另外|此外|同时|and )?")
_PRONOUN = re.compile(r"[他她它]们?|\b(?:it|him|them|this)\b")
_ASKING = re.compile(
    r"谁|什么|哪|多少|几|怎|如何|为何|是否|吗|呢|\b(?:who|what|when|where|why|how|which)\b",
    re.IGNORECASE,
)
_AND = re.compile(
    r"\s*(?:[，、;；]|,(?!\d))\s*(?:(?:并且?|而且|同时|也|还|又|以及|和)*(?:提到|提及|谈到)(?:了|过)?|and\b\s*)?"
    r"|(?:并且?|而且|同时|也|还|又)+(?:提到|提及|谈到)(?:了|过)?|\s+and\s+|(?<=[一-鿿])\s+(?=[一-鿿])",
    re.IGNORECASE,
)
_BOTH = re.compile(r"^both\s+|^(?:既|同时)(?:提到|提及)?", re.IGNORECASE)
_OR = re.compile(r"\s*或者?是?(?:提到)?\s*|\s+or\s+", re.IGNORECASE)
_JOINS = {"和", "与", "及", "以及", "跟", "同"}


def _is_topic(said: str) -> bool:
    """Whether words neither ask nor deny nor point at something else."""
    points = any(tag[0] == "r" and word[0] in _POINTERS for word, tag in tagged(said))
    return not (points or _NO_TOPIC.search(said))


def _wanted(topic: str) -> Iterator[tuple[str, ...]]:
    if _QUOTED.fullmatch(topic.strip()):
        yield (topic.strip(_QUOTES),)
        return
    topic = _BOTH.sub("", topic)
    parts = [p.strip() for p in _AND.split(topic) if p.strip()]
    either = [p.strip(_QUOTES) for part in parts for p in _OR.split(part) if p.strip(_QUOTES)]
    if len(either) > len(parts):  # 甲、乙或丙: any of the three
        yield tuple(either)
    else:
        yield from ((p,) for part in parts for p in _joined(part))


def _joined(part: str) -> list[str]:
    """Cut 莫扎特和海顿; 和平 stays, and so does what a single character would be left of."""
    pieces = [""]
    for word in jieba.cut(part, HMM=False):
        if word in _JOINS:
            pieces.append("")
        else:
            pieces[-1] += word
    stripped = [p.strip(_QUOTES) for p in pieces]
    return stripped if all(len(p) > 1 for p in stripped) else [part.strip(_QUOTES)]
