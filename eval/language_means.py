"""Make ``rag/data/e5_means.npz``: the mean vector of each language and role.

    python -m eval.language_means

The reference set (``eval/reference.jsonl``) was written for this: 240 short passages on 33 kinds of
subject, each in Chinese and in English, with two questions in both, so that the difference of two
means is language alone and not subject. It shares nothing with the sets that are measured on.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

from rag.embed import E5Embedding, embed_passages, embed_question
from rag.resources import data_file

REFERENCE = Path(__file__).with_name("reference.jsonl")


def main() -> int:
    """Embed the reference set and write the means."""
    model = E5Embedding()
    entries = [json.loads(line) for line in REFERENCE.read_text("utf-8").splitlines()]
    means: dict[str, np.ndarray] = {}
    for language in ("zh", "en"):
        passages = [entry[language] for entry in entries]
        questions = [q for entry in entries for q in entry[f"{language}_q"]]
        means[f"passage_{language}"] = embed_passages(model, passages).mean(axis=0)
        means[f"question_{language}"] = np.mean(
            [embed_question(model, q) for q in questions], axis=0
        )
        print(language, len(passages), "passages,", len(questions), "questions")
    np.savez(data_file("e5_means.npz"), allow_pickle=False, **means)
    return 0


if __name__ == "__main__":
    sys.exit(main())
