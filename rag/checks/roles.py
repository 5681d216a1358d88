"""Roles: who does what to whom (A对B加征, B对A; A访问B)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import TYPE_CHECKING

import jieba

from rag.checks.contrasts import is_opposable
from rag.checks.reading import LIGHT, Fault, country_of
from rag.fold import STOP_WORDS
from rag.tables import alike

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rag.checks.reading import Clause, Comparison, Word

_TURNS = re.compile(r"被|由|遭|受到|\bby\b")
_JOINED = re.compile(r"^\s*(?:和|与|及|、|同|跟|and|,)\s*$|^$")
_AGENT = re.compile(r"(?<!自)由(?!于|此)|被|(?<!大)使(?![用馆者命])|\bby ")
_PRONOUN = re.compile(
    r"^(?:他|她|它|其|双方|两人|两国|这|该|本[鱼种属科书剧片曲站校馆品]|此|也|并|但|又|则|he|she|they|it)"
)
_IS = re.compile(r"是|为(?!了)| is | was ")
_IF = re.compile(
    r"如果|若|假如|倘若|一旦|要是|由于|因为|尽管|虽然|随着|if |when |although |because "
)
_HE = re.compile(r"(?:他|她|它|其|双方|两人|此外|he|she|they|it)")
_NOUNS = ("n", "vn", "j")
_STOPS = frozenset(
    (
        "对",
        "向",
        "将",
        "把",
        "在",
        "与",
        "和",
        "同",
        "从",
        "由",
        "被",
        "给",
        "为",
        "以",
        "于",
        "就",
        "使",
        "让",
        "至",
        "到",
    )
)


@dataclass(frozen=True, slots=True)
class Subject:
    """Who does it, as far as the words before the verb tell."""

    phrase: str
    countries: frozenset[str]
    people: frozenset[str]
    """Names that are no countries."""
    acts: bool = True
    """Whether a verb or a preposition follows; else the clause but calls something by a name."""


_MEASURES = frozenset(
    ("小时", "分钟", "时", "分", "秒", "点", "年", "月", "日", "天", "周", "季度")
)
NOBODY = Subject("", frozenset(), frozenset())
_RARE = 500
"""Times in jieba's corpus below which an adverb may be a name."""
_NO_VERBS = frozenset(("选手", "代表", "领导", "主持", "主席", "编辑", "导演", "教练", "总裁"))
"""That the tagger takes for verbs."""


def faults(it: Comparison) -> Iterator[Fault]:
    """Yield where another does it, or where doer and done-to change places."""
    if it.is_bare:
        return
    yield from _another(it)
    yield from _of_another_subject(it)
    yield from _to_another(it)
    yield from _turned_towards(it)
    yield from _of_whom(it)
    yield from _held_elsewhere(it)
    yield from _sides_turned(it)
    yield from _elsewhere(it)
    yield from _changed_places(it)
    yield from _put_in_place(it)
    yield from _towards_another(it)
    yield from _object_as_subject(it)
    yield from _subject_as_object(it)
    yield from _passive_turned(it)
    yield from _of_another_kind(it)
    yield from _compared(it)


_THAN = re.compile(r"([㐀-鿿]{2,12})比([㐀-鿿]{2,12})")


def _compared(it: Comparison) -> Iterator[Fault]:
    """乙比甲高 where the source has 比乙高."""
    said, there = _THAN.search(it.clause.text), re.search(r"比([㐀-鿿]{2,12})", it.source.text)
    if not said or not there or it.clause.english:
        return
    whom = there[1][:_NAMED]
    if whom in said[1] and whom not in said[2]:
        yield Fault("contradicted", f"{said[1]} and {said[2][:_NAMED]} change places")


_NAMED = 4
"""Characters that tell what something is compared with."""
_BODIES = frozenset(("大学", "学院", "银行", "医院", "法院"))
"""That are told from one another by the name before."""


def _of_another_kind(it: Comparison) -> Iterator[Fault]:
    """云岭隧道 where the source has 雪峰隧道."""
    pairs = list(pairwise(it.source.tagged))
    for (one, kind), (what, noun) in pairwise(it.clause.tagged):
        named = kind == "name" or kind.startswith(_NOUNS)
        if not named or len(one) < 2 or len(what) < 2 or not noun.startswith(_NOUNS):
            continue
        told = one in it.source.text and what not in _BODIES
        if told or f"{one}{what}" in it.quotes.text:
            continue
        others = [a for (a, tag), (b, _) in pairs if b == what and tag.startswith(("n", "j"))]
        if others and not any(a in it.clause.text or a in alike(one) for a in others):
            yield Fault("contradicted", f"the source has {others[0]}{what}, not {one}{what}")
            return


def _of_another_subject(it: Comparison) -> Iterator[Fault]:
    """儿科24小时开放 where the source says it of 急诊科, and something else of 儿科."""
    said, there = subject_of(it.clause).phrase, subject_of(it.source).phrase
    if len(said) < 2 or not there or it.clause.english or _WHEN.search(there):
        return
    pairs = [said[i : i + 2] for i in range(len(said) - 1)]
    if 2 * sum(pair in it.source.text for pair in pairs) > len(pairs):
        return
    at = next(n for n, clause in enumerate(it.sources) if clause is it.source)
    same = "".join(c.text for c in it.sources[:at] if c.sentence == it.source.sentence)
    led = f"{same}{it.source.leads}{it.before.text}"
    if said in led or _PRONOUN.match(there) or _POINTS.search(there):
        return
    for clause in it.sources:
        if clause is not it.source and said in subject_of(clause).phrase:
            yield Fault("contradicted", f"the source says it of {there}, not {said}")
            return


_TOWARDS = frozenset(("向", "对", "给", "为", "替", "遭", "被", "由"))
_NOUN_TAGS = ("name", "n", "j")


def _to_another(it: Comparison) -> Iterator[Fault]:
    """向特朗普政府求和 where the source has 向中方求和; 制裁美方 where it has 制裁中方."""
    there = list(pairwise(it.source.tagged))
    for (one, tag), (what, kind) in pairwise(it.clause.tagged):
        done = tag.startswith("v") or is_opposable(one)
        verb = done and len(one) > 1 and kind == "name"
        if not (verb or one in _TOWARDS) or not kind.startswith(_NOUN_TAGS):
            continue
        if f"{one}{what}" in it.quotes.text or what not in it.quotes.text:
            continue
        others = [
            b
            for (a, _), (b, noun) in there
            if a == one
            and noun.startswith("name" if verb else _NOUN_TAGS)
            and (b in country_of()) == (what in country_of())
        ]
        told = others and (f"{one}{others[0]}" in it.clause.text or what in others)
        between = "" if kind.startswith(("name", "nr", "ns", "nt", "nz")) else "的"
        if re.search(rf"{one}[^,]*{between}{re.escape(what)}", it.source.text):
            continue  # 对人工智能至关重要的芯片 told as 对芯片; 由现任总监甲 as 由甲
        if others and not told:
            yield Fault("contradicted", f"the source has {one}{others[0]}, not {one}{what}")
            return


_TO_WHOM = re.compile(r"(?<![面方倾偏])(?:向|对(?!话|等|外|抗|手)|给(?!予))")


def _turned_towards(it: Comparison) -> Iterator[Fault]:
    """中国外长向布林肯发出 where the source has 布林肯还向中国外长发出."""
    there = [_ends(c.leads, c.text) for c in it.sources if c.sentence == it.source.sentence]
    for ends in filter(None, [_ends(it.clause.leads, it.clause.text)]):
        doer, whom = ends
        for theirs in filter(None, there):
            turned = _overlap(whom, theirs[0]) and _overlap(theirs[1], doer)
            if turned and not _overlap(whom, theirs[1]) and not _overlap(doer, theirs[0]):
                yield Fault("contradicted", f"{doer} and {whom} change places")
                return


def _ends(leads: str, text: str) -> tuple[str, str] | None:
    """What stands before 向 or 对 in its sentence, and right after it."""
    match = _TO_WHOM.search(text)
    if not match:
        return None
    before = text[: match.start()] or leads.rstrip(",").rsplit(",", 1)[-1]
    if _TO_WHOM.search(before):
        return None
    return before[:_PHRASE], re.split("[的,]", text[match.end() :])[0][:_PHRASE]


_PHRASE = 6
"""Characters in which somebody is named."""


def _overlap(one: str, other: str) -> bool:
    return any(one[i : i + 2] in other for i in range(len(one) - 1))


def _of_whom(it: Comparison) -> Iterator[Fault]:
    """驳回甲的上诉 where the source has 驳回乙的上诉."""
    if it.clause.english or it.source.english:
        return
    verbs = [w for w, tag in it.clause.tagged if len(w) == 2 and tag == "v"]
    for verb in verbs:
        pattern = rf"{re.escape(verb)}([㐀-鿿]{{2,8}})的([㐀-鿿]{{2}})"
        theirs = re.findall(pattern, it.quotes.text)
        for whom, what in re.findall(pattern, it.clause.text):
            others = [other for other, thing in theirs if thing == what]
            if others and whom in it.quotes.text and not any(_overlap(whom, o) for o in others):
                yield Fault("contradicted", f"the source has {verb}{others[0]}, not {whom}")
                return


_SIDE = re.compile(r"(?![双各对地官四多一])[㐀-鿿]方(?![面法案向式便针])")


def _sides_turned(it: Comparison) -> Iterator[Fault]:
    """乌方对哈方免税 where the source has 哈方对乌方."""
    said = _SIDE.findall(it.clause.text)
    if len(set(said)) != 2 or _TURNS.search(it.clause.text):
        return
    if said[::-1] == _SIDE.findall(it.source.text):
        yield Fault("contradicted", f"{said[0]} and {said[1]} change places")


_WHERE = re.compile(
    r"在([^在的,]{2,8}?)(举行|召开|举办|建成|建设|生产|成立|发生)的([^在的,]{2,16})"
)


def _held_elsewhere(it: Comparison) -> Iterator[Fault]:
    """A在美国举行 where the source has 在中国举行的A和在美国举行的B."""
    for place, verb, what in _WHERE.findall(it.source.text):
        said = re.search(rf"(.{{2,20}})在(.{{2,8}}?){verb}", it.clause.text)
        if said and said[1][-4:] in what and said[2] != place and said[2] in it.source.text:
            yield Fault("contradicted", f"the source has 在{place}{verb}的{what}")
            return


_WHEN = re.compile(r"时间|[年月日周]")
_WRITER = re.compile(r"笔者|作者|本人|本文|我")
_POINTS = re.compile(r"^(?:公司|该|此|其|这|双方|两|当局|官方|当地)")


def _object_as_subject(it: Comparison) -> Iterator[Fault]:
    """川普告诫习近平 where the source has 他告诫川普."""
    for (name, tag), (verb, kind) in pairwise(it.clause.tagged):
        if not tag.startswith(("n", "name", "s")) or not kind.startswith("v") or len(verb) < 2:
            continue
        if len(name) < 2 or f"{name}{verb}" in it.quotes.text:
            continue
        if f"{verb}{name}" in it.source.text and f"{verb}{name}" not in it.clause.text:
            yield Fault("contradicted", f"{name} is whom it is done to")
            return


def _subject_as_object(it: Comparison) -> Iterator[Fault]:
    """曲国梁要求渔民 where the source has 渔民要求."""
    if it.clause.english or it.source.english or _TURNS.search(it.source.text):
        return
    for (verb, kind), (name, tag) in pairwise(it.clause.tagged):
        if (
            kind not in {"v", "vi"}
            or not tag.startswith(_NOUN_TAGS)
            or min(len(verb), len(name)) < 2
        ):
            continue
        if name in country_of() or tag.startswith("ns"):
            continue  # 到中国访问 told as 访问中国
        doer = f"{name}{verb}" in it.source.text
        if doer and f"{verb}{name}" not in it.quotes.text and f"{name}{verb}" not in it.clause.text:
            yield Fault("contradicted", f"{name} is who does it")
            return


_PASSIVE = re.compile(
    r"(?P<whom>[㐀-鿿]{2,8})(?:被|遭)(?P<by>[㐀-鿿]{2,10}?)(?P<verb>[㐀-鿿]{2})(?=[,。后,]|$)"
)


def _passive_turned(it: Comparison) -> Iterator[Fault]:
    """甲击败乙 where the source has 甲被乙击败."""
    if _TURNS.search(it.clause.text):
        return
    for match in _PASSIVE.finditer(it.source.text):
        whom, verb, by = match["whom"][-3:], match["verb"], match["by"]
        before, _, after = it.clause.text.partition(verb)
        if after and whom in before and _overlap(by, after) and not _overlap(by, before):
            yield Fault("contradicted", f"{whom} is whom it is done to")
            return


def _towards_another(it: Comparison) -> Iterator[Fault]:
    """Whether a country does to another what that does to it: 中国驻美国, 美国驻中国."""
    said, there = _directed(it.clause.text), _directed(it.quotes.text)
    for one, how, other in said - there:
        if (other, how, one) in there:
            yield Fault("contradicted", f"{one} and {other} change places")
            return


def _directed(folded: str) -> set[tuple[str, str, str]]:
    lands = "|".join(sorted(set(country_of().values())))
    return set(re.findall(rf"({lands})(驻|对|访问?|输|赴|向|为|给|制裁)({lands})", folded))


def _another(it: Comparison) -> Iterator[Fault]:
    """Whether the source says it of another."""
    said, there = subject_of(it.clause), _doer(it)
    if not said.phrase or not there.phrase:
        return
    if _WRITER.match(there.phrase) and any(p in it.cards for p in said.people):
        return  # 笔者: whom the document's card names
    both = _TOGETHER.search(it.clause.text) and _TOGETHER.search(it.source.text)
    if both and there.people and all(p in it.clause.text for p in there.people):
        return  # 甲与乙会谈: as 乙与甲会谈
    thinks = _THINKS_OF.search(it.clause.text)
    if thinks and any(it.clause.text.startswith(who, thinks.end()) for who in there.countries):
        return  # 甲误判乙靠出口: as the source has it of 乙
    countries = said.countries, there.countries
    leads = any(there.phrase.startswith(land) for land in there.countries)
    if all(countries) and not said.countries & there.countries and leads and not said.people:
        yield _of_another(there.countries, said.countries)
    elif said.people and there.people and not said.people & there.people:
        if any(p in it.source.leads for p in said.people) and it.clause.english:
            return  # called it so: who speaks stands before
        if not there.acts or any(_overlap(p, t) for p in said.people for t in there.people):
            return  # 马连良弟子; 徐陵 and 徐陵之子
        if not any(p in it.source.text for p in said.people):
            yield _of_another(there.people, said.people)
    elif len(said.phrase) < 7 and not said.countries and not _share(said.phrase, it.source):
        led = f"{it.source.leads}{it.before.text}"
        rare = jieba.dt.FREQ.get(said.phrase, 0) < _RARE
        if said.phrase in it.quotes.text and said.phrase not in led and (there.people or rare):
            yield _of_another({there.phrase}, {said.phrase})


_THINKS_OF = re.compile(r"误判|误以为|认为|以为|认定|觉得|判断|相信|指责|指控|批评|声称|宣称")
_TOGETHER = re.compile(r"[与同和跟].+(?:会谈|会晤|会面|见面|通话|通电话|磋商|握手)")


def _share(phrase: str, clause: Clause) -> bool:
    return any(phrase[i : i + 2] in clause.text for i in range(max(len(phrase) - 1, 1)))


def _of_another(there: Iterable[str], said: Iterable[str]) -> Fault:
    return Fault("contradicted", f"the source says it of {_list(there)}, not {_list(said)}")


def _list(names: Iterable[str]) -> str:
    return "、".join(sorted(names))


def _doer(it: Comparison) -> Subject:
    """Who does it in the source: told by the clause, else by one before it in its sentence."""
    at = next(i for i, clause in enumerate(it.sources) if clause is it.source)
    for clause in reversed(it.sources[: at + 1]):
        if clause.sentence != it.source.sentence:
            break
        if clause is not it.source and _IF.match(clause.text):
            continue  # 如果欧盟开征: its doer is its own
        subject = subject_of(clause)
        if subject.phrase or _PRONOUN.match(clause.text):
            return subject
    return NOBODY


def _elsewhere(it: Comparison) -> Iterator[Fault]:
    """Whether a person of the claim stands only in another part of the source than its words."""
    countries = country_of()
    part = [
        c
        for c in it.sources
        if c.sentence[0] == it.source.sentence[0] and c.segment == it.source.segment
    ]
    here = "".join(c.text for c in part)
    named = (w.text for w in it.clause.words if w.tag == "name" and w.text not in countries)
    people = dict.fromkeys(named)  # in order: the first is told
    there = {w.text for c in part for w in c.words if w.tag == "name" and w.text not in countries}
    strange = [p for p in people if p not in here and p in it.quotes.text]
    if strange and there - people.keys() and not _HE.match(part[0].text) and _persons(strange, it):
        yield Fault("contradicted", f"the source says it of {_list(there)}, not {strange[0]}")


def _persons(names: Iterable[str], it: Comparison) -> bool:
    """Whether names are subjects of clauses of the source."""
    for clause in it.sources:
        for (_, tag), (word, _) in pairwise((("", ""), *clause.tagged)):
            if word in names and (tag.startswith("n") or word in subject_of(clause).people):
                return True
    return False


def _changed_places(it: Comparison) -> Iterator[Fault]:
    """Whether two names stand the other way round: 习近平告诫川普, 川普告诫习近平."""
    if it.clause.english != it.source.english:
        return
    if _TURNS.search(it.clause.text) or _TURNS.search(it.source.text):
        return
    names = [w for w in it.clause.words if w.tag == "name" or w.tag.startswith(("nr", "ns"))]
    text, other = it.clause.text, it.source.text
    for one, two in combinations(names, 2):
        first, last = one.text, two.text
        if any(t.count(name) != 1 for t in (text, other) for name in (first, last)):
            continue
        if any(_is_attribute(name, c) for name in (first, last) for c in (it.clause, it.source)):
            continue
        between = text[text.find(first) + len(first) : text.find(last)]
        there = other[other.find(last) + len(last) : other.find(first)]
        turned = other.find(last) < other.find(first)
        if _IS.search(between) or (_AT.search(between) and _AT.search(other[: other.find(last)])):
            continue  # 位于北京的甲校: as 甲校位于北京
        listed = _listed(it.clause, first, last) and _listed(it.source, last, first)
        if turned and not listed and not _JOINED.match(between) and not _JOINED.match(there):
            yield Fault("contradicted", f"{first} and {last} change places")
            return


_AT = re.compile(r"(?:位|坐落|[源来出生])[于自]$|[在于]$")
"""By which what follows is where somebody or something is."""
_IN_A_LIST = ("n", "name", "j", "c", "x", "uj", "a", "b")
"""Tags of what stands between members of a list: nouns, conjunctions, 的."""


def _listed(clause: Clause, first: str, last: str) -> bool:
    """Whether two names are members of one list: 北海、中海、南海."""
    tokens = [word for word, _ in clause.tagged]
    if first not in tokens or last not in tokens:
        return False
    between = clause.tagged[tokens.index(first) + 1 : tokens.index(last)]
    joined = any(tag == "c" or word in "、和与及" for word, tag in between)
    return joined and all(tag.startswith(_IN_A_LIST) for _, tag in between)


def _is_attribute(name: str, clause: Clause) -> bool:
    """Whether a country's name only tells which: 美国官员; or tells what somebody is."""
    _, after = _around(clause, name)
    tags = dict(clause.tagged)
    return name in country_of() and tags.get(after, "").startswith(("n", "j", "b"))


def _put_in_place(it: Comparison) -> Iterator[Fault]:
    """Whether a name stands where the source has another: 支持美国作为 for 支持中国作为."""
    countries = country_of()
    own = {w.text for w in it.clause.words if w.is_name}
    for word in it.clause.words:
        if not word.is_name:
            continue
        before, after = _around(it.clause, word.text)
        mine = _around(it.source, word.text)
        for other in it.source.words:
            if not other.is_name or _is_place(word) != _is_place(other):
                continue
            left, right = _around(it.source, other.text)
            alike_left, alike_right = _tells(before) and before == left, len(after) > 1
            beside = alike_left or (alike_right and after == right)
            lands = before and word.text in countries and f"{before}{word.text}"
            swapped = lands and len(before) > 1 and before == left and word.text != other.text
            absent = lands and lands not in it.source.text
            if swapped and absent and f"{before}{other.text}" not in it.clause.text:
                yield Fault("contradicted", f"the source has {before}{other.text}")
                return
            if f"{other.text}·" in it.source.text and word.text in it.quotes.text:
                continue  # the given name of the same
            if other.text in own or not beside or word.text in it.source.text:
                titled = _tells(before) and before == left and mine[0] not in {before, ""}
                if not (titled and len(before) > 2 and other.text != word.text):
                    continue
            yield Fault("contradicted", f"says {word.text} where the source says {other.text}")
            return


def _is_place(word: Word) -> bool:
    return word.text in country_of() or word.tag == "ns"


def _tells(before: str) -> bool:
    """Whether what stands before a name makes it that of one place or person."""
    return len(before) > 1 or before in {"在", "于", "in", "at"}


def _around(clause: Clause, word: str) -> tuple[str, str]:
    """The words right before and after one."""
    tokens = clause.tokens
    if word not in tokens:
        return "", ""
    at = tokens.index(word)
    return tokens[at - 1] if at else "", tokens[at + 1] if at + 1 < len(tokens) else ""


def subject_of(clause: Clause) -> Subject:
    """Return who does it: what stands before the first verb or preposition, or after 由 and 被."""
    agent = _AGENT.search(clause.text)
    if agent and not clause.text.startswith("由"):
        words = [w for w in clause.words if w.start >= agent.end()][:1]
        if any(w.tag.startswith("v") for w in words):
            return NOBODY  # 被指控: by whom is not told
        return _subject("".join(w.text for w in words), [w.text for w in words if w.is_name])
    if _PRONOUN.match(clause.text):
        return NOBODY
    taken: list[str] = []
    names: list[str] = []
    acts = False
    for token, tag in clause.tagged:
        light = tag.startswith(("t", "m", "d", "c", "u", "q", "x", "f", "r")) or token in STOP_WORDS
        if tag == "d" and not taken and token not in LIGHT and jieba.dt.FREQ.get(token, 0) < _RARE:
            light = False  # 高远在第12分钟: a name that the tagger does not know
        if token in _STOPS:
            acts = True
            break
        if not token[0].isalnum():
            continue
        if tag != "name" and (light or token[0].isdigit() or token in _MEASURES):
            continue
        if tag == "name" or tag.startswith("nr"):
            names.append(token)
        elif _is_verb(token, tag, taken, names):
            acts = True
            break
        taken.append(token)
    return _subject("".join(taken), names, acts=acts)


def _is_verb(word: str, tag: str, taken: list[str], names: list[str]) -> bool:
    if tag == "en":
        return True
    after_name = tag == "vn" and bool(names) and taken[-1:] == names[-1:]
    return (tag in {"v", "vi"} or after_name) and word not in _NO_VERBS


def _subject(phrase: str, names: Iterable[str], *, acts: bool = True) -> Subject:
    countries = country_of()
    lands = frozenset(countries[n] for n in names if n in countries)
    return Subject(phrase, lands, frozenset(n for n in names if n not in countries), acts)
