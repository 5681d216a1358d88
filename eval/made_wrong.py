"""Claims made by rule of a sentence, each with one thing wrong.

A maker changes a sentence only where the change surely turns what it says, and makes nothing where
it is unsure: of the words around a change it knows no more than jieba's tags. So its lists
(`made_words.txt`) are few and strict, written from general knowledge and not from the verifier's
own tables, and most sentences yield claims of two or three kinds only.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from random import Random

from eval.made_words import (
    MEASURE,
    UNSURE,
    Made,
    Maker,
    Sentence,
    Word,
    people_of,
    sort_of,
    word_lists,
    words_in,
)
from eval.names import known_names

_ROLES = ("scholars", "bodies")
_BEFORE_SAYS = frozenset("则也还曾又都均并们")
_NEGATED = re.compile(r"[不未没无非否]|拒绝|禁止|停止|避免|防止")
_BOUND = re.compile(
    r"超过|逾|多于|少于|高于|低于|大于|小于|不到|不足|以上|以下|以内|至少|至多|最多|最少|上限|下限|只有|仅"
)
"""超过50人 is still true of 40."""
_FIGURE = re.compile(
    rf"(?<![\d.,:：/A-Za-z第万亿\-–—－~～至到])(?<![A-Za-z] )"
    rf"(\d{{1,3}}(?:,\d{{3}})+|\d+)(\.\d+)?(?= ?({MEASURE}))"
)
_FEW = re.compile(
    rf"(?<![第十百千几从正零一二两三四五六七八九、])[两三四五六七八九](?=({MEASURE}))(?!个月|[万亿])"
)
_DAY = re.compile(r"(?<!\d)(1\d{3}|20\d\d) ?年(?: ?(\d{1,2}) ?月(?: ?(\d{1,2}) ?日)?)?")
_ABOUT_TIME = re.compile(r"[以之]?[前后来]|起|初|代|度|底|末|[間间]|中|年|左右|开始|[至到\-–—~～]")


def change_number(sentence: Sentence, chance: Random) -> Made | None:
    """Put another figure, of as many digits, in the place of one."""
    text = sentence.text
    found = [*_FIGURE.finditer(text), *_FEW.finditer(text)]
    found = [m for m in found if not _doubtful(sentence, m.start(), _BOUND)]
    chance.shuffle(found)
    for match in found:
        other = _other_figure(match, text, chance)
        if other:
            return sentence.changed("number", (match.start(), match.end(), other))
    return None


def swap_numbers(sentence: Sentence, chance: Random) -> Made | None:
    """Exchange two figures that count the same: 长50米，宽30米."""
    found = [
        m for m in _FIGURE.finditer(sentence.text) if not _doubtful(sentence, m.start(), _BOUND)
    ]
    pairs = [
        (one, two)
        for one, two in pairwise(found)
        if one[3] == two[3] and one[0] != two[0] and _tells(sentence, one, two)
    ]
    if not pairs:
        return None
    one, two = chance.choice(pairs)
    return sentence.changed("number swapped", (*one.span(), two[0]), (*two.span(), one[0]))


def change_date(sentence: Sentence, chance: Random) -> Made | None:
    """Change the year, the month or the day of a date."""
    found = [
        m
        for m in _DAY.finditer(sentence.text)
        if not _ABOUT_TIME.match(sentence.text, m.end()) and not _doubtful(sentence, m.start())
    ]
    if not found:
        return None
    match = chance.choice(found)
    part = chance.choice([n for n in (1, 2, 3) if match[n]])
    now = int(match[part])
    span = {1: range(now - 12, now + 13), 2: range(1, 13), 3: range(1, 29)}[part]
    others = [n for n in span if n != now and str(n) not in sentence.text]
    return sentence.changed("date", (*match.span(part), str(chance.choice(others))))


def change_name(sentence: Sentence, chance: Random) -> Made | None:
    """Put another person or place of the document in the place of one."""
    names = [
        word
        for at, word in enumerate(sentence.words)
        if not _doubtful(sentence, word.start) and not _speaks(sentence.words, at)
    ]
    return _renamed("name", sentence, names, chance)


def change_speaker(sentence: Sentence, chance: Random) -> Made | None:
    """Let another person or country of the document say it."""
    words = sentence.words
    names = [w for at, w in enumerate(words) if _speaks(words, at) and "被" not in sentence.text]
    for word in names:
        roles = next((word_lists()[sort] for sort in _ROLES if word.text in word_lists()[sort]), ())
        nobody = not people_of(sentence.document) - {word.text}
        person = word.tag in {"nr", "nrt"} and len(word.text) > 1 and _begins(sentence, word)
        others = roles or (word_lists()["strangers"] if person and nobody else ())
        unlike = [o for o in others if not set(o) & set(sentence.text)]
        if unlike and sentence.text.count(word.text) == 1:
            return sentence.changed("speaker", (word.start, word.end, chance.choice(unlike)))
    return _renamed("speaker", sentence, names, chance)


def _begins(sentence: Sentence, word: Word) -> bool:
    """Whether a clause begins with a word: so it is not the end of a longer name."""
    return word.start in {start for start, _ in sentence.clauses}


def swap_names(sentence: Sentence, chance: Random) -> Made | None:
    """Exchange who does it and to whom it is done: 甲击败乙, 甲是乙的弟子."""
    words, known = sentence.words, people_of(sentence.document)
    sorts = [sort_of(word, known) for word in words]
    pairs = []
    for at, verb in enumerate(words):
        before = [n for n in range(max(at - 4, 0), at) if sorts[n]]
        after = [n for n in range(at + 1, min(at + 4, len(words))) if sorts[n]]
        if not before or not after or _doubtful(sentence, verb.start):
            continue
        one, two = before[-1], after[0]
        between = sentence.text[words[one].end : words[two].start]
        kin = sentence.text[words[two].end :].startswith(
            tuple(f"的{k}" for k in word_lists()["kin"])
        )
        tells = verb.text in word_lists()["done_to"] or (verb.text in {"是", "为"} and kin)
        alone = not re.search(r"[，、；和与及同跟被对向把将让]", between)
        alone &= sentence.text[max(words[one].start - 1, 0) : words[one].start] not in set(
            "、和与及的被"
        )
        if tells and alone and sorts[one] == sorts[two] and words[one].text != words[two].text:
            pairs.append((words[one], words[two]))
    if not pairs:
        return None
    first, second = chance.choice(pairs)
    return sentence.changed(
        "names swapped",
        (first.start, first.end, second.text),
        (second.start, second.end, first.text),
    )


def turn_direction(sentence: Sentence, chance: Random) -> Made | None:
    """Put the opposite in the place of a word."""
    found = [
        (word, other)
        for word in sentence.words
        for other in _opposites().get(word.text, ())
        if not any(o in sentence.text for o in _opposites()[word.text])
        and sentence.text.count(word.text) == 1
        and word.start > 0  # 之后，…: after what, another sentence says
        and not _doubtful(sentence, word.start, _NEGATED)
    ]
    if not found:
        return None
    word, other = chance.choice(found)
    return sentence.changed("direction", (word.start, word.end, other))


_LEANS = re.compile(
    r"[也都就还而只更正便即若但于可既又算皆均总像就一二三四五六七八九十]$|[不没]|要么$|尤其$|特别$|主要$"
)
"""也是 → 也不是 says another thing, and 四是 no 是 of its own."""
_MAY = re.compile(r"[会能可将让使令被所]|必须|需要|应|想|要|开始")
"""可以获得 → 可以没有获得 is no denial."""


def negate(sentence: Sentence, chance: Random) -> Made | None:
    """Deny what is said, or say what is denied."""
    words, out = sentence.words, []
    denials, admissions = (
        dict(p.split("=") for p in word_lists()[n]) for n in ("denials", "admissions")
    )
    for at, word in enumerate(words[:-1]):
        clause, after = sentence.clause_at(word.start), words[at + 1]
        leads = clause[: clause.find(word.text)]
        if UNSURE.search(clause) or _LEANS.search(leads) or "而是" in sentence.text:
            continue
        denied = _NEGATED.search(clause)
        if word.text in denials and not denied and word.tag[0] in "vd":
            hanging = word.text in {"已", "已经", "曾", "曾经"} and after.tag[0] != "v"
            hanging |= "没有" in denials[word.text] and bool(_MAY.search(leads))
            if not hanging and after.text not in {"过", "否", "因为", "由于", "了"}:
                out.append((word.start, word.end, denials[word.text]))
        elif word.text in admissions and len(_NEGATED.findall(clause)) == 1:
            if word.text == "没有" and after.tag[0] != "n":
                continue
            out.append((word.start, word.end, admissions[word.text]))
    return sentence.changed("negation", chance.choice(out)) if out else None


def _doubtful(sentence: Sentence, place: int, more: re.Pattern[str] = UNSURE) -> bool:
    """Whether the clause may be as true with another word there."""
    clause = sentence.clause_at(place)
    return bool(UNSURE.search(clause) or more.search(clause))


def _tells(sentence: Sentence, one: re.Match[str], two: re.Match[str]) -> bool:
    """Whether the words between two figures tell them apart: a verb or a noun, no mere 和."""
    start, end = one.end() + len(one[3]), two.start()
    words = [w for w in sentence.words if start <= w.start and w.end <= end]
    return any(w.tag[0] in "vna" for w in words)


def _other_figure(match: re.Match[str], text: str, chance: Random) -> str:
    now = match[0]
    if not now[0].isdigit():
        return chance.choice([c for c in "三四五六七八九" if c not in text] or [""])
    digits = match[1].replace(",", "")
    if len(digits) > 9 or (now[0] == "0") or (match[3] == "%" and len(digits) > 2):
        return ""
    low, high = 10 ** (len(digits) - 1), 10 ** len(digits) - 1
    for _ in range(20):
        other = chance.randint(low, high)
        far = len(digits) == 1 or max(other, int(digits)) / min(other, int(digits)) > 1.3
        written = f"{other:,}" if "," in match[1] else str(other)
        if other > 1 and far and written not in text:
            return written + (match[2] or "")
    return ""


def _speaks(words: tuple[Word, ...], at: int) -> bool:
    following = [w.text for w in words[at + 1 : at + 4] if w.text not in _BEFORE_SAYS]
    return (
        bool(following)
        and following[0] in word_lists()["says"]
        and following[1:2] not in (["为"], ["作"])
    )


def _renamed(kind: str, sentence: Sentence, names: list[Word], chance: Random) -> Made | None:
    people = people_of(sentence.document)
    there = {(w.text, sort_of(w, people)) for w in words_in(sentence.document)}
    out = []
    for word in names:
        sort = sort_of(word, people)
        if not sort or sentence.text.count(word.text) > 1:
            continue
        others = sorted(
            name
            for name, its in there
            if its == sort and name not in sentence.text and _unlike(name, word.text, sort)
        )
        if others:
            out.append((word.start, word.end, chance.choice(others)))
    return sentence.changed(kind, chance.choice(out)) if out else None


def _unlike(one: str, other: str, sort: str) -> bool:
    """Whether two names are surely of two: no alias, and of persons and counties no part shared."""
    listed = one in word_lists().get(sort, ())
    shared = set() if listed else set(one) & set(other) - set(sort)
    return not shared and not known_names().same(one, other)


@lru_cache(maxsize=1)
def _opposites() -> dict[str, tuple[str, ...]]:
    out: dict[str, tuple[str, ...]] = {}
    for pair in word_lists()["opposites"]:
        one, other = re.split("[=>]", pair)
        out[one] = (*out.get(one, ()), other)
        if "=" in pair:
            out[other] = (*out.get(other, ()), one)
    return out


WRONG: tuple[Maker, ...] = (
    change_number,
    swap_numbers,
    change_date,
    change_name,
    swap_names,
    turn_direction,
    negate,
    change_speaker,
)
