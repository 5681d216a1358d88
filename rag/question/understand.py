"""A question as a value: read once, in one place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.fold import fold, script_of
from rag.question.asks import wants_latest, wants_several
from rag.question.parts import parts
from rag.question.pile import read_pile, read_piles
from rag.question.standalone import stand_alone
from rag.untrusted import asks_about_instructions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.fold import Script
    from rag.names import Names
    from rag.question.pile import Pile


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that is asked."""

    text: str
    """It stands alone."""
    several: bool = False
    """Whether the answer is likely to stand in several places: a list, points, a comparison."""
    latest: bool = False
    """Whether what holds now is asked for, rather than all that was said."""
    of_orders: bool = False
    """Whether it asks what a document tells a model to do: then that may be quoted."""
    pile: Pile | None = None
    """What it asks of all documents, where it does."""

    @classmethod
    def of(cls, text: str) -> Part:
        """Read one part."""
        return cls(
            text,
            wants_several(text),
            wants_latest(text),
            asks_about_instructions(text),
            read_pile(text),
        )

    @classmethod
    def over_all(cls, text: str, pile: Pile) -> Part:
        """One thing that is asked of all documents."""
        return cls(text, several=pile.asks != "first", latest=pile.asks == "latest", pile=pile)


@dataclass(frozen=True, slots=True)
class Question:
    """A question as it came, and how it is understood."""

    asked: str
    understood: str
    """Made to stand alone; equal to ``asked`` without a history."""
    parts: tuple[Part, ...]

    @property
    def to_write(self) -> str:
        """What of it a model answers: all that is not asked of all documents."""
        if not any(part.pile for part in self.parts):
            return self.understood
        return " ".join(part.text for part in self.parts if not part.pile)

    @property
    def script(self) -> Script:
        """Of the question as it came: what the answer is written in."""
        return script_of(self.asked)


def understand(
    asked: str, understood: str, history: Sequence[tuple[str, str]], names: Names
) -> Question:
    """Return a question cut into its parts.

    Args:
        asked: As it came.
        understood: The same, made to stand alone.
        history: Earlier questions and answers. One of these that only stands in ``understood`` to
            be leant on is not asked again.
        names: Those of the home.
    """
    piles = read_piles(asked, history)
    over_all = tuple(Part.over_all(*pile) for pile in piles.asked)
    if over_all:
        rest = stand_alone(piles.rest, [*history, (over_all[0].text, "")], names)
        others = map(Part.of, parts(rest, names) if rest else ())
        return Question(asked, understood, (*over_all, *others))
    answered = {fold(earlier).strip() for earlier, _ in history}
    found = parts(understood, names)
    new = tuple(p for p in found if fold(p).strip() not in answered) or found
    return Question(asked, understood, tuple(map(Part.of, new)))
