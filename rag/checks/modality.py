"""Modality: what is planned or only possible in the source, told as a fact."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from rag.checks.days import dates, published
from rag.checks.reading import Fault, Known
from rag.checks.tables import named_words
from rag.figures import figures

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rag.checks.reading import Clause, Comparison


_PROMISED = re.compile(r"\b(?:promis|plan(?:s|ned)\b|intend|pledg|vow)|承诺|计划(?!生育)|打算")
"""By which what is to come is told as done: has promised."""
_AFTER_WILL = frozenset("vpdtfr")
"""Tags of what follows 将 where it tells what is to come."""


def faults(it: Comparison) -> Iterator[Fault]:
    """Yield where a clause says more than its source dares to."""
    said, there = _marks(it.clause), _marks(it.source)
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
    if "possible" in there and not said & {"planned", "possible"} and not it.is_bare:
        hedge = next(w for w in named_words("verify_hedges.txt")["possible"] if w in it.source.text)
        after = Known(it.source.text.split(hedge, 1)[1])
        hedged = any(f.same_as(there) for f in it.clause.figures for there in figures(after.text))
        if hedged or any(after.says(w) and not w.is_name for w in it.clause.words):
            yield Fault("unsupported", f"tells as certain what the source hedges: {hedge}")


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
    if not any(
        w == "将" and tag[:1] in _AFTER_WILL for (w, _), (_, tag) in pairwise(clause.tagged)
    ):
        tokens -= {"将"}  # 将关税加至 is 把
    either = zip(clause.tagged, clause.tagged[1:], clause.tagged[2:], strict=False)
    if any(w == "或" and (a[:1] == b[:1] or a[:1] == "v") for (_, a), (w, _), (_, b) in either):
        tokens -= {"或"}  # 死亡或住院: an or
    return {
        kind
        for kind, words in named_words("verify_hedges.txt").items()
        if words & tokens or any(len(w) > 1 and not w.isascii() and w in text for w in words)
    }
