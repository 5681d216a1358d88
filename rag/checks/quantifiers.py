"""Quantifiers: 所有 where the source has 部分; 经常 where it has 罕见; 之一 where it has 唯一."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rag.checks.reading import Fault
from rag.tables import named_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rag.checks.reading import Clause, Comparison

_SHARE = re.compile(
    r"[约近逾超]?\d+(?:\.\d+)?(?:%|成)|[一二两三四五六七八九]成|[一二三四五]分之|除"
)
"""A share of all: 约两成."""
_STRONG = frozenset({"all", "only"})
_TIMES = frozenset({"often", "rarely"})
_SAME = {"fully": "all"}
_MANY = re.compile(r"(?:数|多|好几|若干|几)(?:百|千|万|十)?(名|位|家|个|次|项|艘|架|座|所|人)")
_COUNT = re.compile(r"(?:[一二两三四五六七八九十]|\d)(名|位|家|个|次|项|艘|架|座|所|人)")
_ONE_OF = re.compile(r"之一|其中一|\bone of\b")
_THE_ONE = re.compile(r"唯一|最[㐀-鿿]|\bonly\b|\bmost\b|\w+est\b")


def faults(it: Comparison) -> Iterator[Fault]:
    """Yield where a clause speaks of more, or of fewer, than its source."""
    yield from _of_another_scale(it)
    yield from _put_in(it)
    yield from _one_of(it)
    yield from _counted(it)


def _of_another_scale(it: Comparison) -> Iterator[Fault]:
    said, there = _kinds(it.clause), _kinds(it.source)
    for times in (False, True):
        mine = {_SAME.get(k, k): w for k, w in said.items() if (k in _TIMES) is times}
        theirs = {_SAME.get(k, k): w for k, w in there.items() if (k in _TIMES) is times}
        if mine and theirs and not mine.keys() & theirs.keys():
            one, other = next(iter(mine.values())), next(iter(theirs.values()))
            yield Fault("contradicted", f"says {one} where the source says {other}")
            return
    if there.keys() - _TIMES or not said.keys() & _STRONG:
        return
    kind = next(k for k in said if k in _STRONG)
    word = said[kind]
    share = _SHARE.search(it.source.text)
    if len(word) < 2 and kind == "all":
        return
    if share and kind == "all":
        yield Fault("contradicted", f"says {word} where the source says {share[0]}")
    elif not any(kind in _kinds(clause) for clause in it.offered):
        yield Fault("unsupported", f"not in the source: {word}")


def _put_in(it: Comparison) -> Iterator[Fault]:
    """保留部分现有管理团队 where the source has 保留现有管理团队."""
    text = it.clause.text
    for word in _words():
        if len(word) < 2 or word.isascii() or word in it.quotes.text:
            continue
        at = text.find(word)
        before, after = text[max(at - 2, 0) : at], text[at + len(word) :][:2]
        if at > 0 and len(before + after) == 4 and before + after in it.quotes.text:
            yield Fault("contradicted", f"the source does not say {word}")
            return


def _one_of(it: Comparison) -> Iterator[Fault]:
    """途径之一 where the source has 唯一途径."""
    if not _ONE_OF.search(it.clause.text) or _ONE_OF.search(it.quotes.text):
        return
    if it.clause.english == it.source.english and _THE_ONE.search(it.source.text):
        one, other = _ONE_OF.findall(it.clause.text)[0], _THE_ONE.findall(it.source.text)[0]
        yield Fault("contradicted", f"says {one} where the source says {other}")


def _counted(it: Comparison) -> Iterator[Fault]:
    """一名中国公民 where the source has 数名中国公民."""
    for match in _COUNT.finditer(it.clause.text):
        what = it.clause.text[match.end() :][:2]
        many = [
            other[0]
            for other in _MANY.finditer(it.source.text)
            if other[1] == match[1] and it.source.text[other.end() :][:2] == what
        ]
        if many and len(what) == 2 and match[0] not in it.quotes.text:
            yield Fault("contradicted", f"says {match[0]} where the source says {many[0]}")
            return


def _words() -> list[str]:
    """All words of the table, the longest first."""
    words = {w for some in named_words("verify_quantifiers.txt").values() for w in some}
    return sorted(words, key=len, reverse=True)


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
