"""Killed at any point of `add`, a home holds whole documents only, and the next run finishes."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

from rag.build import Youju
from rag.settings import Settings
from tests.conftest import SEEDS


def make_files(folder, count=24):
    folder.mkdir()
    paragraph = "{}工程的预算是{}万元，由{}局负责，工期{}个月。"
    for number in range(count):
        lines = [
            paragraph.format(name(number), number * 7 + line, line, line + 3) for line in range(12)
        ]
        (folder / f"doc{number:02}.txt").write_text("\n".join(lines), "utf-8")


def name(number):
    return chr(0x6100 + number) + chr(0x6300 + number)


def add(home, folder):
    return subprocess.Popen(
        [sys.executable, "-m", "rag.cli", "add", str(folder), "--home", str(home)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=dict(os.environ),
    )


def count(ledger):
    """Documents committed so far, as another process sees them."""
    try:
        with closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)) as db:
            return db.execute("SELECT COUNT(*) FROM documents").fetchone()[0]
    except sqlite3.OperationalError:
        return -1


def state(youju):
    return {
        d.id: [(p.id, p.spans, p.text) for p in youju.ledger.passages_of(d.id)]
        for d in youju.documents()
    }


def test_kill_nine_loses_nothing_doubles_nothing_and_the_next_run_finishes(tmp_path):
    folder = tmp_path / "files"
    make_files(folder)
    with Youju(Settings(home=tmp_path / "clean")) as youju:
        youju.add(folder)
        wanted = state(youju)

    home = tmp_path / "killed"
    chance = random.Random(7)
    started = 0
    for committed in (0, 1, 4, 9, 14, 19):
        process = add(home, folder)
        # Until so many documents are in; then a moment more, to fall anywhere in the next one.
        deadline = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < deadline:
            if count(home / "ledger.db") >= committed:
                break
            time.sleep(0.01)
        time.sleep(chance.uniform(0.0, 0.3))
        process.send_signal(signal.SIGKILL)
        process.wait()
        with Youju(Settings(home=home)) as youju:
            partial = state(youju)
            youju.check_indexes()
        assert all(partial[id] == wanted[id] for id in partial), "a half document"
        started = max(started, len(partial))
    assert started > 0

    assert add(home, folder).wait() == 0
    with Youju(Settings(home=home)) as youju:
        assert state(youju) == wanted
        youju.check_indexes()
        assert "doc05" in youju.search(f"{name(5)}工程的预算", 1)[0].passage.document_id


def test_a_first_start_that_was_killed_is_finished_by_the_next(tmp_path):
    command = [sys.executable, "-m", "rag.cli", "docs", "--json"]
    process = subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    ledger = tmp_path / ".youju" / "ledger.db"
    deadline = time.monotonic() + 60
    while not ledger.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(1.0)
    process.kill()
    process.wait()
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    documents = json.loads(result.stdout)["documents"]
    assert sorted(d["id"] for d in documents) == sorted(p.stem for p in SEEDS.glob("*.txt"))
