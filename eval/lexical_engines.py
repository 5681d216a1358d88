"""Which engine for BM25, and over which units? SQLite's FTS5, tantivy or bm25s.

    python -m eval.lexical_engines --data DIRECTORY --passages 100000
        [--engines fts5,tantivy,bm25s] [--units characters+bigrams|words|both]
    python -m eval.lexical_engines --data DIRECTORY --quality

The directory holds development sets in SQuAD's format: ``cmrc2018_dev.json``, ``drcd_dev.json``,
``xquad.zh.json``. The 848 paragraphs of the first stand in the index whole, among passages that
``eval.perturbed`` makes of all three. Of cmrc2018's questions, what is asked is whether the
question's own paragraph comes up; a made passage with sentences of the same paragraph is passed
over, since it may well hold the answer too.

All engines get the same units, cut beforehand. Start-up and memory are those of a fresh process
with the files in the page cache.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import re
import shutil
import signal
import sqlite3
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from eval.embedding_bench import Paragraph, read, sample
from eval.metrics import wilson
from eval.perturbed import perturbed
from rag.fold import STOP_WORDS
from rag.names import shipped_names
from rag.units import units as own_units

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from multiprocessing.connection import Connection

    from tantivy import IndexWriter

DEPTH = 40
"""Passages asked for, as ``rag.retrieve`` does."""
QUESTIONS = 300
"""Of the timing; quality among many passages is measured with them too."""
BATCH = 100
"""Passages of an incremental add."""
KILLS = 10
SLOW, FEW = 1000, 20
"""An engine that takes so many milliseconds is asked so few questions."""
RIVALS = 400
"""How deep is looked for a question's paragraph: made passages with its sentences stand before."""
NAMES = ("fts5", "fts5-rank", "tantivy", "bm25s")
K1, B = 1.2, 0.75
ORIGINAL = "original"
"""Class of a paragraph that was not made."""


@dataclass(frozen=True, slots=True)
class Row:
    """A passage as the engines get it."""

    id: str
    document: str
    kind: str
    units: str
    """Joined by blanks."""


class Engine(Protocol):
    """A lexical index in a folder. Nothing is open before ``open`` or ``build``."""

    def build(self, rows: Iterable[Row]) -> None:
        """Make the index, and open it."""

    def open(self) -> None:
        """Open what was built, for searching."""

    def close(self) -> None:
        """Close it."""

    def add(self, rows: Sequence[Row]) -> None:
        """Add passages; when it returns they are on disk and found."""

    def delete(self, ids: Sequence[str]) -> None:
        """Remove passages; when it returns they are not found any more."""

    def search(
        self, units: Sequence[str], k: int, documents: Sequence[str] | None = None
    ) -> list[tuple[str, float]]:
        """Return the ``k`` best ids with scores, of ``body`` passages of documents if given."""

    def frequency(self, unit: str) -> int:
        """Return in how many passages a unit occurs."""

    def count(self) -> int:
        """Return the number of passages."""

    def size(self) -> int:
        """Return the bytes on disk."""


def _bytes(folder: Path) -> int:
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())


class Fts5:
    """Today's index: every match is joined with its row, then all are sorted."""

    SEARCH = (
        "SELECT ids.id, -bm25(units) AS score FROM units JOIN ids ON ids.row = units.rowid"
        " WHERE units MATCH ?1"
        " AND (?2 IS NULL OR ids.document IN (SELECT value FROM json_each(?2)))"
        " AND (?2 IS NULL OR ids.kind = 'body')"
        " ORDER BY score DESC, ids.id LIMIT ?3"
    )

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._db: Any = None

    def build(self, rows: Iterable[Row]) -> None:
        """Fill it in one transaction."""
        self._folder.mkdir(parents=True)
        self.open()
        self._db.execute(
            "CREATE TABLE ids (row INTEGER PRIMARY KEY, id TEXT UNIQUE, document, kind)"
        )
        self._db.execute(
            "CREATE VIRTUAL TABLE units USING fts5"
            "(words, tokenize = 'unicode61 remove_diacritics 2')"
        )
        self._db.execute("CREATE VIRTUAL TABLE vocabulary USING fts5vocab(units, 'row')")
        self._write([], rows)
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def open(self) -> None:
        """Open the file."""
        self._db = sqlite3.connect(self._folder / "lexical.db", isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def add(self, rows: Sequence[Row]) -> None:
        """Add in one transaction."""
        self._write([], rows)

    def delete(self, ids: Sequence[str]) -> None:
        """Delete in one transaction."""
        self._write(ids, [])

    def _write(self, gone: Sequence[str], rows: Iterable[Row]) -> None:
        with self._db as db:
            db.execute("BEGIN")
            for id in gone:
                row = db.execute("SELECT row FROM ids WHERE id = ?", [id]).fetchone()
                db.execute("DELETE FROM units WHERE rowid = ?", row)
                db.execute("DELETE FROM ids WHERE id = ?", [id])
            for r in rows:
                row = db.execute("INSERT INTO units VALUES (?)", [r.units]).lastrowid
                db.execute("INSERT INTO ids VALUES (?, ?, ?, ?)", [row, r.id, r.document, r.kind])

    def search(
        self, units: Sequence[str], k: int, documents: Sequence[str] | None = None
    ) -> list[tuple[str, float]]:
        """Search by the statement of the class."""
        if not units:
            return []
        match = " OR ".join(f'"{unit}"' for unit in units)
        within = None if documents is None else json.dumps(list(documents))
        return [(row[0], row[1]) for row in self._db.execute(self.SEARCH, [match, within, k])]

    def frequency(self, unit: str) -> int:
        """Read it off the list of the unit's passages."""
        row = self._db.execute("SELECT doc FROM vocabulary WHERE term = ?", [unit]).fetchone()
        return int(row[0]) if row else 0

    def count(self) -> int:
        """Count the rows; both tables must agree."""
        counts = [
            self._db.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0]  # noqa: S608
            for table in ("ids", "units")
        ]
        if counts[0] != counts[1]:
            raise ValueError(f"The tables differ: {counts}.")
        return int(counts[0])

    def size(self) -> int:
        """Count the file and its log."""
        return _bytes(self._folder)


class Fts5Rank(Fts5):
    """The same file, sorted inside FTS5 before any row is joined."""

    SEARCH = (
        "SELECT ids.id, -best.rank FROM"
        " (SELECT rowid, rank FROM units WHERE units MATCH ?1 AND (?2 IS NULL OR rowid IN"
        " (SELECT row FROM ids WHERE kind = 'body'"
        " AND document IN (SELECT value FROM json_each(?2)))) ORDER BY rank LIMIT ?3) AS best"
        " JOIN ids ON ids.row = best.rowid ORDER BY best.rank, ids.id"
    )


class Tantivy:
    """Rust's Lucene: block-max WAND over units parted by blanks."""

    THREAD_HEAP = 64_000_000

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._index: Any = None
        self._writer: IndexWriter | None = None
        self._searcher: Any = None

    def build(self, rows: Iterable[Row]) -> None:
        """Fill it with two threads and wait for the merging."""
        self._folder.mkdir(parents=True)
        self._attach()
        writer = self._index.writer(2 * self.THREAD_HEAP, 2)
        self._fill(writer, rows)
        writer.commit()
        writer.wait_merging_threads()
        self._refresh()

    def _attach(self) -> None:
        import tantivy  # noqa: PLC0415 - its start-up time is measured

        self._tantivy = tantivy
        fields = tantivy.SchemaBuilder()
        fields.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
        fields.add_text_field("document", tokenizer_name="raw", index_option="basic")
        fields.add_text_field("kind", tokenizer_name="raw", index_option="basic")
        fields.add_text_field("units", tokenizer_name="blank", index_option="freq")
        self._schema = fields.build()
        self._index = tantivy.Index(self._schema, str(self._folder))
        blank = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
        self._index.register_tokenizer("blank", blank)

    def _fill(self, writer: IndexWriter, rows: Iterable[Row]) -> None:
        for r in rows:
            writer.add_document(
                self._tantivy.Document(id=r.id, document=r.document, kind=r.kind, units=r.units)
            )

    def _refresh(self) -> None:
        self._index.reload()
        self._searcher = self._index.searcher()

    def open(self) -> None:
        """Map the files."""
        self._attach()
        self._refresh()

    def close(self) -> None:
        """Let go of the files and the lock."""
        if self._writer is not None:
            self._writer.wait_merging_threads()
        self._writer = self._searcher = self._index = None

    def _writing(self) -> IndexWriter:
        if self._writer is None:
            self._writer = self._index.writer(self.THREAD_HEAP, 1)
        return self._writer

    def add(self, rows: Sequence[Row]) -> None:
        """Add in one commit."""
        writer = self._writing()
        self._fill(writer, rows)
        writer.commit()
        self._refresh()

    def delete(self, ids: Sequence[str]) -> None:
        """Delete in one commit."""
        writer = self._writing()
        for id in ids:
            writer.delete_documents_by_term("id", id)
        writer.commit()
        self._refresh()

    def search(
        self, units: Sequence[str], k: int, documents: Sequence[str] | None = None
    ) -> list[tuple[str, float]]:
        """Search for any of the units; without counting all matches, so that WAND can skip."""
        if not units:
            return []
        tantivy, schema = self._tantivy, self._schema
        parts = [
            (tantivy.Occur.Should, tantivy.Query.term_query(schema, "units", unit, "freq"))
            for unit in units
        ]
        query = tantivy.Query.boolean_query(parts)
        if documents is not None:
            limits = (
                tantivy.Query.term_set_query(schema, "document", list(documents)),
                tantivy.Query.term_query(schema, "kind", "body", "basic"),
            )
            silent = [tantivy.Query.const_score_query(limit, 0.0) for limit in limits]
            query = tantivy.Query.boolean_query(
                [(tantivy.Occur.Must, part) for part in (query, *silent)]
            )
        hits = self._searcher.search(query, k, count=False).hits
        return [(self._searcher.doc(address)["id"][0], score) for score, address in hits]

    def frequency(self, unit: str) -> int:
        """Read it off the dictionary."""
        return int(self._searcher.doc_freq("units", unit))

    def count(self) -> int:
        """Return what the searcher sees."""
        return int(self._searcher.num_docs)

    def size(self) -> int:
        """Count all files."""
        return _bytes(self._folder)


class Bm25s:
    """Scores worked out at indexing, in sparse matrices. It cannot be changed, only made anew."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._model: Any = None
        self._rows: list[list[str]] = []

    def build(self, rows: Iterable[Row]) -> None:
        """Index all, save it, and the ids beside it."""
        import bm25s  # type: ignore[import-untyped] # noqa: PLC0415 - its start-up is measured

        corpus: list[list[str]] = []
        for r in rows:
            self._rows.append([r.id, r.document, r.kind])
            corpus.append([sys.intern(unit) for unit in r.units.split(" ")])
        self._model = bm25s.BM25(k1=K1, b=B, method="lucene")
        self._model.index(corpus, show_progress=False)
        self._model.save(self._folder, show_progress=False)
        (self._folder / "rows.json").write_text(json.dumps(self._rows), "utf-8")

    def open(self) -> None:
        """Map the matrices and read the vocabulary."""
        import bm25s  # noqa: PLC0415 - its start-up is measured

        self._model = bm25s.BM25.load(self._folder, mmap=True, show_progress=False)
        self._rows = json.loads((self._folder / "rows.json").read_text("utf-8"))

    def close(self) -> None:
        """Let go of the matrices."""
        self._model = None

    def add(self, rows: Sequence[Row]) -> None:
        """Refuse."""
        raise NotImplementedError("bm25s has no incremental update.")

    def delete(self, ids: Sequence[str]) -> None:
        """Refuse."""
        raise NotImplementedError("bm25s has no incremental update.")

    def search(
        self, units: Sequence[str], k: int, documents: Sequence[str] | None = None
    ) -> list[tuple[str, float]]:
        """Add the columns of the units; the mask of a filter is made for each search."""
        known = [unit for unit in units if unit in self._model.vocab_dict]
        if not known:
            return []
        mask = None
        if documents is not None:
            import numpy as np  # noqa: PLC0415 - with the engine

            wanted = set(documents)
            mask = np.array(
                [row[1] in wanted and row[2] == "body" for row in self._rows], dtype=np.float32
            )
        k = min(k, len(self._rows))
        found, scores = self._model.retrieve(
            [known], k=k, show_progress=False, weight_mask=mask, n_threads=0
        )
        pairs = zip(found[0].tolist(), scores[0].tolist(), strict=True)
        return [(self._rows[at][0], score) for at, score in pairs if score > 0]

    def frequency(self, unit: str) -> int:
        """Read it off the columns."""
        at = self._model.vocab_dict.get(unit)
        if at is None:
            return 0
        bounds = self._model.scores["indptr"]
        return int(bounds[at + 1] - bounds[at])

    def count(self) -> int:
        """Return the number of rows."""
        return len(self._rows)

    def size(self) -> int:
        """Count all files."""
        return _bytes(self._folder)


def engine_at(name: str, folder: Path) -> Engine:
    """Return the engine of that name; bm25s cannot do all that the others can, and says so."""
    made: dict[str, Callable[[Path], Engine]] = {
        "fts5": Fts5,
        "fts5-rank": Fts5Rank,
        "tantivy": Tantivy,
        "bm25s": Bm25s,
    }
    # FTS5's two ways of asking share one file.
    return made[name](folder / name.removesuffix("-rank"))


# --- units ---

_SENTENCE = re.compile(r"[^。！？]*[。！？]|[^。！？]+")
_WORD = re.compile(r"[a-z][a-z0-9]*|\d+(?:\.\d+)?|[㐀-䶿一-鿿豈-﫿]+")
UNITS = ("characters+bigrams", "bigrams", "words", "words+characters", "both")
"""``both`` is words, bigrams and characters."""


def _words(text: str) -> list[str]:
    import jieba  # noqa: PLC0415 - slow to load, and words are seldom asked for

    words = [w for w in jieba.cut(shipped_names().fold_text(text)) if _WORD.fullmatch(w)]
    return [w.replace(".", "p") for w in words if w not in STOP_WORDS]


def _is_character(unit: str) -> bool:
    return len(unit) == 1 and not unit.isascii()


def _cut(text: str, way: str) -> Iterator[str]:
    if way in {"characters+bigrams", "both"}:
        yield from own_units(text)
    if way == "both":
        # A word of one or two characters is there already.
        yield from (w for w in _words(text) if len(w) > 2 and not w.isascii())
    if way == "bigrams":
        yield from (unit for unit in own_units(text) if not _is_character(unit))
    if way in {"words", "words+characters"}:
        yield from _words(text)
    if way == "words+characters":
        for word in _words(text):
            if len(word) > 1 and not word.isascii():
                yield from word


@lru_cache(maxsize=1 << 17)
def _of_sentence(text: str, way: str) -> str:
    return " ".join(_cut(text, way))


def units_of(text: str, way: str) -> str:
    """Cut ``text`` into units, joined by blanks.

    Sentence by sentence, since most are cut before: no unit reaches over the end of one.
    """
    return " ".join(u for s in _SENTENCE.findall(text) if (u := _of_sentence(s, way)))


def question_units(text: str, way: str) -> list[str]:
    """Cut a question into its distinct units."""
    return list(dict.fromkeys(units_of(text, way).split()))


@dataclass(frozen=True, slots=True)
class Pruning:
    """Which units of a question are not searched for."""

    name: str
    share: float = 1.0
    """Those that occur in more than this share of the passages…"""
    spare: int = 3
    """…as long as so many rarer ones are there."""
    characters: bool = False
    """Whether characters are left out that a known bigram of the question holds."""

    def apply(self, units: Sequence[str], engine: Engine, total: int) -> list[str]:
        """Return the units to search for."""
        if self.share == 1.0 and not self.characters:
            return list(units)
        counts = {unit: engine.frequency(unit) for unit in units}
        known = [unit for unit in units if counts[unit]]
        if self.characters:
            covered = {c for unit in known if len(unit) == 2 and not unit.isascii() for c in unit}
            known = [unit for unit in known if unit not in covered]
        rare = [unit for unit in known if counts[unit] <= self.share * total]
        return rare if len(rare) >= self.spare else known


PRUNINGS = (
    Pruning("none"),
    Pruning("≤20%", 0.2),
    Pruning("≤10%", 0.1),
    Pruning("≤5%", 0.05),
    Pruning("characters", characters=True),
    Pruning("characters, ≤10%", 0.1, characters=True),
)


# --- passages ---


def write_rows(data: Path, passages: int, way: str, file: Path) -> float:
    """Write the originals and the made passages to ``file``; return the seconds it took."""
    began = time.perf_counter()
    originals = read(data / "cmrc2018_dev.json")
    others = [p for name in ("drcd_dev.json", "xquad.zh.json") for p in read(data / name)]
    texts = [p.text for p in (*originals, *others)]
    with file.open("w", encoding="utf-8") as out:
        for at, paragraph in enumerate(originals):
            out.write(f"o{at}\td{at}\t{ORIGINAL}\t{units_of(paragraph.text, way)}\n")
        for at, made in enumerate(perturbed(texts, passages - len(originals), seed=1)):
            # The id tells which paragraphs it came from.
            id = f"m{at}-{made.first}-{made.second}"
            kind = "body" if at % 4 else "comment"
            out.write(f"{id}\td{made.first}\t{kind}\t{units_of(made.text, way)}\n")
    return time.perf_counter() - began


def rows_of(file: Path) -> Iterator[Row]:
    """Read them back, one at a time."""
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            yield Row(*line.rstrip("\n").split("\t"))


def new_rows(number: int) -> list[Row]:
    """Make passages that are not there yet; ``mark_of(number)`` finds them all."""
    texts = [
        f"第{number}批第{at}件：水库大坝在{1900 + at}年加固，蓄水{at * 37}万立方米，由省里验收。"
        for at in range(BATCH)
    ]
    return [
        Row(
            f"n{number}-{at}", f"n{number}", "body", f"{units_of(text, UNITS[0])} {mark_of(number)}"
        )
        for at, text in enumerate(texts)
    ]


def mark_of(number: int) -> str:
    """Return a unit that only the passages of one batch have."""
    return f"batch{number}"


# --- measuring ---


@dataclass(frozen=True, slots=True)
class Job:
    """One engine over one file of rows."""

    engine: str
    folder: Path
    rows: Path
    data: Path
    way: str

    def make(self) -> Engine:
        """Return the engine, not open yet."""
        return engine_at(self.engine, self.folder)

    def questions(self, most: int = QUESTIONS) -> list[tuple[list[str], int]]:
        """Return questions of cmrc2018, spread over the set: units and the paragraph's index."""
        paragraphs = read(self.data / "cmrc2018_dev.json")
        return [
            (question_units(paragraphs[at].questions[id], self.way), at)
            for id, at in sample(paragraphs, most)
        ]


def _memory(field: str) -> int:
    """Return bytes that the kernel tells of this process, as ``VmHWM``, the peak."""
    found = re.search(
        rf"^{field}:\s*(\d+) kB", Path("/proc/self/status").read_text("ascii"), re.MULTILINE
    )
    return int(found[1]) * 1024 if found else 0


def in_fresh_process(work: Callable[[Job], dict[str, Any]], job: Job) -> dict[str, Any]:
    """Run ``work`` in a new interpreter."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return pool.apply(work, (job,))


def measure_build(job: Job) -> dict[str, Any]:
    """Build the index."""
    engine = job.make()
    began = time.perf_counter()
    engine.build(rows_of(job.rows))
    seconds = time.perf_counter() - began
    count = engine.count()
    engine.close()
    size = engine.size() / count
    return {"build s": seconds, "bytes a passage": size, "build peak MB": _memory("VmHWM") / 1e6}


def measure_start(job: Job) -> dict[str, Any]:
    """Open the index and ask 20 questions."""
    questions = job.questions(20)
    before = _memory("VmRSS")
    began = time.perf_counter()
    engine = job.make()
    engine.open()
    opened = time.perf_counter() - began
    for units, _ in questions:
        engine.search(units, DEPTH)
    return {
        "open ms": opened * 1e3,
        "grown MB": (_memory("VmHWM") - before) / 1e6,
        "anonymous MB": _memory("RssAnon") / 1e6,
        "peak MB": _memory("VmHWM") / 1e6,
    }


def measure_queries(job: Job) -> dict[str, Any]:
    """Ask all questions, with each pruning and within some documents; time them and look."""
    engine = job.make()
    engine.open()
    questions = job.questions()
    for units, _ in questions[:10]:
        engine.search(units, DEPTH)
    out = {pruning.name: _ask(engine, pruning, questions) for pruning in PRUNINGS}
    documents = [f"d{n}" for n in range(0, 2000, 40)]
    filtered = []
    for units, _ in questions[: len(out["none"]["ms"])]:
        began = time.perf_counter()
        engine.search(units, DEPTH, documents)
        filtered.append((time.perf_counter() - began) * 1e3)
    out["within 50 documents"] = {"ms": filtered}
    engine.close()
    return out


def _ask(
    engine: Engine, pruning: Pruning, questions: Sequence[tuple[list[str], int]]
) -> dict[str, Any]:
    """Ask with one pruning; a slow engine is asked no more than ``FEW``."""
    total = engine.count()
    times: list[float] = []
    ranks: list[int | None] = []
    kept = 0
    for units, own in questions:
        if len(times) == FEW and statistics.median(times) > SLOW:
            break
        began = time.perf_counter()
        asked = pruning.apply(units, engine, total)
        found = engine.search(asked, DEPTH)
        times.append((time.perf_counter() - began) * 1e3)
        kept += len(asked)
        rank = _rank(found, own)
        if rank is None:
            # Its rivals, passages made of it, may have filled the list.
            rank = _rank(engine.search(asked, max(RIVALS, total // 500)), own)
        ranks.append(rank)
    return {
        "units": kept / len(times),
        "ms": times,
        "hit@1": [rank == 1 for rank in ranks],
        "hit@5": [rank is not None and rank <= 5 for rank in ranks],
    }


def _rank(found: Sequence[tuple[str, float]], own: int) -> int | None:
    """Return the rank of the question's paragraph, passages made of it passed over."""
    rank = 1
    for id, _ in found:
        if id == f"o{own}":
            return rank
        rank += str(own) not in id.split("-")[1:]
    return None


def measure_changes(job: Job) -> dict[str, Any]:
    """Add and delete a batch, ten times each."""
    engine = job.make()
    engine.open()
    adds, deletes = [], []
    for number in range(KILLS):
        rows = new_rows(number)
        began = time.perf_counter()
        engine.add(rows)
        if len(engine.search([mark_of(number)], BATCH + 1)) != BATCH:
            raise ValueError("What was added is not found.")
        adds.append((time.perf_counter() - began) * 1e3)
        began = time.perf_counter()
        engine.delete([row.id for row in rows])
        if engine.search([mark_of(number)], BATCH + 1):
            raise ValueError("What was deleted is found.")
        deletes.append((time.perf_counter() - began) * 1e3)
    engine.close()
    return {"add ms": statistics.median(adds), "delete ms": statistics.median(deletes)}


def add_and_tell(job: Job, number: int, tell: Connection) -> None:
    """Add a batch, telling when it begins and when it is in: the child that is killed."""
    engine = job.make()
    engine.open()
    rows = new_rows(number)
    tell.send("begins")
    engine.add(rows)
    tell.send("is in")
    time.sleep(60)


def measure_kills(job: Job) -> dict[str, Any]:
    """Kill a child while it adds; see that all or nothing of the batch is there."""
    before = after = broken = lost = 0
    context = multiprocessing.get_context("spawn")
    rng = random.Random(1)
    usual = 0.0
    for number in range(1000, 1000 + KILLS + 1):
        here, there = context.Pipe()
        child = context.Process(target=add_and_tell, args=(job, number, there))
        child.start()
        here.recv()
        began = time.perf_counter()
        told = here.poll(60 if number == 1000 else usual * rng.random() * 1.2)
        usual = usual or time.perf_counter() - began
        os.kill(child.pid or 0, signal.SIGKILL)
        child.join()
        if number == 1000:  # The first shows how long an add takes.
            continue
        engine = job.make()
        engine.open()
        found = len(engine.search([mark_of(number)], BATCH + 1))
        expected = 0 if engine.frequency(mark_of(number)) == 0 else BATCH
        before += found == 0
        after += found == BATCH
        broken += found not in {0, BATCH} or found != expected
        lost += told and found != BATCH
        engine.close()
    outcome = f"{before} before, {after} after, {broken} torn, {lost} lost"
    return {"kills": outcome}


def same_scores(folder: Path, paragraphs: Sequence[Paragraph]) -> str:
    """Compare tantivy's and FTS5's scores and first ten with bm25s's, which are exact."""
    rows = [
        Row(f"o{at}", f"d{at}", "body", units_of(p.text, UNITS[0]))
        for at, p in enumerate(paragraphs)
    ]
    engines = {name: engine_at(name, folder / "same") for name in ("bm25s", "tantivy", "fts5")}
    for engine in engines.values():
        engine.build(rows)
    differences: dict[str, list[float]] = {"tantivy": [], "fts5": []}
    firsts: dict[str, list[bool]] = {"tantivy": [], "fts5": []}
    for id, at in sample(paragraphs, QUESTIONS):
        units = question_units(paragraphs[at].questions[id], UNITS[0])
        exact = dict(engines["bm25s"].search(units, len(rows)))
        for name in differences:
            found = engines[name].search(units, 10)
            # bm25s leaves out the factor (k1 + 1), which changes no order.
            differences[name] += [abs(s / (K1 + 1) - exact[i]) / exact[i] for i, s in found]
            firsts[name].append(found[0][0] == max(exact, key=lambda i: exact[i]))
    return "; ".join(
        f"{name}: scores differ by {statistics.mean(differences[name]):.2%} in the mean, "
        f"{max(differences[name]):.2%} at most, the same first {statistics.mean(firsts[name]):.1%}"
        for name in differences
    )


def _share(found: Sequence[bool]) -> str:
    low, high = wilson(found) or (0.0, 0.0)
    return f"{statistics.mean(found):.3f} [{low:.3f}, {high:.3f}]"


def report_quality(data: Path) -> None:
    """Print what each way to cut units finds in the whole sets, and what pruning loses."""
    print("\n| set | units | pruning | units asked | hit@1 | hit@5 | hit@10 |")
    print("|---|---|---|---|---|---|---|", flush=True)
    for name in ("cmrc2018_dev", "drcd_dev"):
        paragraphs = read(data / f"{name}.json")
        for way in UNITS:
            with tempfile.TemporaryDirectory() as scratch:
                engine = engine_at("tantivy", Path(scratch))
                engine.build(
                    Row(f"o{at}", f"d{at}", ORIGINAL, units_of(p.text, way))
                    for at, p in enumerate(paragraphs)
                )
                for pruning in PRUNINGS if way == UNITS[0] else PRUNINGS[:1]:
                    _print_quality(engine, pruning, paragraphs, f"| {name} | {way}")
                engine.close()


def _print_quality(
    engine: Engine, pruning: Pruning, paragraphs: Sequence[Paragraph], title: str
) -> None:
    way = title.rsplit(" ", 1)[1]
    hits: dict[int, list[bool]] = {1: [], 5: [], 10: []}
    asked = 0
    for at, paragraph in enumerate(paragraphs):
        for text in paragraph.questions.values():
            units = pruning.apply(question_units(text, way), engine, len(paragraphs))
            found = [id for id, _ in engine.search(units, 10)]
            asked += len(units)
            for k, flags in hits.items():
                flags.append(f"o{at}" in found[:k])
    mean = asked / len(hits[1])
    shares = " | ".join(_share(flags) for flags in hits.values())
    print(f"{title} | {pruning.name} | {mean:.1f} | {shares} |", flush=True)


def _quantiles(times: Sequence[float]) -> str:
    ordered = sorted(times)
    return " / ".join(f"{ordered[int(q * (len(ordered) - 1))]:.1f}" for q in (0.5, 0.95, 0.99))


def report_engine(job: Job) -> None:
    """Measure one engine and print its rows."""
    another_way = job.engine == "fts5-rank"
    values = {} if another_way else in_fresh_process(measure_build, job)
    values |= in_fresh_process(measure_start, job)
    queries = in_fresh_process(measure_queries, job)
    if job.engine == "bm25s":
        values["changes"] = "no incremental update: made anew"
    elif not another_way:
        values |= in_fresh_process(measure_changes, job)
        values |= measure_kills(job)
    print(f"\n**{job.engine}** " + ", ".join(f"{k} {_shown(v)}" for k, v in values.items()))
    print("\n| query | units | p50 / p95 / p99 ms | hit@1 | hit@5 |\n|---|---|---|---|---|")
    for name, run in queries.items():
        units = f"{run['units']:.1f}" if "units" in run else ""
        hits = " | ".join(_share(run[k]) if k in run else "" for k in ("hit@1", "hit@5"))
        print(f"| {job.engine} {name} | {units} | {_quantiles(run['ms'])} | {hits} |", flush=True)


def _shown(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:,.1f}"


def main() -> None:
    """Run it and print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--passages", type=int, default=100_000)
    parser.add_argument("--engines", default=",".join(NAMES), help="fts5-rank comes after fts5")
    parser.add_argument("--units", choices=UNITS, default=UNITS[0])
    parser.add_argument("--quality", action="store_true", help="the units' tables, and no engines")
    parser.add_argument("--scratch", type=Path, help="where the indexes are made")
    arguments = parser.parse_args()
    if arguments.quality:
        report_quality(arguments.data)
        return
    folder = Path(tempfile.mkdtemp(dir=arguments.scratch))
    try:
        rows = folder / "rows.tsv"
        seconds = write_rows(arguments.data, arguments.passages, arguments.units, rows)
        print(
            f"\n{arguments.passages:,} passages, {arguments.units}; made and cut in {seconds:.0f} s"
        )
        print(same_scores(folder, read(arguments.data / "cmrc2018_dev.json")), flush=True)
        for name in arguments.engines.split(","):
            report_engine(Job(name, folder, rows, arguments.data, arguments.units))
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
