"""The reader that ships: a cross-encoder in ONNX Runtime that points at the words that answer.

Trained by ``make train`` on open question sets; its model card is ``docs/reader.md``.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import onnxruntime  # type: ignore[import-untyped]

from rag.e5_engine import E5Tokenizer
from rag.e5_weights import WEIGHTS, E5Weights
from rag.once import one_at_a_time
from rag.reader.graph import ReaderWeights, reader_graph
from rag.reader.pairs import Pairs
from rag.reader.reader import Reading
from rag.resources import data_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from rag.model import Span
    from rag.reader.pairs import Pair
    from rag.reader.texts import Text

    Floats = NDArray[np.float32]

FILE = "reader.npz"
BATCH_TOKENS = 1536
"""Tokens that go through the network at once."""
LONGEST_ANSWER = 60
"""Tokens of one answer."""
MOST_STARTS = 12
"""Likeliest first tokens from which the best span is looked for."""
ALSO = 0.5
"""Probability of its tokens from which a further span answers too."""
GAP, SHORTEST = 2, 2
"""Tokens between spans that are one, and of the shortest further span."""


@one_at_a_time
@lru_cache(maxsize=1)
def bundled_reader(num_threads: int) -> BundledReader:
    """Return the reader that ships: one a process, whatever homes are open."""
    return BundledReader(num_threads)


class BundledReader:
    """Points at the words that answer. May be used by several threads at once."""

    def __init__(self, num_threads: int, file: Path | None = None) -> None:
        """Load the weights.

        Args:
            num_threads: Threads that one call computes with.
            file: Other weights than those that ship.
        """
        below = E5Weights(WEIGHTS)
        self._below = below
        self._weights = ReaderWeights(file or data_file(FILE), below)
        self._pairs = Pairs(E5Tokenizer(below), below)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = num_threads
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 3  # what is wrong with a request, it raises
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        self._session = onnxruntime.InferenceSession(
            reader_graph(self._weights), options, providers=["CPUExecutionProvider"]
        )

    def answers(self, question: str, texts: Sequence[Text]) -> list[Reading]:
        """Say of each text whether it answers ``question``, and with which words."""
        pairs = [self._pairs.make(question, t.text, t.context) for t in texts]
        readings: dict[int, Reading] = {}
        for batch in _batches(pairs):
            logits, places = self._run([pairs[i] for i in batch])
            for row, i in enumerate(batch):
                readings[i] = _reading(pairs[i], float(logits[row, 0]), places[row])
        return [readings[i] for i in range(len(pairs))]

    def _run(self, pairs: Sequence[Pair]) -> tuple[Floats, Floats]:
        longest = max(pair.length for pair in pairs)
        shape = (len(pairs), longest)
        ids = np.full(shape, self._below.end)
        segments, matches = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        inside = np.zeros(shape, np.float32)
        for row, pair in enumerate(pairs):
            ids[row, : pair.length] = pair.ids
            segments[row, : pair.length] = pair.segments
            matches[row, : pair.length] = pair.matches
            inside[row, : pair.length] = 1
        answers, places = self._session.run(
            ["answers", "places"],
            {
                "embedded": self._below.embedded(ids),
                "added": self._weights.added(segments, matches),
                "inside": inside,
            },
        )
        return answers, places


def _batches(pairs: Sequence[Pair]) -> Iterator[list[int]]:
    """Indices of pairs of about the same length, as many as are computed at once."""
    batch: list[int] = []
    for i in sorted(range(len(pairs)), key=lambda i: pairs[i].length):
        if batch and (len(batch) + 1) * pairs[i].length > BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(i)
    if batch:
        yield batch


def _reading(pair: Pair, logit: float, places: Floats) -> Reading:
    count = len(pair.offsets)
    if not count:
        return Reading(0.0, ())
    begins, ends, inside = places[pair.text_at : pair.text_at + count].T
    offsets = pair.offsets
    best = _best_span(begins, ends)
    spans = _with_others(best, inside)
    return Reading(
        1 / (1 + math.exp(-logit)),
        tuple((offsets[s][0], offsets[e][1]) for s, e in spans),
        float(_share(begins, best[0]) * _share(ends, best[1])),
    )


def _share(logits: Floats, place: int) -> float:
    """Softmax of ``logits`` at one place."""
    return float(1 / np.exp(logits - logits[place]).sum())


def _best_span(begins: Floats, ends: Floats) -> Span:
    """The tokens, first and last, whose logits are greatest together."""
    best, found = -math.inf, (0, 0)
    for start in np.argsort(-begins)[:MOST_STARTS]:
        end = int(start + ends[start : start + LONGEST_ANSWER].argmax())
        if begins[start] + ends[end] > best:
            best, found = float(begins[start] + ends[end]), (int(start), end)
    return found


def _with_others(first: Span, inside: Floats) -> list[Span]:
    """Return the best span, then further runs of tokens that answer more likely than not."""
    answers = 1 / (1 + np.exp(-inside)) > ALSO
    answers[first[0] : first[1] + 1] = True
    runs: list[Span] = []
    for token in map(int, np.flatnonzero(answers)):
        if runs and token - runs[-1][1] <= GAP + 1:
            runs[-1] = (runs[-1][0], token)
        else:
            runs.append((token, token))
    best = next(run for run in runs if run[0] <= first[0] <= run[1])
    others = [(s, e) for s, e in runs if (s, e) != best and e - s + 1 >= SHORTEST]
    return [best, *others]
