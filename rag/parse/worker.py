"""The child process that reads documents: no network, no files to write, bounded memory.

Started by ``rag.read`` as ``python -m rag.parse.worker``. A library that reads a hostile file can
crash, hang or swell, and so can whatever reads its text after it; here it takes nothing with it.
Work comes in on standard input and goes out on standard output as frames: eight bytes of length,
then JSON or bytes. Nothing that comes out of here is trusted further than as text (so JSON, not
pickle).
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import struct
import sys
import tempfile
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from rag.errors import BadFileError
from rag.parse import Failed, Limits, RecordMapping, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rag.model import Document, Parsed

_LENGTH = struct.Struct(">Q")
_CLONE_NEWUSER, _CLONE_NEWNET, _PR_SET_PDEATHSIG = 0x10000000, 0x40000000, 1
_FORBIDDEN = (
    "socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.spawn",
    "os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.truncate",
    "os.chmod", "os.chown", "shutil.", "urllib.", "http.", "ftplib.", "smtplib.",
)  # fmt: skip
_TO_WRITE = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC
_ALLOWED_SOCKET = {"socket.gethostname"}


def main() -> None:
    """Do what is asked for, until standard input ends."""
    answer = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not get between the frames
    work = sys.stdin.buffer
    config = json.loads(read_frame(work) or b"{}")
    limits = Limits(**config["limits"])
    mapping = RecordMapping(**{part: tuple(names) for part, names in config["mapping"].items()})
    worker = _Worker(limits, mapping, config["recipe"], lambda: read_frame(work) or b"")
    _shut_in(limits)
    while (request := read_frame(work)) is not None:
        for frame in worker.answers(json.loads(request)):
            write_frame(answer, frame)
        answer.flush()


class _Worker:
    """Answers one request after the other, each with frames. The last one says ``done``."""

    def __init__(
        self,
        limits: Limits,
        mapping: RecordMapping,
        recipe: dict[str, Any],
        frames: Callable[[], bytes],
    ) -> None:
        self._limits = limits
        self._mapping = mapping
        self._recipe = recipe
        self._frames = frames
        self._count: Any = None
        """What counts tokens, loaded when the first document is prepared."""

    def answers(self, request: dict[str, Any]) -> Iterator[bytes]:
        """Yield what comes of a request, a failure included."""
        started = time.monotonic()
        try:
            yield from getattr(self, f"_{request['do']}")(request)
        except BadFileError as error:
            yield _frame({"error": str(error)})
        except MemoryError:
            most = self._limits.memory_bytes
            yield _frame({"error": f"needs more than {most:,} bytes of memory to read"})
        except RecursionError:
            yield _frame({"error": "nested too deeply"})
        seconds = time.monotonic() - started
        yield _frame({"done": {"seconds": seconds, "peak_bytes": _peak_bytes()}})

    def _parse(self, request: dict[str, Any]) -> Iterator[bytes]:
        """A file's texts as they were parsed."""
        for parsed in self._parsed(request["name"]):
            kind = "failed" if isinstance(parsed, Failed) else "parsed"
            yield _frame({kind: asdict(parsed)})

    def _prepare(self, request: dict[str, Any]) -> Iterator[bytes]:
        """A file's documents, cut into passages."""
        from rag.load import ManifestEntry, describe, last_name  # noqa: PLC0415 - for this alone

        said = ManifestEntry(request["manifest"])
        for parsed in self._parsed(request["name"]):
            if isinstance(parsed, Failed):
                yield _frame({"failed": asdict(parsed)})
                continue
            name = last_name(parsed.part) or request["stem"]
            document = describe(parsed, id="", source="", name=name)
            yield from self._cut(document if parsed.part else said.apply(document), parsed)

    def _prepare_again(self, _: dict[str, Any]) -> Iterator[bytes]:
        """A document out of the ledger, cut anew."""
        from rag.prepare import Receiving  # noqa: PLC0415

        yield from self._cut(Receiving(self._frames, self._limits).document())

    def _manifest(self, _: dict[str, Any]) -> Iterator[bytes]:
        """What a manifest says."""
        from rag.load import read_manifest  # noqa: PLC0415

        yield _frame({"manifest": read_manifest(self._frames())})

    def _parsed(self, name: str) -> Iterator[Parsed | Failed]:
        return parse(self._frames(), name, self._limits, mapping=self._mapping)

    def _cut(self, document: Document, parsed: Parsed | None = None) -> Iterator[bytes]:
        from rag.prepare import counter_of, prepare, prepared_frames  # noqa: PLC0415
        from rag.split import Sizes  # noqa: PLC0415

        if self._count is None:
            self._count = counter_of(self._recipe["counter"])
        prepared = prepare(document, Sizes(**self._recipe["sizes"]), self._count)
        if parsed:
            notes = filter(None, (parsed.note, prepared.note))
            prepared = replace(prepared, note="; ".join(notes))
        yield _frame({"prepared": True})
        yield from prepared_frames(prepared)


def _frame(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=True).encode()


def _peak_bytes() -> int:
    """Most memory this process has held; what getrusage tells is inherited from the parent."""
    status = Path("/proc/self/status").read_text("ascii", "replace")
    return next(int(line.split()[1]) for line in status.splitlines() if "VmHWM" in line) * 1024


def _shut_in(limits: Limits) -> None:
    """Give up what parsing does not need. What the system does not grant is done without."""
    # jieba asks for the folder of its cache; to find one, a file must be written there.
    tempfile.gettempdir()
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)  # a network of its own: an empty one
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    sys.addaudithook(_forbid)


def _forbid(event: str, args: tuple[Any, ...]) -> None:
    """Refuse, for good, what a parser has no business with; an audit hook cannot be taken off."""
    if event == "open":
        mode, flags = args[1], args[2]
        writing = set(str(mode)) & set("wax+") if mode else flags & _TO_WRITE
        if writing and args[0] != os.devnull:
            raise PermissionError(f"parsing may not write {args[0]}")
    elif event.startswith(_FORBIDDEN) and event not in _ALLOWED_SOCKET:
        raise PermissionError(f"parsing may not do this: {event}")


def read_frame(stream: BinaryIO, most: int | None = None) -> bytes | None:
    """Read one frame; None at the end of the stream.

    Args:
        stream: Where it comes from.
        most: Bytes that it may have.

    Raises:
        EOFError: When the stream ends within a frame.
        ValueError: When it is larger.
    """
    head = stream.read(_LENGTH.size)
    if not head:
        return None
    if len(head) < _LENGTH.size:
        raise EOFError
    (length,) = _LENGTH.unpack(head)
    if most is not None and length > most:
        raise ValueError(f"a frame of {length:,} bytes")
    body = stream.read(length)
    if len(body) < length:
        raise EOFError
    return body


def write_frame(stream: BinaryIO, body: bytes) -> None:
    """Write one frame."""
    stream.write(_LENGTH.pack(len(body)))
    stream.write(body)


if __name__ == "__main__":
    main()
