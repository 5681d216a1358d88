"""A language model's opinion of an answer: beside the gold groups, never instead of them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from eval.metrics import without_markers
from eval.statistics import kappa
from rag.prompt import fill

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eval.cases import Case
    from eval.score import Score
    from rag.llm import ChatModel
    from rag.model import Answer

YES, NO = "对", "错"


def judge(case: Case, answer: Answer, model: ChatModel, seconds: float) -> bool | None:
    """Return whether the model takes ``answer`` for right; None where there is nothing to judge.

    Args:
        case: With its gold groups: they are what the model judges by.
        answer: A refusal is not judged.
        model: Any; where it gives no log-probabilities it is asked to write one character.
        seconds: That it may take.

    Raises:
        ModelError: When the endpoint fails.
    """
    if not case.gold or answer.silent:
        return None
    messages = fill(
        "judge",
        question=answer.understood_as,
        gold="；".join(" 或 ".join(group) for group in case.gold),
        answer=without_markers(answer.text),
    )
    deadline = time.monotonic() + seconds
    said = model.probability_of_yes(messages, yes=YES, no=NO, deadline=deadline)
    if said is not None:
        return said >= 0.5
    written = "".join(p.text for p in model.stream(messages, max_tokens=16, deadline=deadline))
    return {YES: True, NO: False}.get(written.strip()[:1])


def agreement(scores: Sequence[Score]) -> dict[str, float | int] | None:
    """Return how often the judge agrees with the gold groups, and Cohen's kappa."""
    pairs = [
        (s.right, s.judged_right)
        for s in scores
        if s.right is not None and s.judged_right is not None
    ]
    if not pairs:
        return None
    agreed = sum(a == b for a, b in pairs) / len(pairs)
    return {"share": agreed, "kappa": kappa(pairs) or 0.0, "n": len(pairs)}
