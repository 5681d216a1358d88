"""Quantifiers: 所有 where the source has 部分."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rag.checks.reading import Fault
from rag.checks.tables import named_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rag.checks.reading import Clause, Comparison

_SHARE = re.compile(
    r"[约近逾超]?\d+(?:\.\d+)?(?:%|成)|[一二两三四五六七八九]成|[一二三四五]分之|除"
)
"""A share of all: 约两成."""
_STRONG = frozenset({"all", "only"})


def faults(it: Comparison) -> Iterator[Fault]:
    """Yield where a clause speaks of more, or of fewer, than its source."""
    said, there = _kinds(it.clause), _kinds(it.source)
    if not said or said.keys() & there.keys():
        return
    kind, word = next(iter(said.items()))
    if there:
        yield Fault(
            "contradicted", f"says {word} where the source says {next(iter(there.values()))}"
        )
    elif kind in _STRONG and len(word) > 1:
        share = _SHARE.search(it.source.text)
        if share and kind == "all":
            yield Fault("contradicted", f"says {word} where the source says {share[0]}")
        elif not any(kind in _kinds(clause) for clause in it.sources):
            yield Fault("unsupported", f"not in the source: {word}")


def _kinds(clause: Clause) -> dict[str, str]:
    """The kinds of quantifiers of a clause, each with its word."""
    out: dict[str, str] = {}
    text = clause.text
    tokens = frozenset(clause.tokens)
    pairs = [
        (w, kind) for kind, words in named_words("verify_quantifiers.txt").items() for w in words
    ]
    for word, kind in sorted(pairs, key=lambda pair: -len(pair[0])):
        word_ = word.replace("_", " ")
        there = word_ in tokens or (len(word_) > 2 and " " in word_) if word.isascii() else True
        if there and word_ in text and (len(word_) > 1 or word_ in tokens):
            out.setdefault(kind, word_)
            text = text.replace(word_, " ")
    return out
