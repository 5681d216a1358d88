"""Figures with their units, and dates: read from a clause, and compared."""

from __future__ import annotations

import re
from typing import NamedTuple

from rag.disagree.tables import units
from rag.fold import chinese_number, fold_dates, fold_figures

ROUNDED, HEDGED = 0.03, 0.05
"""Relative difference up to which two figures may be one, rounded; or with 近, 约 and the like."""


class Figure(NamedTuple):
    """A figure or a range."""

    low: float
    high: float
    tolerance: float
    """Relative: ``HEDGED`` with 近, 约 and the like, else ``ROUNDED``."""
    unit: str
    written: str
    """3.2亿元."""


class Date(NamedTuple):
    """Parts as written, without leading zeros; empty where it does not tell."""

    year: str
    month: str
    day: str

    @property
    def written(self) -> str:
        """9月12日."""
        return "".join(f"{v}{u}" for v, u in zip(self, "年月日", strict=True) if v)


_HEDGE = (
    r"(?:将?近|约|大约|大概|超过|逾|至少|不到|不足|接近|最多|最少|about|some|around|nearly|almost|over"
    r"|more than|at least|roughly|approximately|up to)"
)
_FIGURE = re.compile(
    rf"(?P<hedge>{_HEDGE})?\s*[$£€¥]?(?<![\d.])(?P<low>\d[\d,]*(?:\.\d+)?)"
    r"(?:\s*(?P<scale_low>[万亿])?(?P<unit_low>%|[^\W\d_]{1,2})?\s*(?:至|到|—|–|-|~|～|to)"
    r"\s*(?P<high>\d[\d,]*(?:\.\d+)?))?"
    r"\s*(?P<more>多|余|来)?\s*个?(?P<scale>[万亿])?(?P<unit>%|[a-z]+|[^\W\d_]{0,4})"
)
_COUNTED = re.compile(
    r"[二两三四五六七八九十百千]+(?=[颗只头座株匹枚艘架幅册尊口条位成])"
    r"|[一二两三四五六七八九十百千]+[万亿][〇零一二两三四五六七八九十百千万亿]*"
    r"|[一二三四五六七八九][一二两三四五六七八九十百千零]+(?=[多余]?(?:公里|千米|米|英里|吨|公斤|人|元|年|天))"
)
_TRILLION = re.compile(r"兆(?=[^\W\d_]|$)")
_HUNDREDTHS = re.compile(r"(\d)(秒)(\d{2})(?!\d)")
"""9秒58: 9.58 seconds."""
_NO_UNITS = ("之间", "左右", "上下", "以上", "以下", "以内", "的", "是", "在", "被")
_CHANGE = re.compile(
    r"(?:减少|增加|下降|上升|下调|上调|扩大|缩小|增长|提高|多出?|少|下跌|上涨|increased|rose|fell|up|down)"
    r"(?:了|约|近|by)?\s*$"
)
_DATE_IN = re.compile(
    r"(?:(?P<year>\d{4})年)?(?:(?P<month>\d{1,2})月)(?:(?P<day>\d{1,2})[日号])?"
    r"|(?<!\d)(?P<only>\d{3,4}(?=年)|(?:1[5-9]|20)\d{2}(?!\d|[.,]\d|[%人米元公里万亿]))年?"
    r"|(?<!\d)(?P<bare>\d{1,2})日"
)


def figures(folded: str) -> list[Figure]:
    """Figures in a folded text; dates, and by how much something changed, are none."""
    text = _HUNDREDTHS.sub(r"\1.\3\2", _DATE_IN.sub(" ", fold_dates(folded)))
    text = _TRILLION.sub("万亿", text)
    text = fold_figures(_COUNTED.sub(lambda m: str(chinese_number(m[0]) or m[0]), text))
    out: list[Figure] = []
    for match in _FIGURE.finditer(text):
        tenths = match["unit"].startswith("成")
        unit = "%" if tenths else unit_of(match["unit"])
        times = 10 if tenths else 1
        high = _number(match["high"] or match["low"], match["scale"]) * times
        scale_low = match["scale_low"] or match["scale"]
        low = _number(match["low"], scale_low) * times if match["high"] else high
        if not unit and match["low"].isdigit() and 1900 <= low <= 2100:
            continue
        if match["unit"].startswith(("年", "月", "日", "号", "时", "点")) and not unit:
            continue
        if _CHANGE.search(text[: match.start()]) and not match["hedge"]:
            continue  # by how much, not how much
        about = bool(match["hedge"] or match["more"])
        written = _short(low) if low == high else f"{_short(low)}–{_short(high)}"
        written += ("" if unit in {"", "%"} else " " * unit.isascii()) + unit
        low, high = min(low, high), max(low, high)
        out.append(Figure(low, high, HEDGED if about else ROUNDED, unit, written))
    return out


def unit_of(after: str) -> str:
    """The unit that stands for the one which what follows a figure begins with."""
    known = units()
    if after.startswith(_NO_UNITS):
        return ""
    for length in range(len(after), 0, -1):
        if after[:length] in known:
            return known[after[:length]]
    return "" if after.isascii() else after[:1]


def same_figure(one: Figure, other: Figure) -> bool:
    """Whether two figures of a unit may be one: within a range, rounded, or both rough."""
    if one.unit != other.unit:
        return False
    low, high = max(one.low, other.low), min(one.high, other.high)
    if low <= high:
        return True  # equal, or within a range
    if max(one.tolerance, other.tolerance) > ROUNDED:
        return (low - high) / low <= HEDGED
    return _rounds_to(one.low, other.low) or _rounds_to(other.low, one.low)


def dates(folded: str) -> list[Date]:
    """Dates in a folded text."""
    found = _DATE_IN.finditer(fold_figures(fold_dates(folded)))
    return [
        Date(
            m["year"] or m["only"] or "",
            (m["month"] or "").lstrip("0"),
            (m["day"] or m["bare"] or "").lstrip("0"),
        )
        for m in found
    ]


def tell_alike(one: Date, other: Date) -> bool:
    """Whether both tell the year, or the month, or the day."""
    return any(a and b for a, b in zip(one, other, strict=True))


def same_date(one: Date, other: Date) -> bool:
    """Whether two dates agree in all that both tell."""
    both = [(a, b) for a, b in zip(one, other, strict=True) if a and b]
    return bool(both) and all(a == b for a, b in both)


def _short(value: float) -> str:
    for scale, word in ((1e8, "亿"), (1e4, "万")):
        if value >= scale:
            return f"{value / scale:.10g}{word}"
    return f"{value:.10g}"


def _number(written: str, scale: str | None) -> float:
    return float(written.replace(",", "")) * {"万": 1e4, "亿": 1e8}.get(scale or "", 1)


def _rounds_to(exact: float, rounded: float) -> bool:
    """Whether ``rounded`` is ``exact`` with fewer digits: 5600亿 of 5598亿, 24 of 24.02."""
    if rounded == int(rounded) and rounded < 1000:
        return rounded >= 10 and exact != int(exact) and int(rounded) in {int(exact), round(exact)}
    digits = len(f"{rounded:.10g}".rstrip("0").replace(".", "").lstrip("0"))
    close = abs(exact - rounded) / max(exact, rounded) <= ROUNDED
    return close and float(f"{exact:.{max(digits - 1, 0)}e}") == rounded
