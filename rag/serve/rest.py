"""REST: ask, search, and the documents. The schema is at ``/api/openapi.json``."""
# ruff: noqa: TC002 - FastAPI reads the annotations when it runs

from __future__ import annotations

import hashlib
import json
import re
import shutil
from contextlib import aclosing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, File, HTTPException, Query, UploadFile
from fastapi import Form as FormField
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import StreamingResponse

from rag.errors import BadFileError, NotFoundError, YoujuError
from rag.load import short_name
from rag.model import Answer, Checked, Checking, Done, Evidence, Hit, Token, join_spans
from rag.serve.answering import Alive, Asked, Position
from rag.serve.forms import Card, Date, Form, Name, Question, Scope, card_of
from rag.serve.gate import FOR_EDITORS
from rag.serve.problems import events, fault_of, problems
from rag.serve.service import Shared

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from rag.build import FileResult, Youju
    from rag.serve.answering import Step
    from rag.serve.service import Service

router = APIRouter(prefix="/api", tags=["documents and questions"])

UPLOADS = "uploads"
"""Folder in the home that holds what was uploaded."""
_SPANS = r"^[0-9]{1,9}-[0-9]{1,9}(,[0-9]{1,9}-[0-9]{1,9}){0,99}$"
_IN = problems(401, 403, 421)
_ASKED = {**_IN, **problems(400, 404, 413, 422, 429)}
_MODEL = problems(502, 503, 504)


class Turn(Form):
    """An earlier question with its answer."""

    question: str = Field(max_length=4000)
    answer: str = Field(max_length=20_000)


class AskForm(Form):
    """A question."""

    question: Question
    history: list[Turn] = Field(default=[], max_length=50, description="Oldest first.")
    scope: Scope = Field(default=Scope())

    def asked(self, service: Service) -> Asked:
        """Return the question with its history and filters."""
        return Asked(
            self.question,
            tuple((turn.question, turn.answer) for turn in self.history),
            self.scope.filters(service.youju),
        )


class SearchForm(Form):
    """What to search for."""

    question: Question
    k: int = Field(default=8, ge=1, le=100, description="How many passages.")
    scope: Scope = Field(default=Scope())


class Hits(BaseModel):
    """Passages, the best first."""

    hits: list[Hit]


class Documents(BaseModel):
    """Some of the documents, by id."""

    documents: list[Card]
    total: int


class DocumentText(BaseModel):
    """A document's card with its text, or some of it."""

    card: Card
    text: str = Field(description="The characters [start, end).")
    start: int
    end: int
    length: int = Field(description="Characters of the whole text.")
    quote: str | None = Field(description="The characters that `spans` select.")


class Added(BaseModel):
    """What became of one file."""

    file: str
    state: str = Field(description="added, updated, unchanged, same text, failed …")
    document_ids: list[str]
    passages: int
    reason: str


class AddedFiles(BaseModel):
    """What became of each file."""

    results: list[Added]


class ScopeFacts(BaseModel):
    """What filters may name, and how many documents some let through."""

    outlets: list[str]
    languages: list[str]
    tags: list[str]
    documents: list[Card]
    total: int


def _editor(request: Request) -> None:
    if not request.scope["youju.reader"].may_edit:
        raise HTTPException(403, FOR_EDITORS)


def _log_question(request: Request, service: Service, question: str) -> None:
    if service.youju.settings.log_texts:
        request.scope["youju.log"] = {"question": question}


# --- asking


@router.post("/ask", responses={**_ASKED, **_MODEL})
async def ask(request: Request, service: Shared, form: AskForm) -> Answer:
    """Answer a question. A refusal is an answer: look at `outcome`."""
    _log_question(request, service, form.question)
    return await service.answering.answer(form.asked(service), request)


@router.post(
    "/ask/stream",
    response_class=StreamingResponse,
    responses={
        **_ASKED,
        200: {
            "content": events(
                "evidence", "position", "draft", "checking", "checked", "answer", "error"
            )
        },
    },
)
async def ask_step_by_step(request: Request, service: Shared, form: AskForm) -> StreamingResponse:
    """Answer a question step by step, as server-sent events.

    `evidence` (found before anything is written) · `position` (the place in line) · `draft` (a
    piece of the model's draft, **not checked**: what stands comes with `answer`) · `checked` (a
    sentence that stands) · then `answer`, or `error`: no stream ends well without one of these.
    """
    _log_question(request, service, form.question)
    steps = service.answering.steps(form.asked(service))
    return StreamingResponse(_events(steps), media_type="text/event-stream")


async def _events(steps: Any) -> AsyncIterator[str]:  # noqa: ANN401
    async with aclosing(steps):
        try:
            async for step in steps:
                yield _event(step)
        except YoujuError as error:
            yield _sse("error", fault_of(error).model_dump())


def _event(step: Step) -> str:
    event: tuple[str, object]
    match step:
        case Alive():
            return ": still here\n\n"
        case Evidence():
            event = "evidence", asdict(step)
        case Position(place=place):
            event = "position", {"place": place}
        case Token(text=text):
            event = "draft", {"text": text}
        case Checking():
            event = "checking", {}
        case Checked():
            event = "checked", asdict(step.sentence)
        case Done(answer=answer):
            event = "answer", answer.to_dict()
    return _sse(*event)


def _sse(event: str, data: object) -> str:
    return f"event: {event}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"


@router.post("/search", responses={**_ASKED, **problems(502, 503)})
async def search(request: Request, service: Shared, form: SearchForm) -> Hits:
    """Find passages; no language model is asked."""
    _log_question(request, service, form.question)
    youju = service.youju

    def find() -> list[Hit]:
        return youju.search(form.question, form.k, form.scope.filters(youju))

    return Hits(hits=await service.lanes.run(service.lanes.search, find))


# --- documents


@router.get("/documents", responses={**_IN, **problems(422)})
async def list_documents(
    service: Shared,
    offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Documents:
    """List the documents, by id."""

    def read() -> Documents:
        documents = service.youju.documents()
        cards = _cards(service.youju, documents[offset : offset + limit])
        return Documents(documents=cards, total=len(documents))

    return await service.lanes.run(service.lanes.documents, read)


def _cards(youju: Youju, documents: Any) -> list[Card]:  # noqa: ANN401
    passages = youju.ledger.count_passages([d.id for d in documents])
    return [card_of(d, passages.get(d.id, 0)) for d in documents]


@router.get("/documents/{document_id}", responses={**_IN, **problems(404, 422)})
async def get_document(
    service: Shared,
    document_id: str,
    start: Annotated[int, Query(ge=0, le=10**9)] = 0,
    end: Annotated[int | None, Query(ge=0, le=10**9)] = None,
    spans: Annotated[
        str | None, Query(pattern=_SPANS, description="Of a citation: 120-158,170-203.")
    ] = None,
) -> DocumentText:
    """Return a document with its text or a part of it, and the characters of a citation.

    Positions count Unicode code points; `end` is exclusive, and cut to the length of the text.
    """

    def read() -> DocumentText:
        document = service.youju.document(document_id)
        text = document.text
        last = len(text) if end is None else min(end, len(text))
        quote = join_spans(text, _read_spans(spans, len(text))) if spans else None
        return DocumentText(
            card=_cards(service.youju, [document])[0],
            text=text[start:last],
            start=min(start, last),
            end=last,
            length=len(text),
            quote=quote,
        )

    return await service.lanes.run(service.lanes.documents, read)


def _read_spans(written: str, length: int) -> tuple[tuple[int, int], ...]:
    spans = []
    for part in written.split(","):
        start, _, end = part.partition("-")
        if not int(start) <= int(end) <= length:
            raise BadFileError(f"{part} does not lie within the document's {length} characters.")
        spans.append((int(start), int(end)))
    return tuple(spans)


@router.post(
    "/documents",
    dependencies=[Depends(_editor)],
    responses={**_IN, **problems(400, 409, 413, 422, 429, 502, 503)},
)
async def add_documents(
    service: Shared,
    files: Annotated[list[UploadFile], File(min_length=1, max_length=1000)],
    tags: Annotated[list[Name], FormField(max_length=100)] = [],  # noqa: B006 - FastAPI copies it
) -> AddedFiles:
    """Add files. Each is reported for itself: a bad one does not keep the others out."""

    def add() -> AddedFiles:
        kept = [_keep(service.youju.settings.home / UPLOADS, file) for file in files]
        results = service.youju.add(*kept, tags=tags or None)
        for result in results:
            if result.state == "failed":
                _forget(Path(result.path))
        return AddedFiles(results=[_added(r) for r in results])

    return await service.lanes.run(service.lanes.changes, add)


def _keep(uploads: Path, file: UploadFile) -> Path:
    """Store an upload under the hash of its bytes: files of one name do not replace each other."""
    digest = hashlib.file_digest(file.file, "sha256").hexdigest()[:16]  # type: ignore[arg-type]
    folder = uploads / digest
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / safe_name(file.filename or "")
    file.file.seek(0)
    with path.open("wb") as out:
        shutil.copyfileobj(file.file, out)
    return path


def safe_name(name: str) -> str:
    """Return a file's name without folders, control characters and leading dots.

    At most 120 bytes.
    """
    last = re.split(r"[/\\]", name)[-1]
    clean = "".join(c if c.isprintable() and c not in '<>:"|?*!' else "_" for c in last)
    clean = clean.encode("utf-8", "replace").decode().strip(". ")
    return short_name(clean) or "upload"


def _forget(path: Path) -> None:
    path.unlink(missing_ok=True)
    if path.parent.is_dir() and not any(path.parent.iterdir()):
        path.parent.rmdir()


def _added(result: FileResult) -> Added:
    path = Path(result.path)
    return Added(
        file=path.name,
        state=result.state,
        document_ids=list(result.document_ids),
        passages=result.passages,
        reason=result.reason.replace(str(path.parent) + "/", ""),
    )


@router.delete(
    "/documents/{document_id}",
    dependencies=[Depends(_editor)],
    responses={**_IN, **problems(404, 409, 422, 429, 503)},
)
async def remove_document(service: Shared, document_id: str) -> Card:
    """Remove a document, by its whole id, and the uploaded file that nothing else is read from."""

    def remove() -> Card:
        youju = service.youju
        document = youju.ledger.card(document_id)
        if document.id != document_id:
            raise NotFoundError(f"No document has the id {document_id!r}: give the whole id.")
        card = _cards(youju, [document])[0]
        youju.remove(document.id)
        file = Path(document.file)
        uploaded = (youju.settings.home / UPLOADS).resolve() in file.resolve().parents
        if uploaded and not youju.ledger.documents_of(document.file):
            _forget(file)
        return card

    return await service.lanes.run(service.lanes.changes, remove)


@router.get("/scope", responses={**_IN, **problems(404, 422)})
async def scope(  # noqa: PLR0913, PLR0917 - FastAPI reads the query from the arguments
    service: Shared,
    document: Annotated[list[Name], Query(max_length=100)] = [],  # noqa: B006
    outlet: Annotated[list[Name], Query(max_length=100)] = [],  # noqa: B006
    language: Annotated[list[Name], Query(max_length=10)] = [],  # noqa: B006
    tag: Annotated[list[Name], Query(max_length=100)] = [],  # noqa: B006
    since: Annotated[Date | None, Query()] = None,
    until: Annotated[Date | None, Query()] = None,
    limit: Annotated[int, Query(ge=0, le=1000)] = 100,
) -> ScopeFacts:
    """Tell what filters may name, and the documents that these let through."""
    form = Scope(
        documents=document, outlets=outlet, languages=language, tags=tag, since=since, until=until
    )

    def read() -> ScopeFacts:
        facts = service.youju.scope(form.filters(service.youju))
        return ScopeFacts(
            outlets=list(facts.outlets),
            languages=list(facts.languages),
            tags=list(facts.tags),
            documents=_cards(service.youju, facts.documents[:limit]),
            total=len(facts.documents),
        )

    return await service.lanes.run(service.lanes.documents, read)
