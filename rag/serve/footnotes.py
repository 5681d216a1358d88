"""An answer as Markdown, so that any client shows it: its text, the note, the citations."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rag.cards import card, shortened
from rag.compose import markdown_of
from rag.escape import literal, markdown, unescaped

if TYPE_CHECKING:
    from rag.model import Answer

QUOTED = 160
"""Characters of a quotation in a footnote; the field ``youju`` has all of them."""
_UNDER = re.compile(r"(?:\n\n> [^\n]*)?(?:\n\n---\n\n\[1\] .*)?\Z", re.DOTALL)


def whole(answer: Answer) -> str:
    """Return all that a client shows of an answer."""
    return markdown_of(answer) + under(answer)


def under(answer: Answer) -> str:
    """Return what follows the answer's text: its note, a rule, and a paragraph for each citation.

    A blank line stands between paragraphs: Markdown would run them together.
    """
    note = f"\n\n> {literal(answer.note)}" if answer.note else ""
    if not answer.citations:
        return note
    notes = (
        f"[{c.marker}] {markdown(card(c))}: “{markdown(shortened(c.quote, QUOTED))}”"
        for c in answer.citations
    )
    return note + "\n\n---\n\n" + "\n\n".join(notes)


def without_under(text: str) -> str:
    """Return an answer's text as it was before ``under``: a client sends back all of it."""
    return unescaped(_UNDER.sub("", text, count=1))
