"""Make a follow-up question stand alone, by rules: what it leans on is put in where it leans.

The whole history pasted in front makes retrieval worse, so a pronoun becomes the one name that it
means, 那次通话 becomes the call with its parties and date, 那美方呢 becomes the last question with
the other side in it. Only what cannot be told that closely gets the last question in front. A
question that leans on nothing is returned as it is: a new subject must not drag the old one along.

Rules work on simplified characters of the same places, and put in what was written.
"""

from __future__ import annotations

import re
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

import jieba

from rag.fold import language_of, script_of, to_simplified, to_traditional
from rag.glossary import sort_of
from rag.names import shipped_names
from rag.tables import countries, sides
from rag.tagger import tagged

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rag.names import Names

LOOK_BACK = 5
"""Turns; what lies further back is no longer meant by 她 or 那次."""
SHORT = 12
"""Characters; a question without a subject of its own is an ellipsis up to here."""

_PERSON, _PLACE, _SIDE = "person", "place", "side"
_GENERIC = frozenset(
    re.findall(
        r"\w+",
        "时间 时候 理由 原因 结果 细节 情况 内容 地点 日期 数字 意思 作用 影响 目的 结论 反应 态度"
        " 人 事 话 人物 方式 背景 后果 条件 依据 代价 金额 数量 比例 程度 后来 现在 当时"
        " 第一 第二 第三",
    )
)
"""Nouns that ask on about the subject and are none."""
_JOINS = frozenset("“”「」《》·首新") | {"最后", "最近", "最新"}
_NOMINAL = ("n", "eng", "j", "l", "i", "vn", "b", "t", "s")
_BODY_TAGS = frozenset(("ns", "nt", "j"))
"""Tags of places and bodies."""
_KNOWN: ContextVar[Names] = ContextVar("known names")
"""Which names are the same, while one question is made to stand alone: all words are read by it."""

# --- what leans

_HE = re.compile(r"(?<!其)(?:他|她)(?!们|乡|国|人)(?:本人|自己)?")
_THEY = re.compile(r"(?:他|她)们(?:俩|两人|二人)?|两人(?!的?[数次])|二人(?!转)")
_IT = re.compile(r"它们?|(?<![尤极与莫及名])其(?![他它中实次余间])")
_BOTH = re.compile(r"双方")
_WHO = "人|学者|专家|官员|总统|大使|部长|议员|记者|作者"
_WHAT_PLACE = "国|国家|地|地方|地区|市|城市"
_THAT_BODY = re.compile(
    rf"(?:该|此|[这那](?:一?[个家款种位名座部])?)({_WHO}|公司|企业|机构|组织|媒体|报|网站|平台|应用|软件|产品"
    rf"|{_WHAT_PLACE})(?!家|们|方|告|道|区)"
)
_MEASURE = r"(?:一?(?:次|轮|场|通|个|篇|项|份|番|届|条|种|笔|则|件|部|些))"
_VISITS = "|".join(f"访{letter}" for _, letter, *_ in countries() if len(letter) == 1)
_THAT_THING = re.compile(
    rf"(?:前面|刚才|上面)?(?:那|这|该|此|上述)(?:{_MEASURE})?的?"
    rf"(通话|电话|通电话|会晤|会面|会谈|见面|会见|谈判|磋商|对话|访问|{_VISITS}|出访|峰会|会议|听证会"
    r"|沟通|交流|报道|报导|文章|新闻|帖子|爆料|消息|传闻|说法|讲话|演讲|声明|通告|公告|倡议|提议|计划"
    r"|协议|协定|共识|法案|规定|规则|措施|政策|制裁|关税|军售|调查|民调|决定|案件|事件|交易|订单|问题"
    r"|事|举)"
)
_THAT_TIME = re.compile(
    r"(?:(?P<when>[零〇一二三四五六七八九十\d]+[月日号年])的?)?(?:那|这|上)(?:次|轮|场|天)"
)
_THEN = re.compile(r"当时|当天|当日|那天|那时候?|那年|同一天")
_POINTS = re.compile(
    r"^(?:在)?(?:这之[前后]|那之[前后]|此前|此后|之后呢|之前呢|这|那)(?!些?年|里|边|样的|么多)"
    r"|前者|后者|上述|如上|刚才|你(?:刚)?说的"
)
_THIS = re.compile(r"^(?:这|那)(?:是|又是|说明|意味|对|会|有|能|算|跟|和|与)")
_PARTICLE = re.compile(
    r"^(?:那么?|而|然后|所以|可是?|但是?|不过)[，, ]?(?!次|个|天|篇|场|轮|通|年|时|里|边|些|是|之)"
)
_COMPARES = re.compile(r"^(?:[比较]|同比|环比|和|与|跟)")
"""比上一年多了多少: what is compared was said before."""
_WHAT_OF = re.compile(r"^(.{1,16}?)呢?[？?]?$")
_WHY = re.compile(
    r"^(?:这是?|那)?(?:又是)?(?:为什么|为何|何以|怎么会|凭什么)(?:呢|啊|这样|这么做)*[？?]?$"
)

_ASKS = re.compile(
    r"谁|什么|哪|几(?!乎)|多少|怎么|怎样|如何|为何|何时|何地|是否|多(?:大|久|长|高|远)|吗|呢[？?]?$|[？?]$"
)
_ORDINAL = re.compile(
    r"第[零一二三四五六七八九十\d]+[个点条项轮次届场期]?|(?:首|末|头一|最后一?|上一|下一)[轮次届场期]"
)
_NO_OBJECT = re.compile(
    r".{1,6}(?:怎么|如何)(?:看|评价|回应|反制|反击|说|想|解释|应对|反应|表态)的?"
)
_ASKS_HOW_SAID = re.compile(r"^.{2,12}?怎么(?:写|看|说|评价|描述|形容)")
_ASKS_WHO = re.compile(r"谁|哪(?:位|名|些人|个人)|\b[Ww]hom?\b")
_HAS_ASKED_WHO = re.compile(rf"(?:{_ASKS_WHO.pattern})[^？?]*[？?]")
_ASKS_WHICH = re.compile(r"谁|哪(?:家|个|位|些|国|所|天)")
_TAIL = re.compile(r"[吗嗎]?[？?]?$")
_ASKS_WHEN = re.compile(
    r"(?:在|是)?(?:什么时候|何时|哪天|哪一天|几月几[日号]|几月份?|几号|哪年|哪一年)"
)
_ASKS_WHERE = re.compile(r"在(?:哪里|哪儿|何处|何地|哪个城市|什么地方)")
_DATE = re.compile(
    r"(?:\d{4}年)?\d{1,2}月(?:\d{1,2}[日号])?(?:至(?:\d{1,2}月)?\d{1,2}[日号])?[晚早]?|\d{4}年|[去今明]年(?!来)"
    r"|上个?月|下个?月|本周|上周|昨天|今天|[春夏秋冬]天"
)
_SAYS = r"(?:说|称|认为|主张|表示|指出|觉得|透露|强调|提到|怎么说|怎么看)"
_SPEAKER = re.compile(rf"^(?P<who>.+?)(?:还|又|也|曾|最后|当时)?{_SAYS}(?P<rest>.*)$")
_SPEAKS_ON = re.compile(rf"^(?:还|又|也|另外|接着){_SAYS}")
_EVENTS: tuple[tuple[str, ...], ...] = (
    ("通话", "通电话", "电话", "普通话"),
    ("会晤", "会面", "见面", "会见", "峰会", "见了", "见的", "见过"),
    ("谈判", "磋商", "会谈", "对话"),
    ("访问", *_VISITS.split("|"), "出访", "到访", "互访"),
    ("报道", "报导", "文章", "新闻", "帖子"),
    ("爆料", "消息", "传闻", "说法", "说", "称", "报道"),
    ("讲话", "演讲", "说"),
    ("声明", "通告", "公告"),
    ("协议", "协定", "共识", "交易"),
    ("计划", "倡议", "提议"),
    ("沟通", "交流", "会谈", "会晤", "会见"),
)
"""Words for one kind of thing; a later question rarely repeats the earlier word."""

# --- English

_EN_PERSON = re.compile(r"\b(he|she|him|her|his|hers)\b", re.IGNORECASE)
_EN_THEY = re.compile(r"\b(they|them|their|theirs)\b", re.IGNORECASE)
_EN_THING = re.compile(
    r"\bit\b(?! (?:true|possible|likely|correct|take|rain))|\bits\b"
    r"|\b(?:this|that|these|those)(?=\s*(?:[?.,]|$|(?:is|was|were|are|do|does|did|will|would|mean|call|meeting|deal|talks?|visit|agreement|report|"
    r"plan|time|day|year)\b))",
    re.IGNORECASE,
)
_EN_STARTS = re.compile(r"^(?:and|but|so|then|also)\b,?\s*", re.IGNORECASE)
_EN_WHAT_OF = re.compile(
    r"^(?:and |but |so )?(?:what|how) about (?P<what>.+?)\s*\??$", re.IGNORECASE
)
_EN_BARE = re.compile(
    r"^(?:and |but |so )?(?:why(?: not| so)?|when(?: exactly| was that)?|where(?: exactly)?"
    r"|how(?: so| much| many| exactly)?|who(?: else)?|what else|any(?:one|thing) else|in what way)"
    r"\s*\??$",
    re.IGNORECASE,
)
_EN_NAME = re.compile(r"(?<![.?!] )(?<!^)\b[A-Z][a-z]+(?:[ -][A-Z][a-z]+)*")
_EN_NOT_NAMES = re.compile(
    r"^(?:I|US|UK|EU|UN|The|A|An|January|February|March|April|May|June|July|August|September|October"
    r"|November|December|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|House|Senate"
    r"|Congress|Chinese|American)\b"
)


@dataclass(frozen=True, slots=True)
class _Word:
    """A word of a text as written, with its simplified form and part of speech."""

    text: str
    plain: str
    tag: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)

    @property
    def kind(self) -> str:
        """Person, place, side or nothing."""
        if self.plain in sides():
            return _SIDE
        if self.tag.startswith("nr") and len(self.plain) > 1:
            return _PERSON
        return _PLACE if self.tag in {"ns", "nt"} else ""

    @property
    def nominal(self) -> bool:
        return self.tag.startswith(_NOMINAL) or self.plain in sides()


def stand_alone(
    question: str, history: Sequence[tuple[str, str]], names: Names | None = None
) -> str:
    """Return ``question`` with what it leans on put in, or as it is where it leans on nothing.

    Args:
        question: As asked.
        history: Earlier questions and answers, oldest first.
        names: Which names are the same; by default those that ship.
    """
    before = _KNOWN.set(names or shipped_names())
    try:
        return _last_resolved(question.strip(), history)
    finally:
        _KNOWN.reset(before)


def _last_resolved(question: str, history: Sequence[tuple[str, str]]) -> str:
    turns: list[tuple[str, str]] = []
    for asked, answer in history[-LOOK_BACK:]:
        # 那轮磋商 of an earlier question is resolved before the next one leans on it.
        turns.append((_resolve(asked.strip(), turns), answer.strip()))
    return _resolve(question, turns)


def _resolve(question: str, turns: Sequence[tuple[str, str]]) -> str:
    if not turns or not question:
        return question
    if language_of(question) == "en":
        return _resolve_english(question, turns)
    plain = _plain(question)
    what_of = _what_of(plain)
    if what_of:
        return _parallel(question, what_of, turns)
    for pattern, resolve in (
        (_BOTH, _both),
        (_THAT_THING, _thing),
        (_THAT_TIME, _time),
        (_THEY, _they),
        (_HE, _he),
        (_THAT_BODY, _body),
        (_IT, _it),
        (_THEN, _then),
    ):
        match = pattern.search(plain)
        if match and _is_word(question, match) and not _told_before(question, match, pattern):
            resolved = resolve(question, match, turns)
            return _without_particle(resolved) if resolved else _paste(question, turns)
    if _POINTS.search(plain) or _THIS.search(plain) or _PARTICLE.search(plain):
        return _paste(question, turns)
    return _paste(question, turns) if _elliptic(question) else question


# --- does it lean


def _is_word(question: str, match: re.Match[str]) -> bool:
    """Whether a match is no part of a longer word, as 他 is of 马耳他."""
    if len(match[0]) > 1:
        return True
    word = next(w for w in _words(question) if w.start <= match.start() < w.end)
    return word.tag.startswith("r")


def _told_before(question: str, match: re.Match[str], pattern: re.Pattern[str]) -> bool:
    """Whether the question itself names, before a match, what the word there stands for."""
    place = match.start()
    before = [w for w in _words(question) if w.end <= place]
    kinds = {w.kind for w in before}
    if pattern in (_HE, _THEY):
        asked = _HAS_ASKED_WHO.search(question[:place])  # 大使是谁？他是哪一年上任的？
        return _PERSON in kinds or bool(asked) or bool(_speaker(question[:place]))
    if pattern is _THAT_BODY:
        return any(_may_be(w, match[1]) for w in before)
    if pattern in (_IT, _BOTH):
        return bool(kinds - {""}) or any(w.nominal and w.plain not in _GENERIC for w in before)
    clause = re.split(r"[，,；;]", question[:place])
    if pattern is _THEN:
        return bool(_DATE.search(_plain(question))) or len(clause) > 1
    return len(clause) > 1 and any(w.nominal for w in before)


def _what_of(plain: str) -> str:
    """Return X where the question is 那X呢 or X呢."""
    if not re.search(r"呢[？?]?$", plain) or _WHY.match(plain):
        return ""
    match = _WHAT_OF.match(_PARTICLE.sub("", re.sub(r"呢[？?]?$", "", plain)))
    return match[1] if match and not _ASKS.search(match[1]) else ""


def _elliptic(question: str) -> bool:
    """Whether a short question has no subject of its own, as 具体时间, 还有谁, 北京怎么看."""
    bare = re.sub(r"\W", "", question)
    if len(bare) > SHORT:
        return False
    if _NO_OBJECT.fullmatch(_plain(bare)):
        return True
    own = _own(question)
    return not own or (len(bare) <= 7 and all(w.plain in sides() for w in own))


def _own(question: str) -> list[_Word]:
    """The nouns of a question that can be what it is about."""
    own = [w for w in _words(question) if w.nominal and w.plain not in _GENERIC]
    times = all(w.tag == "t" for w in own) and _COMPARES.match(_plain(question))
    return [] if times else own


# --- putting in


def _he(question: str, match: re.Match[str], turns: Sequence[tuple[str, str]]) -> str:
    after = _plain(question)[match.end() :]
    for asked, answer in reversed(turns):
        speaker, people = _speaker(asked), _people(asked)
        if speaker and (_SPEAKS_ON.match(after) or not people):
            return _put(question, match, speaker)
        if _asks_for_someone(asked):
            whole = _short(answer)
            people = [p for p in _people(answer) if p not in people] or people
            person = whole if 1 < len(whole) <= 4 else next(iter(people), "")
        else:
            found = people or _people(answer)
            person = found[-1] if people else (found[0] if found else "")
        if person:
            said = _said_by(asked, speaker) if speaker and speaker != person else ""
            return said + _without_particle(_put(question, match, person))
    return ""


def _they(question: str, match: re.Match[str], turns: Sequence[tuple[str, str]]) -> str:
    for asked, answer in reversed(turns):
        people = _people(asked)
        if _asks_for_someone(asked) or len(people) < 2:
            new = [p for p in _people(answer) if p not in people]
            people = new if len(new) > 1 else [*people, *new]
        if len(people) > 1:
            return _put(question, match, _and(people))
    return ""


def _both(question: str, match: re.Match[str], turns: Sequence[tuple[str, str]]) -> str:
    for asked, answer in reversed(turns):
        parties = _parties(asked, answer)
        if len(parties) > 1:
            return _put(question, match, _and(parties[:2]))
    return ""


def _body(question: str, match: re.Match[str], turns: Sequence[tuple[str, str]]) -> str:
    for text in _latest(turns):
        names = [w.text for w in _words(text) if _may_be(w, match[1])]
        if names:
            return _put(question, match, names[-1])
    return ""


def _may_be(word: _Word, what: str) -> bool:
    """Whether 该人, 这个国家, 这家公司 may mean a word."""
    if what in _WHO.split("|"):
        return word.kind == _PERSON
    if what in _WHAT_PLACE.split("|"):
        if word.kind != _SIDE:
            return word.kind == _PLACE
        country = word.plain in {name for name, *_ in countries()}
        return country if what[0] == "国" else word.tag == "ns" and not country
    return word.tag in {"nt", "nz", "eng"} or word.plain.endswith(("公司", "集团"))


def _it(question: str, match: re.Match[str], turns: Sequence[tuple[str, str]]) -> str:
    asked = turns[-1][0]
    name = _head(asked) or next((w.text for w in reversed(_words(asked)) if w.kind), "")
    of = "的" if _plain(match[0]) == "其" and name else ""
    return _put(question, match, name + of) if name else ""


def _thing(question: str, match: re.Match[str], turns: Sequence[tuple[str, str]]) -> str:
    noun = match[1]
    if noun in {"事", "举", "问题"}:
        return ""
    alike = next((words for words in _EVENTS if noun in words), (noun,))
    if noun not in alike[:1]:
        alike = (noun, *alike)
    for turn in reversed(turns):
        if any(word in _plain(turn[0]) for word in alike):
            return _describe(question, match, alike, turn)
    for turn in reversed(turns):
        if any(word in _plain(turn[1]) for word in alike if len(word) > 1):
            return _describe(question, match, alike, turn)
    return ""


def _describe(
    question: str,
    match: re.Match[str],
    alike: Sequence[str],
    turn: tuple[str, str],
) -> str:
    asked, answer = turn
    phrase = _phrase(asked, [w for w in alike if len(w) > 1])
    if phrase:
        date = "" if _DATE.search(_plain(phrase)) else _date_asked(asked, answer)
        speaker = _speaker(asked)
        said = _said_by(asked, speaker) if speaker and speaker not in phrase else ""
        return (said if match.start() == 0 else "") + _put(question, match, date + phrase)
    written = question[match.start(1) : match.end(1)]
    parties = _parties(asked, answer)
    if parties and alike[0] not in {"爆料", "报道", "报导", "讲话"}:
        when = _first_date(asked) or _date_asked(asked, answer)
        where = _where(asked, answer)
        there = f"在{where}" if where else ""
        return _put(question, match, f"{when}{_and(parties)}{there}的{written}")
    told = _filled(asked, answer)
    return f"{told}，{question}" if told else ""


def _time(question: str, match: re.Match[str], turns: Sequence[tuple[str, str]]) -> str:
    """那次, 六月那次, 那天: without a noun."""
    if match[0].endswith("天"):
        return _then(question, match, turns)
    month = _number(match["when"] or "")
    for asked, answer in reversed(turns):
        told = _filled(asked, answer)
        if month and not re.search(rf"(?<!\d){month}", _digits(told or asked + answer)):
            continue
        if told:
            return f"{told}，{question}"
    return ""


def _then(question: str, match: re.Match[str], turns: Sequence[tuple[str, str]]) -> str:
    """当时, 那天: the date or the event of the turn before."""
    asked, answer = turns[-1]
    day = _plain(match[0]).endswith(("天", "日", "年"))
    alike = [w for words in _EVENTS[:4] for w in words]
    event = _phrase(asked, alike)
    if event:
        when = "" if _DATE.search(_plain(event)) else _first_date(asked)
        return _put(question, match, f"{when}{event}{match[0] if day else '时'}")
    parties = _parties(asked, answer)
    word = next((w for w in alike if w in _plain(asked)), "")
    if word and parties:
        when = _first_date(asked) or _date_asked(asked, answer)
        where = _where(asked, answer)
        there = f"在{where}" if where else ""
        return _put(
            question, match, f"{when}{_and(parties)}{there}{word[:2]}{match[0] if day else '时'}"
        )
    date = _first_date(asked) or _date_asked(asked, answer) or _first_date(answer)
    return _put(question, match, date) if day and date else ""


def _parallel(question: str, what_of: str, turns: Sequence[tuple[str, str]]) -> str:
    """那X呢: the last question with X where its like stands."""
    plain = _plain(question)
    start = plain.index(what_of)
    new = question[start : start + len(what_of)]
    inner = _THAT_THING.search(what_of)
    if inner:
        resolved = _thing(question, _THAT_THING.search(plain) or inner, turns)
        return resolved or _paste(question, turns)
    return _swapped(turns[-1][0], new.removesuffix("的")) or _paste(question, turns)


def _swapped(asked: str, new: str) -> str:
    """The last question with ``new`` for its like; nothing where that cannot be told."""
    words, fresh = _words(asked), _words(new)
    for before, word in pairwise(fresh):
        # 支持中国的呢: the word before tells where.
        place = next((i for i, w in enumerate(words[:-1]) if w.plain == before.plain), None)
        if place is not None and words[place + 1].kind == word.kind:
            old = words[place + 1]
            return asked[: old.start] + new[word.start :] + asked[old.end :]
    like: list[tuple[int, int]] = []
    kinds = {w.kind for w in fresh if w.kind}
    for pattern in (_ORDINAL, _DATE):
        if pattern.fullmatch(_plain(new)):
            like = [m.span() for m in pattern.finditer(_plain(asked))]
            break
    else:
        if len(fresh) == 1 and kinds:
            like = [(w.start, w.end) for w in words if w.kind in kinds]
            if not like and kinds <= {_PLACE, _SIDE}:  # 那上海呢 after a question about 北京
                like = [(w.start, w.end) for w in words if w.kind in {_PLACE, _SIDE}]
        elif fresh and not kinds and all(w.nominal for w in fresh):
            tag = fresh[-1].tag[:1]
            runs = [r for r in _runs(asked) if not r[-1].kind and r[-1].tag[:1] == tag]
            like = [(r[0].start, r[-1].end) for r in runs]
    # Of two sides the first is the one that acts: 美方对中方…怎么处理.
    if len(like) == 1 or (like and kinds == {_SIDE}):
        return asked[: like[0][0]] + new + asked[like[0][1] :]
    return ""


def _paste(question: str, turns: Sequence[tuple[str, str]]) -> str:
    """Put the last question in front: as a statement where the new one only asks on."""
    asked = turns[-1][0]
    rest = _without_particle(question)
    if language_of(asked) != "zh":
        return f"{asked} {rest}"
    if not _own(rest) or _WHY.match(_plain(rest)):
        return f"{_filled(asked, turns[-1][1])}，{rest}"
    return f"{asked}{'' if asked.endswith(('？', '?', '。')) else '，'}{rest}"


def _put(question: str, match: re.Match[str], what: str) -> str:
    if script_of(question) == "hant":
        what = to_traditional(what)
    return question[: match.start()] + what + question[match.end() :]


def _without_particle(question: str) -> str:
    match = _PARTICLE.match(_plain(question))
    rest = question[match.end() :] if match else question
    return rest if len(re.sub(r"\W", "", rest)) > 1 else question


# --- reading the history


def _latest(turns: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Answers where the question asks for a name, else questions, latest first."""
    for asked, answer in reversed(turns):
        first = re.search(r"谁|哪", _plain(asked))
        yield from (answer, asked) if first else (asked, answer)


def _people(text: str) -> list[str]:
    """Names of people, in order, each once."""
    if language_of(text) == "en":
        return _english_names(text)
    return list(dict.fromkeys(w.text for w in _words(text) if w.kind == _PERSON))


def _parties(asked: str, answer: str) -> list[str]:
    """Who met, spoke or dealt: the people of a turn, else its two sides."""
    people = _people(asked)
    if len(people) < 2 and _asks_for_someone(asked):
        people += [p for p in _people(answer) if p not in people]
    if len(people) > 1:
        return people
    sides = list(dict.fromkeys(w.text for w in _words(asked) if w.kind == _SIDE))
    return sides if len(sides) == 2 and not people else people


def _asks_for_someone(asked: str) -> bool:
    """Whether the answer names whom a question asks for; 孙韵是谁 has named her itself."""
    if re.match(r"(?:who is|who's) ", asked, re.IGNORECASE):
        return False
    defined = re.match(r"(.+?)是谁[？?]?$", _plain(asked))
    words = [w for w in _words(asked) if w.end <= len(defined[1])] if defined else []
    return bool(_ASKS_WHO.search(_plain(asked))) and not any(w.kind == _PERSON for w in words[-1:])


def _speaker(text: str) -> str:
    """Who says something in a question of the form X说…; nothing where nobody does."""
    match = _SPEAKER.match(_plain(text))
    if not match or not 1 < len(match["who"]) <= 12:
        return ""
    words = [w for w in _words(text) if w.start < match.end("who")]
    last = words[-1] if words else None
    fits = all(w.nominal or w.tag in {"x", "m", "c", "uj"} for w in words)
    if not last or not fits or last.end > match.end("who") or last.kind in {_PLACE, _SIDE}:
        return ""
    return "" if _ASKS.search(match["who"]) or last.plain == "媒体" else text[: match.end("who")]


def _said_by(asked: str, speaker: str) -> str:
    match = re.match(r"说|称|认为|主张|表示|指出", _plain(asked)[len(speaker) :])
    return asked[: len(speaker) + match.end()] if match and asked.startswith(speaker) else ""


def _head(asked: str) -> str:
    """The nominal run that a question begins with."""
    run = next(iter(_runs(asked)), [])
    while run and run[-1].tag == "t":
        run = run[:-1]
    return asked[run[0].start : run[-1].end] if run and run[0].start < 2 else ""


def _runs(text: str) -> list[list[_Word]]:
    """Runs of nouns and what joins them."""
    runs: list[list[_Word]] = []
    run: list[_Word] = []
    for word in (*_words(text), _Word("", "", "end", len(text))):
        joins = word.tag in {"m", "uj", "a"} or word.plain in _JOINS
        if word.nominal or (joins and (run or word.tag != "uj")):
            run.append(word)
            continue
        while run and not run[-1].nominal:
            run.pop()
        if run:
            runs.append(run)
        run = []
    return runs


def _phrase(asked: str, nouns: Sequence[str]) -> str:
    """The noun phrase of a question that ends in one of ``nouns``, with what it is told by."""
    plain = _plain(asked)
    places = [(plain.find(n), n) for n in nouns if n in plain]
    for at, noun in sorted(places, key=lambda p: (p[0] + len(p[1]), p[0])):
        clause = max(plain.rfind(c, 0, at) for c in "，,；;。") + 1
        before = plain[clause:at]
        end = at + len(noun)
        if before.endswith("的") and not _ASKS.search(_ASKS_HOW_SAID.sub("", before)):
            fronted = _ASKS_HOW_SAID.match(before)
            return asked[clause + (fronted.end() if fronted else 0) : end]
        run = next((r for r in _runs(asked) if r[0].start <= at < r[-1].end), None)
        if run and run[0].start < at and not _ASKS.search(plain[run[0].start : end]):
            verbal = any(w.plain in {"和", "与", "跟", "同"} for w in _words(asked) if w.end <= at)
            if not verbal:
                return asked[max(run[0].start, clause) : end]
    return ""


def _first_date(text: str) -> str:
    match = _DATE.search(_plain(text))
    return text[match.start() : match.end()] if match else ""


def _date_asked(asked: str, answer: str) -> str:
    """The date that the answer gives to a question for one."""
    return _first_date(answer) if _ASKS_WHEN.search(_plain(asked)) else ""


def _where(asked: str, answer: str) -> str:
    """Where it was: by the question, or by the answer to a question for the place."""
    plain = _plain(asked)
    source = answer if _ASKS_WHERE.search(plain) else asked
    words = _words(source)
    for before, word in pairwise(words):
        if before.plain in {"在", "于"} and (word.kind == _PLACE or word.plain in sides()):
            return word.text
    return ""


def _filled(asked: str, answer: str) -> str:
    """A question as a statement, its short answer in place of what it asks: 布林肯是6月访华的."""
    plain, given = _plain(asked), _short(answer)
    asks = _ASKS_WHEN.search(plain) or _ASKS_WHICH.search(plain)
    if asks and 0 < len(given) <= 20:
        end = asks.end()
        if asks.re is _ASKS_WHICH and asks[0] != "谁":
            for word in _words(asked):
                if word.start == end and word.nominal:
                    end += len(re.split(_SAYS, word.plain)[0])
        was = "是" if asks[0].startswith("是") else ""
        asked = asked[: asks.start()] + was + given + asked[end:]
    return _TAIL.sub("", asked)


def _short(answer: str) -> str:
    """The first clause of an answer, without 是."""
    return re.split(r"[，,。；;]", answer)[0].strip().removeprefix("是")


def _and(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else "、".join(names[:-1]) + "和" + names[-1]


def _digits(text: str) -> str:
    return re.sub(
        r"[零〇一二三四五六七八九十]+(?=[年月日号])", lambda m: _number(m[0]), _plain(text)
    )


def _number(numeral: str) -> str:
    """六月 → 6月, 十二月 → 12月; digits as they are."""
    ones = {c: str(i) for i, c in enumerate("零一二三四五六七八九")} | {"〇": "0"}

    def value(match: re.Match[str]) -> str:
        tens, ten, rest = match[0].partition("十")
        if not ten:
            return "".join(ones[c] for c in tens)
        return f"{ones.get(tens, '1')}{ones.get(rest, '0')}"

    return re.sub(r"[零〇一二三四五六七八九十]+", value, numeral)


@lru_cache(maxsize=1024)
def name_tag(name: str, names: Names) -> str:
    """Return the part of speech of a name of the table: ``nr`` of a person, ``ns`` of a place.

    ``n`` is what is no name. The dictionary tells; else whether the whole name stands beside the
    last; else the tagger, which knows the words of a term and has to guess at those of a name.
    """
    forms = names.forms(name)
    chinese = [form for form in forms if not form.isascii()]
    sorts = {sort_of(form) for form in chinese}
    pieces = tagged((chinese or forms)[0])
    tag = pieces[0][1]
    known = sorts & {"name", "maybe a person"}
    guessed = any(tag.startswith("nr") or not jieba.dt.FREQ.get(word) for word, tag in pieces)
    if "person" in sorts:
        found = "nr"
    elif known and len(pieces) == 1 and tag in _BODY_TAGS:
        found = tag
    elif "name" in sorts:
        found = "nz"
    elif known or _last_name(forms):
        found = "nr"
    elif "word" in sorts:
        found = "n"
    elif not guessed and tag in _BODY_TAGS:
        found = tag
    else:
        found = "nr" if guessed or any(tag[0] != "n" for _, tag in pieces) else "n"
    return found


def _last_name(forms: Sequence[str]) -> bool:
    """Whether one form is the last word of another: Clara Schumann = Schumann."""
    return any(form.rpartition(" ")[2] in forms for form in forms if form.isascii() and " " in form)


def _words(text: str) -> tuple[_Word, ...]:
    """Words with parts of speech, known names and names with · in one piece."""
    return _read(text, _KNOWN.get())


@lru_cache(maxsize=64)
def _read(text: str, names: Names) -> tuple[_Word, ...]:
    plain = _plain(text)
    found: list[_Word] = []
    place = 0
    for start, end, _ in (*names.find(plain), (len(plain), len(plain), ())):
        name = plain[start:end]
        if name.isascii() and name:
            continue
        for piece, tag in tagged(plain[place:start]):
            tag = "nz" if tag.startswith("nr") and sort_of(piece) == "name" else tag  # noqa: PLW2901
            found.append(_Word(text[place : place + len(piece)], piece, tag, place))
            place += len(piece)
        if name:
            found.append(_Word(text[start:end], name, name_tag(name, names), start))
            place = end
    merged: list[_Word] = []
    for word in found:
        last = merged[-1] if merged else None
        if last and last.tag.startswith("nr") and _goes_on(last, word, names):
            text_, plain_ = last.text + word.text, last.plain + word.plain
            merged[-1] = _Word(text_, plain_, "nr", last.start)
        else:
            merged.append(word)
    return tuple(merged)


def _goes_on(name: _Word, word: _Word, names: Names) -> bool:
    """Whether ``word`` belongs to the name before it."""
    if any(len(names.forms(known)) > 1 for known in (name.plain, word.plain)):
        return False
    if word.plain == "·" or name.plain.endswith("·"):
        return word.tag.startswith("nr") or word.plain == "·" or len(word.plain) > 1
    return word.tag.startswith("nr") and (len(name.plain) == 1 or len(word.plain) == 1)


@lru_cache(maxsize=256)
def _plain(text: str) -> str:
    """Simplified characters; the text itself where that would move a character."""
    simplified = to_simplified(text)
    return simplified if len(simplified) == len(text) else text


# --- English questions


def _resolve_english(question: str, turns: Sequence[tuple[str, str]]) -> str:
    asked = turns[-1][0]
    what_of = _EN_WHAT_OF.match(question)
    if what_of:
        about = re.search(r"\babout\b(?P<what>[^?]*)", asked)
        if about and language_of(asked) == "en":
            return asked[: about.start("what")] + f" {what_of['what']}" + asked[about.end("what") :]
        return _paste_english(question, turns)
    person = _EN_PERSON.search(question)
    if person and not _english_names(question[: person.start()]):
        name = _english_antecedent(turns)
        after = question[person.end() :]
        his = person[0].lower() in {"his", "hers"} or (
            person[0].lower() == "her" and re.match(r" [a-z]", after)
        )
        whole = name + ("'s" if his else "")
        return _put(question, person, whole) if name else _paste_english(question, turns)
    leaning = _EN_THEY.search(question) or _EN_THING.search(question)
    leans = leaning and not _english_names(question[: leaning.start()])
    if leans or _EN_BARE.match(question) or _EN_STARTS.match(question):
        return _paste_english(question, turns)
    return question


def _english_antecedent(turns: Sequence[tuple[str, str]]) -> str:
    """Whom he or she is: the person named last in a question, else the first of its answer."""
    for asked, answer in reversed(turns):
        people = _people(asked)
        if _asks_for_someone(asked):
            people = [p for p in _people(answer) if p not in people][:1] or people
        people = people or _people(answer)[:1]
        if people:
            return people[-1]
    return ""


def _paste_english(question: str, turns: Sequence[tuple[str, str]]) -> str:
    rest = _EN_STARTS.sub("", question)
    return f"{turns[-1][0]} {rest[:1].upper()}{rest[1:]}"


def _english_names(text: str) -> list[str]:
    """Capitalised names inside sentences, but not places, months and the like."""
    known = _KNOWN.get()
    found: list[str] = []
    for match in _EN_NAME.finditer(text):
        folded = match[0].casefold()
        standard = known.forms(folded)[0]
        person = standard == folded or name_tag(standard, known) == "nr"
        if person and not _EN_NOT_NAMES.match(match[0]):
            found.append(match[0])
    return list(dict.fromkeys(found))
