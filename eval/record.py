"""Record the model's answers that CI replays: `python -m eval.record`.

Asks a sample of the gold questions, of the sound build and of the broken ones (`eval/broken.py`),
and keeps what the model said in ``eval/recorded/``: `tests/test_gate.py` then runs everything but
the model. What ``runs/model.jsonl`` holds already is not asked again.

Processors round the embedding's integers each in its own way, so that a prompt may hold other
passages on another machine. `python -m eval.record --add` adds what this one asks, and keeps the
rest.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from eval.broken import BUILDS, broken
from eval.cases import read_cases
from eval.datasets import stratified
from eval.homes import Homes
from eval.recorded_model import Recordings
from eval.records import read_records
from eval.run import MODEL_CALLS, RUNS, Plan, run
from eval.score import Score
from eval.squad import spread
from rag.resources import resource
from rag.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eval.cases import Case
    from eval.records import Record

RECORDED = Path(__file__).parent / "recorded"
CALLS, SCORES = RECORDED / "model.jsonl", RECORDED / "scores.jsonl"
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


def record(
    settings: Settings, cases: Sequence[Case], cache: Path, folder: Path, *, add: bool = False
) -> list[Record]:
    """Ask the cases of every build and write what the model said.

    Args:
        settings: Of the sound build.
        cases: To ask.
        cache: Recordings to take from, and to add to.
        folder: To write to.
        add: Keep what it holds: another machine asks that.
    """
    ids = tuple(c.id for c in cases)
    used: dict[str, None] = {}
    with tempfile.TemporaryDirectory() as runs, Homes(settings, resource("seeds")) as homes:
        plan = Plan(only=ids, recordings=cache)
        sound = run(plan, Path(runs) / "sound", settings=settings, homes=homes)
        used |= _keys(sound)
        for build in BUILDS:
            print(f"\n{build.name}")
            plan = Plan(only=ids, slice=build.slice, recordings=cache)
            other = settings.model_copy(update=build.settings)
            with broken(build, homes.shared.youju.document):
                run(plan, Path(runs) / build.name, settings=other, homes=homes)
            used |= _keys(read_records(Path(runs) / build.name))
    folder.mkdir(parents=True, exist_ok=True)
    calls = folder / CALLS.name
    if not add:
        calls.unlink(missing_ok=True)
    known, kept = Recordings(cache), Recordings(calls)
    for key in used:
        found = known.get(key)
        if found and not kept.get(key):
            kept.add(found)
    if add and (folder / SCORES.name).exists():
        return sound  # the scores that a replay is held against stay those of the first machine
    lines = [json.dumps(asdict(r.score), ensure_ascii=False) for r in sound]
    (folder / SCORES.name).write_text("\n".join(lines) + "\n", "utf-8")
    return sound


def _keys(records: Sequence[Record]) -> dict[str, None]:
    return {call["key"]: None for r in records for call in r.calls}


def main(argv: Sequence[str] | None = None) -> int:
    """Record anew, or add what this machine asks."""
    parser = argparse.ArgumentParser(prog="python -m eval.record", description=__doc__)
    parser.add_argument("--add", action="store_true", help="keep what is recorded already")
    add = parser.parse_args(argv).add
    settings = Settings.load()
    records = record(settings, sample(read_cases()), RUNS / MODEL_CALLS, RECORDED, add=add)
    print(f"\n{len(records)} questions, {len(Recordings(CALLS))} requests → {RECORDED}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
