"""What documents date: sentences that mention a topic and tell a day, a month or a year."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from rag.corpus.phrase import in_figures
from rag.corpus.scan import Mention, mentioning, parted
from rag.dates import calendar_date

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rag.corpus.scan import Shelves
    from rag.model import Filters
    from rag.question.pile import Topic

_DATE = re.compile(
    r"(?<!\d)(?:((?:19|20)\d\d)年)?(?:(?<!\d)(1[0-2]|[1-9])月(?!前|后|来))?(?:(?<!\d)(3[01]|[12]\d|[1-9])[日号](?!线))?"
)
_MAY_DATE = re.compile(r"[年月日号\d]|[A-Za-z]")
AHEAD = 60
"""Days after its publication that a text may speak of without naming the year."""


@dataclass(frozen=True, slots=True)
class Happening:
    """What was, or is to be, on a date."""

    date: str
    """ISO, as precise as is told: 2023-07-28, 2023-07 or 2023."""
    mention: Mention
    """The sentence that says so."""


def timeline(
    shelves: Shelves, topic: Topic, filters: Filters | None = None
) -> tuple[Happening, ...]:
    """Return the dated sentences that mention ``topic``, the earliest date first.

    A month without a year, and a day without a month, are read by the date of publication. Of the
    sentences of near-duplicates the first counts. Where the topic stands nowhere as it is, a
    sentence that holds all of its words will do.
    """
    return _told(shelves, topic, filters) or _told(shelves, parted(topic), filters)


def _told(shelves: Shelves, topic: Topic, filters: Filters | None) -> tuple[Happening, ...]:
    found: dict[tuple[str, str], Happening] = {}
    for mention in mentioning(shelves, topic, filters, _may_date):
        for told in _dates(mention.excerpt.text, mention.hit.published):
            found.setdefault((told, mention.hit.story), Happening(told, mention))
    return tuple(sorted(found.values(), key=lambda h: (h.date, h.mention.hit.published or "")))


def _dates(sentence: str, published: str | None) -> Iterator[str]:
    """The dates that a sentence tells, each once; a year alone only where it tells no more."""
    found = [
        told
        for match in _DATE.finditer(in_figures(sentence))
        if any(match.groups()) and (told := _date(match, published))
    ]
    precise = [told for told in found if len(told) > len("2023")]
    yield from dict.fromkeys(precise or found)


def _may_date(sentence: str) -> bool:
    return bool(_MAY_DATE.search(sentence))


def _date(match: re.Match[str], published: str | None) -> str:
    """As ISO; empty where it cannot be told."""
    year, month, day = match.groups()
    full = published if published and len(published) == len("2023-07-28") else None
    if month is None and day and not year:
        if full is None:
            return ""
        told = _day_before(full, int(day))
        return told.isoformat() if told else ""
    if year is None:
        if not month or not published:
            return ""
        year = published[:4]
        known = calendar_date(year, month, day or "1")
        if known and full and (known - date.fromisoformat(full)).days > AHEAD:
            year = str(int(year) - 1)
    if not month:
        return year
    if not day:
        return f"{year}-{int(month):02}"
    known = calendar_date(year, month, day)
    return known.isoformat() if known else ""


def _day_before(published: str, day: int) -> date | None:
    """The last such day of a month up to a date: 28日 in a text of the 3rd is last month's."""
    year, month, today = map(int, published.split("-"))
    if day > today:
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)
    return calendar_date(str(year), str(month), str(day))
