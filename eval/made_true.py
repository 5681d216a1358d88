"""Claims made by rule of a sentence that say the same, or less, in other characters.

A maker changes a sentence only where the change surely keeps what it says.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

from eval.made_words import (
    MEASURE,
    UNSURE,
    Made,
    Maker,
    Sentence,
    Word,
    covered,
    word_lists,
    words_in,
)
from eval.names import known_names
from rag.fold import chinese_number, to_traditional

_HANGS_ON = re.compile(
    rf"{UNSURE.pattern}|：|通报|报[道导]|虽|尽管|即使|纵使|因为|由于|因此|所以|除了|只有|只要|一旦|每当|当.{{0,20}}时|随着|"
    r"一方面|据|有人|声称|所谓|原本|本来|曾经|一度|未|没有|并非|不|"
    + "|".join(word_lists()["says"])
)
"""Where it stands, a clause of the sentence may be no news by itself."""
COPY = "copy"


def copy(sentence: Sentence, _: Random) -> Made:
    """Say it as it stands."""
    return Made(COPY, sentence.text)


def change_script(sentence: Sentence, _: Random) -> Made:
    """Write it in traditional characters."""
    return Made("script", to_traditional(sentence.text))


def write_figures(sentence: Sentence, chance: Random) -> Made | None:
    """Write one of its figures or dates otherwise."""
    text, ways = sentence.text, []
    for pattern, otherwise in _OTHERWISE:
        for match in pattern.finditer(text):
            new = otherwise(match)
            if new and new != match[0]:
                ways.append((*match.span(), new))
    if not ways:
        return None
    start, end, new = chance.choice(ways)
    return Made("figures", text[:start] + new + text[end:])


def use_alias(sentence: Sentence, chance: Random) -> Made | None:
    """Call somebody or something by another of its known names."""
    text = sentence.text
    borders = {word.start for word in sentence.words}
    ways = [
        (start, end, form)
        for start, end, forms in known_names().find(text)
        for form in forms
        if form not in text
        and text[start:end] not in form
        and re.fullmatch("[㐀-鿿]{2,}", form)
        and end - start > 1
        and {start, end} <= borders
        and sum(map(text.count, forms)) == 1
    ]
    if not ways:
        return None
    start, end, form = chance.choice(ways)
    return Made("alias", text[:start] + form + text[end:])


def shorten(sentence: Sentence, chance: Random) -> Made | None:
    """Leave out the last clauses, or all before the last, where the rest says the same alone."""
    text, bounds = sentence.text, sentence.clauses
    if len(bounds) < 2 or _HANGS_ON.search(text):
        return None
    ways = [
        text[:end] + "。"
        for at, (_, end) in enumerate(bounds[:-1])
        if _stands_alone(text[bounds[0][0] : end], text[slice(*bounds[at + 1])])
    ]
    last = text[slice(*bounds[-1])]
    # 1779年，佛蒙特州仅有两个县: not of any other time.
    if _has_own_subject(last) and not _SETS_TIME.match(text):
        ways.append(last + "。")
    return Made("shortened", chance.choice(ways)) if ways else None


def change_several(sentence: Sentence, chance: Random) -> Made | None:
    """Several of these together."""
    done = 0
    for maker in (shorten, use_alias, write_figures):
        made = maker(sentence, chance)
        if made:
            sentence, done = Sentence(made.claim, sentence.document), done + 1
    return Made("together", to_traditional(sentence.text)) if done else None


_ENDS_OPEN = re.compile(
    r"(?:时|后|前|中|间|里|上|下|内|外|来|起|的|和|及|与|或|等|如|即|为|是|于|在|由|以|而|并|包括|例如|分别|期间|同时|"
    r"方面|之一|以及|位|者)$"
)
_BEGINS_BOUND = re.compile(
    r"(?:以|使|而|但|却|因|故|只|直到|除|不过|其|从而|导致|并|且|及|和|与|也|还|又|或|即|如|例如|尤其|特别|甚至|至|到|令|让|"
    r"等|共|分别|包括|均|都|才|就|便|则|亦)"
)


_LEADS_ON = re.compile(r"[为以经在对由当从自按]")
"""为保护会馆，市政府出资搬迁: the first clause says nothing by itself."""
_SETS_TIME = re.compile(r"[\d在以于至到截今现当]|[^，]{0,10}[，]")


def _stands_alone(kept: str, dropped: str) -> bool:
    """Whether what is kept is a sentence, and what is left out only adds to it."""
    last = re.split("[，；]", covered(kept))[-1]
    first = re.split("[，；]", covered(kept))[0]
    if (
        _ENDS_OPEN.search(last)
        or _BEGINS_BOUND.match(dropped)
        or len(last) < 8
        or _LEADS_ON.match(last)
    ):
        return False
    if "是" in last or "由" in last or re.search(r"[的之].{1,8}$|[上中里下]$", dropped):
        return False  # 这是由甲执导，乙主演的电影
    words = words_in(kept)
    return _has_subject(words_in(first)) and words[-1].tag[0] not in "pcudf"


def _has_subject(words: tuple[Word, ...]) -> bool:
    """Whether a clause begins with a noun or a name and goes on with a verb."""
    said = [w for w in words if w.tag[0] not in "tm"]
    if not said or said[0].tag[0] not in "nrj" or len(said) < 3:
        return False
    return any(w.tag == "v" and w.text not in {"有", "是"} for w in said[1:-1])


def _has_own_subject(clause: str) -> bool:
    """Whether a clause names by itself who does something."""
    words = words_in(clause)
    names = words and words[0].tag[:2] in {"nr", "ns", "nt"} and len(words[0].text) > 1
    bound = any(w.text in "也则又均都还亦才就便却其此该" for w in words[:5])
    dated = "年" in clause[:9]
    return bool(names) and not bound and not dated and len(clause) > 7 and _has_subject(words)


_NUMERALS = "零一二三四五六七八九"


def _numeral(number: int) -> str:
    """A number up to 99 as Chinese writes it."""
    tens, ones = divmod(number, 10)
    head = ("" if tens == 1 else _NUMERALS[tens]) + "十" if tens else ""
    return head + (_NUMERALS[ones] if ones or not tens else "")


def _hundredths(match: re.Match[str]) -> str:
    whole, _, decimals = match[1].partition(".")
    point = "点" + "".join(_NUMERALS[int(c)] for c in decimals) if decimals else ""
    return f"百分之{_numeral(int(whole))}{point}"


def _myriads(match: re.Match[str]) -> str:
    value = chinese_number(match[1]) if match[1] in _NUMERALS + "两" else float(match[1])
    return str(round((value or 0) * 10000))


_OTHERWISE: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (
        re.compile(rf"(?<![\d.,A-Za-z第万亿])(?<![A-Za-z] )\d{{4,9}}(?= ?(?:{MEASURE}))"),
        lambda m: f"{int(m[0]):,}",
    ),
    (re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?![\d.,])"), lambda m: m[0].replace(",", "")),
    (re.compile(r"(?<![\d.,\-–—~～至到])(\d{1,2}(?:\.\d{1,2})?)%(?![\-–—~～至到])"), _hundredths),
    (
        re.compile(rf"(?<![\d.,第\-–—~～至到])(\d{{1,3}}(?:\.\d{{1,2}})?)万(?={MEASURE})(?!亿)"),
        _myriads,
    ),
    (
        re.compile(
            rf"(?<![零一二三四五六七八九十百千第几])([两三四五六七八九])万(?={MEASURE})(?!亿)"
        ),
        _myriads,
    ),
    (
        re.compile(
            r"(?<!\d)((?:1\d|20)\d\d)年(\d{1,2})月(\d{1,2})日(?! ?[\d\-–—－~～至到和、及与])"
        ),
        lambda m: f"{m[1]}-{int(m[2]):02}-{int(m[3]):02}",
    ),
    (
        re.compile(
            r"(?<![\d.,A-Za-z第\-–—~～至到])[3-9](?=[名位座家艘岁部辆架])(?![部家][分队门族])"
        ),
        lambda m: _NUMERALS[int(m[0])],
    ),
    (
        re.compile(
            r"(?<![零一二两三四五六七八九十百千第几从正、A-Za-zÀ-ɏ])[两三四五六七八九](?=[名位座家艘辆架](?![家族庭]))"
        ),
        lambda m: str(chinese_number(m[0])),
    ),
)


TRUE: tuple[Maker, ...] = (
    copy,
    change_script,
    write_figures,
    use_alias,
    shorten,
    change_several,
)
