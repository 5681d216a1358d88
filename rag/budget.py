"""Count tokens offline, and keep what fits a budget."""

from __future__ import annotations

import os
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import tiktoken

from rag.once import one_at_a_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

T = TypeVar("T")


@one_at_a_time
@lru_cache(maxsize=1)
def _encoding() -> tiktoken.Encoding:
    # tiktoken fetches its tables at first use; llama-index-core ships them. The variable is
    # tiktoken's only way in; it is set for the process, and only where nobody has set it.
    # They are found without its import, which takes a second.
    package = find_spec("llama_index.core")
    origin = Path(package.origin) if package and package.origin else Path()
    tables = origin.parent / "_static" / "tiktoken_cache"
    os.environ.setdefault("TIKTOKEN_CACHE_DIR", str(tables))
    return tiktoken.get_encoding("o200k_base")


@lru_cache(maxsize=4096)  # questions share what they find
def count_tokens(text: str) -> int:
    """Tokens of ``text`` in o200k_base: close to what most models count for Chinese and English."""
    return len(_encoding().encode(text, disallowed_special=()))


def within_budget(items: Iterable[T], *, tokens: int, text: Callable[[T], str]) -> list[T]:
    """Return items from the first on, as long as their texts fit; the first one always."""
    kept: list[T] = []
    left = tokens
    for item in items:
        left -= count_tokens(text(item))
        if left < 0 and kept:
            break
        kept.append(item)
    return kept
