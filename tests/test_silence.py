"""Nothing of Youju, and no library under it, reports to anybody: each command under a tracer."""

import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from rag.telemetry import OFF
from tests.silent import QUESTION

ROOT = Path(__file__).parent.parent
SILENT = [sys.executable, "-m", "tests.silent"]
YOUJU = [sys.executable, "-m", "rag.cli"]
LOCAL = re.compile(r"AF_UNIX|AF_NETLINK|AF_UNSPEC|sa_family=0x|\"127\.|\"::1\"|\"::ffff:127\.")
ADDRESSED = re.compile(r"(?:connect|sendto|sendmsg|sendmmsg)\(.*(?:sa_family|inet_addr|inet_pton)")
NAME_LOOK_UP = re.compile(r"htons\(53\)|htons\(5353\)")


@pytest.fixture(scope="session")
def tracer():
    """The command that runs another where there is no network but loopback."""
    lacking = [tool for tool in ("strace", "unshare") if shutil.which(tool) is None]
    if not lacking:
        for way in (["unshare", "-n"], ["unshare", "-rn"]):
            tried = subprocess.run(
                [*way, "strace", "-qq", "-o", os.devnull, "true"], capture_output=True, check=False
            )
            if tried.returncode == 0:
                return way
        lacking = ["the right to a network namespace or to trace"]
    said = f"NOT CHECKED that Youju phones nobody: this machine lacks {' and '.join(lacking)}"
    if os.environ.get("REQUIRE_BROWSER"):
        pytest.fail(f"{said}, which are required here (Debian: apt-get install strace util-linux)")
    pytest.skip(f"{said} (Debian: apt-get install strace util-linux)")


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@pytest.mark.parametrize(
    "command",
    [
        ["add", "FILE"],
        ["ask", QUESTION],
        ["chat", "--port", "PORT"],
        ["serve", "--port", "PORT"],
        ["eval", "--dataset", f"folder:{ROOT / 'eval/example_set'}", "--limit", "1"],
    ],
    ids=lambda command: command[0],
)
def test_no_command_looks_up_a_name_sends_beyond_loopback_or_writes_into_the_users_home(
    command, tracer, tmp_path
):
    user, work = tmp_path / "user", tmp_path / "work"
    user.mkdir()
    (work / "tmp").mkdir(parents=True)
    file = work / "a.md"
    file.write_text("# 水库\n\n庞德伟（David Perdue）说，水库的预算是三百万元。\n", "utf-8")
    port = free_port() if "PORT" in command else 0
    given = {"FILE": str(file), "PORT": str(port)}
    command = [given.get(word, word) for word in command]
    # None of what telemetry.py sets: it has to come from the code.
    inherited = {k: v for k, v in os.environ.items() if k in {"PATH", "LANG", "LD_LIBRARY_PATH"}}
    done = subprocess.run(
        [*tracer, *SILENT, str(work / "trace"), str(port), *YOUJU, *command],
        cwd=work,
        env=inherited
        | {"HOME": str(user), "TMPDIR": str(work / "tmp"), "PYTHONPATH": str(ROOT)}
        | {"YOUJU_HOME": str(work / "home"), "YOUJU_LOCAL_MODEL": "none"},
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    trace = (work / "trace").read_text("utf-8", "replace").splitlines()
    calls = [line for line in trace if ADDRESSED.search(line)]
    assert not [line for line in calls if NAME_LOOK_UP.search(line)]
    assert not [line for line in calls if not LOCAL.search(line)]
    assert not [str(p.relative_to(user)) for p in user.rglob("*") if p.is_file()]


def test_the_tracer_sees_what_it_is_there_to_see(tracer, tmp_path):
    reach = "import socket; socket.getaddrinfo('example.org', 80)"
    trace = tmp_path / "trace"
    subprocess.run(
        [*tracer, *SILENT, str(trace), "0", sys.executable, "-c", reach],
        cwd=ROOT,
        capture_output=True,
        timeout=60,
        check=False,
    )
    resolvers = re.findall(
        r"^nameserver +(\S+)", Path("/etc/resolv.conf").read_text(), re.MULTILINE
    )
    if not resolvers:
        pytest.skip("no name server is set here: a look-up asks nobody")
    calls = [line for line in trace.read_text().splitlines() if ADDRESSED.search(line)]
    assert [line for line in calls if NAME_LOOK_UP.search(line)]


@pytest.mark.parametrize("package", ["rag", "vectorstore", "eval"])
def test_telemetry_is_off_before_the_first_library_is_imported(package):
    script = (
        f"import os, sys, {package}\n"
        f"assert {OFF!r}.items() <= os.environ.items()\n"
        "heavy = {'onnxruntime', 'gradio', 'chromadb', 'llama_index', 'huggingface_hub'}\n"
        "assert not heavy & set(sys.modules)\n"
    )
    other = dict.fromkeys(OFF, "on")
    subprocess.run([sys.executable, "-c", script], check=True, cwd=ROOT, env=os.environ | other)
