"""Answer or refuse: one probability from several signals."""

from __future__ import annotations

from math import exp
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def answerability(signals: Mapping[str, float]) -> float:
    """Probability that the question is answered by what was kept, 0 to 1."""
    return 1.0
