"""A clause of a claim laid over the sentence it copies: what is the same, and what is put instead.

A model writes near copies. So what a claim says of its own is where it leaves its source, and what
the source has in that place. Chinese is aligned by characters and English by stems; the best
alignment is found once, by dynamic programming, with long runs worth more than scattered hits.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from rag.fold import STOP_WORDS
from rag.stem import english_stem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.checks.reading import Clause

SAME, RUN = 1.0, 0.6
"""What an equal unit is worth, and what more where the one before is equal too."""
OTHER, ADDED = -0.3, -0.7
"""What another unit costs, and one that the source lacks."""
LEFT_OUT, LEFT_OUT_MORE = -1.6, -0.02
"""What it costs to leave out something of the source, and each further unit of it."""
_IMPOSSIBLE: Final = -1e9
_MATCH, _ADD, _SKIP = range(3)
_LONG_GAP = 4
"""Words left out from which only those in the clause of what follows count as replaced."""
_FEW_UNITS = 1
"""Units up to which light words between changed ones say nothing of the order."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word with its tag."""

    text: str
    tag: str
    clause: int = 0
    """Of its sentence, by number."""


@dataclass(frozen=True, slots=True)
class Change:
    """Words of a claim that its source does not have in that place."""

    new: tuple[Token, ...]
    old: tuple[Token, ...]
    """What the source has there; nothing where words were only put in."""
    left: int
    """Units right before that are the same: characters, or words of English."""
    right: int
    at: int
    """Index of the first new word in the clause."""
    start: int
    """Index in ``Laid.source`` of the word before which the change stands."""


@dataclass(frozen=True, slots=True)
class Laid:
    """A clause laid over its source."""

    changes: tuple[Change, ...]
    source: tuple[Token, ...]
    slips: tuple[tuple[str, str], ...]
    """Characters of the clause that the source does not have, each with what it has there; however
    the words are cut. None of English."""
    joints: tuple[tuple[Token, Token, tuple[Token, ...]], ...]
    """Where two words of the clause stand together that do not in the source: both, and what the
    source has between them."""
    text: str
    """Of the source."""
    coverage: float
    """Share of the clause's units that the source has in the same order, 0 to 1."""


@dataclass(frozen=True, slots=True)
class _Placed:
    token: Token
    begin: int
    end: int
    clause: int


def lay(clause: Clause, source: Sequence[Clause]) -> Laid:
    """Lay ``clause`` over the clauses of one sentence, in one language."""
    mine, there = _placed([clause]), _placed(source)
    if clause.english:
        claim_units = [english_stem(p.token.text) for p in mine]
        units = [english_stem(p.token.text) for p in there]
        mine, there = _by_word(mine), _by_word(there)
    else:
        claim_units = list(_joined([clause]))
        units = list(_joined(source))
    found = _align(claim_units, units)
    same = [_same(p, found, claim_units, units) for p in mine]
    _drop_scattered(mine, same)
    covered = sum(p.end - p.begin for p, ok in zip(mine, same, strict=True) if ok)
    total = sum(p.end - p.begin for p in mine) or 1
    changes = _changes(mine, same, found, there)
    joints = _joints(mine, same, found, there)
    slips = () if clause.english else _slips(claim_units, units, found)
    return Laid(
        changes, tuple(p.token for p in there), slips, joints, _joined(source), covered / total
    )


def _slips(
    claim: Sequence[str], units: Sequence[str], found: Sequence[int | None]
) -> tuple[tuple[str, str], ...]:
    same = [x is not None and claim[n] == units[x] for n, x in enumerate(found)]
    out = []
    for n, end in _runs(same, of=False):
        before = found[n - 1] if n else None
        after = found[end] if end < len(claim) else None
        low = before + 1 if before is not None else max((after or 0) - (end - n), 0)
        high = after if after is not None else low + end - n
        out.append(("".join(claim[n:end]), "".join(units[low:high])))
    return tuple(out)


def _runs(flags: Sequence[bool], *, of: bool) -> list[tuple[int, int]]:
    """Where each run of one value begins and ends."""
    ends = [n for n in range(1, len(flags)) if flags[n] != flags[n - 1]]
    return [(a, b) for a, b in pairwise([0, *ends, len(flags)]) if a < b and flags[a] is of]


def _joints(
    mine: Sequence[_Placed],
    same: Sequence[bool],
    found: Sequence[int | None],
    there: Sequence[_Placed],
) -> tuple[tuple[Token, Token, tuple[Token, ...]], ...]:
    out = []
    for n in range(len(mine) - 1):
        end, begin = found[mine[n].end - 1], found[mine[n + 1].begin]
        if same[n] and same[n + 1] and end is not None and begin is not None and begin > end + 1:
            between = tuple(p.token for p in there if p.begin > end and p.end <= begin)
            out.append((mine[n].token, mine[n + 1].token, between))
    return tuple(out)


def _joined(clauses: Sequence[Clause]) -> str:
    return ",".join(clause.text for clause in clauses)


def _placed(clauses: Sequence[Clause]) -> list[_Placed]:
    out: list[_Placed] = []
    base = 0
    for number, clause in enumerate(clauses):
        at = 0
        for word, tag in clause.tagged:
            begin = clause.text.find(word, at)
            if begin >= 0:
                at = begin + len(word)
                out.append(_Placed(Token(word, tag, number), base + begin, base + at, number))
        base += len(clause.text) + 1
    return out


def _by_word(placed: Sequence[_Placed]) -> list[_Placed]:
    return [_Placed(p.token, n, n + 1, p.clause) for n, p in enumerate(placed)]


def _same(
    place: _Placed, found: Sequence[int | None], claim: Sequence[str], units: Sequence[str]
) -> bool:
    """Whether all units of a word are the source's, side by side."""
    first = found[place.begin]
    return first is not None and all(
        found[n] == first + n - place.begin and units[first + n - place.begin] == claim[n]
        for n in range(place.begin, place.end)
    )


def _drop_scattered(placed: Sequence[_Placed], same: list[bool]) -> None:
    """Count light words between changed ones as changed."""
    for n, end in _runs(same, of=True):
        words = placed[n:end]
        inside = n > 0 and end < len(same)
        light = all(p.token.text in STOP_WORDS or len(p.token.text) == 1 for p in words)
        if inside and light and sum(p.end - p.begin for p in words) <= _FEW_UNITS:
            same[n:end] = [False] * (end - n)


def _changes(
    mine: Sequence[_Placed],
    same: Sequence[bool],
    found: Sequence[int | None],
    there: Sequence[_Placed],
) -> tuple[Change, ...]:
    out: list[Change] = []
    sizes, kept = [p.end - p.begin for p in mine], _runs(same, of=True)
    for n, end in _runs(same, of=False):
        before = found[mine[n - 1].end - 1] if n else None
        after = found[mine[end].begin] if end < len(mine) else None
        low, high = _between(before, after, there)
        old = tuple(p.token for p in there if p.begin < high and p.end > low)
        if after is not None and len(old) > _LONG_GAP:
            last = old[-1].clause
            following = next((p.clause for p in there if p.begin <= after < p.end), last)
            old = tuple(t for t in old if t.clause == following) if last == following else ()
        start = next((k for k, p in enumerate(there) if p.end > low), len(there))
        left = sum(sum(sizes[a:b]) for a, b in kept if b == n)
        right = sum(sum(sizes[a:b]) for a, b in kept if a == end)
        out.append(Change(tuple(p.token for p in mine[n:end]), old, left, right, n, start))
    return tuple(out)


def _between(before: int | None, after: int | None, there: Sequence[_Placed]) -> tuple[int, int]:
    """Return from where to where the source stands for a change, in its units.

    Args:
        before: The unit that the word before the change lies over; None where it begins the claim.
        after: That of the word after it; None where it ends the claim.
        there: The words of the source.
    """
    if before is None and after is None:
        return 0, 0
    if before is not None and after is not None:
        return before + 1, after
    at = before if after is None else after
    clause = next((p.clause for p in there if p.begin <= (at or 0) < p.end), -1)
    own = [p for p in there if p.clause == clause]
    if after is None:
        return (before or 0) + 1, own[-1].end if own else (before or 0) + 1
    return own[0].begin if own else after, after


def _align(claim: Sequence[str], source: Sequence[str]) -> list[int | None]:
    """Return for each unit of the claim the place of the source's unit that it lies over."""
    rows, columns = len(claim), len(source)
    match = [_IMPOSSIBLE] * (columns + 1)
    add = list(match)
    skip = [0.0] * (columns + 1)
    back: list[list[tuple[int, int, int]]] = []
    for row in range(1, rows + 1):
        last = row == rows
        leave, more = (0.0, 0.0) if last else (LEFT_OUT, LEFT_OUT_MORE)
        match_, add_, skip_ = ([_IMPOSSIBLE] * (columns + 1) for _ in range(3))
        trace: list[tuple[int, int, int]] = [(_MATCH, _MATCH, _MATCH)] * (columns + 1)
        unit, earlier = claim[row - 1], claim[row - 2] if row > 1 else None
        for column in range(columns + 1):
            before, way_add = _best(match[column], add[column], skip[column])
            add_[column] = before + ADDED
            way_match = way_skip = _MATCH
            if column:
                same = unit == source[column - 1]
                run = same and column > 1 and earlier == source[column - 2]
                before, way_match = _best(
                    match[column - 1] + (RUN if run else 0.0), add[column - 1], skip[column - 1]
                )
                match_[column] = before + (SAME if same else OTHER)
                skip_[column], way_skip = _best(
                    match_[column - 1] + leave, add_[column - 1] + leave, skip_[column - 1] + more
                )
            trace[column] = (way_match, way_add, way_skip)
        back.append(trace)
        match, add, skip = match_, add_, skip_
    out: list[int | None] = [None] * rows
    row, column = rows, columns
    way = _best(match[column], add[column], skip[column])[1] if rows else _SKIP
    while row > 0:
        following = back[row - 1][column][way]
        if way == _MATCH:
            out[row - 1] = column - 1
            row, column = row - 1, column - 1
        elif way == _ADD:
            row -= 1
        else:
            column -= 1
        way = following
    return out


def _best(match: float, add: float, skip: float) -> tuple[float, int]:
    if match >= add and match >= skip:
        return match, _MATCH
    return (add, _ADD) if add >= skip else (skip, _SKIP)
