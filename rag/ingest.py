"""Files into the ledger: a child reads and splits them while another thread embeds and stores.

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
from typing import TYPE_CHECKING, Any, Literal, Protocol, Self, TypeAlias

from rag.errors import BadFileError, DamagedError
from rag.load import MANIFEST, ManifestEntry, Unread, bytes_of, find_files, manifest_bytes
from rag.model import SourceFile, Stored, vector_key
from rag.near import NEAR, bands, similarity
from rag.parse.properties import tags_of
from rag.prepare import Recipe
from rag.read import Reader
from rag.split import SEARCHED, Sizes

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from rag.embed import Embedded, Vectors
    from rag.model import Document, Passage
    from rag.prepare import Prepared
    from rag.read import Preparation
    from rag.settings import Settings
    from vectorstore.ledger import Ledger

READER = "reader-4"
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
    files: int = 1
    """That are done with it: none with a folder."""
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

    def embed(self, texts: Sequence[str]) -> Embedded:
        """Vectors, and what tokens are compared by."""
        ...


class Ingestion:
    """One run over some files. Only one may run on a ledger at a time."""

    def __init__(self, ledger: Ledger, embedder: Embedder, settings: Settings) -> None:
        self._ledger = ledger
        self._embedder = embedder
        self._settings = settings
        self._manifests: dict[Path, dict[str, dict[str, Any]]] = {}
        """What was read in this run, by path."""
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
        found = list(find_files(paths))
        files = list(_each_once(f for f in found if isinstance(f, Path)))
        unread = [f for f in found if isinstance(f, Unread)]
        sizes = [_size(f) for f in files]
        meter = _Meter(len(files), sum(sizes))
        for folder in unread:
            yield from meter.count(_Work((_failed(folder.path, folder.reason),), files=0))
        with self._reader() as reader:
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
        with self._reader() as reader:
            works = (replace(self._prepare_again(f, reader), bytes=1) for f in files if not f.twin)
            yield from self._store_all(works, meter, give_up=reader.close)

    def _reader(self) -> Reader:
        settings = self._settings
        sizes = Sizes(settings.passage_tokens, settings.passage_overlap)
        recipe = Recipe(sizes, "tiktoken" if settings.embedding_base_url else "e5")
        return Reader(settings.limits(), settings.record_mapping(), recipe)

    # --- reading: runs ahead, on its own thread

    def _prepare(self, path: Path, reader: Reader) -> _Work:
        name = shown_name(path)
        said, broken = self._manifest_of(path, reader)
        try:
            source = _absolute(path)
            data = bytes_of(path, self._settings.max_file_bytes, "YOUJU_MAX_FILE_BYTES")
            extra = json.dumps([said.values, self._settings.record_fields], sort_keys=True)
            key = hashlib.sha256(f"{READER}\0{extra}\0".encode() + data).hexdigest()
            known = self._ledger.file(source)
            before = known.tags if known else ()
            file = SourceFile(source, key, tags=before if self._tags is None else self._tags)
            work = self._as_before(name, file, known)
            if work is None:
                preparation = reader.prepare(data, path, said)
                work = self._work(name, file, self._named(preparation, path, source), known=known)
        except BadFileError as error:
            work = _Work((_failed(path, str(error)),))
        except OSError as error:
            work = _Work((_failed(path, error.strerror or str(error)),))
        return replace(work, results=(*broken, *work.results))

    def _manifest_of(
        self, path: Path, reader: Reader
    ) -> tuple[ManifestEntry, tuple[FileResult, ...]]:
        """What the manifest beside a file says of it; why it says nothing, told once."""
        manifest = path.parent / MANIFEST
        broken: tuple[FileResult, ...] = ()
        if manifest not in self._manifests:
            self._manifests[manifest] = {}
            try:
                data = manifest_bytes(manifest)
                if data is not None:
                    self._manifests[manifest] = reader.manifest(data)
            except BadFileError as error:
                reason = f"{error}; the files beside it go in without it"
                broken = (_failed(manifest, reason),)
        return ManifestEntry(self._manifests[manifest].get(path.name, {})), broken

    def _as_before(self, name: str, file: SourceFile, known: SourceFile | None) -> _Work | None:
        """A file that need not be read: unchanged, given other tags, or moved."""
        if known is None:
            return self._moved(name, file)
        unchanged = self._unchanged(name, known) if known.key == file.key else None
        if unchanged and file.tags != known.tags:
            return _with_tags(unchanged, replace(known, tags=file.tags))
        return unchanged

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

    def _named(self, preparation: Preparation, path: Path, source: str) -> Preparation:
        """Give documents the ids that they have in the ledger, or new ones."""
        ids = {d.part: d.id for d in self._ledger.documents_of(source)}
        named: list[Prepared] = []
        for prepared in preparation.documents:
            part = prepared.document.part
            id = ids.get(part) or self._new_id(f"{path.stem}-{part}" if part else path.stem)
            named.append(prepared.named(id, f"{source}!{part}" if part else source))
        return replace(preparation, documents=tuple(named))

    def _work(
        self, name: str, file: SourceFile, preparation: Preparation, *, known: SourceFile | None
    ) -> _Work:
        """Take the documents whose text is not in yet, and say what became of the file."""
        splits: list[_Split] = []
        twins: list[str] = []
        moved = False
        for prepared in preparation.documents:
            document = prepared.document
            twin = self._twin(document)
            if twin and Path(twin[1]).exists():
                twins.append(twin[0])
                continue
            if twin:  # its old file is gone: the same document, read from elsewhere
                moved = True
                prepared = prepared.named(twin[0], document.source)  # noqa: PLW2901
            self._texts[document.sha256] = (prepared.document.id, file.path)
            splits.append(self._split(prepared))
        failed = [
            FileResult(
                path=f"{name}!{f.part}" if f.part else name,
                state="failed",
                reason=f"{name}{'!' if f.part else ''}{shown(f.part)}: {f.reason}.",
            )
            for f in preparation.failed
        ]
        if not splits and twins:
            result = replace(_same_text(name, twins[0]), document_ids=tuple(dict.fromkeys(twins)))
            return _Work((result, *failed), file=replace(file, twin=twins[0]))
        if not splits:
            return _Work(tuple(failed))
        read = [p.document for p in preparation.documents]
        result = replace(
            _as_split(name, "updated" if known or moved else "added", splits),
            format=" ".join(dict.fromkeys(d.format for d in read)),
            encoding=", ".join(dict.fromkeys(filter(None, (d.encoding for d in read)))) or None,
            reason="; ".join(_remarks(preparation, splits, twins)),
            seconds=preparation.seconds,
        )
        return _Work((result, *failed), file=file, documents=tuple(splits))

    def _twin(self, document: Document) -> tuple[str, str] | None:
        """Id and file of another document with exactly this text."""
        known = self._ledger.with_text(document.sha256)
        twin = (known.id, known.file) if known else self._texts.get(document.sha256)
        return None if twin is None or twin[0] == document.id else twin

    def _prepare_again(self, file: SourceFile, reader: Reader) -> _Work:
        cards = self._ledger.documents_of(file.path)
        own = self._ledger.own_tags(file.path)
        try:
            splits = tuple(
                self._split(
                    reader.prepare_again(replace(self._ledger.document(c.id), tags=own[c.id]))
                )
                for c in cards
            )
        except (BadFileError, DamagedError) as error:
            reason = f"{file.path}: {error}; its documents stay as they were."
            return _Work((FileResult(path=file.path, state="failed", reason=reason),))
        return _Work((_as_split(file.path, "updated", splits),), file=file, documents=splits)

    def _split(self, prepared: Prepared) -> _Split:
        model, passages = self._embedder.name, prepared.passages
        keys = [vector_key(model, p.text) if p.kind in SEARCHED else None for p in passages]
        return _Split(prepared.document, passages, keys, prepared.sketch, prepared.names)

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
            if not file.path.startswith(tuple(folders)) or not _is_gone(file.path):
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
        self._files = min(self._files + work.files, self._of_files)
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


def _is_gone(path: str) -> bool:
    """Whether a file is no more; what lies in a folder that cannot be looked into may be there."""
    try:
        Path(path).stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _failed(path: Path, reason: str) -> FileResult:
    name = shown_name(path)
    return FileResult(path=name, state="failed", reason=f"{name}: {reason}.")


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


def _remarks(
    preparation: Preparation, splits: Sequence[_Split], twins: Sequence[str]
) -> Iterator[str]:
    """What a reader of the report should know of a file that went in."""
    yield from dict.fromkeys(filter(None, (d.note for d in preparation.documents)))
    if twins:
        yield f"{len(twins)} more with a text that is already in ({twins[0]})"
    empty = sum(not any(s.keys) for s in splits)
    if empty:
        what = "nothing" if len(splits) == 1 else f"{empty} with nothing"
        yield f"{what} in it but navigation and notices"
