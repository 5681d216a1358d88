"""Questions over all documents: how many mention something, which, and which first or last.

有多少篇提到莫扎特？ asks of the documents themselves; 他提到莫扎特几次？ asks what one of them says and
is an ordinary question. So a sentence counts only where the whole of it has one of the forms below,
with documents as what mentions; all else is left to the ordinary way.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, TypeAlias

from rag.fold import language_of, to_simplified
from rag.question.when import when
from rag.tagger import tagged

if TYPE_CHECKING:
    from collections.abc import Iterator

Asks: TypeAlias = Literal["count", "list", "first", "latest", "timeline"]


@dataclass(frozen=True, slots=True)
class Topic:
    """What documents are to mention."""

    text: str
    """As asked."""
    wanted: tuple[tuple[str, ...], ...]
    """All of these, and of each any."""


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


def read_pile(question: str) -> Pile | None:
    """Return what a question asks of all documents; None for an ordinary question.

    >>> read_pile("有多少篇文章提到莫扎特？").topic.text
    '莫扎特'
    >>> read_pile("How many people mention Mozart?")
    """
    text = to_simplified(unicodedata.normalize("NFKC", question))
    text = _POLITE.sub("", text.strip().rstrip("?.!。~ "))
    for asks, pattern in _CHINESE if language_of(text) == "zh" else _ENGLISH:
        found = pattern.fullmatch(text)
        pile = _pile(asks, found.groupdict()) if found else None
        if pile:
            return pile
    return None


def topic_of(text: str) -> Topic:
    """Return a topic that is given by itself: 莫扎特和海顿 is both, 莫扎特或海顿 is either."""
    plain = to_simplified(unicodedata.normalize("NFKC", text)).strip()
    return Topic(plain.strip(_QUOTES), tuple(_wanted(plain)))


def _pile(asks: Asks, found: dict[str, str | None]) -> Pile | None:
    written = next(v for k, v in found.items() if k.startswith("topic") and v)
    topic = _ENDS.sub("", written.strip(" ,了过"))
    is_quoted = bool(_QUOTED.fullmatch(topic))
    if not topic.strip(_QUOTES) or (not is_quoted and _NO_TOPIC.search(topic)):
        return None
    scope = found.get("scope") or ""
    time = when(scope, datetime.now(UTC).date()) if scope else None
    words = time.words if time else ""
    if not _SCOPE.fullmatch(scope.replace(words, "", 1)):
        return None
    since, until = (time.since, time.until) if time else (None, None)
    return Pile(asks, topic_of(topic), since, until, words if since or until else "")


# --- topics

_QUOTES = "“”\"'‘’「」『』《》 "
_QUOTED = re.compile(r"[“\"‘'「『《][^“”\"‘’「」『』《》]+[”\"’'」』》]")
_ENDS = re.compile(r"(?:(?:这|那)一?(?:个词|个名字|个人|件事|个话题)|一词|字样|的(?:内容|事情?|消息|字样))$")
_NO_TOPIC = re.compile(
    # What asks, denies or points at something else is no topic.
    r"谁|什么|哪|多少|几[个名位次篇]|怎么|怎样|为何|是否|吗$|呢$|没有?(?:提|谈|说|讲|涉)|不(?:提|谈|涉)|未(?:提|谈|涉)"
    r"|^(?:这|那|该|此|其|他|她|它|我|你|的)|的$|(?:^|\s)(?:this|that|these|those|it|its|he|him|she|her|they|them)$"
    r"|\b(?:what|who|whom|when|where|why|how|which|did|does|do|was|were|is|are|has|have|had|will|would"
    r"|can|could|should|not|without|never)\b|^(?:that|this|these|those)\b",
    re.IGNORECASE,
)
_AND = re.compile(
    r"\s*[,，、;；]\s*(?:(?:并且?|而且|同时|也|还|又|以及|和)*(?:提到|提及|谈到)(?:了|过)?|and\b\s*)?"
    r"|(?:并且?|而且|同时|也|还|又)+(?:提到|提及|谈到)(?:了|过)?|\s+and\s+|(?<=[一-鿿])\s+(?=[一-鿿])",
    re.IGNORECASE,
)
_OR = re.compile(r"\s*或者?是?(?:提到)?\s*|\s+or\s+", re.IGNORECASE)
_JOINS = {"和", "与", "及", "以及", "跟", "同"}


def _wanted(topic: str) -> Iterator[tuple[str, ...]]:
    if _QUOTED.fullmatch(topic.strip()):
        yield (topic.strip(_QUOTES),)
        return
    for part in filter(None, map(str.strip, _AND.split(topic))):
        either = tuple(filter(None, (p.strip(_QUOTES) for p in _OR.split(part))))
        if len(either) > 1:
            yield either
        else:
            yield from ((p,) for p in _joined(part))


def _joined(part: str) -> list[str]:
    """Cut 莫扎特和海顿; 和平 and 维和部队 stay, and so does what a single character would be left of."""
    pieces = [""]
    for word, tag in tagged(part):
        if word in _JOINS and tag[0] in "cp":
            pieces.append("")
        else:
            pieces[-1] += word
    stripped = [p.strip(_QUOTES) for p in pieces]
    return stripped if all(len(p) > 1 for p in stripped) else [part.strip(_QUOTES)]


# --- Chinese

_POLITE = re.compile(
    r"^(?:(?:你好|您好|请问一下|请问|请告诉我|告诉我|我想知道|想知道|想问一下|帮我|请|那么?)[，,：:！! ]*)+"
)
_SORT = (
    r"(?:新闻报道|新闻稿?|文章|文件|文档|报道|报导|稿件|稿子|资料|文献|论文|报告|消息|帖子|邮件|网页|页面)"
)
_SHEETS = rf"(?:[篇份则封](?:{_SORT}|材料|合同|公告|通知|信件?|纪要|简报|稿|文)?)"
_DOCUMENTS = rf"(?:{_SHEETS}|[个条张些]?{_SORT})"
"""What is counted: with its measure, or by its name."""
_WITHIN = r"(?:里面?|中|当中)?"
_SAYS = (
    rf"(?:{_WITHIN}(?:都|曾经|曾|有|被|同时|明确|直接|专门)*(?:提到|提及|提过|提起|谈到|谈及|谈论|讲到|说到|写到)"
    r"(?:了|过)*)"
)
_HOLDS = (
    rf"(?:{_SAYS}|{_WITHIN}(?:都|曾经|曾|有|是|专门)*(?:涉及|论及|述及|讨论|介绍|讲述|报道|报导|描述|记载|出现|包含"
    r"|含有|关于|有关|围绕)(?:了|过|到)*)"
)
"""With documents said to be what does it."""
_SEEN = r"(?:(?:有|曾|都)*被?(?:提到|提及|提起|谈到|谈及|讲到|说到|写到|讨论|报道|介绍|出现)(?:了|过)*的?)"
_MENTIONED = r"(?:被(?:提到|提及|提起|谈到|谈及|写到|报道)(?:了|过)?的?)"
_TOTAL = r"(?:一共|总共|共计|共|到底|究竟|大概|大约|分别|总计|都)*(?:有|是)?"
_HOW_MANY, _WHICH = rf"{_TOTAL}(?:多少|几)", rf"{_TOTAL}哪(?:些|几|一)?"
_TIME = r"(?:什么时候|何时|哪一?[天年月]|几月几[日号])"
_IN_WHICH = rf"(?:在?哪(?:一|几)?{_DOCUMENTS}{_WITHIN})"
_PLACE = rf"(?:(?:是|在)*(?:{_TIME}|{_IN_WHICH})(?:的|发表的|发布的)?)"
_FIND = (
    r"(?:(?:列出|列举|列一下|罗列|找出|找到|找找|找一下|查找|查出|查一下|搜索|搜出|检索|给出|显示|展示|看看|列|找|查|搜)"
    r"(?:一下|出来)?)"
)
_ALL = r"(?:(?:所有|全部|一切)的?)"
_T = r"(?P<topic>.+?)"
_WITH = r"[跟与和同](?P<topic_with>.+?)(?:有关|相关)"
_ABOUT = rf"(?:{_HOLDS}{_T}|{_WITH})的?"
_THAT = rf"(?:{_HOLDS}{_T}|{_WITH})的"
_SCOPED = r"(?P<scope>.{0,30}?)"
_SCOPE = re.compile(
    rf"(?:在|从|于|的|里面?|中|当中|内|间|期间|以来|发表|发布|刊登|出版|收录|这些|那些|所有|全部|现有|已有|我们?|你们?"
    rf"|这里|这批|这组|整个|库|资料库|知识库|数据库|语料库?|{_DOCUMENTS}|[,，、：:\s]|published|dated|written|from|in"
    r"|during|of|since|the|my|our|these|this|here|corpus|collection|archive|library|database|documents?|files)*",
    re.IGNORECASE,
)
_ENDS_OF_TIME: tuple[tuple[Asks, str], ...] = (
    ("first", r"(?:最早|最先|最初|第一次|首次|头一次)"),
    ("latest", r"(?:最近一次|最后一次|最新一次|最近|最后|最新|最晚)"),
)


def _in_time(end: str) -> Iterator[str]:
    """Forms of 最早提到莫扎特的是哪篇."""
    one = r"的?(?:一?[次篇份则条])?"
    yield rf"{_SCOPED}{end}{one}是?(?:{_SAYS}{_T})的?{_DOCUMENTS}?{_PLACE}?"
    yield rf"{_SCOPED}{end}{one}是?{_THAT}{_DOCUMENTS}{_PLACE}?"
    yield rf"{_SCOPED}(?:哪(?:一|几)?{_DOCUMENTS}|是?{_TIME}){end}是?{_SAYS}{_T}的?"
    yield rf"{_T}{end}是?(?:在?{_TIME}{_MENTIONED}|{_IN_WHICH}{_SEEN})"
    yield rf"{_T}{end}(?:{_MENTIONED}{_PLACE}|{_SEEN}(?:是|在)*{_IN_WHICH})"


_LINE = r"(?:时间线|时间轴|大事记|大事年表|年表)"
_CHINESE: tuple[tuple[Asks, re.Pattern[str]], ...] = tuple(
    (asks, re.compile(pattern))
    for asks, pattern in (
        ("timeline", rf"(?:{_FIND}|给我|生成|整理|梳理)*(?:一下|一[个份])?(?:关于)?{_T}的?{_LINE}"),
        *((asks, p) for asks, end in _ENDS_OF_TIME for p in _in_time(end)),
        ("count", rf"{_SCOPED}{_HOW_MANY}{_DOCUMENTS}是?{_ABOUT}{_SORT}?"),
        ("count", rf"{_SCOPED}{_HOW_MANY}{_THAT}{_DOCUMENTS}"),
        ("count", rf"{_SCOPED}{_THAT}(?:{_DOCUMENTS}{_HOW_MANY}{_DOCUMENTS}?|{_HOW_MANY}{_DOCUMENTS})"),
        ("count", rf"{_T}(?:出现在了?|[在被]){_HOW_MANY}{_DOCUMENTS}{_WITHIN}{_SEEN}?"),
        ("list", rf"{_SCOPED}(?:有没有|有无)(?:任何|什么)?{_DOCUMENTS}{_ABOUT}{_SORT}?"),
        ("list", rf"{_SCOPED}{_WHICH}{_DOCUMENTS}是?{_ABOUT}{_SORT}?"),
        ("list", rf"{_SCOPED}{_WHICH}{_THAT}{_DOCUMENTS}"),
        ("list", rf"(?P<scope>.{{0,30}}?{_DOCUMENTS}{_WITHIN}),?(?:{_HOW_MANY}|{_WHICH}){_SAYS}(?P<topic>[^的]+)"),
        ("list", rf"{_SCOPED}{_ALL}?{_THAT}(?:{_DOCUMENTS}{_WHICH}{_DOCUMENTS}?|{_WHICH}{_DOCUMENTS})"),
        ("list", rf"{_T}(?:出现在了?|[在被]){_WHICH}{_DOCUMENTS}{_WITHIN}{_SEEN}?"),
        ("list", rf"{_SCOPED}{_FIND}{_ALL}{_THAT}{_DOCUMENTS}?"),
        ("list", rf"(?:{_FIND}{_ALL}?|{_ALL}){_THAT}{_ALL}?{_DOCUMENTS}(?:列出来|找出来)?"),
        ("list", rf"[把将]{_ALL}?{_THAT}{_ALL}?{_DOCUMENTS}(?:都|全部?)*[列找查](?:一下|出来)"),
    )
)

# --- English

_DOCS = (
    r"(?:(?:of )?(?:the |these |my |our |all )*(?:news )?(?:documents?|articles?|files?|reports?|papers?|stor(?:y|ies)"
    r"|posts?|pages?|e-?mails?|texts?))"
)
_DO = (
    r"(?:(?:that |which )?(?:also |ever )?(?:mention(?:s|ed|ing)?|discuss(?:es|ed|ing)?|refer(?:s|red|ring)? to"
    r"|talk(?:s|ed|ing)? about|(?:is |are |was |were )?about|cover(?:s|ed|ing)?|contain(?:s|ed|ing)?"
    r"|concern(?:s|ed|ing)?|deal(?:s|t|ing)? with|regarding|relat(?:ed|ing) to))"
)
_BE = r"(?:is|are|was|were|does|do|did|has|have)"
_COMES_UP = r"(?:been )?(?:mention(?:ed)?|discussed|named|covered|referred to|appear(?:s|ed)?|occurs?|occurred|come up)"
_NARROWED = r"(?P<scope> .{1,60}?)??"
_IN_DOCS = rf"(?: in (?:any )?{_DOCS})?"
_SHOW = r"(?:list|show|find|give|get|name|search for|enumerate)(?: me)?(?: all| every| any)?"


def _in_english_time(end: str) -> Iterator[str]:
    asked = r"(?:(?:which|what|show|find|give)(?: is| was| me)? )?"
    yield rf"{asked}(?:the )?(?:very )?{end} {_DOCS}{_NARROWED} (?:to )?{_DO} {_T}"
    yield rf"when {_BE} {_T} {end} mentioned{_IN_DOCS}"
    yield rf"when {_BE} {_DOCS} {end} mention {_T}"
    yield rf"(?:which|what) {_DOCS} {end} (?:mention(?:s|ed)?) {_T}"
    yield rf"(?:what|when|where)(?: is| was|'s) the {end} mention of {_T}{_IN_DOCS}"


_ENGLISH_ENDS: tuple[tuple[Asks, str], ...] = (
    ("first", "(?:first|earliest|oldest)"),
    ("latest", "(?:last|latest|most recent(?:ly)?|newest)"),
)
_ENGLISH: tuple[tuple[Asks, re.Pattern[str]], ...] = tuple(
    (asks, re.compile(pattern, re.IGNORECASE))
    for asks, pattern in (
        ("timeline", rf"(?:{_SHOW} |make |build )?(?:a |the )?time-?line (?:of|for|about) {_T}"),
        *((asks, p) for asks, end in _ENGLISH_ENDS for p in _in_english_time(end)),
        ("count", rf"(?:in total,? )?how many {_DOCS}(?: {_BE} there)?{_NARROWED} {_DO} {_T}"),
        ("count", rf"(?:what(?: is|'s) )?the number of {_DOCS}{_NARROWED} {_DO} {_T}"),
        ("count", rf"in how many {_DOCS} {_BE} {_T} {_COMES_UP}"),
        ("count", rf"{_T} {_BE} {_COMES_UP} in how many {_DOCS}"),
        ("list", rf"(?:which|what) {_DOCS}{_NARROWED} {_DO} {_T}"),
        ("list", rf"in (?:which|what) {_DOCS} {_BE} {_T} {_COMES_UP}"),
        ("list", rf"{_SHOW}(?: of)? {_DOCS}{_NARROWED} {_DO} {_T}"),
        ("list", rf"(?:is|are) there (?:any|some|an?) {_DOCS}{_NARROWED} {_DO} {_T}"),
        ("list", rf"do any {_DOCS} {_DO} {_T}"),
    )
)
