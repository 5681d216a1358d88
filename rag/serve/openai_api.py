"""OpenAI's protocol: any client of it asks the documents, Open WebUI among them.

The draft is never streamed: of text nothing goes out before it is checked, so a client that stops
reading at any point holds only sentences that stand. While the answer is made, chunks whose delta
is empty tell in the field ``youju`` how far it is.
"""
# ruff: noqa: TC002 - FastAPI reads the annotations when it runs

from __future__ import annotations

import json
import time
import uuid
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Literal

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import StreamingResponse

from rag.compose import markdown_of
from rag.errors import YoujuError
from rag.model import Checking, Done
from rag.model import Evidence as Found
from rag.serve.answering import Alive, Asked, Position
from rag.serve.footnotes import under, whole, without_under
from rag.serve.forms import Evidence, Scope, evidence_of
from rag.serve.problems import events, fault_of, problems
from rag.serve.service import Shared
from rag.split import sentences

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Iterator

    from rag.model import Answer
    from rag.serve.answering import Step
    from rag.serve.service import Service

router = APIRouter(prefix="/v1", tags=["OpenAI's protocol"])

MODEL = "youju"
MOST_MESSAGES = 200


class Part(BaseModel):
    """A piece of a message: only text is read."""

    type: str
    text: str = ""


class Message(BaseModel):
    """One message of a conversation."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[Part] | None = None

    def text(self) -> str:
        """Return its text."""
        if isinstance(self.content, list):
            return "".join(part.text for part in self.content if part.type == "text")
        return self.content or ""


class StreamOptions(BaseModel):
    """What a stream tells beside the text."""

    include_usage: bool = False


class ChatForm(BaseModel):
    """A chat completion. What is not named here, such as `temperature`, changes nothing."""

    model: str = Field(max_length=200, examples=[MODEL])
    messages: list[Message] = Field(
        min_length=1,
        max_length=MOST_MESSAGES,
        description="The last one is the user's question; earlier ones are its history. System "
        "messages are not read: what is answered, and how, is not theirs to say.",
    )
    stream: bool = False
    stream_options: StreamOptions | None = None
    youju: Scope = Field(default=Scope(), description="Which documents may be read.")


class Reply(BaseModel):
    """What was answered."""

    role: Literal["assistant"] = "assistant"
    content: str
    youju: Evidence


class Choice(BaseModel):
    """The one answer."""

    index: Literal[0] = 0
    message: Reply
    finish_reason: Literal["stop"] = "stop"
    logprobs: None = None


class Tokens(BaseModel):
    """As the model's endpoint counted them."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class Completion(BaseModel):
    """A chat completion."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    choices: list[Choice]
    usage: Tokens


class Model(BaseModel):
    """What may be asked."""

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: str


class Models(BaseModel):
    """All that may be asked: one."""

    object: Literal["list"] = "list"
    data: list[Model]


@router.get("/models", responses=problems(401, 403, 421))
async def list_models() -> Models:
    """List what may be asked."""
    return Models(data=[Model(id=MODEL, created=0, owned_by="youju")])


@router.post(
    "/chat/completions",
    response_model=Completion,
    responses={
        **problems(400, 401, 403, 404, 413, 421, 422, 429, 502, 503, 504),
        200: {"content": events()},
    },
)
async def complete(
    request: Request, service: Shared, form: ChatForm
) -> Completion | StreamingResponse:
    """Answer the last message; see docs/http.md for the field `youju`."""
    if form.model != MODEL:
        raise HTTPException(404, f"There is one model here: {MODEL!r}.")
    asked = _asked(form, service)
    if service.youju.settings.log_texts:
        request.scope["youju.log"] = {"question": asked.question}
    if form.stream:
        usage = bool(form.stream_options and form.stream_options.include_usage)
        chunks = _chunks(service.answering.steps(asked), include_usage=usage)
        return StreamingResponse(chunks, media_type="text/event-stream")
    answer = await service.answering.answer(asked, request)
    reply = Reply(content=whole(answer), youju=evidence_of(answer))
    return Completion(
        id=_id(),
        created=int(time.time()),
        model=MODEL,
        choices=[Choice(message=reply)],
        usage=_tokens(answer),
    )


def _asked(form: ChatForm, service: Service) -> Asked:
    """The last message with the questions and answers before it.

    Raises:
        HTTPException: When the last message is not a question.
    """
    spoken = [m for m in form.messages if m.role in {"user", "assistant"}]
    if not spoken or spoken[-1].role != "user" or not spoken[-1].text().strip():
        raise HTTPException(422, "The last message must be the user's, and not empty.")
    history: list[tuple[str, str]] = []
    question = ""
    for message in spoken[:-1]:
        if message.role == "user":
            question = message.text()
        elif question:
            history.append((question, without_under(message.text())))
            question = ""
    return Asked(spoken[-1].text(), tuple(history), form.youju.filters(service.youju))


async def _chunks(steps: AsyncGenerator[Step], *, include_usage: bool) -> AsyncIterator[str]:
    """The chunks of a completion; one that fails ends with an error and without [DONE]."""
    shared: dict[str, Any] = {
        "id": _id(),
        "object": "chat.completion.chunk",
        "created": int(time.time()),
        "model": MODEL,
    }

    def chunk(delta: dict[str, str], finish: str | None = None, **more: object) -> str:
        choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
        return _data({**shared, "choices": [choice], **more})

    yield chunk({"role": "assistant", "content": ""})
    async with aclosing(steps):
        try:
            async for step in steps:
                match step:
                    case Found(citations=citations):
                        yield chunk({}, youju={"stage": "reading", "found": len(citations)})
                    case Position(place=place):
                        yield chunk({}, youju={"stage": "waiting", "position": place})
                    case Checking():
                        yield chunk({}, youju={"stage": "checking"})
                    case Alive():
                        yield ": still here\n\n"
                    case Done(answer=answer):
                        for piece in _pieces(answer):
                            yield chunk({"content": piece})
                        youju = evidence_of(answer).model_dump(mode="json")
                        yield chunk({}, "stop", youju=youju)
                        if include_usage:
                            usage = _tokens(answer).model_dump()
                            yield _data({**shared, "choices": [], "usage": usage})
                        yield "data: [DONE]\n\n"
        except YoujuError as error:
            yield _data({"error": fault_of(error).model_dump()})


def _pieces(answer: Answer) -> Iterator[str]:
    """The checked text, a sentence a piece, then what stands under it."""
    text, at = markdown_of(answer), 0
    for _, end in sentences(text):
        yield text[at:end]
        at = end
    if text[at:]:
        yield text[at:]
    if under(answer):
        yield under(answer)


def _data(value: object) -> str:
    return f"data: {json.dumps(value, ensure_ascii=False)}\n\n"


def _id() -> str:
    return f"chatcmpl-{uuid.uuid4().hex}"


def _tokens(answer: Answer) -> Tokens:
    prompt, completion = answer.usage.prompt_tokens, answer.usage.completion_tokens
    return Tokens(
        prompt_tokens=prompt, completion_tokens=completion, total_tokens=prompt + completion
    )
