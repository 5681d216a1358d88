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
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

SHINGLE = 6
"""Characters of folded text, white space left out."""
FEWEST = 60
"""Shingles; a shorter text is like too many others."""
PART = 10_000
"""Shingles that are hashed at once: 64 values each, which a core's cache holds."""
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
    return {shingle for part in _parts(texts) for shingle in part}


def _parts(texts: Iterable[str]) -> Iterator[set[str]]:
    """The shingles of a long text in sets of bounded size, which may share some."""
    folded = "".join("".join(fold(text).split()) for text in texts)
    last = len(folded) - SHINGLE + 1
    for start in range(0, last, PART):
        yield {folded[i : i + SHINGLE] for i in range(start, min(start + PART, last))}


def sketch(texts: Iterable[str]) -> bytes:
    """Return the MinHash of a document's texts: 64 values of 4 bytes; empty for a short one."""
    few: set[str] = set()
    least = np.full(VALUES, np.iinfo(np.uint64).max, dtype=np.uint64)
    for found in _parts(texts):
        if len(few) < FEWEST:
            few |= found
        hashes = np.fromiter((zlib.crc32(s.encode()) for s in found), np.uint64, len(found))
        mixed = _FACTOR[:, None] * hashes + _SHIFT[:, None]
        least = np.minimum(least, (mixed >> np.uint64(32)).min(axis=1))
    return least.astype("<u4").tobytes() if len(few) >= FEWEST else b""


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
