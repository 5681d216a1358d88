"""Run one command of Youju where it can reach nobody, under a tracer: ``python -m tests.silent``.

Arguments: a file for the trace, a port (0: the command ends by itself), then the command. The
process is in a network namespace of its own, which has loopback alone. A server is asked as a
reader would ask it, then ended.
"""

from __future__ import annotations

import fcntl
import json
import signal
import socket
import struct
import subprocess
import sys
import time
import urllib.error
import urllib.request

CALLS = "connect,bind,sendto,sendmsg,sendmmsg"
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _UP = 0x8913, 0x8914, 1
QUESTION = "预算是多少？"


def loopback_up() -> None:
    """A new namespace has its loopback down."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        asked = struct.pack("16sH14x", b"lo", 0)
        flags = struct.unpack("16xH14x", fcntl.ioctl(any_socket, _SIOCGIFFLAGS, asked))[0]
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", flags | _UP))


def ask_the_server(port: int) -> None:
    """Wait until it is up; then see the page, ask and search."""
    address = f"http://127.0.0.1:{port}"
    end = time.monotonic() + 120
    while True:
        try:
            urllib.request.urlopen(address, timeout=10).read()
            break
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)
    body = json.dumps({"question": QUESTION}).encode()
    for path in ("/api/ask", "/api/search"):
        request = urllib.request.Request(address + path, body, {"Content-Type": "application/json"})
        try:
            urllib.request.urlopen(request, timeout=60).read()
        except urllib.error.HTTPError as error:
            if error.code != 404:  # `youju chat` serves the page alone
                raise
    time.sleep(3)  # what is sent in the background has the time to be


def main(trace: str, port: int, command: list[str]) -> int:
    """Run it; return its exit status."""
    loopback_up()
    # A process that was started in the background ignores interrupts, and so do its children.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # -D: the tracer stands aside, so that this process's child is the command itself.
    traced = ["strace", "-D", "-f", "-qq", "-s", "300", "-e", f"trace={CALLS}", "-o", trace]
    with subprocess.Popen([*traced, *command]) as process:
        if port:
            try:
                ask_the_server(port)
            finally:
                process.send_signal(signal.SIGINT)
                try:
                    process.wait(60)
                except subprocess.TimeoutExpired:
                    process.kill()
                    raise
            return 0
        return process.wait(300)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), sys.argv[3:]))
