"""What time a question speaks of, and how well a document's date of publication fits it.

Times are read off the words by patterns, in both scripts and in English, and never guessed: where
the words give no year, there is no time. A month and day alone (6月5日, June 5) is therefore None,
unless the question names a year elsewhere; the lexical leg matches those words anyhow.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial

from rag.dates import MONTHS, calendar_date
from rag.fold import fold, fold_dates

RECENT_DAYS = 90
"""How far back 最近 and “recently” reach."""
RECENT_YEARS = 3
"""How far back 近年来 and “in recent years” reach; also what 几 and “a few” count for."""
HALF_AFTER_DAYS = 180
"""What is published so long after the asked period fits half: it can still report it."""
HALF_BEFORE_DAYS = 30
"""What is published so long before the asked period fits half: it can only announce it."""
HALF_OLDER_DAYS = 90
"""Where the newest is asked for, what is so much older than the newest document fits half."""
_MENTIONED = re.compile(r"(?<!\d)(?:((?:19|20)\d\d) ?年 ?)?(?:(?<!\d)(1[0-2]|0?[1-9]) ?月)?")
_NAMED_YEAR, _ANY_MONTH = re.compile(r"(?<!\d)((?:19|20)\d\d)\s?年"), re.compile(r"\d\s?月")
FARTHEST_YEARS = 200
"""A span longer than this (过去五千年) says nothing of when a document was published."""


@dataclass(frozen=True, slots=True)
class When:
    """The time that a question speaks of.

    ``since`` None is “ever”, ``until`` None is “to this day”; both are None only with ``latest``.
    """

    since: str | None
    """ISO, as precise as known: 2025, 2025-06, 2025-06-05."""
    until: str | None
    """Inclusive, the whole of it: until 2025 is until its last day."""
    latest: bool = False
    """It asks for the newest there is."""
    words: str = ""
    """As written in the question: 去年; several with … between them."""


def when(question: str, today: date, *, latest_document: str | None = None) -> When | None:
    """Return the time that ``question`` speaks of; None where it speaks of none.

    Several times make one span, from the earliest to the latest. What stands in 《》 or quotation
    marks is a title or someone's words, and no time of the question. A month or a day without a
    year (6月5日) takes the year that the question names elsewhere and narrows it; where it names
    none it is no time: no span could hold it, and the lexical leg matches its words anyhow.

    Args:
        question: As asked, in any script.
        today: What 去年 and “last month” count from.
        latest_document: ISO date of the newest document, which 最近 counts back from.

    Raises:
        ValueError: ``latest_document`` is no ISO date.
    """
    text, origins = _aligned(question)
    text = _without_quotes(text)
    now = _Now(today, _bounds(latest_document)[1] if latest_document else today)
    times = _settled(_times(text, now), text)
    asks_latest = [
        m.span() for m in _LATEST.finditer(text) if not any(_meets(m.span(), t) for t in times)
    ]
    since, until = _span(times)
    if since is None and until is None and not asks_latest:
        return None
    places = sorted([*((t.start, t.end) for t in times), *asks_latest])
    words = " … ".join(question[origins[a] : origins[b - 1] + 1].strip() for a, b in places)
    return When(since, until, latest=bool(asks_latest), words=words)


def closeness(published: str | None, when: When, newest: str | None = None) -> float:
    """Return how well a date of publication fits the asked time, from 0 to 1.

    1 where the two overlap, whichever is the less precise: 2025 fits 2025-06 as far as it tells.
    Outside, half for every ``HALF_AFTER_DAYS`` after the period or ``HALF_BEFORE_DAYS`` before it.
    Where the newest is asked for, half for every ``HALF_OLDER_DAYS`` before ``newest`` (or before
    the end of the period, where that is earlier), times the former if there is a period.

    Args:
        published: ISO date of the document; None fits nothing.
        when: The asked time.
        newest: ISO date of the newest document; without it nothing can be told of ``latest``.

    Raises:
        ValueError: A date is no ISO date.
    """
    if published is None:
        return 0.0
    has_period = when.since is not None or when.until is not None
    fit = 1.0
    if has_period:
        gap = _gap(published, when)
        fit = _halved(gap, HALF_AFTER_DAYS) if gap > 0 else _halved(-gap, HALF_BEFORE_DAYS)
    if not when.latest:
        return fit
    if newest is None:
        return fit if has_period else 0.0
    return fit * _halved(_older(published, when, newest), HALF_OLDER_DAYS)


def speaks_of(text: str, when: When, published: str | None) -> bool:
    """Tell whether ``text`` names the asked time itself: a month or day of it, or its very year.

    A month without a year is the last one of that name before the text was published; without a
    date of publication it is none. A coarser time than the asked says nothing: 2025 is not June.

    Args:
        text: Of a passage, in any script.
        when: The asked time.
        published: ISO date of the passage's document.

    Raises:
        ValueError: ``published`` is no ISO date.
    """
    if when.since is None and when.until is None:
        return False
    precision = min(len(when.since or when.until or ""), len("2025-06"))
    for year, month in _MENTIONED.findall(fold_dates(fold(text))):
        iso = _mentioned(year, int(month or 0), published)
        if len(iso) >= precision and _gap(iso, when) == 0:
            return True
    return False


def tells_bare_month(text: str) -> bool:
    """Whether ``text`` names a month before any year.

    >>> tells_bare_month("9月举行"), tells_bare_month("2025年9月举行")
    (True, False)
    """
    month, year = _ANY_MONTH.search(text), _NAMED_YEAR.search(text)
    return month is not None and (year is None or month.start() < year.start())


def last_year(text: str) -> str:
    """Return the last year that ``text`` names, as four digits; empty where it names none."""
    at = len(text)
    while (at := text.rfind("年", 0, at)) > 0:
        found = _NAMED_YEAR.search(text, max(at - len("2025 "), 0), at + 1)
        if found:
            return found[1]
    return ""


def _mentioned(year: str, month: int, published: str | None) -> str:
    if not year and published and month:
        out = _bounds(published)[1]
        year = str(out.year - (month > out.month))
    return f"{year}-{month:02d}" if year and month else year


def explain(published: str, when: When, newest: str | None = None) -> str:
    """Say in short English how a date of publication fits the asked time.

    Args:
        published: ISO date of the document.
        when: The asked time.
        newest: ISO date of the newest document; only with it can a document be called the newest.

    Raises:
        ValueError: A date is no ISO date.
    """
    if when.since is None and when.until is None:
        if newest is None:
            return f"published {published}; the newest is asked"
        older = _older(published, when, newest)
        if not older:
            return f"the newest: {published}"
        return f"published {published}, {_days(older)} before the newest"
    gap = _gap(published, when)
    asked = f"the asked {_asked(when)}"
    if gap:
        # A month is as far off as its nearer end, or farther.
        least = "" if len(published) == 10 else "at least "
        side = "after" if gap > 0 else "before"
        return f"published {published}, {least}{_days(abs(gap))} {side} {asked}"
    first, last = _bounds(published)
    period = _period(when)
    inside = period[0] <= first and last <= period[1]
    return f"published {published}, {'within' if inside else 'perhaps within'} {asked}"


def _asked(when: When) -> str:
    if when.until is None:
        return f"time since {when.since}"
    if when.since is None:
        return f"time until {when.until}"
    return when.since if when.since == when.until else f"{when.since} to {when.until}"


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"


def _halved(days: int, half: int) -> float:
    return float(0.5 ** (days / half))


def _bounds(iso: str) -> tuple[date, date]:
    """The first and the last day of an ISO year, month or day."""
    year, month, day = (*(int(p) for p in iso.split("-")), 0, 0)[:3]
    first = date(year, month or 1, day or 1)
    if day:
        return first, first
    last = month or 12
    return first, date(year, last, monthrange(year, last)[1])


def _period(when: When) -> tuple[date, date]:
    return (
        _bounds(when.since)[0] if when.since else date.min,
        _bounds(when.until)[1] if when.until else date.max,
    )


def _gap(published: str, when: When) -> int:
    """Days from the asked period to the publication; negative before it, 0 where they overlap."""
    first, last = _bounds(published)
    start, end = _period(when)
    if first > end:
        return (first - end).days
    return min(0, (last - start).days)


def _older(published: str, when: When, newest: str) -> int:
    """Days by which a publication is older than the newest that could be meant."""
    anchor = min(_bounds(newest)[0], _period(when)[1])
    return max(0, (anchor - _bounds(published)[1]).days)


# Reading ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Now:
    today: date
    newest: date


@dataclass(frozen=True, slots=True)
class _Time:
    """A time in the folded question."""

    start: int
    end: int
    since: str | None
    until: str | None
    lends: str = ""
    """The year that a month elsewhere in the question may take."""
    bare: bool = False
    """Without a year yet: 06-05."""
    closed: bool = False
    """Before, since and until no longer apply."""


_Part = tuple[str, str]
"""A part of a year, without the year: first and last month or day (06, 06-05)."""
_Reader = Callable[[re.Match[str], _Now], _Time | None]


def _aligned(question: str) -> tuple[str, list[int]]:
    """Fold ``question``, with one space for many, and tell which character each was made of.

    Runs of spaces would cost the patterns time that grows with the square of their length.
    """
    folded: list[str] = []
    origins: list[int] = []
    for place, char in enumerate(question):
        made = char.lower() if char.isascii() else fold(char)
        if made.isspace():
            made = "" if folded and folded[-1] == " " else " "
        if made:
            folded.append(made)
        origins.extend([place] * len(made))
    return "".join(folded), origins


_QUOTED = re.compile(
    r"《[^《》]*》|〈[^〈〉]*〉|「[^「」]*」|『[^『』]*』|“[^“”]*”|‘[^‘’]*’|\"[^\"]*\""
    r"|https?://[\x21-\x7e]+"
)
_ONE_FORM = str.maketrans("’–—―~〜○", "'-----〇")


def _without_quotes(text: str) -> str:
    """Blank what is quoted, unless all of the question is."""
    left = _QUOTED.sub(lambda m: "\0" * len(m[0]), text)
    return (left if re.search(r"\w", left) else text).translate(_ONE_FORM)


def _meets(place: tuple[int, int], time: _Time) -> bool:
    return place[0] < time.end and time.start < place[1]


# Numerals ---------------------------------------------------------------------------------------

_DIGITS = {c: i for i, c in enumerate("〇一二三四五六七八九")} | {"零": 0, "两": 2}
_TENS = {"十": 10, "百": 100, "千": 1000}
_ENGLISH = (
    {"a": 1, "an": 1, "one": 1, "two": 2, "couple of": 2, "three": 3, "four": 4, "five": 5}
    | {"six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12}
    | {"fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50}
)
_VAGUE = {"几", "数", "few", "several"}

_NN = r"(?:(?<!\d)\d{1,2}|[〇零一二三四五六七八九十]{1,3})"
_COUNT = r"(?:(?<!\d)\d{1,3}|[一二两三四五六七八九十百]{1,5})"
_WORDS = rf"(?:\d{{1,3}}|{'|'.join(sorted([*_ENGLISH, *_VAGUE], key=len, reverse=True))})"


def _number(written: str) -> int:
    if written.isdecimal():
        return int(written)
    if written in _VAGUE:
        return RECENT_YEARS
    if written in _ENGLISH:
        return _ENGLISH[written]
    if not set(written) & set(_TENS):
        return int("".join(str(_DIGITS[c]) for c in written))
    total, digit = 0, 0
    for char in written:
        if char in _TENS:
            total += (digit or 1) * _TENS[char]
            digit = 0
        else:
            digit = _DIGITS[char]
    return total + digit


# Parts of a year --------------------------------------------------------------------------------

_STAGES = {"初": (1, 3), "中": (5, 8), "底": (10, 12)}
"""Months that 年初, 年中 and 年底 mean."""
_THIRDS = {"初": ("-01", "-10"), "中": ("-11", "-20"), "底": ("-21", "")}
"""Days that 月初, 月中 and 月底 mean; the last to the end of whatever month it is."""
_STAGE_OF = {"上旬": "初", "中旬": "中", "下旬": "底", "末": "底"} | {
    **dict.fromkeys(("early", "beginning", "start"), "初"),
    **dict.fromkeys(("mid", "middle"), "中"),
    **dict.fromkeys(("late", "end"), "底"),
}
_SEASONS = {"春": 3, "夏": 6, "秋": 9, "冬": 12} | {
    "spring": 3,
    "summer": 6,
    "autumn": 9,
    "fall": 9,
    "winter": 12,
}
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "latter": 2, "上": 1, "下": 2} | {
    "1st": 1,
    "2nd": 2,
    "3rd": 3,
    "4th": 4,
}


def _months(first: int, last: int) -> _Part | None:
    """Months 13 and 14 are those of the next year: a winter ends there."""
    return (f"{first:02}", f"{last:02}") if 1 <= first <= 12 and first <= last <= 14 else None


def _part(match: re.Match[str]) -> _Part | None:
    """The part of a year that the named groups of a pattern tell."""
    said = {name: value for name, value in match.groupdict().items() if value}
    if "month" in said:
        return _part_of_month(said)
    if "m1" in said:
        first, last = _number(said["m1"]), min(12, _number(said["m2"]))
    elif "firsts" in said:
        first, last = 1, _number(said["firsts"]) * (1 if said["unit"] == "月" else 3)
    elif "season" in said:
        first = _SEASONS[said["season"]]
        last = first + 2
    elif "stage" in said:
        first, last = _STAGES[_STAGE_OF.get(said["stage"], said["stage"])]
    else:
        name, length = ("quarter", 3) if "quarter" in said else ("half", 6)
        last = (_ORDINALS.get(said[name]) or _number(said[name])) * length
        first = last - length + 1
    return _months(first, last)


def _part_of_month(said: dict[str, str]) -> _Part | None:
    name = said["month"]
    number = MONTHS.index(name[:3]) + 1 if name[:3] in MONTHS else _number(name)
    month = f"{number:02}"
    if not 1 <= number <= 12:
        return None
    if "stage" in said:
        first, last = _THIRDS[_STAGE_OF.get(said["stage"], said["stage"])]
        return month + first, month + last
    if "day" not in said:
        return month, month
    day = f"{month}-{_number(said['day']):02}"
    return day, f"{month}-{_number(said['day2']):02}" if "day2" in said else day


def _dated(year: str, part: str) -> str:
    """Put the year before a part of it; a day that no calendar has leaves its month."""
    written, _, day = part.partition("-")
    month = int(written)
    if month > 12:
        return f"{int(year) + 1}-{month - 12:02}"
    if day and not calendar_date(year, written, day):
        day = ""
    return f"{year}-{written}" + (f"-{day}" if day else "")


def _of_year(start: int, end: int, year: str, part: _Part | None) -> _Time | None:
    """The time at a place: a year, a part of it, or a part that still needs its year."""
    if part is None:
        return _Time(start, end, year, year, lends=year) if year else None
    if not year:
        return _Time(start, end, *part, bare=True)
    return _Time(start, end, _dated(year, part[0]), _dated(year, part[1]), lends=year)


# 初中, 初步, 底特律, 年中国: there the character begins another word.
_STAGE = r"(?P<stage>初(?![中级次步选审])|底(?![特层价线盘])|末(?![日端代]){})"
_TO = r"\s*(?:-+|到|至)\s*"
_PARTS = (
    rf"(?P<m1>{_NN})\s*月?份?{_TO}(?P<m2>{_NN})\s*月(?!\s*{_NN}\s*[日号])",
    (
        rf"(?P<month>{_NN})\s*月份?(?:\s*(?P<day>{_NN})\s*"
        rf"(?:[日号]?(?:{_TO}|[和、])(?P<day2>{_NN})\s*[日号]|[日号])"
        rf"|{_STAGE.format('|[上中下]旬')})?"
    ),
    r"(?P<half>[上下])半年",
    r"h(?P<half>[12])(?![a-z\d])",
    r"第?(?P<quarter>[一二三四1-4])季度?",
    r"q(?P<quarter>[1-4])(?![a-z\d])",
    rf"[前头](?P<firsts>{_NN})\s*个?(?P<unit>季度|月)",
    r"(?P<season>[春夏秋冬])[季天]",
    r"年(?P<stage>中)(?![国美方东共日欧俄外央韩印英法德])",
)
_FOLLOWING = [re.compile(rf"(?:\s*[的,])?\s*{p}") for p in (*_PARTS, rf"年?{_STAGE.format('')}")]
_ALONE = [re.compile(rf"(?<![a-z\d]){p}") for p in (*_PARTS, rf"年{_STAGE.format('')}")]


def _read_alone(match: re.Match[str], _: _Now) -> _Time | None:
    part = _part(match)
    # The winter that ends in another year is read only where its year stands with it.
    return _of_year(*match.span(), "", part) if part and part[1] <= "12-99" else None


# Chinese years ----------------------------------------------------------------------------------

_YEARS_FROM_NOW = {"大前年": -3, "前年": -2, "去年": -1, "上年": -1, "上一年": -1} | {
    "今年": 0,
    "本年": 0,
    "明年": 1,
    "来年": 1,
    "下一年": 1,
    "后年": 2,
}
_AFTER_RELATIVE = r"(?![均代轻龄级纪])"
_CHINESE_YEAR = re.compile(
    # 近2000年, 1500年历史, 2000多年 are spans.
    r"(?<!\d)(?<!\d[.,])(?<![第近约达])(?<!距今)"
    r"(?:(?P<y>\d{4}|[〇零一二三四五六七八九]{4}|[一二两]千[〇零一二三四五六七八九十百]{1,5})"
    r"|民国\s*(?P<minguo>\d{1,3}))\s*(?:[学财]?年|赛季)(?!代|的?历史|之久)"
    rf"|(?P<rel>大前年|(?<![\d几多以之此先])前年|(?<!过)去年|(?<![以地历])上一?年|今年|本年(?=[度初底末内上下第])"
    rf"|(?<![光说表证声])明年|(?<![以未近年往将从])来年|下一年|(?<![战之以此其今先])后年){_AFTER_RELATIVE}"
    # 25年6月: of two digits only where a month follows, for 25年 is a span.
    rf"|(?P<short>\d{{2}})年(?=\s*{_NN}\s*月)"
)
_SEPARATOR = r"\s*(?:-+|到|至|、|和|与|及|或)\s*"
_YEAR_BEFORE_YEAR = re.compile(
    rf"(?<![\d.,])(?P<y>(?:19|20)\d\d)(?=(?:{_SEPARATOR}(?:19|20)\d\d){{1,12}}\s*[学财]?年(?!代))"
)
_DECADE = re.compile(
    r"(?:(?P<century>上个?|本|(?<!\d)\d{2}|[一二]?十[一二三四五六七八九]?)世纪)?"
    r"(?P<decade>(?<!\d)(?:(?:1[89]|20)\d0|\d0)|[二三四五六七八九]十)年代"
)


def _read_chinese_year(match: re.Match[str], now: _Now) -> _Time | None:
    said = match.groupdict()
    if said["y"]:
        year = _number(said["y"])
    elif said["minguo"]:
        year = int(said["minguo"]) + 1911
    elif said["rel"]:
        year = now.today.year + _YEARS_FROM_NOW[said["rel"]]
    else:
        year = 2000 + int(said["short"])
        year -= 100 if year > now.today.year + 20 else 0
    if not 1000 <= year <= 2100:
        return None
    for pattern in _FOLLOWING:
        following = pattern.match(match.string, match.end())
        part = _part(following) if following else None
        if following and part:
            return _of_year(match.start(), following.end(), f"{year}", part)
    return _of_year(*match.span(), f"{year}", None)


def _read_year(match: re.Match[str], _: _Now) -> _Time:
    return _Time(*match.span(), match["y"], match["y"], lends=match["y"])


def _read_decade(match: re.Match[str], now: _Now) -> _Time:
    decade, century = _number(match["decade"]), match["century"]
    this = now.today.year // 100 * 100
    if century:
        named = {"上": this - 100, "本": this}.get(century[0])
        decade += (_number(century) - 1) * 100 if named is None else named
    elif decade < 100:
        decade += this if this + decade <= now.today.year else this - 100
    return _Time(*match.span(), f"{decade}", f"{decade + 9}")


# Counted from today -----------------------------------------------------------------------------


def _shifted(day: date, months: int) -> date:
    """The same day so many months on; the last of the month where that is shorter."""
    count = day.year * 12 + day.month - 1 + months
    year, month = count // 12, count % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


_UNITS = {"年": (12, 0), "year": (12, 0), "decade": (120, 0), "季度": (3, 0), "quarter": (3, 0)} | {
    **dict.fromkeys(("月", "month"), (1, 0)),
    **dict.fromkeys(("周", "星期", "礼拜", "week"), (0, 7)),
    **dict.fromkeys(("天", "日", "day"), (0, 1)),
}
"""Months and days of a unit."""


def _moved(day: date, count: int, unit: str) -> date | None:
    """``day`` so many units on; None where that is too far to mean anything."""
    months, days = (n * count for n in _UNITS[unit])
    if abs(months) > FARTHEST_YEARS * 12:
        return None
    return _shifted(day, months) + timedelta(days)


def _read_stretch(match: re.Match[str], now: _Now, *, ahead: bool = False) -> _Time | None:
    """过去三年, past six months, 未来五年: from today back or on."""
    unit, written = match["unit"], match["n"] or "one"
    sign = 1 if ahead else -1
    if written != "半":
        end = _moved(now.today, sign * _number(written), unit)
    else:
        end = _moved(now.today, sign * 6, "月") if unit == "年" else None
        end = now.today + timedelta(sign * 15) if unit == "月" else end
    if end is None:
        return None
    first, last = sorted((now.today, end))
    return _Time(*match.span(), first.isoformat(), last.isoformat(), closed=True)


def _read_ago(match: re.Match[str], now: _Now) -> _Time | None:
    """三年前: as precise as its unit."""
    unit = match["unit"]
    day = _moved(now.today, -_number(match["n"]), unit)
    if day is None:
        return None
    months, days = _UNITS[unit]
    if days == 7:
        return _week(match, day)
    iso = day.isoformat()[: 10 if days else 4 if months >= 12 else 7]
    return _Time(*match.span(), iso, iso)


def _week(match: re.Match[str], day: date) -> _Time:
    monday = day - timedelta(day.weekday())
    return _Time(*match.span(), monday.isoformat(), (monday + timedelta(6)).isoformat())


def _read_recent(match: re.Match[str], now: _Now) -> _Time | None:
    # 离北京最近的机场: the nearest.
    if re.search(r"[离距][^,。?!]{1,16}$", match.string[: match.start()]):
        return None
    first = now.newest - timedelta(RECENT_DAYS)
    return _Time(*match.span(), first.isoformat(), now.newest.isoformat(), closed=True)


def _read_recent_years(match: re.Match[str], now: _Now) -> _Time:
    first = _shifted(now.today, -12 * RECENT_YEARS)
    return _Time(*match.span(), first.isoformat(), now.today.isoformat(), closed=True)


_NEIGHBOURS = {"上上": -2, "上": -1, "last": -1, "previous": -1, "下": 1, "下下": 2, "next": 1}
"""How many months, weeks or quarters on; any other word means the present one."""


def _read_month(match: re.Match[str], now: _Now) -> _Time | None:
    day = _shifted(now.today.replace(day=1), _NEIGHBOURS.get(match["which"], 0))
    said = {k: v for k, v in match.groupdict().items() if v and k in {"day", "stage"}}
    part = _part_of_month({"month": f"{day.month}", **said})
    return _of_year(*match.span(), f"{day.year}", part)


def _read_quarter(match: re.Match[str], now: _Now) -> _Time | None:
    first = now.today.replace(month=(now.today.month - 1) // 3 * 3 + 1, day=1)
    first = _shifted(first, 3 * _NEIGHBOURS.get(match["which"], 0))
    return _of_year(*match.span(), f"{first.year}", _months(first.month, first.month + 2))


_WEEKDAYS = {d: i for i, d in enumerate("一二三四五六日")} | {"天": 6}
_ENGLISH_WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


def _read_week(match: re.Match[str], now: _Now) -> _Time:
    week = _week(match, now.today + timedelta(7 * _NEIGHBOURS.get(match["which"], 0)))
    named = match.groupdict().get("weekday")
    if not named:
        return week
    monday = date.fromisoformat(str(week.since))
    first, last = (5, 6) if named == "末" else (_WEEKDAYS[named],) * 2
    days = [(monday + timedelta(n)).isoformat() for n in (first, last)]
    return replace(week, since=days[0], until=days[1])


def _read_last_weekday(match: re.Match[str], now: _Now) -> _Time:
    back = (now.today.weekday() - _ENGLISH_WEEKDAYS.index(match["weekday"]) - 1) % 7 + 1
    iso = (now.today - timedelta(back)).isoformat()
    return _Time(*match.span(), iso, iso)


_DAYS_FROM_NOW = {"前": -2, "昨": -1, "今": 0, "明": 1, "后": 2} | {
    "the day before yesterday": -2,
    "yesterday": -1,
    "last night": -1,
    "today": 0,
    "tonight": 0,
    "tomorrow": 1,
    "the day after tomorrow": 2,
}


def _read_near_day(match: re.Match[str], now: _Now) -> _Time:
    said = match[0]
    count = _DAYS_FROM_NOW.get(said)
    iso = (now.today + timedelta(_DAYS_FROM_NOW[said[0]] if count is None else count)).isoformat()
    return _Time(*match.span(), iso, iso)


_COMES = r"来(?![自到访华电信临源宾看讲说])"
_CHINESE_UNIT = r"(?P<unit>年|季度|(?<=个)月|周|星期|礼拜|[天日])"
_STRETCH = re.compile(
    rf"(?:(?:过去|最近|近|这)的?\s*(?P<n>{_COUNT}|[几数半])\s*多?\s*个?{_CHINESE_UNIT}"
    rf"(?:以来|{_COMES}|之?内|间|里|中(?![国美]))?)"
)
_SO_FAR = re.compile(rf"(?P<n>{_COUNT}|[几数])\s*多?个?{_CHINESE_UNIT}(?:以来|{_COMES})")
_AHEAD = re.compile(rf"(?:未来|今后|接下来)的?\s*(?P<n>{_COUNT}|[几数半])\s*个?{_CHINESE_UNIT}")
_AGO = re.compile(rf"(?P<n>{_COUNT})\s*个?{_CHINESE_UNIT}[以之]?前(?![后往夕景总首任])")
_MONTH = re.compile(
    rf"(?P<which>上上|(?<!以)上|下下|下|(?<![日基])本|这)个?月(?:\s*(?P<day>{_NN})\s*[日号]"
    rf"|{_STAGE.format('|[上中下]旬')})?(?![薪球饼])"
)
_WEEK = re.compile(
    r"(?P<which>上上|(?<![以网会史世地线])上|下下|下|(?<![日基])本|这)个?(?:周(?![期刊边报转年])|星期|礼拜)"
    r"(?P<weekday>[二三四五六末]|一(?![名个次场家位项])|[日天](?!本))?"
)
_QUARTER = re.compile(r"(?P<which>上|下|(?<![日基])本|这)一?个?季度?")
_NEAR_DAY = re.compile(
    r"(?<![\d天])(?:前|昨|今|明|(?<!先天)后)天(?![才性]|条件|因素|教育|努力|养成|习得|失调)|昨[日晚夜]|今晚|明日|前日|今日(?!头条|美国|俄罗斯)"
)
_RECENT = re.compile(
    r"最近(?!的?一[次轮期份届场回])|(?<!接)近期|(?<![附最])近日|近来|不久前|前不久"
    r"|(?<!most )\brecent(?:ly)?\b(?!\s+(?:years|decades))|\blately\b"
)
_RECENT_YEARS = re.compile(r"近年(?:以?来)?|(?:in\s+)?\brecent\s+years\b")

# English ----------------------------------------------------------------------------------------

_MONTH_NAME = (
    r"(?P<month>january|february|march|april|may|june|july|august|september|october|november"
    r"|december|jan|feb|mar|apr|jun|jul|aug|sept|sep|oct|nov|dec)\b\.?"
)
_ENGLISH_YEAR = (
    r"(?:(?:the\s+)?(?:fiscal\s+)?(?:year\s+)?(?P<y>\d{4})(?!\d|[.,]\d)"
    r"|(?P<rel>last|this|next)\s+year\b|(?P<before>the\s+year\s+before\s+last))"
)
_OPTIONAL_YEAR = rf"(?:,?\s+(?:of\s+|in\s+)?{_ENGLISH_YEAR})?"
_DAY = r"(?<!\d)(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_DAYS = rf"{_DAY}(?:\s*(?:-+|to|and|through)\s*(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?)?(?!\d)"
_ENGLISH_STAGE = (
    r"\b(?P<stage>early|mid|late|(?:beginning|start|middle|end)(?=\s+of\b))(?:\s+of\b)?[\s-]+"
)
_ENGLISH_PARTS = [
    re.compile(p)
    for p in (
        rf"\b{_MONTH_NAME}\s+{_DAYS}{_OPTIONAL_YEAR}",
        rf"{_DAYS}\s+(?:of\s+)?{_MONTH_NAME}{_OPTIONAL_YEAR}",
        rf"(?:{_ENGLISH_STAGE}(?:the\s+)?)?\b{_MONTH_NAME}{_OPTIONAL_YEAR}",
        rf"\b(?P<quarter>first|second|third|fourth|1st|2nd|3rd|4th)\s+quarter{_OPTIONAL_YEAR}",
        rf"\b(?P<half>first|second|1st|2nd|latter)\s+half{_OPTIONAL_YEAR}",
        r"(?<!\d)(?P<y>(?:19|20)\d\d)\s*q(?P<quarter>[1-4])(?![a-z\d])",
        r"(?<!\d)(?P<y>(?:19|20)\d\d)\s*h(?P<half>[12])(?![a-z\d])",
        rf"\bq(?P<quarter>[1-4])\b{_OPTIONAL_YEAR}",
        rf"\bh(?P<half>[12])\b{_OPTIONAL_YEAR}",
        # Exports fall in 2025, and fell last year: a season only with its year right after it.
        r"\b(?P<season>spring|summer|autumn|fall|winter)\s+(?:of\s+)?(?P<y>(?:19|20)\d\d)\b",
        rf"{_ENGLISH_STAGE}{_ENGLISH_YEAR}",
    )
]
_ENGLISH_ALONE = re.compile(_ENGLISH_YEAR.replace("(?:fiscal", "(?:(?:fy|fiscal)"))
# “may” and “march” are verbs unless something says otherwise.
_VERBS = frozenset({"may", "march"})
_PREPOSITION = re.compile(r"\b(?:in|of|since|until|from|by|between|during|before|after|last)\s+$")
_THIS_MONTH_NAME = re.compile(rf"\b(?P<which>last|this|next)\s+{_MONTH_NAME}(?!,?\s+(?:of\s+)?\d)")

_Y = r"(?:19\d\d|20\d\d|2100)(?!\d|[.,]\d)"
_COUNTED = (
    r"(?!\s*(?:[人名个位次元米毫厘千万亿吨公辆架艘家件台套点分秒倍%]"
    r"|-?\s*(?:m|mm|cm|km|kg|mw|gw|kwh|usd|rmb|percent|people|persons?|men|women|children|soldiers"
    r"|troops|dollars|yuan|euros|pounds|companies|firms|students|workers|employees|members|staff"
    r"|protesters|kilomet\w+|millimet\w+|met(?:er|re)s?|miles?|feet|tons?|tonnes|million|billion"
    r"|thousand|trillion|units|jobs|points|items|cases|words|pages|years|days|hours|minutes|times"
    r"|planes|aircraft|missiles|ships|cities|countries|towns|villages|schools|sites|cars|vehicles|homes|households|places|degrees|bases)\b))"
)
_BARE_YEARS = re.compile(
    r"\b(?:in|of|by|since|during|before|after|until|till|from|to|through|between|for|year|fiscal|fy"
    r"|an?|the|'s|s')\s*\b(?P<t>"
    rf"{_Y}(?:\s*-+\s*\d\d(?!\d)"
    rf"|(?:\s*(?:,\s*(?:and\b|or\b)?|-+|/|&|(?:and|or|to|through|until|till)\b)\s*{_Y})*)){_COUNTED}"
)
_YEAR_DASH_YEAR = re.compile(rf"(?<![\w.,-])(?P<t>{_Y}\s*-+\s*{_Y}){_COUNTED}(?!-)")
_ENGLISH_DECADE = re.compile(
    r"(?<!\d)(?P<long>(?:1[89]|20)\d0)'?s\b|\bthe\s+'?(?P<decade>\d0)'?s\b|(?<!\w)'(?P<cut>\d0)s\b"
)
_ISO = re.compile(
    r"(?<![a-z\d./-])(?P<y>(?:1[89]|20)\d\d)(?:(?P<sep>[-/.])(?P<month>0?[1-9]|1[0-2])(?P=sep)"
    r"(?P<day>3[01]|[12]\d|0?[1-9])|[-/](?P<only>0[1-9]|1[0-2]))(?!\d|[-/.]\d)"
)


def _read_iso(match: re.Match[str], _: _Now) -> _Time | None:
    month = match["only"] or f"{int(match['month']):02}"
    part = f"{month}-{int(match['day']):02}" if match["day"] else month
    return _of_year(*match.span(), match["y"], (part, part))


def _english_year(match: re.Match[str], now: _Now) -> str:
    said = match.groupdict()
    if said.get("rel"):
        return f"{now.today.year + _NEIGHBOURS.get(said['rel'], 0)}"
    if said.get("before"):
        return f"{now.today.year - 2}"
    written = said.get("y") or ""
    return written if written and 1000 <= int(written) <= 2100 else ""


def _read_english_part(match: re.Match[str], now: _Now) -> _Time | None:
    year = _english_year(match, now)
    said = match.groupdict()
    named = said.get("month") in _VERBS and not said.get("day") and not said.get("stage")
    if named and not year and not _PREPOSITION.search(match.string[: match.start()]):
        return None
    part = _part(match)
    return _of_year(*match.span(), year, part) if part else None


def _read_relative_year(match: re.Match[str], now: _Now) -> _Time | None:
    """Last year, this year: a year of digits needs a preposition and is read elsewhere."""
    if match["y"] and not re.search(r"\b(?:year|fiscal|fy)\b", match[0]):
        return None
    return _of_year(*match.span(), _english_year(match, now), None)


def _read_month_of(match: re.Match[str], now: _Now) -> _Time | None:
    """Last June: the one before this month; next June: the one after it; this June: this year's."""
    month = MONTHS.index(match["month"][:3]) + 1
    year, which = now.today.year, match["which"]
    if which == "last" and month >= now.today.month:
        year -= 1
    if which == "next" and month <= now.today.month:
        year += 1
    return _of_year(*match.span(), f"{year}", (f"{month:02}",) * 2)


def _read_bare_years(match: re.Match[str], _: _Now) -> _Time:
    written = match["t"]
    years = re.findall(r"(?:19|20|21)\d\d", written)
    short = re.fullmatch(r"(\d\d)\d\d\s*-+\s*(\d\d)", written)  # 2024-25
    if short:
        years.append(short[1] + short[2])
    first, last = min(years), max(years)
    if first < last:
        return _Time(*match.span("t"), first, last, closed=True)
    return _Time(*match.span("t"), first, last, lends=first)


def _read_english_decade(match: re.Match[str], now: _Now) -> _Time:
    this = now.today.year // 100 * 100
    decade = int(match["long"] or match["decade"] or match["cut"])
    if decade < 100:
        decade += this if this + decade <= now.today.year else this - 100
    return _Time(*match.span(), f"{decade}", f"{decade + 9}")


_ENGLISH_UNIT = r"(?P<unit>year|quarter|month|week|day|decade)s?\b"
_ENGLISH_STRETCH = re.compile(
    rf"\b(?:past|last|previous|preceding)\s+(?:a\s+)?(?P<n>{_WORDS})\s+{_ENGLISH_UNIT}"
)
_ENGLISH_ONE = re.compile(
    r"\b(?:past|the\s+(?:past|last)|last(?=\s+decade))\s+(?P<n>one\s+)?"
    r"(?P<unit>year|quarter|month|week|decade)\b(?!\s+of\b)"
)
_ENGLISH_AHEAD = re.compile(rf"\b(?:next|coming)\s+(?P<n>{_WORDS})\s+{_ENGLISH_UNIT}")
_ENGLISH_AGO = re.compile(rf"\b(?P<n>{_WORDS})\s+{_ENGLISH_UNIT}\s+ago\b")
_ENGLISH_MONTH = re.compile(r"\b(?P<which>last|this|next|previous)\s+month\b")
_ENGLISH_WEEK = re.compile(r"\b(?P<which>last|this|next|previous)\s+week\b")
_ENGLISH_QUARTER = re.compile(r"\b(?P<which>last|this|next|previous)\s+quarter\b")
_LAST_WEEKDAY = re.compile(rf"\blast\s+(?P<weekday>{'|'.join(_ENGLISH_WEEKDAYS)})\b")
_ENGLISH_DAY = re.compile(
    r"the day (?:before yesterday|after tomorrow)|\b(?:yesterday|tomorrow|tonight|last night)\b"
    r"|(?<!usa )(?<!russia )\btoday\b"
)

_READERS: tuple[tuple[re.Pattern[str], _Reader], ...] = (
    (_ISO, _read_iso),
    (_DECADE, _read_decade),
    (_YEAR_BEFORE_YEAR, _read_year),
    (_CHINESE_YEAR, _read_chinese_year),
    (_MONTH, _read_month),
    (_QUARTER, _read_quarter),
    (_WEEK, _read_week),
    (_STRETCH, _read_stretch),
    (_AHEAD, partial(_read_stretch, ahead=True)),
    (_SO_FAR, _read_stretch),
    (_THIS_MONTH_NAME, _read_month_of),
    *((pattern, _read_english_part) for pattern in _ENGLISH_PARTS),
    *((pattern, _read_alone) for pattern in _ALONE),
    (_AGO, _read_ago),
    (_RECENT_YEARS, _read_recent_years),
    (_RECENT, _read_recent),
    (_NEAR_DAY, _read_near_day),
    (_ENGLISH_DECADE, _read_english_decade),
    (_YEAR_DASH_YEAR, _read_bare_years),
    (_BARE_YEARS, _read_bare_years),
    (_ENGLISH_STRETCH, _read_stretch),
    (_ENGLISH_ONE, _read_stretch),
    (_ENGLISH_ALONE, _read_relative_year),
    (_ENGLISH_AHEAD, partial(_read_stretch, ahead=True)),
    (_ENGLISH_AGO, _read_ago),
    (_ENGLISH_MONTH, _read_month),
    (_ENGLISH_WEEK, _read_week),
    (_ENGLISH_QUARTER, _read_quarter),
    (_LAST_WEEKDAY, _read_last_weekday),
    (_ENGLISH_DAY, _read_near_day),
)
"""In this order, and what one has read the next no longer sees."""

_LATEST = re.compile(
    r"最新|目前|现在|当前|现任|现时|现今|眼下|如今|当今|当下|最近的?一[次轮期份届场回]"
    r"|(?<!at the )\blatest\b|\bmost recent(?:ly)?\b|\bnewest\b|\bcurrently\b|\bpresently\b"
    r"|(?<!alternating )(?<!direct )(?<!ocean )\bcurrent\b(?! account)|\bnow(?:adays)?\b"
    r"|\bat present\b|\bincumbent\b"
)


def _times(text: str, now: _Now) -> list[_Time]:
    found: list[_Time] = []
    for pattern, read in _READERS:
        new = [t for t in (read(m, now) for m in pattern.finditer(text)) if t]
        for time in new:
            text = text[: time.start] + "\0" * (time.end - time.start) + text[time.end :]
        found += new
    return sorted(found, key=lambda t: t.start)


# Before, since, until ---------------------------------------------------------------------------

_JOIN = re.compile(
    r"[的,]?\s*(?:-+|直?[到至]|\b(?:to|through|thru|until|till)\b)\s*(?:the\s+)?(?:year\s+)?"
)
_AND = re.compile(r"\s*and\s+(?:the\s+)?")
_BETWEEN = re.compile(r"\bbetween\s+(?:the\s+)?$")
_ENDS = r"(?=$|[\s,.;:!?。、\0]|的|已|就|曾|要|将|会|能|完成|实现|达)"
_THE = r"\s*(?:the\s+)?$"
_PREFIXES = {
    "since": re.compile(rf"(?:\bsince\b|自从|(?<![来各亲独])自){_THE}"),
    "until": re.compile(
        rf"(?:\b(?:by|until|till|up to|through|no later than|as of)\b|截[至止]到?|直[到至]"
        rf"|(?<![达得回看提谈说讲迟等拖收遇见听感想])到|(?<![甚以乃])至){_THE}"
    ),
    "before": re.compile(rf"(?:\b(?:before|prior to|earlier than)\b|\bpre-){_THE}"),
    "after": re.compile(rf"(?:\b(?:after|following|later than)\b|\bpost-){_THE}"),
}
_SUFFIXES = {
    "since": re.compile(
        rf"\s*(?:以来|起(?![诉义源草点飞来码步])|{_COMES}|[至迄]今|[到至](?:现在|目前|如今)|onwards?\b"
        r"|(?:to|until|till|through|up to)\s+(?:now\b|the\s+present\b|present\b|date\b))"
    ),
    "until": re.compile(r"为?止"),
    "before": re.compile(rf"\s*(?:[之以]前|前{_ENDS}|and earlier\b)"),
    "after": re.compile(rf"\s*(?:[之以]后|后{_ENDS}|and later\b)"),
}
# The 2024 election is somewhere within 2024.
_AN_EVENT_OF = re.compile(r"\bthe $")
# Before the end of 2025 is within 2025.
_AT_AN_END = re.compile(r"[底末]$|^(?:late|end)\b")


def _settled(times: list[_Time], text: str) -> list[_Time]:
    """Give months their year, join ranges, and apply before, since and until."""
    times, lenders = _completed(times)
    joined: list[_Time] = []
    for time in times:
        previous = joined[-1] if joined else None
        if previous and _joins(text, previous, time):
            since = _first([previous.since, time.since])
            until = _last([previous.until, time.until])
            joined[-1] = _Time(previous.start, time.end, since, until, closed=True)
        else:
            joined.append(time)
    limits = [0, *(t.end for t in joined)]
    settled = [_limited(t, text, after) for t, after in zip(joined, limits, strict=False)]
    # A year that a month has taken is told by that month: In 2025, what was signed on June 5?
    return [t for t in settled if not (t.start in lenders and t.since == t.until == t.lends)]


def _completed(times: list[_Time]) -> tuple[list[_Time], set[int]]:
    """Months take the year named before them, else after them; those that find none are no time.

    Also returns where the lenders stand.
    """
    completed: list[_Time] = []
    lenders: set[int] = set()
    for time in times:
        if not time.bare or time.since is None or time.until is None:
            completed.append(time)
            continue
        before = [t for t in times if t.lends and t.start < time.start]
        lender = before[-1] if before else next((t for t in times if t.lends), None)
        if lender:
            since, until = (_dated(lender.lends, p) for p in (time.since, time.until))
            completed.append(_Time(time.start, time.end, since, until))
            lenders.add(lender.start)
    return completed, lenders


def _joins(text: str, one: _Time, other: _Time) -> bool:
    between = text[one.end : other.start]
    if one.closed:
        return False
    if _AND.fullmatch(between):
        return bool(_BETWEEN.search(text[: one.start]))
    return bool(_JOIN.fullmatch(between))


def _limited(time: _Time, text: str, limit: int) -> _Time:
    """Open a time to one side where the words around it do."""
    if time.closed or time.since is None or time.until is None:
        return time
    start, end, side = time.start, time.end, ""
    for name, pattern in _PREFIXES.items():
        before = pattern.search(text, limit, start)
        if before:
            start, side = before.start(), name
    for name, pattern in _SUFFIXES.items():
        after = pattern.match(text, end)
        if after:
            end, side = after.end(), name
    written = text[time.start : time.end]
    event = written.isdecimal() and _AN_EVENT_OF.search(text, limit, time.start) is not None
    if event and text.startswith("by ", start):  # by the 2010 drought: of whom, not of when
        return time
    since: str | None = time.since
    until: str | None = time.until
    if side in {"before", "until"}:
        within = side == "until" or event or _AT_AN_END.search(written)
        since, until = None, until if within else _neighbour(time.since, -1)
    elif side == "after":
        since, until = time.since if event else _neighbour(time.until, 1), None
    elif side == "since":
        until = None
    return replace(time, start=start, end=end, since=since, until=until)


def _neighbour(iso: str, step: int) -> str:
    """The year, month or day before or after one, as precise."""
    first, last = _bounds(iso)
    return ((last if step > 0 else first) + timedelta(step)).isoformat()[: len(iso)]


def _span(times: list[_Time]) -> tuple[str | None, str | None]:
    if not times:
        return None, None
    return _first([t.since for t in times]), _last([t.until for t in times])


def _first(dates: list[str | None]) -> str | None:
    """The earliest to begin; None, which is “ever”, where one is that."""
    known = [d for d in dates if d]
    return min(known, key=lambda d: _bounds(d)[0]) if len(known) == len(dates) else None


def _last(dates: list[str | None]) -> str | None:
    """The latest to end; None, which is “to this day”, where one is that."""
    known = [d for d in dates if d]
    return max(known, key=lambda d: _bounds(d)[1]) if len(known) == len(dates) else None
