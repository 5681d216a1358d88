"""Is the second question of a conversation answered sooner? `python -m eval.bench_turns`.

Over the follow-up questions of the gold set: the question before, as the first of a conversation,
then the one that leans on it. The model is really asked, by one process that is warm.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from eval.cases import read_cases
from eval.score import Cost
from rag.build import Youju
from rag.model import Done, Evidence, Token
from rag.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence


SHOWN = {
    "evidence": "seconds_to_evidence",
    "word": "seconds_to_first_word",
    "answer": "seconds",
}


def timed(youju: Youju, question: str, history: Sequence[tuple[str, str]]) -> Cost:
    """Ask a question and take the time; what is not shown before the answer comes with it."""
    began = time.monotonic()
    at: dict[type, float] = {}
    for event in youju.stream(question, history):
        at.setdefault(type(event), time.monotonic() - began)
    whole = at[Done]
    return Cost(
        seconds=whole,
        seconds_to_evidence=at.get(Evidence, whole),
        seconds_to_first_word=at.get(Token, whole),
    )


def main(limit: int | None) -> None:
    """Ask, and print the medians."""
    conversations = [c for c in read_cases() if c.history][:limit]
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.load().model_copy(update={"home": Path(folder) / "home"})
        with Youju(settings) as youju:
            youju.fill_from_seeds()
            timed(youju, "川普是谁？", ())  # whatever loads at the first use
            took = []
            for case in conversations:
                first = timed(youju, case.history[-1][0], case.history[:-1])
                second = timed(youju, case.question, case.history)
                took.append((first, second))
                print(f"{first.seconds:5.1f} s, then {second.seconds:5.1f} s  {case.question}")
    print("\n| median seconds to | first question | second |\n|---|---|---|")
    for name, field in SHOWN.items():
        sides = [median(getattr(turn[n], field) for turn in took) for n in (0, 1)]
        print(f"| {name} | {sides[0]:.2f} | {sides[1]:.2f} |")
    sooner = sum(second.seconds < first.seconds for first, second in took)
    print(f"\nanswered sooner the second time: {sooner} of {len(took)} conversations")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limit", type=int, help="so many conversations")
    main(parser.parse_args().limit)
