"""Compare ways of fusing the two legs, and what evidence selection keeps: `make bench`.

Over the gold questions and a fresh home of the seeds; asks no language model. Fused by reciprocal
rank (k = 60) and by the share of each leg's best, at several weights; then the rank of the
answering sentence among those chosen.
"""

from __future__ import annotations

import sys
import tempfile
from typing import TYPE_CHECKING

from eval.cases import Case, read_cases
from eval.metrics import overlaps, rank_of_first
from rag import open as open_home
from rag.evidence import Corpus, question_terms, select
from rag.fold import language_of
from rag.resources import resource
from rag.retrieve import DEPTH, fuse
from rag.standalone import stand_alone

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.build import Youju
    from rag.model import Spans

RRF_K = 60
AT = (1, 3, 5, 8)


def reciprocal_rank(legs: Sequence[Sequence[tuple[str, float]]]) -> dict[str, float]:
    """Cormack, Clarke and Büttcher 2009: sum over legs of 1 / (k + rank)."""
    scores: dict[str, float] = {}
    for found in legs:
        for rank, (id, _) in enumerate(found, 1):
            scores[id] = scores.get(id, 0.0) + 1 / (RRF_K + rank)
    return scores


def main() -> int:
    """Print a row per way of fusing, Chinese and English questions apart."""
    cases = [c for c in read_cases() if c.evidence]
    with tempfile.TemporaryDirectory() as home, open_home(home) as youju:
        youju.add(resource("seeds"))
        for language in ("zh", "en"):
            _compare(youju, [c for c in cases if language_of(c.question) == language], language)
    return 0


def _compare(youju: Youju, cases: Sequence[Case], language: str) -> None:
    ranks: dict[str, list[int | None]] = {}
    for case in cases:
        question = stand_alone(case.question, case.history)
        dense = youju.retriever.dense(question, DEPTH)
        lexical = youju.retriever.lexical(question, DEPTH)
        ways = {"dense alone": dict(dense), "lexical alone": dict(lexical)}
        ways["reciprocal rank"] = reciprocal_rank([dense, lexical])
        for percent in (20, 40, 50, 60, 80):
            ways[f"shares, dense {percent} %"] = fuse(dense, lexical, dense_share=percent / 100)
        for name, scores in ways.items():
            best = sorted(scores, key=lambda i: (-scores[i], i))[: max(AT)]
            passages = youju.ledger.passages(best)
            found = [_answers(youju, case, p.document_id, p.spans) for p in passages]
            ranks.setdefault(name, []).append(rank_of_first(found))
        corpus = Corpus(youju.retriever.frequency, youju.retriever.passages)
        chosen = select(
            question, question_terms(question, corpus), youju.search(question), most=max(AT)
        )
        found = [_answers(youju, case, c.hit.passage.document_id, c.excerpt.spans) for c in chosen]
        ranks.setdefault("sentence chosen", []).append(rank_of_first(found))
    print(f"\n{language}: {len(cases)} questions    " + "  ".join(f"hit@{k}" for k in AT))
    for name, found_at in ranks.items():
        shares = (sum((r or 99) <= k for r in found_at) / len(found_at) for k in AT)
        print(f"  {name:22}   " + "  ".join(f"{s:.3f}" for s in shares))


def _answers(youju: Youju, case: Case, document_id: str, spans: Spans) -> bool:
    return any(
        e.document == document_id and overlaps(spans, (e.span(youju.document(e.document)),))
        for e in case.evidence
    )


if __name__ == "__main__":
    sys.exit(main())
