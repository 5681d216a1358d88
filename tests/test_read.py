"""The child process that parses: what it may not do, and that its end is not ours."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from rag.errors import BadFileError
from rag.parse import Limits
from rag.read import Reader
from tests.formats import make_corpus, scanned_pdf


def in_worker(code):
    script = (
        "from rag.parse import Limits\n"
        "from rag.parse.worker import _shut_in\n"
        "_shut_in(Limits())\n"
        "try:\n"
        f"    {code}\n"
        "except OSError as error:\n"
        "    print(type(error).__name__, error)\n"
        "else:\n"
        "    print('done')\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return result.stdout


@pytest.mark.parametrize(
    "code",
    [
        "import socket; socket.create_connection(('127.0.0.1', 9))",
        "import socket; socket.getaddrinfo('example.org', 80)",
        "import urllib.request; urllib.request.urlopen('http://127.0.0.1:9/')",
        "import subprocess; subprocess.run(['true'])",
        "import os; os.system('true')",
        "import os; os.remove('/tmp/no-such-file')",
        "open('/tmp/youju-was-here', 'w')",
        "open('/tmp/youju-was-here', 'ab')",
    ],
)
def test_a_parser_may_not_reach_the_network_run_programs_or_write(code):
    assert in_worker(code).startswith("PermissionError")


def test_a_parser_may_read_its_libraries():
    assert in_worker("import lxml.html; open('/dev/null', 'w')") == "done\n"


def test_every_format_is_read_within_these_bounds(tmp_path):
    corpus = make_corpus(tmp_path)
    with Reader(Limits()) as reader:
        for made in corpus:
            reading = reader.read((tmp_path / made.name).read_bytes(), made.name)
            assert any(
                "".join(made.phrase.split()) in "".join(t.text.split()) for t in reading.texts
            ), made.name
            assert 0 < reading.peak_bytes < 1_500_000_000


def test_a_scanned_page_is_read_within_these_bounds():
    with Reader(Limits(memory_bytes=3_000_000_000)) as reader:
        reading = reader.read(scanned_pdf("The lighthouse was built in 1903"), "a.pdf")
    assert "lighthouse was built in 1903" in reading.texts[0].text


def test_a_file_that_takes_too_long_is_given_up_and_the_next_one_is_read():
    late = pytest.raises(BadFileError, match=r"longer than 0.02 s.*YOUJU_MAX_SECONDS")
    with Reader(Limits(seconds=0.02)) as reader, late:
        reader.read(("一句话。" * 2_000_000).encode(), "slow.txt")
    with Reader(Limits(seconds=20)) as reader:
        assert reader.read("一句话。".encode(), "a.txt").texts[0].text == "一句话。"


def test_a_file_that_needs_too_much_memory_is_given_up_and_the_next_one_is_read():
    limits = Limits(memory_bytes=200_000_000, file_bytes=200_000_000)
    with Reader(limits) as reader:
        with pytest.raises(BadFileError, match=r"memory|ended the process"):
            reader.read(("汉" * 40_000_000).encode(), "big.txt")
        assert reader.read("一句话。".encode(), "a.txt").texts[0].text == "一句话。"


def test_a_child_that_dies_is_reported_and_replaced():
    with Reader(Limits()) as reader:
        reader.read(b"first", "a.txt")
        child = reader._child
        child.send_signal(signal.SIGSTOP)  # it cannot be done before it is killed
        threading.Timer(0.1, child.kill).start()
        with pytest.raises(BadFileError, match="damaged or hostile"):
            reader.read("一句话。".encode(), "b.txt")
        assert reader.read(b"second", "c.txt").texts[0].text == "second"
        assert reader._child.pid != child.pid


def test_the_child_ends_with_its_parent():
    script = (
        "import os, sys, time\n"
        "from rag.parse import Limits\n"
        "from rag.read import Reader\n"
        "reader = Reader(Limits()); reader.read(b'x', 'a.txt')\n"
        "print(reader._child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 10
    while _alive(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _alive(child)


def _alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
        return stat.rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
