"""Killed at any point of `add`, a home holds whole documents only, and the next run finishes."""

import json
import re
import subprocess
import sys
import time

from tests.conftest import SEEDS


def test_kill_nine_loses_nothing_doubles_nothing_and_the_next_run_finishes():
    # In a process of its own: it forks, which this one with its threads must not.
    command = [sys.executable, "-m", "eval.crash", "--kills", "5", "--documents", "40"]
    result = subprocess.run(
        command, cwd=SEEDS.parent, capture_output=True, text=True, timeout=300, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "5 equal to a clean run, 0 not" in result.stdout
    assert len(re.findall(r" [1-9]\d* documents there", result.stdout)) >= 2


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
    assert sorted(d["id"] for d in documents) == sorted(p.stem for p in SEEDS.glob("0*.txt"))
