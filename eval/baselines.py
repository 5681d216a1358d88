"""Other ways to answer, over the same documents with the same models, as `Answer` values.

``citation-query-engine`` is plain LlamaIndex: ``VectorStoreIndex`` over Chroma, default splitter,
``CitationQueryEngine`` with its three best passages and citation chunks of 512 tokens. ``rival`` is
PaperQA in an environment of its own (`eval/rival.py`).

A baseline has no outcome of its own. It is taken to refuse when its text is empty or its first
sentence says that the sources do not tell (`REFUSES`); its citations are the chunks that its
``[n]`` name, whole.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from eval.rival import Rival
from rag.embed import make_embedding
from rag.endpoint import translated
from rag.errors import SettingsError
from rag.model import Answer, Citation, Hit, Passage, Sentence
from rag.split import sentences

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from llama_index.core.query_engine import CitationQueryEngine

    from eval.cases import Case
    from eval.homes import Home
    from rag.llm import ChatModel
    from rag.model import Document, Spans
    from rag.settings import Settings

REFUSES = re.compile(
    r"^\W*$|empty response|(?:无法|不能|难以)(?:确定|回答|得知|判断|从)|不知道|不清楚"
    r"|(?:没有|並沒有|沒有|并未|未|并没有)(?:直接|明确|具体)?(?:提到|提及|提供|说明|給出|给出|包含|找到|相关|涉及|披露)"
    r"|\b(?:can(?:no|')t|cannot|unable to|could not|do(?:es)? not|did not|don't|doesn't)\s+"
    r"(?:\w+\s+)?(?:answer|know|determine|contain|provide|mention|specify|include|find|have|say)"
    r"|\b(?:not|never|isn't)\s+(?:\w+\s+)?(?:mentioned|provided|specified|stated|included|found)"
    r"|\bno\s+(?:\w+\s+)?(?:information|mention|answer|details?)\b|insufficient",
    re.IGNORECASE,
)
_MARKER = re.compile(r"[\[［【](\d{1,2})[\]］】]")
_TRAILING = re.compile(r"([。！？!?.])((?:\s*[\[［【]\d{1,2}[\]］】])+)")
TOP, CHUNK = 3, 512
EDGE = 40


@dataclass(frozen=True, slots=True)
class Chunk:
    """What a baseline read under the number that its markers name."""

    document: Document
    text: str
    score: float


class Baseline(Protocol):
    """Something else that answers."""

    name: str

    def ask(self, case: Case, home: Home) -> Answer:
        """Answer a case.

        Raises:
            ModelError: When its model fails.
        """


@contextmanager
def make_baseline(name: str, home: Home, settings: Settings, folder: Path) -> Iterator[Baseline]:
    """Set a baseline up over the documents of ``home``.

    Args:
        name: ``citation-query-engine`` or ``rival``.
        home: Its documents and its language model are used.
        settings: For the embedding.
        folder: Of the run, for what is built.
    """
    if name == PlainLlamaIndex.name:
        yield PlainLlamaIndex(home, settings, folder / "chroma")
    elif name == "rival":
        with Rival.running(home, settings, folder) as rival:
            yield _Packaged(rival)
    else:
        raise SettingsError(f"No baseline is called {name}.")


class PlainLlamaIndex:
    """`CitationQueryEngine` over Chroma, with Youju's embedding and language model."""

    name = "citation-query-engine"

    def __init__(self, home: Home, settings: Settings, folder: Path) -> None:
        """Index the documents of ``home`` as LlamaIndex's documentation does."""
        from llama_index.core import (  # noqa: PLC0415 - takes seconds, and few runs want it
            Document,
            StorageContext,
            VectorStoreIndex,
        )
        from llama_index.core.node_parser import SentenceSplitter  # noqa: PLC0415
        from llama_index.vector_stores.chroma import ChromaVectorStore  # noqa: PLC0415

        model = home.youju.model
        if model is None:
            raise SettingsError(f"{self.name} needs a language model; these settings have none.")
        self._model: ChatModel = model
        cards = home.youju.documents()
        store = ChromaVectorStore.from_params(collection_name="plain", persist_dir=str(folder))
        self._index = VectorStoreIndex.from_documents(
            [Document(id_=c.id, text=home.library.document(c.id).text) for c in cards],
            storage_context=StorageContext.from_defaults(vector_store=store),
            embed_model=make_embedding(settings),
            # The default: named, so that LlamaIndex's global settings are not asked for it.
            transformations=[SentenceSplitter()],
        )

    def ask(self, case: Case, home: Home) -> Answer:
        """Answer a case; its history is put in front of the question."""
        from llama_index.core.query_engine import CitationQueryEngine  # noqa: PLC0415

        question = with_history(case)
        with translated("the language model"), self._model._connect() as llm:
            engine: CitationQueryEngine = CitationQueryEngine.from_args(
                self._index, llm=llm, similarity_top_k=TOP, citation_chunk_size=CHUNK
            )
            response = engine.query(question)
        chunks = [
            Chunk(
                home.library.document(str(n.node.ref_doc_id)),
                re.sub(r"^Source \d+:\n", "", n.node.get_content()).strip(),
                float(n.score or 0.0),
            )
            for n in response.source_nodes
        ]
        return make_answer(case, str(response), chunks, f"{self._model.name}, LlamaIndex")


class _Packaged:
    """A rival that runs in its own environment."""

    name = "rival"

    def __init__(self, rival: Rival) -> None:
        self._rival = rival

    def ask(self, case: Case, home: Home) -> Answer:
        """Answer a case."""
        said = self._rival.ask(with_history(case))
        chunks = [Chunk(home.library.document(c.document), c.text, c.score) for c in said.chunks]
        return make_answer(case, said.text, chunks, said.model)


def with_history(case: Case) -> str:
    """Return the question, what was said before in front of it: baselines know no history."""
    turns = "".join(f"{question}\n{answer}\n" for question, answer in case.history)
    return turns + case.question


def make_answer(case: Case, text: str, chunks: Sequence[Chunk], model: str) -> Answer:
    """Return a baseline's text as an `Answer`.

    Args:
        case: What was asked.
        text: With ``[n]`` markers; n counts ``chunks`` from 1.
        chunks: What the baseline read.
        model: Its name.
    """
    text = text.strip()
    first = text[slice(*bounds[0])] if (bounds := sentences(text)) else ""
    refused = bool(REFUSES.search(first))
    said = [] if refused else _sentences(text, len(chunks))
    cited = dict.fromkeys(m for sentence in said for m in sentence.markers)
    return Answer(
        question=case.question,
        understood_as=case.question,
        text=text,
        outcome="refused" if refused else "answered",
        sentences=tuple(said),
        citations=tuple(_citation(m, chunks[m - 1]) for m in cited),
        hits=tuple(_hit(rank, chunk) for rank, chunk in enumerate(chunks, 1)),
        model=model,
    )


def _sentences(text: str, sources: int) -> list[Sentence]:
    text = _TRAILING.sub(r"\2\1", text)
    out: list[Sentence] = []
    for start, end in sentences(text):
        markers = dict.fromkeys(int(n) for n in _MARKER.findall(text[start:end]))
        known = tuple(m for m in markers if 1 <= m <= sources)
        words = _MARKER.sub("", text[start:end]).strip()
        if words:
            out.append(
                Sentence(text=words, markers=known, support="unsupported", reason="not checked")
            )
    return out


def _citation(marker: int, chunk: Chunk) -> Citation:
    spans = locate(chunk.text, chunk.document.text)
    return Citation(
        marker=marker,
        document_id=chunk.document.id,
        title=chunk.document.title,
        outlet=chunk.document.outlet,
        published=chunk.document.published,
        spans=spans,
        quote=chunk.text,
    )


def _hit(rank: int, chunk: Chunk) -> Hit:
    spans = locate(chunk.text, chunk.document.text)
    return Hit(
        passage=Passage(
            id=f"{chunk.document.id}/{rank}",
            document_id=chunk.document.id,
            ordinal=rank,
            spans=spans,
            text=chunk.text,
        ),
        title=chunk.document.title,
        outlet=chunk.document.outlet,
        author=chunk.document.author,
        published=chunk.document.published,
        score=chunk.score,
        by={"dense": rank},
    )


def locate(chunk: str, text: str) -> Spans:
    """Return where a chunk stands; what its maker has rewritten is found by its two ends.

    >>> locate("b c", "a b c d"), locate("zzz", "a b c d")
    (((2, 5),), ((0, 1),))
    """
    start = text.find(chunk)
    if start >= 0:
        return ((start, start + len(chunk)),)
    head, tail = text.find(chunk[:EDGE]), text.rfind(chunk[-EDGE:])
    if 0 <= head < tail + len(chunk[-EDGE:]) <= head + 2 * len(chunk):
        return ((head, tail + len(chunk[-EDGE:])),)
    return ((0, 1),)  # nowhere: a place that no evidence is at
