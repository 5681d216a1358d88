"""A language model whose answers are kept: what was asked before is not asked again.

The seam is the model itself, so all else is really run each time: retrieval, prompts, the check of
every sentence, the decision to refuse, metrics. An answer is found again by the hash of all that
shaped it: the model's weights or endpoint, the messages, and the parameters of the request. One
changed character of a prompt asks anew.
"""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit, urlunsplit

from rag.errors import ModelError, ModelProtocolError, YoujuError
from rag.llm import ChatModel, Written
from rag.local_model import WEIGHTS
from rag.model import Usage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Self

    from rag.prompt import Messages
    from rag.settings import Settings

BLOCK = 8 * 1024 * 1024


class StaleRecordingError(YoujuError):
    """A recording lacks what is asked now: it is of another prompt, model or retrieval.

    No `ModelError`: code that does without a failing model must not do without this one.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """One request to the model and what came of it."""

    key: str
    kind: Literal["write", "judge"]
    model: str
    text: str = ""
    probability: float | None = None
    """Of yes, of a ``judge``."""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    finish: str = "stop"
    error: str = ""
    """Why it failed, where the answer was finished without it."""
    seconds: float = 0.0
    first: float | None = None
    """Seconds to the first word, where something was written."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request made for one answer."""

    messages: Messages
    recorded: Recorded
    replayed: bool


class Recordings:
    """Requests in a JSON-lines file, by key; the last one of a key counts."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._by_key: dict[str, Recorded] = {}
        if path.exists():
            for line in path.read_text("utf-8").splitlines():
                try:
                    one = Recorded(**json.loads(line))
                except (ValueError, TypeError):
                    continue  # a line torn by a kill
                self._by_key[one.key] = one

    def __len__(self) -> int:
        return len(self._by_key)

    def get(self, key: str) -> Recorded | None:
        """Return the request with this key."""
        return self._by_key.get(key)

    def add(self, recorded: Recorded) -> None:
        """Keep a request: it is in the file when this returns."""
        self._by_key[recorded.key] = recorded
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(recorded), ensure_ascii=False) + "\n")


class RecordedModel(ChatModel):
    """A `ChatModel` that asks another only what is not recorded yet."""

    def __init__(
        self,
        model: ChatModel,
        identity: str,
        recordings: Recordings,
        *,
        fresh: bool = False,
        live: bool = True,
    ) -> None:
        """Keep the parts.

        Args:
            model: Is asked.
            identity: Of its weights or endpoint; part of the hash.
            recordings: Where answers are kept.
            fresh: Ask anew whatever is recorded.
            live: False never to ask, but to raise `StaleRecordingError`.
        """
        self.name = model.name
        self.calls: list[Call] = []
        """Since the last `begin`."""
        self.saved_before_word: float | None = 0.0
        """What `saved` was at the first word of the last text; None: its recording does not tell,
        being older than the measure."""
        self._model = model
        self._identity = identity
        self._recordings = recordings
        self._fresh = fresh
        self._live = live
        self._failed: list[Recorded] = []

    def begin(self) -> Self:
        """Forget the calls of the question before."""
        self.calls, self._failed = [], []
        return self

    def commit(self) -> None:
        """Keep also the requests that failed: the question is answered as well without them.

        Of the others no failure is kept, so that they are made again the next time.
        """
        for recorded in self._failed:
            self._recordings.add(recorded)
        self._failed = []

    @property
    def failure(self) -> str:
        """Why a request since the last `commit` failed; empty where none did."""
        return self._failed[-1].error if self._failed else ""

    @property
    def saved(self) -> float:
        """Seconds that replayed calls took when they were made."""
        return sum(call.recorded.seconds for call in self.calls if call.replayed)

    def stream(self, messages: Messages, *, max_tokens: int, deadline: float) -> Iterator[Written]:
        """Yield the answer as it is written, or the recorded one in one piece."""
        key = self._key("write", messages, max_tokens=max_tokens)
        known = self._known(key, messages)
        if known:
            before = self.saved - known.seconds
            self.saved_before_word = None if known.first is None else before + known.first
            if known.text:
                yield Written(known.text)
            yield Written(
                "",
                Usage(prompt_tokens=known.prompt_tokens, completion_tokens=known.completion_tokens),
            )
            return
        made = Recorded(key=key, kind="write", model=self.name)
        began, text, usage, first = time.monotonic(), "", Usage(), None
        try:
            for piece in self._model.stream(messages, max_tokens=max_tokens, deadline=deadline):
                if piece.text and first is None:
                    first = round(time.monotonic() - began, 3)
                    self.saved_before_word = self.saved
                text += piece.text
                usage = piece.usage or usage
                yield piece
        except ModelError as error:
            self._fail(made, error, began, messages)
            raise
        self._keep(
            replace(
                made,
                text=text,
                prompt_tokens=usage.prompt_tokens,
                completion_tokens=usage.completion_tokens,
                first=first,
            ),
            began,
            messages,
        )

    def probability_of_yes(
        self, messages: Messages, *, yes: str, no: str, deadline: float
    ) -> float | None:
        """Return the model's probability of ``yes``, or the recorded one."""
        key = self._key("judge", messages, yes=yes, no=no)
        known = self._known(key, messages)
        if known:
            return known.probability
        made = Recorded(key=key, kind="judge", model=self.name)
        began = time.monotonic()
        try:
            said = self._model.probability_of_yes(messages, yes=yes, no=no, deadline=deadline)
        except ModelError as error:
            self._fail(made, error, began, messages)
            raise
        self._keep(replace(made, probability=said), began, messages)
        return said

    def _key(self, kind: str, messages: Messages, **parameters: object) -> str:
        shape = json.dumps([kind, self._identity, messages, parameters], ensure_ascii=False)
        return hashlib.sha256(shape.encode()).hexdigest()

    def _known(self, key: str, messages: Messages) -> Recorded | None:
        known = None if self._fresh else self._recordings.get(key)
        if known is None:
            if not self._live:
                raise StaleRecordingError(
                    f"{self._recordings.path} holds no answer of {self.name} to this prompt: "
                    f"“{messages[-1][1][:60]}…”. A prompt, the model or what is read has "
                    "changed. Record anew: `python -m eval.record`."
                )
            return None
        self.calls.append(Call(messages, known, replayed=True))
        if known.error:
            raise ModelProtocolError(known.error)
        return known

    def _keep(self, made: Recorded, began: float, messages: Messages) -> None:
        made = replace(made, seconds=round(time.monotonic() - began, 3))
        self._recordings.add(made)
        self.calls.append(Call(messages, made, replayed=False))

    def _fail(self, made: Recorded, error: ModelError, began: float, messages: Messages) -> None:
        seconds = round(time.monotonic() - began, 3)
        made = replace(made, error=str(error), finish="error", seconds=seconds)
        self.calls.append(Call(messages, made, replayed=False))
        if isinstance(error, ModelProtocolError):
            self._recordings.add(made)  # an answer cut off is cut off again
        else:
            self._failed.append(made)


def identity(settings: Settings) -> str:
    """Return what names the model that ``settings`` ask for: weights and engine, or endpoint."""
    if settings.base_url:
        return f"{without_secrets(settings.base_url)} {settings.model}"
    engine = f"xllamacpp {version('xllamacpp')}"
    if settings.model_path:
        return f"{_sha256(settings.model_path)} {engine}"
    weights = {str(size): w.sha256 for size, w in WEIGHTS.items()}
    return f"{weights.get(settings.local_model, 'no model')} {engine}"


def without_secrets(url: str) -> str:
    """Return an address without user, password and query.

    >>> without_secrets("https://me:pass@example.org:8080/v1?key=x")
    'https://example.org:8080/v1'
    """
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, "", ""))


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()
