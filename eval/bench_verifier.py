"""The verifier by itself: `youju bench verifier`, or `python -m eval.bench_verifier`.

Over ``verifier.jsonl``: a claim, the exact words that it is checked against, and what was made
wrong in it. No search and no language model. Claims whose evidence lies in certain parts of the
documents are held out: nothing was tuned on them. ``fresh_claims.jsonl`` has claims by three
writers who had not seen the checks: of two sets the failures were looked at afterwards, the third
(over other sentences of the seeds) is held out. ``paraphrases.jsonl`` has claims in words of their
own, by writers who had seen neither the checks nor the other sets: a small model copies, a large
one writes like them.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from eval.cases import read_cases
from eval.metrics import counted
from eval.names import known_names
from rag.names import shipped_names
from rag.resources import resource
from rag.split import sentences
from rag.verify import Source, Verdict, verify

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eval.cases import GoldEvidence
    from rag.names import Names

LINES = Path(__file__).parent / "verifier.jsonl"
FRESH = Path(__file__).parent / "fresh_claims.jsonl"
PARAPHRASES = Path(__file__).parent / "paraphrases.jsonl"


@dataclass(frozen=True, slots=True)
class Line:
    """A claim and what it is checked against."""

    id: str
    question: str
    claim: str
    document: str
    """Name of the seed; empty where ``text`` was written for this set."""
    evidence: tuple[str, ...]
    """Exact characters of the seed, or of ``text``."""
    card: str
    """Title, outlet and date, as the answerer gives them."""
    before: str
    """The sentence before the first of the evidence."""
    corruption: str
    """What was made wrong; empty for a true claim."""
    wrong: tuple[str, ...]
    """The wrong parts, as the claim has them."""
    held_out: bool
    text: str

    def sources(self) -> list[Source]:
        """What the answerer would check the claim against."""
        before = (self.before, *self.evidence)
        return [
            Source(quote, f"{self.card}\n{last}")
            for quote, last in zip(self.evidence, before, strict=False)
        ]

    def names(self) -> Names:
        """Which names are the same, as in the home that it would be asked over."""
        return known_names() if self.document else shipped_names()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the check said of a line."""

    line: Line
    verdict: Verdict
    seconds: float

    @property
    def caught(self) -> bool:
        """Whether nothing wrong would be shown."""
        return shows_nothing_wrong(self.verdict, self.line.wrong)


def shows_nothing_wrong(verdict: Verdict, wrong: Sequence[str]) -> bool:
    """Whether a wrong claim is caught: of a part, what is kept must be free of what is wrong."""
    if verdict.support == "partial":
        return not any(part in verdict.kept for part in wrong)
    return verdict.support != "supported"


def read_lines(path: Path = LINES) -> list[Line]:
    """Read the set."""
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return [
        Line(
            id=row["id"],
            question=row["question"],
            claim=row["claim"],
            document=row.get("document", ""),
            evidence=tuple(row["evidence"]),
            card=row["card"],
            before=row.get("before", ""),
            corruption=row["corruption"],
            wrong=tuple(row["wrong"]),
            held_out=row["held_out"],
            text=row.get("text", ""),
        )
        for row in rows
    ]


def check(line: Line) -> Outcome:
    """Check one claim."""
    started = time.perf_counter()
    verdict = verify(line.claim, line.sources(), question=line.question, names=line.names())
    return Outcome(line, verdict, time.perf_counter() - started)


def run(*, failures: bool = False) -> list[Outcome]:
    """Measure and print.

    Args:
        failures: Whether to name the failures, of the lines that are not held out only.
    """
    lines = read_lines()
    check(lines[0])  # dictionaries are read at the first use
    outcomes = [check(line) for line in lines]
    report(outcomes)
    fresh = [check(line) for line in read_lines(FRESH)]
    _together("fresh, looked at", [o for o in fresh if not o.line.held_out])
    _together("fresh, held out", [o for o in fresh if o.line.held_out])
    _together("freely worded", [check(line) for line in read_lines(PARAPHRASES)])
    gold(lines, failures=failures)
    if failures:
        for o in outcomes:
            wrong = o.line.corruption and not o.caught
            refused = not o.line.corruption and o.verdict.support != "supported"
            if not o.line.held_out and (wrong or refused):
                said = f"{o.verdict.support}: {o.verdict.reason}"
                print(f"{o.line.id} {o.line.corruption or 'true'} | {o.line.claim} | {said}")
    return outcomes


def report(outcomes: Sequence[Outcome]) -> None:
    """Print the shares by what was made wrong, and the time of a check."""
    print("| claims | tuned on | held out |\n|---|---|---|")
    kinds = sorted({o.line.corruption for o in outcomes} - {""})
    for kind in kinds:
        group = [o for o in outcomes if o.line.corruption == kind]
        print(f"| wrong {kind}: caught | {_both(group, [o.caught for o in group])} |")
    wrong = [o for o in outcomes if o.line.corruption]
    true = [o for o in outcomes if not o.line.corruption]
    print(f"| **all wrong: caught** | {_both(wrong, [o.caught for o in wrong])} |")
    contradicted = [o.verdict.support == "contradicted" for o in wrong]
    print(f"| … as contradicted | {_both(wrong, contradicted)} |")
    refused = [o.verdict.support != "supported" for o in true]
    print(f"| **true: rejected** | {_both(true, refused)} |")
    times = sorted(o.seconds * 1000 for o in outcomes)
    print(
        f"\nmilliseconds a check: median {times[len(times) // 2]:.1f}, "
        f"95th percentile {times[len(times) * 95 // 100]:.1f}, most {times[-1]:.1f}"
    )


def gold(lines: Sequence[Line], *, failures: bool = False) -> None:
    """Print how often what is right for a gold question passes against its evidence.

    The evidence itself, copied, and the short answers; of the tuned questions over the seeds.

    Args:
        lines: Tell the cards of the seeds.
        failures: Whether to name those that do not pass.
    """
    cards = {line.document: line.card for line in lines}
    cases = read_cases(
        keep=lambda c: c.answerable and not c.held_out and not c.history and not c.documents
    )
    copied: list[bool] = []
    short: list[bool] = []
    for case in cases:
        evidence = [e for group in case.evidence for e in group if e.document in cards]
        sources = [_around(e, cards[e.document]) for e in evidence]
        claims = [(source.quote, [source], copied) for source in sources]
        claims += [
            (answer, sources, short)
            for group in case.gold[:1]
            for answer in group[:1]
            if sources and len(case.gold) == 1
        ]
        for claim, known, flags in claims:
            verdict = verify(claim, known, question=case.question, names=known_names())
            flags.append(verdict.support == "supported")
            if failures and not flags[-1]:
                print(f"{case.id} {case.question} | {claim} | {verdict.reason}")
    print(f"evidence of gold questions, copied: supported {counted(copied)}")
    print(f"gold answers, short: supported {counted(short)}")


def _around(evidence: GoldEvidence, card: str) -> Source:
    """The sentence that holds the beginning of a quote, with the one before it."""
    text = (resource("seeds") / f"{evidence.document}.txt").read_text("utf-8")
    at = text.index(evidence.quote)
    bounds = sentences(text)
    here = next(n for n, (_, end) in enumerate(bounds) if end > at)
    (start, end), before = bounds[here], bounds[max(here - 1, 0)]
    return Source(text[start:end], f"{card}\n{text[slice(*before)]}")


def _together(name: str, outcomes: Sequence[Outcome]) -> None:
    found = [o.caught for o in outcomes if o.line.corruption]
    denied = [o.verdict.support != "supported" for o in outcomes if not o.line.corruption]
    print(f"{name}: wrong caught {counted(found)}, true rejected {counted(denied)}")


def _both(outcomes: Sequence[Outcome], flags: Sequence[bool]) -> str:
    sides = [
        [flag for o, flag in zip(outcomes, flags, strict=True) if o.line.held_out is held]
        for held in (False, True)
    ]
    return " | ".join(map(counted, sides))


if __name__ == "__main__":
    run(failures="--failures" in sys.argv[1:])
