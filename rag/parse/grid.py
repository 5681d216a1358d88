"""Where the rows of a table begin: above them often stand its title, its unit, who made it."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_ABOVE = 6
"""Rows above a header that are looked at."""
FEWEST_COLUMNS = 3
"""Filled in a usual row: of a narrower table no row can be told from a title."""


def rows_above_header(filled: Sequence[int]) -> int:
    """Return how many rows stand above the one that names the columns.

    A row names columns where it fills more than half as many cells as rows usually do.

    Args:
        filled: Of each row, how many cells hold something.

    >>> rows_above_header([1, 2, 6, 5, 6, 6])  # a title, who made it, the header, values
    2
    """
    usual = median(filled) if filled else 0
    if usual < FEWEST_COLUMNS:
        return 0
    return next((n for n, count in enumerate(filled[: MOST_ABOVE + 1]) if 2 * count > usual), 0)
