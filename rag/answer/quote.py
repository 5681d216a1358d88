"""Quotations that answer: the reader points, and every character shown is the source's.

A quotation is the sentence, or the table's row with its columns' names, in which the reader sees
the answer; the words that answer stand in it, and are shown bold.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.excerpt import Excerpt
from rag.figures import missing_figures
from rag.reader import texts_of
from rag.split import whole_sentences
from rag.untrusted import is_instruction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.model import Hit, Layout, Span, Spans
    from rag.question import Part
    from rag.reader import Reader, Reading, Text

ALSO = 0.6
"""Probability from which a further quotation answers too, where several are asked for."""
SURE = 0.5
"""Probability of the very words from which they are shown as the short answer."""
MOST, MOST_WHERE_SEVERAL = 1, 6
"""Quotations shown."""


@dataclass(frozen=True, slots=True)
class Quotation:
    """A sentence or row of a document, and the words in it that answer."""

    hit: Hit
    excerpt: Excerpt
    """What is cited: of a row, with the header above it."""
    text: str
    """As it is shown: of a row, each cell behind its column's name."""
    short: Spans
    """``[start, end)`` in ``text`` of the words that answer."""
    probability: float
    """That it answers, by the reader."""
    layout: Layout = ""
    """How it is shown: an item of a list that is quoted whole."""

    @property
    def story(self) -> str:
        """What near-duplicates share: two of one story are one source."""
        return self.hit.story or self.hit.passage.document_id

    @property
    def reading(self) -> str:
        """As a language model reads it: with the title above it."""
        return f"《{self.hit.title}》：{self.text}"

    @property
    def answer(self) -> str:
        """The words that answer; all of the quotation where the reader is not sure which."""
        return " ".join(self.text[start:end] for start, end in self.short) or self.text


def quotations(part: Part, hits: Sequence[Hit], reader: Reader) -> list[Quotation]:
    """Return what may answer one part of a question, the likeliest first; none twice.

    Args:
        part: What is asked.
        hits: Passages found for it.
        reader: Points.

    Raises:
        ModelError: When the reader's model fails.
    """
    read = [(hit, text) for hit in hits for text in texts_of(hit.passage.text, context_of(hit))]
    readings = reader.answers(part.text, [text for _, text in read])
    found: dict[str, Quotation] = {}
    for (hit, text), reading in sorted(
        zip(read, readings, strict=True), key=lambda pair: -pair[1].probability
    ):
        quoted = _quoted(hit, text, reading) if reading.spans else None
        if quoted and (part.of_orders or not is_instruction(quoted.text)):
            found.setdefault("".join(quoted.text.split()), quoted)
    return list(found.values())


def chosen(quoted: Sequence[Quotation], *, several: bool) -> list[Quotation]:
    """Return what is shown of the quotations of one part.

    Args:
        quoted: The likeliest first; not empty.
        several: Whether the question asks for several things.
    """
    most = MOST_WHERE_SEVERAL if several else MOST
    return [quoted[0], *(q for q in quoted[1:most] if q.probability >= ALSO)]


def disagreeing(quoted: Sequence[Quotation]) -> list[Quotation]:
    """Return the likeliest quotation and those of other stories that give another figure.

    Only figures and dates are compared: other words for one thing are not told from other things.

    Args:
        quoted: The likeliest first; not empty.

    Returns:
        One of each story; fewer than two where none disagrees.
    """
    first = quoted[0]
    sides = {first.story: first}
    for other in quoted[1:]:
        likely = other.probability >= ALSO
        if likely and other.story not in sides and _other_figures(first, other):
            sides[other.story] = other
    return list(sides.values()) if len(sides) > 1 else []


def _other_figures(one: Quotation, other: Quotation) -> bool:
    """Whether each answers with a figure that the other does not hold."""
    return bool(missing_figures(one.answer, other.text) and missing_figures(other.answer, one.text))


def context_of(hit: Hit) -> str:
    """Return what a reader should know of a passage: title, headings, the sentence before."""
    return " ".join(filter(None, (hit.title, *hit.passage.section, hit.about)))


def _quoted(hit: Hit, text: Text, reading: Reading) -> Quotation:
    passage = Excerpt(hit.passage.spans, hit.passage.text)
    if text.is_row:
        header, row = _header_and_row(hit.passage.text, text.places(0, len(text.text)))
        excerpt = passage.cut(*row)
        if header[1] <= row[0]:
            excerpt = passage.cut(*header) + excerpt
        cells = [text.inside_cell(*span) for span in reading.spans]
        return Quotation(
            hit, excerpt, text.text, _short(text.text, cells, reading), reading.probability
        )
    (start_at, end_at), *_ = reading.spans
    low, high = whole_sentences(text.text, start_at, end_at)
    inside = [
        (max(s, low) - low, min(e, high) - low) for s, e in reading.spans if s < high and e > low
    ]
    places = text.places(low, high)
    shown = text.text[low:high]
    excerpt = passage.cut(places[0][0], places[-1][1])
    return Quotation(hit, excerpt, shown, _short(shown, inside, reading), reading.probability)


def _short(text: str, spans: Sequence[Span], reading: Reading) -> Spans:
    """The words that answer, without space around them; none where the reader wavers."""
    if reading.sure < SURE:
        return ()
    stripped = [
        (s + len(text[s:e]) - len(text[s:e].lstrip()), s + len(text[s:e].rstrip()))
        for s, e in spans
    ]
    return tuple(sorted((s, e) for s, e in stripped if s < e))


def _header_and_row(passage: str, places: Spans) -> tuple[Span, Span]:
    """The header's line and the row's line, each to its end."""
    first, last = min(places)[0], max(places)[1]
    header_end = passage.find("\n", first) + 1
    row_start = passage.rfind("\n", 0, last) + 1
    return (first, header_end), (row_start, last)
