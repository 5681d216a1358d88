"""What a question asks for, and whether two answers to it agree."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from rag.disagree.measures import dates, figures, same_date, same_figure, tell_alike, unit_of
from rag.disagree.names import in_slot, names_in, reason_in, same_name
from rag.disagree.stances import (
    alternatives,
    asks_whether_only,
    breadth_of,
    either,
    lean_apart,
    stance_of,
)
from rag.disagree.tables import aspects, country_names, posts, stands, units
from rag.fold import language_of
from rag.tagger import tagged

if TYPE_CHECKING:
    from rag.disagree.measures import Date, Figure
    from rag.disagree.tables import Aspect
    from rag.names import Names

Kind: TypeAlias = Literal["figure", "date", "person", "place", "name", "yes or no", "reason"]

_DIRECTION = r"还是|\bor\b|变化|怎么变|趋势"
_KINDS: tuple[tuple[Kind, str], ...] = (
    (
        "reason",
        (
            r"为什么|为何|原因|因何|[死起成]因|怎么会|怎[么样]死|怎么引起"
            r"|什么(?:引起|造成|导致|引发|所致)|\bwhy\b"
            r"|cause of|what caused|reason"
        ),
    ),
    ("yes or no", r"是否|是不是|有没有|有无|会不会|能不能"),
    (
        "date",
        (
            r"什么时候|何时|哪一?[天年月日]|几月|几[号日点]|哪个月|什么日期"
            r"|\bwhen\b|(?:what|which) (?:day|date|year|month)"
        ),
    ),
    (
        "figure",
        (
            r"多少|几|多[大高长远久深宽重厚快]|百分之|占比"
            r"|how (?:many|much|high|long|large|deep|old|tall|far|big|wide|heavy|fast)"
            r"|what (?:percentage|share|number)"
            r"|(?:price|cost|number|height|length|magnitude|toll) of"
        ),
    ),
    (
        "place",
        (
            r"哪里|哪儿|何地|何处|什么地方|哪个?(?:城市|国家|地方|省|州|国|地)"
            r"|\bwhere\b|(?:what|which) (?:city|country|place)"
        ),
    ),
    ("person", r"谁|哪一?位|何人|\bwhom?\b"),
    ("name", r"哪一?(?:[家所支本部个条座颗种项幅首款艘架队])|什么名字|叫什么|which \w+"),
    (
        "yes or no",
        r"吗[？?]?$|^(?:did|does|do|is|are|was|were|has|have|had|will|would|can|could)\b",
    ),
    ("yes or no", rf"^(?:should|must)\b|{_DIRECTION}"),
)
_PARTS_ASKED = (
    r"哪一?年|(?:what|which) year",
    r"哪一?个?月|(?:what|which) month",
    r"哪一?[天日]|几[日号]|(?:what|which) da(?:y|te)",
)
_MANY = re.compile(
    r"还[^是]{0,6}(?:谁|哪)|哪些|哪几|有谁|都有|分别|各[自是有国方]"
    r"|which .* (?:are|were)\b|\blist\b|what are|who are|\band\b.*\band\b"
)


@dataclass(frozen=True, slots=True)
class Value:
    """What a clause answers, of the kind that is asked for."""

    written: str
    figures: tuple[Figure, ...] = ()
    dates: tuple[Date, ...] = ()
    words: frozenset[str] = frozenset()
    stance: str = ""
    leaning: float | None = None
    """A model's log odds of yes, or of the first of two that the question names."""


NOTHING = Value("")
ALIKE = 1 / 3
"""Share of the words of a reason that another has, from which they are one."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question asks for, and what it says itself."""

    kind: Kind
    folded: str
    """The question."""
    names: Names
    slot: re.Match[str]
    """The word that asks, in ``folded``."""
    aspects: tuple[Aspect, ...]
    """What is asked about, as far as the table knows it."""
    units: frozenset[str]
    """Of the figure that is asked for; empty where any will do."""
    needed: tuple[tuple[str, ...], ...]
    """The names that a question is about, each in all its forms."""

    @classmethod
    def of(cls, question: str, names: Names) -> Asked | None:
        """Read a question; None where it has many answers, or one of no kind that is compared."""
        folded = names.fold_text(question).strip(" ？?")
        if _MANY.search(folded):
            return None
        for kind, pattern in _KINDS:
            slot = re.search(pattern, folded)
            if slot:
                about = tuple(a for a in aspects() if a.told(folded))
                units_ = _units_asked(folded, about)
                return cls(kind, folded, names, slot, about, units_, _needed(folded, names))
        return None

    @property
    def measured(self) -> bool:
        """Whether a figure or a date is asked for."""
        return self.kind in {"figure", "date"}

    def told(self, text: str) -> bool:
        """Whether a folded text speaks of what is asked about, in any of the words for it."""
        if self.kind == "yes or no" and asks_whether_only(self.folded):
            return bool(breadth_of(text)[1])
        if self.kind == "yes or no":
            words = (w for sides in alternatives(self.folded) for side in sides for w in side)
            if any(stands(w, text) for w in words):
                return True
        return any(aspect.told(text) for aspect in self.aspects)

    def of_another_post(self, sentence: str) -> bool:
        """Whether a folded sentence speaks of the envoy to another country than the question."""
        asked, told = posts(self.folded), posts(sentence)
        return bool(asked and told) and not asked & told

    def of_another(self, clause: str) -> bool:
        """Whether a clause counts something else, such as the injured instead of the dead."""
        if not self.aspects or self.kind != "figure" or self.told(clause):
            return False
        return any(a.units & self.units and a.told(clause) for a in aspects())

    def value_in(self, clause: str, printed: str) -> Value | None:
        """Read what a clause answers; None where it holds nothing of the kind.

        Args:
            clause: Folded.
            printed: The sentence as printed: English names begin with capitals.
        """
        if self.kind == "figure":
            return self._figure(clause)
        if self.kind == "date":
            return self._date(clause)
        if self.kind == "reason":
            why, content = reason_in(clause)
            content = frozenset(w for w in content if w not in self.folded)
            return Value(why, words=content) if content else None
        if self.kind == "yes or no":
            word, stance = stance_of(self.folded, clause)
            undecided = re.search(_DIRECTION, self.folded) and stance in {"yes", "no"}
            return Value(word, stance=stance) if stance and not undecided else None
        return self._named(clause, printed)

    def comparable(self, one: Value, other: Value) -> bool:
        """Whether two values are of one unit, or tell the same part of a date."""
        if self.kind == "figure":
            return bool({f.unit for f in one.figures} & {f.unit for f in other.figures})
        if self.kind == "date":
            return any(tell_alike(x, y) for x in one.dates for y in other.dates)
        return True

    def same(self, one: Value, other: Value) -> bool:
        """Whether two values that can be compared agree, or cannot be told apart."""
        if self.kind == "figure":
            return any(same_figure(x, y) for x in one.figures for y in other.figures)
        if self.kind == "date":
            return any(same_date(x, y) for x in one.dates for y in other.dates)
        if self.kind == "yes or no":
            known = one.leaning is not None and other.leaning is not None
            if known and lean_apart(one.leaning or 0.0, other.leaning or 0.0):
                return False
            return one.stance == other.stance or not (one.stance and other.stance)
        common = [x for x in one.words if any(same_name(x, y) for y in other.words)]
        if self.kind == "reason":
            return len(common) >= ALIKE * min(len(one.words), len(other.words))
        named = any(w in other.written for w in one.words)
        return bool(common) or named or any(w in one.written for w in other.words)

    def _figure(self, clause: str) -> Value | None:
        own = {(f.low, f.unit) for f in figures(self.folded)}
        found = [f for f in figures(clause) if (f.low, f.unit) not in own]
        if self.units:
            exact = [f for f in found if f.unit in self.units]
            # 座位是四万个: what is counted has no unit of its own
            bare = [f._replace(unit=min(self.units)) for f in found if f.unit in {"", "个"}]
            found = exact or (bare if self.told(clause) else [])
        return Value(found[0].written, figures=tuple(found)) if found else None

    def _date(self, clause: str) -> Value | None:
        own = dates(self.folded)
        found = [d for d in dates(clause) if d not in own]
        for part, asked in enumerate(_PARTS_ASKED):
            if re.search(asked, self.folded):
                found = [d for d in found if d[part]]
        return Value(found[0].written, dates=tuple(found)) if found else None

    def _named(self, clause: str, printed: str) -> Value | None:
        same = language_of(clause) == language_of(self.folded)
        if self.kind == "name" and not same:
            return None  # which kind of name is asked for can only be told by its place
        found = names_in(clause, printed, self.kind, self.names)
        if same and language_of(clause) == "zh":
            slot = in_slot(self.folded, self.slot, clause)
            if slot:
                found = frozenset(w for w in found if w in slot) or frozenset({slot})
        words = frozenset(w for w in found if w not in self.folded)
        return Value(min(words), words=words) if words else None


def _units_asked(folded: str, about: tuple[Aspect, ...]) -> frozenset[str]:
    """What the figure asked for counts: as the question says, else as what it asks about has it."""
    match = re.search(r"(?:多少|几)个?(?:万|亿)?([^\W\d_]{1,4})", folded)
    unit = unit_of(match[1]) if match else ""
    if re.search(r"how many (?:people|persons)", folded):
        unit = "人"
    for word in re.findall(r"how many ([a-z]+(?: [a-z]+)?)", folded):
        unit = next((units()[w] for w in reversed(word.split()) if w in units()), unit)
    if re.search(r"百分之[几多]|[率占]|percent(?:age)?|\brate\b", folded) and unit in {"", "人"}:
        return frozenset({"%"})
    if unit:
        return frozenset({unit, "元", "美元"}) if unit in "元美元" else frozenset({unit})
    return frozenset().union(*(a.units for a in about))


def _needed(folded: str, names: Names) -> tuple[tuple[str, ...], ...]:
    """The names that a question is about, each in all its forms: a source must speak of one."""
    found = [forms for _, _, forms in names.find(folded)]
    known = {form for forms in found for form in forms}
    quoted = re.findall(r"[《“「\"]([^》”」\"]{2,20})[》”」\"]", folded)
    proper = [w for w, tag in tagged(folded) if tag[:2] in {"nr", "ns", "nt"} and len(w) > 1]
    if language_of(folded) == "en":
        proper = []
    needed = (*found, *((w,) for w in dict.fromkeys([*quoted, *proper]) if w not in known))
    # A text from a country need not name it; and of 城镇还是村庄 a source names one.
    asked_for = either(folded)
    return tuple(f for f in needed if f[0] not in country_names() and f[0] not in asked_for)
