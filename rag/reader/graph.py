"""The bundled reader's weights and the ONNX graph made of them.

The lower layers are those of the embedding model and come from its own file; the upper ones were
trained (``make train``) and ship as eight-bit integers with a scale for each output.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rag.e5_graph import WEIGHT_STEPS, Graph

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from rag.e5_weights import E5Weights

    Floats = NDArray[np.float32]

FROZEN = 4
"""Lower layers that are the embedding model's own."""


class ReaderWeights:
    """What a graph asks for: the embedding model's tensors, with the trained ones in their place.

    Args:
        file: Made by `pack`.
        below: The embedding model's weights.
    """

    def __init__(self, file: Path, below: E5Weights) -> None:
        self._below = below
        with np.load(file) as stored:
            self._stored = {name: stored[name] for name in stored.files}
        self.hidden, self.layers, self.heads = below.hidden, below.layers, below.heads
        self.inner, self.epsilon = below.inner, below.epsilon

    def vector(self, name: str) -> Floats:
        """Return a bias or a gain."""
        stored = self._stored.get(name)
        return self._below.vector(name) if stored is None else stored.astype(np.float32)

    def matrix(self, name: str, columns: int) -> Floats:
        """Return a matrix (outputs, inputs)."""
        stored = self._stored.get(name)
        if stored is None:
            return self._below.matrix(name, columns)
        scales = self._stored[f"{name}.scales"]
        return np.asarray(stored.astype(np.float32) * scales[:, None], np.float32)

    def added(self, segments: NDArray[np.int64], matches: NDArray[np.int64]) -> Floats:
        """Return what is added to each token above the frozen layers: of what part it is."""
        segment, match = self._stored["segment"], self._stored["match"]
        return np.asarray(segment[segments] + match[matches], np.float32)


def pack(state: dict[str, Floats], file: Path) -> None:
    """Write trained tensors, named as in the graph, as the file that ships.

    Matrices of the layers become integers within ±64 with a scale for each output, as the graph
    multiplies them; heads and embeddings are half precision.
    """
    stored: dict[str, NDArray[np.generic]] = {}
    for name, value in state.items():
        if name.startswith("l") and value.ndim == 2:
            scales = np.abs(value).max(axis=1) / WEIGHT_STEPS
            stored[name] = np.rint(value / scales[:, None]).astype(np.int8)
            stored[f"{name}.scales"] = scales.astype(np.float32)
        else:
            stored[name] = value.astype(np.float16)
    np.savez_compressed(file, **stored)  # type: ignore[arg-type]


def reader_graph(weights: ReaderWeights) -> bytes:
    """Return the ONNX model.

    In: ``embedded`` and ``added`` (texts, tokens, hidden), ``inside`` (texts, tokens). Out:
    ``answers`` (texts, 1), a logit, and ``places`` (texts, tokens, 3): logits that an answer
    begins at a token, ends there, and holds it.
    """
    graph = Graph(weights)
    states = graph.normed("embedded", "emb.ln")
    for layer in range(FROZEN):
        states = graph.layer(states, f"l{layer}")
    states = graph.node("Add", states, "added")
    for layer in range(FROZEN, weights.layers):
        states = graph.layer(states, f"l{layer}")
    first = graph.node("Gather", states, graph.constant(np.int64(0)), axis=1)
    dense = graph.node("Tanh", _head(graph, weights, first, "dense"))
    answers = _head(graph, weights, dense, "answers")
    places = _head(graph, weights, states, "places")
    hidden = weights.hidden
    return graph.closed(
        {
            "embedded": ("texts", "tokens", hidden),
            "inside": ("texts", "tokens"),
            "added": ("texts", "tokens", hidden),
        },
        {"answers": (answers, ("texts", 1)), "places": (places, ("texts", "tokens", 3))},
    )


def _head(graph: Graph, weights: ReaderWeights, states: str, name: str) -> str:
    matrix = weights.vector(f"{name}.w")
    product = graph.node("MatMul", states, graph.constant(np.ascontiguousarray(matrix.T)))
    return graph.node("Add", product, graph.constant(weights.vector(f"{name}.b")))
