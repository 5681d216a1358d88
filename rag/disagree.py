"""Documents that disagree: sentences that answer one question with different values.

Both are given, each with its outlet and date, unless the question asks for the latest. Whether
values differ is told by rules for each kind of value: figures by unit and rounding, dates by what
both tell, people and places by name, yes and no by denial, directions by words that exclude one
another, reasons by what follows “because of”. Where in doubt there is no disagreement: two figures
of different things side by side mislead more than one figure does.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, TypeAlias

import jieba.posseg

from rag.checks.tables import word_sides
from rag.evidence import coverage
from rag.excerpt import Excerpt
from rag.fold import (
    chinese_number,
    fold,
    fold_dates,
    fold_figures,
    language_of,
    script_of,
    to_traditional,
)
from rag.untrusted import is_instruction
from rag.wording import WORDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.evidence import Candidate, Term
    from rag.model import Hit
    from rag.names import Names

jieba.setLogLevel(logging.WARNING)

_Kind: TypeAlias = Literal["figure", "date", "person", "place", "name", "yes or no", "reason"]

READS = 12
"""Sentences to look at; more than an answer reads, since another source may put it otherwise."""
ON_TOPIC = 0.5
"""Share of the best passage's score from which another is of what is asked."""
SAYS_ENOUGH = 0.5
"""Share of the question's weight from which a sentence answers without a word for what is asked."""
SAYS_IN_CONTEXT = 0.25
"""The same of a sentence and what stands around it, for figures of the unit that is asked for."""
SAYS_IT_ALL = 0.75
"""Share of the question's weight in a clause from which any name in it may be what is asked."""
NEAR_BEST = 0.75
"""Share of a document's best answer from which another sentence of it may be its answer."""
ROUNDED, HEDGED = 0.03, 0.1
"""Relative difference up to which two figures may be one, rounded; or with 近, 约 and the like."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the values that sources give."""

    candidates: tuple[int, ...]
    """Places among the candidates given, the best first; each of another story."""
    quote: Candidate
    """The best of them, with the sentence before it where that holds what “he” stands for."""
    value: str
    """In one form, to tell sides by: 8848.86米, 3.2亿元, 9月12日; 是 or 否."""
    label: str
    """Who says so and when: 《观察者网》（2025-09-19）."""


def disagreements(
    question: str, terms: Sequence[Term], candidates: Sequence[Candidate], names: Names
) -> tuple[Side, ...]:
    """Return the sides where documents answer ``question`` differently; else nothing.

    Args:
        question: Made to stand alone, with one part.
        terms: Its words that carry meaning.
        candidates: Sentences that may answer, best first.
        names: Which names are the same.

    Returns:
        Two sides or more, the one with the best candidate first; empty where the documents agree,
        or where only one speaks of what is asked.
    """
    asked = _Asked.of(question, names)
    if asked is None:
        return ()
    stories: dict[str, list[_Answer]] = {}
    for answer in sorted(_answers(asked, terms, candidates), key=lambda a: -a.strength):
        own = stories.setdefault(answer.story, [])
        if not own or answer.strength >= NEAR_BEST * own[0].strength:
            own.append(answer)
    groups: list[list[list[_Answer]]] = []
    for own in stories.values():
        fitting = [g for g in groups if any(asked.agree(own, other) for other in g)]
        if len(fitting) > 1:  # what fits two values, such as a range, parts nothing
            groups = [g for g in groups if g not in fitting]
            groups.append([*(o for g in fitting for o in g), own])
        elif fitting:
            fitting[0].append(own)
        elif all(asked.comparable(own[0], g[0][0]) for g in groups):
            groups.append([own])
    if len(groups) < 2:
        return ()
    latin = script_of(question) == "latin"
    return tuple(_side([own[0] for own in group], candidates, latin) for group in groups)


def _side(answers: Sequence[_Answer], candidates: Sequence[Candidate], latin: bool) -> Side:  # noqa: FBT001
    best = answers[0]
    return Side(
        tuple(a.place for a in answers),
        best.quote,
        best.value.written,
        source_label(candidates[best.place].hit, latin),
    )


def source_label(hit: Hit, latin: bool = False) -> str:  # noqa: FBT001, FBT002
    """Return who says so and when, as an answer puts it: 《大纪元》（2025-06-05）."""
    who = hit.outlet or hit.title
    words = WORDS["latin" if latin else "hans"]
    bare = who.strip("《》 ")
    label = words.outlet.format(bare)
    return words.dated.format(label, hit.published) if hit.published else label


# --- the latest

_LATEST = re.compile(
    r"最新|目前|现在|现任|当前|如今|眼下|截至|最近一次|今天的?情况|迄今"
    r"|\b(?:latest|current|currently|now|at present|today|most recent|so far|up to now|as of now)\b"
)


def wants_latest(question: str) -> bool:
    """Whether a question asks for what holds now, rather than for all that was said."""
    return bool(_LATEST.search(fold(question)))


def later(sides: Sequence[Side], candidates: Sequence[Candidate]) -> Side:
    """Return the side that the latest document takes; undated ones count as the earliest."""
    return max(
        sides, key=lambda s: max(candidates[place].hit.published or "" for place in s.candidates)
    )


def as_of(question: str, chosen: Sequence[Candidate]) -> str:
    """Return as of when an answer holds, where the question asks for the latest.

    Args:
        question: As asked; its script is the phrase's.
        chosen: What the answer cites.

    Returns:
        “截至2025-09-19（资料中最新的一篇）” or its like in English; empty where nothing was asked
        of the present, or no date is known.
    """
    dates = [c.hit.published for c in chosen if c.hit.published]
    if not dates or not wants_latest(question):
        return ""
    script = script_of(question)
    phrase = WORDS[script].as_of.format(max(dates))
    return to_traditional(phrase) if script == "hant" else phrase


# --- what is asked

_DATE_ASKED = re.compile(
    r"什么时候|何时|哪一?[天年月日]|几月|几[号日点]|哪个月|什么日期"
    r"|\bwhen\b|(?:what|which) (?:day|date|year|month)"
)
_PLACE_ASKED = re.compile(
    r"哪里|哪儿|何地|何处|什么地方|哪个?(?:城市|国家|地方|省|州|国|地)"
    r"|\bwhere\b|(?:what|which) (?:city|country|place)"
)
_PERSON_ASKED = re.compile(r"谁|哪一?位|何人|\bwhom?\b")
_NAME_ASKED = re.compile(r"哪一?(?:[家所支本部个条座颗种项幅首款艘架队])|什么名字|叫什么|which \w+")
_FIGURE_ASKED = re.compile(
    r"多少|几|多[大高长远久深宽重厚快]|百分之|占比"
    r"|how (?:many|much|high|long|large|deep|old|tall|far|big|wide|heavy|fast)"
    r"|what (?:percentage|share|number)|(?:price|cost|number|height|length|magnitude|toll) of"
)
_REASON_ASKED = re.compile(
    r"为什么|为何|原因|因何|[死起成]因|怎么会|怎[么样]死|\bwhy\b|cause of|what caused|reason"
)
_DIRECTION_ASKED = re.compile(r"还是|\bor\b|变化|怎么变|趋势")
_EITHER = re.compile(r"([^\W\d_]{1,6})(?:还是|\s+or\s+)([^\W\d_]{1,12})")
_WHETHER = re.compile(r"是否|是不是|有没有|有无|会不会|能不能")
_YES_NO = re.compile(
    r"吗[？?]?$|^(?:did|does|do|is|are|was|were|has|have|had|will|would|can|could|should|must)\b"
)
_MANY = re.compile(
    r"还[^是]{0,6}(?:谁|哪)|哪些|哪几|有谁|都有|分别|各[自是有国方]"
    r"|which .* (?:are|were)\b|\blist\b|what are|who are|\band\b.*\band\b"
)


@dataclass(frozen=True, slots=True)
class _Value:
    written: str
    figures: tuple[tuple[float, float, float, str], ...] = ()
    """Lowest, highest, tolerance, unit."""
    dates: tuple[tuple[str, str, str], ...] = ()
    words: frozenset[str] = frozenset()
    stance: str = ""


@dataclass(frozen=True, slots=True)
class _Answer:
    place: int
    quote: Candidate
    strength: float
    """How much of the question it speaks of."""
    story: str
    value: _Value
    scope: frozenset[int]
    years: frozenset[str]
    language: str


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a question asks for, and what it says itself."""

    kind: _Kind
    folded: str
    """The question, folded."""
    names: Names
    slot: re.Match[str] | None
    """The word that asks, in ``folded``."""
    aspects: tuple[_Aspect, ...]
    """What is asked about, as far as the table knows it."""
    units: frozenset[str]
    """Of the figure that is asked for; empty where any will do."""
    needed: tuple[tuple[str, ...], ...]
    """The names that a question is about, each in all its forms."""

    @classmethod
    def of(cls, question: str, names: Names) -> _Asked | None:
        folded = names.fold_text(question).strip(" ？?")
        if _MANY.search(folded):
            return None
        order: tuple[tuple[_Kind, re.Pattern[str]], ...] = (
            ("reason", _REASON_ASKED),
            ("yes or no", _WHETHER),
            ("date", _DATE_ASKED),
            ("figure", _FIGURE_ASKED),
            ("place", _PLACE_ASKED),
            ("person", _PERSON_ASKED),
            ("name", _NAME_ASKED),
            ("yes or no", _YES_NO),
            ("yes or no", _DIRECTION_ASKED),
        )
        for kind, pattern in order:
            match = pattern.search(folded)
            if match:
                aspects = tuple(a for a in _aspects() if a.told(folded))
                units = _units_asked(folded, aspects)
                return cls(kind, folded, names, match, aspects, units, _needed(folded, names))
        return None

    def value_in(self, clause: str, printed: str, spoken: float) -> _Value | None:
        """Read what a clause answers; None where it holds nothing of the kind.

        Args:
            clause: Folded.
            printed: The sentence as printed: English names begin with capitals.
            spoken: Share of the question's weight in the clause.
        """
        if self.kind == "figure":
            return self._figure(clause)
        if self.kind == "date":
            return self._date(clause)
        if self.kind == "reason":
            return self._reason(clause)
        if self.kind == "yes or no":
            return self._stance(clause)
        return self._named(clause, printed, spoken)

    @property
    def alternatives(self) -> list[tuple[tuple[str, ...], ...]]:
        """Words of which a yes-or-no answer says one: rose or fell, an island or a rock."""
        named = _EITHER.search(self.folded)
        if named:
            first, second = (_tagged(named[n])[end][0] for n, end in ((1, -1), (2, 0)))
            contrary = _contraries_asked(f"{first} {second}")
            return contrary or [((first,), (second,))]
        return _contraries_asked(self.folded)

    def told(self, text: str) -> bool:
        """Whether a text speaks of what is asked about, in any of the words for it."""
        if self.kind == "yes or no":
            words = (w for sides in self.alternatives for side in sides for w in side)
            if any(_stands(w, text) for w in words):
                return True
        return any(aspect.told(text) for aspect in self.aspects)

    def of_another(self, clause: str) -> bool:
        """Whether a clause counts something else, such as the injured instead of the dead."""
        if not self.aspects or self.kind != "figure" or self.told(clause):
            return False
        return any(a.units & self.units and a.told(clause) for a in _aspects())

    def about(self, text: str) -> bool:
        """Whether a text speaks of all the names that the question is about."""
        found = [any(form in text for form in forms) for forms in self.needed]
        return not found or any(found)

    def agree(self, one: Sequence[_Answer], other: Sequence[_Answer]) -> bool:
        """Whether any answer of one story is one of the other."""
        return any(self.comparable(a, b) and self.same(a, b) for a in one for b in other)

    def comparable(self, one: _Answer, other: _Answer) -> bool:
        """Whether two answers are of the same thing, at the same time."""
        if self.kind in {"figure", "date"} and one.scope != other.scope:
            return False
        words_differ = one.language != other.language
        if words_differ and self.kind in {"person", "place", "name", "reason"}:
            return False
        if self.kind != "date" and one.years and other.years and not one.years & other.years:
            return False
        a, b = one.value, other.value
        if self.kind == "figure":
            return bool({f[3] for f in a.figures} & {f[3] for f in b.figures})
        if self.kind == "date":
            return any(_tell_alike(x, y) for x in a.dates for y in b.dates)
        return True

    def same(self, one: _Answer, other: _Answer) -> bool:
        """Whether two answers that can be compared agree, or cannot be told apart."""
        a, b = one.value, other.value
        if self.kind == "figure":
            return any(_same_figure(x, y) for x in a.figures for y in b.figures)
        if self.kind == "date":
            return any(_same_date(x, y) for x in a.dates for y in b.dates)
        if self.kind == "yes or no":
            return a.stance == b.stance
        return any(_same_name(x, y) for x in a.words for y in b.words)

    # --- readers of values

    def _figure(self, clause: str) -> _Value | None:
        own = {(f[0], f[3]) for f in _figures(self.folded)}
        found = [f for f in _figures(clause) if (f[0], f[3]) not in own]
        if self.units:
            exact = [f for f in found if f[3] in self.units]
            bare = [f for f in found if not f[3]] if self.told(clause) else []
            unit = min(self.units)
            found = exact or [(*f[:3], unit, f[4]) for f in bare]
        if not found:
            return None
        return _Value(found[0][4], tuple(f[:4] for f in found))

    def _date(self, clause: str) -> _Value | None:
        own = set(_dates(self.folded))
        found = [d for d in _dates(clause) if d not in own]
        for part, unit in enumerate("年月日"):
            if re.search(
                rf"哪一?{unit}|(?:what|which) {('year', 'month', 'day')[part]}", self.folded
            ):
                found = [d for d in found if d[part]]
        if not found:
            return None
        written = "".join(f"{v}{u}" for v, u in zip(found[0], "年月日", strict=True) if v)
        return _Value(written, dates=tuple(found))

    def _named(self, clause: str, printed: str, spoken: float) -> _Value | None:
        if language_of(clause) == "en":
            capitals = (fold(m[0]).strip(".'-") for m in _CAPITALS.finditer(printed))
            found = {c for c in capitals if c in clause}
        else:
            found = _names_in(clause, self.kind, self.names)
            slot = self._in_slot(clause)
            foreign = language_of(self.folded) != language_of(clause)
            if not slot and not self.told(clause) and (spoken < SAYS_IT_ALL or foreign):
                return None  # a name somewhere in a clause is no answer
            if slot and not any(word in slot for word in found):
                found = {slot}
            elif slot:
                found = {word for word in found if word in slot}
        words = frozenset(w for w in found if w not in self.folded)
        return _Value(min(words), words=words) if words else None

    def named_before(self, quote: str, sentence: str) -> _Value | None:
        """Read who or what is named in a quote before a sentence that says “he” or “it”."""
        before = self.names.fold_text(quote).removesuffix(sentence)
        if self.kind not in {"person", "place", "name"} or not before.strip():
            return None
        if language_of(before) == "en":
            found = {fold(m[0]) for m in _CAPITALS.finditer(quote[: len(before)])}
        else:
            found = _names_in(before, self.kind, self.names)
        words = frozenset(w for w in found if w not in self.folded)
        return _Value(min(words), words=words) if words else None

    def _in_slot(self, clause: str) -> str:
        """What stands in a clause where the question has 谁 or 哪里."""
        if self.slot is None or language_of(self.folded) != language_of(clause):
            return ""
        before = [w for w, _ in _tagged(self.folded[: self.slot.start()]) if w not in _LINKS]
        after = [w for w, _ in _tagged(self.folded[self.slot.end() :]) if w not in _LINKS]
        start, end = 0, len(clause)
        if before:
            if before[-1] not in clause:
                return ""
            start = clause.index(before[-1]) + len(before[-1])
        if after:
            end = clause.find(after[0], start)
            if end < 0:
                return ""
        slot = _SLOT_EDGES.sub("", clause[start:end])
        return slot if 2 <= len(slot) <= 10 and not set("[]()【】") & set(slot) else ""

    def _reason(self, clause: str) -> _Value | None:
        match = _BECAUSE.search(clause)
        if not match:
            return None
        # What else the clause says may be the other's reason: in doubt they agree.
        words = frozenset(w for w in _content(clause) if w not in self.folded)
        why = (match["why"] or match["cause"]).strip()
        return _Value(why, words=words) if words else None

    def _stance(self, clause: str) -> _Value | None:
        denied = len(_DENIAL.findall(_NO_DENIAL.sub("", clause))) % 2 == 1
        alternatives = self.alternatives
        for sides in alternatives:
            taken = [n for n, words in enumerate(sides) if any(_stands(w, clause) for w in words)]
            if len(taken) == 1:
                side = taken[0] if not denied else 1 - taken[0]
                word = next(w for w in sides[taken[0]] if _stands(w, clause))
                return _Value(word, stance=f"{side}")
        if alternatives or _DIRECTION_ASKED.search(self.folded):
            return None
        return _Value("否" if denied else "是", stance="no" if denied else "yes")


# --- the candidates that answer


def _answers(
    asked: _Asked, terms: Sequence[Term], candidates: Sequence[Candidate]
) -> list[_Answer]:
    terms = _with_other_words(terms, asked.aspects)
    fold_text = lru_cache(asked.names.fold_text)
    best = max((c.hit.score for c in candidates), default=0.0)
    said = {w for aspect in asked.aspects for w in aspect.words}
    topic = [t for t in terms if t.word not in said]
    covered = {id(c): coverage(topic, fold_text(_about(c))) for c in candidates}
    most = max(covered.values(), default=0.0)
    years_asked = set(_YEAR.findall(asked.folded))
    out: list[_Answer] = []
    for place, candidate in enumerate(candidates):
        if candidate.hit.kind == "comment" or is_instruction(candidate.excerpt.text):
            continue
        if candidate.hit.score < ON_TOPIC * best:
            continue
        about = fold_text(_about(candidate))
        foreign = language_of(about) != language_of(asked.folded)
        if not asked.about(about) or (covered[id(candidate)] < ON_TOPIC * most / 2 and not foreign):
            continue
        sentence = fold_text(candidate.excerpt.text)
        years = set(_YEAR.findall(sentence))
        if years_asked and years and not years_asked & years and asked.kind != "date":
            continue  # an older value of a thing that changes
        answer = _read(asked, terms, place, candidate, sentence)
        if answer:
            out.append(answer)
    return out


_PRONOUN = re.compile(r"[他她它该]|\b(?:he|she|it|they|this)\b")


def _with_before(candidate: Candidate, sentence: str) -> Candidate:
    """A candidate with the sentence before it, where it says “he” of who is named there."""
    before = candidate.context.partition("\n")[2].strip()
    passage = candidate.hit.passage
    end = passage.text.find(candidate.excerpt.text)
    start = passage.text.rfind(before, 0, max(end, 0)) if before else -1
    if start < 0 or not _PRONOUN.search(sentence):
        return candidate
    whole = Excerpt(passage.spans, passage.text).cut(start, end + len(candidate.excerpt.text))
    return replace(candidate, excerpt=whole, reading=whole.text.replace("\n", " "))


def _about(candidate: Candidate) -> str:
    return f"{candidate.hit.title}\n{candidate.hit.passage.text}"


def _read(
    asked: _Asked, terms: Sequence[Term], place: int, candidate: Candidate, sentence: str
) -> _Answer | None:
    """The value of the clause that speaks most of what is asked."""
    own, told = coverage(terms, sentence), asked.told(sentence)
    in_context = coverage(terms, f"{asked.names.fold_text(candidate.context)}\n{sentence}")
    typed = asked.kind == "date" or (asked.kind == "figure" and asked.units)
    if not told and own < SAYS_ENOUGH and not (typed and own + in_context >= SAYS_IN_CONTEXT):
        return None
    clauses = [c for c in _CLAUSES.split(sentence) if c.strip()]
    ranked = sorted(clauses, key=lambda c: (-asked.told(c), -coverage(terms, c)))
    for clause in ranked:
        spoken = coverage(terms, clause)
        if asked.of_another(clause):
            continue
        value, quote = asked.value_in(clause, candidate.excerpt.text, spoken), candidate
        if not value and asked.told(clause):
            quote = _with_before(candidate, sentence)
            value = asked.named_before(quote.excerpt.text, sentence)
        if value:
            scope = _scope(clause) - _scope(asked.folded)
            dated = clause if asked.kind == "date" else sentence
            years = frozenset(_YEAR.findall(dated)) - frozenset(_YEAR.findall(asked.folded))
            story = candidate.hit.story or candidate.hit.passage.document_id
            strength = own + 0.5 * told + 0.3 * in_context
            return _Answer(
                place, quote, strength, story, value, scope, years, language_of(sentence)
            )
    return None


def _with_other_words(terms: Sequence[Term], aspects: Sequence[_Aspect]) -> tuple[Term, ...]:
    """Let a word of the question be found in the other words for what it tells of."""
    out = []
    for term in terms:
        more = [w for a in aspects if term.word in a.words for w in a.words]
        out.append(replace(term, alternatives=(*term.alternatives, *more)))
    return tuple(out)


_CLAUSES = re.compile(r"[，；：。！？!?;\n]|,(?!\d)|:(?!\d)|、(?=[^、，。]{0,8}\d)")
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})(?=年|\b)(?!\s*(?:人|米|元|公里|people|miles))")


def _needed(folded: str, names: Names) -> tuple[tuple[str, ...], ...]:
    """The names that a question is about, each in all its forms: a source must speak of them."""
    found = [forms for _, _, forms in names.find(folded)]
    known = {form for forms in found for form in forms}
    quoted = re.findall(r"[《“「\"]([^》”」\"]{2,20})[》”」\"]", folded)
    proper = [w for w, tag in _tagged(folded) if tag[:2] in {"nr", "ns", "nt"} and len(w) > 1]
    if language_of(folded) == "en":
        proper = []
    needed = (*found, *((w,) for w in dict.fromkeys([*quoted, *proper]) if w not in known))
    # A text from a country need not name it; and of 城镇还是村庄 a source names one.
    either = _EITHER.search(folded)
    asked_for = either[0] if either else ""
    return tuple(f for f in needed if f[0] not in _COUNTRIES and f[0] not in asked_for)


_COUNTRIES = frozenset(line[0][0] for line in word_sides("verify_countries.txt")[1:])


@lru_cache(maxsize=512)
def _tagged(folded: str) -> tuple[tuple[str, str], ...]:
    return tuple((pair.word, pair.flag or "x") for pair in jieba.posseg.cut(folded))


# --- figures


@lru_cache(maxsize=1)
def _units() -> dict[str, str]:
    return {form: forms[0] for forms in _table("measures.txt") for form in forms}


def _table(name: str) -> tuple[tuple[str, ...], ...]:
    return tuple(line[0] for line in word_sides(name))


@dataclass(frozen=True, slots=True)
class _Aspect:
    words: tuple[str, ...]
    units: frozenset[str]
    pattern: re.Pattern[str]

    def told(self, text: str) -> bool:
        return bool(self.pattern.search(text))


@lru_cache(maxsize=1)
def _aspects() -> tuple[_Aspect, ...]:
    out = []
    for words, *units in word_sides("aspects.txt"):
        forms = (rf"\b{re.escape(w)}\b" if w.isascii() else re.escape(w) for w in words)
        pattern = re.compile("|".join(forms))
        out.append(_Aspect(words, frozenset(units[0] if units else ()), pattern))
    return tuple(out)


_HEDGE = (
    r"(?:将?近|约|大约|大概|超过|逾|至少|不到|不足|接近|最多|最少|about|some|around|nearly|almost|over"
    r"|more than|at least|roughly|approximately|up to)"
)
_FIGURE = re.compile(
    rf"(?P<hedge>{_HEDGE})?\s*[$£€¥]?(?<![\d.])(?P<low>\d[\d,]*(?:\.\d+)?)"
    r"(?:\s*(?P<unit_low>%|[^\W\d_]{1,2})?\s*(?:至|到|—|–|-|~|～|to)\s*(?P<high>\d[\d,]*(?:\.\d+)?))?"
    r"\s*(?P<more>多|余|来)?\s*个?(?P<scale>[万亿])?(?P<unit>%|[a-z]+|[^\W\d_]{0,4})"
)


_COUNTED = re.compile(r"[二两三四五六七八九十百千]+(?=[颗只头座株匹枚艘架幅册尊口条位成])")
_CHANGE = re.compile(
    r"(?:减少|增加|下降|上升|下调|上调|扩大|缩小|增长|提高|多出?|少|下跌|上涨|increased|rose|fell|up|down)"
    r"(?:了|约|近|by)?\s*$"
)


def _figures(folded: str) -> list[tuple[float, float, float, str, str]]:
    """Figures with unit: lowest, highest, tolerance, unit and as written; dates are none."""
    text = _COUNTED.sub(
        lambda m: str(chinese_number(m[0]) or m[0]), _DATE_IN.sub(" ", fold_dates(folded))
    )
    text = fold_figures(text)
    out: list[tuple[float, float, float, str, str]] = []
    for match in _FIGURE.finditer(text):
        unit, tenths = _unit_of(match["unit"]), match["unit"].startswith("成")
        unit = "%" if tenths else unit
        low = _number(match["low"], match["scale"]) * (10 if tenths else 1)
        high = (
            _number(match["high"], match["scale"]) * (10 if tenths else 1) if match["high"] else low
        )
        if not unit and match["low"].isdigit() and 1900 <= low <= 2100:
            continue
        if match["unit"].startswith(("年", "月", "日", "号", "时", "点")) and not unit:
            continue
        if _CHANGE.search(text[: match.start()]) and not match["hedge"]:
            continue  # by how much, not how much
        about = bool(match["hedge"] or match["more"])
        written = _short(low) if low == high else f"{_short(low)}–{_short(high)}"
        written += ("" if unit in {"", "%"} else " " * unit.isascii()) + unit
        out.append((min(low, high), max(low, high), HEDGED if about else ROUNDED, unit, written))
    return out


def _short(value: float) -> str:
    for scale, word in ((1e8, "亿"), (1e4, "万")):
        if value >= scale:
            return f"{value / scale:.10g}{word}"
    return f"{value:.10g}"


def _unit_of(after: str) -> str:
    units = _units()
    for length in range(len(after), 0, -1):
        if after[:length] in units:
            return units[after[:length]]
    return "" if after.isascii() else after[:1]


def _number(written: str, scale: str | None) -> float:
    return float(written.replace(",", "")) * {"万": 1e4, "亿": 1e8}.get(scale or "", 1)


def _units_asked(folded: str, aspects: Sequence[_Aspect]) -> frozenset[str]:
    """What the figure asked for counts: as the question says, else as what it asks about has it."""
    match = re.search(r"(?:多少|几)个?(?:万|亿)?([^\W\d_]{1,4})", folded)
    unit = _unit_of(match[1]) if match else ""
    if re.search(r"how many (?:people|persons)", folded):
        unit = "人"
    for word in re.findall(r"how many ([a-z]+(?: [a-z]+)?)", folded):
        unit = next((_units()[w] for w in reversed(word.split()) if w in _units()), unit)
    if unit:
        return frozenset({unit, "元", "美元"}) if unit in "元美元" else frozenset({unit})
    return frozenset().union(*(a.units for a in aspects))


def _same_figure(
    one: tuple[float, float, float, str], other: tuple[float, float, float, str]
) -> bool:
    if one[3] != other[3]:
        return False
    low, high = max(one[0], other[0]), min(one[1], other[1])
    if low <= high:
        return True  # equal, or within a range
    if max(one[2], other[2]) > ROUNDED:
        return (low - high) / low <= HEDGED
    return _rounds_to(one[0], other[0]) or _rounds_to(other[0], one[0])


def _rounds_to(exact: float, rounded: float) -> bool:
    """Whether ``rounded`` has two zeros or a scale and is ``exact`` with fewer digits."""
    digits = len(f"{rounded:.10g}".rstrip("0").replace(".", "").lstrip("0"))
    if rounded < 1000 and rounded == int(rounded):
        return False
    close = abs(exact - rounded) / max(exact, rounded) <= ROUNDED
    return close and float(f"{exact:.{max(digits - 1, 0)}e}") == rounded


# --- dates

_DATE_IN = re.compile(
    r"(?:(?P<year>\d{4})年)?(?:(?P<month>\d{1,2})月)(?:(?P<day>\d{1,2})[日号])?"
    r"|(?<!\d)(?P<only>\d{3,4}(?=年)|(?:1[5-9]|20)\d{2}(?![\d.,%人米元公里万亿]))年?"
    r"|(?<!\d)(?P<bare>\d{1,2})日"
)


def _dates(folded: str) -> list[tuple[str, str, str]]:
    """Year, month and day of each date, empty where it does not tell."""
    out = []
    for m in _DATE_IN.finditer(fold_figures(fold_dates(folded))):
        year = m["year"] or m["only"] or ""
        out.append(
            (year, (m["month"] or "").lstrip("0"), (m["day"] or m["bare"] or "").lstrip("0"))
        )
    return out


def _tell_alike(one: tuple[str, str, str], other: tuple[str, str, str]) -> bool:
    return any(a and b for a, b in zip(one, other, strict=True))


def _same_date(one: tuple[str, str, str], other: tuple[str, str, str]) -> bool:
    both = [(a, b) for a, b in zip(one, other, strict=True) if a and b]
    return bool(both) and all(a == b for a, b in both)


# --- names

_PEOPLE, _PLACES = ("nr",), ("ns",)
_CAPITALS = re.compile(r"[A-Z][\w.'-]+(?: [A-Z][\w.'-]+)*")
_LINKS = frozenset(re.findall(r"\w", "是在于由为的了将被从到所号")) | {
    "首先",
    "最先",
    "最早",
    "就是",
}
_SLOT_EDGES = re.compile(
    r"^(?:将|已|是|在|于|由|为|的|了|到|定|设)+|(?:的|了|所|在|于|最先|最早|首先|率先|已经|已|将|曾|才|是)+$"
)


def _same_name(one: str, other: str) -> bool:
    """Whether one name holds the other, or a word of it: A. Smith, Adam Smith."""
    return one in other or other in one or bool(_long_words(one) & _long_words(other))


def _long_words(name: str) -> set[str]:
    return set(re.findall(r"[a-z]{3,}", name))


def _names_in(clause: str, kind: _Kind, names: Names) -> set[str]:
    tags = {"person": _PEOPLE, "place": _PLACES}.get(kind, ("nr", "ns", "nt", "nz"))
    return {w for w, tag in _tagged(clause) if tag.startswith(tags) and len(w) > 1} | {
        forms[0] for _, _, forms in names.find(clause) if kind == "name"
    }


# --- yes and no, directions, reasons

_DENIAL = re.compile(
    r"没有?|未能?|并非|并未|否认|不(?!仅|但|只|过|同|断|少|久|料|得不)|无(?!论|数|人机)|拒绝|驳回|取消|撤销|废除"
    r"|\b(?:not|no|never|denied|denies|rejected|refused|without)\b|n't\b"
)
_NO_DENIAL = re.compile(
    r"没有[^，。]{1,6}的(?=\w)|有没有|是不是|会不会|能不能|不得不|不实消息|没有理由不|not only"
)
_BECAUSE = re.compile(
    r"(?:原因(?:是|在于|为)|由于|因为|是因|因|[缘源归毁死败亡起始出来]于|归[咎因]于|归功于|起因于|[是遭]?被|由"
    r"|because of|because|due to|caused by|owing to|blamed on|killed by|result of)"
    r"\s*(?P<why>[^，。；！？,.;\n]{2,40})"
    r"|(?P<cause>[^，。；！？,.;\n]{2,40}?)(?:引起|造成|导致|引发|所致|caused|led to|killed)"
)


def _contraries_asked(folded: str) -> list[tuple[tuple[str, ...], ...]]:
    """The pairs of contrary words of which the question names one."""
    return [
        sides for sides in _contraries() if any(_stands(w, folded) for side in sides for w in side)
    ]


def _contraries() -> tuple[tuple[tuple[str, ...], ...], ...]:
    return word_sides("contraries.txt")


def _stands(word: str, text: str) -> bool:
    return bool(re.search(rf"\b{re.escape(word)}\b", text)) if word.isascii() else word in text


_UP_TO = re.compile(r"最[高多低少]可?[达至]")


def _scope(text: str) -> frozenset[int]:
    """Which lines of the table of scopes a clause has a word of."""
    text = _UP_TO.sub("", text)
    return frozenset(
        n for n, words in enumerate(_table("scopes.txt")) if any(_stands(w, text) for w in words)
    )


def _content(text: str) -> set[str]:
    if language_of(text) == "en":
        return set(re.findall(r"[a-z]{4,}", text))
    return {w for w, tag in _tagged(text) if tag[0] in "nvij" and len(w) > 1}
