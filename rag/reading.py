"""From hits to what is read: neighbouring passages joined into one, within a budget of tokens.

A passage is small, so that it can be found; what it says may begin in the passage before and end
in the one after. Measured on the gold questions: see ARCHITECTURE.md, “Reading units”.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

from rag.budget import count_tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rag.model import Hit, Passage


def reading_units(
    hits: Sequence[Hit], around: Callable[[Passage], Sequence[Passage]], *, tokens: int
) -> list[Hit]:
    """Join hits that follow one another, and widen the best by their neighbours.

    Args:
        hits: Best first.
        around: The passages before and after one, of its class and section, in order.
        tokens: Of all units together, by tiktoken; the hits themselves are never cut.

    Returns:
        A hit for each unit, best first: the best hit in it, with the unit as its passage. Spans
        and text still agree.
    """
    taken = {hit.passage.id: hit.passage for hit in hits}
    left = tokens - sum(count_tokens(passage.text) for passage in taken.values())
    for hit in hits:
        if hit.kind != "body":
            continue  # a comment or a footnote is whole
        for neighbour in around(hit.passage):
            cost = 0 if neighbour.id in taken else count_tokens(neighbour.text)
            if cost <= left:
                taken.setdefault(neighbour.id, neighbour)
                left -= cost
    units: dict[str, Passage] = {}
    for run in _runs(list(taken.values())):
        unit = _joined(run)
        units |= {passage.id: unit for passage in run}
    out: dict[int, Hit] = {}
    for hit in hits:
        unit = units[hit.passage.id]
        # The best hit of a unit comes first and stands for it.
        out.setdefault(id(unit), replace(hit, passage=unit))
    return list(out.values())


def _runs(passages: list[Passage]) -> list[list[Passage]]:
    """Passages of one document, class and section that follow one another."""
    ordered = sorted(passages, key=lambda p: (p.document_id, p.kind, p.section, p.ordinal))
    numbered = enumerate(ordered)
    return [
        [passage for _, passage in run]
        for _, run in groupby(
            numbered, key=lambda n: (n[1].document_id, n[1].kind, n[1].section, n[1].ordinal - n[0])
        )
    ]


def _joined(run: list[Passage]) -> Passage:
    return replace(
        run[0],
        spans=tuple(span for passage in run for span in passage.spans),
        text="".join(passage.text for passage in run),
        pages=tuple(page for passage in run for page in passage.pages),
    )
