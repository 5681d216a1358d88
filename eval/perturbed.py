"""Many realistic passages out of few real ones: for measuring indexes at a size.

A passage takes consecutive sentences of one paragraph and consecutive sentences of another, and
some of its figures are changed. So its words, their neighbours and how often each occurs stay those
of real Chinese, which random words would not, and most questions that the real paragraphs answer
have hundreds of close rivals.
"""

from __future__ import annotations

import hashlib
import random
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.split import sentences

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LEAST, ENOUGH, MOST = 100, 125, 220
"""Characters: a shorter or longer passage is thrown away; sentences are added until it has enough.
The mean is about 150."""
CHANGED = 0.5
"""Share of the figures that become another number of as many digits."""
IN_VAIN = 1000
"""After so many passages in a row that were there already, no new ones are to be expected."""

_FIGURE = re.compile(r"[1-9][0-9]*")


@dataclass(frozen=True, slots=True)
class Perturbed:
    """A made passage, and the two paragraphs whose sentences it holds."""

    text: str
    first: int
    """Index of the paragraph that it begins with."""
    second: int
    share: float
    """The first's share of the characters."""


def perturbed(paragraphs: Sequence[str], count: int, seed: int) -> Iterator[Perturbed]:
    """Yield ``count`` distinct passages, the same ones for the same arguments.

    Eight bytes of each are kept to tell that the next one differs, not the passages.

    Args:
        paragraphs: Real text of several sentences each.
        count: How many.
        seed: Another one gives other passages.

    Raises:
        ValueError: If the paragraphs do not give so many.
    """
    cut = [[text[s:e] for s, e in sentences(text)] for text in paragraphs]
    usable = [index for index, pieces in enumerate(cut) if pieces]
    if len(usable) < 2:
        raise ValueError("Two paragraphs with a sentence each are needed.")
    rng = random.Random(seed)
    seen: set[bytes] = set()
    in_vain = 0
    while len(seen) < count:
        if in_vain == IN_VAIN:
            raise ValueError(f"Only {len(seen)} passages can be made of these paragraphs.")
        in_vain += 1
        made = _mix(cut, usable, rng)
        if not LEAST <= len(made.text) <= MOST:
            continue
        key = hashlib.blake2b(made.text.encode(), digest_size=8).digest()
        if key not in seen:
            seen.add(key)
            in_vain = 0
            yield made


def _mix(cut: Sequence[Sequence[str]], usable: Sequence[int], rng: random.Random) -> Perturbed:
    first, second = rng.sample(usable, 2)
    head = _take(cut[first], ENOUGH * (0.25 + rng.random() / 2), rng)
    tail = _take(cut[second], ENOUGH - len(head), rng)

    def change(match: re.Match[str]) -> str:
        if rng.random() >= CHANGED:
            return match[0]
        least = 10 ** (len(match[0]) - 1)
        return str(least + int(rng.random() * 9 * least))

    # Digits change into as many digits, so the share stays.
    text = _FIGURE.sub(change, head + tail)
    return Perturbed(text, first, second, len(head) / len(text))


def _take(pieces: Sequence[str], characters: float, rng: random.Random) -> str:
    """Join consecutive sentences, from any one on, until there are enough characters."""
    start = end = int(rng.random() * len(pieces))
    size = 0
    while end < len(pieces) and (end == start or size < characters):
        size += len(pieces[end])
        end += 1
    return "".join(pieces[start:end])
