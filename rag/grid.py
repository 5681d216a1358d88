"""What the rows of a table are: a title above it, the names of its columns, or values."""

from __future__ import annotations

import re
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_ABOVE = 6
"""Rows above a header that are looked at."""
FEWEST_COLUMNS = 3
"""Filled in a usual row: of a narrower table no row can be told from a title."""
PAIR = 2
"""Columns of a form."""

_YEAR = r"(?!(?:19|20)\d\d年?[度末底]?$)"
_FIGURE = re.compile(_YEAR + r"[¥￥$£€<>＜＞≤≥~≈±+\-−(（]*\d[\d,.]*\s*[%％‰]?[)）]?$")
_VALUE = re.compile(_YEAR + r"[¥￥$£€<>＜＞≤≥~≈±+\-−(（]*\d")
"""A figure alone, and what begins with one; a year may be the name of a column."""


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


def names_columns(rows: Sequence[Sequence[str]]) -> bool:
    """Return whether the first row of a table names its columns, or is a row like the others.

    Where the other rows hold figures, a row of names holds none; a year may be a name.

    >>> names_columns([["城市", "2023", "2024"], ["长沙", "9.8", "8.9"], ["武汉", "7.1", "7.7"]])
    True
    >>> names_columns([["长沙", "9.8", "8.9"], ["武汉", "7.1", "7.7"]])
    False
    """
    first, *others = rows
    if not others:
        return True
    if len(first) == len(others[0]) == PAIR:  # a form: its left column names what stands right
        return not _VALUE.match(first[1].strip())
    of_figures = [
        n
        for n in range(len(first))
        if 2 * sum(bool(_FIGURE.match(row[n].strip())) for row in others if n < len(row))
        > len(others)
    ]
    held = sum(bool(_FIGURE.match(first[n].strip())) for n in of_figures)
    return not of_figures or 2 * held <= len(of_figures)
