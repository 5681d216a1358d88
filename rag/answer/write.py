"""An answer that an endpoint's model writes: write, judge each sentence, mend once, leave out.

    passages → draft → pieces → verdicts with the words that show them → what stands

Nothing is shown on the model's word alone: each sentence shown cites the sentences of the source
that hold the words by which it was found to be supported.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from rag.answer.draft import Draft, read_draft, without_empty_frames
from rag.answer.judged import judge, mended, passages_text
from rag.budget import within_budget
from rag.compose import Statement
from rag.model import Checking, Token, Usage
from rag.prompt import fill
from rag.wording import WORDS

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from rag.answer.draft import Piece
    from rag.answer.judged import Judged
    from rag.fold import Script
    from rag.llm import ChatModel
    from rag.model import Event, Hit

SUPPORTED = "the words that show it stand in the source"
MENDED = "rewritten so that the source supports it"
LONGEST_MISSING = 160


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be written."""

    question: str
    hits: tuple[Hit, ...]
    """Passages within the budget, the best first."""
    budget: int
    """Tokens of passages (tiktoken o200k_base)."""
    script: Script
    tokens: int
    """Written at most."""
    deadline: float
    mark: bool = False
    """Whether what is not supported is shown, marked as such; never what a source contradicts."""


@dataclass(frozen=True, slots=True)
class Written:
    """What stands of what the model wrote."""

    statements: tuple[Statement, ...] = ()
    missing: tuple[str, ...] = ()
    """What the passages do not say, as the model names it."""
    left_out: int = 0
    """Sentences that did not stand up to their check."""
    usage: Usage = field(default_factory=Usage)


def interleaved(found: Sequence[Sequence[Hit]], tokens: int) -> tuple[Hit, ...]:
    """Return the passages of several searches, the best of each first, within a budget."""
    order: dict[str, Hit] = {}
    for rank in range(max(map(len, found), default=0)):
        for hits in found:
            if rank < len(hits):
                order.setdefault(hits[rank].passage.id, hits[rank])
    return tuple(
        within_budget(order.values(), tokens=tokens, text=lambda hit: passages_text([hit]))
    )


def write(
    model: ChatModel, task: Task, lap: Callable[[str], None]
) -> Generator[Event, None, Written]:
    """Yield Token…, Checking; return what stands. ``lap`` is told when a stage ends.

    Raises:
        ModelError: When the model fails at writing or at judging: what is not checked is not shown.
    """
    text, usage = "", Usage()
    messages = fill(
        "write",
        passages=passages_text(task.hits),
        question=task.question,
        language=WORDS[task.script].answer_in,
    )
    for piece in model.stream(messages, max_tokens=task.tokens, deadline=task.deadline):
        text += piece.text
        usage = piece.usage or usage
        if piece.text:
            yield Token(piece.text)
    lap("write")
    yield Checking()
    written = checked(model, task, read_draft(text))
    lap("check")
    return replace(written, usage=usage)


def checked(model: ChatModel, task: Task, draft: Draft) -> Written:
    """Return what of a draft the passages support, as it is or mended once.

    Raises:
        ModelError: When the model fails at judging.
    """
    pieces = list(draft.pieces)
    verdicts = judge(model, task.question, task.hits, pieces, task.deadline)
    again: set[int] = set()
    # A row that is mended as a sentence would no longer be one: it is left out.
    failed = [n for n, v in enumerate(verdicts) if not v.stands and pieces[n].layout != "row"]
    if failed:
        wrong = [(pieces[n], verdicts[n]) for n in failed]
        for n, text in zip(failed, _mended(model, task, wrong), strict=True):
            if text:
                pieces[n] = replace(pieces[n], text=text)
                again.add(n)
        retried = sorted(again)
        judged = judge(model, task.question, task.hits, [pieces[n] for n in retried], task.deadline)
        for n, verdict in zip(retried, judged, strict=True):
            verdicts[n] = verdict
    marked = [task.mark and v.verdict == "unsupported" for v in verdicts]
    stands = without_empty_frames(
        pieces, [v.stands or m for v, m in zip(verdicts, marked, strict=True)]
    )
    said = any(v.sources for v in verdicts)
    return Written(
        statements=tuple(
            _statement(piece, verdict, mended=n in again)
            for n, (piece, verdict) in enumerate(zip(pieces, verdicts, strict=True))
            if said and stands[n]
        ),
        missing=tuple(m[:LONGEST_MISSING] for m in draft.missing),
        left_out=sum(not v.stands for v in verdicts),
    )


def _mended(model: ChatModel, task: Task, wrong: list[tuple[Piece, Judged]]) -> list[str]:
    """What each failed sentence becomes, as plain text without markers."""
    out = []
    for text in mended(model, task.question, task.hits, wrong, task.deadline):
        pieces = read_draft(text).pieces
        out.append("" if not pieces else " ".join(p.text for p in pieces))
    return out


def _statement(piece: Piece, verdict: Judged, *, mended: bool) -> Statement:
    if not verdict.stands:
        return Statement(piece.text, "unsupported", verdict.fault, (), layout=piece.layout)
    return Statement(
        text=piece.text,
        support="supported",
        reason=MENDED if mended else SUPPORTED,
        sources=verdict.sources,
        layout=piece.layout,
    )
