"""What reaches the answer, over the gold questions: passages, then the sentences chosen of them.

A fresh home of the seeds; asks no language model. Sentences are chosen of the passages found, of
these joined into reading units, and of units widened by their neighbours within several budgets.
Called by `youju bench gold`.
"""

from __future__ import annotations

import tempfile
from contextlib import nullcontext
from typing import TYPE_CHECKING

from eval.cases import Case, read_cases
from eval.metrics import overlaps, rank_of_first, wilson
from rag.build import Youju
from rag.evidence import Corpus, question_terms, select
from rag.fold import language_of
from rag.fuse import ranked, reciprocal_rank
from rag.question.standalone import stand_alone
from rag.reading import reading_units
from rag.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rag.model import Hit, Spans

AT = (1, 3, 5, 8)
BUDGETS = (0, 1_000, 1_500, 2_500)
"""Tokens of all reading units; at 0 hits that follow one another are joined and none is widened."""


def run(home: Path | None = None) -> None:
    """Print a row per ranking, Chinese and English questions apart."""
    cases = [c for c in read_cases() if c.evidence and not c.documents]
    with tempfile.TemporaryDirectory() if home is None else nullcontext(str(home)) as folder:
        settings = Settings.load(home=folder)
        with Youju(settings) as youju:
            youju.fill_from_seeds()
            for language in ("zh", "en"):
                spoken = [c for c in cases if language_of(c.question) == language]
                _compare(youju, spoken, language)


def _compare(youju: Youju, cases: Sequence[Case], language: str) -> None:
    ranks: dict[str, list[int | None]] = {}
    documents: list[int] = []
    corpus = Corpus(youju.retriever.frequency, youju.retriever.passages, youju.retriever.names)
    for case in cases:
        question = stand_alone(case.question, case.history, corpus.names())
        found = youju.retriever.find(question)
        ways = {
            "dense leg": found.dense,
            "lexical leg": found.lexical,
            "reciprocal rank": ranked(reciprocal_rank([found.dense, found.lexical])),
            "fused": found.fused,
        }
        for name, ranking in ways.items():
            passages = [found.passages[id] for id, _ in ranking[: max(AT)] if id in found.passages]
            right = [_answers(youju, case, p.document_id, p.spans) for p in passages]
            ranks.setdefault(name, []).append(rank_of_first(right))
        hits = youju.search(question)
        documents.append(len({hit.passage.document_id for hit in hits}))
        right = [_answers(youju, case, h.passage.document_id, h.passage.spans) for h in hits]
        ranks.setdefault("search", []).append(rank_of_first(right))
        pools: dict[str, Sequence[Hit]] = {"sentences of hits": hits}
        for tokens in BUDGETS:
            units = reading_units(hits, youju.ledger.around, tokens=tokens)
            pools[f"sentences of units, {tokens} tokens"] = units
        terms = question_terms(question, corpus)
        for name, pool in pools.items():
            chosen = select(question, terms, pool, most=max(AT), names=corpus.names())
            right = [
                _answers(youju, case, c.hit.passage.document_id, c.excerpt.spans) for c in chosen
            ]
            ranks.setdefault(name, []).append(rank_of_first(right))
    print(f"\n| {language}, {len(cases)} questions | {' | '.join(f'hit@{k}' for k in AT)} |")
    print("|---|" + "---|" * len(AT))
    for name, found_at in ranks.items():
        cells = []
        for k in AT:
            flags = [(rank or 99) <= k for rank in found_at]
            low, high = wilson(flags) or (0.0, 0.0)
            cells.append(f"{sum(flags) / len(flags):.3f} [{low:.2f}, {high:.2f}]")
        print(f"| {name} | {' | '.join(cells)} |")
    print(f"documents among {youju.settings.top_k} hits: {sum(documents) / len(documents):.2f}")


def _answers(youju: Youju, case: Case, document_id: str, spans: Spans) -> bool:
    return any(
        e.document == document_id and overlaps(spans, (e.span(youju.document(e.document)),))
        for group in case.evidence
        for e in group
    )
