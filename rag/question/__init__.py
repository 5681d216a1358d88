"""What a question asks, read once and handed down.

understand  the question as a value: its parts, and what each asks for
standalone  a follow-up made to stand alone, by rules
rewrite     the same by a language model, which also translates
parts       several questions in one, cut apart; what asks nothing of documents
pile        what is asked of all documents: how many, which, the first, the latest
asks        whether several things are asked for, or the latest
expects     the kind of thing asked for
when        the time that it speaks of
"""

from rag.question.understand import Part, Question, understand

__all__ = ["Part", "Question", "understand"]
