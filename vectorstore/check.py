"""A child process that opens an index and searches it, so that a crash is its own.

It looks at Chroma's collections ``NAME-…``, or, without a name, at a lexical index, and ends with 0
where the index finds what it holds.
"""

from __future__ import annotations

from pathlib import Path

from rag.errors import StoreError

LOOKED_UP = 200
"""Passages, spread over the index, that have to be found again."""


def main(folder: str, name: str = "") -> int:
    """Look at one index; return the exit code."""
    try:
        found = _dense(Path(folder), name) if name else _lexical(Path(folder))
    except StoreError:
        return 1
    return 0 if found else 1


def _dense(folder: Path, name: str) -> bool:
    from vectorstore.chroma import ChromaIndex  # noqa: PLC0415 - one of the two is needed

    return ChromaIndex.embedded(folder, name, anew=False).finds_itself(LOOKED_UP)


def _lexical(folder: Path) -> bool:
    from vectorstore.lexical import LexicalIndex  # noqa: PLC0415 - one of the two is needed

    return LexicalIndex(folder, anew=False).finds_itself(LOOKED_UP)
