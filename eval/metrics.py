"""Metrics of one answer: small pure functions. What cannot be scored is None, never 0.

A citation or hit is given as `Place`: which document, and which characters of it. Gold evidence is
groups of such places, any one of a group being as good.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from eval.names import known_names
from rag.figures import missing_figures
from rag.fold import fold, language_of, to_simplified, to_traditional

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.model import Spans

_MARKER = re.compile(r"\[\d{1,3}\]")
_WORD = re.compile(r"[a-z]|[㐀-䶿一-鿿豈-﫿]")
_SAID = re.compile(r"[^\W_]")


@dataclass(frozen=True, slots=True)
class Place:
    """Characters of a document."""

    document: str
    spans: Spans

    def meets(self, other: Place) -> bool:
        """Whether both share a character."""
        return self.document == other.document and overlaps(self.spans, other.spans)


# --- the answer


def without_markers(text: str) -> str:
    """Return an answer without its ``[n]``.

    >>> without_markers("加至125%。[1][2]")
    '加至125%。'
    """
    return _MARKER.sub("", text)


def answer_correct(answer: str, gold: Sequence[Sequence[str]]) -> bool | None:
    """Whether ``answer`` holds one alternative of every group; None without gold.

    Script, width, case, names, dates and the writing of numbers do not matter.

    >>> answer_correct("普京與金正恩", [["普京"], ["金正恩"]])
    True
    >>> answer_correct("2025年", [["20"]])
    False
    """
    held = share_held(answer, gold)
    return None if held is None else held == 1.0


def share_held(text: str, groups: Sequence[Sequence[str]]) -> float | None:
    """Share of groups of which ``text`` holds an alternative; None without groups.

    >>> share_held("普京", [["普京"], ["金正恩", "Kim Jong Un"]])
    0.5
    """
    if not groups:
        return None
    text = without_markers(text)
    return sum(any(holds(text, a) for a in group) for group in groups) / len(groups)


def holds(text: str, wanted: str) -> bool:
    """Whether ``text`` says ``wanted``: the same words, or where it is a figure the same figure.

    >>> holds("11.1 billion dollars", "111亿"), holds("在馬耳他", "Malta"), holds("在2026", "20")
    (True, True, False)
    """
    if any(c.isdigit() for c in wanted) and not missing_figures(wanted, text):
        return True
    needle = _folded(wanted)
    if needle.isascii():
        # Whole words and whole numbers: 20 does not stand in 2025, nor Iran in Iranian.
        pattern = rf"(?<![a-z\d])(?<!\d[.,]){re.escape(needle)}(?![a-z\d])(?![.,]\d)"
        return re.search(pattern, _folded(text)) is not None
    close, among = needle.replace(" ", ""), _folded(text).replace(" ", "")
    before = r"(?<![\d.])" if close[0].isdigit() else ""
    return re.search(before + re.escape(close), among) is not None


def character_f1(answer: str, gold: Sequence[Sequence[str]]) -> float | None:
    """Harmonic mean of precision and recall over characters, as a bag, both folded.

    Of each group the alternative counts that the answer holds most of. The measure of SQuAD and
    CMRC 2018, with characters for words.

    >>> round(character_f1("加至125%。", [["125%"]]), 3)  # 4 shared of 6 and of 4: .667 and 1
    0.8
    """
    if not gold:
        return None
    said = _bag(without_markers(answer))

    def shared(alternative: str) -> float:
        bag = _bag(alternative)
        return (said & bag).total() / (bag.total() or 1)

    wanted = sum((_bag(max(group, key=shared)) for group in gold), Counter[str]())
    common = (said & wanted).total()
    if not common:
        return 0.0
    precision, recall = common / said.total(), common / wanted.total()
    return 2 * precision * recall / (precision + recall)


def _bag(text: str) -> Counter[str]:
    return Counter(c for c in _folded(text) if _SAID.match(c) or c == "%")


@lru_cache(maxsize=4096)
def _folded(text: str) -> str:
    return known_names().fold_text(text)


def speaks_like(question: str, answer: str) -> bool | None:
    """Whether ``answer`` is in the language, and the Chinese script, of ``question``.

    None where the answer has no words, such as ``125%``. Characters that both scripts share tell
    nothing against it.

    >>> speaks_like("誰？", "龐德偉"), speaks_like("誰？", "庞德伟"), speaks_like("谁？", "125%")
    (True, False, None)
    """
    answer = without_markers(answer)
    if not _WORD.search(fold(answer)):
        return None
    if language_of(question) != language_of(answer):
        return False
    if language_of(question) == "en":
        return True
    asked, said = _traditional(question), _traditional(answer)
    return said == 0 or asked == 0 or (said > 0) == (asked > 0)


def _traditional(text: str) -> int:
    """Traditional characters less simplified ones; 0 where the text could be either."""
    simplified, traditional = to_simplified(text), to_traditional(text)

    def differences(other: str) -> int:
        return sum(a != b for a, b in zip(text, other, strict=False)) + abs(len(text) - len(other))

    return differences(simplified) - differences(traditional)


# --- retrieval and citations


def overlaps(a: Spans, b: Spans) -> bool:
    """Whether two sets of spans of one document share a character."""
    return any(s < y and x < e for s, e in a for x, y in b)


def rank_of_first(relevant: Sequence[bool]) -> int | None:
    """Rank, from 1, of the first relevant item; None where there is none."""
    return next((rank for rank, is_so in enumerate(relevant, 1) if is_so), None)


def recall_at(k: int, found: Sequence[Place], gold: Sequence[Sequence[Place]]) -> float | None:
    """Share of the gold groups that the first ``k`` found meet; None without gold.

    >>> gold = [[Place("a", ((0, 9),))], [Place("b", ((5, 9),))]]
    >>> recall_at(1, [Place("a", ((8, 12),)), Place("b", ((0, 6),))], gold)
    0.5
    """
    if not gold:
        return None
    return sum(_met(group, found[:k]) for group in gold) / len(gold)


def reciprocal_rank(found: Sequence[Place], gold: Sequence[Sequence[Place]]) -> float | None:
    """One over the rank of the first found that meets any gold; 0 where none does.

    Its mean over the questions is MRR.

    >>> reciprocal_rank([Place("x", ((0, 9),)), Place("a", ((0, 9),))], [[Place("a", ((3, 4),))]])
    0.5
    """
    if not gold:
        return None
    every = [place for group in gold for place in group]
    rank = rank_of_first([_met(every, [place]) for place in found])
    return 1 / rank if rank else 0.0


def citation_precision(
    sentences: Sequence[Sequence[Place]], gold: Sequence[Sequence[Place]]
) -> float | None:
    """Share of what the sentences cite that meets gold evidence; None where nothing is cited.

    Args:
        sentences: What each sentence cites: a source cited by two sentences counts twice.
        gold: Groups of alternatives.

    >>> right, wrong = Place("a", ((0, 9),)), Place("a", ((90, 99),))
    >>> citation_precision([[right], [right, wrong]], [[Place("a", ((3, 4),))]])
    0.6666666666666666
    """
    cited = [place for places in sentences for place in places]
    if not cited or not gold:
        return None
    every = [place for group in gold for place in group]
    return sum(_met(every, [place]) for place in cited) / len(cited)


def citation_recall(
    sentences: Sequence[Sequence[Place]], gold: Sequence[Sequence[Place]]
) -> float | None:
    """Share of the gold groups that some citation meets; None without gold.

    >>> gold = [[Place("a", ((0, 9),))], [Place("b", ((0, 9),)), Place("c", ((0, 9),))]]
    >>> citation_recall([[Place("c", ((2, 3),))]], gold)
    0.5
    """
    if not gold:
        return None
    cited = [place for places in sentences for place in places]
    return sum(_met(group, cited) for group in gold) / len(gold)


def _met(group: Sequence[Place], places: Sequence[Place]) -> bool:
    return any(place.meets(wanted) for place in places for wanted in group)


# --- many answers


def share(flags: Sequence[float | None]) -> float | None:
    """Mean of what was scored; None where nothing was.

    >>> share([True, False, None])
    0.5
    """
    scored = [flag for flag in flags if flag is not None]
    return sum(scored) / len(scored) if scored else None


def wilson(flags: Sequence[bool | None]) -> tuple[float, float] | None:
    """95 % interval of a share (Wilson 1927): fit for small samples and shares near 1."""
    scored = [flag for flag in flags if flag is not None]
    if not scored:
        return None
    n, z = len(scored), 1.96
    p = sum(scored) / n
    middle, half = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)


def counted(flags: Sequence[bool]) -> str:
    """Write a share with what it is of and its 95 % interval.

    >>> counted([True, False, True, True])
    '3/4 = 0.750 [0.301, 0.954]'
    """
    low, high = wilson(flags) or (0.0, 1.0)
    mean = sum(flags) / (len(flags) or 1)
    return f"{sum(flags)}/{len(flags)} = {mean:.3f} [{low:.3f}, {high:.3f}]"
