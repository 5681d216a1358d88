"""Several questions in one, cut so that each stands alone; and what is no question to documents.

特朗普哪天访华，住在哪家酒店？ is two questions, and the second has its subject in the first. Rules
cut only where both sides ask. A question with one part is returned as it is, to the character.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from rag.fold import fold, language_of, to_simplified
from rag.names import shipped_names
from rag.question.standalone import stand_alone
from rag.resources import word_list
from rag.tables import sides
from rag.tagger import tagged

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.names import Names

_QUOTED = re.compile(r"“[^”]*”|「[^」]*」|『[^』]*』|《[^》]*》|\"[^\"]*\"|[（(][^）)]*[）)]")
_COVER = "　"
"""Stands for each character inside quotation marks, which no rule may look at."""

# --- Chinese

_WHEN = r"什么时候|何时|哪一?[天年月日]|哪个月|哪几[天年日]|几月几?[日号份]?|几号|几点|星期几"
_WHERE = r"哪里|哪儿|何地|何处|什么地方|哪个(?:城市|国家|地方|省|州)|哪[国省座市]"
_WHY_HOW = r"为什么|为何|怎么|怎样|如何"
_ASKS = re.compile(
    r"谁|(?<!没)什么(?!都)|哪|(?<![无未近前后来去好这那的每隔\d十同])几(?!乎|近|度|经|率|何|内亚|十|百|千|万|分)"
    r"|多少|怎么|怎样|如何|为何|何[时地人处]|是否|是不是|有没有|能不能|会不会|与否"
    r"|多(?:大(?!学)|久|长|高|远|重|深|宽)(?![了的])|吗|呢$"
)
_NOT_ASKING = re.compile(
    r"无论|不管|不论|任何|没有?(?:说明|说|透露|提到|公布|交代|讲|解释|回答)|不(?:知道?|清楚|确定|明)"
)
_SUBORDINATE = re.compile(
    r"^(?:当|除了|除|无论|不管|不论|关于|对于|至于|据|根据|随着|虽然|尽管|因为|由于|既然)"
    r"|^(?:而|并)?不是|^在.*(?:上|中|里|时|前|后|下|间|方面)$"
    r"|(?:时|后|以前|之前|以来|的话|期间|之际|中|情况下|条件下)$"
)
_TAG = re.compile(
    r"(?:对吗|是吗|对不对|是不是|是不是这样|是这样吗|可以吗|好吗|行吗|有吗|你?知道吗|真的吗|属实吗)"
)
_OPENING = re.compile(
    r"^(?:以及|并且|而且|还有|另外|此外|同时|然后|那么|并|而|又|还|那)(?!不|是|没)[，, ]?"
    r"|^也(?=[在对向])"
)
_IF_SO = re.compile(r"^(?:如果|若|假如|要是)(?:是|有|是的话|有的话|是这样|属实)[，,]?")
_BETWEEN = re.compile(r"(?<=[^，,、；;])(?=(?:以及|并且|还有|另外|同时))|(?<=、)")
_ENDS_ASKING = re.compile(rf"(?:{_WHEN}|{_WHERE}|谁|什么|哪[些家位个]|多少)、$")
_OF_IT = re.compile(
    r"(?:结果|原因|时间|地点|人数|金额|价格|规模|目的|内容|影响|名字|年龄|人口|面积|原话|反应|理由|后果)"
)
"""Nouns that are always of something: 结果如何 asks about what was asked before."""
_POLITE = re.compile(
    r"^(?:你好|您好|请问一下|请问|请告诉我|告诉我|我想知道|想问一下|想问)[，,：:！! ]*"
)
_NUMBERED = re.compile(r"^\s*(?:[（(]?\d{1,2}[.、)）](?!\d)|[一二三四五六][、.]|[①-⑨])\s*")
_OPENED = re.compile(rf"(?:{_NUMBERED.pattern}|{_POLITE.pattern}|{_IF_SO.pattern})+")
_BOTH_ADJUNCTS = re.compile(
    rf"(?P<one>(?:是?在)?(?:{_WHEN}|{_WHERE}))(?:[、，]|和|及|以及|跟|与)?(?P<other>(?:在|从|于)?(?:{_WHEN}|{_WHERE}))"
)
_AND_NOUNS = re.compile(
    r"^(?P<of>.{2,24}的)(?P<one>[^的和与及、，分各]{2,6})(?:和|与|以及)"
    r"(?P<other>[^的和与及、，分各]{2,6}?)(?:分别|各自|各)?(?P<asks>(?:是|为|有)(?:多少|谁|哪).{0,4}|多少)$"
)
_EACH = r"(?:分别|各自|各(?=[是有在说怎]))"
_DATED = r"(?:\d{4}年(?:\d{1,2}月)?(?:\d{1,2}[日号])?|\d{1,2}月(?:\d{1,2}[日号])?)"
_OF_EACH = (
    # 首轮和第四轮经贸谈判分别在哪里举行: both end alike, and share what follows
    re.compile(
        r"(?P<one>[^，,在的和与及]{0,7}?(?P<end>[轮次届场期]))(?:和|与|及|以及)"
        rf"(?P<other>[^，,和与及]{{1,7}}?(?P=end))(?P<shared>[^，,]*?){_EACH}(?P<asks>.+)$"
    ),
    # 2025年9月和2026年2月说他将在什么时候访华: two times ask twice, said or not
    re.compile(
        rf"(?P<one>{_DATED}[^，,和与及]{{0,14}}?)(?:和|与|及|以及)(?P<other>{_DATED}"
        rf"[^，,和与及分]{{0,10}}?)(?P<shared>(?=[说称向对同从在，,分各]).*?)(?:{_EACH})?(?P<asks>.+)$"
    ),
    # 孙卫东和谢锋分别同谁会面
    re.compile(
        r"(?:^|(?<=[，,]))(?P<one>[^，,在的和与及]{2,8})(?:和|与|及|以及)"
        rf"(?P<other>[^，,在的和与及]{{2,8}}?)(?P<shared>(?:在[^，,]*?)?){_EACH}(?P<asks>.+)$"
    ),
)
"""Two that are asked about apart. What both do together (习近平和特朗普在哪里会晤) has no 分别."""
_QUESTION_WORD = re.compile(
    rf"(?P<adjunct>(?:是?在|于|从|到|是)?(?:{_WHEN}|{_WHERE}|{_WHY_HOW}))"
    r"|(?P<object>(?:谁|哪[些家位个所项几种条款艘架]*(?:人|名)?|什么|多少|几[个家位名次条项]?"
    r"|多[大久长高远重深宽]))"
)
_ASPECT = re.compile(r"(?:了|过|着|是|为|有|叫|叫做)+$")
_PRONOUN = re.compile(
    r"^(?:他们|她们|它们|双方|两人|他|她|它|其|该国|该公司|该人|该书|这个人|此人)(?:俩|本人)?"
)
_TIME = re.compile(
    r"(?:\d{4}年)(?:\d{1,2}月)?(?:\d{1,2}[日号])?|\d{1,2}月(?:\d{1,2}[日号])?|[去今明前]年"
)
_ORDINAL = re.compile(r"第[一二三四五六七八九十\d]+[轮次届场个]")
_BARE = re.compile(r"(?:又|是|为|有|则)*(?:多少|什么时候|哪[天年里儿]|什么|谁|几[个家次])?呢?")
_WHICH = re.compile(r"(?:哪[些家位个所项几种条款]+|多少|几[个家位名次条项])$")
_BODY = re.compile(
    r"公司|集团|大学|学院|银行|政府|委员会|法院|组织|协会|医院|地震|台风|《|条约|协议"
)
_PROPER = ("nr", "ns", "nt", "nz", "eng")


def parts(question: str, names: Names | None = None) -> tuple[str, ...]:
    """Cut several questions in one into questions that stand alone.

    Args:
        question: In Chinese (either script) or English, made to stand alone itself.
        names: Which names are the same; by default those that ship.

    Returns:
        The parts in order; a question that asks one thing, unchanged, as the only part.

    >>> parts("莫扎特哪天到巴黎，住在哪家旅馆？")
    ('莫扎特哪天到巴黎？', '莫扎特到巴黎住在哪家旅馆？')
    >>> parts("When did Mozart visit Paris, and where did he stay?")
    ('When did Mozart visit Paris?', 'Where did Mozart stay?')
    """
    chinese = language_of(question) == "zh"
    known = names or shipped_names()
    cut = _chinese_parts(question, known) if chinese else _english_parts(question)
    distinct = tuple(dict.fromkeys(cut))
    return distinct if len(distinct) > 1 else (question,)


def _covered(text: str) -> str:
    """The text in simplified characters of the same places, with what is quoted covered."""
    simplified = to_simplified(text)
    plain = simplified if len(simplified) == len(text) else text
    return _QUOTED.sub(lambda m: _COVER * len(m[0]), plain)


def _asks(clause: str) -> bool:
    plain = _covered(clause)
    stated = _NOT_ASKING.search(plain) or _SUBORDINATE.search(plain.strip(" ，,"))
    return bool(_ASKS.search(plain)) and not stated and not _TAG.fullmatch(plain)


def _chinese_parts(question: str, names: Names) -> list[str]:
    out: list[str] = []
    frame = ""
    for sentence in _cut(question, re.compile(r"(?<=[？?。！!；;\n])")):
        lead, chunks = _chunks(_OPENED.sub("", sentence))
        if not chunks:
            # What is told before the questions holds for each of them.
            frame = frame or (f"{lead}，" if not out and len(lead) > 4 else "")
            continue
        asked = list(out)
        for chunk in chunks:
            # 那份协议，金额是多少: what leads has the subject, and all have the lead.
            led = lead and asked and asked[0] in chunks and not _named(asked[0], names)
            alone = _carried(chunk, asked, names) if asked and not led else chunk
            asked.append(alone)
            out += [apart for one in _each(lead + alone) for apart in _adjuncts_apart(one)]
    return [f"{frame}{part.strip('，,、；; ')}？" for part in out]


def _cut(text: str, where: re.Pattern[str]) -> list[str]:
    """Cut where a pattern stands outside quotation marks; ends and blanks are left out."""
    covered = _covered(text)
    places = [0, *(m.start() for m in where.finditer(covered)), len(text)]
    pieces = (text[a:b] for a, b in pairwise(places))
    return [p.strip(" \n？?。！!；;") for p in pieces if p.strip(" \n？?。！!；;，,")]


def _chunks(sentence: str) -> tuple[str, list[str]]:
    """Return the clauses before the first that asks, and what each of those asks."""
    chunks: list[str] = []
    lead = waiting = ""
    for clause in _clauses(sentence):
        if not _asks(clause):
            lead, waiting = (lead, waiting + clause) if chunks else (lead + clause, "")
        elif chunks and _covered(clause).startswith("还是"):
            chunks[-1] += waiting + clause
            waiting = ""
        else:
            chunks.append(waiting + clause)
            waiting = ""
    if waiting and chunks:
        chunks[-1] += waiting
    return lead, [chunk.strip("，,、 ") for chunk in chunks]


def _clauses(sentence: str) -> list[str]:
    covered = _covered(sentence)
    places = [m.end() for m in re.finditer(r"[，,]", covered)]
    for match in _BETWEEN.finditer(covered):
        left, right = covered[: match.start()], covered[match.start() :]
        # 什么时候、在哪里举行 has one verb for both, as 哪些人以及哪些公司被制裁.
        whole = not _ENDS_ASKING.search(left) if left.endswith("、") else _has_verb(left)
        if _asks(left) and _asks(right) and whole and _has_verb(right):
            places.append(match.start())
    ends = [0, *sorted(places), len(sentence)]
    return [sentence[a:b] for a, b in pairwise(ends) if a < b]


def _has_verb(clause: str) -> bool:
    return any(tag.startswith("v") for _, tag in _tagged(clause)) or "多少" in clause


def _each(chunk: str) -> list[str]:
    """A和B分别… asks about A and about B."""
    plain = _covered(chunk)
    for pattern in _OF_EACH:
        match = pattern.search(plain)
        if match and _ASKS.search(match["asks"]):
            one, other, shared, asks = (
                chunk[slice(*match.span(group))] for group in ("one", "other", "shared", "asks")
            )
            asks = re.sub(rf"^(.*?){_EACH}", r"\1", asks, count=1)
            return [chunk[: match.start()] + it + shared + asks for it in (one, other)]
    return [chunk]


def _adjuncts_apart(chunk: str) -> list[str]:
    """什么时候、在哪里举行 asks twice, and so does 的身高和体重是多少."""
    plain = _covered(chunk)
    match = _BOTH_ADJUNCTS.search(plain)
    if match and bool(re.search(_WHEN, match["one"])) != bool(re.search(_WHEN, match["other"])):
        before, after = chunk[: match.start()], chunk[match.end() :]
        one, other = (chunk[slice(*match.span(g))] for g in ("one", "other"))
        return [before + one + after, before + other + after]
    match = _AND_NOUNS.match(plain)
    if match:
        of, one, other, asks = (chunk[slice(*match.span(g))] for g in match.groupdict())
        return [of + one + asks, of + other + asks]
    return [chunk]


def _carried(part: str, before: Sequence[str], names: Names) -> str:
    """The part with what it has from the parts before it."""
    part = _IF_SO.sub("", _OPENING.sub("", part))
    plain = _covered(part)
    if plain.endswith("呢") and not _ASKS.search(plain[:-1]):
        return stand_alone(part, [(before[-1] + "？", "")], names).rstrip("？?")
    pronoun = _PRONOUN.match(plain)
    if pronoun:
        return _subject(before[0]) + part[pronoun.end() :]
    return _swapped(part, before[-1]) or _led(part, before, names)


def _led(part: str, before: Sequence[str], names: Names) -> str:
    """The part with what it is about in front, where it does not say so itself."""
    first = before[0]
    if _own_subject(part, names):
        return _speaker(first) + part
    shared = _parallel(part, before[-1])
    if shared:
        return shared
    plain, context = _covered(part), _context(first)
    tagged = _tagged(context)
    if _tagged(part)[0][1].startswith("n"):
        nouns = {word for word, tag in tagged if tag.startswith("n") and len(word) > 1}
        of_it = _OF_IT.match(plain) and not any(noun in part for noun in nouns)
        if not of_it and (not _named(context, names) or any(noun in part for noun in nouns)):
            return part
    said_again = any(t == "v" and len(word) > 1 and word in part for word, t in tagged)
    return (_subject(first) if said_again or _TIME.match(plain) else context) + part


def _swapped(part: str, before: str) -> str:
    """2025年多少 after 中国2024年出口多少: the question before with the other time in it."""
    for pattern in (_TIME, _ORDINAL):
        new, old = pattern.match(_covered(part)), pattern.search(_covered(before))
        if not new or not old:
            continue
        rest = part[new.end() :]
        if _BARE.fullmatch(_covered(rest)):
            return before[: old.start()] + part[: new.end()] + before[old.end() :]
        subject = _subject(before)
        if subject[old.start() : old.end()] == before[old.start() : old.end()]:
            return subject[: old.start()] + part[: new.end()] + subject[old.end() :] + rest
    return ""


def _parallel(part: str, before: str) -> str:
    """取消了哪项关税, 暂停了哪项: the same is asked of another verb."""
    asked, new = _QUESTION_WORD.search(_covered(before)), _QUESTION_WORD.search(_covered(part))
    if not asked or not new or not asked["object"] or asked[0] != new[0]:
        return ""
    tagged = _tagged(before[: asked.start()])
    while tagged and tagged[-1][1][0] in "vudp":
        tagged.pop()
    topic = "".join(word for word, _ in tagged)
    if not topic or not _tagged(part)[0][1].startswith(("v", "d", "p")):
        return ""
    noun = before[asked.end() :] if _WHICH.search(_covered(part)) else ""
    return topic + part + noun


def _context(first: str) -> str:
    """The question before without what it asks: 特朗普哪天访华 → 特朗普访华."""
    asked = _QUESTION_WORD.search(_covered(first))
    if not asked:
        return re.sub(r"[吗嗎]$|是否|有没有|有沒有", "", first)
    before, after = first[: asked.start()], first[asked.end() :]
    if asked["object"]:
        after = re.sub(r"^[个個人名家位项項]", "", after)
        after = "" if _covered(after).startswith(("是", "在")) else after
    kept = (
        before if asked["adjunct"] and after else before[: len(_ASPECT.sub("", _covered(before)))]
    )
    kept = re.sub(r"[是在于於]+$", "", kept)
    return kept + re.sub(r"[的了吗嗎]$", "", after)


def _subject(first: str) -> str:
    """The leading words that are a name: 习近平和特朗普在哪里会晤 → 习近平和特朗普."""
    words: list[str] = []
    for word, tag in _tagged(first):
        if (tag[0] in "pdru" and word not in "的之") or (tag[0] == "v" and tag != "vn"):
            break
        words.append(word)
    return "".join(words) or _context(first)


def _speaker(first: str) -> str:
    """The words 李稻葵说 or 据CNN报道, in front of a question: what follows is told by them too."""
    match = re.match(
        r"^(?:据.{2,16}?[，,]|.{2,16}?(?:说|认为|称|看来|指出|表示)[，,]?)", _covered(first)
    )
    return first[: match.end()] if match and not _ASKS.search(_covered(match[0])) else ""


def _own_subject(part: str, names: Names) -> bool:
    leading = _tagged(part)[:2]
    if not leading:
        return False
    word, tag = leading[0]
    return (
        tag.startswith(_PROPER)
        or word in sides()
        or any(at == 0 for at, *_ in names.find(fold(part)))
    )


def _named(text: str, names: Names) -> bool:
    found = any(t.startswith(_PROPER) for _, t in _tagged(text))
    return found or bool(_BODY.search(_covered(text))) or bool(names.find(fold(text)))


@lru_cache(maxsize=256)
def _tags(plain: str) -> tuple[tuple[int, str], ...]:
    return tuple((len(word), tag) for word, tag in tagged(plain))


def _tagged(text: str) -> list[tuple[str, str]]:
    """Words as written with their tags, which are given to simplified characters."""
    out, at = [], 0
    for length, tag in _tags(_covered(text)):
        out.append((text[at : at + length], tag))
        at += length
    return out


# --- English

_WH = r"(?:what|when|where|who|whom|whose|why|how|which)"
_AUX = (
    r"(?:is|are|was|were|do|does|did|has|have|had|will|would|can|could|should|may|might"
    r"|isn't|wasn't|didn't|doesn't)"
)
_PREPOSITION = r"(?:(?:in|at|on|to|from|by|with|for|under) )?"
_DIRECT = rf"{_PREPOSITION}{_WH}\b|{_AUX} \w"
_ENGLISH_CUT = re.compile(
    r"\s*(?:[,;]\s*(?:and\s+|but\s+|or\s+)?|\s(?:and|but)\s+)(?:also\s+|if so,?\s+)?"
    rf"(?={_WH}\b(?:\s+\w+){{0,3}}?\s+{_AUX}\b|{_AUX}\s+(?:he|she|it|they|there)\b"
    r"|how (?:many|much)\b|who\s+\w+ed\b)",
    re.IGNORECASE,
)
_ENGLISH_STARTS = re.compile(
    rf"^(?:(?:according to|in|at|on|after|before|during)\b[^,]*,\s*)?(?:{_DIRECT})", re.IGNORECASE
)
_ENGLISH_ASKED = re.compile(
    rf"^(?:[^,]*,\s*)?{_PREPOSITION}"
    rf"(?:(?:when|where|why) {_AUX}\b|how (?:\w+ ){{0,3}}?{_AUX}\b|how (?:many|much)\b"
    rf"|(?:what|which|whom?|whose)\b.|{_AUX} \w+)",
    re.IGNORECASE,
)
"""A direct question; “when many people are arrested” asks nothing."""
_TWO_ADJUNCTS = re.compile(
    rf"^(?P<one>{_WH}) (?:and|or) (?P<other>{_WH}) (?P<rest>.+)$", re.IGNORECASE
)
_PREPOSITIONAL = re.compile(
    r"\s(?:in|at|of|on|during|for|from|by|after|before|to)\s(?:the\s|a\s)?(?:\w+\s){0,3}?[A-Z0-9][^?]*$"
)
_ENGLISH_PRONOUN = re.compile(
    r"\b(he|she|it|they|him|her|them|his|hers|its|their)\b", re.IGNORECASE
)
_ENGLISH_NAME = re.compile(r"(?:[A-Z][\w'.-]*|[A-Z]{2,})(?:\s+(?:of\s+|the\s+)?[A-Z][\w'.-]*)*")
_POSSESSIVE = {"his", "its", "their", "hers"}


def _english_parts(question: str) -> list[str]:
    out: list[str] = []
    for sentence in re.split(r"(?<=[?!.])\s+(?=[A-Z0-9(])", _NUMBERED.sub("", question)):
        text = _NUMBERED.sub("", sentence).strip(" ?!")
        if not _ENGLISH_STARTS.match(text):
            continue
        places = [(0, 0), *_places(text), (len(text), len(text))]
        pieces = [text[a[1] : b[0]] for a, b in pairwise(places)]
        for piece in pieces:
            both = _TWO_ADJUNCTS.match(piece)
            each = [f"{both[g]} {both['rest']}" for g in ("one", "other")] if both else [piece]
            out += [_english_carried(part, out) for part in each]
    if len(out) > 1 and not _PREPOSITIONAL.search(out[0]) and not _named_in(out[0]):
        shared = _PREPOSITIONAL.search(out[1])
        out[0] += shared[0] if shared else ""
    return [f"{part[0].upper()}{part[1:].rstrip(' ,;')}?" for part in out if part]


def _places(text: str) -> list[tuple[int, int]]:
    """Where a second question begins, outside quotation marks."""
    covered = _QUOTED.sub(lambda m: _COVER * len(m[0]), text)
    cuts = [m.span() for m in _ENGLISH_CUT.finditer(covered)]
    return [cut for cut in cuts if _ENGLISH_ASKED.match(covered[: cut[0]])]


def _named_in(text: str) -> bool:
    return bool(_ENGLISH_NAME.search(re.sub(r"^\w+", "", text)))


def _english_carried(part: str, before: Sequence[str]) -> str:
    if not before:
        return part
    pronoun = _ENGLISH_PRONOUN.search(part)
    if pronoun:
        subject = _english_subject(before[0])
        own = pronoun[0].casefold() in _POSSESSIVE or re.search(r"\bher \w", part)
        if own:  # the height of Everest … its population
            subject = re.sub(r"^the \w+ of ", "", subject) + "'s"
        resolved = part[: pronoun.start()] + subject + part[pronoun.end() :]
        return resolved if subject else part
    if _named_in(part):
        return part
    shared = _PREPOSITIONAL.search(before[0])
    return part + shared[0] if shared else part


_ENGLISH_SUBJECT: tuple[re.Pattern[str], ...] = (
    re.compile(rf"^{_AUX} (?P<it>the \w+)", re.IGNORECASE),
    re.compile(
        rf"^(?:{_WH})(?: \w+){{0,2}}? (?:is|was|are|were) (?P<it>(?:the |a )?[^,?]+)$",
        re.IGNORECASE,
    ),
    re.compile(rf"\b{_AUX} (?P<it>(?:the )?[A-Z][\w'.-]*(?:(?: and| of| the)? [A-Z][\w'.-]*)*)"),
    re.compile(r"\b(?:do|does|did|has|have|will) (?P<it>the \w+(?: \w+)?) \w+"),
)


def _english_subject(first: str) -> str:
    for pattern in _ENGLISH_SUBJECT:
        match = pattern.search(first)
        if match:
            return match["it"].strip()
    names = _ENGLISH_NAME.findall(re.sub(r"^\w+", "", first))
    return str(names[0]) if names else ""


# --- what is no question to documents

_PLEASE = re.compile(
    r"^(?:你好|您好|嗨|hi|hello|hey)?[，,！! ]*"
    r"(?:(?:请|麻烦|劳驾|你?能不能|你?能否|可不可以|可以|能|你能|你可以|我(?:想|要)?(?:让|请)你|帮忙|帮我们?|替我|给我们?|为我|再|现在)[，,]?)*"
)
_TAIL = re.compile(r"(?:吧|好吗|可以吗|行吗|吗|给我|出来|谢谢)+$")
_HELP = re.compile(r"^(?:请)?(?:帮忙|帮我们?|替我|给我们?|为我)")
_MADE = (
    r"诗|诗歌|绝句|律诗|俳句|词|歌词|歌|小说|故事|作文|散文|信|邮件|情书|代码|程序|脚本|函数|算法|爬虫|文案|广告词?|论文"
    r"|对联|春联|笑话|剧本|台词|演讲稿|发言稿|讲话稿|海报|图|图片|画|表情包|简历|祝福语|贺词|段子|日记|检讨书"
    r"|请假条|辞职信|朋友圈|口号|标语|菜谱|谜语|游戏|网页|sql|python|java|javascript|html|c\+\+|ppt|excel"
)
_MAKING = re.compile(
    # 写一首诗, 一段排序代码; 写了什么 asks, and 写这篇文章的人 names
    r"用(?:python|java|javascript|c\+\+|c|go|rust|sql|php)语?言?(?:写|编|实现)"
    rf"|(?:写|作(?![家者为品案战用业])|创作|编写|编|画|绘制|生成|设计|做|起草|撰写|拟|来|实现)(?![了过于的者这])"
    rf"(?:出|下|一|个|首|篇|段|封|份|张|几|两|三|五|点|些|副|幅|条|关于)*[^的]{{0,30}}?的?.{{0,8}}?(?:{_MADE})$"
    r"|(?:讲|说|来)一?[个段则]?.{0,6}(?:笑话|故事|段子|绕口令|谜语)(?:听听)?$"
    r"|(?:唱|跳|播放)一?[首支段].{0,10}$"
    r"|(?:翻译|英译|汉译|润色|改写|校对|续写|扩写|仿写|朗读|背诵)(?![了的者过家官]|人员|工作)"
    r"|[把将]?.{1,80}(?:翻译|译)[成为](?:英|中|日|法|德|俄|韩|西班牙|文言|白话|繁体|简体)[文语汉字]*$"
    r"|(?:计算|算|算算|求解|解方程|解)(?:一下)?[\d\s+\-*/×÷^().=x,，]{3,}"
    r"|(?:扮演|假装|假设你是|从现在起你是|陪我|[和跟]我聊|设个?闹钟|提醒我|预订|上网搜|推荐[一几]?[个部本首])"
)
_ASKED_OF_US = re.compile(
    r"^[\d\s+\-*/×÷^().]{3,}(?:=|等于)?(?:几|多少)?$|^(?:谢谢|感谢)[你您][^?]{0,8}$"
    r"|^.{1,30}用?(?:英语|英文|日语|日文|法语|德语|韩语|俄语)(?:怎么|如何)(?:说|讲|写|表达|翻译)$"
    r"|^[你您](?:是|叫|到底是|究竟是)(?:谁|什么|哪个|哪家|不是|由谁|ai|人|机器|真人|gpt|chatgpt).{0,16}$"
    r"|^[你您](?:能|会|可以)(?:做|干|帮我做|帮我)?些?(?:什么|啥|哪些事).{0,6}$"
    r"|^[你您](?:使?用)?的?是?(?:什么|哪个|哪种)(?:语言)?模型.{0,8}$"
    r"|^[你您](?:几岁|多大|的名字|叫啥|有感情|吃了|好吗|还好吗|在吗|喜欢|爱).{0,12}$"
    r"|^介绍一?下?[你您]自己$|^自我介绍(?:一下)?$|^[你您]的(?:系统)?提示词"
    r"|^(?:显示|输出|重复)[你您]的(?:系统)?(?:提示词?|指令)"
)
_ENGLISH_PLEASE = (
    r"^(?:please |kindly |(?:can|could|would|will) you (?:please )?|i(?:'d| would) like you to "
    r"|i want you to |help me (?:to )?|let's )*"
)
_ENGLISH_TASK = re.compile(
    rf"{_ENGLISH_PLEASE}(?:write|compose|draft|create|generate|make|design|draw|paint|sketch|code"
    r"|implement|build|give me)\b.{0,60}?\b(?:poem|haiku|sonnet|song|lyrics|story|tale|joke|riddle"
    r"|novel|essay|letter|e-?mail|code|script|program|function|app|website|game|picture|image|logo"
    r"|slogan|advert|resume|cv|speech|limerick|recipe|sql|regex|algorithm)\b"
    rf"|{_ENGLISH_PLEASE}(?:translate|rephrase|paraphrase|proofread|debug|refactor|solve|calculate"
    r"|compute|sing|pretend|act as|role-?play|play|recite|rewrite)\b"
    rf"|{_ENGLISH_PLEASE}tell (?:me|us) (?:a|another|one|some) (?:\w+ )?(?:jokes?|stor(?:y|ies)"
    r"|riddles?|poem)\b"
    r"|^(?:who|what) (?:are|r) you\b|^what(?:'s| is) your name|^how old are you"
    r"|^are you (?:an? )?(?:human|robot|ai|bot|chatgpt|gpt|claude|real)"
    r"|^(?:what|which) (?:language )?(?:model|llm|ai) (?:are you|do you use|is this|powers you)"
    r"|^what can you do\b|^(?:show|repeat|print|reveal) (?:me )?your (?:system )?(?:prompt|instr)"
)
_ABOUT_DOCUMENTS = re.compile(
    r"总结|摘要|概要|综述|概括|归纳|梳理|要点|简报|时间线|简介|大事记|summar|overview|timeline|outline"
)
_SMALL_TALK = word_list("small_talk.txt")
_PIECES = re.compile(r"[\s，,。.！!？?~～、；;…^]+|[\U0001f300-\U0001faff☀-➿]")


def is_task(question: str) -> bool:
    """Whether this asks for something to be made, or chats, and so asks nothing of documents.

    写一首诗, 帮我写代码, 翻译, 你好, 谢谢 and “what model are you” do; 写了什么, 总结一下这篇文章
    and 介绍一下 ask documents.

    >>> [is_task(q) for q in ("写一首关于春天的诗", "他在信里写了什么？", "总结一下这篇文章")]
    [True, False, False]
    """
    folded = fold(question).strip(" \n。.！!？?~～")
    pieces = [p for p in _PIECES.split(folded) if p]
    if all(p in _SMALL_TALK for p in pieces) or "_".join(pieces) in _SMALL_TALK:
        return True
    if _ABOUT_DOCUMENTS.search(folded):
        return False
    wanted = _PLEASE.sub("", folded)
    if any(p.match(text) for p in (_ASKED_OF_US, _ENGLISH_TASK) for text in (folded, wanted)):
        return True
    # 写这封信的是谁 asks; 帮我写一个能判断是谁的程序 does not.
    if _ASKS.search(_TAIL.sub("", wanted)) and not _HELP.match(folded):
        return False
    clauses = (wanted, *(_PLEASE.sub("", piece) for piece in pieces))
    return any(_MAKING.match(_TAIL.sub("", clause)) for clause in clauses)
