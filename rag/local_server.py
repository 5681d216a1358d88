"""Run the embedded model's server as a child: on first use, one for all, alive while we are."""

from __future__ import annotations

import atexit
import json
import secrets
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from rag.endpoint import free_cores
from rag.errors import ModelError
from rag.local_model import model_file

if TYPE_CHECKING:
    from rag.settings import Settings

START_SECONDS = 120.0
"""Loading takes 3 to 4 s from memory; from a cold and slow disk far longer."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server listens and the key it wants."""

    url: str
    key: str


class LocalServer:
    """A llama.cpp server in a child process. Safe to share between threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._address: Address | None = None
        self._log: IO[bytes] | None = None

    def address(self) -> Address:
        """Return where the server listens; start it when it is not running (any more).

        Raises:
            ModelError: When it does not come up.
        """
        with self._lock:
            if self._process is None or self._process.poll() is not None or self._address is None:
                self._address = self._start()
            return self._address

    def stop(self) -> None:
        """End the child; the next ``address()`` starts another."""
        with self._lock:
            process, self._process, self._address = self._process, None, None
            if process and process.poll() is None:
                if process.stdin:
                    process.stdin.close()
                try:
                    process.wait(5)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
            if self._log:
                self._log.close()
                self._log = None

    def _start(self) -> Address:
        path = model_file(self._settings)
        key = secrets.token_urlsafe(32)
        threads = min(self._settings.threads or free_cores(), free_cores())
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the child
        process = subprocess.Popen(
            [sys.executable, "-m", "rag.serve_model"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            cwd=Path(__file__).parent.parent,
        )
        self._process = process
        atexit.register(self.stop)
        timer = threading.Timer(START_SECONDS, process.kill)
        timer.start()
        try:
            if process.stdin is None or process.stdout is None:
                raise ModelError("The embedded model's process has no pipes.")
            config = {"path": str(path.resolve()), "key": key, "threads": threads}
            process.stdin.write(json.dumps(config) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
        except BrokenPipeError:
            line = ""
        finally:
            timer.cancel()
        if not line:
            process.wait()
            raise ModelError(
                f"The embedded model's server ended with code {process.returncode} while loading "
                f"{path.name}: {self._last_words()}. Is the file a GGUF model, is there memory?"
            )
        return Address(url=f"{json.loads(line)['url']}/v1", key=key)

    def _last_words(self) -> str:
        if self._log is None:
            return "it said nothing"
        self._log.seek(0)
        lines = self._log.read().decode("utf-8", "replace").strip().splitlines()
        return lines[-1][:200] if lines else "it said nothing"
