"""Youju as a LlamaIndex query engine: what takes one of those takes this."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.response.schema import Response
from llama_index.core.callbacks import CallbackManager
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

if TYPE_CHECKING:
    from collections.abc import Callable

    from llama_index.core.prompts.mixin import PromptMixinType

    from rag.model import Answer, Citation


class YoujuQueryEngine(BaseQueryEngine):
    """Answers with checked citations.

    A response's ``source_nodes`` are the citations, in the order of their markers: the node's text
    is the quote, its metadata says where the quote stands. A refusal has none. ``metadata`` is
    `Answer.to_dict()`.
    """

    def __init__(self, ask: Callable[[str], Answer]) -> None:
        """Answer by ``ask``."""
        super().__init__(callback_manager=CallbackManager([]))
        self._ask = ask

    def _get_prompt_modules(self) -> PromptMixinType:
        return {}

    def _query(self, query_bundle: QueryBundle) -> Response:
        answer = self._ask(query_bundle.query_str)
        return Response(
            response=answer.text,
            source_nodes=[_node(citation) for citation in answer.citations],
            metadata=answer.to_dict(),
        )

    async def _aquery(self, query_bundle: QueryBundle) -> Response:
        return await asyncio.to_thread(self._query, query_bundle)


def _node(citation: Citation) -> NodeWithScore:
    node = TextNode(
        text=citation.quote,
        metadata={
            "marker": citation.marker,
            "document_id": citation.document_id,
            "title": citation.title,
            "outlet": citation.outlet,
            "published": citation.published,
            "spans": [list(span) for span in citation.spans],
        },
    )
    return NodeWithScore(node=node)
