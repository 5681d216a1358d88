"""Refusal beyond the seeds: `python -m eval.elsewhere FILE`, for `python -m eval.calibrate`.

The questions of ``disagreements.jsonl`` that are not held out are asked of a home that holds their
documents among the others', where one side or both answer; and of a home that holds only the
others', where nothing does. Nothing is refused, so that what would be shown is seen. A line for
each question: its signals, and whether what was shown is right.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from eval.bench_disagree import answered, fill, read_pairs, recorded
from eval.metrics import answer_correct
from rag.build import Youju
from rag.decide import answerability
from rag.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from eval.bench_disagree import Pair

ABSENT = 24
"""Questions asked of each half's documents that are about the other half's."""
STILL_ANSWERED = frozenset({"differ-planets", "differ-longestriver"})
"""Of whose subject another pair's documents tell."""


def asked(
    settings: Settings, held: Sequence[Pair], questions: Sequence[Pair], *, present: bool
) -> Iterator[dict[str, object]]:
    """Ask questions of a home that holds some pairs' documents.

    Args:
        settings: All but the home.
        held: Whose documents it holds, beside the seeds.
        questions: Asked.
        present: Whether it holds their documents.
    """
    with tempfile.TemporaryDirectory() as folder:
        mine = settings.model_copy(update={"home": Path(folder) / "home", "refuse_below": 0.0})
        with Youju(mine) as youju:
            fill(youju, [document for pair in held for document in pair.documents])
            model = recorded(youju)
            for pair in questions:
                answer = answered(youju, pair.question, model)
                right = present and any(answer_correct(answer.text, [g]) for g in pair.sides)
                if "coverage" in answer.signals and right == present:
                    yield {"id": pair.id, "answers": right, "signals": answer.signals}


def main(path: Path) -> None:
    """Ask all, write the lines, and print how the present weights do on them."""
    settings = Settings.load()
    pairs = [pair for pair in read_pairs() if not pair.held_out]
    lines = [*asked(settings, pairs, pairs, present=True)]
    for half in (0, 1):
        others = [p for p in pairs[1 - half :: 2] if p.id not in STILL_ANSWERED][:ABSENT]
        lines += asked(settings, pairs[half::2], others, present=False)
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    path.write_text(text, "utf-8")
    for answers, name in ((True, "refused wrongly"), (False, "refused rightly")):
        signals = [line["signals"] for line in lines if line["answers"] is answers]
        refused = [answerability(s) < settings.refuse_below for s in signals]  # type: ignore[arg-type]
        print(f"{name}: {sum(refused)} of {len(refused)}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, help="what to write")
    main(parser.parse_args().file)
