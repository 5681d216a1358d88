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
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, TypeAlias

import jieba.posseg

from rag.evidence import coverage
from rag.fold import fold, fold_dates, fold_figures, language_of, script_of, to_traditional
from rag.resources import data_file
from rag.untrusted import is_instruction
from rag.wording import WORDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.evidence import Candidate, Term
    from rag.model import Hit
    from rag.names import Names

jieba.setLogLevel(logging.WARNING)

_Kind: TypeAlias = Literal["figure", "date", "person", "place", "name", "yes or no", "reason"]

NEAR_BEST = 0.6
"""Share of the best candidate's coverage from which another speaks of the same thing."""
SAYS_IT_ALL = 0.75
"""Share of the question's weight in a clause from which any name in it may be what is asked."""
ROUNDED, HEDGED = 0.03, 0.1
"""Relative difference up to which two figures may be one, rounded; or with 近, 约 and the like."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the values that sources give."""

    candidates: tuple[int, ...]
    """Places among the candidates given, the best first; each of another story."""
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
    found = _answers(asked, terms, candidates, names)
    groups: list[list[_Answer]] = []
    for answer in found:
        fitting = [g for g in groups if any(asked.same(answer, other) for other in g)]
        if len(fitting) > 1:  # what fits two values, such as a range, parts nothing
            joined = [a for g in fitting for a in g]
            groups = [g for g in groups if g not in fitting]
            groups.append([*joined, answer])
        elif fitting:
            fitting[0].append(answer)
        elif not groups or all(asked.comparable(answer, g[0]) for g in groups):
            groups.append([answer])
    groups = _without_own_variants(groups)
    if len(groups) < 2:
        return ()
    script = script_of(question)
    groups.sort(key=lambda g: min(a.place for a in g))
    return tuple(
        Side(
            tuple(a.place for a in sorted(g, key=lambda a: a.place)),
            g[0].value.written,
            source_label(candidates[min(a.place for a in g)].hit, script == "latin"),
        )
        for g in groups
    )


def _without_own_variants(groups: list[list[_Answer]]) -> list[list[_Answer]]:
    """Leave out a value whose every story also gives one that came before: 首次… and 最高…."""
    out: list[list[_Answer]] = []
    stories: set[str] = set()
    for group in groups:
        own = {a.story for a in group}
        if own - stories:
            out.append(group)
            stories |= own
    return out


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
_NAME_ASKED = re.compile(r"哪一?(?:家|所|支|本|部|个)|什么名字|叫什么|which \w+")
_FIGURE_ASKED = re.compile(
    r"多少|几|多[大高长远久深宽重厚快]|百分之|占比"
    r"|how (?:many|much|high|long|large|deep|old|tall|far|big|wide|heavy|fast)"
    r"|what (?:percentage|share|number)|(?:price|cost|number|height|length|magnitude|toll) of"
)
_REASON_ASKED = re.compile(r"为什么|为何|原因|因何|怎么会|\bwhy\b|cause of|reason")
_DIRECTION_ASKED = re.compile(r"还是|\bor\b|变化|怎么变|趋势")
_YES_NO = re.compile(
    r"吗[？?]?$|是否|是不是|有没有|有无|会不会|能不能|^(?:did|does|do|is|are|was|were|has|have|will|can)\b"
)
_MANY = re.compile(
    r"哪些|哪几|有谁|都有|分别|各|which .* (?:are|were)\b|list|what are|who are|\band\b.*\band\b"
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
    story: str
    value: _Value
    scope: frozenset[int]
    years: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a question asks for, and what it says itself."""

    kind: _Kind
    folded: str
    """The question, folded."""
    names: Names
    slot: re.Match[str] | None
    """The word that asks, in ``folded``."""

    @classmethod
    def of(cls, question: str, names: Names) -> _Asked | None:
        folded = names.fold_text(question).strip(" ？?")
        if _MANY.search(folded):
            return None
        order: tuple[tuple[_Kind, re.Pattern[str]], ...] = (
            ("reason", _REASON_ASKED),
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
                return cls(kind, folded, names, match)
        return None

    def value_in(self, clause: str, sentence: str, printed: str, spoken: float) -> _Value | None:
        """Read what a clause answers; None where it holds nothing of the kind.

        Args:
            clause: Folded.
            sentence: That it is of, folded.
            printed: The sentence as printed: English names begin with capitals.
            spoken: Share of the question's weight in the clause.
        """
        if self.kind == "figure":
            return self._figure(clause)
        if self.kind == "date":
            return self._date(clause)
        if self.kind == "reason":
            return self._reason(sentence)
        if self.kind == "yes or no":
            return self._stance(clause)
        return self._named(clause, printed, spoken)

    def comparable(self, one: _Answer, other: _Answer) -> bool:
        """Whether two answers are of the same thing, at the same time."""
        if one.scope != other.scope:
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
        """Whether two answers agree, or cannot be told apart."""
        if not self.comparable(one, other):
            return one.story == other.story
        a, b = one.value, other.value
        if self.kind == "figure":
            return any(_same_figure(x, y) for x in a.figures for y in b.figures)
        if self.kind == "date":
            return any(_same_date(x, y) for x in a.dates for y in b.dates)
        if self.kind == "yes or no":
            return a.stance == b.stance
        return any(x in y or y in x for x in a.words for y in b.words)

    # --- readers of values

    def _figure(self, clause: str) -> _Value | None:
        own = {(f[0], f[3]) for f in _figures(self.folded)}
        wanted = _unit_asked(self.folded)
        found = [f for f in _figures(clause) if (f[0], f[3]) not in own]
        if wanted:
            found = [
                f for f in found if f[3] == wanted or (wanted in "元美元" and f[3] in "元美元")
            ]
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
            capitals = (fold(m[0]) for m in _CAPITALS.finditer(printed))
            found = {c for c in capitals if c in clause}
        else:
            found = _names_in(clause, self.kind, self.names)
            slot = self._in_slot(clause)
            if not slot and spoken < SAYS_IT_ALL:
                return None  # a name somewhere in a clause is no answer
            if slot and not any(word in slot for word in found):
                found = {slot}
            elif slot:
                found = {word for word in found if word in slot}
        words = frozenset(w for w in found if w not in self.folded)
        return _Value(min(words), words=words) if words else None

    def _in_slot(self, clause: str) -> str:
        """What stands in a clause where the question has 谁 or 哪里."""
        if self.slot is None:
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

    def _reason(self, sentence: str) -> _Value | None:
        match = _BECAUSE.search(sentence)
        if not match:
            return None
        words = frozenset(w for w in _content(match["why"]) if w not in self.folded)
        return _Value(match["why"].strip(), words=words) if words else None

    def _stance(self, clause: str) -> _Value | None:
        denied = len(_DENIAL.findall(_NO_DENIAL.sub("", clause))) % 2 == 1
        alternatives = _contraries_asked(self.folded)
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
    asked: _Asked, terms: Sequence[Term], candidates: Sequence[Candidate], names: Names
) -> list[_Answer]:
    needed = _needed(asked)
    best = max((c.coverage for c in candidates), default=0.0)
    years_asked = set(_YEAR.findall(asked.folded))
    out: list[_Answer] = []
    for place, candidate in enumerate(candidates):
        sentence = names.fold_text(candidate.excerpt.text)
        if candidate.hit.kind == "comment" or is_instruction(candidate.excerpt.text):
            continue
        if candidate.coverage < NEAR_BEST * best or candidate.coverage < 0.3:
            continue
        known = f"{sentence}\n{names.fold_text(candidate.context)}"
        if not all(any(form in known for form in forms) for forms in needed):
            continue
        years = set(_YEAR.findall(sentence))
        if years_asked and years and not years_asked & years and asked.kind != "date":
            continue  # an older value of a thing that changes
        answer = _read(asked, terms, place, candidate, sentence)
        if answer:
            out.append(answer)
    return out


def _read(
    asked: _Asked, terms: Sequence[Term], place: int, candidate: Candidate, sentence: str
) -> _Answer | None:
    """The value of the clause that speaks most of what is asked."""
    clauses = [c for c in _CLAUSES.split(sentence) if c.strip()]
    ranked = sorted(clauses, key=lambda c: -coverage(terms, c))
    for clause in ranked:
        spoken = coverage(terms, clause)
        if spoken < 0.6 * coverage(terms, ranked[0]) or spoken < 0.25:
            break
        value = asked.value_in(clause, sentence, candidate.excerpt.text, spoken)
        if value:
            scope = _scope(clause) - _scope(asked.folded)
            years = frozenset(_YEAR.findall(clause)) - frozenset(_YEAR.findall(asked.folded))
            story = candidate.hit.story or candidate.hit.passage.document_id
            return _Answer(place, story, value, scope, years)
    return None


_CLAUSES = re.compile(r"[，；：。！？!?;\n]|,(?!\d)|:(?!\d)|、(?=[^、，。]{0,8}\d)")
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})(?=年|\b)(?!\s*(?:人|米|元|公里|people|miles))")


def _needed(asked: _Asked) -> list[tuple[str, ...]]:
    """The names that a question is about, each in all its forms: a sentence must speak of them."""
    found = [forms for _, _, forms in asked.names.find(asked.folded)]
    known = {form for forms in found for form in forms}
    quoted = re.findall(r"[《“「\"]([^》”」\"]{2,20})[》”」\"]", asked.folded)
    proper = [
        w for w, tag in _tagged(asked.folded) if tag[:2] in {"nr", "ns", "nt", "nz"} and len(w) > 1
    ]
    if language_of(asked.folded) == "en":
        proper = []
    return [*found, *((w,) for w in dict.fromkeys([*quoted, *proper]) if w not in known)]


@lru_cache(maxsize=512)
def _tagged(folded: str) -> tuple[tuple[str, str], ...]:
    return tuple((pair.word, pair.flag or "x") for pair in jieba.posseg.cut(folded))


# --- figures


@lru_cache(maxsize=1)
def _units() -> dict[str, str]:
    return {form: forms[0] for forms in _table("measures.txt") for form in forms}


@lru_cache(maxsize=8)
def _table(name: str) -> tuple[tuple[str, ...], ...]:
    lines = (line.split("#")[0] for line in data_file(name).read_text("utf-8").splitlines())
    return tuple(
        tuple(fold(word.replace("_", " ")) for word in line.split())
        for line in lines
        if line.strip()
    )


_HEDGE = (
    r"(?:将?近|约|大约|大概|超过|逾|至少|不到|不足|接近|最多|最少|about|some|around|nearly|almost|over"
    r"|more than|at least|roughly|approximately|up to)"
)
_FIGURE = re.compile(
    rf"(?P<hedge>{_HEDGE})?\s*[$£€¥]?(?<![\d.])(?P<low>\d[\d,]*(?:\.\d+)?)"
    r"(?:\s*(?P<unit_low>%|[^\W\d_]{1,2})?\s*(?:至|到|—|–|-|~|～|to)\s*(?P<high>\d[\d,]*(?:\.\d+)?))?"
    r"\s*(?P<more>多|余|来)?\s*个?(?P<scale>[万亿])?(?P<unit>%|[a-z]+|[^\W\d_]{0,4})"
)


def _figures(folded: str) -> list[tuple[float, float, float, str, str]]:
    """Figures with unit: lowest, highest, tolerance, unit and as written; dates are none."""
    text = fold_figures(_DATE_IN.sub(" ", fold_dates(folded)))
    out: list[tuple[float, float, float, str, str]] = []
    for match in _FIGURE.finditer(text):
        unit = _unit_of(match["unit"])
        low = _number(match["low"], match["scale"])
        high = _number(match["high"], match["scale"]) if match["high"] else low
        if not unit and match["low"].isdigit() and 1900 <= low <= 2100:
            continue
        if match["unit"].startswith(("年", "月", "日", "号", "时", "点")) and not unit:
            continue
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
    return ""


def _number(written: str, scale: str | None) -> float:
    return float(written.replace(",", "")) * {"万": 1e4, "亿": 1e8}.get(scale or "", 1)


def _unit_asked(folded: str) -> str:
    match = re.search(r"(?:多少|几)个?(?:万|亿)?([^\W\d_]{1,4})", folded)
    unit = _unit_of(match[1]) if match else ""
    if unit:
        return unit
    if re.search(r"how many (?:people|persons)", folded):
        return "人"
    match = re.search(r"how many (\w+)", folded)
    return _units().get(match[1], "") if match else ""


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


def _names_in(clause: str, kind: _Kind, names: Names) -> set[str]:
    tags = {"person": _PEOPLE, "place": _PLACES}.get(kind, ("nr", "ns", "nt", "nz"))
    return {w for w, tag in _tagged(clause) if tag.startswith(tags) and len(w) > 1} | {
        forms[0] for _, _, forms in names.find(clause) if kind == "name"
    }


# --- yes and no, directions, reasons

_DENIAL = re.compile(
    r"没有?|未能?|并非|并未|否认|不(?!仅|但|只|过|同|断|少|久|料|得不)|无(?!论|数|人机)|拒绝|驳回"
    r"|\b(?:not|no|never|denied|denies|rejected|refused|without)\b|n't\b"
)
_NO_DENIAL = re.compile(r"有没有|是不是|会不会|能不能|不得不|不实消息|没有理由不|not only")
_BECAUSE = re.compile(
    r"(?:原因(?:是|在于|为)|由于|因为|是因|缘于|源于|归咎于|归因于"
    r"|because of|because|due to|caused by|owing to|blamed on)"
    r"\s*(?P<why>[^，。；！？,.;\n]{1,40})"
)


def _contraries_asked(folded: str) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """The pairs of contrary words of which the question names one."""
    return [
        sides for sides in _contraries() if any(_stands(w, folded) for side in sides for w in side)
    ]


@lru_cache(maxsize=1)
def _contraries() -> tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]:
    out = []
    for line in _table("contraries.txt"):
        at = line.index("|")
        out.append((line[:at], line[at + 1 :]))
    return tuple(out)


def _stands(word: str, text: str) -> bool:
    return bool(re.search(rf"\b{re.escape(word)}\b", text)) if word.isascii() else word in text


def _scope(text: str) -> frozenset[int]:
    """Which lines of the table of scopes a clause has a word of."""
    return frozenset(
        n for n, words in enumerate(_table("scopes.txt")) if any(_stands(w, text) for w in words)
    )


def _content(text: str) -> set[str]:
    if language_of(text) == "en":
        return set(re.findall(r"[a-z]{4,}", text))
    return {w for w, tag in _tagged(text) if tag[0] in "nvij" and len(w) > 1}
