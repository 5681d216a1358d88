"""What the model is asked about sentences besides the answer: whether they answer, and what.

One question's judge. A model that cannot be reached, or an endpoint that gives no probabilities,
leaves a signal out; it never ends an answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from rag.checks.days import dates
from rag.errors import ModelError
from rag.fold import fold, fold_dates, script_of
from rag.prompt import fill
from rag.wording import WORDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.evidence import Candidate
    from rag.fold import Script
    from rag.llm import ChatModel
    from rag.model import Hit
    from rag.prompt import Messages

ANSWER_TOKENS = 60
"""Of what is written from one document alone: enough for a value."""


class Readable(Protocol):
    """A sentence or row as a model reads it, and where it was found."""

    @property
    def hit(self) -> Hit:
        """The passage."""

    @property
    def reading(self) -> str:
        """Its words, with what they lean on."""


@dataclass(frozen=True, slots=True)
class Judge:
    """Asks the model about sentences that may answer one question."""

    model: ChatModel
    question: str
    """Made to stand alone, with one part."""
    deadline: float
    """``time.monotonic()`` by which all must be done."""

    def is_answered(self, answer: str, candidates: Sequence[Readable]) -> float | None:
        """Return the model's probability that an answer from sentences says what is asked for."""
        sources = " ".join(self._dated(c) for c in candidates)
        prompt = fill("answerable", sources=sources, question=self.question, answer=answer)
        return self._probability(prompt, "是", "否")

    def answers(self, candidates: Sequence[Candidate]) -> float | None:
        """Return the model's probability that sentences of one document answer."""
        told = " ".join(c.excerpt.text for c in candidates)
        sources = f"《{candidates[0].hit.title}》：{told}"
        return self._probability(
            fill("told", sources=sources, question=self.question), "有", "没有"
        )

    def written(self, candidates: Sequence[Candidate]) -> str:
        """Return what the model answers from some sentences; empty where it could not."""
        messages = answer_prompt(self.question, candidates, script_of(self.question))
        try:
            return "".join(
                piece.text
                for piece in self.model.stream(
                    messages, max_tokens=ANSWER_TOKENS, deadline=self.deadline
                )
            )
        except ModelError:
            return ""

    def leaning(self, candidate: Candidate, one: str, other: str) -> float | None:
        """Return the model's probability of answering ``one`` rather than ``other``."""
        prompt = fill(
            "whether", sources=candidate.reading, question=self.question, one=one, other=other
        )
        return self._probability(prompt, one, other)

    def _probability(self, messages: Messages, yes: str, no: str) -> float | None:
        try:
            return self.model.probability_of_yes(messages, yes=yes, no=no, deadline=self.deadline)
        except ModelError:
            return None

    def _dated(self, candidate: Readable) -> str:
        """A sentence with the date of its document, where the question names one."""
        published = candidate.hit.published
        if not published or not dates(fold_dates(fold(self.question))):
            return candidate.reading
        return f"（{published}）{candidate.reading}"


def answer_prompt(question: str, candidates: Sequence[Candidate], script: Script) -> Messages:
    """Return the prompt of an answer, in a script; a marker names a sentence by its number."""
    return fill(
        "answer",
        question=question,
        passages="\n".join(f"[{i}] {c.reading}" for i, c in enumerate(candidates, 1)),
        language=WORDS[script].answer_in,
    )
