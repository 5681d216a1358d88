"""The chat page: answer at the left, source at the right."""

from rag.web.page import build_page, serve

__all__ = ["build_page", "serve"]
