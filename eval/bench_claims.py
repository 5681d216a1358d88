"""The verifier over other people's documents: `python -m eval.bench_claims FILE [--limit N]`.

A question of an open set in SQuAD's format with its answer put where it asks (珠峰高多少米 →
珠峰高8848米) is a true claim, worded by who wrote the question; with another figure or name of the
paragraph put there it is wrong. Each is checked against the sentence of the answer, as the answerer
would cite it: with the title and the sentence before. What the question takes from further off is
then rejected, too: the share of the true ones rejected is an upper bound.
"""

from __future__ import annotations

import argparse
import random
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from eval.metrics import counted
from eval.squad import read_squad
from rag.split import sentences
from rag.tagger import tagged
from rag.verify import Source, verify

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from eval.squad import Paragraph, Question

_ASKS = re.compile(
    r"(?:是)?(?:谁|誰|哪一?位|何人)|哪一?[年天]|什么时候|什麼時候|何时|何時|哪[里裡儿]|什么地方|什麼地方"
    r"|多少(?:[个個人年米元次名位所座种種只隻歲岁票张张]|公里|公尺)?"
)
_ASKS_MORE = re.compile(r"为什么|為什麼|怎[么麼样樣]|如何|哪些|分别|分別|[几幾]")
_FIGURE = re.compile(r"\d[\d,.]*\d|\d")
LONGEST = 25
"""Characters of an answer that is put into its question."""
_NAMES = ("nr", "ns", "nt")
SEED = 7


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim and what it is checked against."""

    text: str
    question: str
    source: Source
    wrong: str
    """What was made wrong: figure or name; empty for a true one."""


def filled(question: str, answer: str) -> str:
    """Put an answer where a question asks; empty where that makes no sentence.

    >>> filled("云雀山高多少米？", "812米"), filled("谁发现了云雀山？", "贺鸣")
    ('云雀山高812米。', '贺鸣发现了云雀山。')
    """
    found = list(_ASKS.finditer(question))
    if len(found) != 1 or _ASKS_MORE.search(question) or not 0 < len(answer) <= LONGEST:
        return ""
    asks = found[0]
    is_ = "是" if asks[0].startswith("是") else ""
    unit = asks[0].removeprefix("多少") if asks[0].startswith("多少") else ""
    unit = unit if answer[-1:].isdigit() else ""
    claim = f"{question[: asks.start()]}{is_}{answer}{unit}{question[asks.end() :]}"
    return claim.strip("？? ") + "。"


def claims_in(paragraph: Paragraph, chance: random.Random) -> Iterator[Claim]:
    """Make the claims of a paragraph."""
    cuts = sentences(paragraph.text)
    parts = [paragraph.text[start:end] for start, end in cuts]
    for question in paragraph.questions:
        true = filled(question.text, question.answer)
        at = _best(parts, question)
        if not true or at is None:
            continue
        before = parts[at - 1] if at else ""
        source = Source(parts[at], f"{paragraph.title}\n{before}")
        yield Claim(true, question.text, source, "")
        kind, other = _another(question.answer, paragraph.text, true, chance)
        if kind:
            yield Claim(true.replace(question.answer, other, 1), question.text, source, kind)


def _best(parts: Sequence[str], question: Question) -> int | None:
    """The sentence with the answer that shares most characters with the question."""
    holding = [n for n, part in enumerate(parts) if question.answer in part]
    return max(holding, key=lambda n: len(set(parts[n]) & set(question.text)), default=None)


def _another(answer: str, text: str, claim: str, chance: random.Random) -> tuple[str, str]:
    """Another figure of a text with the same unit, or another name of the same kind."""
    figure = _FIGURE.search(answer)
    if figure:
        unit = answer[figure.end() : figure.end() + 1]
        others = [
            m[0]
            for m in _FIGURE.finditer(text)
            if m[0] not in claim and text[m.end() : m.end() + 1] == unit
        ]
        if not others:
            return "", ""
        return "figure", answer[: figure.start()] + chance.choice(others) + answer[figure.end() :]
    kinds = {tag[:2] for _, tag in tagged(answer)} & set(_NAMES)
    names = [
        word
        for word, tag in tagged(text)
        if tag[:2] in kinds and len(word) > 1 and word not in claim and answer not in word
    ]
    return ("name", chance.choice(names)) if names else ("", "")


def main(path: Path, limit: int) -> None:
    """Measure and print."""
    chance = random.Random(SEED)
    claims = [claim for paragraph in read_squad(path) for claim in claims_in(paragraph, chance)]
    chance.shuffle(claims)
    passed: dict[str, list[bool]] = {"": [], "figure": [], "name": []}
    for claim in claims[:limit]:
        verdict = verify(claim.text, [claim.source], question=claim.question)
        passed[claim.wrong].append(verdict.support == "supported")
    print(f"true: rejected {counted([not p for p in passed['']])}")
    for kind in ("figure", "name"):
        print(f"another {kind}: caught {counted([not p for p in passed[kind]])}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--limit", type=int, default=1500)
    given = parser.parse_args()
    main(given.file, given.limit)
