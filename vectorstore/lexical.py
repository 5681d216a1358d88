"""The lexical index: BM25 over the units of ``rag/units.py``, in tantivy.

Chosen by measurement (``python -m eval.lexical_engines``): at a million passages tantivy answers
in 11 ms where SQLite's FTS5 takes more than a second, in a sixth of the space.
"""

from __future__ import annotations

import json
import shutil
import struct
import threading
import zlib
from typing import TYPE_CHECKING

import tantivy
from tantivy import Occur, Query

from rag.errors import StoreError
from rag.fold import LANGUAGES
from rag.model import ANYWHERE, Within
from rag.units import units
from vectorstore.indexes import panics_translated, spread

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from rag.units import Form, Wanted
    from vectorstore.indexes import Entry

LAYOUT = 5
"""Number of the layout and of what units are: a folder of another one is filled anew."""
HEAP = 64_000_000
"""Bytes that the writer may hold before it writes a segment."""
_SEEN = "seen.json"


def _schema() -> tantivy.Schema:
    fields = tantivy.SchemaBuilder()
    fields.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
    fields.add_text_field("document", tokenizer_name="raw", index_option="basic")
    fields.add_text_field("kind", tokenizer_name="raw", index_option="basic")
    fields.add_text_field("language", tokenizer_name="raw", index_option="basic")
    fields.add_text_field("units", tokenizer_name="blank", index_option="freq")
    return fields.build()


class LexicalIndex:
    """A derived index that answers by BM25. Safe to share between threads."""

    def __init__(self, folder: Path, *, anew: bool = True) -> None:
        """Open or make the index in ``folder``.

        Args:
            folder: Made where it does not exist.
            anew: Whether a broken one is made anew.
        """
        self._lock = threading.RLock()
        self._folder = folder
        self._schema = _schema()
        self._writer: tantivy.IndexWriter | None = None
        try:
            self._open()
        except (ValueError, OSError, StoreError) as error:
            if not anew:
                raise StoreError(f"The lexical index {folder} cannot be read: {error}.") from error
            shutil.rmtree(folder, ignore_errors=True)  # derived: the ledger fills it again
            try:
                self._open()
            except (ValueError, OSError) as error:
                raise StoreError(f"The lexical index {folder} cannot be made: {error}.") from error

    def _open(self) -> None:
        if self._folder.exists() and self._stored().get("layout") != LAYOUT:
            shutil.rmtree(self._folder)
        if not self._folder.exists():
            self._folder.mkdir(mode=0o700, parents=True)
            self._store("", -1)
        with self._reading():
            self._index = tantivy.Index(self._schema, str(self._folder))
        blank = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
        self._index.register_tokenizer("blank", blank)
        self.refresh()

    def close(self) -> None:
        """Let go of the files and of the writer's lock."""
        with self._lock:
            self._finish()

    # --- as a derived index

    def seen(self) -> tuple[str, int]:
        """Return the ledger's id and the revision followed so far."""
        stored = self._stored()
        return str(stored.get("ledger", "")), int(stored.get("revision", -1))

    def mark_seen(self, ledger: str, revision: int) -> None:
        """Remember them; what was written is merged, and the writer's lock let go."""
        with self._lock:
            self._finish()
            self._store(ledger, revision)

    def _stored(self) -> dict[str, str | int]:
        try:
            stored = json.loads((self._folder / _SEEN).read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return stored if isinstance(stored, dict) else {}

    def _store(self, ledger: str, revision: int) -> None:
        # Replaced in one step: a kill leaves the old one or the new one.
        new = self._folder / f"{_SEEN}.new"
        seen = {"layout": LAYOUT, "ledger": ledger, "revision": revision}
        new.write_text(json.dumps(seen), "utf-8")
        new.replace(self._folder / _SEEN)

    def refresh(self) -> None:
        """See what another process has written since this one opened the index."""
        with self._lock, self._reading():
            self._index.reload()
            self._searcher = self._index.searcher()

    def _reading(self) -> AbstractContextManager[None]:
        return panics_translated(f"The lexical index {self._folder}")

    def ids(self) -> set[str]:
        """Return the ids of all passages in the index."""
        with self._lock:
            searcher = self._searcher
        if not searcher.num_docs:
            return set()
        with self._reading():
            everything = searcher.search(Query.all_query(), searcher.num_docs, count=False).hits
            return {str(searcher.doc(address)["id"][0]) for _, address in everything}

    def finds_itself(self, most: int) -> bool:
        """Whether its files have their checksums, and about ``most`` passages are found by id."""
        ids, searcher = self.ids(), self._searcher
        with self._reading():
            for id in spread(ids, most):
                query = Query.term_query(self._schema, "id", id, "basic")
                found = [searcher.doc(at)["id"] for _, at in searcher.search(query, 2).hits]
                if found != [[id]]:
                    return False
        return len(ids) == searcher.num_docs and all(map(_has_its_checksum, _files(self._folder)))

    def count(self) -> int:
        """Return the number of passages in the index."""
        return int(self._searcher.num_docs)

    def upsert(self, entries: Sequence[Entry]) -> None:
        """Add passages; one with a known id is replaced."""
        with self._lock, self._reading():
            writer = self._writing()
            for entry in entries:
                passage = entry.passage
                writer.delete_documents_by_term("id", passage.id)
                document = tantivy.Document()
                document.add_text("id", passage.id)
                document.add_text("document", passage.document_id)
                document.add_text("kind", passage.kind)
                document.add_text("language", entry.language)
                document.add_text("units", " ".join(units(passage.text)))
                writer.add_document(document)
            self._commit(writer)

    def delete_ids(self, ids: Sequence[str]) -> None:
        """Remove passages; unknown ids are passed over."""
        with self._lock, self._reading():
            writer = self._writing()
            for id in ids:
                writer.delete_documents_by_term("id", id)
            self._commit(writer)

    def _writing(self) -> tantivy.IndexWriter:
        if self._writer is None:
            try:
                self._writer = self._index.writer(HEAP, 1)
            except ValueError as error:
                raise StoreError(
                    f"The lexical index {self._folder} cannot be written: {error}. "
                    "Another process may be writing to it."
                ) from error
        return self._writer

    def _commit(self, writer: tantivy.IndexWriter) -> None:
        try:
            writer.commit()
        except (ValueError, OSError) as error:
            self._writer = None
            raise StoreError(
                f"The lexical index {self._folder} was not written: {error}. "
                "Free some space; the ledger has everything and fills it again."
            ) from error
        self.refresh()

    def _finish(self) -> None:
        if self._writer is not None:
            self._writer.wait_merging_threads()
            self._writer = None
            self.refresh()

    # --- searching

    def search(
        self, wanted: Sequence[Wanted], k: int, *, within: Within = ANYWHERE
    ) -> list[tuple[str, float]]:
        """Return the ``k`` best passage ids with their BM25 scores (higher is better).

        Args:
            wanted: What is asked for; of each the best form counts.
            k: At most so many.
            within: Where to look.
        """
        parts = [(Occur.Should, self._any_form(forms)) for forms in wanted if forms]
        if not parts:
            return []
        query = self._limited(Query.boolean_query(parts), within)
        searcher = self._searcher
        with self._reading():
            hits = searcher.search(query, k, count=False).hits
            found = [(str(searcher.doc(address)["id"][0]), float(score)) for score, address in hits]
        # Equal scores come in the order of the files, which differs from build to build.
        return sorted(found, key=lambda hit: (-hit[1], hit[0]))

    def holding(self, wanted: Sequence[Wanted], *, within: Within = ANYWHERE) -> list[str]:
        """Return the ids of all passages that hold everything wanted, in one of its forms each.

        Args:
            wanted: Of each a passage must hold all units of one form; nothing: all passages do.
            within: Where to look.
        """
        held = [(Occur.Must, self._all_of_a_form(forms)) for forms in wanted]
        query = Query.boolean_query(held) if held else Query.all_query()
        searcher = self._searcher
        if not searcher.num_docs:
            return []
        limited = self._limited(query, within)
        with self._reading():
            hits = searcher.search(limited, searcher.num_docs, count=False).hits
            return [str(searcher.doc(address)["id"][0]) for _, address in hits]

    def _all_of_a_form(self, forms: Wanted) -> Query:
        ways = [
            Query.boolean_query([(Occur.Must, self._unit(unit)) for unit in form.units])
            for form in forms
        ]
        return Query.boolean_query([(Occur.Should, way) for way in ways])

    def _limited(self, query: Query, within: Within) -> Query:
        """Only what is within; that is worth nothing of itself."""
        places = {
            "document": within.documents,
            "kind": within.kinds,
            "language": within.language and frozenset({within.language}),
        }
        limits = [
            Query.const_score_query(self._one_of(field, values), 0.0)
            for field, values in places.items()
            if values is not None
        ]
        return Query.boolean_query([(Occur.Must, part) for part in (query, *limits)])

    def _any_form(self, forms: Wanted) -> Query:
        found = [self._form(form) for form in forms]
        return found[0] if len(found) == 1 else Query.disjunction_max_query(found)

    def _form(self, form: Form) -> Query:
        terms = [self._unit(unit) for unit in form.units]
        query = (
            terms[0]
            if len(terms) == 1
            else Query.boolean_query([(Occur.Should, term) for term in terms])
        )
        return query if form.weight == 1.0 else Query.boost_query(query, form.weight)

    def _unit(self, unit: str) -> Query:
        return Query.term_query(self._schema, "units", unit, "freq")

    def _one_of(self, field: str, values: Collection[str]) -> Query:
        return Query.term_set_query(self._schema, field, sorted(values))

    def frequency(self, unit: str) -> int:
        """Return in how many passages a unit (see ``rag/units.py``) occurs."""
        with self._reading():
            return int(self._searcher.doc_freq("units", unit))

    def languages(self) -> dict[str, int]:
        """Return the number of passages in each language that there is."""
        with self._reading():
            counts = {x: int(self._searcher.doc_freq("language", x)) for x in LANGUAGES}
        return {language: count for language, count in counts.items() if count}


def _files(folder: Path) -> list[Path]:
    """What tantivy closes with a checksum: all but what it writes as JSON."""
    return [p for p in folder.iterdir() if p.suffix not in {".json", ".lock", ".new"}]


def _has_its_checksum(path: Path) -> bool:
    """Whether a file's content is what its footer says: JSON, its length, a fixed number."""
    data = path.read_bytes()
    (length,) = struct.unpack("<I", data[-8:-4]) if len(data) > 8 else (0,)
    try:
        footer = json.loads(data[-8 - length : -8])
        return bool(footer["crc"] == zlib.crc32(data[: -8 - length]))
    except (ValueError, LookupError, TypeError):
        return False
