"""A document made ready for the ledger: its passages, its sketch, the names that it gives twice.

That reads all of a text, so it is done where files are parsed, in a child with bounded time and
memory (``rag/parse/worker.py``). Here are the work itself and the frames in which a document goes
there and comes back. What comes back is not trusted: spans must lie within the text, a passage's
text, its id and the text's hash are made anew, and the whole may not be larger than is allowed.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast, get_args

from rag.clean import clean
from rag.errors import BadFileError
from rag.fold import storable
from rag.learn import learned_names
from rag.load import front_matter
from rag.model import Document, Kind, Mark, Passage, Role, Span, Spans, join_spans
from rag.near import VALUES, sketch
from rag.split import SEARCHED, Sizes, passage_id, split

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from rag.parse import Limits

    CountTokens: TypeAlias = Callable[[Sequence[str]], list[int]]

Counter: TypeAlias = Literal["e5", "tiktoken"]
"""What counts tokens: the embedded model's own pieces, or tiktoken's for an endpoint's."""
PORTION = 2_000
"""Spans or marks of a frame: whoever reads it lets other threads go on after each."""
PIECES = 2_000_000
"""Spans and marks that the texts of one file may have."""
_CARD = frozenset(f.name for f in fields(Document)) - {"text", "marks", "sha256", "near"}


@dataclass(frozen=True, slots=True)
class Recipe:
    """How documents are cut."""

    sizes: Sizes = field(default_factory=Sizes)
    counter: Counter = "e5"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document and what is made of it."""

    document: Document
    passages: tuple[Passage, ...]
    sketch: bytes
    names: tuple[tuple[str, str], ...]
    note: str = ""
    """What a reader of the report should know."""

    def named(self, id: str, source: str) -> Prepared:
        """Return it with the id and the source that the document has in the ledger."""
        document = replace(self.document, id=id, source=source)
        passages = tuple(
            replace(p, id=passage_id(document, p.spans, p.kind, p.ordinal), document_id=id)
            for p in self.passages
        )
        return replace(self, document=document, passages=passages)


def prepare(document: Document, sizes: Sizes, count_tokens: CountTokens) -> Prepared:
    """Clean and split a document; tell what it is known and found by."""
    passages = split(document, clean(document), sizes=sizes, count_tokens=count_tokens)
    body = sketch(p.text for p in passages if p.kind == "body")
    names = learned_names("\n".join(p.text for p in passages if p.kind in SEARCHED))
    plain = document.format in {"text", "markdown"}
    note = front_matter(document.text).refused if plain else ""
    return Prepared(document, tuple(passages), body, tuple(names), note)


def counter_of(name: Counter) -> CountTokens:
    """Return what counts tokens; without the model that they are counted for."""
    if name == "e5":
        from rag.e5_pieces import PieceCounter  # noqa: PLC0415 - 70 MB that the other needs not

        count = PieceCounter()
        return lambda texts: count([storable(text) for text in texts])
    from rag.budget import count_tokens  # noqa: PLC0415

    return lambda texts: [count_tokens(text) for text in texts]


# --- frames


def document_frames(document: Document) -> Iterator[bytes]:
    """Yield a document as frames: its card, its text, its marks."""
    card = {name: getattr(document, name) for name in _CARD}
    marks = [[m.start, m.end, m.role, m.value] for m in document.marks]
    yield _json({"card": card, "marks": len(marks)})
    yield document.text.encode("utf-8", "surrogatepass")
    for portion in _portions(marks, lambda _: 1):
        yield _json(portion)


def prepared_frames(prepared: Prepared) -> Iterator[bytes]:
    """Yield a prepared document as frames."""
    yield from document_frames(prepared.document)
    passages = [[p.kind, p.spans, p.section, p.pages, p.anchor] for p in prepared.passages]
    last = {"sketch": prepared.sketch.hex(), "names": prepared.names, "note": prepared.note}
    yield _json({**last, "passages": len(passages)})
    for portion in _portions(passages, lambda p: 1 + len(p[1]) + len(p[4])):
        yield _json(portion)


def _portions(items: Sequence[Any], weight: Callable[[Any], int]) -> Iterator[Sequence[Any]]:
    portion: list[Any] = []
    weighs = 0
    for item in items:
        portion.append(item)
        weighs += weight(item)
        if weighs >= PORTION:
            yield portion
            portion, weighs = [], 0
    if portion:
        yield portion


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=True).encode()


class Receiving:
    """Documents as they come out of frames, with what all of a file's may come to."""

    def __init__(self, frames: Callable[[], bytes], limits: Limits) -> None:
        """Take in.

        Args:
            frames: Gives the next frame.
            limits: What one file may cost.
        """
        self._next = frames
        self._characters = limits.expanded_bytes
        self._most = limits.expanded_bytes
        self._pieces = PIECES

    def document(self) -> Document:
        """Return the next document; its hash is that of its text.

        Raises:
            BadFileError: When there is more of it than is allowed.
            ValueError: When it is none.
        """
        head = json.loads(self._next())
        data = self._next()
        self._take(characters=len(data) // 4)
        text = data.decode("utf-8", "surrogatepass")
        marks = tuple(self._marks(head["marks"], len(text)))
        card: dict[str, Any] = {name: _plain(head["card"][name]) for name in _CARD}
        sha256 = hashlib.sha256(data).hexdigest()
        return Document(**card, text=text, sha256=sha256, marks=marks)

    def prepared(self) -> Prepared:
        """Return the next prepared document.

        Raises:
            BadFileError: When there is more of it than is allowed.
            ValueError: When it is none.
        """
        document = self.document()
        last = json.loads(self._next())
        sketched = bytes.fromhex(last["sketch"])
        names = tuple((str(name), str(other)) for name, other in last["names"])
        passages = tuple(self._passages(last["passages"], document))
        if len(sketched) not in {0, 4 * VALUES}:
            raise ValueError("a sketch of another size")
        return Prepared(document, passages, sketched, names, str(last["note"]))

    def _items(self, count: int) -> Iterator[Any]:
        while count > 0:
            portion = json.loads(self._next())
            count -= len(portion)
            if not portion or count < 0:
                raise ValueError("other items than were announced")
            yield from portion

    def _marks(self, count: int, length: int) -> Iterator[Mark]:
        self._take(pieces=count)
        roles = get_args(Role)
        for start, end, role, value in self._items(count):
            ((begin, stop),) = _spans([[start, end]], length)
            if role not in roles:
                raise ValueError("no role of a mark")
            yield Mark(begin, stop, cast("Role", role), str(value))

    def _passages(self, count: int, document: Document) -> Iterator[Passage]:
        kinds = get_args(Kind)
        for ordinal, (kind, spans, section, pages, anchor) in enumerate(self._items(count)):
            self._take(pieces=len(spans) + len(anchor))
            chosen = _spans(spans, len(document.text))
            self._take(characters=sum(end - start for start, end in chosen))
            if kind not in kinds:
                raise ValueError("no class of a passage")
            yield Passage(
                id="",  # the document has none here: ``named`` gives both
                document_id="",
                ordinal=ordinal,
                spans=chosen,
                text=join_spans(document.text, chosen),
                kind=cast("Kind", kind),
                section=tuple(str(words) for words in section),
                pages=tuple(int(page) for page in pages),
                anchor=_spans(anchor, len(document.text)),
            )

    def _take(self, *, characters: int = 0, pieces: int = 0) -> None:
        self._characters -= characters
        self._pieces -= pieces
        if self._characters < 0:
            raise BadFileError(
                f"its passages come to more than {self._most:,} characters"
                " (YOUJU_MAX_EXPANDED_BYTES)"
            )
        if self._pieces < 0:
            raise BadFileError(f"its text falls into more than {PIECES:,} pieces")


def _spans(values: Iterable[Sequence[int]], length: int) -> Spans:
    """Spans that lie within a text of this length.

    Raises:
        ValueError: When one does not.
    """
    spans: list[Span] = []
    for start, end in values:
        if type(start) is not int or type(end) is not int or not 0 <= start <= end <= length:
            raise ValueError("a span outside of its text")
        spans.append((start, end))
    return tuple(spans)


def _plain(value: object) -> str | tuple[str, ...] | None:
    """A field of a card.

    Raises:
        ValueError: When it is neither words nor a list of them.
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    raise ValueError("a field that holds no words")
