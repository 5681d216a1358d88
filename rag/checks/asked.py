"""Short answers: whether what was asked is said of them, and not of another.

A figure, a date or a name alone claims that it is the answer. It stands somewhere in the source;
so do others of its kind. The one beside which most of the question stands is the answer.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

import jieba

from rag.checks import speakers
from rag.checks.contrasts import is_opposable
from rag.checks.days import Day, dates, published, resolved
from rag.checks.reading import LIGHT, Fault, Known, Word, country_of, read
from rag.checks.roles import subject_of
from rag.figures import comparable, figures, is_of_date
from rag.question.expects import expected

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rag.checks.reading import Clause, Comparison
    from rag.figures import Figure

LED, NEARBY = 0.7, 0.4
"""What a word of the question counts in a clause before, which leads, and in one after."""
LITTLE = 0.4
"""What a verb counts that says little by itself: 获得, 进行."""
DATED = 1.5
"""What a date of the question counts."""
MARGIN = 0.4
"""By how much more of the question another must hold, in words that few clauses hold."""
_HOW_MANY = re.compile(r"多少|几|多[长宽高深重大久远厚]|how |what (?:percent|share|rate)")
_FORMERLY = re.compile(r"原[定计来本先拟]|原计划|此前|originally")
"""What held before is no answer to what holds."""
_LETTERED = re.compile(r"[a-z0-9]+(?:轮|组|级|队|类|座|期|股|型)")
_ADDRESS = re.compile(r"//|www\.|\]\(")
_SEVERAL = re.compile(r"分别|各[是有]|又是|呢[？?]|；|[？?].+[？?]")
"""Several questions in one: an answer to one is none to the others."""
_TOGETHER = re.compile(r"[和与同跟].{1,12}(?:一起|一同|一道|共同|并肩)|\bwith\b|\bbeside")
"""By which a question names who is not the answer: 和普京一起站在两侧的是谁."""
_START = re.compile(r"开始|起|开幕|启动|\b(?:begin|start|open)")
_END = re.compile(r"结束|闭幕|截止|为止|\b(?:end|close|finish)")
_SPAN = re.compile(r"从?(?P<first>[^从到至,]{2,12}?\d[日月年号]?)(?:持续|一直)?[到至](?P<last>.+)")
_WHO_SAYS = re.compile(
    r"谁[^,，]{0,8}(?:说|讲|称|表示|认为|指出|提出|写)|(?:话|说法|观点)是谁|谁的(?:话|说法|观点)"
    r"|\bwho (?:said|says|told|wrote|claim\w*)\b"
)
"""Whoever is named before what is quoted answers, however many are named in it."""
_NOBODY = ("赛", "会", "奖", "杯", "展", "节", "案", "法")
"""Ends of names that are neither somebody's nor a place's."""
_PEOPLE, _PLACES = ("name", "nr"), ("name", "ns", "nt")


Kind: TypeAlias = Literal["date", "figure", "name"]


@dataclass(frozen=True, slots=True)
class _Terms:
    """What a question is about, each with its weight."""

    words: tuple[tuple[Word, float], ...]
    days: tuple[Day, ...]
    numbers: tuple[Figure, ...]
    card: Day


def faults(it: Comparison) -> Iterator[Fault]:
    """Yield where a short answer is the answer to another question."""
    if not it.question or _SEVERAL.search(it.question):
        return
    if not it.is_bare:
        yield from _at_another_time(it)
        return
    kind = expected(it.question)
    if kind == "person" and _TOGETHER.search(it.question) and _all_named(it):
        yield Fault("unsupported", f"the question itself names {it.clause.written}")
        return
    named = any(word.is_name for word in it.clause.words)
    if kind in {"person", "place"} and it.clause.figures and not named:
        yield Fault("unsupported", "does not say what is asked for")
        return
    day = next(iter(dates(it.clause.text)), None)
    counted = [f for f in it.clause.figures if not is_of_date(f)]
    if day and kind in {"day", "year", "date", None}:
        card = next(iter(published(it.cards)), Day())
        own = [c for c in it.offered if any(_meets(day, d) for d in resolved(c.text, card))]
        others = [c for c in it.offered if any(d.year or d.month for d in dates(c.text))]
        yield from _other_is_asked(it, own, others, str(day), of="date")
        yield from _other_end(it, day)
    elif counted and _HOW_MANY.search(it.question):
        own = [c for c in it.offered if all(any(f.same_as(x) for x in c.figures) for f in counted)]
        others = [
            c
            for c in it.offered
            if any(comparable(mine, f) for f in c.figures for mine in counted)
            and not _ADDRESS.search(c.text)
        ]
        yield from _other_is_asked(it, own, others, counted[0].written.strip(), of="figure")
        if not others:
            measured = [c for c in it.offered if any(not is_of_date(f) for f in c.figures)]
            yield from _nothing_asked(it, own, measured)
    elif kind in {"person", "place"} and it.clause.words:
        tags = _PEOPLE if kind == "person" else _PLACES
        name = it.clause.words[-1]
        several = len(it.clause.words) > 1
        whole = [c for c in it.offered if several and it.clause.text in c.text]
        own = whole or [c for c in it.offered if c.known.says(name)]
        others = [
            c
            for c in it.offered
            if any(
                (w.tag.startswith(tags) or w.text not in jieba.dt.FREQ)
                and not w.text.endswith(_NOBODY)
                and w.text not in it.question
                for w in c.words
            )
        ]
        yield from _other_is_asked(it, own, others, name.text, of="name")


def _all_named(it: Comparison) -> bool:
    """Whether a bare name says nobody but whom the question names: 普京, who stood by 普丁."""
    known = country_of()
    words = [w for w in it.clause.words if w.is_name and not w.tag.startswith(("ns", "nt"))]
    names = [w for w in words if w.text not in known]
    return bool(names) and all(any(f in it.question for f in w.forms) for w in names)


def _meets(day: Day, other: Day) -> bool:
    pairs = ((day.year, other.year), (day.month, other.month), (day.day, other.day))
    return all(a == b or not a or not b for a, b in pairs) and day.rivals(other)


def _other_is_asked(
    it: Comparison,
    own: Sequence[Clause],
    others: Sequence[Clause],
    what: str,
    *,
    of: Kind,
) -> Iterator[Fault]:
    """Whether a clause without the answer holds more of the question than all that have it."""
    rivals = [
        c
        for c in others
        if not any(c is mine for mine in own)
        and (not _FORMERLY.search(c.text) or _FORMERLY.search(it.question))
    ]
    if not own or not rivals:
        return
    terms = _terms(it)
    mine = max(_fit(it, terms, clause, rivals, of=of) for clause in own)
    fits = [_fit(it, terms, clause, own, of=of) for clause in rivals]
    if max(fits) > mine + MARGIN:
        best = rivals[fits.index(max(fits))]
        led = any(c.sentence == best.sentence and c.text in best.leads for c in own)
        if of == "name" and led and not subject_of(best).phrase:
            return  # 甲2日证实,已买下…: the doer stands before
        yield Fault("contradicted", f"not what is asked: {what}; see “{best.written}”")


def _nothing_asked(
    it: Comparison, own: Sequence[Clause], others: Sequence[Clause]
) -> Iterator[Fault]:
    """Whether no word of the question stands by the answer, and some do by another figure."""
    terms = _terms(it)
    here = [_fit(it, terms, clause, others, of="figure") for clause in own]
    there = [_held(terms, [clause.text]) for clause in others]
    if here and there and max(here) <= 0 and max(there) >= 1:
        best = others[there.index(max(there))]
        yield Fault("contradicted", f"not what is asked; see “{best.written}”")


def _terms(it: Comparison) -> _Terms:
    words: list[tuple[Word, float]] = []
    for word in (w for clause in read(it.question, it.clause.names) for w in clause.words):
        held = sum(clause.known.says(word) for clause in it.offered)
        if held and not it.clause.known.says(word):
            light = any(form in LIGHT for form in word.forms)
            weight = math.log(1 + len(it.offered) / held)
            words.append((word, weight * (LITTLE if light else 1.0)))
    for text in _LETTERED.findall(it.question):
        held = sum(text in clause.text for clause in it.offered)
        if held:
            weight = math.log(1 + len(it.offered) / held)
            words.append((Word(text, (text,), "b", 0), weight))
    numbers = tuple(f for f in figures(it.question) if not is_of_date(f))
    card = next(iter(published(it.cards)), Day())
    return _Terms(tuple(words), tuple(dates(it.question)), numbers, card)


def _fit(
    it: Comparison, terms: _Terms, clause: Clause, rivals: Sequence[Clause], *, of: Kind
) -> float:
    """How much of the question stands in a clause, and around it up to the next of its kind."""
    here = [clause.text]
    leads: list[str] = []
    over: list[str] = []
    near: list[str] = []
    at = next(i for i, c in enumerate(it.offered) if c is clause)
    opens, acts = speakers.is_opening(clause), bool(subject_of(clause).phrase)
    said = opens and bool(_WHO_SAYS.search(it.question))
    passed = False
    for step in (-1, 1):
        n = at + step
        while 0 <= n < len(it.offered) and it.offered[n].sentence == clause.sentence:
            other = it.offered[n]
            rival = any(other is r for r in rivals)
            passed = passed or rival
            if step > 0 and (other.segment != clause.segment or (rival and not said)):
                break
            if step < 0 and passed and (of == "name" or other.segment != clause.segment):
                break
            if (opens and step > 0) or (step < 0 and speakers.is_opening(other)):
                here.append(other.text)
            elif step > 0:
                # 布林肯也释出诚意，前往…与韩正会谈: whoever is named first does the rest.
                does = of == "name" and acts and not subject_of(other).phrase
                (here if does else near).append(other.text)
            else:
                (over if passed else leads).append(other.text)
            n += step
    if of == "name" and passed:
        leads = []  # what another said before
    own = _held(terms, here)
    led = _held(terms, [*here, *leads])
    share = LED if acts else 1.0
    total = own + share * (led - own)
    if of != "date":
        total -= _other_time(terms, clause)
    if over:
        # What another's clause says of it is not said of this one: its names and its verbs.
        kept = _not_of_another(terms, clause, of)
        total += share * (_held(kept, [*here, *leads, *over]) - _held(kept, [*here, *leads]))
    everything = _held(terms, [*here, *leads, *near])
    return total + NEARBY * (everything - led)


def _other_time(terms: _Terms, clause: Clause) -> float:
    """What a clause loses that names another year than the question does."""
    asked, there = {d.year for d in terms.days}, {d.year for d in dates(clause.text)}
    return DATED if asked - {0} and there - {0} and not asked & there else 0.0


def _not_of_another(terms: _Terms, clause: Clause, of: Kind) -> _Terms:
    names = any(word.is_name for word in clause.words)
    verbs = of == "date" and any(tag in {"v", "vi"} or is_opposable(w) for w, tag in clause.tagged)
    words = tuple(
        (word, weight)
        for word, weight in terms.words
        if not (names and word.is_name)
        and not (verbs and (word.tag.startswith("v") or is_opposable(word.text)))
    )
    return replace(terms, words=words, days=())


def _held(terms: _Terms, texts: Sequence[str]) -> float:
    text = "\n".join(texts)
    known, there = Known(text), resolved(text, terms.card)
    counted = figures(text)
    return (
        sum(weight for word, weight in terms.words if known.says(word))
        + sum(DATED for day in terms.days if any(_meets(day, d) for d in there))
        + sum(1.0 for number in terms.numbers if any(number.same_as(f) for f in counted))
    )


def _at_another_time(it: Comparison) -> Iterator[Fault]:
    """What the source dates otherwise, told as of the time that the question names."""
    wanted = [d for d in dates(it.question) if d.year]
    if len(wanted) != 1 or dates(it.clause.text) or len(it.claim) > 1:
        return
    card = next(iter(published(it.cards)), Day())
    there = [d for d in dates(it.source.text) if wanted[0].rivals(d)]
    there = [d for d in resolved(it.source.text, card) if there and wanted[0].rivals(d)]
    if not there or any(_meets(wanted[0], d) for d in there):
        return
    if any(_meets(wanted[0], d) for c in it.offered for d in dates(c.text) if d.year):
        yield Fault("contradicted", f"the source says it of {there[0]}, not of {wanted[0]}")


def _other_end(it: Comparison, day: Day) -> Iterator[Fault]:
    """从4月12日持续到5月3日: when it begins, and when it ends."""
    for match in _SPAN.finditer(it.source.text):
        first, last = dates(match["first"]), dates(match["last"])[:1]
        ends = _END.search(it.question) and not _START.search(it.question)
        begins = _START.search(it.question) and not _END.search(it.question)
        if begins and any(_meets(day, d) for d in last) and not any(_meets(day, d) for d in first):
            yield Fault("contradicted", f"{day} is when it ends")
        elif ends and any(_meets(day, d) for d in first) and not any(_meets(day, d) for d in last):
            yield Fault("contradicted", f"{day} is when it begins")
