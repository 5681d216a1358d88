"""What a derived index is, and how it follows the ledger.

An index holds nothing that the ledger does not: it remembers which ledger it belongs to and up
to which revision it has seen it. When the two differ (a crash between commit and indexing, a
folder that was deleted, a restored backup), the difference is worked out, from the ledger's log
of changes or from the ids, and applied; nothing is embedded again.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from rag.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from rag.embed import Vectors
    from rag.model import Passage
    from vectorstore.ledger import Ledger

BATCH = 1000


@dataclass(frozen=True, slots=True)
class Entry:
    """A passage as an index receives it."""

    passage: Passage
    vector: Vectors
    """As it is searched: centred by language."""
    language: str
    """Of the passage."""


class DerivedIndex(Protocol):
    """The contract of every index; ``tests/test_indexes.py`` runs it over each of them."""

    def seen(self) -> tuple[str, int]:
        """Return the ledger's id and the revision that this index has followed it to."""
        ...

    def mark_seen(self, ledger: str, revision: int) -> None:
        """Remember them."""
        ...

    def refresh(self) -> None:
        """See what another process has written since this one opened the index."""
        ...

    def ids(self) -> set[str]:
        """Return the ids of all passages in the index."""
        ...

    def upsert(self, entries: Sequence[Entry]) -> None:
        """Add passages; one with a known id is replaced."""
        ...

    def delete_ids(self, ids: Sequence[str]) -> None:
        """Remove passages; unknown ids are passed over."""
        ...

    def count(self) -> int:
        """Return the number of passages in the index."""
        ...


@contextmanager
def panics_translated(where: str) -> Iterator[None]:
    """Make an error of what Rust raises on damaged files: no ``Exception``, so nobody catches it.

    Raises:
        StoreError: Instead of a panic.
    """
    try:
        yield
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise StoreError(
            f"{where} is damaged. Start Youju again: it is filled from the ledger then."
        ) from error


def spread(ids: Iterable[str], most: int) -> list[str]:
    """Return about ``most`` of the ids, evenly spread over their order."""
    ordered = sorted(ids)
    return ordered[:: max(1, len(ordered) // most)]


def bring_up_to_date(
    index: DerivedIndex,
    ledger: Ledger,
    entries: Callable[[Sequence[str]], list[Entry]],
    changing: Callable[[], None] = lambda: None,
) -> bool:
    """Make ``index`` hold exactly the ledger's passages.

    Args:
        index: Any derived index.
        ledger: The store of record.
        entries: Makes entries of passage ids, from what the ledger holds.
        changing: Called before anything is written.

    Returns:
        Whether anything had to be done.
    """
    revision = ledger.revision
    wanted_count = ledger.count_searched()
    known, seen = index.seen()
    if (known, seen) == (ledger.id, revision) and index.count() == wanted_count:
        return False
    changing()
    changed = ledger.changes_since(seen) if known == ledger.id and seen < revision else None
    if changed is not None:
        _apply(index, changed, ledger.searched(sorted(changed)), entries)
    if changed is None or index.count() != wanted_count:
        # Another ledger's index, one that lost something, or one that is further behind than
        # the log of changes: everything is compared.
        wanted, present = ledger.passage_ids(), index.ids()
        _apply(index, wanted ^ present, wanted, entries)
    index.mark_seen(ledger.id, revision)
    return True


def _apply(
    index: DerivedIndex,
    changed: set[str],
    wanted: set[str],
    entries: Callable[[Sequence[str]], list[Entry]],
) -> None:
    surplus, missing = sorted(changed - wanted), sorted(changed & wanted)
    for start in range(0, len(surplus), BATCH):
        index.delete_ids(surplus[start : start + BATCH])
    for start in range(0, len(missing), BATCH):
        index.upsert(entries(missing[start : start + BATCH]))
