"""Documents that disagree: sentences that answer one question with different values.

Both are given, each with its outlet and date, unless the question asks for the latest. A sentence
counts where it is likely to answer (`answers.py`); whether values differ is told by rules for each
kind of value: figures by unit and rounding and dates by what both tell (`measures.py`), people
and places by name, reasons by what follows “because of” (`names.py`), yes and no by denial, and
directions by words that exclude one another (`stances.py`). A model, where there is one, reads each
document's sentences alone and says what they answer (`alone.py`). Where in doubt there is no
disagreement: two figures of different things side by side mislead more than one figure does.
"""

from rag.disagree.ask import Asked
from rag.disagree.find import Compared, Side, Told, answers_told, compared
from rag.disagree.latest import as_of, later, source_label, wants_latest

READS = 16
"""Sentences to look at; more than an answer reads, since another source may put it otherwise."""

__all__ = [
    "READS",
    "Asked",
    "Compared",
    "Side",
    "Told",
    "answers_told",
    "as_of",
    "compared",
    "later",
    "source_label",
    "wants_latest",
]
