"""Modality: what is planned or only possible in the source, told as a fact."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from rag.checks.days import dates, published
from rag.checks.negation import NEGATORS, VERBS
from rag.checks.reading import LIGHT, Fault, Known, stem
from rag.checks.roles import subject_of
from rag.checks.strangers import differ_in_ending
from rag.figures import figures
from rag.fold import STOP_WORDS
from rag.tables import alike, named_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rag.checks.reading import Clause, Comparison

_PROMISED = re.compile(r"\b(?:promis|plan(?:s|ned)\b|intend|pledg|vow)|承诺|计划(?!生育)|打算")
"""By which what is to come is told as done: has promised."""
_TURNED = re.compile(r"将对[^，,。；;\d]{1,8}[加升提降调减增改](?:高|低|升)?[至到为成]")
_AFTER_WILL = frozenset("vpdtfr")
"""Tags of what follows 将 where it tells what is to come."""


def faults(it: Comparison) -> Iterator[Fault]:
    """Yield where a clause says more than its source dares to."""
    said, there = _marks(it.clause) | _carried(it), _marks(it.source)
    yield from _of_a_verb(it, hedged="possible" in said)
    yield from _left_open(it)
    yield from _under_way(it)
    ahead = there & {"planned", "possible", "if"}
    promised = _PROMISED.search(it.source.text) and not _PROMISED.search(it.clause.text)
    done = "done" not in there or promised
    if "done" in said and ahead and done and not said & ahead:
        yield Fault("contradicted", "tells as done what the source only expects")
        return
    if "ahead" in said and "done" in there and not ahead and "done" not in said:
        yield Fault("contradicted", "tells as planned what the source tells as done")
        return
    if "decided" in said and "wish" in there and not said & {"wish"} and "decided" not in there:
        yield Fault("contradicted", "tells as decided what the source only wishes or weighs")
        return
    if "done" in said and "done" not in there and _later(it):
        yield Fault("contradicted", "tells as done what the source sees in the future")
        return
    supposed = it.is_bare or _SUPPOSES.search(it.clause.text)
    if "possible" in there and not said & {"planned", "possible"} and not supposed:
        hedge = next(w for w in named_words("verify_hedges.txt")["possible"] if w in it.source.text)
        after = Known(it.source.text.split(hedge, 1)[1])
        hedged = any(f.same_as(there) for f in it.clause.figures for there in figures(after.text))
        if hedged or any(after.says(w) and not w.is_name for w in it.clause.words):
            yield Fault("unsupported", f"tells as certain what the source hedges: {hedge}")


_WHETHER = re.compile(r"(?:是否|能否|会否|可否)(?:将|会|能)?(?P<what>[㐀-鿿]{2})")
_LEAVES_OPEN = re.compile(
    r"是否|能否|会否|可否|会不会|要不要|如果|若|[不未没]|可能|考虑|研究|讨论|商议"
)


def _left_open(it: Comparison) -> Iterator[Fault]:
    """将上诉 where the source has 决定是否上诉; 是否发表 where it has 发表."""
    for mine, theirs, reason in (
        (it.clause.text, it.source.text, "tells as decided what the source leaves open"),
        (it.source.text, it.clause.text, "tells as open what the source tells as done"),
    ):
        for match in _WHETHER.finditer(theirs):
            if match["what"] in mine and not _LEAVES_OPEN.search(mine) and not it.is_bare:
                yield Fault("contradicted", reason)
                return


_GOING_ON = re.compile(r"(?:正在|仍在|还在|尚在)(?P<what>[㐀-鿿]{2})")
_OVER = r"(?:已经?|业已)[^,]{{0,4}}{what}|{what}(?:完成|完毕|成功|结束)"


def _under_way(it: Comparison) -> Iterator[Fault]:
    """已研制完成 where the source has 正在研制, or the other way."""
    for mine, theirs, reason in (
        (it.clause.text, it.source.text, "tells as done what the source sees under way"),
        (it.source.text, it.clause.text, "tells as under way what the source tells as done"),
    ):
        for match in _GOING_ON.finditer(theirs):
            over = _OVER.format(what=match["what"])
            if re.search(over, mine) and not re.search(over, theirs):
                yield Fault("contradicted", reason)
                return


def _of_a_verb(it: Comparison, *, hedged: bool) -> Iterator[Fault]:
    """已收回 where the source has 将收回; 将达到高峰 where it has 可能达到高峰."""
    if it.is_bare or it.clause.english != it.source.english:
        return
    said, there = _by_verb(it.clause), _by_verb(it.source)
    hedges = named_words("verify_hedges.txt")["possible"]
    for verb, kinds in said.items():
        theirs = next((k for other, k in there.items() if _one_verb(verb, other)), None)
        if theirs is None:
            continue
        if "done" in kinds and theirs & _AHEAD and "done" not in theirs:
            yield Fault("contradicted", "tells as done what the source only expects")
            return
        open_ = any(_marks(c) & _OPEN for c in it.sentence)
        if "possible" in kinds and not open_ and it.laid.coverage > _COPY:
            yield Fault("unsupported", "tells as doubtful what the source tells as certain")
            return
        sure = not (kinds & {"wish", "if"} or hedged or _SUPPOSES.search(it.clause.text))
        if "possible" in theirs and sure and not ("expected" in theirs and "planned" in kinds):
            hedge = next((w for w in sorted(hedges) if w in it.source.text), "不排除")
            yield Fault("unsupported", f"tells as certain what the source hedges: {hedge}")
            return


_SUPPOSES = re.compile(r"[㐀-鿿]时(?![间期代候常而])|\bif\b|\bwhen\b")
_AHEAD = frozenset({"planned", "possible", "expected", "wish", "ahead"})
_OPEN = frozenset({"possible", "ahead", "wish", "if"})
_COPY = 0.6
"""Share of a clause that its source has, from which it copies."""
_REACH = 4
"""Words after a mark within which its verb stands."""


def _by_verb(clause: Clause) -> dict[str, set[str]]:
    """The verbs of a clause, each with the kinds of marks before it or right after it."""
    out: dict[str, set[str]] = {}
    marks = named_words("verify_hedges.txt")
    open_: set[str] = set()
    since = 0
    last = ""
    padded = (("", ""), *clause.tagged, ("", ""))
    for (prior, before), (word, tag), (_, following) in zip(
        padded, padded[1:], padded[2:], strict=False
    ):
        kinds = {kind for kind, words in marks.items() if word in words}
        if word == "将" and not _is_will(clause, following):
            kinds = set()
        if word == "排除" and prior in NEGATORS:
            kinds = {"possible"}
        if word == "或" and (before[:1] == following[:1] or following[:1] not in _AFTER_WILL):
            kinds = set()  # 死亡或住院
        if word in {"了", "过"}:
            if last:
                out[last] |= {"done"}
            continue
        if kinds:
            open_ |= kinds
            since = 0
            continue
        since += 1
        if tag.startswith("v") or (tag == "en" and word not in STOP_WORDS):
            if word in LIGHT and word not in VERBS:
                continue
            out[word] = set(open_)
            last = word
            if since > _REACH or tag != "en":
                open_ = set()
    return out


def _is_will(clause: Clause, following: str) -> bool:
    """Whether 将 tells what is to come, by the tag after it; 将对华关税升至 is 把."""
    return following[:1] in _AFTER_WILL and not _TURNED.search(clause.text)


def _one_verb(one: str, other: str) -> bool:
    if one.isascii():
        return stem(one) == stem(other)
    ends = len(one) > 1 and differ_in_ending(one, other)
    return one == other or ends or other in alike(one)


def _carried(it: Comparison) -> set[str]:
    """What the clause before hedges of one without a subject of its own: 可能解约,另行招标."""
    at = next(n for n, clause in enumerate(it.claim) if clause is it.clause)
    if not at or subject_of(it.clause).phrase:
        return set()
    return _marks(it.claim[at - 1]) & {"possible"}


def _later(it: Comparison) -> bool:
    """Whether the source speaks of a year after its publication: 承诺到2035年."""
    card = max((d.year for d in published(it.cards)), default=0)
    at = next(n for n, clause in enumerate(it.sources) if clause is it.source)
    led = [c.text for c in it.sources[: at + 1] if c.sentence == it.source.sentence]
    told = [d.year for d in dates("".join(led)) if d.year]
    return bool(card and told) and told[-1] > card and not dates(it.clause.text)


def _marks(clause: Clause) -> set[str]:
    """Which kinds of words a clause holds that say how sure it is."""
    text = clause.text.replace("的计划", "")  # the noun
    tokens = frozenset(clause.tokens) - ({"计划"} if "计划" not in text else set())
    if not any(w == "将" and _is_will(clause, tag) for (w, _), (_, tag) in pairwise(clause.tagged)):
        tokens -= {"将"}
    either = zip(clause.tagged, clause.tagged[1:], clause.tagged[2:], strict=False)
    if any(w == "或" and (a[:1] == b[:1] or a[:1] == "v") for (_, a), (w, _), (_, b) in either):
        tokens -= {"或"}  # 死亡或住院: an or
    return {
        kind
        for kind, words in named_words("verify_hedges.txt").items()
        if words & tokens or any(len(w) > 1 and not w.isascii() and w in text for w in words)
    }
