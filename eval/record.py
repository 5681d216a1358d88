"""Record the scores that the gate's run is held against: `python -m eval.record`.

A sample of the gold questions, answered by quotation and without a language model: so
`tests/test_gate.py` asks them anew on any machine, and compares.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from eval.cases import read_cases
from eval.datasets import stratified
from eval.homes import Homes
from eval.run import Plan, run
from eval.score import Score
from eval.squad import spread
from rag.resources import resource
from rag.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eval.cases import Case

SCORES = Path(__file__).parent / "recorded" / "scores.jsonl"
ANSWERABLE, UNANSWERABLE = 40, 20


def sample(cases: Sequence[Case]) -> list[Case]:
    """Return the questions that are recorded: a third unanswerable, of every slice some."""
    yes = stratified([c for c in cases if c.answerable], ANSWERABLE)
    # In proportion: a third of them are near misses, by which a broken refusal is seen.
    no = spread([c for c in cases if not c.answerable], UNANSWERABLE)
    chosen = {c.id for c in (*yes, *no)}
    return [c for c in cases if c.id in chosen]


def read_scores(path: Path = SCORES) -> list[Score]:
    """Read the scores of the recorded run."""
    return [Score(**json.loads(line)) for line in path.read_text("utf-8").splitlines()]


def main() -> None:
    """Ask, and write the scores."""
    settings = Settings.load(local_model="none")
    plan = Plan(only=tuple(c.id for c in sample(read_cases())))
    with tempfile.TemporaryDirectory() as folder, Homes(settings, resource("seeds")) as homes:
        records = run(plan, Path(folder) / "run", settings=settings, homes=homes)
    lines = [json.dumps(asdict(r.score), ensure_ascii=False) for r in records]
    SCORES.write_text("\n".join(lines) + "\n", "utf-8")
    print(f"{len(records)} questions → {SCORES}")


if __name__ == "__main__":
    main()
