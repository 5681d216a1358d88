"""Replay drafts as an endpoint would write them: ``python -m eval.bench_drafts [--held-out]``.

``eval/drafts.jsonl`` holds answers of several sentences by writers who saw only the passages, each
sentence true or with one planted fault; ``eval/verdicts.jsonl`` what others, who saw neither the
faults nor this code, say of each sentence, with the words that show it. The one is given to the
answerer as the model's draft, the other as the same model's verdicts.

Printed: the share of sentences with a planted fault that are shown, and of true ones that are
lost; the same with the exact checks alone.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eval.metrics import wilson
from rag.answer.draft import read_draft
from rag.answer.judged import exact_fault, judge
from rag.model import Hit, Passage

if TYPE_CHECKING:
    from rag.prompt import Messages

HERE = Path(__file__).parent
TRUE, PLANTED = True, False


@dataclass(frozen=True, slots=True)
class Replayed:
    """A sentence, whether it is true, and whether it is shown."""

    true: bool
    fault: str
    judged: bool
    exact: bool


class _Verdicts:
    """A model that says what was written down."""

    def __init__(self, verdicts: list[dict[str, Any]]) -> None:
        self._verdicts = verdicts

    def write(self, messages: Messages, *, max_tokens: int, deadline: float) -> str:
        del messages, max_tokens, deadline
        said = [
            {"n": n, "verdict": v["verdict"], "words": [w for w in v["words"] if w]}
            for n, v in enumerate(self._verdicts, 1)
        ]
        return json.dumps({"sentences": said}, ensure_ascii=False)


def replay(row: dict[str, Any], verdicts: list[dict[str, Any]]) -> list[Replayed]:
    """Return what becomes of each sentence of a draft."""
    hits = [_hit(n, p) for n, p in enumerate(row["passages"])]
    pieces = [read_draft(s["text"]).pieces for s in row["sentences"]]
    # A sentence that falls into several pieces is shown where all of them are.
    spread = [n for n, group in enumerate(pieces) for _ in group]
    flat = [piece for group in pieces for piece in group]
    said = judge(_Verdicts([verdicts[n] for n in spread]), row["question"], hits, flat, 0.0)
    shown, exact = [True] * len(pieces), [True] * len(pieces)
    for n, piece, judged in zip(spread, flat, said, strict=True):
        shown[n] &= judged.stands
        named = [hits[m - 1] for m in piece.markers if m <= len(hits)] or hits
        exact[n] &= not exact_fault(piece.reading, named)
    rows = zip(row["sentences"], shown, exact, strict=True)
    return [Replayed(s["true"], s["fault"], judged, by_rule) for s, judged, by_rule in rows]


def _hit(number: int, passage: dict[str, str]) -> Hit:
    text = passage["text"]
    own = Passage(
        id=str(number), document_id=str(number), ordinal=0, spans=((0, len(text)),), text=text
    )
    return Hit(
        passage=own, title=passage["title"], outlet=None, author=None, published=None,
        score=1.0, by={},
    )  # fmt: skip


def main() -> None:
    """Print the figures of one half."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--held-out", action="store_true")
    parser.add_argument("--drafts", type=Path, default=HERE / "drafts.jsonl")
    parser.add_argument("--verdicts", type=Path, default=HERE / "verdicts.jsonl")
    args = parser.parse_args()
    said = {row["id"]: row["verdicts"] for row in _rows(args.verdicts)}
    rows = [row for row in _rows(args.drafts) if row["held_out"] == args.held_out]
    made = [r for row in rows for r in replay(row, said[row["id"]])]
    print(
        f"{len(rows)} drafts, {len(made)} sentences, {sum(not r.true for r in made)} with a fault"
    )
    for name, shown in (("judge's verdicts", "judged"), ("exact checks alone", "exact")):
        planted = [getattr(r, shown) for r in made if r.true is PLANTED]
        lost = [not getattr(r, shown) for r in made if r.true is TRUE]
        print(f"{name}: planted faults shown {_share(planted)}, true sentences lost {_share(lost)}")
        if not args.held_out:
            print("   shown, by fault:", dict(Counter(
                r.fault for r in made if r.true is PLANTED and getattr(r, shown)
            )))  # fmt: skip


def _rows(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def _share(of: list[bool]) -> str:
    low, high = wilson(of) or (0.0, 1.0)
    return f"{sum(of) / len(of):.3f} ({sum(of)} of {len(of)}; {low:.3f} to {high:.3f})"


if __name__ == "__main__":
    main()
