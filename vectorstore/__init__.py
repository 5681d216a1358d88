"""Where documents live.

ledger.py    the store of record: one SQLite file, a document enters in one transaction
indexes.py   what an index derived from the ledger is, and how it is brought up to date
chroma.py    the dense index: Chroma, embedded or a server
lexical.py   the lexical index: SQLite FTS5 over folded character bigrams
"""

from vectorstore.chroma import ChromaIndex
from vectorstore.indexes import DerivedIndex, Entry, bring_up_to_date
from vectorstore.ledger import Ledger
from vectorstore.lexical import LexicalIndex

__all__ = [
    "ChromaIndex",
    "DerivedIndex",
    "Entry",
    "Ledger",
    "LexicalIndex",
    "bring_up_to_date",
]
