"""Read files in a child process with limits (``rag/parse/worker.py``).

The child parses a file and makes its documents ready for the ledger; this process only checks
what comes back. The child is kept for the next file; one that crashes, hangs or grows too large is
ended, the file that did it is reported, and the next file gets a new child.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, Self, cast

from rag.errors import BadFileError
from rag.model import Mark, Parsed
from rag.parse import Failed, Limits, RecordMapping
from rag.parse.worker import read_frame, write_frame
from rag.prepare import Prepared, Receiving, Recipe, document_frames

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from rag.load import ManifestEntry
    from rag.model import Document

FILES_A_CHILD = 1000
"""Then a new one, so that what a library leaks stays small."""
GROWN = 0.5
"""Share of the memory limit above which a child is replaced after the file it has read."""
MEGABYTE_SECONDS = 6.0
"""More that a file may take for each megabyte, beside ``Limits.seconds``: ordinary text takes two
to three to be cut into passages."""
_NO_ANSWER = (
    *(EOFError, BrokenPipeError, ConnectionResetError, ValueError, KeyError, TypeError),
    *(AttributeError, IndexError, OverflowError, RecursionError),
)
"""What comes of a child that was ended, and of answers that are none."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file held."""

    texts: tuple[Parsed, ...]
    failed: tuple[Failed, ...]
    seconds: float
    peak_bytes: int
    """Of the child's memory, so far."""


@dataclass(frozen=True, slots=True)
class Preparation:
    """The documents of a file, ready for the ledger."""

    documents: tuple[Prepared, ...]
    failed: tuple[Failed, ...] = ()
    seconds: float = 0.0


class Reader:
    """Reads one file after another; use it in a ``with`` statement.

    Args:
        limits: What one file may cost.
        mapping: Which fields of a JSON record hold what.
        recipe: How documents are cut.
    """

    def __init__(
        self,
        limits: Limits,
        mapping: RecordMapping | None = None,
        recipe: Recipe | None = None,
    ) -> None:
        self._limits = limits
        self._mapping = mapping or RecordMapping()
        self._recipe = recipe or Recipe()
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
        """Parse a file, and no more.

        Args:
            data: All its bytes.
            name: Its name, for the suffix.

        Raises:
            BadFileError: When nothing could be read, with the reason.
        """
        answers = self._ask({"do": "parse", "name": name}, [data], self._limits.seconds)
        answers.check_not_empty(answers.texts)
        return Reading(
            tuple(answers.texts), tuple(answers.failed), answers.seconds, answers.peak_bytes
        )

    def prepare(self, data: bytes, path: Path, manifest: ManifestEntry) -> Preparation:
        """Parse a file and make its documents ready, but for their ids and their source.

        Args:
            data: All its bytes.
            path: Its name, for the suffix and where there is no title.
            manifest: What the manifest beside it says of it.

        Raises:
            BadFileError: When nothing could be read, with the reason.
        """
        request = {"do": "prepare", "name": path.name, "stem": path.stem}
        answers = self._ask(
            {**request, "manifest": manifest.values}, [data], self._seconds_for(len(data))
        )
        answers.check_not_empty(answers.documents)
        return Preparation(tuple(answers.documents), tuple(answers.failed), answers.seconds)

    def prepare_again(self, document: Document) -> Prepared:
        """Cut a document anew that was read before.

        Raises:
            BadFileError: When that takes too much time or memory.
        """
        seconds = self._seconds_for(4 * len(document.text))
        answers = self._ask({"do": "prepare_again"}, document_frames(document), seconds)
        answers.check_not_empty(answers.documents)
        return answers.documents[0].named(document.id, document.source)

    def manifest(self, data: bytes) -> dict[str, dict[str, Any]]:
        """Return what a manifest says, by the names of files.

        Raises:
            BadFileError: When it is none.
        """
        answers = self._ask({"do": "manifest"}, [data], self._limits.seconds)
        if answers.error is not None:
            raise BadFileError(answers.error)
        return answers.manifest

    def _seconds_for(self, size: int) -> float:
        return self._limits.seconds + MEGABYTE_SECONDS * size / 1_000_000

    def _ask(self, request: dict[str, Any], frames: Iterable[bytes], seconds: float) -> _Answers:
        with self._lock:
            child = self._running()
            late = threading.Event()
            timer = threading.Timer(seconds, self._end, (child, late))
            timer.start()
            try:
                return self._exchange(child, request, frames)
            except BadFileError:  # more than is allowed: what it would still say is not heard
                self.close()
                raise
            except _NO_ANSWER:
                started_late = late.is_set()
                self.close()
                raise BadFileError(
                    f"took longer than {seconds:g} s to read (YOUJU_MAX_SECONDS)"
                    if started_late
                    else "reading it ended the process that parses (a damaged or hostile file)"
                ) from None
            finally:
                timer.cancel()
                self._files += 1
                self._retire()

    def _retire(self) -> None:
        """End a child that has grown large or read many files; the next file gets a new one."""
        grown = self.peak_bytes > GROWN * self._limits.memory_bytes
        if grown or self._files >= FILES_A_CHILD:
            self.close()

    def _exchange(
        self, child: subprocess.Popen[bytes], request: dict[str, Any], frames: Iterable[bytes]
    ) -> _Answers:
        # Both pipes are there: _running makes them.
        work, answer = cast("BinaryIO", child.stdin), cast("BinaryIO", child.stdout)
        write_frame(work, json.dumps(request).encode())
        for frame in frames:
            write_frame(work, frame)
        work.flush()
        answers = _Answers(lambda: _frame(answer, self._limits), self._limits)
        answers.take()
        self.peak_bytes = answers.peak_bytes
        return answers

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
            config = {
                "limits": asdict(self._limits),
                "mapping": asdict(self._mapping),
                "recipe": asdict(self._recipe),
            }
            write_frame(cast("BinaryIO", self._child.stdin), json.dumps(config).encode())
        return self._child

    @staticmethod
    def _end(child: subprocess.Popen[bytes], late: threading.Event) -> None:
        late.set()
        child.kill()


class _Answers:
    """What comes back for one request."""

    def __init__(self, frames: Callable[[], bytes], limits: Limits) -> None:
        self._frames = frames
        self._receiving = Receiving(frames, limits)
        self.texts: list[Parsed] = []
        self.documents: list[Prepared] = []
        self.failed: list[Failed] = []
        self.manifest: dict[str, dict[str, Any]] = {}
        self.error: str | None = None
        self.seconds = 0.0
        self.peak_bytes = 0

    def take(self) -> None:
        """Take in frames up to the one that says that all is done."""
        while True:
            value: dict[str, Any] = json.loads(self._frames())
            if "prepared" in value:
                self.documents.append(self._receiving.prepared())
            elif "parsed" in value:
                self.texts.append(_parsed(value["parsed"]))
            elif "failed" in value:
                self.failed.append(Failed(**value["failed"]))
            elif "manifest" in value:
                self.manifest = {str(name): dict(said) for name, said in value["manifest"].items()}
            elif "error" in value:
                self.error = str(value["error"])
            else:
                done = value["done"]
                self.seconds, self.peak_bytes = float(done["seconds"]), int(done["peak_bytes"])
                return

    def check_not_empty(self, found: list[Any]) -> None:
        """Report what went wrong after something was ``found`` as a failure of a part.

        Raises:
            BadFileError: When nothing was.
        """
        if self.error is not None:
            if not found:
                raise BadFileError(self.error)
            self.failed.append(Failed("", self.error))
        if not found and not self.failed:
            raise BadFileError("nothing to read in it")


def _frame(stream: BinaryIO, limits: Limits) -> bytes:
    # Six bytes for a character in JSON, and what stands around a text.
    frame = read_frame(stream, 8 * limits.expanded_bytes + 1_000_000)
    if frame is None:
        raise EOFError
    return frame


def _parsed(value: dict[str, Any]) -> Parsed:
    marks = tuple(Mark(**m) for m in value.pop("marks"))
    return Parsed(**value, marks=marks)


def _close(stream: Any) -> None:  # noqa: ANN401 - either end of a pipe
    try:
        stream.close()
    except BrokenPipeError:
        return  # what was still to be written had no reader any more
