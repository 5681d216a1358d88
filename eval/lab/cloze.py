"""Questions that nobody wrote: a sentence with one span asked for, beside another telling of it.

A pool of news holds the same event in several articles, in other words. A sentence of one, with a
name, a date, a figure or a thing replaced by its question word, is a question; a window of another
text that holds the span and much of the rest is its answer; a window as near that lacks the span
is none. So a small network learns to match other wordings before it sees the few written
questions (Lewis et al. 2019, "Unsupervised QA by cloze translation"; Ram et al. 2021, "Splinter").
"""

from __future__ import annotations

import json
import random
import re
from collections import defaultdict
from math import log
from typing import TYPE_CHECKING

import numpy as np

from eval.lab.reader_examples import Example, units, weight, windows
from rag.split import sentences

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

ALIKE = (0.22, 0.75)
"""Share of a question's weight that its window holds: less is another matter, more a copy."""
COMMON = 0.02
"""Share of all windows from which a bigram says nothing."""
PER_TEXT = 8
"""Sentences tried of an article."""
WHOLE, LEFT_OUT = 0.5, 0.2
"""Share of questions that keep all of their words, and of words left out of the others."""

_ASKED = {
    "m": ("多少", "多少", "几"),
    "t": ("什么时候", "何时", "哪天", "什么时间"),
    "nr": ("谁", "哪位", "什么人"),
    "ns": ("哪里", "什么地方", "哪个地方", "哪儿"),
    "nt": ("哪家机构", "哪个单位", "什么组织", "谁"),
    "nz": ("什么", "哪个", "哪一个"),
    "n": ("什么", "什么", "哪些", "啥"),
}
_FIGURE = re.compile(
    r"(?<![\d./:：\-－])\d[\d,.]*(?:万亿|万|亿|千)?"
    r"(?:元|美元|人|家|个|项|公里|米|吨|％|%|岁|名|次|天|小时)(?!\d)"
)
_DAY = re.compile(
    r"(?<![\d./:：\-－])(?:(?:\d{4}年)?\d{1,2}月\d{1,2}日|\d{4}年(?:\d{1,2}月)?|\d{1,2}日)"
)
_QUOTED = re.compile(r"[“《]([^“”《》]{2,16})[”》]")
_HEAD = re.compile(r"正文|\d{1,2}[:：]\d{2}|原标题|来源[:：]|责任编辑")
"""Of a page, not of what it tells."""
_CLAUSE_END = re.compile(r"[，；。！？,;!?：:]")


def cloze(folder: Path, most: int, seed: int) -> list[Example]:
    """Return some ``most`` examples over the news in ``folder``, half without an answer."""
    chance = random.Random(seed)
    texts = _texts(folder / "news")
    cut = [(n, *w) for n, text in enumerate(texts) for w in windows(text, chance)]
    index = _Index([texts[n][s:e] for n, s, e in cut])
    order = list(range(len(texts)))
    chance.shuffle(order)
    out: list[Example] = []
    for number in order:
        if len(out) >= most:
            break
        out += _of_text(number, texts, cut, index, chance)
    return out


def _texts(folder: Path) -> list[str]:
    with (folder / "articles.jsonl").open(encoding="utf-8") as file:
        articles = {row["id"]: row["text"] for row in map(json.loads, file)}
    # What a question is asked about there stays for testing.
    with (folder / "questions.jsonl").open(encoding="utf-8") as file:
        asked = {row["doc"] for row in map(json.loads, file)}
    kept = [text for id, text in articles.items() if id not in asked]
    return [*kept, *(folder / "more.txt").read_text("utf-8").splitlines()]


class _Index:
    """Windows by bigrams; how much of a question's weight each holds."""

    def __init__(self, windows: list[str]) -> None:
        holding: defaultdict[str, list[int]] = defaultdict(list)
        for number, window in enumerate(windows):
            for unit in units(window):
                holding[unit].append(number)
        self._count = len(windows)
        most = COMMON * len(windows)
        self._holding = {u: np.array(h, np.int32) for u, h in holding.items() if 1 < len(h) <= most}

    def shares(self, question: str) -> NDArray[np.float64]:
        asked = [h for u in units(question) if (h := self._holding.get(u)) is not None]
        if not asked:
            return np.zeros(self._count)
        weights = np.concatenate([np.full(len(h), log(self._count / len(h))) for h in asked])
        total = sum(log(self._count / len(h)) for h in asked)
        return np.bincount(np.concatenate(asked), weights, self._count) / total


def _of_text(
    number: int,
    texts: list[str],
    cut: list[tuple[int, int, int]],
    index: _Index,
    chance: random.Random,
) -> Iterator[Example]:
    text = texts[number]
    bounds = [
        (s, e)
        for s, e in sentences(text)
        if 14 <= weight(text[s:e]) <= 110 and not _HEAD.search(text[s:e])
    ]
    for start, end in chance.sample(bounds, min(PER_TEXT, len(bounds))):
        spans = list(_spans(text[start:end]))
        if not spans:
            continue
        (s, e), kind = chance.choice(spans)
        answer = text[start + s : start + e]
        question = _question(text[start:end], s, e, chance.choice(_ASKED[kind]), chance)
        shares = index.shares(question)
        likely = np.argsort(-shares)[:24]
        right = wrong = None
        for at in likely:
            owner, low, high = cut[at]
            if shares[at] < ALIKE[0] or (owner == number and low < end and high > start):
                continue
            window = texts[owner][low:high]
            if answer in window:
                if shares[at] <= ALIKE[1]:
                    right = right or (owner, low, high)
            else:
                wrong = wrong or (owner, low, high)
        if right is None or (wrong is None and chance.random() < 0.5):
            continue
        yield _example(question, answer, right, texts, number, chance)
        if wrong:
            yield _example(question, "", wrong, texts, number, chance)


def _example(
    question: str,
    answer: str,
    window: tuple[int, int, int],
    texts: list[str],
    asked_of: int,
    chance: random.Random,
) -> Example:
    owner, low, high = window
    text = texts[owner][low:high]
    found = tuple(m.span() for m in re.finditer(re.escape(answer), text)) if answer else ()
    before = sentences(texts[owner][:low])[-1:]
    context = texts[owner][slice(*before[0])] if before and chance.random() < 0.5 else ""
    return Example(question, context, text, found, "cloze", f"cloze-{asked_of}")


def _spans(sentence: str) -> Iterator[tuple[tuple[int, int], str]]:
    import jieba.posseg  # noqa: PLC0415  (loads a dictionary)

    taken: list[tuple[int, int]] = []
    for pattern, kind in ((_DAY, "t"), (_FIGURE, "m"), (_QUOTED, "nz")):
        for match in pattern.finditer(sentence):
            span = match.span(1) if pattern is _QUOTED else match.span()
            if not any(s < span[1] and span[0] < e for s, e in taken):
                taken.append(span)
                yield span, kind
    at = 0
    run: list[tuple[int, int, str]] = []
    for word, tag in (*((p.word, p.flag) for p in jieba.posseg.cut(sentence)), ("", "x")):
        start, at = at, at + len(word)
        if tag[:1] == "n" or tag in {"vn", "eng", "j"}:
            run.append((start, at, tag))
            continue
        if run:
            span = run[0][0], run[-1][1]
            kind = next((t[:2] for _, _, t in run if t[:2] in _ASKED), "n")
            long_enough = span[1] - span[0] >= 2
            if long_enough and not any(s < span[1] and span[0] < e for s, e in taken):
                yield span, kind
        run = []


def _question(sentence: str, start: int, end: int, asked: str, chance: random.Random) -> str:
    """Some clauses of the sentence around the span, which its question word stands for."""
    cuts = [0, *(m.end() for m in _CLAUSE_END.finditer(sentence)), len(sentence)]
    first = max(i for i, c in enumerate(cuts) if c <= start)
    last = min(i for i, c in enumerate(cuts) if c >= end)
    first = max(0, first - chance.choice((0, 0, 1, 1, 2)))
    last = min(len(cuts) - 1, last + chance.choice((0, 0, 1)))
    if weight(sentence[cuts[first] : cuts[last]]) < 10:
        first, last = 0, len(cuts) - 1
    before, after = sentence[cuts[first] : start], sentence[end : cuts[last]]
    before, after = _thinned(before, chance), _thinned(after, chance)
    whole = f"{before}{asked}{after}".strip(" ，；。！？,;!?：:“”《》")
    return " ".join(whole.split()) + chance.choice(("？", "？", "?", ""))


def _thinned(text: str, chance: random.Random) -> str:
    """Leave out a word now and then: people name less than the sentence does."""
    if chance.random() < WHOLE:
        return text
    import jieba  # noqa: PLC0415  (loads a dictionary)

    return "".join(word for word in jieba.cut(text) if chance.random() > LEFT_OUT)
