"""Readers: whether a text answers a question, and with which words.

texts     what is read of a passage: running text, or a table's row with its columns' names
reader    the seam: ``answers(question, texts)``
bundled   the reader that ships: e5's layers, trained to point
pairs     a question and a text as tokens
"""

from rag.reader.reader import Reader, Reading
from rag.reader.texts import Text, texts_of

__all__ = ["Reader", "Reading", "Text", "texts_of"]
