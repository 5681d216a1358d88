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
from rag.fold import STOP_WORDS, fold, language_of
from rag.glossary import chinese_alternatives
from rag.names import shipped_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.figures import Figure
    from rag.model import Support
    from rag.names import Names

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


@dataclass(frozen=True, slots=True)
class _Claim:
    """What is checked, with the names by which it is read."""

    text: str
    question: str
    names: Names
    said: frozenset[str]
    """Its pairs."""
    asked: frozenset[str]
    """Those of the question."""


def verify(
    claim: str,
    sources: Sequence[Source],
    *,
    question: str,
    hint: Sequence[int] = (),
    names: Names | None = None,
) -> Verdict:
    """Check ``claim``, an answer to ``question``, against ``sources``.

    Args:
        claim: One sentence, or a bare answer (“125%”), without markers.
        sources: Candidates, best first.
        question: A bare answer is about what was asked.
        hint: Indices that the model named.
        names: Which names are the same; by default those that ship.
    """
    names = names or shipped_names()
    said = _pairs(claim, names)
    if not said or not sources:
        return Verdict("unsupported", "nothing to check", (), 0.0)
    checked = _Claim(claim, question, names, said, _pairs(question, names))
    chosen = _attribute(checked, sources, hint)
    quotes = "\n".join(sources[i].quote for i in chosen)
    known = "\n".join([quotes, *(sources[i].context for i in chosen)])
    closeness = _closeness(checked, known)
    fault = (
        _wrong_figure(checked, quotes, known)
        or _stranger(checked, known)
        or _unlike(checked, quotes, closeness)
    )
    if fault:
        return Verdict("unsupported", fault, (), closeness)
    return Verdict(
        "supported", "figures, names and wording agree with the source", chosen, closeness
    )


def _wrong_figure(claim: _Claim, quotes: str, known: str) -> str:
    """Say which figure is not in the source, or stands there for something else."""
    missing = missing_figures(claim.text, known)
    if missing:
        return f"not in the source: {missing[0].written.strip()}"
    other = counts_something_else(claim.text, claim.question)
    if other:
        return f"counts {other}, which was not asked"
    for figure in missing_figures(claim.text, claim.question):
        if _of_something_else(figure, claim, quotes):
            return f"in the source, {figure.written.strip()} is the figure of something else"
    return ""


def _of_something_else(figure: Figure, claim: _Claim, quotes: str) -> bool:
    """Whether the claim is about another clause's figure: 中方加至125%，美方升至150%."""
    about = claim.said | claim.asked
    own, other = -1, -1
    for clause in _CLAUSE.findall(quotes):
        there = figures(clause)
        overlap = len(about & _pairs(clause, claim.names))
        if any(figure.same_as(f) for f in there):
            own = max(own, overlap)
        elif any(f.unit == figure.unit for f in there):
            other = max(other, overlap)
    return own >= 0 and other >= 1.5 * own + 3


def _stranger(claim: _Claim, known: str) -> str:
    """Say which name of the claim, or of the question, the source does not know."""
    folded = claim.names.fold_text(known)
    asked = claim.names.fold_text(claim.question)
    for forms in [*names_in(claim.text, claim.names), *names_in(claim.question, claim.names)]:
        in_english = len(forms) > 1  # an English word with its Chinese ones: a guess, not a name
        if in_english and forms[0] in asked:
            continue
        if not any(_is_known(form, folded) for form in forms):
            return f"not in the source: {forms[0]}"
    return ""


def _is_known(name: str, folded: str) -> bool:
    # 美国商务部 is 美商务部 in the newspapers.
    body = name.removeprefix("美国").removeprefix("中国")
    return (
        name in folded
        or (len(body) > 1 and body in folded)
        or any(c in folded for c in _SHORT_FORMS.get(name, ""))
    )


def _unlike(claim: _Claim, quotes: str, closeness: float) -> str:
    if closeness < CLOSE_ENOUGH:
        return "too far from what the source says"
    text, new = claim.text, claim.said - claim.asked
    says_figures = any(c.isdigit() for c in text) and not missing_figures(text, quotes)
    says_nothing = not says_figures and not new & _pairs(quotes, claim.names)
    if language_of(text) == "zh" and says_nothing:
        return "says nothing that the source says"
    if _NEGATION.search(fold(text)) and not _NEGATION.search(fold(quotes)):
        return "denies what the source does not deny"
    return ""


def _closeness(claim: _Claim, known: str) -> float:
    """Share of the claim found in the source; an English word counts by its Chinese ones."""
    if language_of(claim.text) == "en":
        folded = claim.names.fold_text(known)
        words = chinese_alternatives(claim.text, claim.names)
        return sum(any(a in folded for a in alike) for _, alike in words) / (len(words) or 1)
    return len(claim.said & _pairs(known, claim.names)) / len(claim.said)


def _attribute(claim: _Claim, sources: Sequence[Source], hint: Sequence[int]) -> tuple[int, ...]:
    """Choose the one or two sources that say most of the claim."""
    asked = claim.asked
    new = claim.said - asked or claim.said
    there = [_pairs(s.quote, claim.names) for s in sources]
    around = [_pairs(s.context, claim.names) for s in sources]

    def merit(index: int) -> tuple[float, ...]:
        source = sources[index]
        holds = -len(missing_figures(claim.text, f"{source.quote}\n{source.context}"))
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


def _pairs(text: str, names: Names) -> frozenset[str]:
    """Folded words and numbers, and character pairs of Chinese (a lone character as itself)."""
    out: set[str] = set()
    for word in _WORDS.findall(names.fold_text(text)):
        if word[0].isascii():
            if word not in STOP_WORDS:
                out.add(word)
        elif len(word) == 1:
            out.add(word)
        else:
            out.update(word[i : i + 2] for i in range(len(word) - 1))
    return frozenset(out)


def names_in(text: str, names: Names | None = None) -> list[tuple[str, ...]]:
    """Return the names in a text, each with the forms that would do, folded.

    Args:
        text: In any language.
        names: Which names are the same; by default those that ship.
    """
    names = names or shipped_names()
    found: dict[tuple[str, ...], None] = {}
    for line in text.splitlines():
        english = language_of(line) == "en"
        folded = _DATE.sub(r"\1 ", names.fold_text(line))
        found |= {(known[0],): None for _, _, known in names.find(folded)}
        if english:
            words = set(_CAPITALISED.findall(line))
            for word, alike in chinese_alternatives(line, names):
                if word in {w.casefold() for w in words}:
                    found[alike] = None
        else:
            for word, tag in jieba.posseg.cut(folded):
                if tag.startswith(_NAME_TAGS) and len(word) > 1 and not word.isascii():
                    found[(word,)] = None
            found |= {(word,): None for word in _LATIN_NAME.findall(folded)}
    return [forms for forms in found if forms[0] not in _NOT_NAMES]
