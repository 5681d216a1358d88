"""MCP: the tools ask, search and get_document, over stdio and over HTTP.

A tool's text is what a model reads; its structured content is what a program reads.
"""

from __future__ import annotations

from contextlib import aclosing
from importlib.metadata import version
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import CallToolResult, TextContent, ToolAnnotations
from pydantic import BaseModel, Field

from rag.cards import card
from rag.errors import YoujuError
from rag.escape import literal, markdown
from rag.model import Done
from rag.serve.answering import Asked, Position
from rag.serve.footnotes import whole
from rag.serve.forms import Date, Evidence, Name, Nearest, Question, Scope, evidence_of, nearest_of
from rag.serve.problems import without_paths

if TYPE_CHECKING:
    from collections.abc import Callable

    from rag.model import Answer, Filters
    from rag.serve.service import Service

T = TypeVar("T")

MOST_CHARACTERS = 20_000
"""Of a document in one call: what a model's context can take."""
READS_ONLY = ToolAnnotations(
    read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)
INSTRUCTIONS = (
    "Youju answers from one collection of documents. Every sentence of `ask` has been checked "
    "against the characters that it cites; when it says that the documents do not answer, do not "
    "fill that in. Quote the footnotes when you pass an answer on."
)

Outlets = Annotated[list[Name], Field(description="Only documents of these outlets.")]
Since = Annotated[Date | None, Field(description="Published then or later: 2025, 2025-06…")]
Until = Annotated[Date | None, Field(description="Published then or earlier.")]


class FoundPassages(BaseModel):
    """Passages, the best first."""

    passages: list[Nearest]


class TextOfDocument(BaseModel):
    """Some of a document's text."""

    id: str
    title: str
    outlet: str | None
    published: str | None
    start: int
    end: int
    length: int = Field(description="Characters of the whole text.")


class Tools:
    """The tools over one home."""

    def __init__(self, service: Service) -> None:
        """Keep what answers."""
        self._service = service

    async def ask(
        self,
        question: Annotated[Question, Field(description="Chinese (either script) or English.")],
        context: Context,
        outlets: Outlets = [],  # noqa: B006
        since: Since = None,
        until: Until = None,
    ) -> Annotated[CallToolResult, Evidence]:
        """Answer a question from the documents, every sentence checked against what it cites.

        Says so when the documents do not answer; then the nearest passages are given.
        """
        asked = Asked(question, (), self._filters(outlets, since, until))
        answer = await self._answered(asked, context)
        told = evidence_of(answer)
        return CallToolResult(
            content=[TextContent(text=whole(answer))],
            structured_content=told.model_dump(mode="json"),
        )

    async def _answered(self, asked: Asked, context: Context[Any, Any]) -> Answer:
        try:
            async with aclosing(self._service.answering.steps(asked)) as steps:
                async for step in steps:
                    if isinstance(step, Position):
                        told = f"In line for the language model, place {step.place}."
                        await context.report_progress(0, message=told)
                    if isinstance(step, Done):
                        return step.answer
        except YoujuError as error:
            raise ToolError(without_paths(str(error))) from error
        raise AssertionError("the steps end with Done or raise")

    async def search(
        self,
        question: Annotated[Question, Field(description="What the passages should tell of.")],
        k: Annotated[int, Field(ge=1, le=50, description="How many passages.")] = 8,
        outlets: Outlets = [],  # noqa: B006
        since: Since = None,
        until: Until = None,
    ) -> Annotated[CallToolResult, FoundPassages]:
        """Find the passages of the documents that are nearest to a question, word for word."""
        filters = self._filters(outlets, since, until)
        hits = await self._read(lambda: self._service.youju.search(question, k, filters))
        text = "\n\n".join(
            f"{n}. {markdown(card(h))} [{h.passage.document_id}]\n"
            + "\n".join(map(literal, h.passage.text.splitlines()))
            for n, h in enumerate(hits, 1)
        )
        found = FoundPassages(passages=[nearest_of(h) for h in hits])
        return CallToolResult(
            content=[TextContent(text=text or "Nothing was found.")],
            structured_content=found.model_dump(mode="json"),
        )

    async def get_document(
        self,
        id: Annotated[Name, Field(description="Its id, or an unambiguous beginning of it.")],
        start: Annotated[int, Field(ge=0, description="First character.")] = 0,
        length: Annotated[int, Field(ge=1, le=MOST_CHARACTERS)] = MOST_CHARACTERS,
    ) -> Annotated[CallToolResult, TextOfDocument]:
        """Read a document's text, exactly as it is, from a position on."""
        document = await self._read(lambda: self._service.youju.document(id))
        text = document.text[start : start + length]
        facts = TextOfDocument(
            id=document.id,
            title=document.title,
            outlet=document.outlet,
            published=document.published,
            start=start,
            end=start + len(text),
            length=len(document.text),
        )
        return CallToolResult(
            content=[TextContent(text=text)], structured_content=facts.model_dump(mode="json")
        )

    def _filters(self, outlets: list[str], since: str | None, until: str | None) -> Filters | None:
        scope = Scope(outlets=outlets, since=since, until=until)
        return scope.filters(self._service.youju) if outlets or since or until else None

    async def _read(self, work: Callable[[], T]) -> T:
        try:
            return await self._service.lanes.run(self._service.lanes.search, work)
        except YoujuError as error:
            raise ToolError(without_paths(str(error))) from error


def make_mcp(service: Service) -> MCPServer[Any]:
    """Return the MCP server over one home."""
    server: MCPServer[Any] = MCPServer(
        "youju", title="有据 Youju", instructions=INSTRUCTIONS, version=version("youju")
    )
    tools = Tools(service)
    for tool in (tools.ask, tools.search, tools.get_document):
        server.add_tool(tool, annotations=READS_ONLY)
    return server
