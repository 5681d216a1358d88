"""Dates: whole ones, parts of them, and those that are told from the day of publication (昨日)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from rag.checks.reading import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rag.checks.reading import Comparison

_DATE = re.compile(
    r"(?<!\d)(?:(?P<y>(?:19|20)\d{2})(?:年|(?=[,.\s]|学年|$)|[—–-](?=20)))?"
    r"(?:(?P<m>1[0-2]|0?[1-9])月份?)?(?:(?P<d>3[01]|[12]\d|0?[1-9])[日号])?"
)
_YEARS = {
    "今年": 0,
    "本年": 0,
    "去年": -1,
    "上年": -1,
    "前年": -2,
    "明年": 1,
    "后年": 2,
    "this year": 0,
    "last year": -1,
    "next year": 1,
}
_MONTHS = {
    "本月": 0,
    "上月": -1,
    "上个月": -1,
    "下月": 1,
    "下个月": 1,
    "this month": 0,
    "last month": -1,
    "next month": 1,
}
_DAYS = {
    "今天": 0,
    "今日": 0,
    "今早": 0,
    "今晚": 0,
    "昨天": -1,
    "昨日": -1,
    "昨晚": -1,
    "前天": -2,
    "前日": -2,
    "明天": 1,
    "明日": 1,
    "today": 0,
    "yesterday": -1,
    "tomorrow": 1,
}
_WEEKDAYS = {
    name: n
    for n, names in enumerate(
        (
            "周一 星期一 monday",
            "周二 星期二 tuesday",
            "周三 星期三 wednesday",
            "周四 星期四 thursday",
            "周五 星期五 friday",
            "周六 星期六 saturday",
            "周日 星期日 星期天 sunday",
        )
    )
    for name in names.split()
}
_SAME = re.compile(r"同[日月年]|当[天日月年]|那天")


@dataclass(frozen=True, slots=True)
class Day:
    """A date as far as it is told; 0 where it is not."""

    year: int = 0
    month: int = 0
    day: int = 0

    def __str__(self) -> str:
        """As Chinese writes it."""
        parts = ((self.year, "年"), (self.month, "月"), (self.day, "日"))
        return "".join(f"{value}{unit}" for value, unit in parts if value)

    def fits(self, other: Day) -> bool:
        """Whether the other tells as much as this one and nothing else."""
        pairs = ((self.year, other.year), (self.month, other.month), (self.day, other.day))
        return self.rivals(other) and all(a == b or not a or not b for a, b in pairs)

    def rivals(self, other: Day) -> bool:
        """Whether the other tells a date as fine."""
        if self.day:
            return bool(other.day)
        return bool(other.month if self.month else other.year)


def faults(it: Comparison) -> Iterator[Fault]:
    """Yield what is wrong with the dates of a clause."""
    card = next(iter(sorted(dates(it.cards), key=lambda d: -d.day)), Day())
    quoted = [*dates(it.quotes.text), *told(it.quotes.text, card)]
    said = dates(it.clause.text)
    before = [*dates(it.before.text), *told(it.before.text, card)]
    for day in said:
        known = [_filled(d, quoted, card) for d in quoted]
        if any(day.fits(d) for d in known):
            continue
        rivals = [d for d in known if day.rivals(d)]
        refers = _SAME.search(it.quotes.text) or not rivals
        if refers and any(day.fits(_filled(d, before, card)) for d in (*before, card)):
            continue
        if rivals:
            yield Fault("contradicted", f"the source says {rivals[0]}, not {day}")
        else:
            yield Fault("unsupported", f"not in the source: {day}")


def _filled(day: Day, among: list[Day], card: Day) -> Day:
    """With the year that its text tells, else that of publication."""
    years = {d.year for d in among if d.year}
    year = day.year or (0 if years else card.year)
    return Day(year, day.month, day.day)


def dates(folded: str) -> list[Day]:
    """Return the dates that stand in folded text."""
    out: list[Day] = []
    for match in _DATE.finditer(folded):
        year, month, day = (int(match[g] or 0) for g in "ymd")
        if day and not month and re.match(r"\s*(?:家|间)", folded[match.end() :]):
            continue
        if year or month or day:
            out.append(Day(year, month, day))
    return out


def told(folded: str, card: Day) -> list[Day]:
    """Return the dates that a text tells by the day of its publication: 昨日, 下月, 周五."""
    if not card.year:
        return []
    out: list[Day] = []
    for word, years in _YEARS.items():
        found = re.finditer(rf"{word}(?:的?(1[0-2]|[1-9])月)?", folded)
        out += [Day(card.year + years, int(match[1] or 0)) for match in found]
    if card.month:
        for word, months in _MONTHS.items():
            if word in folded:
                at = card.year * 12 + card.month - 1 + months
                out.append(Day(at // 12, at % 12 + 1))
    if card.day:
        published = date(card.year, card.month, card.day)
        for word, days in _DAYS.items():
            if word in folded:
                out.append(_day(published + timedelta(days=days)))
        for word, weekday in _WEEKDAYS.items():
            if word in folded:
                out.append(_day(published - timedelta(days=(published.weekday() - weekday) % 7)))
    return out


def _day(value: date) -> Day:
    return Day(value.year, value.month, value.day)
