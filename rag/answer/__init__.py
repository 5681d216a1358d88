"""From a question to an answer.

pipeline    the whole way: understand, search, read, write or quote, check, decide
quote       quotations that a reader points at
"""

from rag.answer.pipeline import Answerer

__all__ = ["Answerer"]
