"""Check a sentence against the sources it stands on: figures, names, then meaning.

The model's own markers are a hint for where to look and never the proof.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import jieba.posseg

from rag.figures import missing_figures
from rag.fold import STOP_WORDS, aliases, fold_names

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rag.model import Support

jieba.setLogLevel(logging.WARNING)

CLOSE_ENOUGH = 0.45
"""Share of a claim's character pairs found in its sources, from which it counts as close."""
SECOND_SOURCE_GAIN = 0.15
"""Share of the claim that a second source must add to be cited too."""
MOST_SOURCES = 2

_NAME_TAGS = ("nr", "ns", "nt", "nz")
_NOT_NAMES = frozenset({"中方", "美方", "中美", "双方", "两国", "美媒", "官方", "资料"})
_LATIN_NAME = re.compile(r"[a-z][a-z0-9.-]+")
_NEGATION = re.compile(r"没有|并未|尚未|未能|未|不再|不会|不|否认|拒绝|\bnot\b|\bno\b|\bnever\b|n't\b")
_WORDS = re.compile(r"[a-z]+|\d+(?:\.\d+)?|[㐀-䶿一-鿿豈-﫿]+")


@dataclass(frozen=True, slots=True)
class Source:
    """What a claim may stand on."""

    quote: str
    """The characters that would be cited."""
    context: str
    """What a reader of the quote knows besides: title, outlet, date, the sentence before."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Outcome of the check of one sentence."""

    support: Support
    reason: str
    sources: tuple[int, ...]
    """Indices of the sources that carry the sentence; none unless supported."""
    closeness: float
    """Share of the sentence found in them, 0 to 1."""


def verify(claim: str, sources: Sequence[Source], *, question: str, hint: Sequence[int] = ()) -> Verdict:
    """Check ``claim``, an answer to ``question``, against ``sources``.

    Args:
        claim: One sentence, or a bare answer (“125%”), without markers.
        sources: Candidates, best first.
        question: A bare answer is about what was asked.
        hint: Indices that the model named.
    """
    pairs = _pairs(claim)
    if not pairs or not sources:
        return Verdict("unsupported", "nothing to check", (), 0.0)
    chosen = _attribute(claim, pairs, sources, question, hint)
    quotes = "\n".join(sources[i].quote for i in chosen)
    known = "\n".join([quotes, *(sources[i].context for i in chosen)])
    closeness = len(pairs & _pairs(known + question)) / len(pairs)
    wrong = missing_figures(claim, known)
    if wrong:
        return Verdict("unsupported", f"not in the source: {wrong[0].written.strip()}", (), closeness)
    strangers = missing_names(claim, known)
    if strangers:
        return Verdict("unsupported", f"not in the source: {strangers[0]}", (), closeness)
    if closeness < CLOSE_ENOUGH:
        return Verdict("unsupported", "too far from what the source says", (), closeness)
    if not _new_pairs(claim, question) & _pairs(quotes) and not _says_figures(claim, quotes):
        return Verdict("unsupported", "says nothing that the source says", (), closeness)
    if bool(_NEGATION.search(fold_names(claim))) and not _NEGATION.search(fold_names(quotes)):
        return Verdict("unsupported", "denies what the source does not deny", (), closeness)
    return Verdict("supported", "figures, names and wording agree with the source", chosen, closeness)


def _attribute(
    claim: str, pairs: frozenset[str], sources: Sequence[Source], question: str, hint: Sequence[int]
) -> tuple[int, ...]:
    """Choose the one or two sources that say most of the claim."""
    new = _new_pairs(claim, question) or pairs
    asked = _pairs(question)
    said = [_pairs(s.quote) for s in sources]

    def merit(index: int) -> tuple[float, ...]:
        holds = -len(missing_figures(claim, sources[index].quote + sources[index].context))
        share = len(new & said[index]) / len(new)
        about = len(asked & said[index]) / (len(asked) or 1)
        return (holds, round(share, 2) + 0.5 * about + 0.1 * (index in hint), -index)

    first = max(range(len(sources)), key=merit)
    chosen = [first]
    for index in sorted(range(len(sources)), key=merit, reverse=True):
        gain = len((new & said[index]) - said[first]) / len(new)
        if index != first and gain >= SECOND_SOURCE_GAIN and len(chosen) < MOST_SOURCES:
            chosen.append(index)
    return tuple(chosen)


def _new_pairs(claim: str, question: str) -> frozenset[str]:
    """What the claim says that the question did not."""
    return _pairs(claim) - _pairs(question)


def _says_figures(claim: str, quotes: str) -> bool:
    return any(c.isdigit() for c in claim) and not missing_figures(claim, quotes)


def _pairs(text: str) -> frozenset[str]:
    """Folded words and numbers, and character pairs of Chinese (a lone character as itself)."""
    out: set[str] = set()
    for word in _WORDS.findall(fold_names(text)):
        if word[0].isascii():
            if word not in STOP_WORDS:
                out.add(word)
        elif len(word) == 1:
            out.add(word)
        else:
            out.update(word[i : i + 2] for i in range(len(word) - 1))
    return frozenset(out)


def missing_names(claim: str, source: str) -> list[str]:
    """Return the names in ``claim`` (people, places, bodies, Latin words) not in ``source``."""
    known = fold_names(source)
    return [name for name in names_in(claim) if name not in known]


def names_in(text: str) -> list[str]:
    """Return the names in a text, folded to their standard form."""
    folded = fold_names(text)
    standard = set(aliases().values())
    found: dict[str, None] = {}
    for word, tag in jieba.posseg.cut(folded):
        if word in standard or (tag.startswith(_NAME_TAGS) and len(word) > 1):
            found[word] = None
    for name in standard:
        if name in folded and not name.isascii():
            found[name] = None
    if not any("㐀" <= c <= "鿿" for c in folded.replace(" ", "")[:4]):
        return [n for n in found if n not in _NOT_NAMES]  # English prose: its words are not names
    for word in _LATIN_NAME.findall(folded):
        found[word] = None
    return [n for n in found if n not in _NOT_NAMES]


def lowest(values: Sequence[float], default: float = 0.0, key: Callable[[float], float] = float) -> float:
    """Return the smallest of ``values``."""
    return min(map(key, values), default=default)
