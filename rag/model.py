"""The values that flow through Youju, from a file to an answer. Standard library only.

    Document -> Passage -> Hit -> Citation -> Answer

All are frozen: a stage makes new values and never edits the ones it was given. Positions are
Python string offsets (code points) into ``Document.text``; a span is ``(start, end)``, end
exclusive. The one law of this package: for every passage and citation,
``join_spans(document.text, x.spans)`` is exactly its ``text`` or ``quote``.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal, TypeAlias

Span: TypeAlias = tuple[int, int]
Spans: TypeAlias = tuple[Span, ...]

Kind: TypeAlias = Literal["body", "comment", "reference", "caption", "credit", "boilerplate"]
Outcome: TypeAlias = Literal["answered", "partial", "refused"]
Support: TypeAlias = Literal["supported", "quoted", "partial", "unsupported"]
Leg: TypeAlias = Literal["dense", "lexical"]


def join_spans(text: str, spans: Spans) -> str:
    """Return the characters of ``text`` that ``spans`` select, in their order."""
    return "".join(text[start:end] for start, end in spans)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One text with what is known about it. ``text`` is what was decoded, unchanged."""

    id: str
    title: str
    text: str
    sha256: str
    """Of ``text`` in UTF-8: the content hash."""
    source: str
    """Where it was read from: an absolute path."""
    outlet: str | None = None
    author: str | None = None
    url: str | None = None
    published: str | None = None
    """ISO date, as precise as is known: ``2025-09-19``, ``2026-03`` or ``2023``."""
    published_from: str | None = None
    """How ``published`` was found: ``front matter``, ``manifest``, ``text``, ``inferred: …``."""
    language: str = "zh"

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON types, the text included."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """The unit of retrieval: some sentences of one document, possibly from several places."""

    id: str
    document_id: str
    ordinal: int
    """Position among the document's passages, from 0."""
    spans: Spans
    text: str
    kind: Kind = "body"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A passage found for a question, with its document's card and how it was found."""

    passage: Passage
    title: str
    outlet: str | None
    author: str | None
    published: str | None
    score: float
    """Fused score: comparable within one search only."""
    by: dict[Leg, int]
    """Rank (from 1) in each leg that found it."""
    similarity: float | None = None
    """Cosine between question and passage after centring, where the dense leg saw it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """What a marker ``[n]`` stands for: exact characters of one document."""

    marker: int
    document_id: str
    title: str
    outlet: str | None
    published: str | None
    spans: Spans
    quote: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """One sentence of an answer and what the check against its sources found."""

    text: str
    """Without markers."""
    markers: tuple[int, ...]
    support: Support
    """``quoted``: copied from the source because the model's own sentence failed."""
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens as the endpoint counted them; zero where no model was asked."""

    prompt_tokens: int = 0
    completion_tokens: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The whole outcome of one question. ``to_dict`` is also the eval record's form."""

    question: str
    understood_as: str
    """The question made to stand alone; equal to ``question`` without a history."""
    text: str
    """Sentences with their ``[n]`` markers; on a refusal, what is missing."""
    outcome: Outcome
    sentences: tuple[Sentence, ...]
    citations: tuple[Citation, ...]
    hits: tuple[Hit, ...]
    model: str
    usage: Usage = Usage()
    timings: dict[str, float] = field(default_factory=dict)
    """Seconds by stage; ``total`` is wall time."""
    signals: dict[str, float] = field(default_factory=dict)
    """The numbers that the decision to answer or refuse was made from."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON types (tuples become lists when dumped)."""
        return asdict(self)


# What ``stream`` yields, in this order: Evidence, Token…, Checked…, Done.


@dataclass(frozen=True, slots=True)
class Evidence:
    """The best supporting sentences, found before the model has written anything."""

    citations: tuple[Citation, ...]
    hits: tuple[Hit, ...]
    understood_as: str


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the model's draft: provisional, not checked yet."""

    text: str


@dataclass(frozen=True, slots=True)
class Checked:
    """A sentence of the draft after its check."""

    sentence: Sentence


@dataclass(frozen=True, slots=True)
class Done:
    """The end: the answer that stands."""

    answer: Answer


Event: TypeAlias = Evidence | Token | Checked | Done
