"""One line about a document or passage, as the command and the page both show it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag.model import Document

if TYPE_CHECKING:
    from rag.model import Citation, Hit


LABELS = {"comment": "评论", "reference": "脚注", "caption": "图注"}


def card(value: Citation | Hit | Document) -> str:
    """Title, outlet, date, page and class in one line.

    A date that was only inferred has a ``~``; what is not the document's own text says so.
    """
    date = f"~{value.published}" if value.published and value.inferred else value.published
    place = None if isinstance(value, Document) else value.page
    label = None if isinstance(value, Document) else LABELS.get(value.kind)
    about = "，".join(filter(None, (value.outlet, date, f"p. {place}" if place else None, label)))
    return f"{value.title}（{about}）" if about else value.title


def shortened(text: str, most: int) -> str:
    """Return ``text`` on one line, cut after ``most`` characters."""
    flat = " ".join(text.split())
    return flat if len(flat) <= most else flat[:most] + "…"
