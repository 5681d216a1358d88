"""Run the gold questions and report: `python -m eval.run` (`make eval`).

Writes `runs/<time>/records.jsonl` (each record an `Answer` with its case) and `summary.json`.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eval.cases import GOLD, Case, read_cases
from eval.metrics import answer_correct, overlaps, rank_of_first, share, wilson
from rag import open as open_home
from rag.errors import ModelError
from rag.model import Answer, join_spans
from rag.resources import resource

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.build import Youju


@dataclass(frozen=True, slots=True)
class Score:
    """What one answer scored; None: not scored."""

    case: str
    slice: str
    held_out: bool
    right: bool | None
    refused_rightly: bool | None
    refused_wrongly: bool | None
    evidence_rank: int | None
    quotes_resolve: bool | None
    cites_gold: bool | None
    """At least one citation overlaps the gold evidence."""
    silent_on_refusal: bool | None
    seconds: float


def score(case: Case, answer: Answer, youju: Youju) -> Score:
    """Score one answer against its case."""
    gold = [(e.document, (e.span(youju.document(e.document)),)) for e in case.evidence]
    refused = answer.outcome == "refused"
    resolved = [
        join_spans(youju.document(c.document_id).text, c.spans) == c.quote for c in answer.citations
    ]
    on_gold = [
        any(c.document_id == d and overlaps(c.spans, s) for d, s in gold) for c in answer.citations
    ]
    relevant = [
        any(h.passage.document_id == d and overlaps(h.passage.spans, s) for d, s in gold)
        for h in answer.hits
    ]
    return Score(
        case=case.id,
        slice=case.slice,
        held_out=case.held_out,
        right=(not refused and answer_correct(answer.text, case.gold)) if case.answerable else None,
        refused_rightly=None if case.answerable else refused,
        refused_wrongly=refused if case.answerable else None,
        evidence_rank=rank_of_first(relevant) if gold else None,
        quotes_resolve=all(resolved) if resolved else None,
        cites_gold=any(on_gold) if gold and answer.citations else None,
        silent_on_refusal=not answer.citations if refused else None,
        seconds=answer.timings.get("total", 0.0),
    )


def summary(scores: Sequence[Score]) -> dict[str, Any]:
    """Return the headline figures with 95 % intervals."""

    def line(flags: list[bool | None]) -> dict[str, Any]:
        scored = [f for f in flags if f is not None]
        return {"share": share(flags), "interval": wilson(flags), "n": len(scored)}

    ranked = [s for s in scores if s.evidence_rank is not None or s.right is not None]
    times = sorted(s.seconds for s in scores)
    return {
        "answers right (answerable)": line([s.right for s in scores]),
        "refused rightly (unanswerable)": line([s.refused_rightly for s in scores]),
        "refused wrongly (answerable)": line([s.refused_wrongly for s in scores]),
        "evidence among hits@5": line([(s.evidence_rank or 99) <= 5 for s in ranked]),
        "citation on gold evidence": line([s.cites_gold for s in scores]),
        "quotes resolve": line([s.quotes_resolve for s in scores]),
        "no citation on refusal": line([s.silent_on_refusal for s in scores]),
        "seconds, median": times[len(times) // 2] if times else None,
    }


def run(youju: Youju, cases: Sequence[Case], folder: Path) -> list[Score]:
    """Ask every case; write a record of each as it comes."""
    folder.mkdir(parents=True, exist_ok=True)
    scores: list[Score] = []
    with (folder / "records.jsonl").open("w", encoding="utf-8") as file:
        for number, case in enumerate(cases, 1):
            try:
                answer = youju.ask(case.question, case.history)
            except ModelError as error:
                print(f"{number:3}/{len(cases)} {case.id}: not scored: {error}", file=sys.stderr)
                continue
            scores.append(score(case, answer, youju))
            record = {"case": asdict(case), "score": asdict(scores[-1]), "answer": answer.to_dict()}
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
            file.flush()
            mark = "ok " if (scores[-1].right or scores[-1].refused_rightly) else "BAD"
            print(
                f"{number:3}/{len(cases)} {mark} {case.id:10} {answer.outcome:8} "
                f"{scores[-1].seconds:5.1f} s  {case.question} → "
                f"{' '.join(answer.text.split())[:80]}",
                flush=True,
            )
    return scores


def print_summary(scores: Sequence[Score]) -> None:
    """Print the table: all questions, those tuned on, those held out."""
    parts = {
        "all": list(scores),
        "tuned on": [s for s in scores if not s.held_out],
        "held out": [s for s in scores if s.held_out],
    }
    for name, part in parts.items():
        if not part:
            continue
        print(f"\n{name} ({len(part)} questions)")
        for label, value in summary(part).items():
            if isinstance(value, dict):
                interval = value["interval"]
                shown = (
                    f"{value['share']:.3f}  [{interval[0]:.3f}, {interval[1]:.3f}]  n={value['n']}"
                    if interval
                    else "not scored"
                )
                print(f"  {label:32} {shown}")
            else:
                print(f"  {label:32} {value}")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the gold questions over a fresh home of the seeds."""
    parser = argparse.ArgumentParser(prog="python -m eval.run", description=__doc__)
    parser.add_argument("--gold", type=Path, default=GOLD, help="JSON-lines file of cases")
    parser.add_argument("--slice", help="only this slice")
    parser.add_argument("--limit", type=int, help="only the first so many")
    parser.add_argument("--out", type=Path, default=Path("runs"), help="folder of the runs")
    args = parser.parse_args(argv)
    cases = read_cases(args.gold, lambda c: args.slice in (None, c.slice))[: args.limit]
    folder = args.out / time.strftime("%Y%m%d-%H%M%S")
    with tempfile.TemporaryDirectory() as home, open_home(home) as youju:
        youju.add(resource("seeds"))
        scores = run(youju, cases, folder)
    (folder / "summary.json").write_text(
        json.dumps(summary(scores), ensure_ascii=False, indent=1), "utf-8"
    )
    print_summary(scores)
    print(f"\nrecords: {folder / 'records.jsonl'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
