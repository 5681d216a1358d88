"""A question and a text as the tokens that the bundled reader reads.

``<s> question </s></s> context </s></s> text </s>``, as XLM-R joins texts. Training and reading use
this one module, so that both see the same tokens.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rag.fold import to_simplified

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from rag.e5_engine import E5Tokenizer
    from rag.e5_weights import E5Weights

    Ids = NDArray[np.int64]

LONGEST = 384
"""Tokens of a pair; a longer text is cut at its end, a longer context at its beginning."""
LONGEST_QUESTION, LONGEST_CONTEXT = 96, 64
QUESTION, CONTEXT, TEXT = 0, 1, 2
"""Segments of a pair. The special tokens between belong to what they close."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One question beside one text, tokenised."""

    ids: Ids
    segments: NDArray[np.int64]
    matches: NDArray[np.int64]
    """1 for a token of context or text whose characters stand in the question too."""
    text_at: int
    """Index of the text's first token."""
    offsets: tuple[tuple[int, int], ...]
    """``[start, end)`` in the text of each of its tokens."""

    @property
    def length(self) -> int:
        """Tokens of the pair."""
        return len(self.ids)


class Pairs:
    """Makes pairs with the embedding model's own tokenizer."""

    def __init__(self, tokenizer: E5Tokenizer, weights: E5Weights) -> None:
        self._tokenizer = tokenizer
        self._begin, self._end = weights.begin, weights.end

    def make(self, question: str, text: str, context: str = "") -> Pair:
        """Return the pair. The script is folded, so that it makes no difference to the reader.

        Args:
            question: In any language and script.
            text: Where the answer may stand.
            context: What is known of the text: title, headings, the sentence before.
        """
        asked = _same_length(question)
        asked_ids, _ = self._tokenizer.with_offsets(asked)
        asked_ids = asked_ids[:LONGEST_QUESTION]
        context_ids, context_at = self._tokenizer.with_offsets(_same_length(context))
        context_ids, context_at = context_ids[-LONGEST_CONTEXT:], context_at[-LONGEST_CONTEXT:]
        left = LONGEST - len(asked_ids) - len(context_ids) - 6
        text_ids, text_at = self._tokenizer.with_offsets(_same_length(text))
        if not text.strip():
            left = 0
        text_ids, text_at = text_ids[:left], text_at[:left]
        head = [self._begin, *asked_ids, self._end]
        middle = [self._end, *context_ids, self._end]
        tail = [self._end, *text_ids, self._end]
        low = asked.casefold()
        matches = [
            *[0] * len(head),
            0,
            *_found(_same_length(context), context_at, low),
            0,
            0,
            *_found(_same_length(text), text_at, low),
            0,
        ]
        segments = [QUESTION] * len(head) + [CONTEXT] * len(middle) + [TEXT] * len(tail)
        return Pair(
            ids=np.array([*head, *middle, *tail], np.int64),
            segments=np.array(segments, np.int64),
            matches=np.array(matches, np.int64),
            text_at=len(head) + len(middle) + 1,
            offsets=tuple(text_at),
        )


def _same_length(text: str) -> str:
    """Simplified characters, where that keeps every character in its place."""
    simplified = to_simplified(text)
    return simplified if len(simplified) == len(text) else text


def _found(text: str, offsets: Sequence[tuple[int, int]], asked: str) -> list[int]:
    return [int(bool(t := text[s:e].strip().casefold()) and t in asked) for s, e in offsets]
