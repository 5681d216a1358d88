"""Read files in a child process with limits (``rag/parse/worker.py``).

The child is kept for the next file; one that crashes, hangs or grows too large is ended, the file
that did it is reported, and the next file gets a new child.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from dataclasses import asdict, dataclass
from typing import Any, BinaryIO, Self, cast

from rag.errors import BadFileError
from rag.model import Mark, Parsed
from rag.parse import Failed, Limits, RecordMapping
from rag.parse.worker import read_frame, write_frame

FILES_A_CHILD = 1000
"""Then a new one, so that what a library leaks stays small."""
GROWN = 0.5
"""Share of the memory limit above which a child is replaced after the file it has read."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file held."""

    texts: tuple[Parsed, ...]
    failed: tuple[Failed, ...]
    seconds: float
    peak_bytes: int
    """Of the child's memory, so far."""


class Reader:
    """Reads one file after another; use it in a ``with`` statement."""

    def __init__(self, limits: Limits, mapping: RecordMapping | None = None) -> None:
        self._limits = limits
        self._mapping = mapping or RecordMapping()
        self._child: subprocess.Popen[bytes] | None = None
        self._files = 0
        self._lock = threading.Lock()
        self.peak_bytes = 0
        """Most memory that the child has taken, at the end of the last file."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the child."""
        child, self._child = self._child, None
        if child:
            child.kill()
            child.wait()
            for stream in (child.stdin, child.stdout):
                if stream:
                    _close(stream)

    def read(self, data: bytes, name: str) -> Reading:
        """Parse a file.

        Args:
            data: All its bytes.
            name: Its name, for the suffix.

        Raises:
            BadFileError: When nothing could be read, with the reason.
        """
        with self._lock:
            child = self._running()
            late = threading.Event()
            timer = threading.Timer(self._limits.seconds, self._end, (child, late))
            timer.start()
            try:
                reading = self._exchange(child, data, name)
            except (EOFError, BrokenPipeError, ConnectionResetError, ValueError, KeyError):
                started_late = late.is_set()
                self.close()
                raise BadFileError(
                    f"took longer than {self._limits.seconds:g} s to read (YOUJU_MAX_SECONDS)"
                    if started_late
                    else "reading it ended the process that parses (a damaged or hostile file)"
                ) from None
            finally:
                timer.cancel()
                self._files += 1
                self._retire()
        if not reading.texts and not reading.failed:
            raise BadFileError("nothing to read in it")
        return reading

    def _retire(self) -> None:
        """End a child that has grown large or read many files; the next file gets a new one."""
        grown = self.peak_bytes > GROWN * self._limits.memory_bytes
        if grown or self._files >= FILES_A_CHILD:
            self.close()

    def _exchange(self, child: subprocess.Popen[bytes], data: bytes, name: str) -> Reading:
        # Both pipes are there: _running makes them.
        work, answer = cast("BinaryIO", child.stdin), cast("BinaryIO", child.stdout)
        write_frame(work, json.dumps({"name": name}).encode())
        write_frame(work, data)
        work.flush()
        texts: list[Parsed] = []
        failed: list[Failed] = []
        error: str | None = None
        while True:
            frame = read_frame(answer)
            if frame is None:
                raise EOFError
            value: dict[str, Any] = json.loads(frame)
            if "parsed" in value:
                texts.append(_parsed(value["parsed"]))
            elif "failed" in value:
                failed.append(Failed(**value["failed"]))
            elif "error" in value:
                error = str(value["error"])
            else:
                done = value["done"]
                self.peak_bytes = done["peak_bytes"]
                break
        if error is not None:
            if not texts:
                raise BadFileError(error)
            failed.append(Failed("", error))
        return Reading(tuple(texts), tuple(failed), done["seconds"], done["peak_bytes"])

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is None or self._child.poll() is not None:
            self.close()
            self._files = 0
            self._child = subprocess.Popen(
                [sys.executable, "-m", "rag.parse.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C in the terminal is the parent's alone
            )
            config = {"limits": asdict(self._limits), "mapping": asdict(self._mapping)}
            write_frame(cast("BinaryIO", self._child.stdin), json.dumps(config).encode())
        return self._child

    @staticmethod
    def _end(child: subprocess.Popen[bytes], late: threading.Event) -> None:
        late.set()
        child.kill()


def _parsed(value: dict[str, Any]) -> Parsed:
    marks = tuple(Mark(**m) for m in value.pop("marks"))
    return Parsed(**value, marks=marks)


def _close(stream: Any) -> None:  # noqa: ANN401 - either end of a pipe
    try:
        stream.close()
    except BrokenPipeError:
        return  # what was still to be written had no reader any more
