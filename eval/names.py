"""Which names are the same in what is asked of the seeds, in its claims and in its scores."""

from __future__ import annotations

from functools import lru_cache

from rag.names import Names, merged, seed_names, shipped_names


@lru_cache(maxsize=1)
def known_names() -> Names:
    """Names that ship and those of the seeds, as in the home that is filled from these."""
    return merged(shipped_names(), seed_names())
