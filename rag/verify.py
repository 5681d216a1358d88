"""Check a sentence against the sources it stands on: figures, names, then meaning.

The model's own markers are a hint for where to look and never the proof.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import jieba.posseg

from rag.figures import counts_something_else, figures, missing_figures
from rag.fold import STOP_WORDS, aliases, fold, fold_names, language_of
from rag.glossary import chinese_alternatives

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.figures import Figure
    from rag.model import Support

jieba.setLogLevel(logging.WARNING)

CLOSE_ENOUGH = 0.45
"""Share of a claim's character pairs found in its sources, from which it counts as close."""
SECOND_SOURCE_GAIN = 0.15
"""Share of the claim that a second source must add to be cited too."""
MOST_SOURCES = 2

_NAME_TAGS = ("nr", "ns", "nt", "nz")
_NOT_NAMES = frozenset({"中方", "美方", "中美", "双方", "两国", "美媒", "官方", "资料", "中共"})
# Newspapers write 对华, 访美, 对台 for these; no other single character is safe (日 is a day).
_SHORT_FORMS = {"中国": "中华", "美国": "美", "台湾": "台"}
_LATIN_NAME = re.compile(r"(?<![a-z])[a-z][a-z0-9.-]+")
_CAPITALISED = re.compile(r"(?<=[a-z,;0-9] )[A-Z][A-Za-z-]+")
_NEGATION = re.compile(
    r"没有|并未|尚未|未能|未|不再|不会|不|否认|拒绝|\bnot\b|\bno\b|\bnever\b|n't\b"
)
_WORDS = re.compile(r"[a-z]+|\d+(?:\.\d+)?|[㐀-䶿一-鿿豈-﫿]+")
_DATE = re.compile(r"(\d[年月日号])")
"""The end of a date: 22日中美 holds no 日中."""
_CLAUSE = re.compile(r"[^，,；;。！？!?：:\n]+")


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


def verify(
    claim: str, sources: Sequence[Source], *, question: str, hint: Sequence[int] = ()
) -> Verdict:
    """Check ``claim``, an answer to ``question``, against ``sources``.

    Args:
        claim: One sentence, or a bare answer (“125%”), without markers.
        sources: Candidates, best first.
        question: A bare answer is about what was asked.
        hint: Indices that the model named.
    """
    said = _pairs(claim)
    if not said or not sources:
        return Verdict("unsupported", "nothing to check", (), 0.0)
    chosen = _attribute(claim, said, sources, question, hint)
    quotes = "\n".join(sources[i].quote for i in chosen)
    known = "\n".join([quotes, *(sources[i].context for i in chosen)])
    closeness = _closeness(claim, said, known)
    fault = (
        _wrong_figure(claim, quotes, known, question)
        or _stranger(claim, known, question)
        or _unlike(claim, said, quotes, question, closeness)
    )
    if fault:
        return Verdict("unsupported", fault, (), closeness)
    return Verdict(
        "supported", "figures, names and wording agree with the source", chosen, closeness
    )


def _wrong_figure(claim: str, quotes: str, known: str, question: str) -> str:
    """Say which figure is not in the source, or stands there for something else."""
    missing = missing_figures(claim, known)
    if missing:
        return f"not in the source: {missing[0].written.strip()}"
    other = counts_something_else(claim, question)
    if other:
        return f"counts {other}, which was not asked"
    for figure in missing_figures(claim, question):
        if _of_something_else(figure, claim, quotes, question):
            return f"in the source, {figure.written.strip()} is the figure of something else"
    return ""


def _of_something_else(figure: Figure, claim: str, quotes: str, question: str) -> bool:
    """Whether the claim is about another clause's figure: 中方加至125%，美方升至150%."""
    about = _pairs(claim) | _pairs(question)
    own, other = -1, -1
    for clause in _CLAUSE.findall(quotes):
        there = figures(clause)
        overlap = len(about & _pairs(clause))
        if any(figure.same_as(f) for f in there):
            own = max(own, overlap)
        elif any(f.unit == figure.unit for f in there):
            other = max(other, overlap)
    return own >= 0 and other >= 1.5 * own + 3


def _stranger(claim: str, known: str, question: str) -> str:
    """Say which name of the claim, or of the question, the source does not know."""
    folded = fold_names(known)
    asked = fold_names(question)
    for names in [*names_in(claim), *names_in(question)]:
        in_english = len(names) > 1  # an English word with its Chinese ones: a guess, not a name
        if in_english and names[0] in asked:
            continue
        if not any(_is_known(name, folded) for name in names):
            return f"not in the source: {names[0]}"
    return ""


def _is_known(name: str, folded: str) -> bool:
    # 美国商务部 is 美商务部 in the newspapers.
    body = name.removeprefix("美国").removeprefix("中国")
    return (
        name in folded
        or (len(body) > 1 and body in folded)
        or any(c in folded for c in _SHORT_FORMS.get(name, ""))
    )


def _unlike(claim: str, said: frozenset[str], quotes: str, question: str, closeness: float) -> str:
    if closeness < CLOSE_ENOUGH:
        return "too far from what the source says"
    new = said - _pairs(question)
    says_figures = any(c.isdigit() for c in claim) and not missing_figures(claim, quotes)
    if language_of(claim) == "zh" and not says_figures and not new & _pairs(quotes):
        return "says nothing that the source says"
    if _NEGATION.search(fold(claim)) and not _NEGATION.search(fold(quotes)):
        return "denies what the source does not deny"
    return ""


def _closeness(claim: str, said: frozenset[str], known: str) -> float:
    """Share of the claim found in the source; an English word counts by its Chinese ones."""
    if language_of(claim) == "en":
        folded = fold_names(known)
        words = chinese_alternatives(claim)
        return sum(any(a in folded for a in alike) for _, alike in words) / (len(words) or 1)
    return len(said & _pairs(known)) / len(said)


def _attribute(
    claim: str, said: frozenset[str], sources: Sequence[Source], question: str, hint: Sequence[int]
) -> tuple[int, ...]:
    """Choose the one or two sources that say most of the claim."""
    asked = _pairs(question)
    new = said - asked or said
    there = [_pairs(s.quote) for s in sources]
    around = [_pairs(s.context) for s in sources]

    def merit(index: int) -> tuple[float, ...]:
        source = sources[index]
        holds = -len(missing_figures(claim, f"{source.quote}\n{source.context}"))
        share = len(new & there[index]) / len(new)
        about = len(asked & there[index]) + 0.5 * len(asked & (around[index] - there[index]))
        return (holds, share + about / (len(asked) or 1) + 0.1 * (index in hint), -index)

    ranked = sorted(range(len(sources)), key=merit, reverse=True)
    chosen = ranked[:1]
    for index in ranked[1:]:
        gain = len((new & there[index]) - there[chosen[0]]) / len(new)
        if gain >= SECOND_SOURCE_GAIN and len(chosen) < MOST_SOURCES:
            chosen.append(index)
    return tuple(chosen)


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


def names_in(text: str) -> list[tuple[str, ...]]:
    """Return the names in a text, each with the forms that would do, folded."""
    found: dict[tuple[str, ...], None] = {}
    for line in text.splitlines():
        english = language_of(line) == "en"
        folded = _DATE.sub(r"\1 ", fold_names(line))
        found |= {(name,): None for name in set(aliases().values()) if name in folded}
        if english:
            words = set(_CAPITALISED.findall(line))
            for word, alike in chinese_alternatives(line):
                if word in {w.casefold() for w in words}:
                    found[alike] = None
        else:
            for word, tag in jieba.posseg.cut(folded):
                if tag.startswith(_NAME_TAGS) and len(word) > 1 and not word.isascii():
                    found[(word,)] = None
            found |= {(word,): None for word in _LATIN_NAME.findall(folded)}
    return [names for names in found if names[0] not in _NOT_NAMES]
