"""Make ``rag/data/e5_means.npz`` and ``e5_tokens.npz``: what vectors and tokens are centred by.

    python -m eval.language_means

The reference set (``eval/reference.jsonl``) was written for this: 240 short passages on 33 kinds of
subject, each in Chinese and in English, with two questions in both, so that the difference of two
means is language alone and not subject. It shares nothing with the sets that are measured on.

Tokens have means of their own, and the directions in which they then vary most: those become the
few dimensions in which tokens are stored.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from rag.e5_engine import OnnxE5
from rag.embed import E5Embedding, embed_passages, embed_question
from rag.endpoint import free_cores
from rag.fold import to_simplified
from rag.late import DIMENSIONS, unit
from rag.resources import data_file

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.embed import Vectors

REFERENCE = Path(__file__).with_name("reference.jsonl")
SEED = 1


def main() -> int:
    """Embed the reference set and write both files."""
    model, engine = E5Embedding(), OnnxE5(free_cores())
    entries = [json.loads(line) for line in REFERENCE.read_text("utf-8").splitlines()]
    means: dict[str, np.ndarray] = {}
    tokens: dict[str, Vectors] = {}
    for language in ("zh", "en"):
        passages = [entry[language] for entry in entries]
        questions = [q for entry in entries for q in entry[f"{language}_q"]]
        means[f"passage_{language}"] = embed_passages(model, passages).mean(axis=0)
        means[f"question_{language}"] = np.mean(
            [embed_question(model, q) for q in questions], axis=0
        )
        tokens[f"passage_{language}"] = _tokens(engine, passages)
        tokens[f"question_{language}"] = _tokens(engine, questions, as_questions=True)
        print(language, len(passages), "passages,", len(questions), "questions")
    np.savez(data_file("e5_means.npz"), allow_pickle=False, **means)
    middles = {name: rows.mean(axis=0) for name, rows in tokens.items()}
    centred = np.concatenate([rows - middles[name] for name, rows in tokens.items()])
    np.savez_compressed(
        data_file("e5_tokens.npz"),
        allow_pickle=False,
        projection=projection(centred, DIMENSIONS).astype(np.float16),
        **middles,
    )
    return 0


def _tokens(engine: OnnxE5, texts: Sequence[str], *, as_questions: bool = False) -> Vectors:
    """States of all the tokens of ``texts``, each of length 1: ``(tokens, hidden)``."""
    simplified = [to_simplified(text) for text in texts]
    _, states = engine.with_states(simplified, as_questions=as_questions)
    return unit(np.concatenate(states))


def projection(centred: Vectors, dimensions: int) -> Vectors:
    """Return what leads to the principal components: ``(hidden, dimensions)``.

    They are turned at random, which changes no product: each dimension then varies as much as any
    other and four bits do for all alike.
    """
    _, directions = np.linalg.eigh(centred.T @ centred)
    drawn = np.random.default_rng(SEED).standard_normal((dimensions, dimensions))
    turn, _ = np.linalg.qr(drawn)
    turned: Vectors = (directions[:, : -dimensions - 1 : -1] @ turn).astype(np.float32)
    return turned


if __name__ == "__main__":
    sys.exit(main())
