"""Files into the ledger: read, clean and split on one thread while another embeds and stores.

A file is the unit of commit: its documents enter, change and leave together, in one transaction.
What is unchanged by its content hash is not even parsed; what was embedded once is not embedded
again.
"""

from __future__ import annotations

import hashlib
import json
import os
import queue
import re
import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, Self, TypeAlias

from rag.clean import clean
from rag.errors import BadFileError
from rag.learn import learned_names
from rag.load import describe, find_files, manifest_entry
from rag.model import SourceFile, Stored
from rag.near import NEAR, bands, similarity, sketch
from rag.parse.properties import tags_of
from rag.read import Reader
from rag.split import SEARCHED, Sizes, split

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from rag.embed import Embedded, Vectors
    from rag.model import Document, Parsed, Passage
    from rag.read import Reading
    from rag.settings import Settings
    from vectorstore.ledger import Ledger

READER = "reader-2"
"""Part of every file's key: change it when the same bytes would be read differently."""
BATCH = 512
"""Passages that are gathered, over several files, before they are embedded."""
AHEAD = 4_000_000
"""Characters that may be read and split ahead of the embedding: what bounds memory."""

State: TypeAlias = Literal[
    "added", "updated", "unchanged", "moved", "same text", "failed", "gone", "removed"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileResult:
    """What became of one file."""

    path: str
    state: State
    document_ids: tuple[str, ...] = ()
    passages: int = 0
    """That are searched."""
    kinds: dict[str, int] = field(default_factory=dict)
    """Passages by class, those that are not searched included."""
    format: str = ""
    encoding: str | None = None
    """As which it was decoded, where that had to be found out."""
    reason: str = ""
    """Why it failed, or what to know about it."""
    seconds: float = 0.0
    """That reading it took."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an ``add`` has come."""

    result: FileResult
    files: int
    of_files: int
    bytes: int
    of_bytes: int
    passages: int
    """Embedded in this run."""
    seconds: float

    @property
    def seconds_left(self) -> float | None:
        """Estimated from the bytes that are still to come."""
        if not self.bytes:
            return None
        return self.seconds * (self.of_bytes - self.bytes) / self.bytes


@dataclass(frozen=True, slots=True)
class _Split:
    document: Document
    passages: Sequence[Passage]
    keys: Sequence[str | None]
    sketch: bytes
    names: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class _Work:
    """A file that was read: what is to be stored, and what is to be said of it."""

    results: tuple[FileResult, ...]
    bytes: int = 0
    file: SourceFile | None = None
    """None where nothing is to be stored."""
    moved_from: str | None = None
    tags_only: bool = False
    """The file is what it was; it was given other tags."""
    documents: tuple[_Split, ...] = ()

    @property
    def weight(self) -> int:
        return sum(len(d.document.text) for d in self.documents)


class Embedder(Protocol):
    """What an ingestion needs of an embedding model."""

    name: str

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text."""
        ...

    def embed(self, texts: Sequence[str]) -> Embedded:
        """Vectors, and what tokens are compared by."""
        ...


class Ingestion:
    """One run over some files. Only one may run on a ledger at a time."""

    def __init__(self, ledger: Ledger, embedder: Embedder, settings: Settings) -> None:
        self._ledger = ledger
        self._embedder = embedder
        self._settings = settings
        self._sizes = Sizes(settings.passage_tokens, settings.passage_overlap)
        self._taken: set[str] = set()
        """Ids given in this run to documents that may not be stored yet."""
        self._texts: dict[str, tuple[str, str]] = {}
        """Texts read in this run: SHA-256 → document id and file."""
        self._tags: tuple[str, ...] | None = None
        """Given to every file of this run; None: each keeps what it was given before."""

    # --- the two ways in

    def add(
        self, paths: Iterable[Path], *, sync: bool = False, tags: Sequence[str] | None = None
    ) -> Iterator[Progress]:
        """Add files, and the files in folders; yield what became of each.

        Args:
            paths: Files and folders.
            sync: Remove documents whose files are gone from the folders.
            tags: For every document of these files, beside its own, instead of those that the
                files were given before. None leaves those as they are.

        Raises:
            BadFileError: When a path does not exist.
        """
        self._tags = None if tags is None else tags_of([*tags])
        paths = list(paths)
        files = list(_each_once(find_files(paths)))
        sizes = [_size(f) for f in files]
        meter = _Meter(len(files), sum(sizes))
        with Reader(self._settings.limits(), self._settings.record_mapping()) as reader:
            works = (
                replace(self._prepare(f, reader), bytes=s)
                for f, s in zip(files, sizes, strict=True)
            )
            # Whoever is interrupted does not wait for the file at hand to be read.
            yield from self._store_all(works, meter, give_up=reader.close)
        yield from self._gone(paths, meter, sync=sync)

    def reindex(self, only: Collection[str] = ()) -> Iterator[Progress]:
        """Clean, split and embed every document anew, or those of ``only`` these files."""
        files = [f for f in self._ledger.files() if not only or f.path in only]
        meter = _Meter(len(files), len(files))
        works = (replace(self._prepare_again(f), bytes=1) for f in files if not f.twin)
        yield from self._store_all(works, meter)

    # --- reading: runs ahead, on its own thread

    def _prepare(self, path: Path, reader: Reader) -> _Work:
        name = shown_name(path)
        try:
            source = _absolute(path)
            data = self._bytes_of(path)
            manifest = manifest_entry(path)
            extra = json.dumps([manifest.values, self._settings.record_fields], sort_keys=True)
            key = hashlib.sha256(f"{READER}\0{extra}\0".encode() + data).hexdigest()
            known = self._ledger.file(source)
            before = known.tags if known else ()
            file = SourceFile(source, key, tags=before if self._tags is None else self._tags)
            if known and known.key == key:
                unchanged = self._unchanged(name, known)
                if unchanged and file.tags == known.tags:
                    return unchanged
                if unchanged:
                    return _with_tags(unchanged, replace(known, tags=file.tags))
            moved = None if known else self._moved(name, file)
            if moved:
                return moved
            reading = reader.read(data, path.name)
            documents = [
                manifest.apply(d) if not d.part else d
                for d in self._documents(reading.texts, path, source)
            ]
        except BadFileError as error:
            return _Work((FileResult(path=name, state="failed", reason=f"{name}: {error}."),))
        return self._work(name, file, documents, reading, known=known is not None)

    def _bytes_of(self, path: Path) -> bytes:
        try:
            if not path.is_file():
                raise BadFileError("not a regular file")
            size, most = path.stat().st_size, self._settings.max_file_bytes
            if size > most:
                raise BadFileError(f"{size:,} bytes; YOUJU_MAX_FILE_BYTES allows {most:,}")
            return path.read_bytes()
        except OSError as error:
            raise BadFileError(f"{error.strerror or error}") from error

    def _unchanged(self, name: str, known: SourceFile) -> _Work | None:
        if known.twin:
            if not self._ledger.has_document(known.twin):
                return None
            return _Work((_same_text(name, known.twin),))
        return _Work((self._as_stored(name, "unchanged", known.path),))

    def _as_stored(self, name: str, state: State, path: str) -> FileResult:
        """Say of a file what the ledger holds of ``path``."""
        ids = tuple(d.id for d in self._ledger.documents_of(path))
        count = sum(self._ledger.count_passages(ids).values())
        return FileResult(path=name, state=state, document_ids=ids, passages=count)

    def _moved(self, name: str, file: SourceFile) -> _Work | None:
        """A file of the same content whose old path is gone was moved."""
        for old in self._ledger.files_with(file.key):
            if not Path(old.path).exists():
                result = self._as_stored(name, "moved", old.path)
                result = replace(result, reason=f"was {old.path}")
                tags = old.tags if self._tags is None else self._tags
                file = replace(file, twin=old.twin, tags=tags)
                return _Work((result,), file=file, moved_from=old.path)
        return None

    def _documents(self, texts: Sequence[Parsed], path: Path, source: str) -> Iterator[Document]:
        ids = {d.part: d.id for d in self._ledger.documents_of(source)}
        for parsed in texts:
            part = parsed.part
            stem = f"{path.stem}-{part}" if part else path.stem
            id = ids.get(part) or self._new_id(stem)
            yield describe(parsed, id=id, source=source, name=_last_name(part) or path.stem)

    def _work(
        self,
        name: str,
        file: SourceFile,
        documents: Sequence[Document],
        reading: Reading,
        *,
        known: bool,
    ) -> _Work:
        """Split the documents whose text is not in yet, and say what became of the file."""
        splits: list[_Split] = []
        twins: list[str] = []
        moved = False
        for document in documents:
            twin = self._twin(document)
            if twin and Path(twin[1]).exists():
                twins.append(twin[0])
                continue
            if twin:  # its old file is gone: the same document, read from elsewhere
                moved = True
                document = replace(document, id=twin[0])  # noqa: PLW2901
            self._texts[document.sha256] = (document.id, file.path)
            splits.append(self._split(document))
        failed = [
            FileResult(
                path=f"{name}!{f.part}" if f.part else name,
                state="failed",
                reason=f"{name}{'!' if f.part else ''}{shown(f.part)}: {f.reason}.",
            )
            for f in reading.failed
        ]
        if not splits and twins:
            result = replace(_same_text(name, twins[0]), document_ids=tuple(dict.fromkeys(twins)))
            return _Work((result, *failed), file=replace(file, twin=twins[0]))
        if not splits:
            return _Work(tuple(failed))
        result = replace(
            _as_split(name, "updated" if known or moved else "added", splits),
            format=" ".join(dict.fromkeys(t.format for t in reading.texts)),
            encoding=", ".join(dict.fromkeys(filter(None, (t.encoding for t in reading.texts))))
            or None,
            reason="; ".join(_remarks(reading, splits, twins)),
            seconds=reading.seconds,
        )
        return _Work((result, *failed), file=file, documents=tuple(splits))

    def _twin(self, document: Document) -> tuple[str, str] | None:
        """Id and file of another document with exactly this text."""
        known = self._ledger.with_text(document.sha256)
        twin = (known.id, known.file) if known else self._texts.get(document.sha256)
        return None if twin is None or twin[0] == document.id else twin

    def _prepare_again(self, file: SourceFile) -> _Work:
        cards = self._ledger.documents_of(file.path)
        own = self._ledger.own_tags(file.path)
        splits = tuple(
            self._split(replace(self._ledger.document(c.id), tags=own[c.id])) for c in cards
        )
        return _Work((_as_split(file.path, "updated", splits),), file=file, documents=splits)

    def _split(self, document: Document) -> _Split:
        passages = split(
            document,
            clean(document),
            sizes=self._sizes,
            count_tokens=self._embedder.count_tokens,
        )
        model = self._embedder.name
        keys = [vector_key(model, p.text) if p.kind in SEARCHED else None for p in passages]
        body = sketch(p.text for p in passages if p.kind == "body")
        names = learned_names("\n".join(p.text for p in passages if p.kind in SEARCHED))
        return _Split(document, passages, keys, body, names)

    def _new_id(self, name: str) -> str:
        """A readable id: the file's name, with a number where that is taken."""
        stem = re.sub(r"[^\w.-]+", "-", name).strip("-.")[:80] or "document"
        id, number = stem, 1
        while id in self._taken or self._ledger.has_document(id):
            number += 1
            id = f"{stem}-{number}"
        self._taken.add(id)
        return id

    # --- embedding and storing: on the caller's thread

    def _store_all(
        self,
        works: Iterator[_Work],
        meter: _Meter,
        give_up: Callable[[], None] = lambda: None,
    ) -> Iterator[Progress]:
        with _Ahead(works, give_up) as ahead:
            while batch := ahead.gather(BATCH):
                made = self._embed(batch)
                for work in batch:
                    self._commit(work, made)
                    yield from meter.count(work)

    def _embed(self, batch: Sequence[_Work]) -> dict[str, tuple[Vectors, bytes]]:
        """Vectors and packed tokens of the texts that have none yet."""
        texts = {
            key: passage.text
            for work in batch
            for document in work.documents
            for passage, key in zip(document.passages, document.keys, strict=True)
            if key is not None
        }
        missing = self._ledger.without_vector(list(texts))
        if not missing:
            return {}
        made = self._embedder.embed([texts[k] for k in missing])
        return dict(zip(missing, zip(made.vectors, made.tokens, strict=True), strict=True))

    def _commit(self, work: _Work, made: dict[str, tuple[Vectors, bytes]]) -> None:
        if work.file is None:
            return
        if work.moved_from is not None:
            self._ledger.move_file(work.moved_from, work.file)
            return
        if work.tags_only:
            self._ledger.give_tags(work.file)
            return
        entries: list[Stored] = []
        # By band, as in the ledger: a file may hold thousands of documents.
        here: defaultdict[bytes, dict[str, bytes]] = defaultdict(dict)
        for split_ in work.documents:
            own = bands(split_.sketch)
            near = self._near(split_, own, here)
            for band in own:
                here[band][split_.document.id] = split_.sketch
            entries.append(
                Stored(
                    split_.document,
                    split_.passages,
                    split_.keys,
                    sketch=split_.sketch,
                    bands=own,
                    near=near,
                    names=split_.names,
                )
            )
        used = {k for s in work.documents for k in s.keys if k is not None and k in made}
        vectors = {k: made[k][0] for k in used}
        tokens = {k: made[k][1] for k in used}
        self._ledger.put(work.file, entries, vectors, tokens)

    def _near(
        self, split_: _Split, own: Sequence[bytes], here: Mapping[bytes, dict[str, bytes]]
    ) -> frozenset[str]:
        """Near-duplicates among what is stored and, by band, among the file's other documents."""
        candidates = self._ledger.sketches(own)
        for band in own:
            candidates |= here.get(band, {})
        return frozenset(
            id
            for id, other in candidates.items()
            if id != split_.document.id and similarity(split_.sketch, other) >= NEAR
        )

    def _gone(self, paths: Sequence[Path], meter: _Meter, *, sync: bool) -> Iterator[Progress]:
        """Report files that were in the folders and are no more; with ``sync``, remove them."""
        folders = [_absolute(p).rstrip("/") + "/" for p in paths if p.is_dir()]
        for file in self._ledger.files():
            if not file.path.startswith(tuple(folders)) or Path(file.path).exists():
                continue
            ids = tuple(d.id for d in self._ledger.documents_of(file.path))
            if sync:
                self._ledger.remove_file(file.path)
            result = FileResult(
                path=shown(file.path),
                state="removed" if sync else "gone",
                document_ids=ids,
                reason="" if sync else "the file is gone; its documents stay (--sync removes them)",
            )
            yield from meter.count(_Work((result,)))


class _Meter:
    """Counts what is done."""

    def __init__(self, of_files: int, of_bytes: int) -> None:
        self._of_files, self._of_bytes = of_files, of_bytes
        self._files = self._bytes = self._passages = 0
        self._start = time.monotonic()

    def count(self, work: _Work) -> Iterator[Progress]:
        """Yield the file's results, with how far the run has come."""
        self._files = min(self._files + 1, self._of_files)
        self._bytes += work.bytes
        self._passages += sum(len(d.passages) for d in work.documents)
        seconds = time.monotonic() - self._start
        for result in work.results:
            yield Progress(
                result,
                self._files,
                self._of_files,
                self._bytes,
                self._of_bytes,
                self._passages,
                seconds,
            )


class _Ahead:
    """Runs an iterator on a thread of its own, not further ahead than memory allows."""

    def __init__(self, works: Iterator[_Work], give_up: Callable[[], None]) -> None:
        self._works = works
        self._give_up = give_up
        self._queue: queue.Queue[_Work | BaseException | None] = queue.Queue()
        self._weight = 0
        self._room = threading.Condition()
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="youju-read", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with self._room:
            self._stopped = True
            self._room.notify()
        if kind is not None:
            self._give_up()
        self._thread.join()

    def _run(self) -> None:
        try:
            for work in self._works:
                with self._room:
                    self._room.wait_for(lambda: self._weight < AHEAD or self._stopped)
                    if self._stopped:
                        return
                    self._weight += work.weight
                self._queue.put(work)
            self._queue.put(None)
        except BaseException as error:  # noqa: BLE001 - raised again where the queue is read
            self._queue.put(error)

    def gather(self, passages: int) -> list[_Work]:
        """Return at least one file's work, more while they hold fewer than ``passages``.

        Empty at the end.
        """
        out: list[_Work] = []
        count = 0
        while count < passages:
            try:
                item = self._queue.get(block=not out)
            except queue.Empty:
                break
            if item is None:
                self._queue.put(None)  # for the next call
                break
            if isinstance(item, BaseException):
                raise item
            with self._room:
                self._weight -= item.weight
                self._room.notify()
            out.append(item)
            count += sum(len(d.passages) for d in item.documents)
        return out


def vector_key(model_name: str, text: str) -> str:
    """Name of the vector that ``model_name`` gives ``text``."""
    return hashlib.sha256(f"{model_name}\0{text}".encode("utf-8", "surrogatepass")).hexdigest()


def shown_name(path: Path) -> str:
    """Return a file's name for people: what does not print is written out."""
    return shown(os.fsencode(path).decode("utf-8", "backslashreplace"))


def shown(name: str) -> str:
    """Write out control, bidirectional and zero-width characters: a name must not lie."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in name)


def _each_once(files: Iterable[Path]) -> Iterator[Path]:
    """Pass a file on once, however often it was named: it would be taken for its own copy."""
    seen: set[str] = set()
    for file in files:
        if (known_as := _absolute(file)) not in seen:
            seen.add(known_as)
            yield file


def _absolute(path: Path) -> str:
    """Return the path that a file is known by; bytes that are no UTF-8 are written out."""
    return os.fsencode(path.resolve()).decode("utf-8", "backslashreplace")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _last_name(part: str) -> str:
    return re.split(r"[!/\\]", part)[-1]


def _as_split(name: str, state: State, splits: Sequence[_Split]) -> FileResult:
    """Say of a file what was made of it."""
    return FileResult(
        path=name,
        state=state,
        document_ids=tuple(s.document.id for s in splits),
        passages=sum(k is not None for s in splits for k in s.keys),
        kinds=dict(Counter(p.kind for s in splits for p in s.passages)),
    )


def _with_tags(unchanged: _Work, file: SourceFile) -> _Work:
    """A file whose tags alone are other than before: nothing is read, split or embedded."""
    now = f"tags: {', '.join(file.tags)}" if file.tags else "no tags given any more"
    (result,) = unchanged.results
    result = replace(result, state="updated", reason="; ".join(filter(None, (result.reason, now))))
    return replace(unchanged, results=(result,), file=file, tags_only=True)


def _same_text(name: str, twin: str) -> FileResult:
    return FileResult(
        path=name, state="same text", document_ids=(twin,), reason=f"already in as {twin}"
    )


def _remarks(reading: Reading, splits: Sequence[_Split], twins: Sequence[str]) -> Iterator[str]:
    """What a reader of the report should know of a file that went in."""
    yield from dict.fromkeys(filter(None, (t.note for t in reading.texts)))
    if twins:
        yield f"{len(twins)} more with a text that is already in ({twins[0]})"
    empty = sum(not any(s.keys) for s in splits)
    if empty:
        what = "nothing" if len(splits) == 1 else f"{empty} with nothing"
        yield f"{what} in it but navigation and notices"
