"""Find passages: a dense leg and a lexical leg, compared token by token, fused into one ranking.

    question → understand (names, time, languages) → two legs → tokens → fuse → time → hits → rerank

The retriever is a LlamaIndex ``BaseRetriever``; ``search`` is the same thing with Youju's own
values, and ``find`` shows what each leg found and how long it took.
"""

from __future__ import annotations

import math
import re
import threading
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from rag.corpus.scan import Shelves, scan
from rag.corpus.timeline import timeline
from rag.embed import Centring, embed_passages, embed_question_with_tokens
from rag.fold import fold, language_of, to_simplified
from rag.fuse import Legs, Ranking, merge, ranked
from rag.heard import latin_names, with_heard
from rag.late import max_sim
from rag.model import ANYWHERE, Filters, Hit, Leg, Within, join_spans
from rag.near import shingles
from rag.question.when import closeness, explain, last_year, speaks_of, tells_bare_month, when
from rag.rerank import rerank
from rag.split import sentences
from rag.units import units, wanted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import date

    from llama_index.core.base.embeddings.base import BaseEmbedding
    from llama_index.core.postprocessor.types import BaseNodePostprocessor

    from rag.corpus.scan import Mentions
    from rag.corpus.timeline import Happening
    from rag.embed import Vectors
    from rag.model import Passage
    from rag.names import Names
    from rag.question.pile import Topic
    from rag.question.when import When
    from vectorstore.chroma import ChromaIndex
    from vectorstore.ledger import Ledger
    from vectorstore.lexical import LexicalIndex

T = TypeVar("T")

DEPTH = 40
"""Passages taken from each leg before fusion."""
FEW = 2_000
"""Passages (and documents) that are compared one by one rather than by the index."""
TIME_SHARE = 0.3
"""How much of a passage's score hangs on its date where the question speaks of a time."""
MOST_OF_ONE = 0.75
"""Share of a list that one document may fill, where others have something to say…"""
NEAR_ENOUGH = 0.5
"""…that is: a passage with at least this share of the best score."""
WORTH_ASKING = 0.1
"""Share of the passages from which it is worth having a question translated for them."""
SAME_PASSAGE = 0.6
"""Share of the shorter passage's shingles from which two passages say the same."""
LATELY = 2_000
"""Sentences whose vectors are kept from one question to the next: 3 MB."""
ASKED_LATELY = 64
"""Questions whose vectors are kept: an answer compares its own several times."""
OF_A_REFERENCE = 0.92
"""What a footnote's score counts, where no source is asked for: it names things, and tells little.
Chosen over the pairs, of which it helps one of 114."""
_ASKS_FOR_SOURCES = re.compile(
    r"脚注|注释|引[用自]|出处|来源|依据|基于|文献|文章|报告|题为|网站|标题|期刊"
    r"|腳註|註釋|出處|來源|依據|基於|文獻|報告|題為|網站|標題"
    r"|footnote|cite[sd]?\b|source|based on|reference|title|article|report|journal|website",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Indexes:
    """What a retriever reads."""

    ledger: Ledger
    dense: ChromaIndex
    lexical: LexicalIndex


@dataclass(frozen=True, slots=True)
class Reranking:
    """A reranker, and how many passages it is handed."""

    model: BaseNodePostprocessor
    depth: int


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found before hits are made of it."""

    dense: Ranking
    """Cosines, by the question or its translation."""
    lexical: Ranking
    """BM25 scores."""
    fused: Ranking
    legs: tuple[Legs, ...]
    """What the fused ranking was made of: the legs by language, and by way to ask."""
    passages: dict[str, Passage]
    """Those of the fused ranking, by id."""
    seconds: dict[str, float]
    """By stage: understand, embed, dense, lexical, tokens, fuse."""


@dataclass(slots=True)
class _Stages:
    """Seconds by stage."""

    seconds: dict[str, float] = field(default_factory=dict)
    _last: float = field(default_factory=time.perf_counter)

    def lap(self, stage: str) -> None:
        now = time.perf_counter()
        self.seconds[stage] = self.seconds.get(stage, 0.0) + now - self._last
        self._last = now


class HybridRetriever(BaseRetriever):
    """Dense and lexical retrieval, their scores added."""

    def __init__(
        self,
        indexes: Indexes,
        embedding: BaseEmbedding,
        names: Callable[[], Names],
        *,
        k: int = 8,
        reranking: Reranking | None = None,
    ) -> None:
        """Keep the parts.

        Args:
            indexes: Where to look.
            embedding: The model that the passages were embedded with.
            names: Tells which names are the same, as of now.
            k: Hits of a search that asks for no other number.
            reranking: Orders the hits anew.
        """
        super().__init__()
        self._indexes = indexes
        self._embedding = embedding
        self._centring = Centring(embedding.model_name)
        self._names = names
        self._k = k
        self._reranking = reranking
        self._refreshing = threading.Lock()
        self._lately: dict[str, Vectors] = {}
        self._asked: dict[str, tuple[Vectors, Vectors | None]] = {}
        self._seen = ("", -1)
        self._languages: list[str] = []

    def embed(self, question: str) -> Vectors:
        """Embed and centre a question, its names in their standard form."""
        return self._embed(question)[0]

    def _embed(self, question: str) -> tuple[Vectors, Vectors | None]:
        """Embed a question, and its tokens where the model tells their states."""
        language = language_of(question)
        named = _with_standard_names(question, self._names())
        known = self._asked.get(named)
        if known is None:
            vector, tokens = embed_question_with_tokens(self._embedding, named, language)
            known = (self._centring.question(vector, language), tokens)
            self._asked = _kept_lately(self._asked, {named: known}, ASKED_LATELY)
        return known

    def frequency(self, word: str) -> int:
        """Number of passages that hold a word (for a long one: at most so many)."""
        found = units(word)
        longest = [unit for unit in found if len(unit) > 1] or found
        return min((self._indexes.lexical.frequency(unit) for unit in longest), default=0)

    def names(self) -> Names:
        """Which names are the same, as of now."""
        return self._names()

    def passages(self) -> int:
        """Number of passages."""
        return self._indexes.lexical.count()

    def languages(self) -> list[str]:
        """Return the languages that a tenth of the passages or more are in."""
        counts = self._indexes.lexical.languages()
        return [x for x, count in counts.items() if count >= WORTH_ASKING * sum(counts.values())]

    def around(self, passage: Passage) -> list[Passage]:
        """Return the passages right before and after one, of its class and section."""
        return self._indexes.ledger.sound(self._indexes.ledger.around(passage))

    def mentions(self, topic: Topic, filters: Filters | None = None) -> Mentions:
        """Return all documents that mention a topic, of those that pass ``filters``."""
        self._refresh()
        return scan(self._shelves(), topic, filters)

    def timeline(self, topic: Topic, filters: Filters | None = None) -> tuple[Happening, ...]:
        """Return what documents date of a topic, the earliest first."""
        self._refresh()
        return timeline(self._shelves(), topic, filters)

    def _shelves(self) -> Shelves:
        return Shelves(self._indexes.ledger, self._indexes.lexical, self._names())

    # --- finding

    def find(self, question: str, within: Within = ANYWHERE, *, translation: str = "") -> Found:
        """Return what both legs find, and their fusion.

        Args:
            question: In any language and script.
            within: Where to look.
            translation: The question in the other language of the corpus, where it is known: a
                passage counts by whichever of the two it fits better.
        """
        stages = _Stages()
        self._refresh()
        names = self._names()
        asked = [question, *([translation] if translation.strip() else [])]
        languages = (within.language and [within.language]) or self._languages
        ways = [(text, language) for text in asked for language in languages]
        sought = [wanted(text, names, language) for text, language in ways]
        stages.lap("understand")
        embedded = {text: self._embed(text) for text in asked}
        stages.lap("embed")
        places = [replace(within, language=language) for _, language in ways]
        if len(languages) == 1:
            places = [within] * len(ways)
        few = self._few(within)
        dense = [
            self._nearest(embedded[text][0], place, few)
            for (text, _), place in zip(ways, places, strict=True)
        ]
        stages.lap("dense")
        lexical = [
            self._indexes.lexical.search(words, DEPTH, within=place)
            for words, place in zip(sought, places, strict=True)
        ]
        stages.lap("lexical")
        ids = dict.fromkeys(id for leg in (*dense, *lexical) for id, _ in leg)
        late = self._late({text: tokens for text, (_, tokens) in embedded.items()}, list(ids))
        stages.lap("tokens")
        ledger = self._indexes.ledger
        passages = {p.id: p for p in ledger.sound(ledger.passages(list(ids)))}
        heard = [
            with_heard(alike, near, latin_names(text, names), passages)
            if language == "zh" != language_of(text)
            else alike
            for (text, language), near, alike in zip(ways, dense, lexical, strict=True)
        ]
        found = [
            Legs(near, alike, across=language_of(text) != language, late=late[text])
            for (text, language), near, alike in zip(ways, dense, heard, strict=True)
        ]
        # A passage that went between the index and the ledger is no hit any more.
        scores = {id: score for id, score in merge(found).items() if id in passages}
        if not (within.kinds or _ASKS_FOR_SOURCES.search(question)):
            for id in scores:
                if passages[id].kind == "reference":
                    scores[id] *= OF_A_REFERENCE
        stages.lap("fuse")
        return Found(
            dense=ranked(_best(dense)),
            lexical=ranked(_best(lexical)),
            fused=ranked(scores),
            legs=tuple(found),
            passages=passages,
            seconds=stages.seconds,
        )

    def _late(
        self, asked: Mapping[str, Vectors | None], ids: Sequence[str]
    ) -> dict[str, dict[str, float]]:
        """Compare the passages with each way to ask, token by token: scores by id, by way."""
        tokens = {text: its for text, its in asked.items() if its is not None}
        if not tokens:
            return {text: {} for text in asked}
        scores = max_sim(list(tokens.values()), self._indexes.ledger.tokens_of(ids))
        return dict(zip(tokens, scores, strict=True))

    def _few(self, within: Within) -> dict[str, tuple[str, Vectors]] | None:
        """Texts and vectors of the passages within, where they are few."""
        if within.documents is None or len(within.documents) > FEW:
            return None
        documents, kinds = sorted(within.documents), sorted(within.kinds or ())
        return self._indexes.ledger.vectors_within(documents, kinds or None, FEW)

    def _nearest(
        self, vector: Vectors, within: Within, few: dict[str, tuple[str, Vectors]] | None
    ) -> list[tuple[str, float]]:
        """The dense leg. Of few passages every one is compared: no index is as quick, or exact."""
        if few is None:
            return self._indexes.dense.search(vector, DEPTH, within=within)
        found: dict[str, float] = {}
        for language in self._languages if within.language is None else [within.language]:
            mine = {id: v for id, (text, v) in few.items() if language_of(text) == language}
            if mine:
                centred = self._centring.passages(np.stack(list(mine.values())), language)
                found |= zip(mine, (centred @ vector).tolist(), strict=True)
        return list(ranked(found))[:DEPTH]

    def _refresh(self) -> None:
        """Look at what another process has written, and at what the corpus now holds."""
        ledger, dense, lexical = (
            self._indexes.ledger,
            self._indexes.dense,
            self._indexes.lexical,
        )
        now = (ledger.id, ledger.revision)
        if now == self._seen:
            return
        with self._refreshing:
            if dense.seen() != now:
                dense.refresh()  # another process writes, or has written
            lexical.refresh()
            self._languages = list(lexical.languages())
            # While a writer is at work the indexes are behind: look again next time.
            self._seen = now if dense.seen() == lexical.seen() == now else ("", -1)

    def search(
        self,
        question: str,
        k: int | None = None,
        filters: Filters | None = None,
        *,
        translation: str = "",
    ) -> list[Hit]:
        """Return the ``k`` best passages for ``question`` that pass ``filters``, best first.

        Args:
            question: In any language and script.
            k: By default as many as the settings say.
            filters: What may be found.
            translation: See ``find``.

        Raises:
            ModelError: When an embedding or reranking endpoint fails.
        """
        filters = filters or Filters()
        documents = self._indexes.ledger.document_ids(filters, self._names().same)
        if documents is not None and not documents:
            return []
        within = Within(
            None if documents is None else frozenset(documents),
            frozenset(filters.kinds) or None,
        )
        found = self.find(question, within, translation=translation)
        count = k or self._k
        asked = max(count, self._reranking.depth) if self._reranking else count
        today = datetime.now(UTC).date()
        # Some to spare: a wire story that two documents carry is one hit; all, where dates decide.
        most = 2 * asked + DEPTH // 4 if when(question, today) is None else len(found.fused)
        hits = _dated(question, self._hits(found, most), today)
        hits = _spread(_without_repetitions(hits), asked)[:asked]
        if self._reranking:
            hits = rerank(self._reranking.model, question, hits)
        text_of = cache(lambda document_id: self._indexes.ledger.document(document_id).text)
        return [
            replace(
                hit,
                about=self._about(hit.passage, text_of),
                year=_year_before(hit.passage, text_of),
            )
            for hit in hits[:count]
        ]

    def similarity(self, question: str, texts: Sequence[str]) -> list[float]:
        """Cosine of ``question`` to each of ``texts``, centred by language."""
        asked = self.embed(question)
        vectors = self._embedded(texts)
        return [
            float(self._centring.passages(vectors[t][None], language_of(t))[0] @ asked)
            for t in texts
        ]

    def _embedded(self, texts: Sequence[str]) -> dict[str, Vectors]:
        """Embed sentences, but for those that were embedded lately: questions share them."""
        lately = self._lately
        found = {t: lately[t] for t in texts if t in lately}
        fresh = [t for t in dict.fromkeys(texts) if t not in found]
        if fresh:
            found |= zip(fresh, embed_passages(self._embedding, fresh), strict=True)
        self._lately = _kept_lately(lately, found, LATELY)
        return found

    def _hits(self, found: Found, most: int) -> list[Hit]:
        ranks: dict[str, dict[Leg, int]] = {}
        legs: tuple[tuple[Leg, Ranking], ...] = (("dense", found.dense), ("lexical", found.lexical))
        for leg, ranking in legs:
            for rank, (id, _) in enumerate(ranking, 1):
                ranks.setdefault(id, {})[leg] = rank
        similarity = dict(found.dense)
        best = [(found.passages[id], score) for id, score in found.fused[:most]]
        cards = self._indexes.ledger.cards(sorted({p.document_id for p, _ in best}))
        return [
            Hit.of(p, cards[p.document_id], score, ranks[p.id], similarity.get(p.id))
            for p, score in best
            if p.document_id in cards
        ]

    def _about(self, passage: Passage, text_of: Callable[[str], str]) -> str:
        """What a passage leans on: a footnote's sentence, or the sentence before the passage."""
        ledger = self._indexes.ledger
        if passage.anchor:
            return join_spans(text_of(passage.document_id), passage.anchor)
        before = ledger.passage_before(passage) if passage.kind == "body" else None
        if before is None or not ledger.sound([before]) or before.section != passage.section:
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


def _year_before(passage: Passage, text_of: Callable[[str], str]) -> str:
    """The last year named before a passage; empty where it tells no month, or a year first."""
    if not tells_bare_month(passage.text):
        return ""
    return last_year(text_of(passage.document_id)[: passage.spans[0][0]])


def _kept_lately(kept: Mapping[str, T], used: Mapping[str, T], most: int) -> dict[str, T]:
    """What was used last goes last. A new dictionary: other threads may be reading the old one."""
    both = {key: value for key, value in kept.items() if key not in used} | dict(used)
    return dict(list(both.items())[-most:])


def _best(rankings: Iterable[Iterable[tuple[str, float]]]) -> dict[str, float]:
    scores: dict[str, float] = {}
    for ranking in rankings:
        for id, score in ranking:
            scores[id] = max(score, scores.get(id, score))
    return scores


def _with_standard_names(question: str, names: Names) -> str:
    """Write Chinese names in their standard form: 川普 and 特朗普 ask for the same."""
    text = to_simplified(question)
    folded = fold(text)
    if len(folded) != len(text):  # folding has moved the places
        return text
    for start, end, forms in reversed(names.find(folded)):
        if not (forms[0].isascii() or folded[start:end].isascii()):
            text = text[:start] + forms[0] + text[end:]
    return text


def _dated(question: str, hits: list[Hit], today: date) -> list[Hit]:
    """Prefer documents of the time that the question speaks of; say so in the hit."""
    newest = max((hit.published for hit in hits if hit.published), default=None)
    asked = when(question, today, latest_document=newest)
    if asked is None:
        return hits
    dated = [_of_time(hit, asked, newest) for hit in hits]
    return sorted(dated, key=lambda hit: (-hit.score, hit.passage.id))


def _of_time(hit: Hit, asked: When, newest: str | None) -> Hit:
    fit = closeness(hit.published, asked, newest)
    why = explain(hit.published, asked, newest) if hit.published else ""
    if fit < 1 and not asked.latest and speaks_of(hit.passage.text, asked, hit.published):
        fit, why = 1.0, f"{why}, which it speaks of" if why else "speaks of the asked time"
    return replace(hit, score=hit.score * (1 - TIME_SHARE + TIME_SHARE * fit), time=why)


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


def _spread(hits: Sequence[Hit], k: int) -> list[Hit]:
    """Keep one document from filling the first ``k``: what it has too many of comes later."""
    if not hits:
        return []
    most, enough = math.ceil(MOST_OF_ONE * k), NEAR_ENOUGH * hits[0].score
    first: list[Hit] = []
    later: list[Hit] = []
    held: Counter[str] = Counter()
    for hit in hits:
        document = hit.passage.document_id
        is_crowded = held[document] >= most
        (later if is_crowded or hit.score < enough else first).append(hit)
        held[document] += not is_crowded
    return first + sorted(later, key=lambda hit: (-hit.score, hit.passage.id))


def _repeats(hit: Hit, other: Hit) -> bool:
    if hit.story != other.story or hit.passage.document_id == other.passage.document_id:
        return False
    mine, others = shingles([hit.passage.text]), shingles([other.passage.text])
    return len(mine & others) >= SAME_PASSAGE * min(len(mine), len(others))
