"""One form for matching: script, width, case, numerals and names folded; never shown.

Folded text serves comparison only. It may differ in length from what it was made of, so no
offset into it is ever turned into a span.
"""

from __future__ import annotations

import re
import unicodedata
from calendar import month_abbr, month_name
from decimal import Decimal
from functools import lru_cache
from typing import Literal

import opencc

from rag.resources import word_list

_CJK = re.compile(r"[㐀-䶿一-鿿豈-﫿]+")
_LATIN = re.compile(r"[A-Za-z]+")
# Removed before matching: they change what a string equals and not what it says.
_INVISIBLE = re.compile(
    r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff\U000e0000-\U000e007f]"
)

_UNPRINTED = re.compile(rf"{_INVISIBLE.pattern}|[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")

# They say nothing of the subject, and would make an English footnote the best passage of a
# Chinese corpus for every English question.
STOP_WORDS = word_list("stop_words.txt")

HIGHEST_HEAP = 30
_HEAP = re.compile(rf"[^\w\s\x00-\x7f]{{{HIGHEST_HEAP},}}")
"""Where a heap of accents may be: they are no letters to ``re``."""

Script = Literal["hans", "hant", "latin"]


@lru_cache(maxsize=4)
def _converter(config: str) -> opencc.OpenCC:
    return opencc.OpenCC(config)


def to_simplified(text: str) -> str:
    """Traditional characters to simplified ones; the rest unchanged."""
    return str(_converter("t2s").convert(text))


def to_traditional(text: str) -> str:
    """Simplified characters to traditional ones; the rest unchanged."""
    return str(_converter("s2t").convert(text))


def visible(text: str) -> str:
    """Leave out what does not print or makes other characters print otherwise than they stand."""
    return _UNPRINTED.sub("", text)


def storable(text: str) -> str:
    """Lone surrogates and NUL cannot cross into C as UTF-8; they mean nothing to a model."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", " ")


def fold(text: str) -> str:
    """Fold width (NFKC), case, invisible characters and script."""
    return to_simplified(_INVISIBLE.sub("", normal(text))).casefold()


def normal(text: str) -> str:
    """Return the NFKC form. Of accents heaped on one character no more than a few are kept.

    Putting a heap into order takes time with the square of its height (UAX 15, “Stream-Safe Text
    Format”); no script needs more than 30.
    """
    return unicodedata.normalize("NFKC", _HEAP.sub(_levelled, text))


def _levelled(heap: re.Match[str]) -> str:
    """What is left of marks in a row: all that are no accents, and the first accents of a heap."""
    kept: list[str] = []
    height = 0
    for char in heap[0]:
        height = height + 1 if unicodedata.combining(char) else 0
        if height <= HIGHEST_HEAP:
            kept.append(char)
    return "".join(kept)


_MONTHS = {name.casefold(): n for n in range(1, 13) for name in (month_name[n], month_abbr[n])}
_MONTHS["sept"] = 9
_MONTH_NAMES = "|".join(sorted(_MONTHS, key=len, reverse=True))
_ENGLISH_DATES = (
    # June 5, 2025 / 5 June 2025 / June 2025 / June 5 / June; a bare “may” is a verb more often.
    re.compile(rf"\b({_MONTH_NAMES})\.? (\d{{1,2}})(?:st|nd|rd|th)?(?:, ?|,? )(\d{{4}})\b"),
    re.compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th)? ({_MONTH_NAMES})\.?,? (\d{{4}})\b"),
    re.compile(rf"\b({_MONTH_NAMES})\.?,? (\d{{4}})\b"),
    re.compile(rf"\b({_MONTH_NAMES})\.? (\d{{1,2}})(?:st|nd|rd|th)?\b"),
    re.compile(rf"\b({_MONTH_NAMES.replace('|may', '')})\b"),
    re.compile(r"(?<=\bin )(may)\b|(?<=\b(?:last|next|from|late) )(may)\b"),
)


def fold_dates(folded: str) -> str:
    """Write dates of folded text one way: june 5, 2025 and 2025 年 6 月 5 日 are 2025年6月5日."""

    def rewrite(match: re.Match[str]) -> str:
        month = next(_MONTHS[g] for g in match.groups() if g in _MONTHS)
        numbers = [g for g in match.groups() if g and g.isdigit()]
        year = next((n for n in numbers if len(n) == 4), None)
        day = next((n for n in numbers if len(n) < 3), None)
        return f"{year + '年' if year else ''}{month}月{day + '日' if day else ''}"

    for pattern in _ENGLISH_DATES:
        folded = pattern.sub(rewrite, folded)
    return _DATE_GAP.sub("", folded)


_DATE_GAP = re.compile(r"(?<=\d)\s(?=[年月日号])|(?<=[年月])\s(?=\d{1,2}\s?[月日号])")
"""Journals set figures apart: 2025 年 3 月."""

CHINESE_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "俩": 2}
"""Value of each digit as Chinese writes it."""
_TENS = {"十": 10, "百": 100, "千": 1000}
_MYRIADS = {"万": 10**4, "亿": 10**8}
_SCALES = {
    "百": 100,
    "千": 1000,
    **_MYRIADS,
    "thousand": 10**3,
    "million": 10**6,
    "billion": 10**9,
    "trillion": 10**12,
    "bn": 10**9,
}
_NUMERAL = "[零〇一二两三四五六七八九十百千万亿]"
# What a Chinese numeral counts, unless it begins another word (三次元, 四人帮, 两岸三成立).
_MEASURES = (
    r"年|个?月|日|号|天(?![王津空然下])|周(?![恩杰围边刊瑜])|个?小时|分钟|秒|世纪|季度"
    r"|家(?![庭乡属长])|名(?![字称单])|位(?![于置])|人(?![帮转组行])|次(?![元方序])"
    r"|轮(?![船胎回流椅])|架(?![构空])|项(?![目羽链式])|份(?![额子])|场(?![所合景地面])|届"
    r"|岁(?!月)|倍|成(?![立为功员都长果本绩就熟份交了龙吉])|点(?![评缀燃])|个|艘|枚|套"
    r"|所(?![有以谓在属])|座|辆|件|条|层|级|票|席|吨|公里|公斤|千米|千克|米|美元|欧元|日元|英镑"
    r"|元(?![素化朗里桥节老帅])|%"
)
_FIGURE = re.compile(
    # 1,234 / 111亿 / 3亿5000万 / 11.1 billion / 5 per cent / 06月
    r"(?<![a-z\d.,])(?P<number>\d{1,3}(?:,\d{3})++(?:\.\d++)?|\d++(?:\.\d++)?)(?![\d,]*,\d)"
    r"(?P<scales>(?:百(?!分)|千(?![克米瓦卡帕赫伏焦字])|[万亿])++"
    r"|(?:[ -]?(?:trillion|billion|million|thousand|bn)s?(?![a-z]))++)?"
    r"(?P<rest>(?<=[万亿])\d++(?:百(?!分)|千(?![克米瓦卡帕赫伏焦字])|万)++)?"
    r"(?(scales)(?![\d百千万亿.]))(?P<percent> ?(?:%|percent(?![a-z])|per cent(?![a-z])))?"
    # 百分之五 / 百分之二点五 / 百分之5
    rf"|(?<![\d.])百分之(?P<hundredths>\d++(?:\.\d++)?|{_NUMERAL}++(?:点[零〇一二三四五六七八九]++)?)"
    r"(?![\d.])"
    # 六月 / 二〇二五年 / 一百二十五% / 第三轮 / 三点五亿 / 五千万
    rf"|(?<![\d.初统同单唯专独不期拜周数几零〇一二两三四五六七八九十百千万亿])"
    rf"(?P<first>第)?(?P<numeral>(?![百千万亿]){_NUMERAL}++)"
    r"(?:点(?P<point>[零〇一二三四五六七八九]++)(?P<scale>[万亿]*+)(?![十百千]))?"
    rf"(?:(?={_MEASURES})|(?<=[万亿])(?![\d.]))"
)
_MONTH_DAY = re.compile(r"(?<=月)0?(\d{1,2})号|(?<!\d)0(?=[1-9][月日号])")


def fold_figures(folded: str) -> str:
    """Write the figures of folded text one way, for matching.

    Chinese numerals before a unit or a measure become digits, scaled amounts whole numbers, and
    percentages end in ``%``. Numerals inside words stay: 三星, 十分, 一些; and so do 一个 and 一次,
    which are articles, and 七八个, which is no number.

    >>> fold_figures("六月五日,111亿美元,百分之五,一百二十五%")
    '6月5日,11100000000美元,5%,125%'
    >>> fold_figures("11.1 billion, 5 per cent")
    '11100000000, 5%'
    """
    return _MONTH_DAY.sub(_day, _FIGURE.sub(_digits, folded))


def _day(match: re.Match[str]) -> str:
    return f"{match[1]}日" if match[1] else ""


def _digits(match: re.Match[str]) -> str:
    if match["number"]:
        return _plain(match)
    if match["hundredths"]:
        return _hundredths(match["hundredths"]) or match[0]
    numeral, first = match["numeral"], match["first"] or ""
    if numeral == "一" and not first and not match["point"]:
        # 一个, 一次: an article; but 一月 is the first month.
        return "1" if match.string[match.end() : match.end() + 1] in set("年月日号%") else match[0]
    value = chinese_number(numeral)
    if value is None:
        return match[0]
    if not match["point"]:
        return f"{first}{value}"
    decimals = "".join(str(CHINESE_DIGITS[c]) for c in match["point"])
    return first + _times(f"{value}.{decimals}", match["scale"])


def _plain(match: re.Match[str]) -> str:
    number = match["number"].replace(",", "")
    percent = "%" if match["percent"] else ""
    if not match["scales"]:
        return number + percent
    value = _times(number, match["scales"])
    rest = match["rest"]
    if rest:
        count = rest.rstrip("百千万")
        value = str(Decimal(value) + Decimal(_times(count, rest[len(count) :])))
    return value + percent


def _hundredths(written: str) -> str | None:
    if written[0].isdigit():
        return f"{written}%"
    whole, _, decimals = written.partition("点")
    value = chinese_number(whole)
    if value is None:
        return None
    return f"{value}{'.' if decimals else ''}{''.join(str(CHINESE_DIGITS[c]) for c in decimals)}%"


_SCALE = re.compile("|".join(_SCALES))


def _times(number: str, scales: str) -> str:
    """The number, scaled up, in digits: 11.1 and billion → 11100000000."""
    value = Decimal(number)
    for scale in _SCALE.findall(scales):
        value *= _SCALES[scale]
    return f"{value:f}".rstrip("0").rstrip(".") if value % 1 else str(int(value))


def chinese_number(numeral: str) -> int | None:
    """Return the value of a Chinese numeral; None for what is none, such as 七八 or 三四十.

    >>> [chinese_number(n) for n in ("二十六", "一百二十五", "二〇二五", "一亿两千万", "七八")]
    [26, 125, 2025, 120000000, None]
    """
    if not set(numeral) & (set(_TENS) | set(_MYRIADS)):
        if 1 < len(numeral) < 4 and not set(numeral) & set("零〇"):
            return None  # 七八个: about so many
        return int("".join(str(CHINESE_DIGITS[c]) for c in numeral))
    total, section, digit = 0, 0, -1
    for char in numeral:
        if char in _TENS:
            section += (1 if digit < 0 else digit) * _TENS[char]
            digit = -1
        elif char in _MYRIADS:
            section += max(digit, 0)
            # 万亿 scales all that was said so far; else each section has its own.
            if section:
                total += section * _MYRIADS[char]
            else:
                total *= _MYRIADS[char]
            section, digit = 0, -1
        elif digit > 0:
            return None  # 三四十: about so many
        else:
            digit = CHINESE_DIGITS[char]
    return total + section + max(digit, 0)


LANGUAGES = ("zh", "en")


def language_of(text: str) -> str:
    """Return one of ``LANGUAGES``: by the share of Chinese characters among the words.

    One Chinese character weighs about as much as half an English word.
    """
    # Counted without a list of them: of a long text that would take gigabytes.
    chinese, latin = len(text) - len(_CJK.sub("", text)), _LATIN.subn("", text)[1]
    return "zh" if chinese and chinese >= latin else "en"


def script_of(text: str) -> Script:
    """Return the script of ``text``: ``hant`` where folding changes more than unfolding does."""
    if language_of(text) != "zh":
        return "latin"
    changed_by_folding = _differences(text, to_simplified(text))
    changed_by_unfolding = _differences(text, to_traditional(text))
    return "hant" if changed_by_folding > changed_by_unfolding else "hans"


def _differences(a: str, b: str) -> int:
    return sum(x != y for x, y in zip(a, b, strict=False)) + abs(len(a) - len(b))
