"""Near-duplicates: documents that tell the same in the same words, such as one wire story twice.

MinHash (Broder 1997): the smallest hash values of a text's shingles under many permutations; the
share of equal values estimates the Jaccard similarity of the shingle sets. Documents that agree
in all values of one band are compared (locality-sensitive hashing).
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import numpy as np

from rag.fold import fold

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

SHINGLE = 6
"""Characters of folded text, white space left out."""
FEWEST = 60
"""Shingles; a shorter text is like too many others."""
VALUES, BANDS = 64, 16
"""Sixteen bands of four values: at a similarity of .8 a pair is missed once in 5,000 times, at .4
it is compared one time in three."""
NEAR = 0.7
"""Estimated Jaccard similarity from which two documents are near-duplicates."""

_chance = np.random.default_rng(20261122)
# Multiply-shift hashing (Dietzfelbinger 1997) in wrapping 64-bit arithmetic: odd factors.
_FACTOR = _chance.integers(1, 1 << 63, VALUES, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
_SHIFT = _chance.integers(0, 1 << 63, VALUES, dtype=np.uint64)


def shingles(texts: Iterable[str]) -> set[str]:
    """Return the sequences of six folded characters in ``texts``."""
    folded = "".join("".join(fold(text).split()) for text in texts)
    return {folded[i : i + SHINGLE] for i in range(len(folded) - SHINGLE + 1)}


def sketch(texts: Iterable[str]) -> bytes:
    """Return the MinHash of a document's texts: 64 values of 4 bytes; empty for a short one."""
    found = shingles(texts)
    if len(found) < FEWEST:
        return b""
    hashes = np.fromiter((zlib.crc32(s.encode()) for s in found), np.uint64, len(found))
    least = np.full(VALUES, np.iinfo(np.uint64).max, dtype=np.uint64)
    for start in range(0, len(hashes), 50_000):  # bounded memory for a long text
        mixed = _FACTOR[:, None] * hashes[start : start + 50_000] + _SHIFT[:, None]
        least = np.minimum(least, (mixed >> np.uint64(32)).min(axis=1))
    return least.astype("<u4").tobytes()


def bands(sketch: bytes) -> list[bytes]:
    """Return the bands by which a sketch is found: its number and four of its values each."""
    size = len(sketch) // BANDS
    return [bytes([n]) + sketch[n * size : (n + 1) * size] for n in range(BANDS if sketch else 0)]


def similarity(a: bytes, b: bytes) -> float:
    """Estimate of the Jaccard similarity of two sketched documents, 0 to 1."""
    if not a or not b:
        return 0.0
    return float(np.mean(_values(a) == _values(b)))


def _values(sketch: bytes) -> NDArray[np.uint32]:
    return np.frombuffer(sketch, "<u4")
