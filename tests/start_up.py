"""How long `youju chat` takes to be up, and its page to be seen: ``python -m tests.start_up``.

Arguments: a home that has documents (made from the seeds without one), and how often. Each time a
new process is started the way a reader starts it, and a browser that has never seen the page opens
it at once, while what answers is still being loaded.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).parent.parent
YOUJU = Path(sys.executable).with_name("youju")
PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0"


@dataclass(frozen=True, slots=True)
class Start:
    """One start, in seconds."""

    up: float
    """From the command to its address, at which it answers then."""
    painted: float
    """First contentful paint, from the navigation on."""
    ready: float
    """The empty state with its questions, from the navigation on."""


def measure(browser: Browser, home: Path) -> Start:
    """Start the page, open it, end it."""
    began = time.monotonic()
    command = [YOUJU, "chat", "--home", home, "--port", "0"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout
        line = next(line for line in process.stdout if "http" in line)
        up = time.monotonic() - began
        address = next(word for word in line.split() if word.startswith("http"))
        context = browser.new_context()
        tab = context.new_page()
        opened = time.monotonic()
        tab.goto(address, wait_until="commit")
        tab.locator(".welcome .example").first.wait_for(timeout=60_000)
        ready = time.monotonic() - opened
        painted = float(tab.evaluate(PAINTED)) / 1000
        context.close()
        process.terminate()
    return Start(up, painted, ready)


def main(home: Path | None, times: int) -> None:
    """Print every start, and the middle one."""
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        if home is None:
            home = Path(scratch) / "home"
            subprocess.run(
                [YOUJU, "add", "--home", home, ROOT / "seeds"], check=True, capture_output=True
            )
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        starts = [measure(browser, home) for _ in range(times)]
        browser.close()
    print("| | up | first contentful paint | empty state shown |\n|---|---|---|---|")
    middle = Start(*(median(getattr(s, f) for s in starts) for f in Start.__slots__))
    for name, s in [*((str(i), s) for i, s in enumerate(starts, 1)), ("middle", middle)]:
        print(f"| {name} | {s.up:.1f} s | {s.painted:.2f} s | {s.ready:.2f} s |")


if __name__ == "__main__":
    main(
        Path(sys.argv[1]) if len(sys.argv) > 1 else None,
        int(sys.argv[2]) if len(sys.argv) > 2 else 5,
    )
