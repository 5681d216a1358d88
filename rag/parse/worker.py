"""The child process that parses: no network, no files to write, bounded memory.

Started by ``rag.read`` as ``python -m rag.parse.worker``. A library that reads a hostile file can
crash, hang or swell; here it takes nothing with it. Work comes in on standard input and goes out
on standard output as frames: eight bytes of length, then JSON or the file's bytes. Nothing that
comes out of here is trusted further than as text (so JSON, not pickle).
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import struct
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from rag.errors import BadFileError
from rag.parse import Failed, Limits, RecordMapping, parse

if TYPE_CHECKING:
    from collections.abc import Iterator

_LENGTH = struct.Struct(">Q")
_CLONE_NEWUSER, _CLONE_NEWNET, _PR_SET_PDEATHSIG = 0x10000000, 0x40000000, 1
_FORBIDDEN = (
    "socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.spawn",
    "os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.truncate",
    "os.chmod", "os.chown", "shutil.", "urllib.", "http.", "ftplib.", "smtplib.",
)  # fmt: skip
_ALLOWED_SOCKET = {"socket.gethostname"}


def main() -> None:
    """Parse what comes, until standard input ends."""
    answer = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not get between the frames
    work = sys.stdin.buffer
    config = json.loads(read_frame(work) or b"{}")
    limits = Limits(**config["limits"])
    mapping = RecordMapping(**{part: tuple(names) for part, names in config["mapping"].items()})
    _shut_in(limits)
    while (request := read_frame(work)) is not None:
        data = read_frame(work) or b""
        for value in _answers(json.loads(request)["name"], data, limits, mapping):
            write_frame(answer, json.dumps(value, ensure_ascii=True).encode())
        answer.flush()


def _answers(
    name: str, data: bytes, limits: Limits, mapping: RecordMapping
) -> Iterator[dict[str, Any]]:
    started = time.monotonic()
    try:
        for parsed in parse(data, name, limits, mapping=mapping):
            kind = "failed" if isinstance(parsed, Failed) else "parsed"
            yield {kind: asdict(parsed)}
    except BadFileError as error:
        yield {"error": str(error)}
    except MemoryError:
        yield {"error": f"needs more than {limits.memory_bytes:,} bytes of memory to read"}
    except RecursionError:
        yield {"error": "nested too deeply"}
    yield {"done": {"seconds": time.monotonic() - started, "peak_bytes": _peak_bytes()}}


def _peak_bytes() -> int:
    """Most memory this process has held; what getrusage tells is inherited from the parent."""
    status = Path("/proc/self/status").read_text("ascii", "replace")
    return next(int(line.split()[1]) for line in status.splitlines() if "VmHWM" in line) * 1024


def _shut_in(limits: Limits) -> None:
    """Give up what parsing does not need. What the system does not grant is done without."""
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
        writing = args[1] and set(str(args[1])) & set("wax+")
        if writing and args[0] != os.devnull:
            raise PermissionError(f"parsing may not write {args[0]}")
    elif event.startswith(_FORBIDDEN) and event not in _ALLOWED_SOCKET:
        raise PermissionError(f"parsing may not do this: {event}")


def read_frame(stream: BinaryIO) -> bytes | None:
    """Read one frame; None at the end of the stream.

    Raises:
        EOFError: When the stream ends within a frame.
    """
    head = stream.read(_LENGTH.size)
    if not head:
        return None
    if len(head) < _LENGTH.size:
        raise EOFError
    (length,) = _LENGTH.unpack(head)
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
