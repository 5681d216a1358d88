"""Dates: whole ones, parts of them, and those that are told from the day of publication (昨日)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from rag.checks.reading import Fault
from rag.figures import DAY, whole_number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rag.checks.reading import Comparison

_DATE = re.compile(
    r"(?<!\d)(?:(?P<y>(?:19|20)\d{2})(?:年|(?=[,.\s]|学年|$)|[—–-](?=20)))?"
    rf"(?:(?P<m>1[0-2]|0?[1-9])月份?)?(?:(?P<d>3[01]|[12]\d|0?[1-9])(?:{DAY}))?"
)
_YEARS = {
    "今年": 0,
    "本年": 0,
    "去年": -1,
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
_NEXT = 4
"""Characters between two days of one month."""
_RELATIVE_YEAR = re.compile(rf"(?:{'|'.join(_YEARS)})的?$")
_YEAR_BEFORE = re.compile(r"上一?年|前一年|the previous year")
_LATER = re.compile(
    r"(?P<next>[次翌隔]年|第[2二]年)|(?P<years>\d{1,2}|[一二两三四五六七八九十])年(?:之?后|以后)"
)
"""By which a year is told from the one before: 次年, 两年后."""
SAME = re.compile(r"同[日月年]|当[天日月年]|那天")
"""A time that the sentence before tells."""


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
        return self.rivals(other) and all(a == b or not a for a, b in pairs)

    def rivals(self, other: Day) -> bool:
        """Whether the other tells a date as fine."""
        if self.day:
            return bool(other.day)
        return bool(other.month if self.month else other.year)


def faults(it: Comparison) -> Iterator[Fault]:
    """Yield what is wrong with the dates of a clause."""
    cards = published(it.cards)
    card = cards[0] if cards else Day()
    known = [d for c in cards or [card] for d in resolved(it.quotes.text, c)]
    before = [d for c in cards or [card] for d in resolved(it.before.text, c)]
    yield from _by_word(it, cards, known)
    asked = [d.year for d in dates(it.question) if d.year]
    own = {d for c in cards for d in told(it.clause.text, c)}
    for day in dates(it.clause.text):
        if not day.year and any(d in known and replace(d, year=0) == day for d in own):
            continue  # 明年1月1日
        if any(day.fits(d) for d in known):
            continue
        rivals = [d for d in known if day.rivals(d)]
        refers = SAME.search(it.quotes.text) or not rivals
        if refers and any(day.fits(d) for d in (*before, *cards)):
            continue
        undated = [d for d in known if not d.year and replace(day, year=0).fits(d)]
        if undated and day.year:
            if day.year not in asked:
                yield Fault("unsupported", f"the source tells no year: {day}")
        elif rivals:
            yield Fault("contradicted", f"the source says {rivals[0]}, not {day}")
        else:
            yield Fault("unsupported", f"not in the source: {day}")


def _by_word(it: Comparison, cards: list[Day], known: list[Day]) -> Iterator[Fault]:
    """下月 where the source has 26日: told by the day of publication, and none of its days."""
    for word in (*_YEARS, *_MONTHS, *_DAYS):
        if word not in it.clause.text or word in it.question:
            continue
        if word in it.around.text or word in it.cards or it.clause.english != it.source.english:
            continue
        meant = {d for c in cards for d in told(word, c)}
        if meant and known and not any(d.fits(k) for d in meant for k in known):
            yield Fault("contradicted", f"the source says {known[0]}, not {word}")
            return
        if not meant or not known:
            yield Fault("unsupported", f"not in the source: {word}")
            return


def published(cards: str) -> list[Day]:
    """The day of publication on each card: the last date there that has a year."""
    found = [[d for d in dates(card) if d.year] for card in cards.splitlines()]
    return [days[-1] for days in found if days]


def resolved(folded: str, card: Day) -> list[Day]:
    """Return the dates of a text, each once with every year that it may be of.

    A date without a year is of the year named last before it, or of that of publication; one
    that would lie after publication may be of the year before.
    """
    out = told(folded, card)
    out += [Day(year) for year in _years_after(folded)]
    for line in folded.splitlines():
        last = month = 0
        out += [Day(year - 1) for year in _years_before(line)]
        for day, at in _dated(line):
            month = day.month or month
            if day.year:
                last = day.year
                out.append(day)
                continue
            if _RELATIVE_YEAR.search(line[:at]) and card.year:
                continue  # 明年3月, which `told` gives
            for one in _of_months(day, month, card):
                years = {last, *_implied(one, card)} - {0}
                out += [replace(one, year=year) for year in sorted(years)] or [one]
    return out


def _of_months(day: Day, month: int, card: Day) -> list[Day]:
    """8日 is of the month named before it, else of that of publication or the one before."""
    if day.month or not day.day:
        return [day]
    if month or not card.day:
        return [replace(day, month=month)]
    before = [] if day.day <= card.day else [replace(day, month=card.month - 1 or 12)]
    return [replace(day, month=card.month), *before]


def _years_before(line: str) -> list[int]:
    """The years that 上年 follows: 2025年产能利用率为71%，低于上年的83%."""
    named = [(day.year, at) for day, at in _dated(line) if day.year]
    before = [[year for year, at in named if at < m.start()] for m in _YEAR_BEFORE.finditer(line)]
    return [years[-1] for years in before if years]


def _years_after(text: str) -> list[int]:
    """The years told from the one named before: 1987年列为文物,次年禁止通行."""
    named = [(day.year, at) for day, at in _dated(text) if day.year]
    out = []
    for match in _LATER.finditer(text):
        before = [year for year, at in named if at < match.start()]
        later = 1 if match["next"] else whole_number(match["years"])
        out += [before[-1] + later] if before else []
    return out


def _implied(day: Day, card: Day) -> tuple[int, ...]:
    later = bool(day.month and card.month) and (day.month, day.day) > (card.month, card.day or 31)
    return (card.year, card.year - 1) if later else (card.year,)


def dates(folded: str) -> list[Day]:
    """Return the dates that stand in folded text."""
    return [day for day, _ in _dated(folded)]


def _dated(folded: str) -> Iterator[tuple[Day, int]]:
    """The dates that stand in folded text, and where."""
    last, end = 0, len(folded)
    for match in _DATE.finditer(folded):
        year, month, day = (int(match[g] or 0) for g in "ymd")
        if day and not month and re.match(r"\s*(?:家|间)", folded[match.end() :]):
            continue
        if year or month or day:
            if day and not month and 0 <= match.start() - end < _NEXT:
                month = last  # 9月16日至17日
            last, end = month, match.end()
            yield Day(year, month, day), match.start()


def told(folded: str, card: Day) -> list[Day]:
    """Return the dates that a text tells by the day of its publication: 昨日, 下月, 周五."""
    if not card.year:
        return []
    out: list[Day] = []
    for word, years in _YEARS.items():
        found = re.finditer(rf"{word}(?:的?(1[0-2]|[1-9])月(?:(\d{{1,2}})日)?)?", folded)
        out += [Day(card.year + years, int(m[1] or 0), int(m[2] or 0)) for m in found]
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
