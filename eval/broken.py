"""Builds that are broken on purpose: the gate must catch each, by the right slice and metric."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from rag import fold
from rag.answer import Answerer
from rag.errors import NotFoundError
from rag.model import Done
from rag.split import sentences

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rag.model import Citation, Document, Event


@dataclass(frozen=True, slots=True)
class Broken:
    """A broken build and where it shows."""

    name: str
    part: str
    """Of the questions: the slice that must fall."""
    metrics: tuple[str, ...]
    """Those of which one at least must fall below its floor there."""
    slice: str | None = None
    """Only these questions need be asked."""
    settings: dict[str, Any] = field(default_factory=dict)


SHIFTED = Broken("citations shifted by one sentence", "all", ("citation_precision", "supported"))
NO_REFUSAL = Broken(
    "refusal threshold off", "near miss", ("refused_rightly",), settings={"refuse_below": 0.0}
)
NO_FOLDING = Broken(
    "traditional folding off", "traditional", ("right", "language_right"), slice="traditional"
)
BUILDS = (SHIFTED, NO_REFUSAL, NO_FOLDING)


@contextmanager
def broken(build: Broken, read: Callable[[str], Document]) -> Iterator[None]:
    """Answer as the broken build does, while the context is open.

    Only answering is broken: scoring, which folds scripts too, stays sound.

    Args:
        build: Which.
        read: Returns a document by its id.
    """
    sound = Answerer.stream

    def shifted(self: Answerer, *args: Any) -> Iterator[Event]:
        for event in sound(self, *args):
            if isinstance(event, Done):
                moved = tuple(_shift(c, read) for c in event.answer.citations)
                yield Done(replace(event.answer, citations=moved))
            else:
                yield event

    def unfolded(self: Answerer, *args: Any) -> Iterator[Event]:
        events = sound(self, *args)
        while True:
            with _no_conversion():
                event = next(events, None)
            if event is None:
                return
            yield event

    stream = {SHIFTED.name: shifted, NO_FOLDING.name: unfolded}.get(build.name, sound)
    with patch.object(Answerer, "stream", stream):
        yield


def _shift(citation: Citation, read: Callable[[str], Document]) -> Citation:
    """Cite the sentence after the one that is cited; before it, where that is the last."""
    try:
        text = read(citation.document_id).text
    except NotFoundError:
        return citation  # of a document that only this case has
    end = citation.spans[-1][1]
    bounds = sentences(text)
    after = [span for span in bounds if span[0] >= end] or bounds[:1]
    start, stop = after[0]
    return replace(citation, spans=((start, stop),), quote=text[start:stop])


@contextmanager
def _no_conversion() -> Iterator[None]:
    """Traditional characters stay traditional, wherever a module folds them."""
    sound = fold._converter

    class Same:
        def convert(self, text: str) -> str:
            return text

    with patch.object(fold, "_converter", lambda way: Same() if way == "t2s" else sound(way)):
        yield
