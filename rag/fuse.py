"""Two legs' findings, and what their tokens say, into one ranking.

Each one's score counts as a share of its best: that keeps the strength of a clear winner, which
reciprocal rank throws away. Weights and their rivals are measured in ARCHITECTURE.md, “Fusion”.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Ranking: TypeAlias = tuple[tuple[str, float], ...]
"""Passage ids with their scores, best first."""

DENSE_SHARE_SAME = 0.45
"""Weight of the dense leg where passage and question are of one language; the lexical leg has the
rest."""
DENSE_SHARE_ACROSS = 0.7
"""The same for passages of another language, whose words only a dictionary leads to."""
WITH_TOKENS = (0.2, 0.6, 0.2)
"""Weights of the dense leg, of the comparison by tokens and of the lexical leg, where tokens are
known: within a language and across alike."""
ACROSS_FLOOR = 1.1
"""How much nearer the best wrong passage of the question's own language is than that of another
one: .258 and .234, .250 and .227, over the reference set (``python -m eval.language_means``)."""
SURE_SIMILARITY = 0.3
"""A best cosine below this (after centring) is no certainty, and is not scaled up to one."""
RRF_K = 60


def fuse(
    dense: Sequence[tuple[str, float]],
    lexical: Sequence[tuple[str, float]],
    dense_share: float,
) -> dict[str, float]:
    """Add the two legs' scores, each as a share of its best.

    Args:
        dense: Ids and cosine similarities, best first.
        lexical: Ids and BM25 scores, best first.
        dense_share: Weight of the dense leg, 0 to 1.

    Returns:
        Scores by id, 0 to 1.
    """
    scores: dict[str, float] = {}
    if dense:
        top = max(dense[0][1], SURE_SIMILARITY)
        for id, similarity in dense:
            scores[id] = dense_share * max(similarity, 0.0) / top
    if lexical:
        top = lexical[0][1]
        for id, score in lexical:
            scores[id] = scores.get(id, 0.0) + (1 - dense_share) * score / top
    return scores


@dataclass(frozen=True, slots=True)
class Legs:
    """What both legs found among the passages of one language, for one way to ask."""

    dense: Sequence[tuple[str, float]]
    lexical: Sequence[tuple[str, float]]
    across: bool
    """Whether the passages are of another language than the words that asked."""
    late: Mapping[str, float] = field(default_factory=dict)
    """How well a passage meets the words that asked, token by token; of others too."""

    def scores(self) -> dict[str, float]:
        """Fuse them."""
        ids = dict.fromkeys(id for id, _ in (*self.dense, *self.lexical))
        late = ranked({id: self.late[id] for id in ids if id in self.late})
        if not late:
            share = DENSE_SHARE_ACROSS if self.across else DENSE_SHARE_SAME
            return fuse(self.dense, self.lexical, share)
        dense, tokens, lexical = WITH_TOKENS
        scores = fuse(self.dense, self.lexical, dense / (dense + lexical))
        best = max(late[0][1], SURE_SIMILARITY)
        return {
            id: (dense + lexical) * score + tokens * max(self.late.get(id, 0.0), 0.0) / best
            for id, score in scores.items()
        }

    def trust(self) -> float:
        """How near the best passage is, made comparable across languages."""
        best = max(self.dense[0][1], 0.0) if self.dense else 0.0
        return best * (ACROSS_FLOOR if self.across else 1.0)


def merge(found: Sequence[Legs]) -> dict[str, float]:
    """Merge what was found in several languages, and by several ways to ask.

    Within one language the legs are compared with their own best: else a passage that shares a
    word with the question beats every passage of another language. Between languages the best
    cosine decides, above what a wrong passage has. A passage counts by the way it fits best.

    Returns:
        Scores by id, 0 to 1.
    """
    most = max((legs.trust() for legs in found), default=0.0)
    scores: dict[str, float] = {}
    for legs in found:
        weight = legs.trust() / most if most else 1.0
        for id, score in legs.scores().items():
            scores[id] = max(weight * score, scores.get(id, 0.0))
    return scores


def reciprocal_rank(legs: Iterable[Sequence[tuple[str, float]]]) -> dict[str, float]:
    """Cormack, Clarke and Büttcher 2009: the sum over legs of 1 / (k + rank); what `fuse` beats."""
    scores: dict[str, float] = {}
    for found in legs:
        for rank, (id, _) in enumerate(found, 1):
            scores[id] = scores.get(id, 0.0) + 1 / (RRF_K + rank)
    return scores


def ranked(scores: dict[str, float]) -> Ranking:
    """Return ids by score, equal ones by id."""
    return tuple(sorted(scores.items(), key=lambda item: (-item[1], item[0])))
