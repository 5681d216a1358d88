"""Are both sides shown where documents disagree? `python -m eval.bench_disagree`.

``disagreements.jsonl``: pairs of short documents, of public facts or written for this, that answer
one question differently, and controls that only seem to. All of them stand in one home beside the
seeds, so that retrieval has to find both. What fails of the held out is printed with ``--held-out``
only.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from eval.metrics import answer_correct, counted
from rag.build import Youju
from rag.errors import BadFileError
from rag.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

CASES = Path(__file__).parent / "disagreements.jsonl"


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
        youju.fill_from_seeds()
        failed = [r.reason for r in youju.add(Path(folder)) if r.state == "failed"]
    if failed:
        raise BadFileError("; ".join(failed))


def asked(youju: Youju, pair: Pair) -> Outcome:
    """Ask for an answer."""
    answer = youju.ask(pair.question)
    return Outcome(pair, answer.text, len({s.side for s in answer.sentences if s.side}))


def report(outcomes: Sequence[Outcome], *, held_out: bool) -> None:
    """Print the shares and the failures, those of the held out only if wanted."""
    print("| pairs | both sides shown |\n|---|---|")
    differ = [o for o in outcomes if o.pair.differ]
    for name, group in (
        ("all", differ),
        ("tuned on", [o for o in differ if not o.pair.held_out]),
        ("held out", [o for o in differ if o.pair.held_out]),
        *((kind, [o for o in differ if o.pair.kind == kind]) for kind in _kinds(differ)),
    ):
        print(f"| {name} | {counted([o.good for o in group])} |")
    controls = [o for o in outcomes if not o.pair.differ]
    for name, group in (
        ("tuned on", [o for o in controls if not o.pair.held_out]),
        ("held out", [o for o in controls if o.pair.held_out]),
    ):
        print(f"\nControls without sides, {name}: {counted([o.sides == 0 for o in group])}")
        print(f"Controls with the value shown besides: {counted([o.good for o in group])}")
    for outcome in outcomes:
        if not outcome.good and (held_out or not outcome.pair.held_out):
            print(f"\n{outcome.pair.id}: {outcome.pair.question}\n  {outcome.shown}")


def _kinds(outcomes: Sequence[Outcome]) -> list[str]:
    return list(dict.fromkeys(o.pair.kind for o in outcomes))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--only",
        choices=["tuned", "held-out"],
        help="the documents and questions of these pairs only",
    )
    parser.add_argument("--limit", type=int, help="ask so many only")
    parser.add_argument("--held-out", action="store_true", help="print what fails of the held out")
    given = parser.parse_args(arguments)
    pairs = [p for p in read_pairs() if given.only in {None, "held-out" if p.held_out else "tuned"}]
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.load().model_copy(update={"home": Path(folder)})
        with Youju(settings) as youju:
            fill(youju, [document for pair in pairs for document in pair.documents])
            outcomes = [asked(youju, pair) for pair in pairs[: given.limit]]
            report(outcomes, held_out=given.held_out)


if __name__ == "__main__":
    main()
