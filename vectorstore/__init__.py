"""Where documents live.

ledger.py    the store of record: one SQLite file, a document enters in one transaction
indexes.py   what an index derived from the ledger is, and how it is brought up to date
chroma.py    the dense index: Chroma, embedded or a server
lexical.py   the lexical index: tantivy over folded characters, bigrams and stems

Nothing is imported here: who needs the ledger alone does not wait for Chroma.
"""

import rag.telemetry  # noqa: F401 - before any library that would phone home
