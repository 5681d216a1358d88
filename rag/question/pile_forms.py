"""The forms that questions over all documents have.

In each, ``topic`` is what documents are to mention, ``scope`` what stands before or between and may
only say which documents, or when they were published.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

Asks: TypeAlias = Literal["count", "list", "first", "latest", "timeline"]

# --- Chinese

POLITE = re.compile(
    r"^(?:(?:你好|您好|请问一下|请问|请告诉我|告诉我|我想知道|想知道|想问一下"
    r"|(?:你|您)?(?:可以|可不可以|能不能|能否|能)(?:帮我|请)?|麻烦你?|按(?:时间|日期)(?:顺序|先后)?|帮我|帮忙|请"
    r"|那么?(?=[,，有哪最提关列多几])|please|can you|could you)[，,：:！! ]*)+",
    re.IGNORECASE,
)
MAY_I = re.compile(r"(?:你|您)?(?:可以|能)(?:帮我|列|找|查)")
_SORT = (
    r"(?:新闻报道|新闻稿?|文章|文件|文档|报道|报导|稿件|稿子|资料|文献|论文|报告|消息|帖子|邮件"
    r"|网页|页面)"
)
_SHEETS = rf"(?:[篇份则封](?:{_SORT}|材料|合同|公告|通知|信件?|纪要|简报|稿|文)?)"
_DOCUMENTS = rf"(?:{_SHEETS}|[个条张些]?{_SORT})"
"""What is counted: with its measure, or by its name."""
_WITHIN = r"(?:里面?|中|当中)?"
_SAYS = (
    rf"(?:{_WITHIN}(?:都|曾经|曾|有|被|既|同时|明确|直接|专门)*(?:提到|提及|提过|提起|谈到|谈及|谈论|讲到|说到|写到)"
    r"(?:了|过)*)"
)
_HOLDS = (
    rf"(?:{_SAYS}|{_WITHIN}(?:都|曾经|曾|有|是|专门)*(?:涉及|论及|述及|讨论|介绍|讲(?:述|的是)?(?![得话究])|说的是|报道|报导|描述|记载|出现|包含"
    r"|含有|关于|有关|围绕)(?:了|过|到)*)"
)
"""With documents said to be what does it."""
_SEEN = (
    r"(?:(?:有|曾|都)*被?(?:提到|提及|提起|谈到|谈及|讲到|说到|写到|讨论|报道|介绍|出现)"
    r"(?:了|过)*的?)"
)
_MENTIONED = r"(?:被(?:提到|提及|提起|谈到|谈及|写到|报道)(?:了|过)?的?)"
_TOTAL = r"(?:一共|总共|共计|共|到底|究竟|大概|大约|分别|总计|都)*(?:有|是)?"
_IN_ALL = r"(?:一共|总共|共计|共|到底|究竟)?"
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
_ABOUT = rf"(?:{_HOLDS}{_T}|{_WITH})(?:的{_SORT}?)?"
_THAT = rf"(?:{_HOLDS}{_T}|{_WITH})的"
_SCOPED = r"(?P<scope>.{0,30}?)"
SCOPE = re.compile(
    rf"(?:在|从|于|的|里面?|中|当中|内|之?间|期间|以来|(?:统计|数|算|查|看)(?:一下|一数|看)|发表|发布|刊登|出版|收录|这些|那些|所有|全部|现有|已有|我们?|你们?"
    rf"|这里面?|这批|这组|整个|库|资料库|知识库|数据库|语料库?|{_DOCUMENTS}|[,，、：:\s]|published|dated|written|from|in"
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
CHINESE: tuple[tuple[Asks, re.Pattern[str]], ...] = tuple(
    (asks, re.compile(pattern))
    for asks, pattern in (
        (
            "timeline",
            rf"(?:{_FIND}|给我?|生成|整理|梳理|制作|[做写画理])*(?:出|一下|一?[个份条])?(?:关于)?{_T}的?{_LINE}",
        ),
        *((asks, p) for asks, end in _ENDS_OF_TIME for p in _in_time(end)),
        ("count", rf"{_SCOPED}{_HOW_MANY}{_DOCUMENTS}是?{_ABOUT}"),
        ("count", rf"{_SCOPED}{_HOW_MANY}{_THAT}{_DOCUMENTS}"),
        (
            "count",
            rf"{_SCOPED}{_THAT}(?:{_DOCUMENTS}{_HOW_MANY}(?:{_DOCUMENTS}|[条个])?|{_HOW_MANY}{_DOCUMENTS})",
        ),
        ("count", rf"{_SCOPED}{_THAT}{_DOCUMENTS}的?(?:总数|数量|数目|篇数)(?:[是有]?多少)?"),
        ("count", rf"{_T}{_IN_ALL}(?:出现在了?|[在被]){_HOW_MANY}{_DOCUMENTS}{_WITHIN}{_SEEN}?"),
        ("list", rf"{_SCOPED}(?:有没有|有无)(?:任何|什么|哪)?{_DOCUMENTS}{_ABOUT}"),
        ("list", rf"{_SCOPED}(?:有没有|有无){_THAT}{_DOCUMENTS}"),
        ("list", rf"{_SCOPED}有{_DOCUMENTS}{_ABOUT}吗"),
        ("list", rf"{_SCOPED}{_WHICH}{_DOCUMENTS}是?{_ABOUT}"),
        ("list", rf"{_SCOPED}{_WHICH}{_THAT}{_DOCUMENTS}"),
        (
            "list",
            rf"(?P<scope>.{{0,30}}?{_DOCUMENTS}{_WITHIN}),?(?:{_HOW_MANY}|{_WHICH}){_SAYS}(?P<topic>[^的]+)",
        ),
        (
            "list",
            rf"{_SCOPED}{_ALL}?{_THAT}(?:{_DOCUMENTS}{_WHICH}{_DOCUMENTS}?|{_WHICH}{_DOCUMENTS})",
        ),
        ("list", rf"{_T}{_IN_ALL}(?:出现在了?|[在被]){_WHICH}{_DOCUMENTS}{_WITHIN}{_SEEN}?"),
        ("list", rf"{_SCOPED}{_FIND}{_ALL}{_THAT}{_DOCUMENTS}?"),
        ("list", rf"(?:{_FIND}{_ALL}?|{_ALL}){_THAT}{_ALL}?{_DOCUMENTS}(?:列出来|找出来)?"),
        ("list", rf"[把将]{_ALL}?{_THAT}{_ALL}?{_DOCUMENTS}(?:都|全部?)*[列找查](?:一下|出来)"),
    )
)

# --- English

_DOCS = (
    r"(?:(?:of )?(?:the |these |my |our |all )*(?:news )?(?:documents?|articles?|files?|reports?"
    r"|papers?|stor(?:y|ies)|posts?|pages?|e-?mails?|texts?))"
)
_DO = (
    r"(?:(?:that |which )?(?:also |ever )?(?:mention(?:s|ed|ing)?|discuss(?:es|ed|ing)?"
    r"|refer(?:s|red|ring)? to|talk(?:s|ed|ing)? about|(?:is |are |was |were )?about"
    r"|cover(?:s|ed|ing)?|contain(?:s|ed|ing)?|concern(?:s|ed|ing)?|deal(?:s|t|ing)? with"
    r"|regarding|relat(?:ed|ing) to))"
)
_BE = r"(?:is|are|was|were|does|do|did|has|have)"
_COMES_UP = (
    r"(?:been )?(?:mention(?:ed)?|discussed|named|covered|referred to|appear(?:s|ed)?|occurs?"
    r"|occurred|come up)"
)
_NARROWED = r"(?P<scope> .{1,60}?)??"
_IN_DOCS = rf"(?: in (?:any )?{_DOCS})?"
_SHOW = r"(?:list|show|find|give|get|name|search for|enumerate)(?: me)?(?: all| every| any)?"


_MAKE = r"(?:make|build|create|write|draw)(?: me)?"


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
ENGLISH: tuple[tuple[Asks, re.Pattern[str]], ...] = tuple(
    (asks, re.compile(pattern, re.IGNORECASE))
    for asks, pattern in (
        (
            "timeline",
            rf"(?:{_SHOW} |{_MAKE} )?(?:a |the )?time-?line (?:of|for|about) {_T}",
        ),
        *((asks, p) for asks, end in _ENGLISH_ENDS for p in _in_english_time(end)),
        ("count", rf"(?:in total,? )?how many {_DOCS}(?: {_BE} there)?{_NARROWED} {_DO} {_T}"),
        ("count", rf"(?:what(?: is|'s) )?the number of {_DOCS}{_NARROWED} {_DO} {_T}"),
        ("count", rf"in how many {_DOCS} {_BE} {_T} {_COMES_UP}"),
        ("count", rf"{_T} {_BE} {_COMES_UP} in how many {_DOCS}"),
        ("list", rf"(?:which|what) {_DOCS}{_NARROWED} {_DO} {_T}"),
        ("list", rf"in (?:which|what) {_DOCS} {_BE} {_T} {_COMES_UP}"),
        ("list", rf"{_SHOW}(?: of)? {_DOCS}{_NARROWED} {_DO} {_T}"),
        ("list", rf"(?:is|are) there (?:any|some|an?) {_DOCS}{_NARROWED} {_DO} {_T}"),
        ("list", rf"do(?:es)? any {_DOCS} {_DO} {_T}"),
        (
            "list",
            rf"(?:is|are) {_T} (?:ever )?mentioned (?:anywhere(?: in {_DOCS})?|in any {_DOCS})",
        ),
        ("list", rf"where(?: in {_DOCS})? (?:is|are) {_T} mentioned{_IN_DOCS}"),
    )
)

# --- leaning on the question before

LEANING: tuple[tuple[Asks | None, re.Pattern[str]], ...] = (
    (None, re.compile(r"(?P<topic>[^,]{1,30}?)呢")),
    (None, re.compile(r"(?:and |or )?(?:what|how) about (?P<topic>.+)", re.IGNORECASE)),
    ("list", re.compile(rf"{_WHICH}{_DOCUMENTS}?{_SAYS}(?P<topic>[^的]+)")),
    ("count", re.compile(rf"{_HOW_MANY}{_DOCUMENTS}?{_SAYS}(?P<topic>[^的]+)")),
    (
        "list",
        re.compile(
            rf"(?:它们?|分别|都)*(?:[是有]?{_WHICH}{_DOCUMENTS}?|(?:说|讲|提到)了?(?:些|哪些)?什么)|列出来"
        ),
    ),
    ("list", re.compile(r"which(?: ones?| are they)?|list them|what do they say", re.IGNORECASE)),
    *(
        (asks, re.compile(rf"(?:其中)?{end}的?(?:一?[次篇份则条])?{_PLACE}"))
        for asks, end in _ENDS_OF_TIME
    ),
    *(
        (
            asks,
            re.compile(
                rf"(?:and )?(?:which|what|when)(?: one)?(?: is| was)?(?: the)? {end}(?: one)?",
                re.IGNORECASE,
            ),
        )
        for asks, end in _ENGLISH_ENDS
    ),
)
