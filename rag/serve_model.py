"""The child process: llama.cpp's server on loopback, until its parent goes away.

Started by ``rag.local_server`` as ``python -m rag.serve_model``. It reads its configuration as
one JSON line on standard input (so the key stands in no process list), answers with one JSON
line when it listens, and ends when standard input does: however the parent ends, even by
``kill -9``, its end of the pipe closes.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import xllamacpp

SLOTS = 2
"""One for an answer and one for a side question, so that neither evicts the other's prefix."""
CONTEXT = 4096
"""Tokens of one slot."""
CACHE_MIB = 256
"""Prompts of earlier requests kept in memory beside the slots."""


def parameters(config: dict[str, Any]) -> xllamacpp.CommonParams:
    """Make llama.cpp's parameters of ``config`` (path, key, threads)."""
    params = xllamacpp.CommonParams()
    params.model.path = config["path"]
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [config["key"]]
    params.cpuparams.n_threads = config["threads"]
    params.cpuparams_batch.n_threads = config["threads"]
    params.n_ctx = SLOTS * CONTEXT
    params.n_parallel = SLOTS
    params.cache_ram_mib = CACHE_MIB
    params.ui = False
    params.endpoint_slots = False
    params.verbosity = 1
    return params


def main() -> None:
    """Serve until standard input ends."""
    config = json.loads(sys.stdin.readline())
    # llama.cpp writes its log to standard output: keep that for the one line the parent reads.
    answer = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    server = xllamacpp.Server(parameters(config))
    json.dump({"url": server.listening_address}, answer)
    answer.write("\n")
    answer.flush()
    sys.stdin.read()
    os._exit(0)  # destructors would wait for requests that nobody reads any more


if __name__ == "__main__":
    main()
