"""From a question to an answer.

pipeline    the whole way: understand, search, quote or write, put together
asked       the values on that way
quoter      what a reader points at: weighed, the model asked where in doubt, shown or refused
quote       quotations; lists: a list is quoted whole; translate: in the reader's language
write       what an endpoint's model writes: draft (its pieces), judged (what is said of each)
follow      further searches, for what a first draft left open
"""

from rag.answer.pipeline import Answerer

__all__ = ["Answerer"]
