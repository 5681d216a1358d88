"""Numbers, amounts, percentages and dates in a text, in one form that can be compared.

六年 = 6年, 111亿 = 11.1 billion, １２５％ = 125%, June 5 = 6月5日.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from rag.fold import CHINESE_DIGITS, chinese_number, fold, fold_dates
from rag.tables import word_sides

_SCALES = {
    "万亿": 10**12,
    "亿": 10**8,
    "万": 10**4,
    "千": 10**3,
    "百": 10**2,
    "trillion": 10**12,
    "billion": 10**9,
    "million": 10**6,
    "thousand": 10**3,
}
DAY = (
    r"日(?!圆|元(?![首旦老]))"
    r"|号(?!种子|选手|线|楼|院|文件|令|馆|机|站|台|店|井|矿|塔|桥|船|轮|厂|车|厅|球)"
)
"""What ends a day of a month: the third seed (3号种子) is none, nor are 200日元."""
_UNITS = f"个小时|小时|分钟|个月|年|月|{DAY}|天|周|%"
_UNIT_FORMS = {
    "号": "日",
    "percent": "%",
    "per cent": "%",
    "day": "天",
    "days": "天",
    "year": "年",
    "years": "年",
    "hour": "小时",
    "hours": "小时",
    "个小时": "小时",
    "minute": "分钟",
    "minutes": "分钟",
    "week": "周",
    "weeks": "周",
    "month": "个月",
    "months": "个月",
}
_TIMES = frozenset(
    {"年", "月", "日", "天", "周", "小时", "分钟", "个月", "时刻", "第", "季度", "分之"}
)
"""Units that must agree: 1小时 is not 1月, and 第四 is not 4."""

_ARABIC = re.compile(
    r"(?<![a-z\d.])(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
    r"\s*(万亿|亿|万|千|百|trillion|billion|million|thousand)?"
    rf"[\s-]*(?:[余多](?=年|天|周|个|小时|分钟))?(?:个(?!月))?"
    rf"(percent|per cent|days?|weeks?|months?|years?|hours?|minutes?|{_UNITS})?"
)
# Chinese numerals count as figures only before a unit or a measure word: 一 alone is an article.
_MEASURES = (
    f"年|月|{DAY}|天|周|家|名|位|人|次|轮|架|项|份|国|场|届|岁|倍|成|点|个?小时|分钟|个月|个"
    "|艘|枚|套|所|美元|元|连胜|连败|连冠|连|座(?!谈)|辆|件(?!套)|台(?!湾)|头|只(?![是有能要])|株|棵"
    "|公里|千米|公尺|英[里尺寸亩]|厘米|毫米|米(?![饭粒兰奇])|吨|公斤|千克|平方|立方|层|支(?![持付配出援部流])"
    "|颗|封|幅|句(?!话说)|条(?!件)|种(?![种植])|张|篇|部(?![分门队])|处(?!理)|户|起(?![来点])|例(?!如)"
)
_ABOUT_SO_MANY = re.compile(rf"(?<=[近约逾超上])([百千])(?=万|亿|{_MEASURES})")
"""近百个: 100."""
_CHINESE = re.compile(
    rf"(?<!第)([零〇一二两俩三四五六七八九十百千]+)(万亿|亿|万)?(?:[余多](?!数|半))?({_MEASURES})"
)
_NO_ARTICLE = frozenset({"年", "月", "日", "号", "个月", "周", "小时", "分钟"})
_FIRST = re.compile(r"首(?=[次个轮届场批期季位名条座家艘架])|头一(?=[次回个轮届场批])")
"""首次 is 第一次."""
_ORDINAL = re.compile(r"第([零〇一二两三四五六七八九十百]+|\d+)")
_ISO_DATE = re.compile(
    r"(?<![\d./-])(1\d{3}|20\d\d)([-/.])(0?[1-9]|1[0-2])\2(0?[1-9]|[12]\d|3[01])(?![\d/-]|\.\d)"
)
_CLOCK = re.compile(r"(?<!\d)(\d{1,2}):(\d{2})(?!\d)")
_ENGLISH_WORDS = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen twenty"
)
_ENGLISH = {word: value for value, word in enumerate(re.findall(r"\w+", _ENGLISH_WORDS), 1)}
_NUMERAL_WORD = re.compile(rf"\b(?:{'|'.join(_ENGLISH)})\b")
NUMERALS = frozenset(_ENGLISH) | frozenset(
    ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"]
)
"""English numerals and ordinals."""
# English numerals count before what they count: the two leaders are no figure.
_ENGLISH_NUMERAL = re.compile(
    rf"\b({'|'.join(_ENGLISH)})(?=[- ](?:minute|hour|day|week|month|year|people|compan|countr"
    r"|percent|per cent|million|billion|thousand))"
)
_COUNTS = {
    form: (line, side)
    for line, sides in enumerate(word_sides("counts.txt"))
    for side, forms in enumerate(sides)
    for form in forms
}
"""What a figure counts: its line in the table, and its side there."""
_COUNT = re.compile(
    r"[\s-]*(?:多|余)?"
    rf"({'|'.join(sorted(map(re.escape, _COUNTS), key=len, reverse=True))})(?![a-z])"
)
_TENTHS = re.compile(
    r"([一二两三四五六七八九]|(?<![\d.])\d)成(?![立为功员都长果本绩就熟份交了龙吉品型效])"
)
_PARTS = {"half": 2, "third": 3, "quarter": 4, "fifth": 5, "tenth": 10}
_FRACTION = re.compile(
    r"([零〇一二两三四五六七八九十百]+|\d+)分之([零〇一二两三四五六七八九十百]+|\d+)"
    r"|(?<!and )\b(a|one|two|three|four|five|seven|nine)[ -](half|third|quarter|fifth|tenth)s?\b"
    r"(?! (?:of )?20\d\d| (?:year|day|week|month|time|round|quarter|party|person))"
)
_QUARTER = re.compile(
    r"第?([一二三四1234])(?:季度|季(?=报))|\b(first|second|third|fourth)[- ]quarter\b|\bq([1234])\b"
)
_ORDER = {"first": 1, "second": 2, "third": 3, "fourth": 4, "一": 1, "二": 2, "三": 3, "四": 4}
_FRACTION_OF_HUNDRED = re.compile(
    r"百分之(?:([零〇一二两三四五六七八九十百]+)(?:点([零〇一二三四五六七八九]+))?|(\d+(?:\.\d+)?))"
)


@dataclass(frozen=True, slots=True, order=True)
class Figure:
    """A value and, where it matters for comparison, what it counts."""

    value: float
    unit: str = ""
    """``%``, a unit of time, ``第`` for an ordinal, ``分之`` for a fraction, or nothing."""
    written: str = ""
    """As in the text; not compared."""
    counts: tuple[int, int] | None = None
    """What it counts, where a table knows: line and side in ``rag/data/counts.txt``."""

    def same_as(self, other: Figure) -> bool:
        """Whether two figures are equal: value, and unit and what they count where both tell."""
        if self.counts and other.counts and self.counts != other.counts:
            return False
        if "%" in (self.unit, other.unit) and (self.counts or other.counts):
            return False  # 25个基点 is not 25%
        close = abs(self.value - other.value) <= 1e-9 * max(abs(self.value), abs(other.value))
        if self.unit in _TIMES or other.unit in _TIMES:
            return close and self.unit == other.unit
        return close and (not self.unit or not other.unit or self.unit == other.unit)

    def rounds(self, other: Figure) -> bool:
        """Whether it is the other one, rounded: 940.76万 of 940.759037万, 80% of 80.1%.

        Never of dates and times.
        """
        if self.unit in _TIMES or self.unit != other.unit or not self.value:
            return False
        digits, exponent = f"{abs(self.value):.12e}".split("e")
        written = len(digits.replace(".", "").rstrip("0"))
        if abs(self.value) < _WHOLE:  # zeros at its end are meant
            written = max(written, int(exponent) + 1)
        last_place: float = 10.0 ** (int(exponent) - max(written, _FEWEST_DIGITS) + 1)
        return abs(self.value - other.value) <= last_place / 2


_WHOLE = 1000
_FEWEST_DIGITS = 2
_LARGE = 10**5
"""From which a figure without a unit may be an amount of money: 210 million."""


def chinese_dates(text: str) -> str:
    """Write the dates in figures as Chinese does.

    >>> chinese_dates("2018-03-05，2018/3/5")
    '2018年3月5日，2018年3月5日'
    """
    return _ISO_DATE.sub(lambda m: f"{m[1]}年{int(m[3])}月{int(m[4])}日", text)


_PAST_ALL_YEARS = 10**4
"""2亿年 tells how long."""


def is_of_date(figure: Figure) -> bool:
    """Whether it is part of a date: 2025年, not 两年."""
    year = figure.unit == "年" and 1000 < figure.value < _PAST_ALL_YEARS
    return figure.unit in {"月", "日"} or year


def comparable(one: Figure, other: Figure) -> bool:
    """Whether one of two different figures may stand where the other does: both of one kind."""
    if is_of_date(other) or one.unit != other.unit or one.same_as(other):
        return False
    return one.counts == other.counts or min(one.value, other.value) >= _LARGE


def figures(text: str) -> list[Figure]:
    """Return the figures of ``text`` in order of form, not of place.

    >>> [(f.value, f.unit) for f in figures("六年，近5600亿美元，125%")]
    [(560000000000.0, ''), (125.0, '%'), (6.0, '年')]
    """
    folded = _ENGLISH_NUMERAL.sub(
        lambda m: str(_ENGLISH[m[1]]), fold_dates(chinese_dates(fold(text)))
    )
    found: list[Figure] = []

    def clock(match: re.Match[str]) -> str:
        found.append(Figure(int(match[1]) * 60 + int(match[2]), "时刻", match[0]))
        return " "

    def of_hundred(match: re.Match[str]) -> str:
        whole, decimals, number = match.groups()
        value = float(number or _with_decimals(whole, decimals or "零"))
        found.append(Figure(value, "%", match[0]))
        return " "

    def ordinal(match: re.Match[str]) -> str:
        value = int(match[1]) if match[1][0].isdigit() else _chinese_value(match[1])
        found.append(Figure(value, "第", match[0]))
        return " "

    def quarter(match: re.Match[str]) -> str:
        written = next(filter(None, match.groups()))
        found.append(Figure(float(_ORDER.get(written, 0) or int(written)), "季度", match[0]))
        return " "

    def tenths(match: re.Match[str]) -> str:
        found.append(Figure(10.0 * whole_number(match[1]), "%", match[0]))
        return " "

    def fraction(match: re.Match[str]) -> str:
        below, above, many, part = match.groups()
        if part:
            top, bottom = float(_ENGLISH.get(many, 1)), float(_PARTS[part])
        else:
            top, bottom = float(whole_number(above)), float(whole_number(below))
        if bottom:
            found.append(Figure(top / bottom, "分之", match[0]))
        return " "

    folded = _QUARTER.sub(quarter, _FIRST.sub("第一", folded))
    folded = _ORDINAL.sub(ordinal, folded)
    folded = _FRACTION_OF_HUNDRED.sub(of_hundred, _CLOCK.sub(clock, folded))
    folded = _FRACTION.sub(fraction, folded)
    folded = _TENTHS.sub(tenths, folded)
    folded = _ABOUT_SO_MANY.sub(r"一\1", folded)
    for match in _ARABIC.finditer(folded):
        number, scale, unit = match.groups()
        value = float(number.replace(",", "")) * _SCALES.get(scale or "", 1)
        counts = None if unit else _counted(folded, match.end())
        found.append(
            Figure(
                value, _unit(unit) or _year(value, number, folded[match.end() :]), match[0], counts
            )
        )
    for match in _CHINESE.finditer(folded):
        number, scale, measure = match.groups()
        if number == "一" and not scale and measure not in _NO_ARTICLE:
            continue  # 一个、一次、一项: an article
        value = float(_chinese_value(number)) * _SCALES.get(scale or "", 1)
        counts = _counted(folded, match.start(3))
        found.append(Figure(value, _unit(measure), match[0], counts))
    return found


def _counted(folded: str, at: int) -> tuple[int, int] | None:
    match = _COUNT.match(folded, at)
    return _COUNTS[match[1]] if match else None


def _unit(written: str | None) -> str:
    """Only units that matter for comparison are kept; 家 and 名 say nothing that value does not."""
    unit = _UNIT_FORMS.get(written or "", written or "")
    return unit if unit in _TIMES or unit == "%" else ""


_COUNTS_SOMETHING = re.compile(
    r"\s*(?:[余多]?(?:平方|立方|公里|公斤|公尺|千米|英[里尺亩]|米|吨|名|位|个|人|元|座|户|次|辆|只|张|册|美元))"
)


def _year(value: float, number: str, follows: str) -> str:
    """A bare 2025 is a year: so English writes it, and Chinese in 2024—2025学年; 2000名 is none."""
    bare = number.isdigit() and 1900 <= value <= 2100
    return "年" if bare and not _COUNTS_SOMETHING.match(follows) else ""


_ASKED = re.compile(
    r"(?:多少|几)(?:多)?(个?国家|人|名|位|家|架|次|岁|天|个?小时|分钟|辆|艘|所|轮|倍)"
)
_COUNTED = re.compile(
    r"\d(?:[万亿千百]*)(?:多|余)?(个?国家|人|名|位|家|架|次|岁|天|个?小时|分钟|辆|艘|所|轮|倍)"
)
_ALIKE = {"名": "人", "位": "人", "个国家": "国家", "个小时": "小时"}


def counts_something_else(claim: str, question: str) -> str:
    """Return what ``claim`` counts where ``question`` asks for a count of something else.

    >>> counts_something_else("32个国家", "民调访问了多少人？")
    '个国家'
    """
    asked = {_ALIKE.get(m, m) for m in _ASKED.findall(fold(question))}
    counted = _COUNTED.findall(fold(claim))
    if not asked or not counted or asked & {_ALIKE.get(m, m) for m in counted}:
        return ""
    return str(counted[0])


def missing_figures(claim: str, source: str) -> list[Figure]:
    """Return the figures of ``claim`` that ``source`` does not hold."""
    known = figures(source)
    known += [Figure(float(_ENGLISH[w])) for w in _NUMERAL_WORD.findall(source.casefold())]
    return [f for f in figures(claim) if not any(f.same_as(k) for k in known)]


def whole_number(written: str) -> int:
    """Return the value of digits, or of a Chinese numeral."""
    return int(written) if written[0].isdigit() else _chinese_value(written)


def _with_decimals(whole: str, decimals: str) -> str:
    """七 and 七五 → 7.75."""
    return f"{_chinese_value(whole)}.{''.join(str(CHINESE_DIGITS[c]) for c in decimals)}"


def _chinese_value(numeral: str) -> int:
    """二十六 → 26; 七八, which is about so many, by its digits: it equals only itself."""
    value = chinese_number(numeral)
    if value is not None:
        return value
    return int("".join(str(CHINESE_DIGITS[c]) for c in numeral if c in CHINESE_DIGITS))
