"""Figures: that they stand in the source, and that they are the figures of the same thing."""

from __future__ import annotations

import re
from itertools import takewhile
from typing import TYPE_CHECKING

from rag.checks.reading import Fault, Known, read
from rag.figures import comparable, figures, is_of_date, missing_figures

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rag.checks.reading import Clause, Comparison
    from rag.figures import Figure

_NUMBER = r"(\d+(?:[.:]\d+)?)"
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_RANGE = re.compile(
    rf"{_NUMBER}(?:%?\s*(?:[~～至到–—-]|to)\s*{_NUMBER}(?=%)|\s*(?:[~～至到–—-]|to)\s*{_NUMBER}(?!%))"
)
_FROM_TO = re.compile(
    rf"(?:从|由|\bfrom)[^\d,;]{{0,12}}{_NUMBER}[^\d,;]{{0,14}}?(?:至|到|为|\bto)[^\d,;]{{0,6}}{_NUMBER}"
)
_FROM = re.compile(rf"(?:从|由|\bfrom)\s?{_NUMBER}")
_TO = re.compile(rf"(?:[升降增减涨跌加滑]至|[升降增减涨跌加滑]到|\bto)\s?{_NUMBER}")
_COUNTED = re.compile(r"(?<![\d.])(\d+(?:\.\d+)?)[万亿%]*[家名人个次座部辆位栋架艘条]?([㐀-鿿]{2})")
_SCORE = re.compile(r"(\d+)\s*比\s*(\d+)")
_MARGIN = 0.4
"""Words that another figure's clause must share more with the claim than the figure's own."""


_ACROSS = 0.6
"""The same, across languages, where fewer words are found."""


def faults(it: Comparison) -> Iterator[Fault]:
    """Yield what is wrong with the figures of a clause."""
    everything = f"{it.around.text}\n{it.cards}"
    for figure in missing_figures(it.clause.text, everything):
        if not is_of_date(figure):
            rival = _rival(figure, it.source)
            yield _missing(figure, rival)
    yield from _of_something_else(it)
    yield from _in_another_part(it)
    yield from _with_another_word(it)
    yield from _after_another_word(it)
    yield from _in_the_place_of_another(it)
    yield from _one_for_two(it)
    yield from _at_the_other_end(it)
    yield from _turned_round(it)
    yield from _end_of_a_range(it)


def _missing(figure: Figure, rival: Figure | None) -> Fault:
    written = figure.written.strip()
    if rival:
        return Fault(
            "contradicted", f"not in the source: {written}; it says {rival.written.strip()}"
        )
    return Fault("unsupported", f"not in the source: {written}")


def _rival(figure: Figure, clause: Clause) -> Figure | None:
    there = [f for f in figures(clause.text) if f.unit == figure.unit and not f.same_as(figure)]
    return there[0] if there else None


def _of_something_else(it: Comparison) -> Iterator[Fault]:
    """Whether the claim is about another clause's figure: 中方加至125%，美方升至150%."""
    if it.is_bare:
        return  # `rag.checks.asked` lays it beside the question
    about = list(it.clause.words)
    own_figures = figures(it.clause.text)
    for figure in own_figures:
        year = figure.unit in {"", "年"} and 1900 <= figure.value <= 2100
        own = other = -1.0
        leading = ""
        for clause in it.sources:
            there = figures(clause.text)
            if not there:
                continue
            share = clause.known.share(about) + 0.4 * Known(clause.leads).share(
                [w for w in about if not clause.known.says(w)]
            )
            if any(figure.same_as(f) for f in there):
                own = max(own, share)
                leading = clause.text
            elif year and leading and leading in clause.leads:
                continue  # a year that begins a sentence holds for the rest of it
            elif any(
                (((year or is_of_date(figure)) and f.unit == figure.unit) or comparable(figure, f))
                and not any(f.same_as(mine) for mine in own_figures)
                for f in there
            ):
                other = max(other, share)
        across = it.clause.english and not it.source.english
        if own >= 0 and other > own + (_ACROSS if across else _MARGIN):
            written = figure.written.strip()
            yield Fault("contradicted", f"in the source, {written} is the figure of something else")


def _in_another_part(it: Comparison) -> Iterator[Fault]:
    """The state paid 430 million, where it paid 210 million and the operator 430 million."""
    if it.is_bare:
        about = [w for clause in read(it.question, it.clause.names) for w in clause.words]
    else:
        about = list(it.clause.words)
    clauses = it.offered if it.is_bare else (it.source,)
    clauses = tuple(c for c in clauses if not _IN_ORDER.search(c.text))
    for figure in it.clause.figures[:1]:
        for clause in clauses:
            parts = [Known(part) for part in _parts(clause)]
            own = [p for p in parts if any(figure.same_as(f) for f in figures(p.text))]
            if len(parts) < 2 or len(own) != 1:
                continue
            for rival in parts:
                if rival is own[0]:
                    continue
                mine = sum(own[0].says(w) and not rival.says(w) for w in about)
                theirs = sum(rival.says(w) and not own[0].says(w) for w in about)
                if it.is_bare and own[0] is parts[0]:
                    mine = 0  # the subject of the first part is that of all
                if theirs > (mine if not mine else mine + 1):
                    written = figure.written.strip()
                    yield Fault("contradicted", f"in the source, {written} is another's figure")
                    return


_IN_ORDER = re.compile(r"依次|分别|\brespectively\b")
_PART = re.compile(r"、| and (?:of )?| while |以及|而(?!且)")


def _parts(clause: Clause) -> list[str]:
    """The parts of a clause that have a figure each: 医生210人, 护士380人."""
    parts = _PART.split(clause.text)
    counted = [bool(figures(part)) and any(c.isalpha() for c in part) for part in parts]
    return parts if len(parts) > 1 and all(counted) else []


def _with_another_word(it: Comparison) -> Iterator[Fault]:
    """11人死亡 where the source has 4人死亡、11人受伤."""
    there = [match.groups() for match in _COUNTED.finditer(it.source.text)]
    for number, what in (match.groups() for match in _COUNTED.finditer(it.clause.text)):
        if re.search(f"{what}(?:中|里|当中)", it.source.text):
            continue  # 这214栋老屋中30栋应当保护
        own = [word for n, word in there if n == number]
        if own and what not in own and any(word == what and n != number for n, word in there):
            yield Fault("contradicted", f"the source has another number before {what}")


_AFTER = re.compile(
    r"([㐀-鿿]{2})(?:约|共|有|达|为|近|仅)?(\d+(?:\.\d+)?)(?=[万亿]?[人名个家所座件条项辆艘])"
)


def _after_another_word(it: Comparison) -> Iterator[Fault]:
    """教师94人 where the source has 学生94人、教师27人."""
    there = _AFTER.findall(it.source.text)
    for what, number in _AFTER.findall(it.clause.text):
        own = {word for word, n in there if n == number}
        other = any(word == what and n != number for word, n in there)
        if own and what not in own and other:
            yield Fault("contradicted", f"the source has another number after {what}")
            return


_AMOUNT = re.compile(r"(?<![\d.])\d+(?:\.\d+)?(?![\d年月日号:.])")
_BESIDE = 24
"""Characters on either side of a figure that tell whose it is."""
_ALIKE, _MORE_ALIKE = 4, 2
"""Characters that must be the same beside another figure of the claim, and by how many more than
beside its own."""
_ALIKE_ALONE, _MORE_ALIKE_ALONE = 8, 3
"""The same where the claim does not have the other figure."""


def _in_the_place_of_another(it: Comparison) -> Iterator[Fault]:
    """白人占8%、黑人占84% where the source has 白人占84%、黑人占8%."""
    if it.is_bare or it.clause.english or it.source.english:
        return
    there = _placed(",".join(clause.text for clause in it.sentence))
    said = {number for clause in it.claim for number, _, _ in _placed(clause.text)}
    for number, left, right in _placed(it.clause.text):
        own = [_alike(left, a, right, b) for n, a, b in there if n == number]
        others = [
            (_alike(left, a, right, b), n)
            for n, a, b in there
            if n != number and b[:1] == right[:1]
        ]
        if not own or not others:
            continue
        alike, other = max(others)
        exchanged = other in said
        enough, more = (_ALIKE, _MORE_ALIKE) if exchanged else (_ALIKE_ALONE, _MORE_ALIKE_ALONE)
        if alike >= enough and alike >= max(own) + more:
            yield Fault("contradicted", f"in the source, {number} is another's figure")
            return


def _placed(text: str) -> list[tuple[str, str, str]]:
    """The figures of a text, each with what stands before and after it in its clause."""
    text = _THOUSANDS.sub("", text)
    return [
        (
            m[0],
            re.split("[,;]", text[max(m.start() - _BESIDE, 0) : m.start()])[-1],
            re.split("[,;、]", text[m.end() : m.end() + _BESIDE])[0],
        )
        for m in _AMOUNT.finditer(text)
    ]


def _alike(left: str, left_there: str, right: str, right_there: str) -> int:
    """How many characters are the same on both sides, outward from a figure."""
    before = zip(reversed(left), reversed(left_there), strict=False)
    return sum(
        sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
        for pairs in (before, zip(right, right_there, strict=False))
    )


_EACH = re.compile(r"([一二两三四五六七八九十])([位名个家次艘架座项部条轮])([㐀-鿿]{2})")


def _one_for_two(it: Comparison) -> Iterator[Fault]:
    """一位舵手 where the source has 两位舵手."""
    there = _EACH.findall(it.source.text)
    for number, measure, what in _EACH.findall(it.clause.text):
        others = [n for n, m, w in there if (m, w) == (measure, what)]
        if others and number not in others:
            yield Fault(
                "contradicted", f"the source says {others[0]}{measure}, not {number}{measure}"
            )
            return


_WHEN = r"((?:去年|今年|前年|\d{4}年)?(?:\d+月)?(?:\d+日)?)"
_DATED_ENDS = re.compile(rf"[从由]{_WHEN}的?{_NUMBER}[^\d,;]{{0,8}}?[至到]{_WHEN}的?{_NUMBER}")


def _at_the_other_end(it: Comparison) -> Iterator[Fault]:
    """去年10月为3.9% where the source has 从去年10月的6.8%降至今年4月的3.9%."""
    for first, low, last, high in _DATED_ENDS.findall(it.quotes.text):
        numbers = re.findall(rf"{_NUMBER}(?![\d.年月日])", it.clause.text)
        for mine, other, end, far in ((low, high, last, first), (high, low, first, last)):
            told = end and end in it.clause.text and not (far and far in it.clause.text)
            if told and mine in numbers and other not in numbers:
                yield Fault("contradicted", f"in the source, {mine} is not of {end}")
                return


def _turned_round(it: Comparison) -> Iterator[Fault]:
    """从59%下降至46% told as 从46%下降至59%; 3比1 as 1比3."""
    to, begin = set(_TO.findall(it.clause.text)), set(_FROM.findall(it.clause.text))
    source_to, source_from = set(_TO.findall(it.quotes.text)), set(_FROM.findall(it.quotes.text))
    for number in ((to - source_to) & source_from) | ((begin - source_from) & source_to):
        yield Fault("contradicted", f"the source has {number} at the other end")
    for pattern in (_FROM_TO, _SCORE, _RANGE):
        said, there = _pairs(pattern, it.clause.text), _pairs(pattern, it.quotes.text)
        for first, last in said - there:
            if (last, first) in there:
                yield Fault("contradicted", f"the source says {last}, then {first}")
            elif pattern is not _FROM_TO and any(first == a or last == b for a, b in there):
                yield Fault("contradicted", f"not the source's pair: {first}, {last}")


def _pairs(pattern: re.Pattern[str], text: str) -> set[tuple[str, ...]]:
    found = pattern.finditer(_THOUSANDS.sub("", text))
    return {tuple(filter(None, match.groups())) for match in found}


def _end_of_a_range(it: Comparison) -> Iterator[Fault]:
    """7% where the source says 7%~10%."""
    if _RANGE.search(it.clause.text) or re.search(
        r"至少|最[多高低少]|可达|以[上下]|at least|up to", it.clause.text
    ):
        return
    said = set(re.findall(_NUMBER, it.clause.text))
    for match in _RANGE.finditer(it.source.text):
        if re.match(r"\s*(?:年|月|日|学年)", it.source.text[match.end() :]) or len(match[1]) == 4:
            continue
        low, high = filter(None, match.groups())
        if (low in said) != (high in said):
            yield Fault("unsupported", f"the source gives a range: {match[0]}")
