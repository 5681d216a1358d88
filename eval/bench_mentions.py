"""Are questions over all documents answered exactly? `python -m eval.bench_mentions FILE.jsonl`.

Sixty questions (`eval/mentions.jsonl`), each with the forms of what it asks for as patterns. What
is true is found by searching the plain text of each line with them, and knows nothing of Youju;
which documents are near-duplicates, and so one, is the ledger's to say. No language model is asked.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
import time
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.build import Youju
from rag.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rag.model import Answer, Document

QUESTIONS = Path(__file__).with_name("mentions.jsonl")
_COUNT = re.compile(r"([\d,]+)篇(?:提到|提及)|mentioned in ([\d,]+) of")
_DOUBTFUL = re.compile(r"存疑的|Doubtful:")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one question was answered, against what is true."""

    question: str
    true: frozenset[str]
    """Stories that mention it; of the first or the latest, those of that day."""
    listed: frozenset[str]
    counted: int
    count: int
    """What should have been counted."""
    seconds: float

    @property
    def is_complete(self) -> float:
        """Share of what is true that is listed."""
        return len(self.true & self.listed) / len(self.true) if self.true else 1.0

    @property
    def is_pure(self) -> float:
        """Share of what is listed that is true."""
        return len(self.true & self.listed) / len(self.listed) if self.listed else 1.0


def true_stories(
    case: Mapping[str, Any], texts: Sequence[str], cards: Mapping[int, Document]
) -> tuple[set[str], set[str]]:
    """Return the stories that mention it, and those of them that the question is after."""
    held = [
        cards[number]
        for number, text in enumerate(texts, 1)
        if number in cards and all(re.search(form, text) for form in case["forms"])
    ]
    end = case.get("end")
    if not end:
        asked = held
    else:
        dated = [d for d in held if d.published and not d.inferred]
        day = (min if end == "first" else max)(d.published or "" for d in dated)
        asked = [d for d in dated if d.published == day]
    return {d.near or d.id for d in held}, {d.near or d.id for d in asked}


def listed_stories(answer: Answer, cards: Mapping[int, Document]) -> set[str]:
    """Return the stories of what is listed as certain."""
    story = {d.id: d.near or d.id for d in cards.values()}
    cited = {c.marker: c.document_id for c in answer.citations}
    found: set[str] = set()
    for sentence in answer.sentences:
        if _DOUBTFUL.match(sentence.text):
            break
        if sentence.layout == "item":
            found |= {story[cited[marker]] for marker in sentence.markers}
    return found


def ask(youju: Youju, case: Mapping[str, Any], texts: Sequence[str]) -> Outcome:
    """Ask one question."""
    cards = {int(d.part): d for d in youju.documents()}
    every, asked = true_stories(case, texts, cards)
    began = time.monotonic()
    answer = youju.ask(case["question"])
    took = time.monotonic() - began
    count = _COUNT.search(answer.text)
    return Outcome(
        question=case["question"],
        true=frozenset(asked),
        # Of several on one day any is the first; all of the day are not asked for.
        listed=frozenset(asked if case.get("end") and _hits(answer, asked, cards) else [])
        or frozenset(listed_stories(answer, cards)),
        counted=int((count[1] or count[2]).replace(",", "")) if count else 0,
        count=len(every),
        seconds=took,
    )


def _hits(answer: Answer, asked: set[str], cards: Mapping[int, Document]) -> bool:
    listed = listed_stories(answer, cards)
    return bool(listed) and listed <= asked


def report(outcomes: Sequence[Outcome]) -> None:
    """Print each question, and the shares over all."""
    for o in outcomes:
        missing, extra = sorted(o.true - o.listed), sorted(o.listed - o.true)
        faults = "".join(
            f"  {sign}{' '.join(ids)}" for sign, ids in (("-", missing), ("+", extra)) if ids
        )
        print(f"{o.counted:5} of {o.count:<5} {o.seconds:5.2f} s  {o.question}{faults}")
    many = len(outcomes)
    print(f"counts exact    {sum(o.counted == o.count for o in outcomes) / many:.3f}")
    print(f"lists complete  {sum(o.is_complete for o in outcomes) / many:.3f}")
    print(f"lists pure      {sum(o.is_pure for o in outcomes) / many:.3f}")
    print(f"slowest         {max(o.seconds for o in outcomes):.2f} s")


def main(articles: Path, home: Path) -> None:
    """Fill the home if it is empty, ask, and report."""
    lines = articles.read_text("utf-8").splitlines()
    texts = [unicodedata.normalize("NFKC", json.loads(line)["text"]) for line in lines]
    cases = [json.loads(line) for line in QUESTIONS.read_text("utf-8").splitlines()]
    settings = Settings.load().model_copy(update={"home": home, "answers": "quote"})
    with Youju(settings) as youju:
        if not youju.documents():
            youju.add(articles)
        for first in ("有多少篇提到你好？", "How many articles mention hello?"):
            youju.ask(first)  # whatever loads at the first use
        report([ask(youju, case, texts) for case in cases])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("articles", type=Path, help="JSON Lines with a text each")
    parser.add_argument("--home", type=Path, help="folder to keep them in (default: none is kept)")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        main(args.articles, args.home or Path(folder) / "home")
