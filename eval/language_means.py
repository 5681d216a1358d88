"""Make ``rag/data/e5_means.npz``: the mean vector of each language and role.

    python -m eval.language_means ZH_SQUAD.json EN_SQUAD.json

The reference set is a parallel one (XQuAD: the same 240 paragraphs and 1,190 questions in both
languages), so that the difference of two means is language alone and not subject. Only the four
means ship; the texts do not.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

from rag.embed import E5Embedding, embed_passages, embed_question
from rag.resources import data_file

PASSAGE_CHARACTERS = {"zh": 160, "en": 500}
"""About 128 tokens, the size of Youju's passages."""


def main(zh: str, en: str) -> None:
    """Read two SQuAD-format files and write the means."""
    model = E5Embedding()
    means: dict[str, np.ndarray] = {}
    for language, name in (("zh", zh), ("en", en)):
        data = json.loads(Path(name).read_text("utf-8"))["data"]
        paragraphs = [p for article in data for p in article["paragraphs"]]
        size = PASSAGE_CHARACTERS[language]
        texts = [
            p["context"][i : i + size]
            for p in paragraphs
            for i in range(0, len(p["context"]), size)
        ]
        questions = [qa["question"] for p in paragraphs for qa in p["qas"]]
        means[f"passage_{language}"] = embed_passages(model, texts).mean(axis=0)
        means[f"question_{language}"] = np.mean(
            [embed_question(model, q) for q in questions], axis=0
        )
        print(language, len(texts), "passages,", len(questions), "questions")
    np.savez(data_file("e5_means.npz"), allow_pickle=False, **means)


if __name__ == "__main__":
    main(*sys.argv[1:])
