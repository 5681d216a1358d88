"""Names that are the same: 莫扎特 = 莫札特 = Mozart, in one form for matching.

Four sources tell of them; what an earlier one says of a form stands. The user's own file; the file
that ships (``rag/data/aliases.txt``); in a home that was filled from the seed documents, the file
beside these; and documents where they give a name twice (``rag/learn.py``).
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

from rag.errors import SettingsError
from rag.fold import STOP_WORDS, fold, fold_dates
from rag.resources import data_file, resource

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rag.settings import Settings

NAMES_FILE = "aliases.txt"
"""The user's own file in the home, and that of the seed documents beside these."""

EXAMPLE = "莫扎特 = 莫札特 = Mozart"
"""How a name is written in a table."""

_BETWEEN = re.compile(r"[=＝]")
_WIDE = 12
"""Branches of the pattern that are tried one by one; more are parted by their first character."""
# A Latin form must stand as a word; a Chinese one may stand anywhere.
_LATIN = re.compile(r"[a-z0-9\u00df-\u024f]")
_NOT_BEFORE, _NOT_AFTER = (f"(?{look}{_LATIN.pattern})" for look in ("<!", "!"))


@dataclass(frozen=True, slots=True)
class Names:
    """Forms of names that are the same. Immutable and compiled once: share it freely."""

    groups: tuple[tuple[str, ...], ...]
    """Folded forms of one name each; the first is the standard one. No form is in two groups."""
    _group_of: Mapping[str, tuple[str, ...]] = field(init=False, repr=False, compare=False)
    _pattern: re.Pattern[str] = field(init=False, repr=False, compare=False)
    _hash: int = field(init=False, repr=False, compare=False)
    """Worked out once: what is read by names is kept by them."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "_group_of", {f: g for g in self.groups for f in g})
        object.__setattr__(self, "_pattern", re.compile(_any_of(self._group_of)))
        object.__setattr__(self, "_hash", hash(self.groups))

    def __hash__(self) -> int:
        return self._hash

    def fold(self, folded: str) -> str:
        """Replace every known form in already folded text by its name's standard form.

        The longest form that stands at a place counts.
        """
        group_of = self._group_of
        return self._pattern.sub(lambda m: group_of[m[0]][0], folded)

    def fold_text(self, text: str) -> str:
        """Fold ``text``, write dates one way, then names."""
        return self.fold(fold_dates(fold(text)))

    def find(self, folded: str) -> list[tuple[int, int, tuple[str, ...]]]:
        """Return where names stand in folded text: start, end, and all forms of the name.

        They do not overlap.
        """
        return [(*m.span(), self._group_of[m[0]]) for m in self._pattern.finditer(folded)]

    def forms(self, folded: str) -> tuple[str, ...]:
        """Return all forms of a name; of anything else itself."""
        return self._group_of.get(folded, (folded,))

    def same(self, one: str, other: str) -> bool:
        """Whether two texts are the same when folded."""
        return self.fold_text(one) == self.fold_text(other)


def _any_of(forms: Iterable[str]) -> str:
    """A pattern for any of the forms, the longest that fits: a tree, so that many cost little."""
    tree: dict[str, dict] = {}  # type: ignore[type-arg]
    for form in forms:
        node = tree
        # What may not stand before or after a Latin form is part of its way through the tree.
        before = [_NOT_BEFORE] if _LATIN.match(form[0]) else []
        after = _NOT_AFTER if _LATIN.match(form[-1]) else ""
        for step in [*before, *map(re.escape, form)]:
            node = node.setdefault(step, {})
        node["end"] = {after: {}}
    return _branches(tree) if tree else "(?!)"


def _branches(node: dict[str, dict]) -> str:  # type: ignore[type-arg]
    ways = [(step, step + _branches(below)) for step, below in node.items() if step != "end"]
    end = next(iter(node["end"])) if "end" in node else None
    pattern = _parted(sorted(ways))
    if end is None:
        return pattern
    return f"(?:{pattern}|{end})" if ways else end


def _parted(ways: list[tuple[str, str]]) -> str:
    """Alternatives; where there are many, parts of them behind a look at the first character."""
    if not ways:
        return ""
    if len(ways) <= _WIDE:
        alternatives = "|".join(pattern for _, pattern in ways)
        return f"(?:{alternatives})" if len(ways) > 1 else alternatives
    looks = [way for way in ways if len(way[0]) > 2]  # the look before a Latin form
    plain = [way for way in ways if len(way[0]) <= 2]
    size = -(-len(plain) // _WIDE)
    parts = [plain[i : i + size] for i in range(0, len(plain), size)]
    parted = [f"(?=[{''.join(s for s, _ in part)}]){_parted(part)}" for part in parts]
    return f"(?:{'|'.join([*parted, *(pattern for _, pattern in looks)])})"


def read_names(text: str, where: str) -> Names:
    """Read a table of names: a line a name, ``=`` between its forms, the standard one first.

    Args:
        text: Lines; ``#`` begins a comment.
        where: The file, for errors.

    Raises:
        SettingsError: On a line with one form only, a form in two lines, or a form so short that
            it stands in other words.
    """
    groups: list[tuple[str, ...]] = []
    seen: dict[str, int] = {}
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        written = [form.strip() for form in _BETWEEN.split(line.split("#")[0])]
        if not any(written):
            continue
        at = f"{where}, line {number}"
        if len(written) < 2 or not all(written):
            raise SettingsError(f"{at}: write a name as {EXAMPLE}, two forms or more.")
        forms = tuple(dict.fromkeys(filter(None, map(_form, written))))
        for form in forms:
            if len(form) < 2:
                raise SettingsError(f"{at}: “{form}” is one character, which other words hold too.")
            if form in seen:
                raise SettingsError(
                    f"{at}: “{form}” stands in line {seen[form]} already. Join the two lines, "
                    "or leave the form out of one."
                )
        seen |= dict.fromkeys(forms, number)
        groups += [forms] if forms else []
    return Names(tuple(groups))


def _form(written: str) -> str:
    return " ".join(fold_dates(fold(written)).split())


def merged(*many: Names) -> Names:
    """Put tables together; what an earlier one says of a form stands.

    A name of a later table that shares a form with a known one gives it its new forms. Where it
    shares forms with several, they stay apart, and its new forms go to the one that its first
    known form belongs to.
    """
    return Names(_joined(group for names in many for group in names.groups))


def _joined(many: Iterable[Sequence[str]]) -> tuple[tuple[str, ...], ...]:
    groups: list[list[str]] = []
    group_of: dict[str, int] = {}
    for forms in many:
        known = [group_of[form] for form in forms if form in group_of]
        if not known:
            groups.append([])
        at = known[0] if known else len(groups) - 1
        new = [form for form in forms if form not in group_of]
        groups[at] += new
        group_of.update(dict.fromkeys(new, at))
    return tuple(map(tuple, groups))


@lru_cache(maxsize=1)
def shipped_names() -> Names:
    """Names that anybody's documents may hold, from ``rag/data/aliases.txt``."""
    path = data_file("aliases.txt")
    return read_names(path.read_text("utf-8"), path.name)


@lru_cache(maxsize=1)
def seed_names() -> Names:
    """Names of the seed documents, from the file beside them.

    They are read from there whenever a home that was filled from the seeds is opened. Nothing of
    them is written into the home: the user's file there is the user's alone, and stands before.
    """
    path = resource("seeds") / NAMES_FILE
    return read_names(path.read_text("utf-8"), path.name)


def given_names(settings: Settings) -> Names:
    """Return the user's names and those that ship.

    Raises:
        SettingsError: When the file that the settings name is missing or malformed.
    """
    path = settings.aliases or settings.home / NAMES_FILE
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        if settings.aliases is None:
            return shipped_names()
        raise SettingsError(
            f"YOUJU_ALIASES: there is no file {path}. Make it, with one name a line "
            f"({EXAMPLE}), or take the setting out."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"The names in {path} cannot be read ({error}).") from None
    return merged(read_names(text, str(path)), shipped_names())


def taught_names(pairs: Iterable[tuple[str, str]]) -> Names:
    """Make a table of what documents teach.

    Args:
        pairs: Name and other name; what comes first stands against what comes later. A pair
            with a form that other words hold is left out.
    """
    each = ((_form(name), _form(other)) for name, other in pairs)
    groups = _joined(pair for pair in each if not _stands_in_others(*pair))
    return Names(tuple(group for group in groups if len(group) > 1))


def _stands_in_others(name: str, other: str) -> bool:
    """Whether a pair has a form that is an English word (WHO), or in which other words are held.

    国联 is in 中国联合, 布希 in 发布希望: two characters are left to the tables that people write,
    but for what an English name is folded to (王毅 for Wang Yi).
    """
    if {name, other} & STOP_WORDS:
        return True
    return min(len(form) for form in (name, other)) < 3 and not other.isascii()


class _Teacher(Protocol):
    """What is needed of a ledger."""

    @property
    def revision(self) -> int: ...

    def names(self) -> list[tuple[str, str]]: ...


class KnownNames:
    """All names that count in one home, kept with its ledger. Safe to share between threads."""

    def __init__(self, given: Names, ledger: _Teacher) -> None:
        self._given = given
        self._ledger = ledger
        self._lock = threading.Lock()
        self._known = given
        self._pairs: list[tuple[str, str]] = []
        self._revision = -1

    def also(self, names: Names) -> None:
        """Let more names count, after those given and before those of documents."""
        with self._lock:
            self._given = self._known = merged(self._given, names)
            self._pairs = []
            self._revision = -1

    def current(self) -> Names:
        """Return them; made anew only when documents came or went that teach other names."""
        with self._lock:
            revision = self._ledger.revision
            if revision != self._revision:
                pairs = self._ledger.names()
                if pairs != self._pairs:
                    self._known = merged(self._given, taught_names(pairs))
                    self._pairs = pairs
                self._revision = revision
            return self._known
