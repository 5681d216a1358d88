"""Late interaction: a passage by how well it meets each token of the question, not all at once.

One vector has to say everything of a passage; the states that it is the mean of say it token by
token. MaxSim (Khattab and Zaharia 2020, ColBERT) is the mean, over the question's tokens, of the
cosine to the nearest token of the passage. The states are e5's own, nothing is trained for it:
centred by language and role, as the vectors are (``rag/embed.py``), projected to what varies most
and packed into two bits a number. What that costs and gains: ARCHITECTURE.md, “Late interaction”.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rag.resources import data_file

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from rag.settings import Settings

    Vectors = NDArray[np.float32]

DIMENSIONS = 128
A_BYTE = 4
"""Numbers in a byte: two bits each."""
STEP = 0.9957 / DIMENSIONS**0.5
"""Between two of a number's four levels: the best for a normal distribution (Max 1960) as wide as
the numbers of a randomly turned vector of length 1 are."""
FORM = f"maxsim-{DIMENSIONS}x2-1"
"""Part of a home's fingerprint: change it when the same text would be packed differently."""

_SHIFTS = np.arange(0, 8, 8 // A_BYTE, dtype=np.uint8)
_NUMBERS = ((np.arange(256)[:, None] >> _SHIFTS & 3) - 1.5).astype(np.float32) * np.float32(STEP)
"""What each byte stands for: shape ``(256, A_BYTE)``."""


def embedding_name(settings: Settings) -> str:
    """Return the name of all that is made of a passage; an endpoint tells no states of tokens."""
    name = settings.embedding_name()
    own = not settings.embedding_base_url and settings.embedding_engine == "onnx"
    return f"{name}+{FORM}" if own else name


class TokenSpace:
    """Where tokens are compared.

    The means and the projection come from the reference set and ship with Youju
    (``rag/data/e5_tokens.npz``, made by ``python -m eval.language_means``).
    """

    def __init__(self) -> None:
        with np.load(data_file("e5_tokens.npz")) as stored:
            self._projection: Vectors = stored["projection"].astype(np.float32)
            self._means = {n: stored[n] for n in stored.files if n != "projection"}

    def question(self, states: Vectors, language: str) -> Vectors:
        """Bring a question's states ``(tokens, hidden)`` there: ``(tokens, DIMENSIONS)``."""
        return self._brought(states, f"question_{language}")

    def passage(self, states: Vectors, language: str) -> bytes:
        """Bring a passage's states there and pack them: ``DIMENSIONS / A_BYTE`` bytes a token."""
        return packed(self._brought(states, f"passage_{language}"))

    def _brought(self, states: Vectors, name: str) -> Vectors:
        return unit((unit(states) - self._means[name]) @ self._projection)


def packed(tokens: Vectors) -> bytes:
    """Pack tokens of length 1, shape ``(tokens, DIMENSIONS)``: two bits a number, lowest first."""
    levels = np.clip(np.floor(tokens / np.float32(STEP)) + 2, 0, 3).astype(np.uint8)
    fours = levels.reshape(len(tokens), -1, A_BYTE)
    together: NDArray[np.uint8] = np.bitwise_or.reduce(fours << _SHIFTS, axis=2)
    return together.tobytes()


def unpacked(tokens: bytes) -> Vectors:
    """Return packed tokens as numbers: ``(tokens, DIMENSIONS)``."""
    # `take` is ten times as fast as an index here.
    numbers: Vectors = _NUMBERS.take(np.frombuffer(tokens, np.uint8), axis=0)
    return numbers.reshape(-1, DIMENSIONS)


def max_sim(questions: Sequence[Vectors], passages: Mapping[str, bytes]) -> list[dict[str, float]]:
    """Compare each question with each passage.

    Args:
        questions: Tokens, shape ``(tokens, DIMENSIONS)`` each.
        passages: Packed tokens, by id; those without any are left out.

    Returns:
        For each question the passages' scores by id, up to about 1.
    """
    held = {id: tokens for id, tokens in passages.items() if tokens}
    if not held:
        return [{} for _ in questions]
    lengths = [len(tokens) // (DIMENSIONS // A_BYTE) for tokens in held.values()]
    cosines = unpacked(b"".join(held.values())) @ np.concatenate(questions).T
    nearest = np.maximum.reduceat(cosines, np.cumsum([0, *lengths[:-1]]), axis=0)
    ends = np.cumsum([len(question) for question in questions])[:-1]
    return [
        dict(zip(held, part.mean(axis=1).tolist(), strict=True))
        for part in np.split(nearest, ends, axis=1)
    ]


def unit(vectors: Vectors) -> Vectors:
    """Give each row length 1."""
    norms = np.linalg.norm(vectors, axis=-1, keepdims=True)
    out: Vectors = np.divide(vectors, norms, out=np.zeros_like(vectors), where=norms > 0)
    return out
