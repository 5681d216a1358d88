"""Find passages: a dense leg and a lexical leg, fused into one ranking.

The retriever is a LlamaIndex ``BaseRetriever``; ``search`` is the same thing with Youju's own
values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from rag.embed import Centring, embed_question
from rag.fold import language_of
from rag.model import Hit, Leg

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llama_index.core.base.embeddings.base import BaseEmbedding

    from rag.embed import Vectors
    from rag.model import Passage
    from vectorstore import ChromaIndex, Ledger, LexicalIndex

RRF_K = 60
"""Cormack, Clarke and Büttcher 2009: score = sum over legs of 1 / (k + rank)."""
LEG_WEIGHTS: dict[str, dict[Leg, float]] = {
    "zh": {"dense": 1.0, "lexical": 1.0},
    "en": {"dense": 1.0, "lexical": 0.4},
}
"""By the question's language: words of an English question are rarely those of a Chinese passage."""
DEPTH = 40
"""Passages taken from each leg before fusion."""


@dataclass(frozen=True, slots=True)
class Indexes:
    """What a retriever reads."""

    ledger: Ledger
    dense: ChromaIndex
    lexical: LexicalIndex


class HybridRetriever(BaseRetriever):
    """Dense and lexical retrieval fused by reciprocal rank."""

    def __init__(self, indexes: Indexes, embedding: BaseEmbedding, *, k: int = 8) -> None:
        super().__init__()
        self._indexes = indexes
        self._embedding = embedding
        self._centring = Centring(embedding.model_name)
        self._k = k

    def embed(self, question: str) -> Vectors:
        """Embed and centre a question."""
        vector = embed_question(self._embedding, question)
        return self._centring.question(vector, language_of(question))

    def search(self, question: str, k: int | None = None) -> list[Hit]:
        """Return the ``k`` best passages for ``question``, best first."""
        dense = self._indexes.dense.search(self.embed(question), DEPTH)
        lexical = self._indexes.lexical.search(question, DEPTH)
        ranks: dict[str, dict[Leg, int]] = {}
        legs: tuple[tuple[Leg, list[tuple[str, float]]], ...] = (
            ("dense", dense),
            ("lexical", lexical),
        )
        for leg, found in legs:
            for rank, (id, _) in enumerate(found, 1):
                ranks.setdefault(id, {})[leg] = rank
        weights = LEG_WEIGHTS[language_of(question)]
        scores = {id: fuse(by, weights) for id, by in ranks.items()}
        best = sorted(scores, key=lambda id: (-scores[id], id))[: k or self._k]
        similarity = dict(dense)
        return self._hits(
            self._indexes.ledger.passages(best),
            scores,
            ranks,
            similarity,
        )

    def _hits(
        self,
        passages: Sequence[Passage],
        scores: dict[str, float],
        ranks: dict[str, dict[Leg, int]],
        similarity: dict[str, float],
    ) -> list[Hit]:
        cards = {d.id: d for d in self._indexes.ledger.documents()}
        return [
            Hit(
                passage=p,
                title=cards[p.document_id].title,
                outlet=cards[p.document_id].outlet,
                published=cards[p.document_id].published,
                score=scores[p.id],
                by=ranks[p.id],
                similarity=similarity.get(p.id),
            )
            for p in passages
            if p.document_id in cards
        ]

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return [
            NodeWithScore(
                node=TextNode(
                    id_=hit.passage.id,
                    text=hit.passage.text,
                    metadata={
                        "document_id": hit.passage.document_id,
                        "title": hit.title,
                        "outlet": hit.outlet or "",
                        "published": hit.published or "",
                        "spans": [list(s) for s in hit.passage.spans],
                    },
                    excluded_embed_metadata_keys=["document_id", "spans"],
                    excluded_llm_metadata_keys=["document_id", "spans"],
                ),
                score=hit.score,
            )
            for hit in self.search(query_bundle.query_str)
        ]


def fuse(ranks: Mapping[Leg, int], weights: Mapping[Leg, float]) -> float:
    """Weighted reciprocal rank fusion of one passage's ranks (from 1)."""
    return sum(weights[leg] / (RRF_K + rank) for leg, rank in ranks.items())
