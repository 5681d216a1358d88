"""The stem of an English word, whichever thread asks."""

from __future__ import annotations

import threading
from functools import lru_cache

import snowballstemmer


class _Stemmer(threading.local):
    """One for each thread: while it works, a stemmer holds the word that it works on."""

    def __init__(self) -> None:
        self.of = snowballstemmer.stemmer("english").stemWord


_stemmer = _Stemmer()


@lru_cache(maxsize=1 << 16)
def english_stem(word: str) -> str:
    """Return the stem of a word in small letters: raised and raises are raise's."""
    return str(_stemmer.of(word))
