"""One line about a document or passage, as the command and the page both show it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rag.model import Citation, Document, Hit


def card(value: Citation | Hit | Document) -> str:
    """Title, outlet, date and page in one line; a date that was only inferred has a ``~``."""
    date = f"~{value.published}" if value.published and value.inferred else value.published
    page = getattr(value, "page", None)
    about = "，".join(filter(None, (value.outlet, date, f"p. {page}" if page else None)))
    return f"{value.title}（{about}）" if about else value.title


def shortened(text: str, most: int) -> str:
    """Return ``text`` on one line, cut after ``most`` characters."""
    flat = " ".join(text.split())
    return flat if len(flat) <= most else flat[:most] + "…"
