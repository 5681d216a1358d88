"""Whether a quotation says what is asked for, by a language model's probability."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from rag.errors import ModelError
from rag.figures import figures, is_of_date
from rag.fold import fold, fold_dates
from rag.prompt import fill

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.llm import ChatModel
    from rag.model import Hit


class Readable(Protocol):
    """A sentence or row as a model reads it, and where it was found."""

    @property
    def hit(self) -> Hit:
        """The passage."""

    @property
    def reading(self) -> str:
        """Its words, with what they lean on."""


def says_what_is_asked(
    model: ChatModel, question: str, answer: str, quoted: Sequence[Readable], deadline: float
) -> float | None:
    """Return the model's probability that an answer from quotations says what is asked for.

    Args:
        model: Is asked for one word.
        question: Made to stand alone, with one part.
        answer: The words that answer in short.
        quoted: What they stand in.
        deadline: ``time.monotonic()`` by which all must be done.

    Returns:
        None where the model fails, or gives no probabilities: a signal less, not an error.
    """
    sources = " ".join(_dated(question, q) for q in quoted)
    prompt = fill("answerable", sources=sources, question=question, answer=answer)
    try:
        return model.probability_of_yes(prompt, yes="是", no="否", deadline=deadline)
    except ModelError:
        return None


def _dated(question: str, quoted: Readable) -> str:
    """A quotation with the date of its document, where the question names one."""
    published = quoted.hit.published
    of_a_date = any(map(is_of_date, figures(fold_dates(fold(question)))))
    return f"（{published}）{quoted.reading}" if published and of_a_date else quoted.reading
