"""Negation: what one of claim and source denies and the other says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rag.checks.reading import LIGHT, Fault
from rag.resources import word_list
from rag.tables import alike

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rag.checks.reading import Clause, Comparison

NEGATORS = word_list("verify_negators.txt")
NO_NEGATION = word_list("verify_no_negation.txt")
_NOT_OF = re.compile(r"非(政府|正式|关税|化石|公有|营利|法定|必要|军事)")
_PAIR = 2
REACH = 6
"""Words after a negator that it may deny."""
NEAREST = 3
"""Those of them that count in a claim that denies."""


def faults(it: Comparison) -> Iterator[Fault]:
    """Yield where claim and source differ in what they deny."""
    said, there = denied(it.clause), [heads for c in it.near[:2] for heads in denied(c)]
    if said and not there:
        head = said[0][0] if said[0] else ""
        stands = any(it.source.known.holds(word) for word in said[0][:NEAREST])
        shared = set(head) & set("".join(_after_negators(it)))
        if not shared and (not any(denied(c) for c in it.sources) or stands):
            reason = f"denies what the source does not deny: {head}"
            yield Fault("contradicted" if stands else "unsupported", reason)
    for what in _NOT_OF.findall(it.source.text):
        alone = f"(?<!非){what}"
        if re.search(alone, it.clause.text) and not re.search(alone, it.quotes.text):
            yield Fault("contradicted", f"the source has 非{what}")
            return
    yield from _denies_the_same(it)
    yield from _always_denied(it)
    if there and not said:
        for heads in there:
            if it.is_bare:
                return
            across = it.clause.english != it.source.english
            likely = [w for w in heads if not _is_name(it, w)] if across else heads[:2]
            hit = next((w for w in likely if _says(it.clause, w)), "")
            if hit and hit != likely[0] and _done_elsewhere(it):
                continue  # 没有涉及归属,双方仍在就此谈判: told as 双方仍在就归属谈判
            if hit and not any(f"{no}{hit}" in it.clause.text for no in "不未没无"):
                yield Fault("contradicted", f"the source denies it: {hit}")
                return


_NO = r"(?:不再|不会|并不|并未|未予|未能|未曾|没有|没能|无法|尚未|从未|[不未没])"
_DENIED_COPY = re.compile(r"(?:不是|并非|并不是|没有|不会|不能|从未|尚未|未|不)([㐀-鿿\d.%]{3,4})")


def _denies_the_same(it: Comparison) -> Iterator[Fault]:
    """路桥不是北辰的分公司, where the source has the same words and no denial before them."""
    if it.is_bare or it.clause.english or it.source.english:
        return
    there = "".join(c.text + "," for c in it.sentence)
    for what in _DENIED_COPY.findall(it.clause.text):
        before = [
            there[: m.start()].rpartition(",")[2][-_REACH_BACK:]
            for m in re.finditer(re.escape(what), there)
        ]
        elsewhere = re.search(f"{_NO}{re.escape(what[:2])}", there)  # 甲已公布方案, 乙仍未公布
        if before and not elsewhere and not any(map(_DENIES.search, before)):
            yield Fault("contradicted", f"denies what the source does not deny: {what}")
            return
    said = _ENDS_IN_IS_NOT.search(it.clause.text)
    if said and f"{said[1]}{said[2]}," in there:
        yield Fault("contradicted", f"denies what the source does not deny: {said[1]}")


_ENDS_IN_IS_NOT = re.compile(r"([㐀-鿿]{2})(?:并?不)(是|包括)$")
"""值得注意的不是, before what it is."""
_REACH_BACK = 8
"""Characters before some words in which their denial would stand."""
_DENIES = re.compile(r"[不未没无非]|否认|拒绝|放弃|停止|取消|避免|免|禁")


def _always_denied(it: Comparison) -> Iterator[Fault]:
    """都属违法 where the sentence has 均不违法, in another clause than the closest."""
    if it.is_bare or it.clause.english or it.source.english or _DENIES.search(it.clause.text):
        return
    there = ",".join(c.text for c in it.sentence)
    for word, tag in it.clause.tagged:
        if len(word) != _PAIR or not tag.startswith(("v", "a")) or word in LIGHT:
            continue
        said = len(re.findall(re.escape(word), there))
        if said and len(re.findall(f"{_NO}{re.escape(word)}", there)) == said:
            yield Fault("contradicted", f"the source denies it: {word}")
            return


def _after_negators(it: Comparison) -> list[str]:
    """What follows each negator of the source's sentence, light words too."""
    return [
        "".join(clause.tokens[at + 1 :])
        for clause in it.sentence
        for at, token in enumerate(clause.tokens)
        if token in NEGATORS and not token.isascii()
    ]


def _done_elsewhere(it: Comparison) -> bool:
    """Whether the claim's verb is another clause's of the sentence, and undenied there."""
    verbs = [w for w, tag in it.clause.tagged if tag == "v" and len(w) > 1 and w not in LIGHT]
    others = [c for c in it.sentence if c is not it.source and not denied(c)]
    return any(verb in c.tokens and verb not in it.source.tokens for verb in verbs for c in others)


def _is_name(it: Comparison, word: str) -> bool:
    return any(w.text == word and w.is_name for w in it.source.words)


def _says(clause: Clause, word: str) -> bool:
    if clause.known.holds(word) or any(map(clause.known.holds, alike(word))):
        return True
    # 受 in 受到, 降至 in 降
    heads = [t for t in clause.tokens if t not in LIGHT and not t[0].isascii()]
    if any(t[0] == word[0] and (t.startswith(word) or word.startswith(t)) for t in heads):
        return True
    return any(word in form for w in clause.words if w.tag == "en" for form in w.forms)


def denied(clause: Clause) -> list[tuple[str, ...]]:
    """Return for each negator of a clause the words that it may deny, the likeliest first."""
    out: list[tuple[str, ...]] = []
    tokens = clause.tokens
    for at, token in enumerate(tokens):
        follows = tokens[at + 1] if at + 1 < len(tokens) else ""
        joined = f"{token}_{follows}" if token.isascii() else token + follows
        if any(
            token.startswith(w) or joined == w or (w in joined[: len(w)] and len(w) > 2)
            for w in NO_NEGATION
        ):
            continue
        before = tokens[at - 1] if at else ""
        if {token, follows} <= NEGATORS and follows in _UNDONE:
            continue  # 不排除
        if {token, before} <= NEGATORS and token in _UNDONE:
            continue
        rest: tuple[str, ...] = ()
        if token in _NOBODY:
            rest = tuple(t for t in tokens[max(at - 1, 0) : at] if _carries(t))
        if token not in NEGATORS:
            short = next((n for n in ("未", "不", "没", "无") if token.startswith(n)), "")
            if not short or not 1 < len(token) < 4 or token in LIGHT:
                continue
            rest = (token[1:],)
        after = [t for t in tokens[at + 1 :] if t not in NEGATORS and _carries(t)]
        out.append((*rest, *after)[:REACH])
    return [heads for heads in out if heads]


_UNDONE = frozenset(("排除", "否认", "拒绝", "避免", "防止", "反对", "rule", "deny", "denied"))
"""What denies, and with a denial before it does not."""
_NOBODY = frozenset(("nobody", "nothing", "none", "nowhere"))
"""That deny the verb before them."""


def _carries(token: str) -> bool:
    return (token not in LIGHT or token in VERBS) and token[0].isalpha()


VERBS = frozenset(("受到", "达到", "成功", "取得", "提及", "涉及", "达成", "得到", "举行", "进行"))
