"""Put the passages found into a better order: a ``/rerank`` endpoint, or a LlamaIndex class.

Both are LlamaIndex ``BaseNodePostprocessor``. A reranker that fails raises: what is read for an
answer never changes silently.
"""

from __future__ import annotations

import contextvars
import importlib
import inspect
import json
import math
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import httpx
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import MetadataMode, NodeWithScore, QueryBundle, TextNode
from pydantic import (
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    FiniteFloat,
    PrivateAttr,
    SecretStr,
    TypeAdapter,
    ValidationError,
)
from pydantic_core import from_json

from rag.bounded import bounded_client
from rag.errors import (
    ModelError,
    ModelProtocolError,
    ModelRefusedError,
    ModelTimeoutError,
    ModelUnreachableError,
    SettingsError,
    YoujuError,
)
from rag.origins import without_credentials

if TYPE_CHECKING:
    from rag.model import Hit
    from rag.settings import Settings

T = TypeVar("T")

MOST_BYTES = 8_000_000
"""Of an answer: scores take a hundred bytes each, and some servers repeat the passages."""
DEADLINE = 120.0
"""Seconds, where no setting says otherwise."""
WANTS_TEXTS = re.compile(r"""[`'"]texts[`'"]""")
"""In the 400 or 422 of a server of TEI's dialect that was sent ``documents``."""


class RerankEndpoint(BaseNodePostprocessor):
    """A ``/rerank`` endpoint: Jina, Cohere, vLLM, llama.cpp, LocalAI, or TEI.

    All but TEI take the passages as ``documents``. TEI wants ``texts``; they cannot both be sent,
    because Cohere refuses fields that it does not know and llama.cpp takes ``texts`` to mean that
    TEI's answer is wanted. So ``documents`` is sent, and ``texts`` once the server asks for it.
    """

    url: str = Field(description="Base address, without /rerank")
    model: str = "default"
    api_key: SecretStr | None = None
    deadline: float = Field(default=DEADLINE, description="Seconds that one ranking may take")
    _dialect: Literal["documents", "texts"] = PrivateAttr(default="documents")

    @classmethod
    def class_name(cls) -> str:
        """Name of this class in LlamaIndex's serialisation."""
        return "YoujuRerankEndpoint"

    def _postprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        if query_bundle is None:
            raise ValueError("a reranker needs the question")
        if not nodes:
            return []
        question = query_bundle.query_str
        # As LlamaIndex's own rerankers read a passage: under its title and date.
        texts = [n.node.get_content(metadata_mode=MetadataMode.EMBED) for n in nodes]
        ending = time.monotonic() + self.deadline
        scores = _awaited(
            lambda: self._scores(question, texts, ending), self.deadline, self._at()
        ).result()
        order = sorted(range(len(nodes)), key=lambda i: -scores[i])
        return [NodeWithScore(node=nodes[i].node, score=scores[i]) for i in order]

    def _at(self) -> str:
        return f"The reranker at {without_credentials(self.url)}"

    def _scores(self, question: str, texts: Sequence[str], ending: float) -> list[float]:
        """Ask for the score of each of ``texts``, in their order."""
        response = self._post(self._body(question, texts), ending)
        if (
            self._dialect == "documents"
            and response.status_code in {400, 422}
            and WANTS_TEXTS.search(response.text)
        ):
            self._dialect = "texts"
            response = self._post(self._body(question, texts), ending)
        if not response.is_success:
            raise _refusal(response, self._at())
        return _read_scores(response, len(texts), self._at())

    def _body(self, question: str, texts: Sequence[str]) -> dict[str, Any]:
        query, passages = _storable(question), [_storable(t) for t in texts]
        if self._dialect == "texts":
            return {"query": query, "texts": passages, "truncate": True}
        return {
            "model": self.model,
            "query": query,
            "documents": passages,
            "top_n": len(passages),
        }

    def _post(self, body: dict[str, Any], ending: float) -> httpx.Response:
        """Send ``body``, and return the response with as much of its content as was wanted."""
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self.api_key:
            headers["Authorization"] = f"Bearer {self.api_key.get_secret_value()}"
        left = max(0.001, ending - time.monotonic())
        content = bytearray()
        with (
            _translated(self._at()),
            bounded_client(left) as client,
            client.stream(
                "POST", f"{self.url}/rerank", content=json.dumps(body), headers=headers
            ) as response,
        ):
            for piece in response.iter_bytes():
                content += piece
                if len(content) > MOST_BYTES:
                    raise ModelProtocolError(
                        f"{self._at()} answered more than {MOST_BYTES // 1_000_000} MB. "
                        "Correct YOUJU_RERANK_URL."
                    )
            kind = {"Content-Type": response.headers.get("Content-Type", "")}
            return httpx.Response(response.status_code, headers=kind, content=bytes(content))


class NamedPostprocessor(BaseNodePostprocessor):
    """A LlamaIndex postprocessor from a setting, with Youju's deadline and errors."""

    name: str = Field(description="As set: package.module:Class")
    inner: BaseNodePostprocessor
    deadline: float = Field(default=DEADLINE, description="Seconds that one ranking may take")

    @classmethod
    def class_name(cls) -> str:
        """Name of this class in LlamaIndex's serialisation."""
        return "YoujuNamedPostprocessor"

    def _postprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        what = f"The reranker {self.name}"
        done = _awaited(
            lambda: list(self.inner.postprocess_nodes(nodes, query_bundle)), self.deadline, what
        )
        # Somebody else's code may raise anything at all; none of it is Youju's to explain.
        error = done.exception()
        if isinstance(error, Exception) and not isinstance(error, YoujuError):
            raise ModelError(
                f"{what} failed ({type(error).__name__}: {_short(str(error))}). Correct "
                "YOUJU_RERANK_ARGUMENTS, or unset YOUJU_RERANK_POSTPROCESSOR."
            ) from error
        return done.result()


def make_reranker(settings: Settings) -> BaseNodePostprocessor | None:
    """Return the reranker that ``settings`` ask for; None where they ask for none.

    Raises:
        SettingsError: When there is no such class or its arguments do not fit.
    """
    if settings.rerank_url:
        key = settings.rerank_api_key
        if key and not (key.get_secret_value().isascii() and key.get_secret_value().isprintable()):
            raise SettingsError(
                "YOUJU_RERANK_API_KEY holds characters that no key has. Correct it."
            )
        return RerankEndpoint(
            url=_base_address(settings.rerank_url),
            model=settings.rerank_model,
            api_key=key,
            deadline=settings.deadline,
        )
    if settings.rerank_postprocessor:
        return NamedPostprocessor(
            name=settings.rerank_postprocessor,
            inner=_built(settings.rerank_postprocessor, settings.rerank_arguments),
            deadline=settings.deadline,
        )
    return None


def rerank(reranker: BaseNodePostprocessor, question: str, hits: Sequence[Hit]) -> list[Hit]:
    """Return ``hits`` in the reranker's order, with its scores; those that it drops are left out.

    Args:
        reranker: Gets the text of each passage, its title and date as metadata.
        question: As asked.
        hits: Best first: where the reranker gives equal scores, their order stays.

    Raises:
        ModelError: When the reranker fails, is late, or answers what it cannot have been asked.
    """
    if not hits:
        return []
    ranked = reranker.postprocess_nodes([_node(hit) for hit in hits], query_str=question)
    waiting = {hit.passage.id: hit for hit in hits}
    found = []
    for node in ranked:
        hit = waiting.pop(node.node.node_id, None)
        if hit is None:
            raise ModelProtocolError(
                f"The reranker returned passage {node.node.node_id!r}, which it was not given or "
                "had returned already. Set another YOUJU_RERANK_URL or YOUJU_RERANK_POSTPROCESSOR."
            )
        score = hit.score if node.score is None else float(node.score)
        if not math.isfinite(score):
            raise ModelProtocolError(
                f"The reranker gave passage {node.node.node_id!r} the score {score}. "
                "Set another YOUJU_RERANK_URL or YOUJU_RERANK_POSTPROCESSOR."
            )
        found.append(replace(hit, score=score))
    return found


def _node(hit: Hit) -> NodeWithScore:
    metadata = {"title": hit.title, "published": hit.published or ""}
    node = TextNode(
        id_=hit.passage.id,
        text=hit.passage.text,
        metadata={name: value for name, value in metadata.items() if value},
    )
    return NodeWithScore(node=node, score=hit.score)


def _base_address(url: str) -> str:
    shown = without_credentials(url)
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise SettingsError(f"YOUJU_RERANK_URL is not an address ({error}): {shown!r}.") from None
    if parsed.scheme not in {"http", "https"} or not parsed.host or parsed.query:
        raise SettingsError(
            f"YOUJU_RERANK_URL is not a base address such as http://localhost:8012/v1: {shown!r}."
        )
    return url.rstrip("/").removesuffix("/rerank").rstrip("/")


def _built(name: str, arguments: dict[str, Any]) -> BaseNodePostprocessor:
    """Import and construct the class that a setting names."""
    module_name, _, class_name = name.partition(":")
    if not module_name or module_name.startswith(".") or not class_name:
        raise SettingsError(
            f"YOUJU_RERANK_POSTPROCESSOR must read package.module:Class (got {name!r})."
        )
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        raise SettingsError(
            f"YOUJU_RERANK_POSTPROCESSOR: {module_name} cannot be imported ({error}). "
            "Install its package, or correct the name."
        ) from error
    kind = getattr(module, class_name, None)
    if kind is None:
        raise SettingsError(
            f"YOUJU_RERANK_POSTPROCESSOR: {module_name} has no {class_name}. Correct the name."
        )
    if not (isinstance(kind, type) and issubclass(kind, BaseNodePostprocessor)):
        raise SettingsError(
            f"YOUJU_RERANK_POSTPROCESSOR: {name} is not a LlamaIndex BaseNodePostprocessor."
        )
    try:
        # Pydantic passes over arguments that it does not know.
        inspect.signature(kind).bind(**arguments)
        return kind(**arguments)
    except (
        AssertionError,
        AttributeError,
        ImportError,
        LookupError,
        OSError,
        RuntimeError,
        TypeError,
        ValueError,
    ) as error:
        raise SettingsError(
            f"YOUJU_RERANK_ARGUMENTS: {name} does not take them "
            f"({type(error).__name__}: {_complaint(error)})."
        ) from error


def _complaint(error: Exception) -> str:
    if isinstance(error, ValidationError):  # whose text repeats the value: it may be a key
        first = error.errors(include_input=False)[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return _short(str(error))


class _Ranked(BaseModel):
    model_config = ConfigDict(strict=True)

    index: int = Field(ge=0)
    score: FiniteFloat = Field(validation_alias=AliasChoices("relevance_score", "score"))


_RANKING = TypeAdapter(list[_Ranked])


def _read_scores(response: httpx.Response, count: int, at: str) -> list[float]:
    """Return the scores of passages 0 to ``count`` - 1: all were asked for, each once."""
    try:
        value = from_json(response.content)
    except ValueError as error:
        kind = response.headers.get("Content-Type") or "of no type"
        raise ModelProtocolError(
            f"{at} answered something that is not JSON ({kind}). Correct YOUJU_RERANK_URL "
            "(it usually ends in /v1; TEI's has no path)."
        ) from error
    try:
        ranked = _RANKING.validate_python(
            value.get("results") if isinstance(value, dict) else value
        )
    except ValidationError as error:
        raise ModelProtocolError(
            f"{at} answered something that is not a ranking ({_complaint(error)}). "
            "Correct YOUJU_RERANK_URL."
        ) from error
    scores: dict[int, float] = {}
    for result in ranked:
        if result.index >= count or result.index in scores:
            wrong = "twice" if result.index in scores else f"of {count}, counted from 0"
            raise ModelProtocolError(
                f"{at} ranked passage {result.index} {wrong}. Its answers cannot be used: set "
                "another YOUJU_RERANK_URL, or unset it."
            )
        scores[result.index] = result.score
    if len(scores) < count:
        raise ModelProtocolError(
            f"{at} ranked only {len(scores)} of {count} passages. Lower YOUJU_RERANK_DEPTH."
        )
    return [scores[i] for i in range(count)]


def _refusal(response: httpx.Response, at: str) -> ModelRefusedError:
    status, reason = response.status_code, _reason(response)
    match status:
        case 401 | 403:
            return ModelRefusedError(
                f"{at} refused the key ({status}): {reason}. Correct YOUJU_RERANK_API_KEY."
            )
        case 404 | 405:
            return ModelRefusedError(
                f"{at} has no such model or path ({status}): {reason}. Correct YOUJU_RERANK_MODEL "
                "or YOUJU_RERANK_URL (it usually ends in /v1; TEI's has no path)."
            )
        case 429:
            return ModelRefusedError(f"{at} is over its limit (429): {reason}. Wait.")
        case 400 | 413 | 422:
            return ModelRefusedError(
                f"{at} did not take the passages ({status}): {reason}. Lower YOUJU_RERANK_DEPTH, "
                "or correct YOUJU_RERANK_MODEL."
            )
        case _:
            return ModelRefusedError(
                f"{at} answered with status {status}: {reason}. See to it, or unset "
                "YOUJU_RERANK_URL."
            )


def _reason(response: httpx.Response) -> str:
    """What an error says of itself; each server has its own form."""
    try:
        body = from_json(response.content)
    except ValueError:
        body = response.text
    for name in ("error", "message", "detail"):
        if isinstance(body, dict) and body.get(name):
            body = body[name]
    if isinstance(body, list) and body and isinstance(body[0], dict):  # FastAPI's
        body = f"{body[0].get('msg')} ({body[0].get('loc')})"
    text = str(body).strip()
    return "no reason given" if not text or text.startswith("<") else _short(text).rstrip(".")


def _short(text: str) -> str:
    return " ".join(text.split())[:160]


def _storable(text: str) -> str:
    """Lone surrogates are no JSON to most servers; they mean nothing to the model."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _late(at: str) -> ModelTimeoutError:
    return ModelTimeoutError(
        f"{at} did not answer in time. Try again, lower YOUJU_RERANK_DEPTH, or raise "
        "YOUJU_DEADLINE."
    )


@contextmanager
def _translated(at: str) -> Iterator[None]:
    try:
        yield
    except httpx.TimeoutException as error:
        raise _late(at) from error
    except (httpx.RemoteProtocolError, httpx.DecodingError) as error:
        raise ModelProtocolError(
            f"{at} broke off or does not speak HTTP ({_short(str(error))}). Correct "
            "YOUJU_RERANK_URL."
        ) from error
    except httpx.RequestError as error:
        raise ModelUnreachableError(
            f"{at} cannot be reached ({_short(str(error))}). Start it, or correct YOUJU_RERANK_URL."
        ) from error


def _awaited(call: Callable[[], T], seconds: float, what: str) -> Future[T]:
    """Run ``call`` in a thread of its own, and give up on it after ``seconds``.

    Neither a body that trickles nor somebody else's code can be held to a deadline from within.

    Returns:
        What ``call`` returned or raised.
    """
    done: Future[T] = Future()
    context = contextvars.copy_context()  # LlamaIndex's callbacks live there

    def run() -> None:
        try:
            done.set_result(context.run(call))
        except BaseException as error:  # noqa: BLE001 - handed to the caller, who raises it
            done.set_exception(error)

    threading.Thread(target=run, name="youju-reranker", daemon=True).start()
    try:
        done.exception(timeout=seconds)
    except TimeoutError as error:
        raise _late(what) from error
    return done
