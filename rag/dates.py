"""When a text was published: its own dateline, or what can be worked out from its words.

A date that is worked out is marked ``inferred: …`` and says how; nothing reads a file's own date,
which tells when it was copied.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

HEAD = 600
"""Characters from the top within which a dateline stands."""

_YEAR = r"(?<!\d)((?:19|20)\d{2})"
_DAY = r"(3[01]|[12]\d|0?[1-9])(?!\d)"
_MONTH = r"(1[0-2]|0?[1-9])"
_FULL = re.compile(rf"{_YEAR}\s*[-/.年]\s*{_MONTH}\s*[-/.月]\s*{_DAY}")
_MONTH_ONLY = re.compile(rf"{_YEAR}\s*年\s*{_MONTH}\s*月|{_YEAR}-{_MONTH}(?![\d-])")
MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_ENGLISH = re.compile(
    rf"\b({'|'.join(MONTHS)})[a-z]*\.?\s+{_DAY}(?:st|nd|rd|th)?,?\s+((?:19|20)\d{{2}})(?!\d)"
    rf"|(?<!\d){_DAY}(?:st|nd|rd|th)?\s+({'|'.join(MONTHS)})[a-z]*\.?,?\s+((?:19|20)\d{{2}})(?!\d)",
    re.IGNORECASE,
)
_FAR = r"[^。！？\n]{0,16}?"
_COUNTDOWNS = (
    # 41天后的2023年11月15日: days, then the date
    (re.compile(rf"(\d{{1,3}})\s*天(?:之?[后後]|以[后後]){_FAR}{_FULL.pattern}"), (0, 1, 2, 3)),
    # 距2023年11月15日还有41天: the date, then days
    (
        re.compile(rf"距[离離]?{_FAR}{_FULL.pattern}{_FAR}[还還尚仅僅]\D{{0,4}}(\d{{1,3}})\s*天"),
        (3, 0, 1, 2),
    ),
)


def find_date(text: str) -> tuple[str | None, str | None]:
    """Return when ``text`` was published and how that is known.

    Returns:
        An ISO date, as precise as is known, with ``text`` or ``inferred: …``; None for both where
        the text gives no year.
    """
    head = text[:HEAD]
    found = [d for d in (_first(_FULL, head), _english(head)) if d]
    if found:
        return found[0], "text"
    for pattern, order in _COUNTDOWNS:
        countdown = pattern.search(text)
        if countdown:
            days, *event = (countdown.groups()[i] for i in order)
            day = calendar_date(*event)
            if day:
                published = (day - timedelta(days=int(days))).isoformat()
                return published, f"inferred: {days} days before {day.isoformat()}"
    latest = _latest(text)
    return (latest, "inferred: the latest date in the text") if latest else (None, None)


def as_date(text: str) -> str | None:
    """Return an ISO date out of what someone wrote in a date field; None where there is none."""
    for pattern in (_FULL, _MONTH_ONLY):
        found = _first(pattern, text)
        if found:
            return found
    year = re.fullmatch(r"\s*((?:19|20)\d{2})\s*年?\s*", text)
    return _english(text) or (year[1] if year else None)


def _first(pattern: re.Pattern[str], text: str) -> str | None:
    for match in pattern.finditer(text):
        parts = [g for g in match.groups() if g]
        if len(parts) == 2 or calendar_date(*parts):
            return "-".join(f"{int(p):02}" for p in parts)
    return None


def _english(text: str) -> str | None:
    match = _ENGLISH.search(text)
    if not match:
        return None
    month, day, year = match.groups()[:3] if match[1] else (match[5], match[4], match[6])
    found = calendar_date(year, str(MONTHS.index(month[:3].lower()) + 1), day)
    return found.isoformat() if found else None


def calendar_date(year: str, month: str, day: str) -> date | None:
    """Return the day that these digits name; None where no calendar has it."""
    try:
        return date(int(year), int(month), int(day))
    except ValueError:  # 2025-02-30
        return None


def _latest(text: str) -> str | None:
    """The latest date with a year that a text mentions and that is not to come."""
    today = datetime.now(UTC).date().isoformat()
    found = [
        "-".join(f"{int(g):02}" for g in match.groups() if g)
        for pattern in (_FULL, _MONTH_ONLY)
        for match in pattern.finditer(text)
    ]
    english = [_english(m[0]) for m in _ENGLISH.finditer(text)]
    return max((d for d in (*found, *english) if d and d <= today), default=None)
