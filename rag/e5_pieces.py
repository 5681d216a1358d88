"""Count the tokens of e5-small without its model: what cutting a text into passages needs.

The process that reads files has bounded memory and starts often. ``tokenizers`` takes 300 MB for
the 250,000 pieces, one dictionary of them 70 MB, and the best path through a text is short to find.
The counts are those of ``rag/e5_engine.py``, to the token.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rag.e5_weights import WEIGHTS, E5Weights

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

QUERY, PASSAGE = "query: ", "passage: "
SPECIAL = 2
"""Tokens that stand around every text."""
SPACE = "▁"
REMEMBERED_WORDS, REMEMBERED_CHARACTERS = 50_000, 24
"""Words whose tokens are kept, and how long one may be: English comes in the same words."""


class Spelling:
    """How a text is spelt before pieces are looked for in it.

    Characters take their normal forms, runs of spaces become one, and every character that no piece
    holds becomes one sign that has a piece: left to itself ``tokenizers`` makes one unknown token
    of several such characters in a row.
    """

    _NOWHERE = "\ue000"  # private use: in no piece, so itself a character that no piece holds
    _SPACES = re.compile("  +")

    def __init__(
        self, pieces: Iterable[tuple[str, float]], normal_forms: Mapping[int, str]
    ) -> None:
        pieces = list(pieces)
        known = {piece for piece, _ in pieces if len(piece) == 1} | {" "}
        self._characters = _Characters(self._NOWHERE, {ord(c): c for c in known})
        for character, form in normal_forms.items():
            kept = (c if c in known else self._NOWHERE for c in form)
            self._characters[character] = "".join(kept)
        self.nowhere = (self._NOWHERE, min(score for _, score in pieces) - 10)
        """The sign and its score."""

    def of(self, text: str) -> str:
        """Return ``text`` as its pieces are written."""
        text = self._SPACES.sub(" ", text.translate(self._characters))
        return SPACE + text.removeprefix(" ").replace(" ", SPACE)

    def with_places(self, text: str) -> tuple[str, list[int]]:
        """Return ``text`` as its pieces are written, and where each character of that stood."""
        spelt, places = [SPACE], [0]
        for place, character in enumerate(text):
            for form in self._characters[ord(character)]:
                if form == " " and (len(spelt) == 1 or spelt[-1] == SPACE):
                    continue
                spelt.append(SPACE if form == " " else form)
                places.append(place)
        return "".join(spelt), places


class PieceCounter:
    """Counts the tokens of passages. Time grows with the text, whatever stands in it."""

    def __init__(self) -> None:
        weights = E5Weights(WEIGHTS)
        pieces = weights.pieces()
        self._spelling = Spelling(pieces, weights.normal_forms)
        del pieces[weights.unknown]
        self._scores = dict([*pieces, self._spelling.nowhere])
        self._longest: dict[str, int] = {}
        """Length of the longest piece that begins with these two characters."""
        self._words: dict[str, int] = {}
        for piece, _ in pieces:
            begins = piece[:2]
            self._longest[begins] = max(self._longest.get(begins, 1), len(piece))

    def __call__(self, texts: Sequence[str]) -> list[int]:
        """Return the tokens of each text as a passage, prefix and special tokens included."""
        return [self._count(self._spelling.of(PASSAGE + text)) + SPECIAL for text in texts]

    def _count(self, spelt: str) -> int:
        """No piece holds a space but as its first character: each word has its own tokens."""
        first, *words = spelt.split(SPACE)
        return sum(self._of_word(SPACE + word) for word in words) + self._of_word(first)

    def _of_word(self, word: str) -> int:
        known = self._words.get(word)
        if known is None:
            known = self._best(word)
            if len(word) <= REMEMBERED_CHARACTERS and len(self._words) < REMEMBERED_WORDS:
                self._words[word] = known
        return known

    def _best(self, word: str) -> int:
        """Tokens of the best path through a word (Viterbi 1967): the highest sum of scores."""
        scores, longest = self._scores, self._longest
        size = len(word)
        best: list[float | None] = [None] * (size + 1)
        tokens = [0] * (size + 1)
        best[0] = 0.0
        for start in range(size):
            here = best[start]
            if here is None:
                continue
            count = tokens[start] + 1
            most = longest.get(word[start : start + 2], 1)
            for end in range(start + 1, min(start + most, size) + 1):
                score = scores.get(word[start:end])
                if score is not None:
                    score += here
                    found = best[end]
                    if found is None or score > found:
                        best[end], tokens[end] = score, count
        return tokens[size]


class _Characters(dict[int, str]):
    """A table for ``str.translate`` with an answer for the characters that it does not hold."""

    def __init__(self, otherwise: str, known: dict[int, str]) -> None:
        super().__init__(known)
        self._otherwise = otherwise

    def __missing__(self, character: int) -> str:
        return self._otherwise
