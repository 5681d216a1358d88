"""Archives: every file in a zip or a tar is parsed as if it lay in a folder.

Nothing is ever unpacked to disk, so a member's path is a label and no more. What an archive
says of its own sizes is not believed: members are read in pieces, and each piece is counted.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import stat
import tarfile
import zipfile
from collections import Counter
from dataclasses import replace
from typing import IO, TYPE_CHECKING, cast

from rag.errors import BadFileError
from rag.parse import SUFFIXES, parse_job, suffix_of
from rag.parse.compose import readable
from rag.parse.encoding import decode
from rag.parse.job import TooMuchError
from rag.parse.limits import Failed
from rag.parse.sniff import ZIP_ERRORS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from typing_extensions import Buffer

    from rag.model import Parsed
    from rag.parse.job import Job

_PIECE = 1 << 16
_UTF8_NAME = 0x800
_ENCRYPTED = 0x1
_JUNK = frozenset({"__MACOSX", "Thumbs.db", "desktop.ini"})
# Not read either, but a document that someone may miss: it is reported, with what to do.
_MISSED = frozenset(
    {".doc", ".ppt", ".xls", ".xlsb", ".rtf", ".odt", ".ods", ".odp", ".wps", ".msg", ".mobi"}
    | {".azw3", ".djvu", ".caj", ".rar", ".7z", ".gz", ".docm", ".xlsm", ".pptm", ".pages"}
)
_CHUNK = 65_536
_TAR_ERRORS = (tarfile.TarError, *ZIP_ERRORS)  # the decompressors are the same


def parse_zip(data: bytes, job: Job) -> Iterator[Parsed | Failed]:
    """Every readable member; what is encrypted or damaged fails alone.

    Raises:
        BadFileError: When the archive is damaged, holds nothing, or too much.
    """
    found = False
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except ZIP_ERRORS as error:
        raise BadFileError(f"a damaged zip file: {error}") from None
    with archive:
        for info, label in _zip_members(archive):
            job.budget.take_member()
            for parsed in _zip_member(archive, info, label, job):
                found = True
                yield parsed
    if not found:
        raise BadFileError("an archive without a file that can be read")


def _zip_members(archive: zipfile.ZipFile) -> Iterator[tuple[zipfile.ZipInfo, str]]:
    infos = [info for info in archive.infolist() if not info.is_dir()]
    encoding = _name_encoding(infos)
    labels: Counter[str] = Counter()
    for info in infos:
        name = info.filename
        if encoding and not info.flag_bits & _UTF8_NAME:
            name = _bytes_of(info).decode(encoding, "replace")
        label = label_of(name)
        if stat.S_ISLNK(info.external_attr >> 16) or not wanted(label):
            continue
        labels[label] += 1
        yield info, label if labels[label] == 1 else f"{label} ({labels[label]})"


def _name_encoding(infos: list[zipfile.ZipInfo]) -> str | None:
    """The encoding of names that do not say theirs: of all together, as one alone is short."""
    unmarked = [_bytes_of(info) for info in infos if not info.flag_bits & _UTF8_NAME]
    try:
        return decode(b"\n".join(unmarked))[1].split(",")[0]
    except BadFileError:
        return None


def _bytes_of(info: zipfile.ZipInfo) -> bytes:
    """The bytes of a name that ``zipfile`` read as the alphabet of the first IBM PC."""
    return info.filename.encode("cp437", "replace")


def _zip_member(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, label: str, job: Job
) -> Iterator[Parsed | Failed]:
    if info.flag_bits & _ENCRYPTED:
        yield Failed(label, "encrypted: unpack it with its password first")
        return
    try:
        with archive.open(info) as stream:
            data = _read(stream, job)
    except TooMuchError:
        raise
    except BadFileError as error:
        yield Failed(label, str(error))
    except ZIP_ERRORS as error:
        yield Failed(label, f"damaged in the archive: {error}")
    else:
        yield from parse_member(data, label, job)


def parse_tar(data: bytes, job: Job) -> Iterator[Parsed | Failed]:
    """Every readable member of a tar, compressed or not.

    Raises:
        BadFileError: When the archive is damaged from its start, holds nothing, or too much.
    """
    last = ""
    try:
        stream = _Counted(_unpacked(data), job)
        with tarfile.open(fileobj=stream, mode="r|") as archive:
            for member in archive:
                job.budget.take_member()
                raw = member.name.encode("utf-8", "surrogateescape")
                label = label_of(_name(raw))
                if not member.isreg() or not wanted(label):
                    continue
                for parsed in _tar_member(archive, member, label, job):
                    last = label
                    yield parsed
        while stream.read(_CHUNK):  # tarfile does not look whether the stream ends as it should
            pass
    except _TAR_ERRORS as error:
        if not last:
            raise BadFileError(f"a damaged tar archive: {error}") from None
        yield Failed(f"after {last}", f"the archive is damaged: {error}")
    if not last:
        raise BadFileError("an archive without a file that can be read")


def _tar_member(
    archive: tarfile.TarFile, member: tarfile.TarInfo, label: str, job: Job
) -> Iterator[Parsed | Failed]:
    stream = archive.extractfile(member)
    if stream is None or member.size > job.limits.file_bytes:
        yield Failed(label, _too_large(job))
        return
    data = stream.read()
    if len(data) < member.size:
        yield Failed(label, "damaged in the archive: its end is missing")
    else:
        yield from parse_member(data, label, job)


def _name(raw: bytes) -> str:
    try:
        return decode(raw)[0]
    except BadFileError:
        return raw.decode("utf-8", "replace")


def _unpacked(data: bytes) -> IO[bytes]:
    stream = io.BytesIO(data)
    if data.startswith(b"\x1f\x8b"):
        return cast("IO[bytes]", gzip.GzipFile(fileobj=stream))
    if data.startswith(b"BZh"):
        return cast("IO[bytes]", bz2.BZ2File(stream))
    if data.startswith(b"\xfd7zXZ"):
        return cast("IO[bytes]", lzma.LZMAFile(stream))
    return stream


class _Counted(io.RawIOBase):
    """A stream whose bytes are counted as they come out of it."""

    def __init__(self, stream: IO[bytes], job: Job) -> None:
        super().__init__()
        self._stream = stream
        self._job = job

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        view = memoryview(buffer)
        piece = self._stream.read(len(view))
        self._job.budget.take(len(piece))
        view[: len(piece)] = piece
        return len(piece)


def parse_member(data: bytes, label: str, job: Job) -> Iterator[Parsed | Failed]:
    """Parse a file within another; what is wrong with it is its own failure.

    Raises:
        TooMuchError: When the whole file's bounds are reached.
    """
    try:
        for parsed in parse_job(data, job.inside(label)):
            yield replace(parsed, part="!".join(filter(None, (label, parsed.part))))
    except TooMuchError:
        raise
    except BadFileError as error:
        yield Failed(label, str(error))


def wanted(label: str) -> bool:
    """Whether a member is one that a walk through a folder would pick up or miss."""
    steps = label.split("/")
    if any(step.startswith(".") or step in _JUNK for step in steps):
        return False
    return suffix_of(label) in SUFFIXES | _MISSED


def label_of(name: str) -> str:
    """Make a plain relative path of a member's name: it is shown, and never opened."""
    steps = " ".join(readable(name).split("\n")).replace("\\", "/").split("/")
    return "/".join(step for step in steps if step.strip() not in {"", ".", ".."})


def check_package(data: bytes, job: Job) -> None:
    """Read through an office file or a book once, so that its own library cannot be overrun.

    Raises:
        BadFileError: When it is damaged or encrypted, or defines XML entities.
        TooMuchError: When it unpacks to too much.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            infos = package.infolist()
            if len(infos) > job.limits.members:
                raise BadFileError(f"more than {job.limits.members:,} parts (YOUJU_MAX_MEMBERS)")
            for info in infos:
                with package.open(info) as stream:
                    _check_part(stream, info.filename, job)
    except ZIP_ERRORS as error:
        raise BadFileError(f"a damaged file: {error}") from None


def _check_part(stream: IO[bytes], name: str, job: Job) -> None:
    first = True
    while piece := stream.read(_PIECE):
        job.budget.take(len(piece))
        # Entities can make gigabytes of a kilobyte; office formats forbid to define any.
        if first and name.endswith((".xml", ".rels")) and b"<!ENTITY" in piece:
            raise BadFileError(f"its part {name} defines XML entities")
        first = False


def _read(stream: IO[bytes], job: Job) -> bytes:
    pieces, size = [], 0
    while piece := stream.read(_PIECE):
        job.budget.take(len(piece))
        size += len(piece)
        if size > job.limits.file_bytes:
            raise BadFileError(_too_large(job))
        pieces.append(piece)
    return b"".join(pieces)


def _too_large(job: Job) -> str:
    return f"larger than {job.limits.file_bytes:,} bytes (YOUJU_MAX_FILE_BYTES)"
