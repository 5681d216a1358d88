"""Fit the weights of `rag/decide.py`: `python -m eval.calibrate runs/*/records.jsonl`.

Logistic regression with a quadratic penalty, by Newton's method, on the cases that are not held
out. An answerable question counts as one to answer only where the text that would be shown is
right: a wrong answer is to be refused too. Run the questions with `YOUJU_REFUSE_BELOW=0`, so that
nothing is refused before it was seen.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from rag.decide import SIGNALS, answerability

PENALTY = 0.1


def fit(x: np.ndarray, y: np.ndarray, penalty: float = PENALTY) -> np.ndarray:
    """Return weights, the constant first: argmin of log loss + penalty · |w|² (constant free)."""
    x = np.column_stack([np.ones(len(x)), x])
    w = np.zeros(x.shape[1])
    ridge = penalty * np.eye(len(w))
    ridge[0, 0] = 0.0
    for _ in range(50):
        p = 1 / (1 + np.exp(-x @ w))
        step = np.linalg.solve(
            x.T @ (x * (p * (1 - p))[:, None]) + 2 * ridge, x.T @ (y - p) - 2 * ridge @ w
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
    rows = [r for r in rows if "coverage" in r["answer"]["signals"]]
    x = np.array([[r["answer"]["signals"].get(s, 0.0) for s in SIGNALS] for r in rows])
    y = np.array([float(bool(r["case"]["answerable"] and r["score"]["right"])) for r in rows])
    held = np.array([r["case"]["held_out"] for r in rows])
    weights = fit(x[~held], y[~held])
    print("constant", round(float(weights[0]), 2))
    for name, weight in zip(SIGNALS, weights[1:], strict=True):
        print(f"{name:12} {weight:6.2f}")
    p = 1 / (1 + np.exp(-(np.column_stack([np.ones(len(x)), x]) @ weights)))
    in_use = np.array([answerability(r["answer"]["signals"]) for r in rows])
    for label, scores in (("fitted now", p), ("rag/decide.py", in_use)):
        print(f"\n{label}: threshold, then refused rightly / wrongly, tuned on and held out")
        for threshold in (0.3, 0.4, 0.5, 0.6, 0.7):
            cells = []
            for part in (~held, held):
                right = (scores < threshold)[part & (y == 0)]
                wrong = (scores < threshold)[part & (y == 1)]
                cells.append(
                    f"{right.mean():.2f} of {len(right):2} / {wrong.mean():.2f} of {len(wrong):2}"
                )
            print(f"  {threshold:.1f}   " + "    ".join(cells))
    for r, value in zip(rows, p, strict=True):
        if (value < 0.5) == bool(r["case"]["answerable"] and r["score"]["right"]):
            print(f"  on the wrong side: {value:.2f} {r['case']['id']} {r['case']['question']}")


if __name__ == "__main__":
    main(*sys.argv[1:])
