"""The seam between what finds passages and what reads them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.model import Spans
    from rag.reader.texts import Text


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader says of one text."""

    probability: float
    """That the text answers the question, 0 to 1."""
    spans: Spans
    """``[start, end)`` of the words that answer, the likeliest first; empty only for an empty
    text. They are given also where the text is not likely to answer."""
    sure: float = 0.0
    """Probability that the first span begins and ends just there, 0 to 1, if the text answers."""


class Reader(Protocol):
    """Reads texts for a question. Implementations may be called by several threads at once."""

    def answers(self, question: str, texts: Sequence[Text]) -> list[Reading]:
        """Say of each text whether it answers ``question``, and with which words.

        Raises:
            ModelError: When the model behind it fails.
        """
