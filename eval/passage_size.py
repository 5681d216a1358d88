"""How long should a passage be? `python -m eval.passage_size SQUAD.json…`.

Every paragraph of a SQuAD-format file is a document in a fresh home, cut to each of several sizes;
a question is answered where the passages read for it hold the answer at its own place. What counts
is what is found for what is read: recall within a budget of tokens, best passages first. “with
neighbours” reads each passage together with the one before and after it (small-to-big).
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from eval.metrics import wilson
from eval.squad import read_squad
from rag.build import Youju
from rag.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rag.model import Hit, Passage

SIZES = ((64, 0), (96, 0), (128, 0), (128, 1), (192, 0), (256, 0), (256, 1), (384, 0))
"""Tokens of a passage, and sentences of overlap."""
BUDGETS = (128, 256, 512, 1024)


@dataclass(frozen=True, slots=True)
class Question:
    """A question, and where its answer stands."""

    text: str
    document_id: str
    start: int
    end: int


def write_documents(data: Path, folder: Path, most: int, seed: int) -> list[Question]:
    """Write each paragraph to a file; return a sample of the questions."""
    questions: list[Question] = []
    for number, paragraph in enumerate(read_squad(data)):
        id = f"p{number:05}"
        (folder / f"{id}.txt").write_text(paragraph.text, "utf-8", newline="")
        for q in paragraph.questions:
            end = q.start + len(q.answer)
            if paragraph.text[q.start : end] == q.answer:
                questions.append(Question(q.text, id, q.start, end))
    return random.Random(seed).sample(questions, min(most, len(questions)))


def holds(question: Question, passages: Sequence[Passage]) -> bool:
    """Whether every character of the answer is in what was read."""
    read = {
        offset
        for p in passages
        if p.document_id == question.document_id
        for start, end in p.spans
        for offset in range(max(start, question.start), min(end, question.end))
    }
    return len(read) == question.end - question.start


def within(
    youju: Youju, hits: Sequence[Hit], budget: int, *, neighbours: bool
) -> Iterator[Passage]:
    """Yield what can be read for ``budget`` tokens, best first; the first is always read."""
    used = 0
    seen: set[str] = set()
    for hit in hits:
        whole = [hit.passage]
        if neighbours:
            of_document = youju.ledger.passages_of(hit.passage.document_id)
            at = hit.passage.ordinal
            whole = [p for p in of_document if abs(p.ordinal - at) <= 1]
        new = [p for p in whole if p.id not in seen]
        used += sum(youju.count_tokens([p.text for p in new]))
        if used > budget and seen:
            return
        seen.update(p.id for p in new)
        yield from new


def main() -> int:
    """Print a row for each size."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("data", type=Path, nargs="+")
    parser.add_argument("--questions", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    for data in args.data:
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch) / "files"
            folder.mkdir()
            questions = write_documents(data, folder, args.questions, args.seed)
            print(f"\n{data.name}: {len(questions)} questions; recall within a budget of tokens")
            print(f"{'size':>12}  passages   hit@1  " + "  ".join(f"≤{b:4}" for b in BUDGETS))
            for size, overlap in SIZES:
                values = {"passage_tokens": size, "passage_overlap": overlap}
                home = Path(scratch) / f"{size}-{overlap}"
                settings = Settings.model_validate({"home": home, **values})
                with Youju(settings) as youju:
                    youju.add(folder)
                    _measure(youju, questions, f"{size}+{overlap}")
    return 0


def _measure(youju: Youju, questions: Sequence[Question], name: str) -> None:
    began = time.monotonic()
    found: dict[str, list[bool]] = {}
    for question in questions:
        hits = youju.search(question.text, 24)
        found.setdefault("hit@1", []).append(holds(question, [h.passage for h in hits[:1]]))
        for budget in BUDGETS:
            for neighbours in (False, True):
                read = list(within(youju, hits, budget, neighbours=neighbours))
                found.setdefault(f"{budget}{neighbours}", []).append(holds(question, read))
    share = {key: sum(values) / len(values) for key, values in found.items()}
    count = youju.ledger.count_searched()
    low, high = wilson(found["512False"]) or (0.0, 1.0)
    print(
        f"{name:>12}  {count:8}   {share['hit@1']:.3f}  "
        + "  ".join(f"{share[f'{b}False']:.3f}" for b in BUDGETS)
        + f"   (≤512: {low:.3f} to {high:.3f})"
    )
    print(
        f"{'neighbours':>12}  {'':8}   {'':5}  "
        + "  ".join(f"{share[f'{b}True']:.3f}" for b in BUDGETS)
        + f"   {time.monotonic() - began:.0f} s",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
