"""Whether the ledger still says what was put into it: bits rot, and backups are cut.

A document's text was stored under its hash, a passage's text beside the name of its vector, which
is a hash of it. What does not fit is never found, so never quoted; ``youju doctor --deep`` looks
at everything.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from typing import TYPE_CHECKING

from rag.errors import DamagedError, NotFoundError, StoreError
from rag.model import join_spans, vector_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rag.model import Passage
    from vectorstore.ledger import Ledger

LOG = logging.getLogger(__name__)


class Soundness:
    """Looks at what was found; a document is read for that once. Safe to share between threads."""

    def __init__(self, ledger: Ledger) -> None:
        """Nothing is looked at yet."""
        self._ledger = ledger
        self._sound: set[str] = set()
        """Ids of the documents whose text is what was stored."""
        self._told: set[str] = set()

    def of(self, passages: Sequence[Passage]) -> list[Passage]:
        """Return the passages without those that are damaged; that is told in the log."""
        keys = self._ledger.vector_keys([p.id for p in passages])
        model = self._ledger.fingerprint().get("embedding", "")
        doubtful: dict[str, list[Passage]] = defaultdict(list)
        for passage in passages:
            whole = sum(end - start for start, end in passage.spans) == len(passage.text)
            hashed = whole and keys.get(passage.id) == vector_key(model, passage.text)
            if not hashed or passage.document_id not in self._sound:
                doubtful[passage.document_id].append(passage)
        damaged: set[str] = set()
        for document_id, mine in doubtful.items():
            damaged |= self._wrong(document_id, mine)
        return [p for p in passages if p.id not in damaged]

    def _wrong(self, document_id: str, passages: Sequence[Passage]) -> set[str]:
        """Ids of the passages that are not what their document says there."""
        try:
            text = self._ledger.document(document_id).text
            self._sound.add(document_id)
        except NotFoundError:  # removed meanwhile: no hit any more
            return set()
        except StoreError:
            wrong = {p.id for p in passages}
        else:
            wrong = {p.id for p in passages if join_spans(text, p.spans) != p.text}
        if wrong and document_id not in self._told:
            self._told.add(document_id)
            LOG.warning("%s", _told(document_id, len(wrong)))
        return wrong


def damages(ledger: Ledger) -> Iterator[str]:
    """Yield what is wrong with a ledger, a sentence each, after reading all of it."""
    found = ledger.integrity()
    if found != "ok":
        yield (
            f"SQLite finds the file damaged ({' '.join(found.split())}). Restore a backup, or move "
            "the home away and add its files again."
        )
    for card in ledger.documents():
        try:
            text = ledger.document(card.id).text
            wrong = sum(join_spans(text, p.spans) != p.text for p in ledger.passages_of(card.id))
        except DamagedError as error:
            yield str(error)
        except StoreError as error:
            yield f"“{card.id}” cannot be read. {error}"
        else:
            if wrong:
                yield _told(card.id, wrong)


def _told(document_id: str, count: int) -> str:
    return (
        f"{count} passages of “{document_id}” are not what was stored: they are damaged and not "
        f"shown. `youju reindex` makes them anew where its text is whole; `youju doctor --deep` "
        "tells."
    )
