"""Where documents live.

ledger.py    the store of record: one SQLite file, a document enters in one transaction
indexes.py   what an index derived from the ledger is, and how it is brought up to date
chroma.py    the dense index: Chroma, embedded or a server
lexical.py   the lexical index: SQLite FTS5 over folded character bigrams

Nothing is imported here: who needs the ledger alone does not wait for Chroma.
"""
