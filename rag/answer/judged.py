"""What a language model says of each sentence of a draft, believed only as far as it can show.

One structured call over all sentences. "supported" counts only with words that stand in the
passages, character for character; they are what is cited. Figures and quotations in the sentence
are compared besides: those a program tells better than a model.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias, TypeVar

from pydantic import BaseModel, ValidationError

from rag.answer.draft import is_label
from rag.answer.quote import context_of
from rag.errors import ModelProtocolError
from rag.excerpt import Excerpt
from rag.figures import figures, missing_figures
from rag.fold import fold
from rag.prompt import fill
from rag.split import whole_sentences

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.answer.draft import Piece
    from rag.model import Hit
    from rag.prompt import Messages

T = TypeVar("T", bound=BaseModel)
Said: TypeAlias = Literal["supported", "contradicted", "unsupported", "label"]

FEWEST = 2
"""Characters of words that show something."""
TOKENS_FOR_EACH = 160
"""Written for a sentence's verdict at most."""
COUNTED_IN_THE_HEAD = 10
"""Up to which a whole number may be counted, as two of three named things; it is the judge's."""
_QUOTATION = re.compile(r"[“「『\"]([^“”「」『』\"]{6,})[”」』\"]")


class _Words(BaseModel):
    passage: int = 0
    text: str = ""


class _Verdict(BaseModel):
    n: int
    verdict: Said
    words: list[_Words | str] = []
    fault: str = ""


class _Verdicts(BaseModel):
    sentences: list[_Verdict]


class _Mended(BaseModel):
    n: int
    text: str = ""


class _Mending(BaseModel):
    sentences: list[_Mended]


@dataclass(frozen=True, slots=True)
class Cited:
    """Sentences of a passage that show what a sentence says."""

    hit: Hit
    excerpt: Excerpt


@dataclass(frozen=True, slots=True)
class Judged:
    """The outcome for one sentence."""

    verdict: Said
    sources: tuple[Cited, ...] = ()
    """What shows it; of a supported sentence never empty."""
    fault: str = ""
    """What is wrong with it, for whoever mends it and for the reader."""

    @property
    def stands(self) -> bool:
        """Whether it may be shown."""
        return self.verdict in {"supported", "label"}


def passages_text(hits: Sequence[Hit]) -> str:
    """Passages as a model reads them, each with its number, title, outlet and date."""
    return "\n\n".join(f"[{n}] {_card(hit)}\n{hit.passage.text}" for n, hit in enumerate(hits, 1))


class Writer(Protocol):
    """What answers a prompt with text: `rag.llm.ChatModel` is one."""

    def write(self, messages: Messages, *, max_tokens: int, deadline: float) -> str:
        """Return all that it writes."""


def judge(
    model: Writer, question: str, hits: Sequence[Hit], pieces: Sequence[Piece], deadline: float
) -> list[Judged]:
    """Return what the passages say of each piece.

    Raises:
        ModelError: When the model fails, or answers with something else than verdicts.
    """
    if not pieces:
        return []
    messages = fill(
        "verdicts",
        passages=passages_text(hits),
        question=question,
        sentences="\n".join(f"{n}. {piece.reading}" for n, piece in enumerate(pieces, 1)),
    )
    written = model.write(
        messages, max_tokens=60 + TOKENS_FOR_EACH * len(pieces), deadline=deadline
    )
    said = {v.n: v for v in parsed(_Verdicts, written).sentences}
    return [_believed(said.get(n), piece, hits) for n, piece in enumerate(pieces, 1)]


def mended(
    model: Writer,
    question: str,
    hits: Sequence[Hit],
    failed: Sequence[tuple[Piece, Judged]],
    deadline: float,
) -> list[str]:
    """Return each failed sentence written once more; empty where nothing of it is left.

    Raises:
        ModelError: As above.
    """
    listed = "\n".join(
        f"{n}. {piece.reading}\n   ({judged.fault})" for n, (piece, judged) in enumerate(failed, 1)
    )
    messages = fill("mend", passages=passages_text(hits), question=question, sentences=listed)
    tokens = 60 + TOKENS_FOR_EACH * len(failed)
    written = model.write(messages, max_tokens=tokens, deadline=deadline)
    texts = {m.n: m.text for m in parsed(_Mending, written).sentences}
    return [texts.get(n, "") for n in range(1, len(failed) + 1)]


def parsed(kind: type[T], written: str) -> T:
    """Read the JSON object in what a model wrote, whatever stands around it."""
    start, end = written.find("{"), written.rfind("}") + 1
    try:
        return kind.model_validate(json.loads(written[start:end]))
    except (ValueError, ValidationError):
        raise ModelProtocolError(
            "The language model did not answer with the JSON that it was asked for, so its "
            "sentences cannot be checked. A more capable model does; YOUJU_ANSWERS=quote does "
            "without one."
        ) from None


def _believed(said: _Verdict | None, piece: Piece, hits: Sequence[Hit]) -> Judged:
    if said is None:
        return Judged("unsupported", fault="it was not judged")
    if said.verdict == "label":
        if is_label(piece) and not figures(piece.text):
            return Judged("label")
        return Judged("unsupported", fault="it states something")
    if said.verdict != "supported":
        return Judged(said.verdict, fault=said.fault or said.verdict)
    sources = _shown(said.words, piece, hits)
    if not sources:
        return Judged("unsupported", fault="the words that should show it are in no passage")
    fault = exact_fault(piece.reading, [s.hit for s in sources])
    return Judged("unsupported", fault=fault) if fault else Judged("supported", sources)


def _shown(words: Sequence[_Words | str], piece: Piece, hits: Sequence[Hit]) -> tuple[Cited, ...]:
    """The sentences of passages that hold the words; none unless all of them are found."""
    found: dict[tuple[int, int, int], Cited] = {}
    for given in words:
        text, named = (given, 0) if isinstance(given, str) else (given.text, given.passage)
        wanted = text.strip()
        if len(wanted) < FEWEST:
            return ()
        order = [n - 1 for n in (named, *piece.markers) if 0 < n <= len(hits)]
        place = next(
            (
                (n, at)
                for n in dict.fromkeys([*order, *range(len(hits))])
                if (at := hits[n].passage.text.find(wanted)) >= 0
            ),
            None,
        )
        if place is None:
            return ()
        n, at = place
        passage = hits[n].passage
        low, high = whole_sentences(passage.text, at, at + len(wanted))
        excerpt = Excerpt(passage.spans, passage.text).cut(low, high).strip()
        found[n, low, high] = Cited(hits[n], excerpt)
    return tuple(found.values())


def exact_fault(claim: str, hits: Sequence[Hit]) -> str:
    """A figure, or a quotation, that no passage cited holds; empty where all are there."""
    read = "\n".join(f"{_card(h)}\n{context_of(h)}\n{h.passage.text}" for h in hits)
    known = figures(read)
    for figure in missing_figures(claim, read):
        counted = figure.value <= COUNTED_IN_THE_HEAD and figure.value == int(figure.value)
        if not counted and not any(figure.rounds(k) for k in known):
            return f"{figure.written.strip()} is in no passage cited"
    folded = fold(read)
    for quoted in _QUOTATION.findall(claim):
        if fold(quoted).strip("，。,.!?！？ ") not in folded:
            return f"“{quoted}” is no quotation of a passage cited"
    return ""


def _card(hit: Hit) -> str:
    details = " · ".join(filter(None, (hit.outlet, hit.published, *hit.passage.section)))
    return f"《{hit.title}》{f' ({details})' if details else ''}"
