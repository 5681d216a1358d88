"""The values that flow through Youju, from a file to an answer. Standard library only.

    Parsed -> Document -> Passage -> Hit -> Citation -> Answer

All are frozen: a stage makes new values and never edits the ones it was given. Positions are
Python string offsets (code points) into ``Document.text``; a span is ``(start, end)``, end
exclusive. The one law of this package: for every passage and citation,
``join_spans(document.text, x.spans)`` is exactly its ``text`` or ``quote``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, TypeAlias

Span: TypeAlias = tuple[int, int]
Spans: TypeAlias = tuple[Span, ...]

Kind: TypeAlias = Literal["body", "comment", "reference", "caption", "credit", "boilerplate"]
Outcome: TypeAlias = Literal["answered", "partial", "refused", "declined"]
Support: TypeAlias = Literal["supported", "quoted", "partial", "unsupported", "contradicted"]
Layout: TypeAlias = Literal["", "paragraph", "item", "row", "heading"]
Leg: TypeAlias = Literal["dense", "lexical"]
Role: TypeAlias = Literal[
    "page", "heading", "paragraph", "kind", "author", "table", "header", "anchor", "note"
]


def join_spans(text: str, spans: Spans) -> str:
    """Return the characters of ``text`` that ``spans`` select, in their order."""
    return "".join(text[start:end] for start, end in spans)


def vector_key(model_name: str, text: str) -> str:
    """Name of the vector that ``model_name`` gives ``text``."""
    return hashlib.sha256(f"{model_name}\0{text}".encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Mark:
    """What a file's format tells about the characters ``[start, end)`` of its text.

    ==========  ==================================================  ======================
    role        what the characters are                             value
    ==========  ==================================================  ======================
    page        one page or slide                                   its number, from 1
    heading     a heading, alone on its line                        its level, 1 to 6
    paragraph   one paragraph whose line breaks are only layout     empty
    kind        lines of a class the format knows                   a ``Kind``
    author      the name of who wrote the comment that follows      empty
    table       the rows of one table, a line each                  empty
    header      the header lines within a table                     empty
    anchor      a footnote's mark in the text                       the note's key
    note        a footnote's text                                   the note's key
    ==========  ==================================================  ======================
    """

    start: int
    end: int
    role: Role
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """One text out of a file, with what the file itself tells of it. A file may hold several."""

    text: str
    format: str
    """What it was read as: ``text``, ``html``, ``pdf``, …"""
    part: str = ""
    """Which part of the file: a member's path, a record's number; empty for the whole."""
    marks: tuple[Mark, ...] = ()
    encoding: str | None = None
    """How bytes became text, where that had to be found out: ``gb18030``, ``utf-8``, …"""
    title: str | None = None
    outlet: str | None = None
    author: str | None = None
    url: str | None = None
    published: str | None = None
    published_from: str | None = None
    tags: tuple[str, ...] = ()
    note: str = ""
    """What a reader of the report should know, such as a wrong file extension."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One text with what is known about it. ``text`` is what was decoded, unchanged."""

    id: str
    title: str
    text: str
    sha256: str
    """Of ``text`` in UTF-8: the content hash."""
    source: str
    """Where it was read from: an absolute path; ``path!part`` for a part of a file."""
    outlet: str | None = None
    author: str | None = None
    url: str | None = None
    published: str | None = None
    """ISO date, as precise as is known: ``2025-09-19``, ``2026-03`` or ``2023``."""
    published_from: str | None = None
    """How ``published`` was found: ``front matter``, ``metadata``, ``manifest``, ``text`` (its own
    dateline) or ``inferred: …``."""
    language: str = "zh"
    script: str = "hans"
    """``hans``, ``hant`` or ``latin``."""
    format: str = "text"
    encoding: str | None = None
    marks: tuple[Mark, ...] = ()
    """What its format told about its characters."""
    near: str | None = None
    """Id of the document that tells nearly the same in the same words and stands for both."""
    part: str = ""
    """Which part of its file it is; empty for the whole."""
    tags: tuple[str, ...] = ()
    """Its own, then those that its file was given."""

    @property
    def file(self) -> str:
        """Path of the file that it was read from."""
        return self.source[: -len(self.part) - 1] if self.part else self.source

    @property
    def inferred(self) -> bool:
        """Whether ``published`` was worked out rather than read."""
        return (self.published_from or "").startswith("inferred")

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
    section: tuple[str, ...] = ()
    """The headings above it, outermost first."""
    pages: tuple[int, ...] = ()
    """The page of each span, in a document that has pages."""
    anchor: Spans = ()
    """For a footnote: the sentence of the text that it belongs to; for a comment: who wrote it."""

    def page_at(self, offset: int) -> int | None:
        """Return the page on which ``offset`` stands, in a document that has pages."""
        for (start, end), page in zip(self.spans, self.pages, strict=False):
            if start <= offset < end:
                return page
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What may be found. Empty means everything; of several values any will do."""

    documents: tuple[str, ...] = ()
    """Ids."""
    outlets: tuple[str, ...] = ()
    """Names, compared without regard to script and case."""
    since: str | None = None
    """Earliest date of publication, as precise as is wanted: ``2025``, ``2025-06``…"""
    until: str | None = None
    """Latest date, the whole of it: ``2025`` takes in 2025-12-31. A document without a date is
    outside of any range."""
    languages: tuple[str, ...] = ()
    """``zh``, ``en``."""
    kinds: tuple[Kind, ...] = ()
    tags: tuple[str, ...] = ()
    """Compared as outlets are."""

    def by_document(self) -> bool:
        """Whether any filter concerns documents, rather than the class of passages alone."""
        named = self.documents or self.outlets or self.languages or self.tags
        return bool(named or self.since or self.until)

    def allows(self, document: Document, same_name: Callable[[str, str], bool]) -> bool:
        """Whether a document passes; ``same_name`` compares outlets, and tags."""
        if self.documents and document.id not in self.documents:
            return False
        if self.languages and document.language not in self.languages:
            return False
        outlet = document.outlet or ""
        if self.outlets and not any(same_name(outlet, o) for o in self.outlets):
            return False
        if self.tags and not any(same_name(t, w) for t in document.tags for w in self.tags):
            return False
        if self.since or self.until:
            date = document.published or ""
            # 2025 is not before 2025-06: only what both dates tell is compared.
            early = self.since is not None and date[: len(self.since)] < self.since[: len(date)]
            late = self.until is not None and date[: len(self.until)] > self.until
            return bool(date) and not early and not late
        return True


@dataclass(frozen=True, slots=True)
class Within:
    """Where a search looks: in which documents, classes and language; None: in all."""

    documents: frozenset[str] | None = None
    kinds: frozenset[str] | None = None
    language: str | None = None
    """Of the passage itself: an English footnote of a Chinese article is English."""


ANYWHERE = Within()


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file whose documents are in the ledger."""

    path: str
    key: str
    """Hash of its bytes and of what else shaped its documents."""
    twin: str | None = None
    """Its text is already in, as the document with this id."""
    tags: tuple[str, ...] = ()
    """Given to the file when it was added; its documents have them beside their own."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A document as it enters the ledger."""

    document: Document
    passages: Sequence[Passage]
    keys: Sequence[str | None]
    """Name of each passage's vector; None for one that is not searched."""
    sketch: bytes = b""
    """By which near-duplicates are known (``rag/near.py``)."""
    bands: Sequence[bytes] = ()
    near: frozenset[str] = frozenset()
    """Ids of the documents that it is a near-duplicate of."""
    names: Sequence[tuple[str, str]] = ()
    """Names that its text gives twice: 特朗普 and 川普 in 特朗普（川普）."""


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
    inferred: bool = False
    """Whether ``published`` was worked out rather than read."""
    about: str = ""
    """What the passage leans on, as printed: a footnote's sentence, who wrote a comment; else the
    sentence before."""
    year: str = ""
    """The last year that its document names before it: that of a month told without one."""
    time: str = ""
    """How its date fits the time that the question speaks of: “published 2023-10, within …”."""
    page: int | None = None
    """Where the passage begins, in a document that has pages."""
    story: str = ""
    """The document that stands for its near-duplicates: its own id where it has none."""
    also: tuple[str, ...] = ()
    """Ids of near-duplicate documents that say the same."""

    @classmethod
    def of(
        cls,
        passage: Passage,
        card: Document,
        score: float = 0.0,
        by: dict[Leg, int] | None = None,
        similarity: float | None = None,
    ) -> Hit:
        """Return a passage with its document's card."""
        return cls(
            passage=passage,
            title=card.title,
            outlet=card.outlet,
            author=card.author,
            published=card.published,
            score=score,
            by=by or {},
            similarity=similarity,
            inferred=card.inferred,
            story=card.near or card.id,
            page=passage.pages[0] if passage.pages else None,
        )

    @property
    def kind(self) -> Kind:
        """Class of the passage."""
        return self.passage.kind


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
    inferred: bool = False
    """Whether ``published`` was worked out rather than read."""
    page: int | None = None
    """Of the document's pages, where it has any."""
    kind: Kind = "body"


QUOTED = "quoted as it stands"
"""Why a sentence is a quotation: that is how it was asked to answer."""
COUNTED = "counted over all documents"
"""Why a sentence of Youju's own stands: what it counts is listed with its citations."""
DISAGREE = "the sources disagree"
"""Why it is one beside others: it is one side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """One sentence of an answer and what the check against its sources found."""

    text: str
    """Without markers."""
    markers: tuple[int, ...]
    support: Support
    """``quoted``: copied from the source, because that is how it was asked to answer or because
    the model's own sentence failed."""
    reason: str
    side: str = ""
    """Who says so and when, where the sources disagree; sentences of one side have the same."""
    layout: Layout = ""
    """How it begins: right behind the sentence before, or as a paragraph, list item, table row
    or heading of its own."""
    short: Spans = ()
    """``[start, end)`` in ``text`` of the words that answer in short; empty where none were
    pointed at."""
    translation: str = ""
    """A quotation in the question's language, as a model translates it: no words of the source."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens as the endpoint counted them; zero where no model was asked."""

    prompt_tokens: int = 0
    completion_tokens: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            completion_tokens=self.completion_tokens + other.completion_tokens,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The whole outcome of one question. ``to_dict`` is also the eval record's form."""

    question: str
    understood_as: str
    """The question made to stand alone; equal to ``question`` without a history."""
    text: str
    """Sentences with their ``[n]`` markers; on a refusal, what is missing."""
    outcome: Outcome
    """``partial``: a part of the question stays open; ``declined``: it asks nothing of the
    documents, such as for a poem."""
    sentences: tuple[Sentence, ...]
    citations: tuple[Citation, ...]
    hits: tuple[Hit, ...]
    model: str
    usage: Usage = Usage()
    timings: dict[str, float] = field(default_factory=dict)
    """Seconds by stage; ``total`` is wall time."""
    signals: dict[str, float] = field(default_factory=dict)
    """The numbers that the decision to answer or refuse was made from."""
    missing: tuple[str, ...] = ()
    """The parts of the question that the documents do not answer."""
    note: str = ""
    """What a reader should know of how the answer came about: no model could be reached; as of
    which date it holds."""
    model_failure: str = ""
    """What the model failed with, or the way to it; empty where it answered or there is none."""
    searches: tuple[str, ...] = ()
    """Further questions that the documents were searched with, for what a first draft left open."""

    @property
    def silent(self) -> bool:
        """Whether it says nothing of the documents, and so cites nothing."""
        return self.outcome in {"refused", "declined"}

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON types (tuples become lists when dumped)."""
        return asdict(self)


# What ``stream`` yields, in this order: Evidence, Token…, Checking, Checked…, Done.


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
class Checking:
    """A draft is written and being checked. Tokens that follow are of another draft."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A sentence of the draft after its check."""

    sentence: Sentence


@dataclass(frozen=True, slots=True)
class Done:
    """The end: the answer that stands."""

    answer: Answer


Event: TypeAlias = Evidence | Token | Checking | Checked | Done
