"""Fit the weights of `rag/decide.py`: `python -m eval.calibrate RECORDS…`.

Logistic regression with a quadratic penalty, by Newton's method, on the cases that are not held
out. An answerable question counts as one to answer only where the text that would be shown is
right: a wrong answer is to be refused too. A question of several parts says nothing: its signals
are those of the weakest part. Run the questions with `YOUJU_REFUSE_BELOW=0`, so that
nothing is refused before it was seen.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from eval.names import known_names
from rag.decide import (
    WEIGHTS_JUDGED,
    WEIGHTS_QUOTING,
    answerability,
    entered,
)
from rag.question.parts import parts

PENALTY = 0.05
CAUTION = -0.40
"""Taken off the constant: so the threshold of .6 is an even chance."""
THRESHOLDS = (0.3, 0.4, 0.5, 0.6, 0.7)


def fit(x: np.ndarray, y: np.ndarray, penalty: float = PENALTY) -> np.ndarray:
    """Return weights, the constant first: argmin of log loss + penalty · |w|² (constant free).

    Args:
        x: Signals, a row for each question.
        y: 1 where it is to be answered.
        penalty: Of large weights.
    """
    x = np.column_stack([np.ones(len(x)), x])
    w = np.zeros(x.shape[1])
    ridge = penalty * np.eye(len(w))
    ridge[0, 0] = 0.0
    for _ in range(50):
        p = 1 / (1 + np.exp(-x @ w))
        step = np.linalg.solve(
            x.T @ (x * (p * (1 - p))[:, None]) + 2 * ridge,
            x.T @ (y - p) - 2 * ridge @ w,
        )
        w += step
        if np.abs(step).max() < 1e-8:
            break
    return w


def main(*paths: str) -> None:
    """Print the weights, and how they do at several thresholds, tuned on and held out."""
    rows: list[dict[str, Any]] = [
        json.loads(line) for path in paths for line in Path(path).read_text("utf-8").splitlines()
    ]
    rows = [
        r
        for r in rows
        if "case" in r
        and "coverage" in r["answer"]["signals"]
        and len(parts(r["answer"]["understood_as"], known_names())) == 1
    ]
    quoted = [r for r in rows if "reader" in r["answer"]["signals"]]
    judged = [r for r in quoted if "judged" in r["answer"]["signals"]]
    for title, names, chosen in (
        ("quoted", tuple(WEIGHTS_QUOTING), quoted),
        ("quoted and judged", tuple(WEIGHTS_JUDGED), judged),
    ):
        if chosen:
            _fit_and_print(title, names, chosen)


def _fit_and_print(
    title: str,
    names: tuple[str, ...],
    rows: list[dict[str, Any]],
) -> None:
    y = np.array([float(bool(r["case"]["answerable"] and r["score"]["right"])) for r in rows])
    held = np.array([r["case"]["held_out"] for r in rows])
    x = np.array([[entered(r["answer"]["signals"], s) for s in names] for r in rows])
    weights = fit(x[~held], y[~held])
    weights[0] -= CAUTION
    print(f"\n{title}\n{'constant':12} {weights[0]:6.2f}")
    for name, weight in zip(names, weights[1:], strict=True):
        print(f"{name:12} {weight:6.2f}")
    fitted = 1 / (1 + np.exp(-(weights[0] + x @ weights[1:])))
    known = [{n: v for n, v in r["answer"]["signals"].items() if n in names} for r in rows]
    for label, p in (
        ("fitted now", fitted),
        ("rag/decide.py", np.array([answerability(signals) for signals in known])),
    ):
        print(f"{label}: threshold, then refused rightly / wrongly, tuned on and held out")
        for threshold in THRESHOLDS:
            cells = [_cell(p[part], y[part], threshold) for part in (~held, held)]
            print(f"  {threshold:.1f}   " + "    ".join(cells))
    for r, value in zip(rows, fitted, strict=True):
        if (value < 0.5) == bool(r["case"]["answerable"] and r["score"]["right"]):
            print(f"  wrong side: {value:.2f} {r['case']['id']} {r['case']['question']}")


def _cell(p: np.ndarray, y: np.ndarray, threshold: float) -> str:
    right, wrong = (p < threshold)[y == 0], (p < threshold)[y == 1]
    return (
        f"{right.mean() if len(right) else 0:.2f} of {len(right):3} / "
        f"{wrong.mean() if len(wrong) else 0:.2f} of {len(wrong):3}"
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
