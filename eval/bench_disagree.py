"""Are both sides shown where documents disagree? `python -m eval.bench_disagree`.

``disagreements.jsonl``: pairs of short documents, of public facts or written for this, that answer
one question differently, and controls that only seem to. All of them stand in one home beside the
seeds, so that retrieval has to find both. ``--no-model`` asks what the detector finds alone.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from eval.metrics import answer_correct, wilson
from rag.build import Youju
from rag.disagree import disagreements
from rag.errors import BadFileError
from rag.evidence import Corpus, question_terms, select
from rag.reading import reading_units
from rag.resources import resource
from rag.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

CASES = Path(__file__).parent / "disagreements.jsonl"
READ = 5
"""Sentences that the detector is given, as many as an answer reads."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One question and the two documents that answer it."""

    id: str
    kind: str
    question: str
    documents: tuple[dict[str, str], ...]
    sides: tuple[tuple[str, ...], ...]
    """Groups of words; both sides are shown when one of each stands in the answer."""
    differ: bool
    held_out: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was shown for a pair."""

    pair: Pair
    shown: str
    sides: int
    """How many sides were told apart."""

    @property
    def good(self) -> bool:
        """Both sides shown; for a control, the value shown and no sides."""
        return bool(answer_correct(self.shown, self.pair.sides)) and (
            self.pair.differ or self.sides == 0
        )


def read_pairs(path: Path = CASES) -> list[Pair]:
    """Read the pairs."""
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line]
    return [
        Pair(
            row["id"],
            row["kind"],
            row["question"],
            tuple(row["documents"]),
            tuple(map(tuple, row["sides"])),
            row["differ"],
            row["held_out"],
        )
        for row in rows
    ]


def write_documents(folder: Path, documents: Sequence[dict[str, str]]) -> None:
    """Write documents with their cards as front matter."""
    for document in documents:
        card = "\n".join(
            f"{key}: {json.dumps(document[key], ensure_ascii=False)}"
            for key in ("title", "outlet", "published")
        )
        (folder / document["name"]).write_text(f"---\n{card}\n---\n{document['text']}\n", "utf-8")


def fill(youju: Youju, documents: Sequence[dict[str, str]]) -> None:
    """Put documents and the seeds into a home.

    Raises:
        BadFileError: When one cannot be read.
    """
    with tempfile.TemporaryDirectory() as folder:
        write_documents(Path(folder), documents)
        results = [*youju.add(resource("seeds")), *youju.add(Path(folder))]
    failed = [r.reason for r in results if r.state == "failed"]
    if failed:
        raise BadFileError("; ".join(failed))


def asked(youju: Youju, pair: Pair) -> Outcome:
    """Ask for an answer."""
    answer = youju.ask(pair.question)
    sides = {s.side for s in answer.sentences if s.side}
    return Outcome(pair, answer.text, len(sides))


def detected(youju: Youju, pair: Pair) -> Outcome:
    """Find the sides with the retriever alone; without any, the best sentence is shown."""
    retriever = youju.retriever
    names = retriever.names()
    corpus = Corpus(retriever.frequency, retriever.passages, retriever.names)
    terms = question_terms(pair.question, corpus)
    hits = retriever.search(pair.question, None, None)
    units = reading_units(hits, retriever.around, tokens=youju.settings.reading_tokens)
    candidates = select(pair.question, terms, units, most=READ, names=names)
    sides = disagreements(pair.question, terms, candidates, names)
    shown = [candidates[side.candidates[0]] for side in sides] or candidates[:1]
    return Outcome(pair, " ".join(c.excerpt.text for c in shown), len(sides))


def report(outcomes: Sequence[Outcome]) -> None:
    """Print the shares and the failures."""
    print("| pairs | both sides shown |\n|---|---|")
    differ = [o for o in outcomes if o.pair.differ]
    for name, group in (
        ("all", differ),
        ("tuned on", [o for o in differ if not o.pair.held_out]),
        ("held out", [o for o in differ if o.pair.held_out]),
        *((kind, [o for o in differ if o.pair.kind == kind]) for kind in _kinds(differ)),
    ):
        print(f"| {name} | {share([o.good for o in group])} |")
    controls = [o for o in outcomes if not o.pair.differ]
    print(f"\nControls answered without sides: {share([o.good for o in controls])}")
    for outcome in outcomes:
        if not outcome.good:
            print(f"\n{outcome.pair.id}: {outcome.pair.question}\n  {outcome.shown}")


def share(flags: Sequence[bool]) -> str:
    """A share with its 95 % interval."""
    low, high = wilson(flags) or (0.0, 1.0)
    return (
        f"{sum(flags)}/{len(flags)} = {sum(flags) / max(len(flags), 1):.3f} [{low:.3f}, {high:.3f}]"
    )


def _kinds(outcomes: Sequence[Outcome]) -> list[str]:
    return list(dict.fromkeys(o.pair.kind for o in outcomes))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--no-model", action="store_true", help="the detector alone")
    parser.add_argument("--limit", type=int, help="ask so many only")
    given = parser.parse_args(arguments)
    pairs = read_pairs()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.load().model_copy(update={"home": Path(folder)})
        with Youju(settings) as youju:
            fill(youju, [document for pair in pairs for document in pair.documents])
            ask = detected if given.no_model else asked
            report([ask(youju, pair) for pair in pairs[: given.limit]])


if __name__ == "__main__":
    main()
