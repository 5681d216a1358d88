"""Find passages: a dense leg and a lexical leg, fused into one ranking.

The retriever is a LlamaIndex ``BaseRetriever``; ``search`` is the same thing with Youju's own
values.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from rag.embed import Centring, embed_passages, embed_question
from rag.fold import fold_names, language_of
from rag.glossary import chinese_words
from rag.model import ANYWHERE, Filters, Hit, Leg, Within, join_spans
from rag.near import shingles
from rag.split import sentences

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llama_index.core.base.embeddings.base import BaseEmbedding

    from rag.embed import Vectors
    from rag.model import Passage
    from vectorstore.chroma import ChromaIndex
    from vectorstore.ledger import Ledger
    from vectorstore.lexical import LexicalIndex

Found: TypeAlias = list[tuple[str, float]]

DENSE_SHARE = {"zh": 0.5, "en": 0.6}
"""Weight of the dense leg by the question's language; the lexical leg has the rest.

Words of an English question are rarely those of a Chinese passage. Measured against reciprocal
rank fusion in ARCHITECTURE.md, “Fusion”.
"""
SURE_SIMILARITY = 0.3
"""A best cosine below this (after centring) is no certainty, and is not scaled up to one."""
SAME_PASSAGE = 0.6
"""Share of the shorter passage's shingles from which two passages say the same."""
DEPTH = 40
"""Passages taken from each leg before fusion."""


@dataclass(frozen=True, slots=True)
class Indexes:
    """What a retriever reads."""

    ledger: Ledger
    dense: ChromaIndex
    lexical: LexicalIndex


class HybridRetriever(BaseRetriever):
    """Dense and lexical retrieval, their scores added."""

    def __init__(self, indexes: Indexes, embedding: BaseEmbedding, *, k: int = 8) -> None:
        super().__init__()
        self._indexes = indexes
        self._embedding = embedding
        self._centring = Centring(embedding.model_name)
        self._k = k
        self._refreshing = threading.Lock()

    def embed(self, question: str) -> Vectors:
        """Embed and centre a question."""
        vector = embed_question(self._embedding, question)
        return self._centring.question(vector, language_of(question))

    def dense(self, question: str, k: int, within: Within = ANYWHERE) -> Found:
        """Return the dense leg's best: passage ids and cosines."""
        dense, ledger = self._indexes.dense, self._indexes.ledger
        with self._refreshing:
            if dense.seen() != (ledger.id, ledger.revision):
                dense.refresh()  # another process writes, or has written
        return dense.search(self.embed(question), k, within=within)

    def lexical(self, question: str, k: int, within: Within = ANYWHERE) -> Found:
        """Return the lexical leg's best: passage ids and BM25 scores."""
        words = chinese_words(question) if language_of(question) == "en" else ()
        return self._indexes.lexical.search(question, k, expansion=words, within=within)

    def frequency(self, unit: str) -> int:
        """Number of passages that hold a character bigram, a number or a word."""
        return self._indexes.lexical.frequency(unit)

    def passages(self) -> int:
        """Number of passages."""
        return self._indexes.lexical.count()

    def search(
        self, question: str, k: int | None = None, filters: Filters | None = None
    ) -> list[Hit]:
        """Return the ``k`` best passages for ``question`` that pass ``filters``, best first."""
        within = self._within(filters or Filters())
        if within.documents is not None and not within.documents:
            return []
        language = language_of(question)
        dense = self.dense(question, DEPTH, within)
        lexical = self.lexical(question, DEPTH, within)
        ranks: dict[str, dict[Leg, int]] = {}
        for leg, found in legs(dense, lexical):
            for rank, (id, _) in enumerate(found, 1):
                ranks.setdefault(id, {})[leg] = rank
        scores = fuse(dense, lexical, dense_share=DENSE_SHARE[language])
        # Some to spare: a wire story that two documents carry is one hit.
        wanted = k or self._k
        best = sorted(scores, key=lambda i: (-scores[i], i))[: 2 * wanted + DEPTH // 4]
        passages = self._indexes.ledger.passages(best)
        hits = _without_repetitions(self._hits(passages, scores, ranks, dict(dense)))[:wanted]
        return [replace(hit, about=self._about(hit.passage)) for hit in hits]

    def _within(self, filters: Filters) -> Within:
        """The documents and classes that pass."""
        documents = None
        if filters.by_document():
            cards = self._indexes.ledger.documents()
            documents = [d.id for d in cards if filters.allows(d, _same_name)]
        return Within(documents, filters.kinds or None)

    def similarity(self, question: str, texts: Sequence[str]) -> list[float]:
        """Cosine of ``question`` to each of ``texts``, centred by language."""
        asked = self.embed(question)
        vectors = embed_passages(self._embedding, texts)
        return [
            float(self._centring.passages(v[None], language_of(t))[0] @ asked)
            for v, t in zip(vectors, texts, strict=True)
        ]

    def _hits(
        self,
        passages: Sequence[Passage],
        scores: dict[str, float],
        ranks: dict[str, dict[Leg, int]],
        similarity: dict[str, float],
    ) -> list[Hit]:
        ledger = self._indexes.ledger
        cards = ledger.cards(sorted({p.document_id for p in passages}))
        return [
            Hit(
                passage=p,
                title=cards[p.document_id].title,
                outlet=cards[p.document_id].outlet,
                author=cards[p.document_id].author,
                published=cards[p.document_id].published,
                score=scores[p.id],
                by=ranks[p.id],
                similarity=similarity.get(p.id),
                inferred=cards[p.document_id].inferred,
                story=cards[p.document_id].near or p.document_id,
                page=p.pages[0] if p.pages else None,
            )
            for p in passages
            if p.document_id in cards
        ]

    def _about(self, passage: Passage) -> str:
        """What a passage leans on: a footnote's sentence, or the sentence before the passage."""
        ledger = self._indexes.ledger
        if passage.anchor:
            return join_spans(ledger.document(passage.document_id).text, passage.anchor)
        before = ledger.passage_before(passage) if passage.kind == "body" else None
        if before is None or before.section != passage.section:
            return ""
        start, end = sentences(before.text)[-1]
        return before.text[start:end]

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


def _same_name(a: str, b: str) -> bool:
    return fold_names(a) == fold_names(b)


def _without_repetitions(hits: Sequence[Hit]) -> list[Hit]:
    """Let one passage stand for those of near-duplicate documents that say the same."""
    kept: list[Hit] = []
    for hit in hits:
        first = next((i for i, other in enumerate(kept) if _repeats(hit, other)), None)
        if first is None:
            kept.append(hit)
        else:
            also = (*kept[first].also, hit.passage.document_id)
            kept[first] = replace(kept[first], also=tuple(dict.fromkeys(also)))
    return kept


def _repeats(hit: Hit, other: Hit) -> bool:
    if hit.story != other.story or hit.passage.document_id == other.passage.document_id:
        return False
    mine, others = shingles([hit.passage.text]), shingles([other.passage.text])
    return len(mine & others) >= SAME_PASSAGE * min(len(mine), len(others))


def legs(dense: Found, lexical: Found) -> tuple[tuple[Leg, Found], ...]:
    """Name what each leg found."""
    return (("dense", dense), ("lexical", lexical))


def fuse(dense: Found, lexical: Found, *, dense_share: float) -> dict[str, float]:
    """Add the two legs' scores, each as a share of its best.

    Args:
        dense: Ids and cosine similarities, best first.
        lexical: Ids and BM25 scores, best first.
        dense_share: Weight of the dense leg, 0 to 1.

    Returns:
        Scores by id, 0 to 1.
    """
    scores: dict[str, float] = {}
    if dense:
        top = max(dense[0][1], SURE_SIMILARITY)
        for id, similarity in dense:
            scores[id] = dense_share * max(similarity, 0.0) / top
    if lexical:
        top = lexical[0][1]
        for id, score in lexical:
            scores[id] = scores.get(id, 0.0) + (1 - dense_share) * score / top
    return scores
