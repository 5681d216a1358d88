"""What goes over the wire, where it is not one of the values of ``rag.model`` itself."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from rag.model import Citation, Filters, Hit, Kind, Outcome, Sentence, Spans

if TYPE_CHECKING:
    from rag.build import Youju
    from rag.model import Answer, Document

NEAREST = 3
"""Passages shown on a refusal: the nearest, and no answer."""

Question = Annotated[str, StringConstraints(min_length=1, max_length=4000, pattern=r"\S")]
Date = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class Form(BaseModel):
    """A body of a request: a key that is not known is an error."""

    model_config = ConfigDict(extra="forbid")


class Scope(Form):
    """Which documents and passages may be read; empty: all. Of several values any will do."""

    documents: list[Name] = Field(
        default=[], max_length=1000, description="Ids, or beginnings of ids."
    )
    outlets: list[Name] = Field(default=[], max_length=1000)
    languages: list[Name] = Field(default=[], max_length=10, description="zh, en")
    kinds: list[Kind] = Field(default=[], max_length=10, description="Classes of passages.")
    tags: list[Name] = Field(default=[], max_length=1000)
    since: Date | None = Field(
        default=None, description="2025, 2025-06 or 2025-06-05: then or later."
    )
    until: Date | None = Field(default=None, description="Then or earlier.")

    def filters(self, youju: Youju) -> Filters:
        """Return the filters.

        Raises:
            NotFoundError: When a document is not there.
        """
        return Filters(
            documents=tuple(youju.document(id).id for id in self.documents),
            outlets=tuple(self.outlets),
            languages=tuple(self.languages),
            kinds=tuple(self.kinds),
            tags=tuple(self.tags),
            since=self.since,
            until=self.until,
        )


class Fault(BaseModel):
    """What went wrong, and what to do."""

    message: str
    type: str
    code: str | None = None
    param: str | None = None


class Problem(BaseModel):
    """The body of every error, in the form that OpenAI's clients read."""

    error: Fault


class Card(BaseModel):
    """What is known of a document."""

    id: str
    title: str
    outlet: str | None
    author: str | None
    url: str | None
    published: str | None
    inferred: bool = Field(description="Whether the date was worked out rather than read.")
    language: str
    script: str
    format: str
    file: str = Field(description="Name of the file that it was read from.")
    part: str = Field(description="Which part of the file it is; empty for the whole.")
    near: str | None = Field(description="Id of the near-duplicate that stands for both.")
    tags: list[str]
    passages: int = Field(description="Passages that are searched.")


def card_of(document: Document, passages: int) -> Card:
    """Return what readers may know of a document: not where it lies on the server's disk."""
    return Card(
        id=document.id,
        title=document.title,
        outlet=document.outlet,
        author=document.author,
        url=document.url,
        published=document.published,
        inferred=document.inferred,
        language=document.language,
        script=document.script,
        format=document.format,
        file=PurePath(document.file).name,
        part=document.part,
        near=document.near,
        tags=list(document.tags),
        passages=passages,
    )


class Nearest(BaseModel):
    """A passage that came nearest to a question that the documents do not answer."""

    document_id: str
    title: str
    outlet: str | None
    published: str | None
    spans: Spans
    text: str


class Evidence(BaseModel):
    """The field ``youju`` beside an answer's text: what the text stands on."""

    outcome: Outcome
    understood_as: str
    sentences: list[Sentence]
    citations: list[Citation]
    missing: list[str]
    note: str
    model_failure: str = Field(description="Why the model wrote nothing, where it failed.")
    searches: list[str] = Field(
        description="Further questions that the documents were searched with, for what a first "
        "draft left open."
    )
    nearest: list[Nearest] = Field(description="On a refusal only.")
    model: str


def evidence_of(answer: Answer) -> Evidence:
    """Return what an answer stands on; on a refusal, what came nearest."""
    return Evidence(
        outcome=answer.outcome,
        understood_as=answer.understood_as,
        sentences=list(answer.sentences),
        citations=list(answer.citations),
        missing=list(answer.missing),
        note=answer.note,
        model_failure=answer.model_failure,
        searches=list(answer.searches),
        nearest=[nearest_of(h) for h in answer.hits[:NEAREST]] if answer.silent else [],
        model=answer.model,
    )


def nearest_of(hit: Hit) -> Nearest:
    """Return a hit as it is told: which characters of which document."""
    return Nearest(
        document_id=hit.passage.document_id,
        title=hit.title,
        outlet=hit.outlet,
        published=hit.published,
        spans=hit.passage.spans,
        text=hit.passage.text,
    )
