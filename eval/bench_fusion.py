"""How the two legs are best fused, by cross-validation over question sets.

Each set is left out in turn: weights are fitted to the others of its kind (question and passages
of one language; of two) and judged on it. Compared are reciprocal rank, the share of each leg's
best with one fitted weight, and a logistic regression over scores and ranks of both legs. Called by
`youju bench fusion`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from eval.bench_retrieval import Plan, bootstrap, prepared
from rag.fuse import SURE_SIMILARITY, fuse, ranked, reciprocal_rank

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from rag.fuse import Legs

    Floats: TypeAlias = NDArray[np.float64]

SHARES = tuple(round(0.3 + 0.05 * step, 2) for step in range(11))
"""Weights of the dense leg that are tried: .3 to .8."""
NOWHERE = 1_000
"""Rank of what a leg did not find."""
STEPS, RIDGE = 30, 1e-3
"""Of Newton's method for the logistic regression."""

Score: TypeAlias = "Callable[[Legs], dict[str, float]]"


@dataclass(frozen=True, slots=True)
class Case:
    """What the legs found for a question, and whose passages answer it."""

    legs: Legs
    document_of: dict[str, str]
    answers: str


def run(data: Path, home: Path | None, limit: int) -> None:
    """Measure and print.

    Args:
        data: Folder of the four sets.
        home: Keeps the homes for the next run; None: temporary ones.
        limit: Questions of each set, spread over it.
    """
    zh, en = data / "xquad.zh.json", data / "xquad.en.json"
    same = {
        "cmrc2018": Plan((data / "cmrc2018_dev.json",), limit=limit),
        "drcd": Plan((data / "drcd_dev.json",), limit=limit),
        "xquad zh": Plan((zh,), limit=limit),
        "xquad en": Plan((en,), limit=limit),
    }
    across = {
        "xquad en→zh": Plan((zh,), questions=en, limit=limit),
        "xquad zh→en": Plan((en,), questions=zh, limit=limit),
    }
    for kind in (same, across):
        sets = {
            name: cases_of(plan, home and home / plan.squads[0].stem) for name, plan in kind.items()
        }
        for held_out, cases in sets.items():
            fitted_on = [c for name, other in sets.items() if name != held_out for c in other]
            report(held_out, cases, fitted_on)


def cases_of(plan: Plan, home: Path | None) -> list[Case]:
    """Ask a set."""
    cases = []
    with prepared(plan, home) as bench:
        for asked in bench.asked:
            found = bench.youju.retriever.find(asked.text)
            documents = {id: p.document_id for id, p in found.passages.items()}
            best = max(found.legs, key=lambda legs: len(legs.dense))  # the sets hold one language
            cases.append(Case(best, documents, asked.document))
    return cases


def report(name: str, cases: Sequence[Case], fitted_on: Sequence[Case]) -> None:
    """Print a row for each way of fusing."""
    share = max(SHARES, key=lambda s: hits(fitted_on, by_share(s))[:, 0].mean())
    ways: dict[str, Score] = {
        "reciprocal rank": lambda legs: reciprocal_rank([legs.dense, legs.lexical]),
        f"shares, dense {share:.2f} (fitted)": by_share(share),
        "logistic regression (fitted)": logistic(fitted_on),
        "as Youju does": lambda legs: legs.scores(),
    }
    print(f"\n| {name}, {len(cases)} questions | hit@1 | hit@5 | MRR@10 |\n|---|---|---|---|")
    for way, score in ways.items():
        table = hits(cases, score)
        low, high = bootstrap(table)
        cells = (
            f"{m:.3f} [{x:.3f}, {y:.3f}]"
            for m, x, y in zip(table.mean(axis=0), low, high, strict=True)
        )
        print(f"| {way} | {' | '.join(cells)} |", flush=True)


def hits(cases: Sequence[Case], score: Score) -> Floats:
    """Return hit@1, hit@5 and reciprocal rank of each question: shape ``(questions, 3)``."""
    table = np.zeros((len(cases), 3))
    for row, case in zip(table, cases, strict=True):
        found = (case.document_of.get(id, "") for id, _ in ranked(score(case.legs)))
        documents = list(dict.fromkeys(found))
        if case.answers in documents[:10]:
            rank = documents.index(case.answers) + 1
            row[:] = rank == 1, rank <= 5, 1 / rank
    return table


def by_share(share: float) -> Score:
    """Each leg's score as a share of its best, the dense one weighing ``share``."""
    return lambda legs: fuse(legs.dense, legs.lexical, share)


def logistic(cases: Sequence[Case]) -> Score:
    """Fit the probability that a passage is the right one."""
    rows, right = [], []
    for case in cases:
        for id, row in features(case.legs).items():
            rows.append(row)
            right.append(case.document_of.get(id) == case.answers)
    x, y = np.array(rows), np.array(right, dtype=float)
    middle, spread = x.mean(axis=0), x.std(axis=0) + 1e-9
    z = np.column_stack([np.ones(len(x)), (x - middle) / spread])
    weights = np.zeros(z.shape[1])
    for _ in range(STEPS):
        p = 1 / (1 + np.exp(-z @ weights))
        slope = z.T @ (p - y) / len(y) + RIDGE * weights
        curve = (z * (p * (1 - p))[:, None]).T @ z / len(y) + RIDGE * np.eye(len(weights))
        weights -= np.linalg.solve(curve, slope)

    def score(legs: Legs) -> dict[str, float]:
        return {
            id: float(weights[0] + (np.array(row) - middle) / spread @ weights[1:])
            for id, row in features(legs).items()
        }

    return score


def features(legs: Legs) -> dict[str, list[float]]:
    """Return what is known of each passage: scores, shares, ranks, and products of them."""
    cosine, bm25 = dict(legs.dense), dict(legs.lexical)
    near = max([*cosine.values(), SURE_SIMILARITY])
    most = max(bm25.values(), default=1.0)
    place = {id: rank for rank, (id, _) in enumerate(legs.dense, 1)}
    row_of = {id: rank for rank, (id, _) in enumerate(legs.lexical, 1)}
    out = {}
    for id in {**cosine, **bm25}:
        c, b = max(cosine.get(id, 0.0), 0.0) / near, bm25.get(id, 0.0) / most
        ranks = (60 / (60 + leg.get(id, NOWHERE)) for leg in (place, row_of))
        out[id] = [cosine.get(id, 0.0), c, b, c * b, c * c, b * b, *ranks]
    return out
