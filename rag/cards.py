"""One line about a document or passage, as the command and the page both show it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rag.model import Citation, Document, Hit


def card(value: Citation | Hit | Document) -> str:
    """Title, outlet and date in one line."""
    about = "，".join(filter(None, (value.outlet, value.published)))
    return f"{value.title}（{about}）" if about else value.title


def shortened(text: str, most: int) -> str:
    """Return ``text`` on one line, cut after ``most`` characters."""
    flat = " ".join(text.split())
    return flat if len(flat) <= most else flat[:most] + "…"
