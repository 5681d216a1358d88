"""The chat page: answer at the left, source at the right."""

from rag.web.page import mount, serve

__all__ = ["mount", "serve"]
